//! Letters out of the ordinary way: quarantined, released, discarded, dead; and the clerk's count of the others.

use super::schema::{letter_counts, set_aside};
use super::{Conn, StoreError, journal};
use crate::bus::{Dead, MAX_DEAD};
use crate::protocol::Written;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

/// A letter that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = set_aside)]
pub struct SetAside {
    /// Its number here.
    pub n: i64,
    /// `quarantined`, `released`, `handled`, `discarded` or `dead`.
    pub state: String,
    /// Whom it did not reach.
    pub recipient: String,
    /// Its number in the journal, if it is kept there.
    pub seq: Option<i64>,
    /// The message's id.
    pub id: String,
    /// Who said it.
    pub sender: String,
    /// What kind of message it is.
    pub kind: String,
    /// The letter itself as JSON, if it is not journaled.
    #[serde(skip)]
    pub letter: Option<String>,
    /// Why it was set aside.
    pub reason: String,
    /// Deliveries begun.
    pub attempts: i32,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// Why it was discarded.
    pub note: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = set_aside)]
struct NewSetAside<'a> {
    state: &'a str,
    recipient: &'a str,
    seq: Option<i64>,
    id: &'a str,
    sender: &'a str,
    kind: &'a str,
    letter: Option<String>,
    reason: &'a str,
    attempts: i32,
    at: NaiveDateTime,
}

/// Waits for somebody to look at it.
pub const QUARANTINED: &str = "quarantined";
/// Is to be delivered again.
pub const RELEASED: &str = "released";
/// Was released and handled.
pub const HANDLED: &str = "handled";
/// Will never be delivered, because somebody said so.
pub const DISCARDED: &str = "discarded";
/// Will never be delivered.
pub const DEAD: &str = "dead";

/// How many letters there are of each sort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Entries of the journal.
    pub n_journaled: i64,
    /// Of those, deliveries still to be made, over all readers.
    pub n_waiting: i64,
    /// In quarantine.
    pub n_quarantined: i64,
    /// Released and not yet handled.
    pub n_released: i64,
    /// Dead, of which the newest ten thousand are kept.
    pub n_dead: i64,
}

/// Letters by sender and kind, as the audit clerk has counted them.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = letter_counts)]
pub struct LetterCount {
    /// Who said them.
    pub sender: String,
    /// Their kind.
    pub kind: String,
    /// How many.
    pub n: i64,
    /// The journal's number of the latest.
    pub last_seq: i64,
}

/// Letters in some state, newest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn in_state(conn: &mut Conn, state: &str, limit: i64) -> Result<Vec<SetAside>, StoreError> {
    Ok(set_aside::table
        .filter(set_aside::state.eq(state))
        .order(set_aside::n.desc())
        .limit(limit)
        .select(SetAside::as_select())
        .load(conn)?)
}

/// A letter by its number.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn by_number(conn: &mut Conn, n: i64) -> Result<Option<SetAside>, StoreError> {
    let found = set_aside::table.find(n).select(SetAside::as_select());
    Ok(found.first(conn).optional()?)
}

/// What a letter that was set aside says.
///
/// # Errors
/// [`StoreError`] when reading fails, or neither the journal nor the row has it.
pub fn text(conn: &mut Conn, letter: &SetAside) -> Result<Written, StoreError> {
    let lost = |reason: String| StoreError::Row {
        table: "set_aside",
        key: letter.n.to_string(),
        reason,
    };
    match (&letter.letter, letter.seq) {
        (Some(text), _) => serde_json::from_str(text).map_err(|e| lost(e.to_string())),
        (None, Some(seq)) => {
            let entry = journal::by_seq(conn, seq)?;
            Ok(entry
                .ok_or_else(|| lost(format!("the journal has no entry {seq}")))?
                .stated())
        }
        (None, None) => Err(lost("it has no text".to_owned())),
    }
}

/// Moves a quarantined letter on: released, or discarded with a reason. False if it is not in quarantine.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn decide(conn: &mut Conn, n: i64, state: &str, note: Option<&str>) -> Result<bool, StoreError> {
    let quarantined = set_aside::table
        .filter(set_aside::n.eq(n))
        .filter(set_aside::state.eq(QUARANTINED));
    let changed = diesel::update(quarantined)
        .set((
            set_aside::state.eq(state),
            set_aside::attempts.eq(0),
            set_aside::note.eq(note),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// How many letters there are of each sort.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn counts(conn: &mut Conn) -> Result<Counts, StoreError> {
    let of = |conn: &mut Conn, state: &str| -> Result<i64, StoreError> {
        let query = set_aside::table.filter(set_aside::state.eq(state));
        Ok(query.count().get_result(conn)?)
    };
    conn.transaction(|conn| {
        Ok(Counts {
            n_journaled: journal::head(conn)?.seq,
            n_waiting: super::cursors::standings(conn)?.iter().map(|s| s.n_waiting).sum(),
            n_quarantined: of(conn, QUARANTINED)?,
            n_released: of(conn, RELEASED)?,
            n_dead: of(conn, DEAD)?,
        })
    })
}

/// The clerk's counts, by sender and kind.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn counted(conn: &mut Conn) -> Result<Vec<LetterCount>, StoreError> {
    Ok(letter_counts::table
        .order((letter_counts::sender, letter_counts::kind))
        .select(LetterCount::as_select())
        .load(conn)?)
}

