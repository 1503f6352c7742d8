//! Rounds with their opinions, votes and picks, and the grades that picks get later. What was decided is written once:
//! storing the same row again changes nothing, storing another one under its key is refused. Grades alone are revised,
//! and never touch their pick.

use super::schema::{grades, opinions, picks, rounds, votes};
use super::{Conn, StoreError, Stored};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// One asking of all seats about a week.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = rounds)]
pub struct Round {
    /// The round's id.
    pub id: String,
    /// Season.
    pub season: i32,
    /// Week.
    pub week: i32,
    /// What it bets on: `open`, `close`, or a time in RFC 3339.
    pub basis: String,
    /// The instant nothing later than was known, UTC.
    pub as_of: NaiveDateTime,
    /// The seed of every random stream in it.
    pub seed: i64,
    /// Fingerprint of the settings.
    pub settings_hash: String,
    /// Fingerprint of the facts, from [`super::data_hash`].
    pub data_hash: String,
    /// Version of the program.
    pub code_version: String,
    /// When it was held, UTC.
    pub created_at: NaiveDateTime,
}

/// What one seat thought of one market of one game.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = opinions)]
pub struct Opinion {
    /// The round.
    pub round_id: String,
    /// The game.
    pub game_id: String,
    /// `spread`, `total` or `moneyline`.
    pub market: String,
    /// Who.
    pub seat: String,
    /// 1 independent, 2 after deliberation.
    pub phase: i32,
    /// The line it speaks of, in half points.
    pub line_half: Option<i32>,
    /// Probability of home or over.
    pub p_first: Option<f64>,
    /// Its standard deviation, in points or probability as the seat defines.
    pub sd: Option<f64>,
    /// Its expected margin or total, in points.
    pub mean: Option<f64>,
    /// Why it said nothing, if so.
    pub abstained: Option<String>,
    /// Which incarnation of the seat spoke.
    pub incarnation: i32,
    /// What it rests on, as JSON.
    pub evidence: String,
}

/// How one seat voted on one market of one game.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = votes)]
pub struct Vote {
    /// The round.
    pub round_id: String,
    /// The game.
    pub game_id: String,
    /// `spread`, `total` or `moneyline`.
    pub market: String,
    /// Who.
    pub seat: String,
    /// `home`, `away`, `over`, `under`, or none.
    pub side: Option<String>,
    /// Its weight in the tally.
    pub weight: f64,
    /// The weight it would have if all counted alike.
    pub equal_weight: f64,
    /// Why, or why it abstained.
    pub reason: Option<String>,
}

/// A decision on one market of one game.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = picks)]
pub struct Pick {
    /// The pick's id.
    pub id: String,
    /// The round.
    pub round_id: String,
    /// The game.
    pub game_id: String,
    /// `spread`, `total` or `moneyline`.
    pub market: String,
    /// `pick`, `pass` or `lean`.
    pub status: String,
    /// `home`, `away`, `over`, `under`, or none.
    pub side: Option<String>,
    /// The line taken, in half points.
    pub line_half: Option<i32>,
    /// The price taken, American.
    pub price: Option<i32>,
    /// The book that offered it.
    pub book: Option<String>,
    /// The whole decision, as JSON.
    pub body: String,
    /// Stake in cents; zero for passes and leans.
    pub stake_cents: i64,
    /// Why, for a pass.
    pub reason: Option<String>,
}

/// What became of a pick.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = grades, primary_key(pick_id), treat_none_as_null = true)]
pub struct Grade {
    /// The pick.
    pub pick_id: String,
    /// `win`, `loss`, `push` or `void`.
    pub result: String,
    /// Profit in cents, negative for a loss.
    pub profit_cents: i64,
    /// Closing line value in points.
    pub clv_points: Option<f64>,
    /// Closing line value in probability.
    pub clv_probability: Option<f64>,
    /// The closing line, in half points.
    pub close_line_half: Option<i32>,
    /// The closing price, American.
    pub close_price: Option<i32>,
    /// When it was graded, UTC.
    pub graded_at: NaiveDateTime,
    /// 1 for the first grading; [`upsert_grade`] counts it up.
    pub revision: i32,
}

