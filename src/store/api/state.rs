//! What the orchestrator knows about providers, kept as JSON by name: buckets, breakers, quotas, whatever it wants back.

use super::super::schema::api_state;
use super::super::{Conn, StoreError, immediate};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// Keeps a state under its name in place of the earlier one. `body` is JSON.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn put(conn: &mut Conn, name: &str, body: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    immediate(conn, |conn| {
        let values = (api_state::body.eq(body), api_state::at.eq(at.naive_utc()));
        if diesel::update(api_state::table.find(name)).set(values).execute(conn)? == 0 {
            diesel::insert_into(api_state::table)
                .values((api_state::name.eq(name), values.0, values.1))
                .execute(conn)?;
        }
        Ok(())
    })
}

/// The state under a name, and when it was kept.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
    let found: Option<(String, NaiveDateTime)> = api_state::table
        .find(name)
        .select((api_state::body, api_state::at))
        .first(conn)
        .optional()?;
    Ok(found.map(|(body, at)| (body, at.and_utc())))
}
