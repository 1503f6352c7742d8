//! A simulated season that is being played now, so that whoever asks the upstream today finds a week that is open.

use crate::domain::calendar::{eastern, opens_at};
use crate::domain::game::{Game, GameId};
use crate::domain::quote::{Moment, Quote};
use crate::sim::{FIRST_SEASON, League, SimOptions};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use chrono_tz::America::New_York;
use std::collections::BTreeMap;

/// Seasons before the current one, for ratings to learn from.
const N_PAST: u16 = 2;
/// Until March a season is that of the year before; from then on the next one is current.
const NEW_SEASON_MONTH: u32 = 3;

/// A simulated league whose last season is that of `now`, with the two before it. Kickoffs keep their weekday and Eastern
/// time. From March to September its first week lies ahead; no week is open then.
///
/// The seasons bear the numbers of real ones, which no other part of the simulation does: keep it in a home of its own.
/// Stadiums and books still say that they are simulated.
pub fn current_season(seed: u64, now: DateTime<Utc>) -> (Vec<Game>, Vec<Quote>) {
    let local = now.with_timezone(&New_York);
    let year = local.year() - i32::from(local.month() < NEW_SEASON_MONTH);
    let league = League::generate(seed, FIRST_SEASON..=FIRST_SEASON + N_PAST, SimOptions::default());
    let years = year - i32::from(FIRST_SEASON + N_PAST);
    let mut names: BTreeMap<GameId, Game> = BTreeMap::new();
    for game in league.games {
        let old = game.fixture.id.clone();
        if let Some(moved) = moved(game, years) {
            names.insert(old, moved);
        }
    }
    let quotes = league.quotes.into_iter().filter_map(|quote| {
        let fixture = &names.get(&quote.game)?.fixture;
        Some(Quote {
            game: fixture.id.clone(),
            as_of: if quote.moment == Moment::Close {
                fixture.kickoff
            } else {
                fixture.opens_at
            },
            ..quote
        })
    });
    let quotes = quotes.collect();
    (names.into_values().collect(), quotes)
}

/// The game so many seasons later or earlier; `None` beyond the years there are.
fn moved(mut game: Game, years: i32) -> Option<Game> {
    let f = &mut game.fixture;
    let old = i32::from(f.when.season);
    let season = u16::try_from(old + years).ok()?;
    let shift = first_thursday(old + years)? - first_thursday(old)?;
    let later = |at: DateTime<Utc>| at.with_timezone(&New_York).naive_local().checked_add_signed(shift);
    f.kickoff = eastern(later(f.kickoff)?);
    // It falls on a Tuesday already, so its own week is found again.
    f.opens_at = opens_at(later(f.opens_at)?.date());
    f.when.season = season;
    f.id = GameId::new(&format!(
        "{season}_{:02}_{}_{}",
        f.when.week,
        f.away_code(),
        f.home_code()
    ));
    Some(game)
}

/// The Thursday after Labor Day: where seasons begin, so that a shift between two is whole weeks.
fn first_thursday(year: i32) -> Option<NaiveDate> {
    let labor_day = NaiveDate::from_weekday_of_month_opt(year, 9, Weekday::Mon, 1)?;
    labor_day.checked_add_days(Days::new(3))
}