/// Stores a row unless it is there: `$found` asks for the row of its key.
macro_rules! write_once {
    ($conn:expr, $table:ident, $row:expr, $key:expr, $found:expr) => {
        super::immediate($conn, |conn| match $found.first(conn).optional()? {
            None => {
                diesel::insert_into($table::table).values($row).execute(conn)?;
                Ok(Stored::New)
            }
            Some(ref old) if old == $row => Ok(Stored::Unchanged),
            Some(_) => Err(StoreError::Conflict {
                table: stringify!($table),
                key: $key,
            }),
        })
    };
}

/// Stores a round.
///
/// # Errors
/// [`StoreError::Conflict`] when another one has its id, [`StoreError`] when writing fails.
pub fn insert_round(conn: &mut Conn, row: &Round) -> Result<Stored, StoreError> {
    let found = rounds::table.find(&row.id).select(Round::as_select());
    write_once!(conn, rounds, row, row.id.clone(), found)
}

/// Stores an opinion; its round must be there.
///
/// # Errors
/// [`StoreError::Conflict`] when the seat said something else in this phase, [`StoreError`] when writing fails.
pub fn insert_opinion(conn: &mut Conn, row: &Opinion) -> Result<Stored, StoreError> {
    let key = (&row.round_id, &row.game_id, &row.market, &row.seat, row.phase);
    let found = opinions::table.find(key).select(Opinion::as_select());
    let name = || format!("{} {} {} {} phase {}", key.0, key.1, key.2, key.3, key.4);
    write_once!(conn, opinions, row, name(), found)
}

/// Stores a vote; its round must be there.
///
/// # Errors
/// [`StoreError::Conflict`] when the seat voted otherwise, [`StoreError`] when writing fails.
pub fn insert_vote(conn: &mut Conn, row: &Vote) -> Result<Stored, StoreError> {
    let key = (&row.round_id, &row.game_id, &row.market, &row.seat);
    let found = votes::table.find(key).select(Vote::as_select());
    let name = || format!("{} {} {} {}", key.0, key.1, key.2, key.3);
    write_once!(conn, votes, row, name(), found)
}

/// Stores a pick; its round must be there.
///
/// # Errors
/// [`StoreError::Conflict`] when another decision has its id, [`StoreError`] when writing fails.
pub fn insert_pick(conn: &mut Conn, row: &Pick) -> Result<Stored, StoreError> {
    let found = picks::table.find(&row.id).select(Pick::as_select());
    write_once!(conn, picks, row, row.id.clone(), found)
}

/// Stores a grade or replaces an earlier one that said something else, counting the revision up. The `revision` and
/// `graded_at` that come in do not count as a difference.
///
/// # Errors
/// [`StoreError`] when writing fails, also for an unknown pick.
pub fn upsert_grade(conn: &mut Conn, row: &Grade) -> Result<Stored, StoreError> {
    super::immediate(conn, |conn| upsert_grade_within(conn, row))
}

/// [`upsert_grade`] for a caller that holds the transaction.
pub(super) fn upsert_grade_within(conn: &mut Conn, row: &Grade) -> Result<Stored, StoreError> {
    let found = grades::table.find(&row.pick_id).select(Grade::as_select());
    let Some(old) = found.first(conn).optional()? else {
        let first = Grade {
            revision: 1,
            ..row.clone()
        };
        diesel::insert_into(grades::table).values(&first).execute(conn)?;
        return Ok(Stored::New);
    };
    let as_stored = Grade {
        revision: old.revision,
        graded_at: old.graded_at,
        ..row.clone()
    };
    if as_stored == old {
        return Ok(Stored::Unchanged);
    }
    let revised = Grade {
        revision: old.revision + 1,
        ..row.clone()
    };
    diesel::update(grades::table.find(&row.pick_id))
        .set(&revised)
        .execute(conn)?;
    Ok(Stored::Revised)
}

