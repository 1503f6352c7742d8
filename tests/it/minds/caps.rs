//! A cap of five cents a day, through the real ledger: calls that are reserved, booked, sent, billed, settled, given up and
//! asked again, several at once, and a process that ends at any of these points and reads the ledger when it comes back.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use huddle::api::{AttemptId, Endpoint, LedgerRow, Priority, Provider, RequestKey, Spend};
use huddle::minds::llm::budget::{Budget, Caps, Reservation};
use huddle::store::Store;
use huddle::store::api::ledger;
use huddle::world::population;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

const CAPS: Caps = Caps {
    round_micros: 30_000,
    day_micros: 50_000,
    month_micros: 400_000,
};
/// Calls under way at once.
const MAX_OPEN: usize = 4;
const N_STEPS: usize = 150;

/// How far a call is.
enum Stage {
    /// Its money is set aside, in memory alone.
    Reserved,
    /// Its row is on disk.
    Booked,
    /// The provider has billed so much, and the answer is under way.
    Billed(u64),
}

struct Call {
    reservation: Reservation,
    stage: Stage,
    row: Option<LedgerRow>,
    since: DateTime<Utc>,
}

/// A process with its account, the disk that outlives it, and what the provider really billed.
struct Life {
    store: Store,
    budget: Budget,
    now: DateTime<Utc>,
    generation: u32,
    n: u32,
    round: u32,
    open: Vec<Call>,
    billed: BTreeMap<NaiveDate, u64>,
    n_crashes: u64,
    n_refused: u64,
    rng: Pcg64Mcg,
}

impl Life {
    fn reserve(&mut self) {
        let micros = self.rng.random_range(500..25_000);
        match self.budget.reserve(&format!("r{}", self.round), micros, self.now) {
            Err(_) => self.n_refused += 1,
            Ok(reservation) => self.open.push(Call {
                reservation,
                stage: Stage::Reserved,
                row: None,
                since: self.now,
            }),
        }
    }

    /// The next thing that happens to a call under way: it is booked, billed, or settled; or given up where it stands, as a
    /// task that is cancelled. Asking again is another reservation.
    fn go_on(&mut self) {
        let which = self.rng.random_range(0..self.open.len());
        if self.rng.random_ratio(1, 8) {
            drop(self.open.swap_remove(which));
            return;
        }
        let mut call = self.open.swap_remove(which);
        let most = call.reservation.micros();
        match call.stage {
            Stage::Reserved => {
                self.n += 1;
                let row = LedgerRow {
                    attempt: AttemptId::new(self.generation, self.n),
                    at: self.now,
                    provider: Provider::Anthropic,
                    endpoint: Endpoint::Completion,
                    key: RequestKey("anthropic POST /v1/messages".into()),
                    agent: "minds/llm".into(),
                    priority: Priority::High,
                    state: Spend::Reserved,
                    reserved_credits: 0,
                    credits: 0,
                    reserved_usd_micros: most,
                    usd_micros: most,
                    outcome: String::new(),
                    status: None,
                    latency_ms: None,
                    used_by_header: None,
                };
                self.write(&row);
                (call.stage, call.row) = (Stage::Booked, Some(row));
                self.open.push(call);
            }
            Stage::Booked => {
                let cost = self.rng.random_range(0..=most);
                let at = call.row.as_ref().unwrap().at;
                *self.billed.entry(at.date_naive()).or_default() += cost;
                call.stage = Stage::Billed(cost);
                self.open.push(call);
            }
            Stage::Billed(cost) => {
                let told = self.rng.random_ratio(2, 3);
                let mut row = call.row.unwrap();
                (row.state, row.usd_micros) = if told {
                    (Spend::Settled, cost)
                } else {
                    (Spend::Uncertain, most)
                };
                self.write(&row);
                // The process may end between the ledger and its own account.
                if self.rng.random_ratio(1, 10) {
                    self.crash();
                } else {
                    self.budget.settle(call.reservation, told.then_some(cost));
                }
            }
        }
    }

