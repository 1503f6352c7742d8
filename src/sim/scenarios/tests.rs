//! Every scenario meets its targets: a seed or two in the plain run, all twenty with `HUDDLE_FULL=1`.

use super::*;
use crate::api::breaker::BreakerMode;
use crate::api::prefetch::Scheduled;
use crate::feeds::nflverse_games;

fn seeds() -> Vec<u64> {
    let full = std::env::var("HUDDLE_FULL").is_ok_and(|full| full == "1");
    if full { (0..20).collect() } else { vec![0] }
}

fn assert_met(scenario: &'static str, run: impl FnMut(u64) -> Vec<Reading>) {
    assert_met_over(scenario, seeds(), run);
}

fn assert_met_over(scenario: &'static str, seeds: Vec<u64>, run: impl FnMut(u64) -> Vec<Reading>) {
    for figure in table(scenario, seeds, run) {
        println!(
            "{scenario} {}: {:.3} ({:.3}..{:.3})",
            figure.name,
            figure.median(),
            figure.min(),
            figure.max()
        );
        assert!(figure.is_met(), "{scenario}: {figure:?}");
    }
}

#[test]
fn b2_a_burst_loses_no_critical_request() {
    assert_met("B2", |seed| burst(seed).readings());
}

#[test]
fn b2b_no_window_boundary_lets_two_windows_through() {
    assert_met("B2b", |seed| boundary(seed).readings());
}

#[test]
fn b3_retries_win_most_of_what_fails_and_multiply_little() {
    // The middle of one seed is its scatter.
    let all = (0..20).collect();
    assert_met_over("B3", all, |seed| errors(seed, BreakerMode::MetricsOnly).readings());
}

#[test]
fn b3_a_breaker_does_not_take_three_failures_in_ten_for_an_outage() {
    let all: Vec<u64> = (0..20).collect();
    assert_met_over("B3, breaker", all, |seed| errors(seed, BreakerMode::Auto).readings());
}

#[test]
fn b4_a_slow_provider_is_not_flooded() {
    assert_met("B4", |seed| slow(seed).readings());
}

#[test]
fn b5_an_outage_costs_few_calls_and_ends_without_a_storm() {
    assert_met("B5", |seed| outage(seed).readings());
}

#[test]
fn b6_an_overload_starves_nobody() {
    assert_met("B6", |seed| overload(seed).readings());
}

#[test]
fn b7_an_exhausted_quota_is_believed_at_once() {
    assert_met("B7", |seed| quota(seed).readings());
}

#[test]
fn b8_a_real_month_stays_within_its_credits() {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let path = std::path::Path::new(&folder).join("games.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: no {}; set HUDDLE_NFL_DATA", path.display());
        return;
    };
    let games: Vec<Scheduled> = nflverse_games::read(&bytes)
        .unwrap()
        .games
        .iter()
        .map(|g| Scheduled::from(&g.fixture))
        .collect();
    let at = |text: &str| text.parse().unwrap();
    let (from, until) = (at("2019-12-01T00:00:00Z"), at("2020-01-01T00:00:00Z"));
    assert_met("B8", |seed| month(seed, &games, from, until).readings());
}

#[test]
fn b9_a_shutdown_settles_every_row_in_time() {
    assert_met("B9", |seed| drain(seed).readings());
}

#[test]
fn b10_no_clock_admits_too_much_or_freshens_what_is_old() {
    assert_met("B10", |seed| clocks(seed).readings());
}

#[test]
fn a_seed_is_a_whole_run() {
    assert_eq!(burst(3), burst(3));
    assert_ne!(burst(3), burst(4));
}
