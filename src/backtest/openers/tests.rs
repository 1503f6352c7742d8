//! Honest openers pass, invented ones that look ahead fail, and of the real files no spread fails.

use super::*;
use crate::backtest::leak::RawData;
use crate::domain::calendar::opens_at;
use crate::domain::game::{Game, GameId, Phase, Score, SeasonWeek};
use crate::domain::quote::Quote;
use crate::engine::table::Table;
use crate::strategy::feature::Known;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::SeedableRng as _;
use rand_distr::{Distribution as _, Normal};
use rand_pcg::Pcg64Mcg;

/// Sixteen games a week, teams paired anew each week; the close learns a share of each team's surprises, and the opener
/// either has learnt it already or not.
fn season(year: u16, look_ahead: bool, rng: &mut Pcg64Mcg) -> (Vec<Game>, Vec<Quote>) {
    let teams: Vec<Team> = Team::ALL.to_vec();
    let mut strength = vec![0.0f64; teams.len()];
    let mut lesson = vec![0.0f64; teams.len()];
    let (mut games, mut quotes) = (Vec::new(), Vec::new());
    let draw = |sd: f64, rng: &mut Pcg64Mcg| Normal::new(0.0, sd).unwrap().sample(rng);
    for week in 1..=17u8 {
        let day = NaiveDate::from_ymd_opt(i32::from(year), 9, 8).unwrap() + TimeDelta::days(7 * i64::from(week));
        let kickoff: DateTime<Utc> = day.and_hms_opt(17, 0, 0).unwrap().and_utc();
        let mut taught = vec![0.0; teams.len()];
        for pair in 0..16 {
            let (h, a) = (pair, 16 + (pair + usize::from(week)) % 16);
            let fixture = Fixture {
                id: GameId::new(&format!("{year}_{week:02}_{pair:02}")),
                when: SeasonWeek { season: year, week },
                phase: Phase::Regular,
                kickoff,
                kickoff_exact: true,
                opens_at: opens_at(day),
                home: teams[h],
                away: teams[a],
                neutral: false,
                home_rest: 7,
                away_rest: 7,
                division: false,
                roof: None,
                stadium: String::new(),
            };
            let true_line = strength[h] - strength[a];
            let stale = if look_ahead { lesson[h] - lesson[a] } else { 0.0 };
            let half = |x: f64| HalfPoints((2.0 * x).round() as i16);
            let line = half(true_line);
            for (line, as_of, moment, book) in [
                (
                    half(true_line - stale + draw(1.0, rng)),
                    fixture.opens_at,
                    Moment::Open,
                    "early",
                ),
                (line, kickoff, Moment::Close, Book::NFLVERSE),
            ] {
                quotes.push(Quote {
                    game: fixture.id.clone(),
                    book: Book::new(book),
                    market: Market::Spread,
                    line: Some(line),
                    first: None,
                    second: None,
                    as_of,
                    moment,
                });
            }
            let margin = (line.points() + draw(13.0, rng)).round();
            let home = (50.0 + margin) as u16;
            (taught[h], taught[a]) = (0.05 * (margin - line.points()), -0.05 * (margin - line.points()));
            games.push(Game {
                fixture,
                score: Some(Score { home, away: 50 }),
                conditions: None,
                starters: None,
            });
        }
        for (team, taught) in taught.iter().enumerate() {
            strength[team] += taught;
        }
        lesson = taught;
    }
    (games, quotes)
}

#[test]
fn lines_posted_before_last_weeks_games_are_found_and_their_season_alone_is_put_aside() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let (mut games, mut quotes) = (Vec::new(), Vec::new());
    for (year, look_ahead) in [(2010, false), (2011, true), (2012, false)] {
        let (g, q) = season(year, look_ahead, &mut rng);
        games.extend(g);
        quotes.extend(q);
    }
    let archive = Arc::new(Archive::new(games, quotes));
    let report = OpenerReport::of(&archive);
    println!("{report}");
    let early = Book::new("early");
    let quarantine = report.quarantine();
    let held: Vec<bool> = [2010, 2011, 2012]
        .map(|y| quarantine.holds(&early, Market::Spread, y))
        .to_vec();
    assert_eq!(held, [false, true, false], "{report}");
    assert!(!report.is_clean());
    // A table has no row of that season, and says how many it lacks.
    let build = |q: &Quarantine| -> Table {
        crate::backtest::features::table(&archive, Known::Open, &[], q, &mut |_, _| {}).unwrap()
    };
    let (whole, rest) = (build(&Quarantine::default()), build(&quarantine));
    assert_eq!((whole.n_quarantined(), rest.n_quarantined()), (0, 17 * 16));
    assert_eq!(
        (whole.seasons(), rest.seasons()),
        (vec![2010, 2011, 2012], vec![2010, 2012])
    );
}

#[test]
fn nothing_and_no_variance_are_no_verdict() {
    assert_eq!(OpenerReport::of(&Arc::new(Archive::default())).tests, []);
    let flat: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 1.0)).collect();
    for points in [&flat[..], &flat[..1], &[(1.0, 2.0); 100], &[]] {
        let test = test(Book::new("x"), Market::Total, None, points);
        assert_eq!(
            (test.verdict, test.slope, test.t, test.r2),
            (OpenerVerdict::TooFew, None, None, None)
        );
    }
}

#[test]
fn real_openers_of_spreads_and_moneylines_pass_and_one_season_of_totals_does_not() {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let read = |name: &str| {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::read(&path)
            .inspect_err(|e| println!("skipped: {}: {e}; set HUDDLE_NFL_DATA", path.display()))
            .ok()
    };
    let (Some(games), Some(openers)) = (read("games.csv"), read("openers.csv")) else {
        return;
    };
    let raw = RawData::read(&games, Some(&openers), None).unwrap();
    let report = OpenerReport::of(&raw.archive());
    println!("{report}");
    let failed: Vec<(&str, Market, Option<u16>)> = report
        .tests
        .iter()
        .filter(|t| t.season.is_some() && t.verdict == OpenerVerdict::LookAhead)
        .map(|t| (t.source.as_str(), t.market, t.season))
        .collect();
    // The feed of 2007-2013, whose early lines are known to be weak: slope .030, t 5.3, R2 .10.
    assert_eq!(failed, [("nfelo_legacy", Market::Total, Some(2013))]);
    let whole = |t: &&OpenerTest| t.season.is_none() && t.market != Market::Total;
    for test in report.tests.iter().filter(whole) {
        assert!(
            test.slope.is_some_and(|s| s <= MAX_SLOPE) && test.r2.is_some_and(|r| r <= 0.0135),
            "{test:?}"
        );
    }
}