/// A round by its id.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn round(conn: &mut Conn, id: &str) -> Result<Option<Round>, StoreError> {
    Ok(rounds::table
        .find(id)
        .select(Round::as_select())
        .first(conn)
        .optional()?)
}

/// The rounds of a season, or of one of its weeks, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn rounds_of(conn: &mut Conn, season: i32, week: Option<i32>) -> Result<Vec<Round>, StoreError> {
    let mut query = rounds::table
        .filter(rounds::season.eq(season))
        .select(Round::as_select())
        .into_boxed();
    if let Some(week) = week {
        query = query.filter(rounds::week.eq(week));
    }
    Ok(query.order((rounds::created_at.asc(), rounds::id.asc())).load(conn)?)
}

/// The opinions of a round, by game, market, seat and phase.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn opinions_of(conn: &mut Conn, round: &str) -> Result<Vec<Opinion>, StoreError> {
    Ok(opinions::table
        .filter(opinions::round_id.eq(round))
        .order((opinions::game_id, opinions::market, opinions::seat, opinions::phase))
        .select(Opinion::as_select())
        .load(conn)?)
}

/// The newest rounds before an instant in which a seat had an opinion alone, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn rounds_with(
    conn: &mut Conn,
    seat: &str,
    before: NaiveDateTime,
    limit: u32,
) -> Result<Vec<Round>, StoreError> {
    let spoken = opinions::table
        .filter(opinions::seat.eq(seat))
        .filter(opinions::phase.eq(1))
        .filter(opinions::p_first.is_not_null())
        .select(opinions::round_id);
    Ok(rounds::table
        .filter(rounds::id.eq_any(spoken))
        .filter(rounds::as_of.lt(before))
        .order((rounds::as_of.desc(), rounds::id.asc()))
        .limit(i64::from(limit))
        .select(Round::as_select())
        .load(conn)?)
}

/// The votes of a round, by game, market and seat.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn votes_of(conn: &mut Conn, round: &str) -> Result<Vec<Vote>, StoreError> {
    Ok(votes::table
        .filter(votes::round_id.eq(round))
        .order((votes::game_id, votes::market, votes::seat))
        .select(Vote::as_select())
        .load(conn)?)
}

/// The picks of a round, by game and market.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn picks_of(conn: &mut Conn, round: &str) -> Result<Vec<Pick>, StoreError> {
    Ok(picks::table
        .filter(picks::round_id.eq(round))
        .order((picks::game_id, picks::market, picks::id))
        .select(Pick::as_select())
        .load(conn)?)
}

/// A pick by its id.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn pick(conn: &mut Conn, id: &str) -> Result<Option<Pick>, StoreError> {
    Ok(picks::table.find(id).select(Pick::as_select()).first(conn).optional()?)
}

/// Picks with their grades, by pick id; those of one round, or all.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn graded(conn: &mut Conn, round: Option<&str>) -> Result<Vec<(Pick, Option<Grade>)>, StoreError> {
    let mut query = picks::table
        .left_join(grades::table)
        .select((Pick::as_select(), Option::<Grade>::as_select()))
        .into_boxed();
    if let Some(round) = round {
        query = query.filter(picks::round_id.eq(round));
    }
    Ok(query.order(picks::id.asc()).load(conn)?)
}

/// Decisions whose id begins like this, with their grades, at most `limit`, by id.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn by_prefix(conn: &mut Conn, prefix: &str, limit: i64) -> Result<Vec<(Pick, Option<Grade>)>, StoreError> {
    // Compared as text and not by LIKE, whose wildcards may stand in what a person types.
    let found = picks::table
        .left_join(grades::table)
        .filter(picks::id.ge(prefix))
        .filter(picks::id.lt(format!("{prefix}\u{10FFFF}")))
        .order(picks::id)
        .limit(limit)
        .select((Pick::as_select(), Option::<Grade>::as_select()));
    Ok(found.load(conn)?)
}
