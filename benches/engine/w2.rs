//! Workload W2: team ratings by weekly ridge over all games up to 2021, kept up to date or fitted anew each week.

use super::games::{self, Row};
use huddle::models::ridge::Ridge;
use std::collections::BTreeSet;
use std::time::Instant;

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
    let rows: Vec<Row> = games::load(path).into_iter().filter(|g| g.season <= LAST_SEASON).collect();
    let teams: Vec<&str> = rows
        .iter()
        .flat_map(|g| [g.home.as_str(), g.away.as_str()])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let weeks: Vec<(u16, u16)> = rows.iter().map(|g| (g.season, g.week)).collect::<BTreeSet<_>>().into_iter().collect();
    let team = |code: &str| teams.binary_search(&code).expect("every team is in the list");
    let mut season = Season {
        weeks: weeks.iter().map(|_| Vec::new()).collect(),
        n_teams: teams.len(),
    };
    for g in &rows {
        let week = weeks.binary_search(&(g.season, g.week)).expect("every week is in the list");
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

/// Runs one way `reps` times and prints one line of JSON as the peers do.
pub fn run(path: &str, refit: bool, reps: usize) {
    let season = load(path);
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..reps.max(1) {
        let start = Instant::now();
        last = Some(if refit { full(&season) } else { incremental(&season) });
        times.push(start.elapsed().as_secs_f64());
    }
    let (out, mut ridge) = last.expect("one repetition at least");
    let games = || season.weeks.iter().flatten().zip(&out);
    let errors: Vec<f64> = games().filter(|(g, _)| g.scored).map(|(g, p)| p - g.margin).collect();
    let n = errors.len() as f64;
    let median = games::median(&mut times);
    println!(
        "{{\"bench\": \"w2_ridge\", \"peer\": \"huddle_{}\", \"n\": {}, \"seconds_median\": {median:.6}, \"seconds_min\": {:.6}, \
         \"reps\": {reps}, \"games\": {}, \"scored\": {}, \"mae\": {}, \"rmse\": {}, \"sum_pred\": {}, \"sum_abs_pred\": {}, \
         \"hfa_last\": {}, \"sum_beta2\": {}}}",
        if refit { "full" } else { "incremental" },
        season.weeks.len(),
        times[0],
        out.len(),
        errors.len(),
        errors.iter().map(|e| e.abs()).sum::<f64>() / n,
        (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt(),
        out.iter().sum::<f64>(),
        out.iter().map(|p| p.abs()).sum::<f64>(),
        ridge.coefficient(season.n_teams),
        (0..=season.n_teams).map(|i| ridge.coefficient(i).powi(2)).sum::<f64>(),
    );
}
