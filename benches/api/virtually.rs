//! The scenarios in virtual time, over twenty seeds, with their targets.

use huddle::api::breaker::BreakerMode;
use huddle::api::prefetch::Scheduled;
use huddle::feeds::nflverse_games;
use huddle::sim::scenarios::{self, Figure, Target, table};

const N_SEEDS: u64 = 20;

/// Runs all of them and prints a line a figure; how many targets were missed.
pub fn all() -> usize {
    println!("virtual time, {N_SEEDS} seeds: median (min..max)");
    let mut n_missed = 0;
    let mut show = |figures: Vec<Figure>| n_missed += figures.iter().filter(|f| !line(f)).count();
    show(table("B2", 0..N_SEEDS, |s| scenarios::burst(s).readings()));
    show(table("B2b", 0..N_SEEDS, |s| scenarios::boundary(s).readings()));
    let retries = |s| scenarios::errors(s, BreakerMode::MetricsOnly).readings();
    show(table("B3", 0..N_SEEDS, retries));
    let whole = |s| scenarios::errors(s, BreakerMode::Auto).readings();
    show(table("B3 with the breaker", 0..N_SEEDS, whole));
    show(table("B4", 0..N_SEEDS, |s| scenarios::slow(s).readings()));
    show(table("B5", 0..N_SEEDS, |s| scenarios::outage(s).readings()));
    show(table("B6", 0..N_SEEDS, |s| scenarios::overload(s).readings()));
    show(table("B7", 0..N_SEEDS, |s| scenarios::quota(s).readings()));
    match games() {
        Some(games) => {
            let [from, until] =
                ["2019-12-01T00:00:00Z", "2020-01-01T00:00:00Z"].map(|t| t.parse().expect("a time"));
            let month = |s| scenarios::month(s, &games, from, until).readings();
            show(table("B8", 0..N_SEEDS, month));
        }
        None => println!("  B8 skipped: no ../shared/nfl/games.csv; set HUDDLE_NFL_DATA to its folder"),
    }
    show(table("B9", 0..N_SEEDS, |s| scenarios::drain(s).readings()));
    show(table("B10", 0..N_SEEDS, |s| scenarios::clocks(s).readings()));
    n_missed
}

/// Prints a figure; false when a seed missed its target.
fn line(figure: &Figure) -> bool {
    let n_missed = figure.n_missed();
    let target = match figure.target {
        Target::AtMost(bound) | Target::MedianAtMost(bound) => format!("<= {bound}"),
        Target::AtLeast(bound) | Target::MedianAtLeast(bound) => format!(">= {bound}"),
        Target::None => String::new(),
    };
    let verdict = match (figure.target, n_missed) {
        (Target::None, _) => String::new(),
        (_, 0) => "ok".to_owned(),
        (_, n) if figure.is_met() => format!("ok, median ({n} of {} beyond)", figure.readings.len()),
        (_, n) => format!("MISSED by {n} of {}", figure.readings.len()),
    };
    let spread = format!("{:.2} ({:.2}..{:.2})", figure.median(), figure.min(), figure.max());
    println!(
        "  {:<20} {:<50} {spread:<26} {target:<8} {verdict}",
        figure.scenario, figure.name
    );
    figure.is_met()
}

/// The real schedule, where it is.
fn games() -> Option<Vec<Scheduled>> {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let bytes = std::fs::read(std::path::Path::new(&folder).join("games.csv")).ok()?;
    let facts = nflverse_games::read(&bytes).expect("the file is a schedule");
    Some(facts.games.iter().map(|g| Scheduled::from(&g.fixture)).collect())
}
