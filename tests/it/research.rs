//! The swarms of research and the cycle as actors: they say what the bare loop says, come back when brought down, and a cycle
//! that is killed in any phase ends as if it had not been.

use huddle::actor::How;
use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::research::News;
use huddle::app::research::written::BeginCycle;
use huddle::app::{House, HouseSpec};
use huddle::backtest::cycle::state::{CycleSpec, State};
use huddle::backtest::cycle::{Begin, season_facts};
use huddle::backtest::evolution::EvolutionSettings;
use huddle::backtest::invented::Invented;
use huddle::backtest::research_host::ResearchHost;
use huddle::clock::{Clock, Seeds};
use huddle::domain::belief::Seat;
use huddle::engine::period::Period;
use huddle::engine::table::Table;
use huddle::minds::llm::MindSettings;
use huddle::protocol::question::RoundId;
use huddle::protocol::research::{Bench, Commission};
use huddle::stats::deflated::Trials;
use huddle::store::Store;
use huddle::store::keeper::Do;
use huddle::store::research::cycles::{self, CycleRow};
use huddle::store::research::{Purpose, n_tried};
use huddle::swarms::pool::PoolSettings;
use huddle::swarms::validation::Hearing;
use huddle::transport::Offline;
use rand::RngExt as _;
use std::num::NonZeroU64;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

fn house(folder: &Path) -> House {
    House::start(HouseSpec {
        store: Store::open(&folder.join("huddle.db")).unwrap(),
        clock: Clock::system(),
        seeds: Seeds::new(3),
        limits: RiskLimits::default(),
        pool: PoolSettings::default(),
        policies: ApiSettings::default().policies(),
        wire: Arc::new(Offline),
        minds: MindSettings::default(),
    })
}

fn league(n_seasons: u16) -> Invented {
    Invented {
        n_seasons,
        n_weeks: 10,
        n_games: 30,
        totals: false,
        edge_share: 1.0,
        ..Invented::default()
    }
}

#[test]
fn actors_and_the_bare_loop_say_the_same_and_a_seat_that_is_brought_down_comes_back() {
    let league = league(5);
    let table = league.table();
    let first = league.first_season;
    let commission = Commission {
        bench: Bench::cut(&table, Period::seasons(first..=first + 1)),
        seed: 5,
    };
    let hearing = Hearing {
        strategy: Invented::TRUE_EDGE.parse().unwrap(),
        benches: (2..5)
            .map(|s| Bench::cut(&table, Period::seasons(first + s..=first + s)))
            .collect(),
        searched: Period::seasons(first..=first + 1),
        biased: Vec::new(),
        n_validated: Trials::new(NonZeroU64::MIN),
    };
    let mut host = ResearchHost::default();
    let bare = host.generate("r", commission.clone()).unwrap().round;
    let judged = host.validate("v", hearing.clone()).unwrap().round;
    let folder = tempfile::tempdir().unwrap();
    actix::System::new().block_on(async {
        let house = house(folder.path());
        let quiet = house
            .generation
            .hold(RoundId("r".into()), commission.clone())
            .await
            .unwrap();
        house.generation.plot.against(Seat::new("contrarian"));
        let disturbed = house.generation.hold(RoundId("s".into()), commission).await.unwrap();
        house.validation.plot.against(Seat::new("auditor"));
        let heard = house.validation.hold(RoundId("v".into()), hearing).await.unwrap();
        assert_eq!(quiet.round, bare);
        assert_eq!(disturbed.round, bare);
        assert_eq!(disturbed.attendance[&Seat::new("contrarian")].restarts, 1);
        assert_eq!(heard.round, judged);
        assert_eq!(heard.attendance[&Seat::new("auditor")].restarts, 1);
        assert!(!bare.ideas.is_empty() && judged.reports.len() == 3);
        assert_eq!(house.stop().await.code(), 0);
    });
}

const FOLDER: &str = "HUDDLE_CYCLE_KILL_FOLDER";

