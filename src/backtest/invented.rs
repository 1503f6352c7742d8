//! Invented candidate bets with a known truth: leagues that strategies and validators are tried on, because on real games
//! nobody knows what should have been found.

use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::Market;
use crate::engine::sheet::{Candidate, Key, Settled, SheetBuilder};
use crate::engine::table::Table;
use crate::strategy::feature::{Feature, Flag, Known, Source};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;

/// An invented league, as of its openers, with spreads and totals at -110. Two sources have opinions, `elo` and `market_rating`; the
/// second knows nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Invented {
    /// Seed of everything in it.
    pub seed: u64,
    /// The first season.
    pub first_season: u16,
    /// Seasons.
    pub n_seasons: u16,
    /// Weeks of a season, at most 30.
    pub n_weeks: u8,
    /// Games of a week.
    pub n_games: u16,
    /// How often the side wins that `elo` sees [`Invented::EDGE`] points or more beyond the line.
    pub win_rate: f64,
    /// How many of the games have such a side.
    pub edge_share: f64,
    /// Whether totals are on offer too; nobody knows anything about them.
    pub totals: bool,
}

impl Default for Invented {
    /// Eight seasons of the league's size in which `elo` sees a true 58% in three games of five.
    fn default() -> Invented {
        Invented {
            seed: 1,
            first_season: 2031,
            n_seasons: 8,
            n_weeks: 17,
            n_games: 16,
            win_rate: 0.58,
            edge_share: 0.6,
            totals: true,
        }
    }
}

impl Invented {
    /// Points beyond the line from which `elo` is right as often as the league says.
    pub const EDGE: f64 = 1.5;
    /// The strategy that takes what there is to take.
    pub const TRUE_EDGE: &'static str = "spread at open when edge(elo) >= 1.5 stake flat 1%";

    /// The league's candidate bets; moneylines are not on offer.
    pub fn table(&self) -> Table {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        let mut spreads = SheetBuilder::new(Market::Spread);
        let mut totals = SheetBuilder::new(Market::Total);
        for season in 0..self.n_seasons {
            for week in 1..=self.n_weeks {
                for game in 0..self.n_games {
                    let when = SeasonWeek {
                        season: self.first_season + season,
                        week,
                    };
                    let key = Key {
                        game: GameId::new(&format!("{}_{week:02}_{game:03}", when.season)),
                        when,
                        kickoff: kickoff(when, game),
                    };
                    let sound = "an invented game has finite answers and one winner";
                    spreads.game(key.clone(), self.sides(week, &mut rng)).expect(sound);
                    if self.totals {
                        totals.game(key, noise(week, &mut rng)).expect(sound);
                    }
                }
            }
        }
        let none = SheetBuilder::new(Market::Moneyline);
        let sheets = [spreads, totals, none]
            .map(SheetBuilder::build)
            .map(|sheet| sheet.expect("every invented game has a name of its own"));
        Table::new(Known::Open, sheets, 0).expect("the sheets are in the order of the markets, as of the open")
    }