    fn write(&self, row: &LedgerRow) {
        ledger::write(&mut self.store.conn().unwrap(), std::slice::from_ref(row)).unwrap();
    }

    /// Everything in memory is gone; what is on disk is read by the next process.
    fn crash(&mut self) {
        self.open.clear();
        self.n_crashes += 1;
        self.generation += 1;
        let mut conn = self.store.conn().unwrap();
        ledger::close_open(&mut conn, self.generation).unwrap();
        let rows = ledger::of_agents(&mut conn, "minds/", self.now - TimeDelta::days(32)).unwrap();
        self.budget = Budget::restore(CAPS, &rows);
    }

    fn step(&mut self) {
        match self.rng.random_range(0..10) {
            0..=2 if self.open.len() < MAX_OPEN => self.reserve(),
            3..=7 if !self.open.is_empty() => self.go_on(),
            8 if self.rng.random_ratio(1, 3) => self.crash(),
            9 => {
                self.now += TimeDelta::seconds(self.rng.random_range(0..5_400));
                self.round += u32::from(self.rng.random_ratio(1, 3));
                // A call that has lasted as long as this has had its answer, or was given up.
                let limit = TimeDelta::seconds(100);
                self.open.retain(|call| self.now - call.since <= limit);
            }
            _ => self.now += TimeDelta::seconds(self.rng.random_range(0..60)),
        }
    }

    /// The most the provider billed on a day, and the most the ledger says of one.
    fn most(&self) -> (u64, u64) {
        let rows = ledger::latest(&mut self.store.conn().unwrap(), 10_000).unwrap();
        let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        for row in rows {
            *days.entry(row.at.date_naive()).or_default() += row.usd_micros;
        }
        let most = |days: &BTreeMap<NaiveDate, u64>| days.values().max().copied().unwrap_or_default();
        (most(&self.billed), most(&days))
    }
}

/// What a life came to.
struct Lived {
    billed: u64,
    booked: u64,
    n_calls: u32,
    n_crashes: u64,
    n_refused: u64,
}

fn live(seed: u64) -> Lived {
    let folder = tempfile::tempdir().unwrap();
    let mut life = Life {
        store: Store::open(&folder.path().join("huddle.db")).unwrap(),
        budget: Budget::restore(CAPS, &[]),
        now: "2026-11-28T22:30:00Z".parse().unwrap(),
        generation: 1,
        n: 0,
        round: 0,
        open: Vec::new(),
        billed: BTreeMap::new(),
        n_crashes: 0,
        n_refused: 0,
        rng: Pcg64Mcg::seed_from_u64(seed),
    };
    for _ in 0..N_STEPS {
        life.step();
    }
    let (billed, booked) = life.most();
    assert!(billed <= CAPS.day_micros, "billed {billed} micros on a day");
    assert!(booked <= CAPS.day_micros, "booked {booked} micros on a day");
    Lived {
        billed,
        booked,
        n_calls: life.n,
        n_crashes: life.n_crashes,
        n_refused: life.n_refused,
    }
}

#[test]
fn five_cents_a_day_hold_through_the_ledger_whatever_crashes() {
    let lives = population(500, live);
    let dollars = |micros: u64| micros as f64 / 1e6;
    println!(
        "cap $0.050000 a day; most billed on a day ${:.6}, most in the ledger ${:.6}; {} calls, {} refused for want of money, {} crashes in {} lives",
        dollars(lives.iter().map(|l| l.billed).max().unwrap()),
        dollars(lives.iter().map(|l| l.booked).max().unwrap()),
        lives.iter().map(|l| u64::from(l.n_calls)).sum::<u64>(),
        lives.iter().map(|l| l.n_refused).sum::<u64>(),
        lives.iter().map(|l| l.n_crashes).sum::<u64>(),
        lives.len()
    );
    assert!(lives.iter().any(|life| life.booked > CAPS.day_micros / 2));
}