/// Counts one more letter.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn count(conn: &mut Conn, sender: &str, kind: &str, seq: i64) -> Result<(), StoreError> {
    let row = || letter_counts::table.find((sender, kind));
    let changed = diesel::update(row())
        .set((
            letter_counts::n.eq(letter_counts::n + 1),
            letter_counts::last_seq.eq(seq),
        ))
        .execute(conn)?;
    if changed == 0 {
        let first = LetterCount {
            sender: sender.to_owned(),
            kind: kind.to_owned(),
            n: 1,
            last_seq: seq,
        };
        diesel::insert_into(letter_counts::table).values(&first).execute(conn)?;
    }
    Ok(())
}

/// Keeps a dead letter, and of all of them the newest ten thousand.
pub(super) fn bury(conn: &mut Conn, dead: &Dead, at: NaiveDateTime) -> Result<(), StoreError> {
    let letter = serde_json::to_string(&dead.entry).expect("plain data with text keys always serialises");
    let row = NewSetAside {
        state: DEAD,
        recipient: &dead.recipient,
        seq: None,
        id: &dead.entry.id,
        sender: &dead.entry.sender,
        kind: &dead.entry.kind,
        letter: Some(letter),
        reason: &dead.reason,
        attempts: 0,
        at,
    };
    diesel::insert_into(set_aside::table).values(&row).execute(conn)?;
    forget(conn, DEAD)
}

/// Puts a journaled letter aside for a reader, or back to where it was put aside before.
pub(super) fn quarantine(
    conn: &mut Conn,
    (recipient, seq): (&str, i64),
    attempts: u32,
    reason: &str,
    at: NaiveDateTime,
) -> Result<(), StoreError> {
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
    let known = set_aside::table
        .filter(set_aside::recipient.eq(recipient))
        .filter(set_aside::seq.eq(seq));
    let changed = diesel::update(known)
        .set((
            set_aside::state.eq(QUARANTINED),
            set_aside::reason.eq(reason),
            set_aside::attempts.eq(attempts),
            set_aside::at.eq(at),
        ))
        .execute(conn)?;
    if changed > 0 {
        return Ok(());
    }
    let entry = journal::by_seq(conn, seq)?.ok_or(diesel::result::Error::NotFound)?;
    let row = NewSetAside {
        state: QUARANTINED,
        recipient,
        seq: Some(seq),
        id: &entry.id,
        sender: &entry.sender,
        kind: &entry.kind,
        letter: None,
        reason,
        attempts,
        at,
    };
    diesel::insert_into(set_aside::table).values(&row).execute(conn)?;
    Ok(())
}

/// The released letters of a reader with the deliveries begun of each, oldest first.
pub(super) fn released(conn: &mut Conn, recipient: &str, limit: i64) -> Result<Vec<(i64, u32)>, StoreError> {
    let rows: Vec<(Option<i64>, i32)> = set_aside::table
        .filter(set_aside::recipient.eq(recipient))
        .filter(set_aside::state.eq(RELEASED))
        .order(set_aside::seq)
        .limit(limit)
        .select((set_aside::seq, set_aside::attempts))
        .load(conn)?;
    let numbered = rows
        .into_iter()
        .filter_map(|(seq, attempts)| Some((seq?, attempts.unsigned_abs())));
    Ok(numbered.collect())
}

/// Changes a released letter's deliveries or its state; false when it is not released any more.
pub(super) fn touch(
    conn: &mut Conn,
    (recipient, seq): (&str, i64),
    attempts: u32,
    state: &str,
) -> Result<bool, StoreError> {
    let row = set_aside::table
        .filter(set_aside::recipient.eq(recipient))
        .filter(set_aside::seq.eq(seq))
        .filter(set_aside::state.eq(RELEASED));
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
    let changed = diesel::update(row)
        .set((set_aside::state.eq(state), set_aside::attempts.eq(attempts)))
        .execute(conn)?;
    if state == HANDLED {
        forget(conn, HANDLED)?;
    }
    Ok(changed > 0)
}

/// Deletes all but the newest letters in a state.
fn forget(conn: &mut Conn, state: &str) -> Result<(), StoreError> {
    let oldest_kept: Option<i64> = set_aside::table
        .filter(set_aside::state.eq(state))
        .order(set_aside::n.desc())
        .offset(MAX_DEAD)
        .limit(1)
        .select(set_aside::n)
        .first(conn)
        .optional()?;
    if let Some(n) = oldest_kept {
        diesel::delete(
            set_aside::table
                .filter(set_aside::state.eq(state))
                .filter(set_aside::n.le(n)),
        )
        .execute(conn)?;
    }
    Ok(())
}
