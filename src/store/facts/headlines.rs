//! Headlines as they were first seen: an edit of a later hour must not pass for what was known before.

use super::{Answer, Left, record, source_of, tally};
use crate::domain::news::Headline;
use crate::domain::team::Team;
use crate::feeds::Parsed;
use crate::store::imports::Counts;
use crate::store::schema::headlines;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = headlines)]
struct Row {
    source: String,
    id: String,
    as_of: NaiveDateTime,
    title: String,
    summary: Option<String>,
    link: Option<String>,
    teams: String,
}

/// Stores headlines; of one that is stored already nothing changes.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn store(conn: &mut Conn, answer: &Answer<'_>, said: &Parsed<Headline>) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let mut counts = Counts::default();
        for (_, headline) in &said.rows {
            let codes: Vec<&str> = headline.teams.iter().map(|team| team.code()).collect();
            let row = Row {
                source: headline.source.name().to_owned(),
                id: headline.id.clone(),
                as_of: headline.as_of.naive_utc(),
                title: headline.title.clone(),
                summary: headline.summary.clone(),
                link: headline.link.clone(),
                teams: codes.join(" "),
            };
            let known: i64 = headlines::table.find((&row.source, &row.id)).count().get_result(conn)?;
            let stored = if known > 0 {
                Stored::Unchanged
            } else {
                diesel::insert_into(headlines::table).values(&row).execute(conn)?;
                Stored::New
            };
            tally(&mut counts, stored);
        }
        record(conn, answer, &Left::of(said), counts)?;
        Ok(counts)
    })
}

/// What is read into an archive: a season brings some ten thousand, so this is twenty of them. Fewer would change what
/// earlier views are known by.
pub const MAX_READ: u32 = 200_000;

/// The newest headlines, newest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn newest(conn: &mut Conn, limit: u32) -> Result<Vec<Headline>, StoreError> {
    read(conn, None, limit)
}

/// The newest headlines that were known at an instant, newest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn known(conn: &mut Conn, at: DateTime<Utc>, limit: u32) -> Result<Vec<Headline>, StoreError> {
    read(conn, Some(at), limit)
}

fn read(conn: &mut Conn, at: Option<DateTime<Utc>>, limit: u32) -> Result<Vec<Headline>, StoreError> {
    let mut all = headlines::table.into_boxed();
    if let Some(at) = at {
        all = all.filter(headlines::as_of.le(at.naive_utc()));
    }
    let rows: Vec<Row> = all
        .order((headlines::as_of.desc(), headlines::id.asc()))
        .limit(i64::from(limit))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(headline).collect()
}

fn headline(row: Row) -> Result<Headline, StoreError> {
    let teams = row.teams.split_whitespace().map(Team::parse);
    let teams = teams.collect::<Result<_, _>>().map_err(|e| StoreError::Row {
        table: "headlines",
        key: row.id.clone(),
        reason: e.to_string(),
    })?;
    Ok(Headline {
        source: source_of(&row.source, "headlines")?,
        id: row.id,
        title: row.title,
        summary: row.summary,
        link: row.link,
        teams,
        as_of: row.as_of.and_utc(),
    })
}
