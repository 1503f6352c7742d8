//! The benchmarks of the developers' real files; skipped with a printed reason where they are absent.

use super::real_file;
use crate::domain::game::{Game, GameId};
use crate::domain::quote::{Market, Quote};
use crate::feeds::{Facts, Times, book_closes, nflverse_games, openers};
use std::collections::BTreeMap;

fn times(facts: &Facts) -> BTreeMap<GameId, Times> {
    let of = |g: &Game| Times {
        opens_at: g.fixture.opens_at,
        kickoff: g.fixture.kickoff,
    };
    facts.games.iter().map(|g| (g.fixture.id.clone(), of(g))).collect()
}

fn near(value: f64, expected: f64, within: f64) {
    assert!(
        (value - expected).abs() <= within,
        "{value} is not {expected} +- {within}"
    );
}

fn share(of: &[(i32, i32)], hit: impl Fn(&(i32, i32)) -> bool) -> f64 {
    of.iter().filter(|x| hit(x)).count() as f64 / of.len() as f64
}

#[test]
fn real_games_reproduce_the_benchmarks() {
    let Some(bytes) = real_file("games.csv") else { return };
    let facts = nflverse_games::read(&bytes).unwrap();
    assert_eq!(facts.rejected, []);
    assert_eq!(facts.games.len(), 6_137);
    let counts: Vec<(&str, u64)> = facts.corrected.0.iter().map(|(kind, c)| (*kind, c.count)).collect();
    let expected = [
        ("London kickoff 12 hours late, put right", 5),
        ("evening kickoff on a 12-hour clock (09:00 for 21:00), put right", 102),
        ("kickoff time missing, 13:00 Eastern taken", 259),
        ("over and under prices swapped back (seasons up to 2019)", 3_599),
        ("wind typo (above 35 mph), taken as missing", 5),
    ];
    assert_eq!(counts, expected);
    let scores: BTreeMap<&GameId, i32> = facts
        .games
        .iter()
        .filter_map(|g| Some((&g.fixture.id, g.score?.margin())))
        .collect();
    // Half points of margin and of spread.
    let spread = |q: &Quote| (q.market == Market::Spread).then_some((2 * scores[&q.game], i32::from(q.line?.0)));
    let games: Vec<(i32, i32)> = facts.quotes.iter().filter_map(spread).collect();
    assert_eq!(games.len(), 6_137);
    near(share(&games, |(margin, _)| margin.abs() == 6), 0.151, 0.005);
    near(share(&games, |(margin, _)| margin.abs() == 14), 0.090, 0.005);
    for (line, pushes) in [(6, 0.090), (14, 0.065)] {
        let at: Vec<_> = games
            .iter()
            .filter(|(_, spread)| spread.abs() == line)
            .copied()
            .collect();
        near(share(&at, |(margin, spread)| margin == spread), pushes, 0.012);
    }
    let decided: Vec<_> = games.iter().filter(|(m, s)| m != s && *s != 0).copied().collect();
    near(
        share(&decided, |(margin, spread)| (margin > spread) == (*spread > 0)),
        0.487,
        0.01,
    );
}

#[test]
fn real_odds_are_usable() {
    let files = (
        real_file("games.csv"),
        real_file("openers.csv"),
        real_file("book_closes.csv"),
    );
    let (Some(games), Some(open), Some(close)) = files else {
        return;
    };
    let times = times(&nflverse_games::read(&games).unwrap());
    let open = openers::read(&open, &times).unwrap();
    assert_eq!((open.n_rows, open.rejected.len()), (4_025, 0));
    assert_eq!(open.quotes.iter().filter(|q| q.market == Market::Spread).count(), 4_025);
    let close = book_closes::read(&close, &times).unwrap();
    let suspects = close.rejected.iter().filter(|r| r.field == "suspect").count();
    assert_eq!((close.n_rows, suspects), (12_543, 132));
    let rows: std::collections::BTreeSet<_> = close.quotes.iter().map(|q| (&q.game, &q.book)).collect();
    // Of the 12,411 sound rows one states no more than half a handicap and yields no quote.
    assert_eq!((close.n_rows - 132, rows.len()), (12_411, 12_410));
    // Rows with a handicap for one team only lose that market and nothing else.
    let mut rest = BTreeMap::new();
    for rejected in close.rejected.iter().filter(|r| r.field != "suspect") {
        *rest.entry(rejected.kind()).or_insert(0) += 1;
    }
    assert_eq!(
        rest,
        BTreeMap::from([("handicap of one team only", 5), ("prices without a line", 1)])
    );
}

/// Of games where two sources have one line and both lean, the share in which they lean to the same side.
fn agreement(ours: &[&Quote], theirs: &BTreeMap<(GameId, Market), &Quote>, seasons: &[&str]) -> f64 {
    let lean = |q: &Quote| Some((q.first?.decimal().get() - q.second?.decimal().get()).signum());
    let mut pairs = Vec::new();
    for q in ours.iter().filter(|q| seasons.contains(&&q.game.as_str()[..4])) {
        let other = theirs
            .get(&(q.game.clone(), q.market))
            .filter(|other| other.line == q.line);
        if let Some((a, b)) = other
            .and_then(|other| lean(q).zip(lean(other)))
            .filter(|(a, b)| a * b != 0.0)
        {
            pairs.push((a as i32, b as i32));
        }
    }
    assert!(pairs.len() > 50, "{} pairs", pairs.len());
    share(&pairs, |(a, b)| a == b)
}

#[test]
fn both_sources_mean_the_same_sides() {
    let (Some(games), Some(close)) = (real_file("games.csv"), real_file("book_closes.csv")) else {
        return;
    };
    let games = nflverse_games::read(&games).unwrap();
    let close = book_closes::read(&close, &times(&games)).unwrap();
    let pinnacle: BTreeMap<(GameId, Market), &Quote> = close
        .quotes
        .iter()
        .filter(|q| q.book.as_str() == "pinnacle")
        .map(|q| ((q.game.clone(), q.market), q))
        .collect();
    for market in Market::ALL {
        let ours: Vec<&Quote> = games.quotes.iter().filter(|q| q.market == market).collect();
        // 2018 and 2019 are the seasons whose over and under prices are published swapped.
        for seasons in [["2018", "2019"], ["2020", "2021"]] {
            let share = agreement(&ours, &pinnacle, &seasons);
            println!("{market} {seasons:?} {share:.3}");
            assert!(share > 0.8, "{market} {seasons:?}: {share}");
        }
    }
    let spreads: Vec<(i32, i32)> = games
        .quotes
        .iter()
        .filter_map(|q| {
            Some((
                q.line?,
                pinnacle.get(&(q.game.clone(), Market::Spread))?.line?,
                q.market,
            ))
        })
        .filter(|(_, _, market)| *market == Market::Spread)
        .map(|(a, b, _)| (i32::from(a.0), i32::from(b.0)))
        .collect();
    near(share(&spreads, |(a, b)| (a - b).abs() <= 2), 1.0, 0.05);
}
