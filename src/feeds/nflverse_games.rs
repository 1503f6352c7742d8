//! nflverse's `games.csv`: schedules, results and reference closing lines of every season since 1999.
//!
//! Three steps, so that a leak check can change raw columns and convert again: bytes to [`GameRow`]s ([`parse`]), rows
//! to facts ([`facts`]), and both at once ([`read`]).

mod convert;
mod kickoff;
mod row;

pub use convert::Converted;
pub use row::{COLUMNS, GameRow};

use super::odds::{rejection, repeated};
use super::sheet::{self, SheetError};
use super::{Corrections, Facts, FileKind, Parsed};
use crate::domain::calendar;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::team::Team;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A week's games lie within a few days of each other; in 23 seasons none was more than four from the middle one.
const MAX_DAYS_FROM_MIDDLE: u64 = 7;

/// Reads the rows as they are, checking no more than that each cell is of its type.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn parse(bytes: &[u8]) -> Result<Parsed<GameRow>, SheetError> {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    let (mut rejected, n_rows) = sheet::read(bytes, FileKind::Games, &COLUMNS, |row| {
        rows.push((row.line, row::read(row, &mut cells)?));
        Ok(())
    })?;
    rejected.append(&mut cells);
    Ok(Parsed {
        rows,
        rejected,
        corrected: Corrections::default(),
        n_rows,
    })
}

/// A whole file: games and up to three closing quotes each.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn read(bytes: &[u8]) -> Result<Facts, SheetError> {
    let parsed = parse(bytes)?;
    let mut all = facts(parsed.rows);
    all.n_rows = parsed.n_rows;
    all.rejected.extend(parsed.rejected);
    sheet::fill_raw(bytes, &mut all.rejected);
    Ok(all)
}

/// Turns rows into facts. What depends on the whole file is decided here: when a week opened, which rows repeat or
/// contradict others, and the roof of a stadium whose row does not say.
pub fn facts(rows: Vec<(u64, GameRow)>) -> Facts {
    let mut facts = Facts {
        n_rows: rows.len() as u64,
        ..Facts::default()
    };
    let mut rows = once(rows, &mut facts);
    let middles = middle_days(&rows);
    rows.retain(|(line, row)| is_near(*line, row, &middles, &mut facts));
    fill_roofs(&mut rows, &mut facts.corrected);
    let first_days = first_days(&rows);
    let mut playing: BTreeSet<(SeasonWeek, Team)> = BTreeSet::new();
    for (line, row) in rows {
        let first_day = first_days.get(&row.when()).copied().unwrap_or(row.gameday);
        let converted = match row.into_facts(line, calendar::opens_at(first_day)) {
            Ok(converted) => converted,
            Err(rejected) => {
                facts.rejected.push(rejected);
                continue;
            }
        };
        let fixture = &converted.game.fixture;
        let teams = [fixture.home, fixture.away].map(|team| (fixture.when, team));
        if let Some((when, team)) = teams.iter().find(|key| playing.contains(*key)) {
            let reason = format!("team already plays in this week: {} in {when}", team.code());
            facts.rejected.push(rejection(line, &fixture.id, "row", reason));
            continue;
        }
        playing.extend(teams);
        for kind in converted.corrected {
            facts.corrected.note(kind, line);
        }
        facts.rejected.extend(converted.rejected);
        facts.quotes.extend(converted.quotes);
        facts.games.push(converted.game);
    }
    facts
}

/// Keeps the first row of each game.
fn once(rows: Vec<(u64, GameRow)>, facts: &mut Facts) -> Vec<(u64, GameRow)> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<(u64, GameRow)> = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        match first.get(&row.game_id).and_then(|&i| kept.get(i)) {
            Some((earlier, same)) => {
                let reason = format!("contradicts an earlier row: line {earlier} has other values for this game");
                let same = *same == row;
                repeated(facts, line, &GameId::new(&row.game_id), same, reason);
            }
            None => {
                first.insert(row.game_id.clone(), kept.len());
                kept.push((line, row));
            }
        }
    }
    kept
}

fn days_by_week(rows: &[(u64, GameRow)]) -> BTreeMap<SeasonWeek, Vec<NaiveDate>> {
    let mut days: BTreeMap<SeasonWeek, Vec<NaiveDate>> = BTreeMap::new();
    for (_, row) in rows {
        days.entry(row.when()).or_default().push(row.gameday);
    }
    for list in days.values_mut() {
        list.sort_unstable();
    }
    days
}

fn middle_days(rows: &[(u64, GameRow)]) -> BTreeMap<SeasonWeek, NaiveDate> {
    days_by_week(rows)
        .into_iter()
        .filter_map(|(when, days)| Some((when, *days.get(days.len() / 2)?)))
        .collect()
}

fn first_days(rows: &[(u64, GameRow)]) -> BTreeMap<SeasonWeek, NaiveDate> {
    days_by_week(rows)
        .into_iter()
        .filter_map(|(when, days)| Some((when, *days.first()?)))
        .collect()
}

/// A mistyped date would move the opening of its whole week, so a game far from its week's others is left out.
fn is_near(line: u64, row: &GameRow, middles: &BTreeMap<SeasonWeek, NaiveDate>, facts: &mut Facts) -> bool {
    let Some(middle) = middles.get(&row.when()) else {
        return true;
    };
    let days = row.gameday.signed_duration_since(*middle).num_days().unsigned_abs();
    if days > MAX_DAYS_FROM_MIDDLE {
        let reason = format!(
            "far from the rest of its week: {} is {days} days from {middle}",
            row.gameday
        );
        facts
            .rejected
            .push(rejection(line, &GameId::new(&row.game_id), "gameday", reason));
    }
    days <= MAX_DAYS_FROM_MIDDLE
}

/// nflverse leaves the roof of a retractable stadium empty until the game is played; its earlier games tell that it has
/// one.
fn fill_roofs(rows: &mut [(u64, GameRow)], corrected: &mut Corrections) {
    let mut known: BTreeMap<String, (NaiveDate, String)> = BTreeMap::new();
    for (_, row) in rows.iter() {
        let (Some(stadium), Some(roof)) = (&row.stadium_id, &row.roof) else {
            continue;
        };
        let entry = known.entry(stadium.clone()).or_insert((row.gameday, roof.clone()));
        if row.gameday < entry.0 {
            *entry = (row.gameday, roof.clone());
        }
    }
    for (line, row) in rows.iter_mut().filter(|(_, row)| row.roof.is_none()) {
        let stadium = row.stadium_id.as_ref().and_then(|id| known.get(id));
        if let Some((_, roof)) = stadium.filter(|(since, _)| *since < row.gameday) {
            row.roof = Some(roof.clone());
            corrected.note("roof taken from the stadium's earlier games", *line);
        }
    }
}
