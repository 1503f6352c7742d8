//! The league must look like football to everything that reads it; these are the ways in which it is looked at.
//!
//! Statistics are taken over ten seasons of one fixed seed, so they either always hold or never; eight other seeds were
//! within the same bounds.

use super::*;
use crate::agents::specialists::data_engineer::{AsOf, plan, slate};
use crate::agents::specialists::risk_manager::RiskLimits;
use crate::backtest::host::BareHost;
use crate::domain::archive::Archive;
use crate::domain::calendar::{eastern_day, eastern_label};
use crate::domain::game::{Game, GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::team::Team;
use crate::market::odds::{hold, overround};
use crate::minds::quant::ROSTER;
use crate::protocol::question::{Exposure, RoundId};
use crate::swarms::pool::PoolSettings;
use crate::swarms::round::Convene;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// Ten seasons, generated once for all tests that only look.
static LEAGUE: LazyLock<League> =
    LazyLock::new(|| League::generate(20_310_911, 2031..=2040, SimOptions::default()));

fn hash(league: &League) -> Vec<u8> {
    Sha256::digest(format!("{league:?}")).to_vec()
}

fn line(quotes: &BTreeMap<(&GameId, &str, Market), &Quote>, game: &Game, book: &str, market: Market) -> f64 {
    quotes[&(&game.fixture.id, book, market)].line.unwrap().points()
}

fn by_key(league: &League) -> BTreeMap<(&GameId, &str, Market), &Quote> {
    let keyed = league.quotes.iter().map(|q| ((&q.game, q.book.as_str(), q.market), q));
    let keyed: BTreeMap<_, _> = keyed.collect();
    assert_eq!(keyed.len(), league.quotes.len(), "a quote is repeated");
    keyed
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (mx, my) = (mean(&xs), mean(&ys));
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[track_caller]
fn within(what: &str, value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{what} is {value}, not {low} to {high}");
}

#[test]
fn one_seed_is_one_league() {
    let league = |seed| League::generate(seed, 2031..=2032, SimOptions::default());
    assert_eq!(hash(&league(5)), hash(&league(5)));
    assert_ne!(hash(&league(5)), hash(&league(6)));
}

#[test]
fn the_market_changes_neither_schedule_nor_results() {
    let with = |error| SimOptions {
        opener_error_points: error,
        ..SimOptions::default()
    };
    let (a, b) = (
        League::generate(5, 2031..=2032, with(0.5)),
        League::generate(5, 2031..=2032, with(3.0)),
    );
    assert_eq!((&a.games, &a.truth), (&b.games, &b.truth));
    assert_ne!(a.quotes, b.quotes);
}

#[test]
#[should_panic(expected = "simulated seasons lie between")]
fn seasons_that_could_be_real_are_refused() {
    League::generate(1, FIRST_SEASON - 1..=FIRST_SEASON, SimOptions::default());
}

#[test]
#[should_panic(expected = "a season has 1 to 18 weeks")]
fn seasons_longer_than_the_schedule_are_refused() {
    let options = SimOptions {
        n_weeks: MAX_WEEKS + 1,
        ..SimOptions::default()
    };
    League::generate(1, FIRST_SEASON..=FIRST_SEASON, options);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_schedule_is_one_a_league_could_play(seed: u64, season in FIRST_SEASON..=LAST_SEASON, n_weeks in 1..=MAX_WEEKS) {
        let league = League::generate(seed, season..=season, SimOptions { n_weeks, ..SimOptions::default() });
        check_schedule(&league, n_weeks);
    }
}

fn check_schedule(league: &League, n_weeks: u8) {
    let mut last: [Option<&Game>; 32] = [None; 32];
    let mut home: BTreeMap<Team, u32> = BTreeMap::new();
    let mut met: BTreeMap<(Team, Team), u32> = BTreeMap::new();
    let mut weeks: BTreeMap<SeasonWeek, BTreeSet<Team>> = BTreeMap::new();
    for game in &league.games {
        let f = &game.fixture;
        assert!(f.when.week <= n_weeks && f.opens_at < f.kickoff);
        let week = weeks.entry(f.when).or_default();
        for (team, rest) in [(f.home, f.home_rest), (f.away, f.away_rest)] {
            assert!(week.insert(team), "{team} plays twice in {}", f.when);
            let before = last[team.index()].replace(game);
            let days = before.map_or(7, |g| (f.day() - g.fixture.day()).num_days());
            assert_eq!(days, i64::from(rest), "{}", f.id);
            assert!((4..=18).contains(&rest), "{} after {rest} days", f.id);
        }
        *home.entry(f.home).or_default() += 1;
        *met.entry((f.home, f.away)).or_default() += 1;
        assert_eq!(f.division, f.home.division() == f.away.division());
        let id = format!("{}_{:02}_{}_{}", f.when.season, f.when.week, f.away, f.home);
        assert_eq!(f.id.as_str(), id);
        assert!(game.score.is_some());
    }
    assert!(met.values().all(|n| *n == 1), "a pair meets twice at one place");
    if n_weeks == MAX_WEEKS {
        assert_eq!(league.games.len(), 32 * 17 / 2);
        assert!(weeks.values().all(|teams| teams.len() >= 24));
        assert!(home.values().all(|n| (8..=9).contains(n)), "{home:?}");
        let rivals = |a: Team, b: Team| a != b && a.division() == b.division();
        assert!(
            Team::ALL
                .iter()
                .all(|&a| Team::ALL.iter().all(|&b| !rivals(a, b) || met.contains_key(&(a, b))))
        );
    }
}

#[test]
fn kickoffs_are_eastern_on_both_sides_of_daylight_saving() {
    let slots = [
        "Thu 20:15",
        "Sun 13:00",
        "Sun 16:05",
        "Sun 16:25",
        "Sun 20:20",
        "Mon 20:15",
    ];
    let mut early_utc = BTreeSet::new();
    for game in &LEAGUE.games {
        let f = &game.fixture;
        let label = eastern_label(f.kickoff);
        let words: Vec<&str> = label.split_whitespace().collect();
        let slot = format!("{} {}", words[0], words[3]);
        assert!(slots.contains(&slot.as_str()), "{} at {label}", f.id);
        assert_eq!(eastern_label(f.opens_at).split_whitespace().nth(3), Some("12:00"));
        within(
            "days from opening",
            (f.day() - eastern_day(f.opens_at)).num_days() as f64,
            2.0,
            6.0,
        );
        if f.kickoff.to_rfc3339().contains("-10-") && slot == "Sun 13:00" {
            early_utc.insert(f.kickoff.format("%H:%M").to_string());
        }
        if f.kickoff.to_rfc3339().contains("-12-") && slot == "Sun 13:00" {
            early_utc.insert(f.kickoff.format("winter %H:%M").to_string());
        }
    }
    assert_eq!(early_utc.into_iter().collect::<Vec<_>>(), ["17:00", "winter 18:00"]);
}

#[test]
fn results_are_football() {
    let quotes = by_key(&LEAGUE);
    let (mut margin_error, mut total_error, mut threes, mut covers) = (vec![], vec![], vec![], vec![]);
    let mut overs = vec![];
    for game in &LEAGUE.games {
        let score = game.score.unwrap();
        assert!(
            ![1, 4].contains(&score.home) && ![1, 4].contains(&score.away),
            "{score:?}"
        );
        let margin = f64::from(score.margin()) - line(&quotes, game, Book::NFLVERSE, Market::Spread);
        let total = f64::from(score.total()) - line(&quotes, game, Book::NFLVERSE, Market::Total);
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        margin_error.push(margin.abs());
        total_error.push(total);
        threes.push(flag(score.margin().abs() == 3));
        if line(&quotes, game, Book::NFLVERSE, Market::Spread) > 0.0 && margin != 0.0 {
            covers.push(flag(margin > 0.0));
        }
        if total != 0.0 {
            overs.push(flag(total > 0.0));
        }
    }
    within("mean absolute margin error", mean(&margin_error), 10.0, 11.0);
    within("share of margins of 3", mean(&threes), 0.12, 0.18);
    within("home favourites' covers", mean(&covers), 0.46, 0.54);
    within("overs", mean(&overs), 0.46, 0.54);
    within("mean total error", mean(&total_error), -1.0, 1.0);
    let sd = mean(&total_error.iter().map(|e| e * e).collect::<Vec<_>>()).sqrt();
    within("sd of total error", sd, 11.5, 14.5);
}

#[test]
fn every_game_opens_and_closes_in_every_market() {
    let quotes = by_key(&LEAGUE);
    assert_eq!(LEAGUE.quotes.len(), LEAGUE.games.len() * 12);
    for game in &LEAGUE.games {
        let f = &game.fixture;
        for book in ["sim_open", "tango (sim)", "victor (sim)", Book::NFLVERSE] {
            for market in Market::ALL {
                let q = quotes[&(&f.id, book, market)];
                let expected = if book == Book::NFLVERSE {
                    (Moment::Close, f.kickoff)
                } else {
                    (Moment::Open, f.opens_at)
                };
                assert_eq!((q.moment, q.as_of), expected);
                assert_eq!(q.line.is_none(), market == Market::Moneyline);
                let prices = [q.first, q.second].map(|p| p.unwrap().decimal());
                within("hold", hold(overround(&prices)), 0.035, 0.055);
            }
        }
    }
}

#[test]
fn the_market_errs_as_much_as_it_is_told() {
    let quotes = by_key(&LEAGUE);
    for (book, sd) in [("sim_open", 1.5), (Book::NFLVERSE, 0.6)] {
        for market in [Market::Spread, Market::Total] {
            let errors = LEAGUE.games.iter().map(|g| {
                let truth = LEAGUE.truth.games[&g.fixture.id];
                let truth = if market == Market::Spread {
                    truth.margin
                } else {
                    truth.total
                };
                line(&quotes, g, book, market) - truth
            });
            let squares: Vec<f64> = errors.map(|e| e * e).collect();
            within(&format!("{book} {market}"), mean(&squares).sqrt(), sd - 0.15, sd + 0.25);
        }
    }
}

/// Opening minus closing spread against how the teams' last games differed from their closes: all of it public.
fn overreaction(share: f64) -> f64 {
    let options = SimOptions {
        predictable_share: share,
        ..SimOptions::default()
    };
    let league = League::generate(3, 2031..=2036, options);
    let quotes = by_key(&league);
    let mut surprise = [0.0; 32];
    let mut pairs = Vec::new();
    for game in &league.games {
        let f = &game.fixture;
        let close = line(&quotes, game, Book::NFLVERSE, Market::Spread);
        if f.when.week > 4 {
            let open = line(&quotes, game, "sim_open", Market::Spread);
            pairs.push((surprise[f.home.index()] - surprise[f.away.index()], open - close));
        }
        let last = f64::from(game.score.unwrap().margin()) - close;
        surprise[f.home.index()] = last;
        surprise[f.away.index()] = -last;
    }
    correlation(&pairs)
}

#[test]
fn openers_overreact_to_the_last_result_as_told() {
    within("correlation without a predictable share", overreaction(0.0), -0.1, 0.1);
    within("correlation with half of it predictable", overreaction(0.5), 0.35, 0.75);
}

#[test]
fn the_swarm_can_play_it() {
    let league = League::generate(11, 2031..=2034, SimOptions::default());
    let archive = Arc::new(Archive::new(league.games, league.quotes));
    let mut host = BareHost::new(
        &ROSTER,
        PoolSettings::default(),
        RiskLimits::default(),
        Pcg64Mcg::new(1),
    );
    for week in 2..=6 {
        let when = SeasonWeek { season: 2034, week };
        let planned = plan(&archive, when, AsOf::Open);
        assert_eq!(planned.len(), 1, "a simulated week opens all at once");
        let view = archive.as_of(planned[0].at);
        let opener = view.reference(&planned[0].fixtures[0].id, Market::Spread, Moment::Open);
        assert_eq!(opener.map(|q| q.book.as_str()), Some("sim_open"));
        let round = host.hold(Convene {
            round: RoundId(when.to_string()),
            when,
            basis: AsOf::Open.basis(),
            slate: slate(&planned[0], &view, AsOf::Open, None),
            view,
            bankroll: Cents(100_000),
            exposure: Exposure::default(),
            guidance: Arc::default(),
        });
        let round = round.expect("a round always ends");
        assert!(!round.unreviewed && round.seats.values().all(|s| s.absent.is_none()));
        for market in Market::ALL {
            assert!(
                round.decisions.iter().any(|d| d.agreement.market == market),
                "{market} in {when}"
            );
        }
    }
}
