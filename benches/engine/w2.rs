//! Workload W2: team ratings by weekly ridge over all games up to 2021, kept up to date or fitted anew each week.

use crate::games::{self, Row};
use crate::peer::{self, Comparison, apart};
use huddle::models::ridge::Ridge;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LAMBDA: f64 = 3.0;
const HALF_LIFE_WEEKS: f64 = 20.0;
const LAST_SEASON: u16 = 2021;
/// Weeks before this season warm up and are not scored.
const FIRST_SCORED: u16 = 2002;

/// A game as the regression sees it.
struct Game {
    week: f64,
    x: [(usize, f64); 3],
    margin: f64,
    scored: bool,
}

/// The games by week, and the number of coefficients.
pub struct Season {
    weeks: Vec<Vec<Game>>,
    n_teams: usize,
}

/// Reads the games of all seasons up to 2021.
pub fn load(path: &str) -> Season {
    let rows: Vec<Row> = games::load(path)
        .into_iter()
        .filter(|g| g.season <= LAST_SEASON)
        .collect();
    let teams: Vec<&str> = rows
        .iter()
        .flat_map(|g| [g.home.as_str(), g.away.as_str()])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let weeks: Vec<(u16, u16)> = rows
        .iter()
        .map(|g| (g.season, g.week))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let team = |code: &str| teams.binary_search(&code).expect("every team is in the list");
    let mut season = Season {
        weeks: weeks.iter().map(|_| Vec::new()).collect(),
        n_teams: teams.len(),
    };
    for g in &rows {
        let week = weeks
            .binary_search(&(g.season, g.week))
            .expect("every week is in the list");
        let home = if g.neutral { 0.0 } else { 1.0 };
        season.weeks[week].push(Game {
            week: week as f64,
            x: [(team(&g.home), 1.0), (team(&g.away), -1.0), (teams.len(), home)],
            margin: g.result,
            scored: g.season >= FIRST_SCORED,
        });
    }
    season
}

fn fresh(season: &Season) -> Ridge {
    Ridge::new(&vec![LAMBDA; season.n_teams + 1], 0.5_f64.powf(1.0 / HALF_LIFE_WEEKS))
}

fn ask(ridge: &mut Ridge, games: &[Game], out: &mut Vec<f64>) {
    if let Some(first) = games.first() {
        ridge.age_to(first.week);
    }
    out.extend(games.iter().map(|g| ridge.mean(&g.x)));
}

fn learn(ridge: &mut Ridge, games: &[Game]) {
    for g in games {
        ridge.observe(g.week, &g.x, g.margin, 1.0);
    }
}

/// One rating that is told each week's results.
fn incremental(season: &Season) -> (Vec<f64>, Ridge) {
    let mut ridge = fresh(season);
    let mut out = Vec::new();
    for (k, games) in season.weeks.iter().enumerate() {
        ask(&mut ridge, games, &mut out);
        if k + 1 < season.weeks.len() {
            learn(&mut ridge, games);
        }
    }
    (out, ridge)
}

/// A new rating each week, told everything before it.
fn full(season: &Season) -> (Vec<f64>, Ridge) {
    let mut out = Vec::new();
    let mut ridge = fresh(season);
    for (k, games) in season.weeks.iter().enumerate() {
        ridge = fresh(season);
        for past in &season.weeks[..k] {
            learn(&mut ridge, past);
        }
        ask(&mut ridge, games, &mut out);
    }
    (out, ridge)
}

/// Every figure within a billionth.
fn equal(ours: &Value, peer: &Value) -> Vec<String> {
    let figures = ["mae", "rmse", "sum_pred", "sum_abs_pred", "hfa_last", "sum_beta2"];
    apart(ours, peer, &figures.map(|key| (key, 1e-9)), true)
}

/// Prints both ways beside their peers. One thread: a week's rating needs the week's before.
pub fn compare() {
    println!("W2: ratings of 484 weeks");
    let path = games::path();
    for (way, peer, target) in [
        ("incremental", "numba", 1.5),
        ("full", "sklearn", 15.0),
        ("full", "numpy_full", 1.0),
    ] {
        Comparison {
            title: &format!("  {way} beside {peer}, 1 thread"),
            ours: &["w2", &path, way],
            venv: ".venv",
            peer: &["w2_ridge.py", "--games", &path, "--peer", peer],
            seconds: "seconds_median",
            n_threads: 1,
            target: Some(target),
            differs: &equal,
        }
        .run();
    }
}

/// A child's part: rates all weeks in one of the two ways.
pub fn measure(args: &[String]) {
    let season = load(&args[0]);
    let refit = args[1] == "full";
    let rate = || if refit { full(&season) } else { incremental(&season) };
    peer::measure(rate, |(out, ridge)| {
        let mut ridge = ridge.clone();
        let games = season.weeks.iter().flatten().zip(out);
        let errors: Vec<f64> = games.filter(|(g, _)| g.scored).map(|(g, p)| p - g.margin).collect();
        let n = errors.len() as f64;
        let beta2: f64 = (0..=season.n_teams).map(|i| ridge.coefficient(i).powi(2)).sum();
        let told = [
            ("mae", errors.iter().map(|e| e.abs()).sum::<f64>() / n),
            ("rmse", (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt()),
            ("sum_pred", out.iter().sum::<f64>()),
            ("sum_abs_pred", out.iter().map(|p| p.abs()).sum::<f64>()),
            ("hfa_last", ridge.coefficient(season.n_teams)),
            ("sum_beta2", beta2),
        ];
        told.into_iter()
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect()
    });
}
