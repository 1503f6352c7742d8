//! Injury reports, one row for each time something about a player changed.

use super::{Answer, Left, record, source_of, tally};
use crate::domain::injury::{Availability, InjuryReport};
use crate::domain::team::Team;
use crate::feeds::Parsed;
use crate::store::imports::Counts;
use crate::store::schema::injuries;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = injuries)]
struct Row {
    team: String,
    player: String,
    source: String,
    as_of: NaiveDateTime,
    position: Option<String>,
    availability: String,
    status: String,
    part: Option<String>,
    comment: Option<String>,
}

impl Row {
    fn of(report: &InjuryReport) -> Row {
        Row {
            team: report.team.code().to_owned(),
            player: report.player.clone(),
            source: report.source.name().to_owned(),
            as_of: report.as_of.naive_utc(),
            position: report.position.clone(),
            availability: report.availability.name().to_owned(),
            status: report.status.clone(),
            part: report.part.clone(),
            comment: report.comment.clone(),
        }
    }

    fn report(self) -> Result<InjuryReport, StoreError> {
        let team = Team::parse(&self.team).map_err(|e| StoreError::Row {
            table: "injuries",
            key: self.player.clone(),
            reason: e.to_string(),
        })?;
        Ok(InjuryReport {
            team,
            availability: Availability::of_word(&self.availability),
            source: source_of(&self.source, "injuries")?,
            as_of: self.as_of.and_utc(),
            player: self.player,
            position: self.position,
            status: self.status,
            part: self.part,
            comment: self.comment,
        })
    }

    fn says_the_same(&self, other: &Row) -> bool {
        (Row {
            as_of: other.as_of,
            ..self.clone()
        }) == *other
    }
}

/// Stores reports. One that says something else under the date of a stored one is dated by the answer, because that is
/// when it became known.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn store(conn: &mut Conn, answer: &Answer<'_>, said: &Parsed<InjuryReport>) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let mut counts = Counts::default();
        for (_, report) in &said.rows {
            tally(&mut counts, one(conn, Row::of(report), answer.at.naive_utc())?);
        }
        record(conn, answer, &Left::of(said), counts)?;
        Ok(counts)
    })
}

fn one(conn: &mut Conn, mut row: Row, now: NaiveDateTime) -> Result<Stored, StoreError> {
    let newest: Option<Row> = injuries::table
        .filter(injuries::team.eq(&row.team))
        .filter(injuries::player.eq(&row.player))
        .filter(injuries::source.eq(&row.source))
        .order(injuries::as_of.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    let stored = match newest {
        Some(newest) if newest.says_the_same(&row) => return Ok(Stored::Unchanged),
        Some(newest) if row.as_of > newest.as_of => Stored::New,
        // Of two entries about one player in one answer the first stands: the list is newest first.
        Some(newest) if now <= newest.as_of => return Ok(Stored::Unchanged),
        Some(newest) if row.as_of == newest.as_of => {
            row.as_of = now;
            Stored::Revised
        }
        Some(_) => return Ok(Stored::Unchanged),
        None => Stored::New,
    };
    diesel::insert_into(injuries::table).values(&row).execute(conn)?;
    Ok(stored)
}

/// The newest report of each player of a team that was known at an instant, by player.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn known(conn: &mut Conn, team: Team, at: DateTime<Utc>) -> Result<Vec<InjuryReport>, StoreError> {
    let rows: Vec<Row> = injuries::table
        .filter(injuries::team.eq(team.code()))
        .filter(injuries::as_of.le(at.naive_utc()))
        .order((injuries::player.asc(), injuries::source.asc(), injuries::as_of.desc()))
        .select(Row::as_select())
        .load(conn)?;
    let mut newest: Vec<Row> = Vec::new();
    for row in rows {
        let repeated = newest
            .last()
            .is_some_and(|n| n.player == row.player && n.source == row.source);
        if !repeated {
            newest.push(row);
        }
    }
    newest.into_iter().map(Row::report).collect()
}

/// All reports there are, by team, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<InjuryReport>, StoreError> {
    let rows: Vec<Row> = injuries::table
        .order((
            injuries::team.asc(),
            injuries::as_of.asc(),
            injuries::player.asc(),
            injuries::source.asc(),
        ))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::report).collect()
}