    fn sides(&self, week: u8, rng: &mut Pcg64Mcg) -> [Candidate; 2] {
        let seen = rng.random_bool(self.edge_share.clamp(0.0, 1.0));
        let size = if seen {
            rng.random_range(Invented::EDGE..4.0)
        } else {
            rng.random_range(0.0..Invented::EDGE - 0.1)
        };
        let home = rng.random_bool(0.5);
        let edge = if home { size } else { -size };
        let rate = if seen { self.win_rate } else { 0.5 };
        let home_wins = rng.random_bool(rate.clamp(0.0, 1.0)) == home;
        let line = rng.random_range(-28i16..=28);
        // The closing line moves by what an edge is worth on average, plus noise: 5.4% of return a point (research/quant.md).
        let moved = (rate - 0.5) * 20.0 + rng.random_range(-1.5..1.5);
        let noise = rng.random_range(-4.0..4.0);
        let rest = f64::from(rng.random_range(-4i32..=4));
        let (dome, division) = (rng.random_bool(0.25), rng.random_bool(0.35));
        let wind = f64::from(rng.random_range(0i32..25));
        let total = f64::from(rng.random_range(72i32..=112)) / 2.0;
        [1.0, -1.0].map(|sign| {
            let points = f64::from(line) / 2.0;
            let mut side = Candidate::default()
                .with(Feature::Edge(source("elo")), sign * edge)
                .with(Feature::Edge(source("market_rating")), sign * noise)
                .with(Feature::Line, -sign * points)
                .with(Feature::Spread, points.abs())
                .with(Feature::Total, total)
                .with(Feature::Week, f64::from(week))
                .with(Feature::Rest, sign * rest)
                .with(
                    Feature::Votes,
                    f64::from(u8::from(sign * edge > 0.5) + u8::from(sign * noise > 0.5)),
                )
                .with(
                    Feature::Against,
                    f64::from(u8::from(sign * edge < -0.5) + u8::from(sign * noise < -0.5)),
                )
                .with(Feature::Cover, if home_wins == (sign > 0.0) { 3.0 } else { -3.0 })
                .flagged(Flag::Home, sign > 0.0)
                .flagged(Flag::Favourite, sign * points > 0.0)
                .flagged(Flag::Division, division)
                .flagged(Flag::Dome, dome)
                .flagged(Flag::Night, total > 52.0)
                .flagged(Flag::Neutral, false)
                .flagged(Flag::Playoffs, false);
            if !dome {
                side = side.with(Feature::Wind, wind).with(Feature::Temperature, 70.0 - wind);
            }
            let won = home_wins == (sign > 0.0);
            side.settled = Some(if won { Settled::Win } else { Settled::Loss });
            side.price = Some(American::MINUS_110.decimal());
            side.line = Some(HalfPoints(line));
            side.clv = Some(if (sign > 0.0) == home { moved } else { -moved });
            let belief = 0.5 + sign * edge / 40.0;
            side.chances.insert(source("elo"), belief);
            side
        })
    }
}

/// A total nobody knows anything about.
fn noise(week: u8, rng: &mut Pcg64Mcg) -> [Candidate; 2] {
    let over_wins = rng.random_bool(0.5);
    let moved = rng.random_range(-1.5..1.5);
    let edge = rng.random_range(-4.0..4.0);
    let total = rng.random_range(72i16..=112);
    let wind = f64::from(rng.random_range(0i32..25));
    [1.0, -1.0].map(|sign| {
        let mut side = Candidate::default()
            .with(Feature::Edge(source("elo")), sign * edge)
            .with(Feature::Total, f64::from(total) / 2.0)
            .with(Feature::Week, f64::from(week))
            .with(Feature::Wind, wind)
            .with(Feature::Temperature, 70.0 - wind)
            .with(Feature::Votes, f64::from(u8::from(sign * edge > 0.5)))
            .with(Feature::Against, f64::from(u8::from(sign * edge < -0.5)))
            .flagged(Flag::Over, sign > 0.0)
            .flagged(Flag::Dome, false)
            .flagged(Flag::Night, week.is_multiple_of(3));
        let won = over_wins == (sign > 0.0);
        side.settled = Some(if won { Settled::Win } else { Settled::Loss });
        side.price = Some(American::MINUS_110.decimal());
        side.line = Some(HalfPoints(total));
        side.clv = Some(sign * moved);
        side
    })
}

fn source(name: &str) -> Source {
    Source::new(name).expect("a name of lower-case letters and underscores is a source")
}

/// Games of a season's week a minute apart.
fn kickoff(when: SeasonWeek, game: u16) -> DateTime<Utc> {
    let days = i64::from(when.season - 1970) * 365 + 240 + 7 * i64::from(when.week);
    DateTime::UNIX_EPOCH + TimeDelta::days(days) + TimeDelta::minutes(i64::from(game))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::period::Period;
    use crate::engine::plan::Plan;
    use crate::engine::sweep::sweep;

    #[test]
    fn the_truth_that_was_planted_is_there() {
        let league = Invented {
            n_seasons: 20,
            ..Invented::default()
        };
        let table = league.table();
        let plan = Plan::compile(&Invented::TRUE_EDGE.parse().unwrap(), &table).unwrap();
        let tally = sweep(&table, &[plan], &Period::seasons(2031..=2050))[0];
        assert_eq!(tally.n_conflicts, 0);
        let rate = tally.win_rate().unwrap();
        assert!((rate - 0.58).abs() < 0.03 && tally.n_bets > 3_000, "{tally:?}");
        assert_eq!(league.table().hash(), table.hash());
    }
}
