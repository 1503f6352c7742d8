//! The roster against the developers' real files; skipped with a printed reason where they are absent.
//!
//! Seasons after 2017 are cut off before anything is done: they are kept for judging the project, and a check that
//! compares decisions with decisions has no need of them. Each test keeps two or three seasons, for speed.

use super::{SEED, catch_all};
use crate::agents::specialists::data_engineer::AsOf;
use crate::backtest::leak::{RawData, run};
use crate::domain::game::SeasonWeek;
use std::ops::RangeInclusive;

/// Later ones are the judge.
const LAST_SEASON: u16 = 2017;

fn real(seasons: RangeInclusive<u16>) -> Option<RawData> {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let read = |name: &str| {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::read(&path)
            .inspect_err(|e| println!("skipped: {}: {e}; set HUDDLE_NFL_DATA", path.display()))
            .ok()
    };
    let raw = RawData::read(
        &read("games.csv")?,
        Some(&read("openers.csv")?),
        None,
        Some(&read("stats_team_week.csv")?),
    )
    .unwrap();
    assert!(*seasons.end() <= LAST_SEASON);
    Some(raw.without(|row| !seasons.contains(&row.season)))
}

fn weeks(of: &[(u16, u8)]) -> Vec<SeasonWeek> {
    of.iter().map(|&(season, week)| SeasonWeek { season, week }).collect()
}

fn clean(raw: &RawData, of: &[(u16, u8)], as_of: AsOf) {
    let report = run(raw, &weeks(of), &[as_of], SEED, &mut |_, _| {});
    println!("{report}");
    assert!(report.is_clean(), "{report}");
}

#[test]
fn the_roster_is_clean_on_real_games_at_the_openers() {
    // The week after the game of Tuesday night, 2010-12-28; a first week, a late week, a conference championship.
    let Some(raw) = real(2009..=2011) else { return };
    clean(&raw, &[(2010, 17)], AsOf::Open);
    let Some(raw) = real(2011..=2013) else { return };
    clean(&raw, &[(2012, 1), (2012, 15), (2013, 20)], AsOf::Open);
    let Some(raw) = real(2015..=2017) else { return };
    clean(&raw, &[(2016, 11), (2017, 4)], AsOf::Open);
}

#[test]
fn the_roster_is_clean_on_real_games_at_the_closes() {
    // The week with the game of Tuesday night, whose kickoff is after the next week's openers; a play-off round.
    let Some(raw) = real(2010..=2010) else { return };
    clean(&raw, &[(2010, 16)], AsOf::Close);
    let Some(raw) = real(2012..=2012) else { return };
    clean(&raw, &[(2012, 20)], AsOf::Close);
}

#[test]
fn every_planted_leak_is_caught_on_real_games() {
    let Some(raw) = real(2011..=2013) else { return };
    catch_all(&raw, SeasonWeek { season: 2012, week: 6 });
}
