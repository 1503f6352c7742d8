//! Scores of members, and the changes of their standings by the rule.

use crate::domain::standing::Standing;
use crate::store::schema::{member_scores, standing_events};
use crate::store::{Conn, StoreError};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A member's success in one market beside that of the others.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = member_scores)]
pub struct ScoreRow {
    /// The seat or model.
    pub subject: String,
    /// The game.
    pub game_id: String,
    /// `spread` or `total`.
    pub market: String,
    /// Season.
    pub season: i32,
    /// Week.
    pub week: i32,
    /// 1 for the winning side, else 0.
    pub hit: f64,
    /// The share of the others who had it.
    pub others: f64,
    /// How many others spoke.
    pub n_others: i32,
}

/// A standing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub subject: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// To what.
    pub standing: Standing,
    /// Why, with the figures.
    pub reason: String,
    /// Scores it rests on.
    pub n_scores: u64,
}

/// Keeps a score; the first stays. For a caller that holds the transaction.
pub(super) fn keep_score(conn: &mut Conn, row: &ScoreRow) -> Result<(), StoreError> {
    let insert = diesel::insert_into(member_scores::table).values(row);
    insert.on_conflict_do_nothing().execute(conn)?;
    Ok(())
}

/// Keeps an event, for a caller that holds the transaction.
pub(super) fn keep_event(conn: &mut Conn, event: &Event) -> Result<(), StoreError> {
    let row = (
        standing_events::subject.eq(&event.subject),
        standing_events::at.eq(event.at),
        standing_events::standing.eq(event.standing.word()),
        standing_events::reason.eq(&event.reason),
        standing_events::n_scores.eq(i32::try_from(event.n_scores).unwrap_or(i32::MAX)),
    );
    diesel::insert_into(standing_events::table).values(row).execute(conn)?;
    Ok(())
}

/// Every score, in the order of seasons and weeks, then of members, games and markets.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn scores(conn: &mut Conn) -> Result<Vec<ScoreRow>, StoreError> {
    use member_scores::{game_id, market, season, subject, week};
    Ok(member_scores::table
        .order((season, week, subject, game_id, market))
        .select(ScoreRow::as_select())
        .load(conn)?)
}

/// The newest event of every member that has one, as of an instant.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn standing(conn: &mut Conn, as_of: DateTime<Utc>) -> Result<BTreeMap<String, Event>, StoreError> {
    let rows: Vec<(i32, String, NaiveDateTime, String, String, i32)> = standing_events::table
        .filter(standing_events::at.le(as_of.naive_utc()))
        .order(standing_events::seq.asc())
        .load(conn)?;
    let mut newest = BTreeMap::new();
    for (seq, subject, at, word, reason, n) in rows {
        let standing = Standing::of(&word).ok_or_else(|| StoreError::Row {
            table: "standing_events",
            key: seq.to_string(),
            reason: format!("`{word}` is no standing"),
        })?;
        let event = Event {
            subject: subject.clone(),
            at,
            standing,
            reason,
            n_scores: u64::try_from(n).unwrap_or_default(),
        };
        newest.insert(subject, event);
    }
    Ok(newest)
}