fn spec(table: &Table) -> CycleSpec {
    let first = league(7).first_season;
    CycleSpec {
        seed: 3,
        first_test: first + 5,
        last_test: first + 6,
        n_iterations: 2,
        n_validators: 3,
        evolution: EvolutionSettings {
            n_generations: 2,
            n_children: 40,
            ..EvolutionSettings::default()
        },
        min_past: 5,
        biased: Vec::new(),
        n_validated_before: 0,
        seasons: season_facts(table),
        data_hash: "invented".to_owned(),
        table_hash: table.hash().to_owned(),
        code_version: "test".to_owned(),
    }
}

/// Begins the cycle, or goes on with it, to its end.
async fn live(folder: &Path) -> CycleRow {
    let table = Arc::new(league(7).table());
    let house = house(folder);
    let order = || BeginCycle {
        id: "c".to_owned(),
        spec: serde_json::to_value(spec(&table)).unwrap(),
        state: serde_json::to_value(State::new()).unwrap(),
        at: chrono::DateTime::UNIX_EPOCH.naive_utc(),
    };
    let how = || How::within(Duration::from_secs(60));
    let row = house.database.ask(Do(order()), how()).await.unwrap().unwrap();
    if !row.done {
        let begin = Begin {
            id: row.id.clone(),
            spec: serde_json::from_value(row.spec).unwrap(),
            state: serde_json::from_value(row.state).unwrap(),
            n_steps: row.step,
            table: Arc::clone(&table),
        };
        let mut news = house.research(begin).await.unwrap();
        loop {
            match news.recv().await.unwrap() {
                News::Step { .. } => {}
                News::Finished(_) => break,
                News::Broken(reason) => panic!("{reason}"),
            }
        }
    }
    let row = house.database.ask(Do(order()), how()).await.unwrap().unwrap();
    assert_eq!(house.stop().await.code(), 0);
    row
}

/// The workload; without a folder it is not meant.
#[test]
fn workload() {
    if let Ok(folder) = std::env::var(FOLDER) {
        actix::System::new().block_on(live(Path::new(&folder)));
    }
}

#[test]
fn a_cycle_killed_in_any_phase_ends_as_if_it_had_not_been() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let uninterrupted = actix::System::new().block_on(live(whole.path()));
    let mut rng = Seeds::new(9).derive("cycle/kill", 0);
    let mut killed_after = Vec::new();
    for _ in 0..uninterrupted.step {
        let mut life = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "research::workload"])
            .env(FOLDER, broken.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A few steps further each time, then at once: whatever it is doing.
        let further = killed_after.last().copied().unwrap_or(0) + rng.random_range(1..5);
        if !reached(&mut life, broken.path(), further) {
            break;
        }
        life.kill().unwrap();
        life.wait().unwrap();
        killed_after.push(steps(broken.path()));
    }
    let resumed = actix::System::new().block_on(live(broken.path()));
    eprintln!("killed after steps {killed_after:?} of {}", uninterrupted.step);
    assert!(killed_after.len() >= 3);
    assert_eq!((resumed.step, resumed.done), (uninterrupted.step, true));
    assert_eq!(resumed.state, uninterrupted.state);
    let count = |folder: &Path| {
        let mut conn = Store::read_only(&folder.join("huddle.db")).unwrap();
        [Purpose::Training, Purpose::Validation].map(|purpose| n_tried(&mut conn, purpose).unwrap())
    };
    assert_eq!(count(broken.path()), count(whole.path()));
}

/// Steps on disk so far.
fn steps(folder: &Path) -> u64 {
    let row = Store::read_only(&folder.join("huddle.db")).ok();
    row.and_then(|mut conn| cycles::latest(&mut conn).ok().flatten())
        .map_or(0, |row| row.step)
}

/// Waits until a process has stored so many steps; false when it ended before.
fn reached(life: &mut std::process::Child, folder: &Path, n: u64) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    while steps(folder) < n {
        if life.try_wait().unwrap().is_some() {
            return false;
        }
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(2)).await });
    }
    true
}
