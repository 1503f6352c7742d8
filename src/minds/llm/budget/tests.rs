//! Whatever is reserved, settled, lost or restarted, in whatever order, no cap is exceeded.

use super::*;
use crate::api::{AttemptId, Endpoint, Priority, Provider, RequestKey};
use proptest::prelude::*;

const CAPS: Caps = Caps {
    round_micros: 20_000,
    day_micros: 50_000,
    month_micros: 120_000,
};

fn origin() -> DateTime<Utc> {
    "2026-11-28T20:00:00Z".parse().unwrap()
}

fn row(n: u64, at: DateTime<Utc>, state: Spend, reserved: u64, cost: u64) -> LedgerRow {
    LedgerRow {
        attempt: AttemptId(n),
        at,
        provider: Provider::Anthropic,
        endpoint: Endpoint::Completion,
        key: RequestKey("anthropic POST /v1/messages".into()),
        agent: "minds/llm".into(),
        priority: Priority::High,
        state,
        reserved_credits: 0,
        credits: 0,
        reserved_usd_micros: reserved,
        usd_micros: cost,
        outcome: String::new(),
        status: None,
        latency_ms: None,
        used_by_header: None,
    }
}

#[test]
fn a_cap_says_which_it_is_and_what_is_left() {
    let mut budget = Budget::new(CAPS);
    let first = budget.reserve("r1", 15_000, origin()).unwrap();
    let error = budget.reserve("r1", 6_000, origin()).unwrap_err();
    assert_eq!((error.span, error.left_micros), (Span::Round, 5_000));
    assert_eq!(
        error.to_string(),
        "it may cost $0.0060 and $0.0050 of the round's $0.0200 are left"
    );
    budget.settle(first, Some(1_000));
    let second = budget.reserve("r1", 19_000, origin()).unwrap();
    budget.settle(second, None);
    assert_eq!(
        budget.of_round("r1", origin()),
        20_000,
        "what nobody says counts in full"
    );
    let third = budget.reserve("r2", 20_000, origin()).unwrap();
    assert_eq!(third.micros(), 20_000);
    assert_eq!(budget.reserve("r3", 11_000, origin()).unwrap_err().span, Span::Day);
    let next_day = origin() + TimeDelta::days(1);
    let _fourth = budget.reserve("r4", 20_000, next_day).unwrap();
    let _fifth = budget.reserve("r5", 20_000, next_day).unwrap();
    let later = next_day + TimeDelta::days(1);
    let sixth = budget.reserve("r6", 20_000, later).unwrap();
    assert_eq!(budget.reserve("r7", 20_001, later).unwrap_err().span, Span::Round);
    assert_eq!(budget.reserve("r7", 20_000, later).unwrap().micros(), 20_000);
    assert_eq!(budget.reserve("r8", 1, later).unwrap_err().span, Span::Month);
    drop(sixth);
    assert!(
        budget.reserve("r8", 0, later).is_ok(),
        "what is free may always be asked"
    );
    assert!(
        budget.reserve("r9", 20_000, later + TimeDelta::days(1)).is_ok(),
        "December"
    );
}

#[test]
fn what_others_spent_does_not_count_and_what_hangs_does() {
    let foreign = LedgerRow {
        agent: "sync".into(),
        ..row(1, origin(), Spend::Settled, 0, 50_000)
    };
    let hung = row(2, origin(), Spend::Reserved, 9_000, 0);
    let budget = Budget::restore(CAPS, [&foreign, &hung]);
    assert_eq!(budget.of_day(origin().date_naive()), 9_000);
    assert_eq!(
        budget.of_round("any", origin()),
        9_000,
        "it may have died in this round"
    );
    assert_eq!(budget.of_round("any", origin() + TimeDelta::minutes(10)), 0);
}

/// What happens to the account.
#[derive(Clone, Debug)]
enum Deed {
    Reserve { micros: u64 },
    Settle { which: usize, share: f64 },
    Lose { which: usize },
    Restart,
    NextRound,
    Wait { minutes: i64 },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0u64..15_000).prop_map(|micros| Deed::Reserve { micros }),
        3 => (any::<usize>(), 0.0f64..=1.0).prop_map(|(which, share)| Deed::Settle { which, share }),
        1 => any::<usize>().prop_map(|which| Deed::Lose { which }),
        1 => Just(Deed::Restart),
        1 => Just(Deed::NextRound),
        1 => (0i64..900).prop_map(|minutes| Deed::Wait { minutes }),
    ]
}

/// The account beside what is on disk, and a sum of its own by round, day and month.
struct Model {
    budget: Budget,
    now: DateTime<Utc>,
    round: u32,
    held_since: DateTime<Utc>,
    rows: Vec<(u32, LedgerRow)>,
    open: Vec<(usize, Reservation)>,
}

impl Model {
    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Reserve { micros } => {
                let Ok(reserved) = self.budget.reserve(&format!("r{}", self.round), micros, self.now) else {
                    return;
                };
                let n = self.rows.len();
                self.rows
                    .push((self.round, row(n as u64, self.now, Spend::Reserved, micros, micros)));
                self.open.push((n, reserved));
            }
            Deed::Settle { which, share } if !self.open.is_empty() => {
                let (n, reserved) = self.open.swap_remove(which % self.open.len());
                let cost = (reserved.micros() as f64 * share) as u64;
                let row = &mut self.rows[n].1;
                (row.state, row.usd_micros) = (Spend::Settled, cost);
                self.budget.settle(reserved, Some(cost));
            }
            Deed::Lose { which } if !self.open.is_empty() => {
                let (n, reserved) = self.open.swap_remove(which % self.open.len());
                self.rows[n].1.state = Spend::Uncertain;
                self.budget.settle(reserved, None);
            }
            Deed::Restart => {
                self.open.clear();
                self.budget = Budget::restore(CAPS, self.rows.iter().map(|(_, row)| row));
            }
            Deed::NextRound => (self.round, self.held_since) = (self.round + 1, self.now),
            Deed::Wait { minutes } => {
                self.now += TimeDelta::minutes(minutes);
                // A round that lasts as long as this is over.
                if self.now - self.held_since >= ROUND_SPAN {
                    (self.round, self.held_since) = (self.round + 1, self.now);
                }
            }
            Deed::Settle { .. } | Deed::Lose { .. } => {}
        }
    }

    /// The largest sums of any round, day and month, what hangs counted in full.
    fn largest(&self) -> [u64; 3] {
        let (mut rounds, mut days, mut months) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (round, row) in &self.rows {
            let day = row.at.date_naive();
            *rounds.entry(*round).or_insert(0) += row.usd_micros;
            *days.entry(day).or_insert(0) += row.usd_micros;
            *months.entry((day.year(), day.month())).or_insert(0) += row.usd_micros;
        }
        let most = |sums: Vec<u64>| sums.into_iter().max().unwrap_or_default();
        [
            most(rounds.into_values().collect()),
            most(days.into_values().collect()),
            most(months.into_values().collect()),
        ]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_order_of_reserving_settling_losing_and_restarting_exceeds_a_cap(deeds in proptest::collection::vec(deed(), 1..120)) {
        let mut model = Model {
            budget: Budget::new(CAPS),
            now: origin(),
            round: 0,
            held_since: origin(),
            rows: Vec::new(),
            open: Vec::new(),
        };
        for deed in deeds {
            model.act(deed);
            let [round, day, month] = model.largest();
            prop_assert!(round <= CAPS.round_micros, "round {round}");
            prop_assert!(day <= CAPS.day_micros, "day {day}");
            prop_assert!(month <= CAPS.month_micros, "month {month}");
        }
    }
}
