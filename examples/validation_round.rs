//! A round of the validation swarm: `cargo run --release --example validation_round [--power LEAGUES]`.
//!
//! Three validators, supervised actors with seasons of their own, judge two strategies of a SIMULATED league: one that follows
//! a source which is truly right 58% of the time, and the best of two thousand drawn at random. One validator is brought
//! down in mid-round. With `--power 200` the whole power curve is simulated: how often a strategy of a known true win rate
//! is approved.

use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::{House, HouseSpec};
use huddle::backtest::invented::Invented;
use huddle::backtest::power_of_validation::power_curve;
use huddle::clock::{Clock, Seeds};
use huddle::domain::belief::Seat;
use huddle::domain::quote::Market;
use huddle::engine::period::Period;
use huddle::engine::plan::Plan;
use huddle::engine::sweep::sweep;
use huddle::engine::table::Table;
use huddle::minds::llm::MindSettings;
use huddle::protocol::question::RoundId;
use huddle::protocol::research::Bench;
use huddle::stats::deflated::Trials;
use huddle::store::Store;
use huddle::strategy::feature::Known;
use huddle::strategy::genetics::Vocabulary;
use huddle::strategy::rule::Strategy;
use huddle::swarms::panel::Held;
use huddle::swarms::pool::PoolSettings;
use huddle::swarms::validation::{Hearing, SEATS, Validation};
use huddle::transport::Offline;
use rand_pcg::Pcg64Mcg;
use std::num::NonZeroU64;
use std::sync::Arc;

/// Strategies the second candidate is the best of.
const N_DRAWN: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("--power") {
        let n_leagues = args.next().as_deref().unwrap_or("200").parse()?;
        power(n_leagues);
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("huddle-validation-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = Store::open(&folder.join("huddle.db"))?;
    let league = Invented {
        n_seasons: 8,
        n_weeks: 25,
        n_games: 20,
        ..Invented::default()
    };
    let table = league.table();
    let truth: Strategy = Invented::TRUE_EDGE.parse()?;
    let lucky = best_of_many(&table, &league);
    let rounds = actix::System::new().block_on(hear(store, &table, &league, &[truth, lucky]))?;
    std::fs::remove_dir_all(&folder)?;
    rounds.iter().for_each(show);
    Ok(())
}

/// The seasons that were searched, and each validator's own.
fn periods(league: &Invented) -> (Period, Vec<Period>) {
    let first = league.first_season;
    let held = (0..SEATS.len() as u16)
        .map(|i| first + 2 + 2 * i)
        .map(|s| Period::seasons(s..=s + 1));
    (Period::seasons(first..=first + 1), held.collect())
}

/// What a search without validators would have come up with: the best on totals, which nobody knows anything about.
fn best_of_many(table: &Table, league: &Invented) -> Strategy {
    let vocabulary = Vocabulary {
        markets: vec![Market::Total],
        ..Vocabulary::all(Known::Open, table.sources())
    };
    let mut rng = Pcg64Mcg::new(1);
    let drawn: Vec<Strategy> = (0..N_DRAWN).map(|_| vocabulary.draw(&mut rng)).collect();
    let plans: Vec<Plan> = drawn.iter().filter_map(|s| Plan::compile(s, table).ok()).collect();
    let tallies = sweep(table, &plans, &periods(league).0);
    let roi = |i: usize| {
        tallies[i]
            .roi_110()
            .filter(|_| tallies[i].n_bets >= 250)
            .unwrap_or(-1.0)
    };
    let best = (0..plans.len()).max_by(|a, b| roi(*a).total_cmp(&roi(*b))).unwrap_or(0);
    println!(
        "SIMULATED search: the best of {N_DRAWN} returned {:+.1}% on the seasons it was searched on",
        100.0 * roi(best)
    );
    plans[best].strategy().clone()
}

async fn hear(
    store: Store,
    table: &Table,
    league: &Invented,
    strategies: &[Strategy],
) -> Result<Vec<Held<Validation>>, Box<dyn std::error::Error>> {
    let house = House::start(HouseSpec {
        store,
        clock: Clock::system(),
        seeds: Seeds::new(7),
        limits: RiskLimits::default(),
        pool: PoolSettings::default(),
        policies: ApiSettings::default().policies(),
        wire: Arc::new(Offline),
        minds: MindSettings::default(),
    });
    let (searched, held) = periods(league);
    let benches: Vec<Bench> = held.into_iter().map(|p| Bench::cut(table, p)).collect();
    house.validation.plot.against(Seat::new(SEATS[0]));
    let mut rounds = Vec::new();
    for (n, strategy) in strategies.iter().enumerate() {
        let hearing = Hearing {
            strategy: strategy.clone(),
            benches: benches.clone(),
            searched: searched.clone(),
            biased: Vec::new(),
            n_validated: Trials::new(NonZeroU64::new(n as u64 + 1).unwrap_or(NonZeroU64::MIN)),
        };
        rounds.push(house.validation.hold(RoundId(format!("example {n}")), hearing).await?);
    }
    house.stop().await;
    Ok(rounds)
}

fn show(held: &Held<Validation>) {
    let round = &held.round;
    let verdict = if round.approved { "APPROVED by all" } else { "REJECTED" };
    println!(
        "\nSIMULATED hearing of {}\n  {verdict}: {} of {} approve",
        round.strategy,
        round.approvals.len(),
        round.n_members
    );
    for report in &round.reports {
        let (t, percent) = (&report.tally, |x: Option<f64>| {
            x.map_or_else(|| "-".to_owned(), |x| format!("{:.1}%", 100.0 * x))
        });
        let restarts = held.attendance.get(&report.seat).map_or(0, |a| a.restarts);
        let came_back = if restarts > 0 {
            ", was brought down and came back"
        } else {
            ""
        };
        println!(
            "  {:14} {}: {} bets, win rate {}, ROI {}, deepest fall {:.1}%{came_back}",
            report.seat,
            report.period,
            t.n_bets,
            percent(t.win_rate()),
            percent(t.roi_110()),
            100.0 * report.fall.share()
        );
    }
    if let Some(deflated) = round.deflated {
        println!("  chance of beating the luckiest of all validated: {deflated:.2}");
    }
    for finding in &round.findings {
        println!("  against: {finding}");
    }
}

/// How often a strategy of each true win rate is approved.
fn power(n_leagues: u64) {
    println!("SIMULATED power of validation: {n_leagues} leagues a point, 1,000 bets a member at a flat 1%, -110");
    let rates: Vec<f64> = (50..=62).map(|p| f64::from(p) / 100.0).chain([0.524]).collect();
    for point in power_curve(&rates, n_leagues) {
        let (low, high) = point
            .approved
            .wilson95
            .map_or((0.0, 1.0), |ci| (ci.low.get(), ci.high.get()));
        println!(
            "  true {:4.1}%: {:3} of {} approved [{:.1}%, {:.1}%]",
            100.0 * point.win_rate,
            point.approved.k,
            point.approved.n,
            100.0 * low,
            100.0 * high
        );
    }
}
