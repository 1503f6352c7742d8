//! Where a record comes from: by season, part of the season, side, rest, wind, size of the line, price.

use super::row::{Finder, Row, bucket, rows};
use crate::domain::quote::{Market, Side};
use crate::engine::sheet::{Sheet, Subject};
use crate::engine::track::{Bet, Track};
use crate::stats::bootstrap::Bootstrap;
use crate::strategy::feature::Feature;
use serde::Serialize;

/// The bets in parts, by one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breakdown {
    /// By what.
    pub by: String,
    /// One row a part.
    pub rows: Vec<Row>,
}

/// All breakdowns of a track. A bet for which a question has no answer is in none of its rows.
pub(super) fn breakdowns(sheet: &Sheet, track: &Track, bootstrap: &Bootstrap) -> Vec<Breakdown> {
    let part = |by: &str, labels: &[&str], place: &dyn Fn(&Bet) -> Option<usize>| Breakdown {
        by: by.to_owned(),
        rows: rows(labels, &track.bets, bootstrap, place),
    };
    let seasons: Vec<u16> = track.per_season().iter().map(|(season, _)| *season).collect();
    let names: Vec<String> = seasons.iter().map(u16::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let [early, late] = track.early_and_late();
    let finder = Finder::new(sheet);
    let number = |feature: &Feature, bet: &Bet| {
        let row = finder.row(bet)?;
        sheet.value(&Subject::Feature(feature.clone()), row)
    };
    let line = |bet: &Bet| match bet.line {
        Some(line) => Some(line.points().abs()),
        None => number(&Feature::Spread, bet),
    };
    let (by, labels, ends) = sizes(track.market);
    let sides: [Side; 2] = match track.market {
        Market::Total => [Side::Over, Side::Under],
        Market::Spread | Market::Moneyline => [Side::Home, Side::Away],
    };
    let all = vec![
        part("season", &names, &|bet| {
            seasons.iter().position(|s| *s == bet.when.season)
        }),
        Breakdown {
            by: "part of the season".to_owned(),
            rows: vec![
                Row::of("weeks 1 to 4", early.bets.iter(), bootstrap),
                Row::of("week 5 on", late.bets.iter(), bootstrap),
            ],
        },
        part("side", &sides.map(Side::name), &|bet| {
            sides.iter().position(|s| *s == bet.side)
        }),
        part(rest(track.market), &["less", "as much", "more"], &|bet| {
            number(&Feature::Rest, bet).map(|days| bucket(days, &[-0.5, 0.5]))
        }),
        part(
            "wind on the day, outdoors",
            &["below 10 mph", "10 to 14", "15 and more"],
            &|bet| number(&Feature::ObservedWind, bet).map(|mph| bucket(mph, &[10.0, 15.0])),
        ),
        part(by, labels, &|bet| line(bet).map(|line| bucket(line, ends))),
        part(
            "price taken",
            &[
                "shorter than -115",
                "-115 to -106",
                "-105 to +100",
                "longer than +100",
                "none known",
            ],
            &|bet| match bet.price {
                // Decimal prices of -115, -105 and +100, each with half a cent of room for rounded sources.
                Some(price) => Some(bucket(price.get(), &[1.869, 1.947, 2.005])),
                None => Some(4),
            },
        ),
    ];
    // What no bet answers is no question: a table without forecasts has no wind.
    all.into_iter()
        .filter(|by| by.rows.iter().any(|row| row.n_bets > 0))
        .collect()
}

/// By which line bets are sorted: its name, the labels, and the upper ends but for the last.
fn sizes(market: Market) -> (&'static str, &'static [&'static str], &'static [f64]) {
    match market {
        Market::Total => (
            "total line",
            &["below 38", "38 to 42.5", "43 to 46.5", "47 to 50.5", "51 and more"],
            &[38.0, 43.0, 47.0, 51.0],
        ),
        Market::Spread | Market::Moneyline => (
            "points the favourite gives",
            &["0 to 2.5", "3", "3.5 to 6.5", "7", "7.5 to 9.5", "10 and more"],
            &[2.75, 3.25, 6.75, 7.25, 9.75],
        ),
    }
}

/// Whose rest is beyond whose: a total has no side that rests.
fn rest(market: Market) -> &'static str {
    match market {
        Market::Total => "the home team's rest beyond the visitors'",
        Market::Spread | Market::Moneyline => "rest beyond the opponent's",
    }
}
