//! The league itself: how good its teams really are, and the seasons that follow from it.
//!
//! Schedule, results and market draw from streams of their own, so that a market with other errors is a market on the very
//! same games.

use super::market_maker::MarketMaker;
use super::{FIRST_SEASON, LAST_SEASON, SimOptions, normal, schedule, scoring};
use crate::domain::game::{Fixture, Game, GameId, SeasonWeek};
use crate::domain::quote::Quote;
use crate::domain::team::Team;
use crate::market::{MarginModel, TotalModel};
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Points by which the home team is better for being at home: a little below the average since 1999.
const HOME_ADVANTAGE: f64 = 2.0;
/// Points of both teams in a game of average teams.
const LEAGUE_TOTAL: f64 = 44.5;
/// Standard deviation in points of attack and of defence across the league: it makes spreads vary by about six points and
/// totals by about four and a half, as real ones do.
const STRENGTH_SD: f64 = 2.6;
/// Correlation of a team's attack with its defence: well-run teams are good at both.
const STRENGTH_CORRELATION: f64 = 0.26;
/// What is left of a strength a week later; the rest is drawn anew. A team's expected margin moves by 0.8 points a week.
const WEEKLY: f64 = 0.98;
/// What is left of a strength in the next season.
const SEASONAL: f64 = 0.6;

/// How good a team really is, in points a game against an average team on neutral ground.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Strength {
    /// Points it scores more than average.
    pub attack: f64,
    /// Points it concedes less than average.
    pub defence: f64,
}

impl Strength {
    fn draw(rng: &mut Pcg64Mcg) -> Strength {
        let common = STRENGTH_CORRELATION.sqrt() * normal(rng);
        let mut own = || STRENGTH_SD * (common + (1.0 - STRENGTH_CORRELATION).sqrt() * normal(rng));
        Strength {
            attack: own(),
            defence: own(),
        }
    }

    /// One step of a first-order autoregression that keeps the league as spread out as it is.
    fn step(self, kept: f64, rng: &mut Pcg64Mcg) -> Strength {
        let fresh = Strength::draw(rng);
        let renewed = (1.0 - kept * kept).sqrt();
        Strength {
            attack: kept * self.attack + renewed * fresh.attack,
            defence: kept * self.defence + renewed * fresh.defence,
        }
    }
}

/// What is really to be expected of a game, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expectation {
    /// Home points minus away points.
    pub margin: f64,
    /// Points of both teams.
    pub total: f64,
}

impl Expectation {
    fn of(fixture: &Fixture, teams: &[Strength; 32]) -> Expectation {
        let (home, away) = (teams[fixture.home.index()], teams[fixture.away.index()]);
        let at_home = if fixture.neutral { 0.0 } else { HOME_ADVANTAGE };
        Expectation {
            margin: (home.attack + home.defence) - (away.attack + away.defence) + at_home,
            total: LEAGUE_TOTAL + (home.attack - home.defence) + (away.attack - away.defence),
        }
    }
}

/// What nobody inside the league can see: for judging ratings, never for making a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The expectation of every game.
    pub games: BTreeMap<GameId, Expectation>,
    /// Every team's strength in every week, by [`Team::index`].
    pub teams: BTreeMap<SeasonWeek, [Strength; 32]>,
}

/// A league that was never played: what [`crate::domain::archive::Archive::new`] takes, and the truth behind it.
///
/// ```
/// use huddle::domain::archive::Archive;
/// use huddle::sim::{League, SimOptions};
/// let league = League::generate(7, 2031..=2031, SimOptions::default());
/// assert_eq!(league.games.len(), 272);
/// let archive = Archive::new(league.games, league.quotes);
/// assert_eq!(archive.weeks().len(), 18);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct League {
    /// All games with their results, by season, week and kickoff.
    pub games: Vec<Game>,
    /// All openers and closes, twelve a game.
    pub quotes: Vec<Quote>,
    /// What was really to be expected.
    pub truth: Truth,
}

impl League {
    /// Plays the seasons. The same arguments always give the same league.
    ///
    /// # Panics
    /// When a season lies outside [`FIRST_SEASON`] to [`LAST_SEASON`], or an option outside its range.
    pub fn generate(seed: u64, seasons: RangeInclusive<u16>, options: SimOptions) -> League {
        options.check();
        assert!(
            seasons.is_empty() || (*seasons.start() >= FIRST_SEASON && *seasons.end() <= LAST_SEASON),
            "simulated seasons lie between {FIRST_SEASON} and {LAST_SEASON}, so that they cannot be taken for real \
             ones: {seasons:?}"
        );
        let mut world = World::new(seed, options);
        for season in seasons {
            world.season(season, options.n_weeks);
        }
        world.league
    }
}

/// The league while it is being played.
struct World {
    league: League,
    teams: [Strength; 32],
    margin: MarginModel,
    total: TotalModel,
    market: MarketMaker,
    schedule_rng: Pcg64Mcg,
    truth_rng: Pcg64Mcg,
    market_rng: Pcg64Mcg,
}

impl World {
    fn new(seed: u64, options: SimOptions) -> World {
        let mut seeds = Pcg64Mcg::seed_from_u64(seed);
        let mut stream = || Pcg64Mcg::from_rng(&mut seeds);
        let (schedule_rng, mut truth_rng, market_rng) = (stream(), stream(), stream());
        World {
            league: League {
                games: Vec::new(),
                quotes: Vec::new(),
                truth: Truth::default(),
            },
            teams: Team::ALL.map(|_| Strength::draw(&mut truth_rng)),
            margin: MarginModel::nfl_1999_2017(),
            total: TotalModel::nfl_1999_2017(),
            market: MarketMaker::new(options),
            schedule_rng,
            truth_rng,
            market_rng,
        }
    }

    fn season(&mut self, season: u16, n_weeks: u8) {
        let fixtures = schedule::season(season, &mut self.schedule_rng);
        for week in 1..=n_weeks {
            let when = SeasonWeek { season, week };
            self.league.truth.teams.insert(when, self.teams);
            for fixture in fixtures.iter().filter(|f| f.when == when) {
                self.play(fixture.clone());
            }
            self.drift(WEEKLY);
        }
        self.drift(SEASONAL);
        self.market.forget();
    }

    fn play(&mut self, fixture: Fixture) {
        let expected = Expectation::of(&fixture, &self.teams);
        let score = scoring::draw(expected, &self.margin, &self.total, &mut self.truth_rng);
        let board = self.market.quote(&fixture, expected, &mut self.market_rng);
        self.market.learn(&fixture, &board, score);
        self.league.truth.games.insert(fixture.id.clone(), expected);
        self.league.quotes.extend(board);
        self.league.games.push(Game {
            fixture,
            score: Some(score),
            conditions: None,
            starters: None,
        });
    }

    fn drift(&mut self, kept: f64) {
        for team in &mut self.teams {
            *team = team.step(kept, &mut self.truth_rng);
        }
    }
}
