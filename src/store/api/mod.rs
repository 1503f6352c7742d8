//! What the orchestrator keeps: a bill for every attempt, the last answer to each call, and what it knows about providers.

pub mod cache;
pub mod ledger;
pub mod state;

use super::{Conn, StoreError, fences};
use crate::api::LedgerRow;

/// The name of the processes that call APIs among the generations.
const SEAT: &str = "api";

/// Counts one more process that calls APIs and returns its number, from 1: the upper half of its attempts' numbers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn generation(conn: &mut Conn) -> Result<u32, StoreError> {
    let n = fences::generation(conn, SEAT)?;
    Ok(u32::try_from(n).unwrap_or(u32::MAX)) // at one start a second it would take a century
}

/// A stored number in its type.
fn small<T: TryFrom<i64>>(column: &str, value: i64) -> Result<T, String> {
    T::try_from(value).map_err(|_| format!("{column} {value} does not fit"))
}

/// A name that this program must have written.
fn named<T>(column: &str, name: &str, of_name: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    of_name(name).ok_or_else(|| format!("{column} `{name}` is unknown"))
}

/// Amounts of money and credits as the database has them; none comes near its bound.
fn amount(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Ended attempts with the answers they brought, all in one transaction.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is written.
pub fn settle(conn: &mut Conn, ended: &[(LedgerRow, Vec<cache::CacheRow>)]) -> Result<(), StoreError> {
    super::immediate(conn, |conn| {
        for (row, answers) in ended {
            ledger::settle_with_cache(conn, std::slice::from_ref(row), answers.first())?;
            for answer in answers.iter().skip(1) {
                cache::put(conn, answer)?;
            }
        }
        Ok(())
    })
}
