//! Games in the database: reading them all, and storing what a file says without touching what it does not change.

use super::imports::{Counts, Diff};
use super::quotes::Part;
use super::rows::{GameRecord, moment_name};
use super::schema::{games, quotes};
use super::{Conn, StoreError};
use crate::domain::game::{Game, GameId};
use crate::domain::quote::Moment;
use crate::feeds::Times;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// All games, in no particular order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<Game>, StoreError> {
    records(conn)?.iter().map(GameRecord::to_game).collect()
}

/// Games before a season, or of a season and later ones, in no particular order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn around(conn: &mut Conn, season: u16, part: Part) -> Result<Vec<Game>, StoreError> {
    let all = games::table.select(GameRecord::as_select());
    let rows: Vec<GameRecord> = match part {
        Part::Before => all.filter(games::season.lt(i32::from(season))).load(conn)?,
        Part::From => all.filter(games::season.ge(i32::from(season))).load(conn)?,
    };
    rows.iter().map(GameRecord::to_game).collect()
}

/// When each stored game's week opened and the game kicks off: what odds files are dated by.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn times(conn: &mut Conn) -> Result<BTreeMap<GameId, Times>, StoreError> {
    let rows: Vec<(String, chrono::NaiveDateTime, chrono::NaiveDateTime)> = games::table
        .select((games::id, games::opens_at, games::kickoff))
        .load(conn)?;
    let times = rows.into_iter().map(|(id, opens_at, kickoff)| {
        let times = Times {
            opens_at: opens_at.and_utc(),
            kickoff: kickoff.and_utc(),
        };
        (GameId::new(&id), times)
    });
    Ok(times.collect())
}

pub(super) fn records(conn: &mut Conn) -> Result<Vec<GameRecord>, StoreError> {
    Ok(games::table.select(GameRecord::as_select()).load(conn)?)
}

/// Games whose score another source than nflverse told, with that source's name.
pub(super) fn score_sources(conn: &mut Conn) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<(String, Option<String>)> = games::table
        .filter(games::score_source.is_not_null())
        .select((games::id, games::score_source))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, source)| Some((id, source?)))
        .collect())
}

/// Above this many games one pass over the table is cheaper than a question per game.
const ASK_PER_GAME_UP_TO: usize = 1_000;

/// Inserts new games and updates changed ones; the caller holds the transaction.
pub(super) fn upsert(conn: &mut Conn, said: &[Game], diff: &mut Diff) -> Result<Counts, StoreError> {
    let rows = if said.len() <= ASK_PER_GAME_UP_TO {
        let ids: Vec<&str> = said.iter().map(|game| game.fixture.id.as_str()).collect();
        let named = games::table.filter(games::id.eq_any(ids));
        named.select(GameRecord::as_select()).load(conn)?
    } else {
        records(conn)?
    };
    let mut stored: BTreeMap<String, GameRecord> = rows.into_iter().map(|r| (r.id.clone(), r)).collect();
    let borrowed = score_sources(conn)?;
    let mut counts = Counts::default();
    for game in said {
        let mut record = GameRecord::of(game);
        let lent = borrowed.contains_key(&record.id);
        match stored.get(&record.id) {
            // The file is behind the service that told the score: an empty cell takes nothing back.
            Some(old) if lent && record.home_score.is_none() => {
                (record.home_score, record.away_score) = (old.home_score, old.away_score);
            }
            _ if lent => {
                diesel::update(games::table.find(&record.id))
                    .set(games::score_source.eq(None::<String>))
                    .execute(conn)?;
            }
            _ => {}
        }
        match stored.get(&record.id) {
            Some(old) if *old == record => counts.unchanged += 1,
            Some(old) => {
                diesel::update(games::table.find(&record.id))
                    .set(&record)
                    .execute(conn)?;
                follow(conn, old, &record)?;
                diff.note(&record.id, "", &old.fields(), &record.fields());
                counts.changed += 1;
            }
            None => {
                diesel::insert_into(games::table).values(&record).execute(conn)?;
                diff.touch(&record.id);
                counts.new += 1;
            }
        }
        stored.insert(record.id.clone(), record);
    }
    Ok(counts)
}

/// Openers and closes are dated by their game; when it is put off they move with it, or they would be known too early.
fn follow(conn: &mut Conn, old: &GameRecord, new: &GameRecord) -> Result<(), StoreError> {
    for (moment, before, after) in [
        (Moment::Open, old.opens_at, new.opens_at),
        (Moment::Close, old.kickoff, new.kickoff),
    ] {
        if before != after {
            let dated = quotes::table
                .filter(quotes::game_id.eq(&old.id))
                .filter(quotes::moment.eq(moment_name(moment)))
                .filter(quotes::as_of.eq(before));
            diesel::update(dated).set(quotes::as_of.eq(after)).execute(conn)?;
        }
    }
    Ok(())
}
