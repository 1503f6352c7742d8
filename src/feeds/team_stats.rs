//! nflverse's `stats_team_week_{season}.csv`: of its hundred columns those that say how well a team moved the ball.

use super::sheet::{self, Row, SheetError};
use super::{Corrections, FileKind, Parsed, Rejected};
use crate::domain::game::SeasonWeek;
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::domain::team_week::TeamWeek;
use std::collections::BTreeMap;

/// Columns the file must have; others are ignored and the order is free.
pub const COLUMNS: [&str; 19] = [
    "season",
    "week",
    "team",
    "season_type",
    "opponent_team",
    "completions",
    "attempts",
    "passing_yards",
    "passing_interceptions",
    "sacks_suffered",
    "sack_fumbles_lost",
    "passing_epa",
    "carries",
    "rushing_yards",
    "rushing_fumbles_lost",
    "rushing_epa",
    "receiving_fumbles_lost",
    "penalties",
    "penalty_yards",
];
/// No team has run 150 plays in a game, nor gained or lost a thousand yards, nor has a hundred of anything else.
const MAX_COUNT: i32 = 150;
const MAX_YARDS: i32 = 1_000;
/// A game is worth a few dozen points; an EPA beyond is a broken file.
const MAX_EPA: f64 = 100.0;

/// Reads the rows. The second of two rows about one team and week is rejected unless it repeats the first.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn parse(bytes: &[u8]) -> Result<Parsed<TeamWeek>, SheetError> {
    let mut rows: Vec<(u64, TeamWeek)> = Vec::new();
    let mut corrected = Corrections::default();
    let mut seen: BTreeMap<(SeasonWeek, Team), usize> = BTreeMap::new();
    let (rejected, n_rows) = sheet::read(bytes, FileKind::TeamStats, &COLUMNS, |row| {
        let stats = read(row)?;
        let key = (stats.when, stats.team);
        match seen.get(&key).map(|&at| &rows[at]) {
            Some((_, earlier)) if *earlier == stats => corrected.note(super::odds::REPEATED, row.line),
            Some((line, _)) => {
                let reason =
                    format!("contradicts an earlier row: line {line} has other numbers for this team and week");
                return Err(row.reject("row", reason));
            }
            None => {
                seen.insert(key, rows.len());
                rows.push((row.line, stats));
            }
        }
        Ok(())
    })?;
    Ok(Parsed {
        rows,
        rejected,
        corrected,
        n_rows,
    })
}

fn read(row: &Row<'_>) -> Result<TeamWeek, Rejected> {
    let team = |column: &str| {
        let name = row.need(column)?;
        Team::parse(name).map_err(|_| row.reject(column, format!("unknown team: `{}`", sheet::cut(name))))
    };
    let count = |column: &str| row.need_whole(column, 0, MAX_COUNT);
    let yards = |column: &str| row.need_whole(column, -MAX_YARDS, MAX_YARDS);
    let epa = |column: &str| match row.number(column)? {
        Some(x) if x.abs() > MAX_EPA => {
            Err(row.reject(column, format!("absurd expected points: {x} is beyond {MAX_EPA}")))
        }
        other => Ok(other),
    };
    let season = row.need_whole("season", 1999, 2100)?;
    let week = row.need_whole("week", 1, 22)?;
    let regular = match row.need("season_type")? {
        "REG" => true,
        "POST" => false,
        other => {
            return Err(row.reject("season_type", format!("neither REG nor POST: `{}`", sheet::cut(other))));
        }
    };
    let (own, opponent) = (team("team")?, team("opponent_team")?);
    if own == opponent {
        return Err(row.reject("opponent_team", format!("a team against itself: {}", own.code())));
    }
    Ok(TeamWeek {
        when: SeasonWeek {
            season: season as u16,
            week: week as u8,
        },
        regular,
        team: own,
        opponent,
        attempts: count("attempts")?,
        completions: count("completions")?,
        passing_yards: yards("passing_yards")?,
        interceptions: count("passing_interceptions")?,
        sacks_suffered: count("sacks_suffered")?,
        carries: count("carries")?,
        rushing_yards: yards("rushing_yards")?,
        fumbles_lost: count("sack_fumbles_lost")?
            + count("rushing_fumbles_lost")?
            + count("receiving_fumbles_lost")?,
        penalties: count("penalties")?,
        penalty_yards: yards("penalty_yards")?,
        passing_epa: epa("passing_epa")?,
        rushing_epa: epa("rushing_epa")?,
        source: Source::Nflverse,
    })
}
