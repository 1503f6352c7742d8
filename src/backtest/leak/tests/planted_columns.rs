//! Columns that know too much are caught and named, and those of the table are not among them.

use super::SEED;
use super::league::{league, week};
use crate::agents::specialists::data_engineer::AsOf;
use crate::backtest::leak::RawData;
use crate::backtest::leak::features::{Plant, check, features};
use crate::backtest::leak::words;
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use crate::engine::sheet::{Candidate, Subject};
use crate::strategy::feature::Feature;

/// Bends an honest column by something read in the raw rows.
fn bend(made: &mut Candidate, feature: Feature, by: Option<f64>) {
    if let Some(value) = made.values.get_mut(&Subject::Feature(feature)) {
        *value += by.unwrap_or_default();
    }
}

fn result(raw: &RawData, game: &GameId, _: Market, made: &mut Candidate) {
    bend(
        made,
        Feature::Votes,
        raw.game(game).and_then(|row| row.result.map(f64::from)),
    );
}

fn close(raw: &RawData, game: &GameId, _: Market, made: &mut Candidate) {
    bend(made, Feature::Spread, raw.game(game).and_then(|row| row.spread_line));
}

fn weather(raw: &RawData, game: &GameId, _: Market, made: &mut Candidate) {
    bend(
        made,
        Feature::Rest,
        raw.game(game).and_then(|row| row.wind.map(f64::from)),
    );
}

#[test]
fn a_column_that_peeks_is_caught_by_its_name_alone() {
    let raw = league(2);
    let planted: [(&str, Plant, &str); 3] = [
        ("votes", result, "own_result"),
        ("spread", close, "close"),
        ("rest", weather, "weather"),
    ];
    for (name, plant, kind) in planted {
        let report = check(&raw, &[week(3)], AsOf::Open, SEED, Some(plant), &mut |_, _| {});
        let biased: Vec<&String> = report
            .features
            .iter()
            .filter(|(_, c)| c.n_biased > 0)
            .map(|(n, _)| n)
            .collect();
        assert_eq!(biased, [name], "{report}");
        assert_eq!(report.biased().collect::<Vec<_>>(), biased);
        let first = report.features[name].first.clone().unwrap();
        assert!(first.starts_with(kind), "{name}: {first}");
        assert!(!report.is_clean());
    }
}

#[test]
fn the_tables_own_columns_are_clean() {
    for (as_of, weeks) in [(AsOf::Open, vec![week(2), week(6)]), (AsOf::Close, vec![week(4)])] {
        let report = features(&league(3), &weeks, as_of, SEED, &mut |_, _| {});
        println!("{report}");
        assert!(report.is_clean(), "{report}");
        assert!(report.features.values().all(|c| c.n_cells > 0));
        assert!(
            !report.features.contains_key("cover"),
            "no plan reaches it, so there is nothing to check"
        );
        assert_eq!(report.features.contains_key("move"), as_of == AsOf::Close);
    }
}

#[test]
fn weeks_that_are_not_there_are_no_clean_report() {
    let nowhere = crate::domain::game::SeasonWeek { season: 1990, week: 1 };
    let report = features(&league(3), &[nowhere], AsOf::Open, SEED, &mut |_, _| {});
    assert!(!report.is_clean() && report.features.is_empty());
}

#[test]
fn a_strategy_uses_what_it_asks_and_what_it_bets_at() {
    let rule = "spread at open when away and edge(elo) >= 1 stake kelly(stack) 25% cap 1%";
    let used = words(&rule.parse().unwrap());
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(
        used,
        ["chance(stack)", "edge(elo)", "home", "line taken", "price taken"]
    );
    let report = features(&league(3), &[week(2)], AsOf::Open, SEED, &mut |_, _| {});
    assert!(
        used.iter().all(|word| report.features.contains_key(*word)),
        "the words are the report's"
    );
}
