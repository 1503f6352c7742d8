//! A round of the generation swarm: `cargo run --release --example generation_round`.
//!
//! Seven strategists, each a supervised actor with a mind of its own, think about a SIMULATED league in which one source is
//! right 58% of the time. They think alone, build on a neighbour's ideas, criticise, improve or withdraw, and vote; three
//! fifths of all seats must agree. One of them is brought down in mid-round, and comes back with the question still in its queue.

use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::{House, HouseSpec};
use huddle::backtest::invented::Invented;
use huddle::clock::{Clock, Seeds};
use huddle::domain::belief::Seat;
use huddle::engine::period::Period;
use huddle::minds::llm::MindSettings;
use huddle::protocol::question::RoundId;
use huddle::protocol::research::{Bench, Commission, Fault, Improvement};
use huddle::store::Store;
use huddle::swarms::generation::Generation;
use huddle::swarms::panel::Held;
use huddle::swarms::pool::PoolSettings;
use huddle::transport::Offline;
use std::sync::Arc;

/// Who is brought down.
const VICTIM: &str = "hill_climber";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("huddle-generation-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = Store::open(&folder.join("huddle.db"))?;
    let held = actix::System::new().block_on(one_round(store))?;
    std::fs::remove_dir_all(&folder)?;
    show(&held);
    Ok(())
}

async fn one_round(store: Store) -> Result<Held<Generation>, Box<dyn std::error::Error>> {
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
    let league = Invented::default();
    let searched = Period::seasons(league.first_season..=league.first_season + 3);
    let bench = Bench::cut(&league.table(), searched);
    house.generation.plot.against(Seat::new(VICTIM));
    let commission = Commission { bench, seed: 7 };
    let held = house.generation.hold(RoundId("example".to_owned()), commission).await;
    house.stop().await;
    Ok(held?)
}

fn show(held: &Held<Generation>) {
    let round = &held.round;
    println!(
        "SIMULATED league, seasons {}: {} strategies stand for selection",
        round.trained_on,
        round.ideas.len()
    );
    for (seat, attendance) in &held.attendance {
        let thought = round.ideas.iter().filter(|i| i.authors.contains(seat)).count();
        let came_back = match attendance.restarts {
            0 => String::new(),
            n => format!(
                ", brought down and restarted {n} time(s): incarnation {}",
                attendance.incarnation
            ),
        };
        println!(
            "  {seat:17} {thought} ideas standing, {} answers{came_back}",
            attendance.n_answers
        );
    }
    let faults = round.critiques.iter().filter(|c| c.fault != Fault::None);
    println!(
        "SIMULATED critique: {} found nothing, {} found a fault",
        round.critiques.len() - faults.clone().count(),
        faults.clone().count()
    );
    for critique in faults.take(3) {
        println!("  {} on {}: {}", critique.by, critique.on, critique.text);
    }
    for (seat, improvement) in &round.improvements {
        match improvement {
            Improvement::Kept { .. } => {}
            Improvement::Replaced { on, with } => println!("  {seat} puts {} in the place of {on}", with.strategy),
            Improvement::Withdrawn { on, reason } => println!("  {seat} withdraws {on}: {reason}"),
        }
    }
    println!(
        "SIMULATED selection, votes of {} seats, three fifths needed:",
        held.attendance.len()
    );
    for (place, idea) in round.selected().enumerate() {
        let authors: Vec<&str> = idea.authors.iter().map(Seat::as_str).collect();
        println!("  {}. {}", place + 1, idea.strategy);
        println!("     by {}: {}", authors.join(" and "), idea.rationale);
    }
    if let Some(reason) = &round.reason {
        println!("  fewer than three: {reason}");
    }
}
