//! What a specialist said of itself, in one transaction: figures, claims, what became of claims, and its word in the journal.

use super::memories::{MAX_RESOLVED, remember, resolve, rotate};
use super::{Conn, StoreError, Stored, journal, kpis};
use crate::domain::kpi::Kpi;
use crate::domain::memory::{Memory, MemoryId, Resolution};
use crate::protocol::Written;

/// What one specialist leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaves {
    /// Whose, by role.
    pub agent: String,
    /// Its figures.
    pub kpis: Vec<Kpi>,
    /// Claims it made.
    pub remembered: Vec<Memory>,
    /// What became of claims.
    pub resolved: Vec<(MemoryId, Resolution)>,
    /// What is said of it in the journal; nothing between stock-takings.
    pub entry: Option<Written>,
}

/// Stores what specialists left; whoever's entry is in the journal is passed over, with all it left. Returns whether anything
/// was new.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn store(conn: &mut Conn, all: &[Leaves]) -> Result<Stored, StoreError> {
    super::immediate(conn, |conn| {
        let mut n_new = 0;
        for leaves in all {
            if let Some(entry) = &leaves.entry
                && journal::by_id(conn, &entry.id)?.is_some()
            {
                continue;
            }
            n_new += kpis::add_within(conn, &leaves.kpis)?;
            for memory in &leaves.remembered {
                n_new += usize::from(remember(conn, memory)? == Stored::New);
            }
            for (id, resolution) in &leaves.resolved {
                n_new += usize::from(resolve(conn, id, resolution)? == Stored::New);
            }
            rotate(conn, &leaves.agent, MAX_RESOLVED)?;
            if let Some(entry) = &leaves.entry {
                journal::append_within(conn, std::slice::from_ref(entry))?;
                n_new += 1;
            }
        }
        Ok(if n_new > 0 { Stored::New } else { Stored::Unchanged })
    })
}
