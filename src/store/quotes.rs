//! Quotes in the database. Of an opener or a close there is one per game, book and market, however often a file is read
//! and whatever its date becomes; of live quotes there is one per instant.

use super::imports::{Counts, Diff};
use super::rows::{QuoteRecord, moment_name};
use super::schema::quotes;
use super::{Conn, StoreError};
use crate::domain::game::GameId;
use crate::domain::quote::{Moment, Quote};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// All quotes, in no particular order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<Quote>, StoreError> {
    records(conn)?.iter().map(QuoteRecord::to_quote).collect()
}

/// Quotes of games of a season and later ones, or of all before it, in no particular order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn around(conn: &mut Conn, season: u16, part: Part) -> Result<Vec<Quote>, StoreError> {
    // A game's name begins with its season in four digits.
    let first = format!("{season:04}_");
    let all = quotes::table.select(QuoteRecord::as_select());
    let rows: Vec<QuoteRecord> = match part {
        Part::Before => all.filter(quotes::game_id.lt(first)).load(conn)?,
        Part::From => all.filter(quotes::game_id.ge(first)).load(conn)?,
    };
    rows.iter().map(QuoteRecord::to_quote).collect()
}

/// The past of a season, or the season and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Before it.
    Before,
    /// From it on.
    From,
}

/// Keeps as openers what was first seen live of the games: for every book and market without an opener its earliest live
/// quote, at the instant it was seen.
///
/// # Errors
/// [`StoreError`] when reading or writing fails.
pub fn keep_openers(conn: &mut Conn, games: &[GameId]) -> Result<Counts, StoreError> {
    super::immediate(conn, |conn| {
        let ids: Vec<&str> = games.iter().map(GameId::as_str).collect();
        let rows: Vec<QuoteRecord> = quotes::table
            .filter(quotes::game_id.eq_any(ids))
            .order(quotes::as_of.asc())
            .select(QuoteRecord::as_select())
            .load(conn)?;
        let place = |row: &QuoteRecord| (row.game_id.clone(), row.book.clone(), row.market.clone());
        let open = moment_name(Moment::Open);
        let mut known: BTreeSet<_> = rows.iter().filter(|row| row.moment == open).map(place).collect();
        let mut openers = Vec::new();
        for row in rows.iter().filter(|row| row.moment == moment_name(Moment::Live)) {
            if known.insert(place(row)) {
                let moment = Moment::Open;
                openers.push(Quote {
                    moment,
                    ..row.to_quote()?
                });
            }
        }
        upsert(conn, &openers, &mut Diff::default())
    })
}

pub(super) fn records(conn: &mut Conn) -> Result<Vec<QuoteRecord>, StoreError> {
    Ok(quotes::table.select(QuoteRecord::as_select()).load(conn)?)
}

/// Live quotes known from an instant on, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn live_since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<Quote>, StoreError> {
    let rows: Vec<QuoteRecord> = quotes::table
        .filter(quotes::moment.eq(moment_name(Moment::Live)))
        .filter(quotes::as_of.ge(since.naive_utc()))
        .order(quotes::as_of.asc())
        .select(QuoteRecord::as_select())
        .load(conn)?;
    rows.iter().map(QuoteRecord::to_quote).collect()
}

/// Inserts quotes of a feed outside any file, such as live ones, in one transaction. Returns what was new, changed and
/// unchanged.
///
/// # Errors
/// [`StoreError`] when writing fails, also for a quote of an unknown game; then nothing is stored.
pub fn store(conn: &mut Conn, said: &[Quote]) -> Result<Counts, StoreError> {
    super::immediate(conn, |conn| upsert(conn, said, &mut Diff::default()))
}

type Key = (String, String, String, String, Option<NaiveDateTime>);

/// Inserts new quotes and updates changed ones; the caller holds the transaction.
pub(super) fn upsert(conn: &mut Conn, said: &[Quote], diff: &mut Diff) -> Result<Counts, StoreError> {
    let mut stored = existing(conn, said)?;
    let mut counts = Counts::default();
    for quote in said {
        let record = QuoteRecord::of(quote);
        let key = key(&record);
        match stored.get(&key) {
            Some((_, old)) if *old == record => counts.unchanged += 1,
            Some((id, old)) => {
                let id = *id;
                diesel::update(quotes::table.find(id)).set(&record).execute(conn)?;
                let what = format!("{} {} {} ", record.book, record.market, record.moment);
                diff.note(&record.game_id, &what, &old.fields(), &record.fields());
                counts.changed += 1;
                stored.insert(key, (id, record));
            }
            None => {
                let id = diesel::insert_into(quotes::table)
                    .values(&record)
                    .returning(quotes::id)
                    .get_result(conn)?;
                diff.touch(&record.game_id);
                counts.new += 1;
                stored.insert(key, (id, record));
            }
        }
    }
    Ok(counts)
}

/// Above this many quotes one pass over the table is cheaper than a question per game.
const ASK_PER_GAME_UP_TO: usize = 1_000;

fn existing(conn: &mut Conn, said: &[Quote]) -> Result<BTreeMap<Key, (i32, QuoteRecord)>, StoreError> {
    let columns = (quotes::id, QuoteRecord::as_select());
    let rows: Vec<(i32, QuoteRecord)> = if said.len() <= ASK_PER_GAME_UP_TO {
        let mut ids: Vec<&str> = said.iter().map(|q| q.game.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        // Of a game's live prices, hundreds by its kickoff, only those of the instants in hand can be the same.
        let live = moment_name(Moment::Live);
        let first = said.iter().map(|q| q.as_of.naive_utc()).min().unwrap_or_default();
        quotes::table
            .filter(quotes::game_id.eq_any(ids))
            .filter(quotes::moment.ne(live).or(quotes::as_of.ge(first)))
            .select(columns)
            .load(conn)?
    } else {
        quotes::table.select(columns).load(conn)?
    };
    Ok(rows
        .into_iter()
        .map(|(id, record)| (key(&record), (id, record)))
        .collect())
}

fn key(record: &QuoteRecord) -> Key {
    let live = record.moment == moment_name(Moment::Live);
    (
        record.game_id.clone(),
        record.book.clone(),
        record.market.clone(),
        record.moment.clone(),
        live.then_some(record.as_of),
    )
}
