//! Whatever happens in whatever order, the promises of the healer hold: random schedules of faults, numbers, looks, answers,
//! HALTs, overrides, restarts by the supervisor, crashes and waits.

use super::{Bench, place};
use crate::healing::fault::FaultKind;
use crate::healing::healer::state::{MAX_CLOSED, MAX_LIVE};
use crate::healing::healer::{Effect, Input};
use crate::healing::incident::Status;
use crate::healing::remediation::gate::HealingLimits;
use crate::healing::remediation::order::{Ended, Order, OrderId};
use crate::healing::remediation::playbook::playbook;
use crate::healing::remediation::snapshot::{Health, Mark, Standing};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const PLACES: [&str; 8] = [
    "api/odds",
    "db",
    "disk",
    "process",
    "actor/swarms/a",
    "actor/platform",
    "actor/platform/database",
    "strategy/x",
];
const KINDS: [FaultKind; 12] = [
    FaultKind::ActorDown,
    FaultKind::ActorHung,
    FaultKind::QueueFull,
    FaultKind::ProviderDown,
    FaultKind::RateLimited,
    FaultKind::QuotaExhausted,
    FaultKind::KeyRevoked,
    FaultKind::WriteFailed,
    FaultKind::DatabaseLost,
    FaultKind::DiskFull,
    FaultKind::MemoryLeak,
    FaultKind::StrategyDegraded,
];
const METRICS: [&str; 4] = [
    "process/rss_mb",
    "db/write_ms",
    "api/odds/latency_ms",
    "actor/swarms/a/depth",
];
const STANDINGS: [Standing; 4] = [Standing::Up, Standing::Backoff, Standing::Down, Standing::Hung];
const MARKS: [Mark; 9] = [
    Mark::ServingFromCache,
    Mark::NonCriticalPaused,
    Mark::BreakerTripped,
    Mark::StakesCut,
    Mark::Flagged,
    Mark::Writable,
    Mark::OnBackup,
    Mark::OnPrimary,
    Mark::NothingLost,
];

#[derive(Clone, Debug)]
enum Happening {
    Fault(usize, usize),
    Number(usize, usize),
    Look(u32),
    Standing(usize, usize),
    Healthy(usize, bool),
    Mark(usize, usize, bool),
    Answer(usize, bool),
    Halt(bool),
    Override(usize, bool),
    Judge(bool),
    Wait(u32),
    Crash,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        5 => (0..KINDS.len(), 0..PLACES.len()).prop_map(|(k, p)| Fault(k, p)),
        4 => (0..METRICS.len(), 0usize..4).prop_map(|(m, v)| Number(m, v)),
        12 => (1u32..90).prop_map(Look),
        2 => (0..PLACES.len(), 0..STANDINGS.len()).prop_map(|(p, s)| Standing(p, s)),
        3 => (0..PLACES.len(), any::<bool>()).prop_map(|(p, w)| Healthy(p, w)),
        4 => (0..PLACES.len(), 0..MARKS.len(), any::<bool>()).prop_map(|(p, m, on)| Mark(p, m, on)),
        6 => (0usize..4, prop::bool::weighted(0.7)).prop_map(|(n, ok)| Answer(n, ok)),
        1 => prop::bool::weighted(0.3).prop_map(Halt),
        1 => (0..PLACES.len(), prop::bool::weighted(0.3)).prop_map(|(p, on)| Override(p, on)),
        1 => any::<bool>().prop_map(Judge),
        2 => (1u32..2_000).prop_map(Wait),
        1 => Just(Crash),
    ]
}

/// What a bystander notes, who knows nothing of the healer's insides.
#[derive(Default)]
struct Bystander {
    /// Each order when it was first given.
    given: BTreeMap<OrderId, (DateTime<Utc>, Order)>,
    ended: BTreeMap<OrderId, Ended>,
    closed: BTreeSet<String>,
}

impl Bystander {
    fn watch(&mut self, b: &Bench, effects: &[Effect], limits: &HealingLimits) {
        let mut is_stored = false;
        for effect in effects {
            match effect {
                Effect::Store(_) => is_stored = true,
                Effect::Act(order) => self.act(b, order, is_stored, limits),
                Effect::Lift(order) => {
                    assert!(!b.healer.state().halted && !b.snapshot.overridden.contains(&order.place));
                }
                Effect::Closed(incident) => {
                    assert!(incident.status.is_final() && self.closed.insert(incident.id.0.clone()));
                    if incident.status == Status::Resolved {
                        let verified = incident.verified.as_ref().expect("resolved is verified");
                        let last = incident.tried.last().filter(|last| last.ended == Ended::Verified);
                        let by_order = last.is_some_and(|last| last.order.post == *verified);
                        let book = playbook(incident.root_cause.ailment);
                        let ends = book.remedies.iter().filter_map(|remedy| remedy.steps.last());
                        let mut ends = ends.map(|step| step.check.condition(incident));
                        let is_so = *verified == incident.cure() || ends.any(|end| end == *verified);
                        assert!(by_order || is_so, "{incident:#?}");
                    }
                    for tried in &incident.tried {
                        self.ended.insert(tried.order.id.clone(), tried.ended);
                    }
                }
                Effect::Notify(_) | Effect::Opened(_) | Effect::Learned(_) => {}
            }
        }
        let state = b.healer.state();
        assert!(state.live.len() <= MAX_LIVE && state.closed.len() <= MAX_CLOSED);
        for incident in state.live.values() {
            let out = matches!(incident.status, Status::Acting | Status::Verifying);
            assert!(!out || incident.in_hand.is_some());
            if let Some(hand) = &incident.in_hand {
                assert!(b.now < hand.order.deadline, "an order ends by its deadline");
            }
        }
    }

    fn act(&mut self, b: &Bench, order: &Order, is_stored: bool, limits: &HealingLimits) {
        assert!(!b.healer.state().halted, "HALT means no action");
        assert!(!b.snapshot.overridden.contains(&order.place), "a person decides here");
        for (other, standing) in &b.snapshot.standings {
            assert!(
                !standing.is_in_transit() || !other.is_kin(&order.place),
                "the supervisor is at work"
            );
        }
        if let Some((_, first)) = self.given.get(&order.id) {
            assert_eq!(first, order, "given again it is the same");
            return;
        }
        assert!(is_stored, "stored before it is done");
        for (at, other) in self.given.values() {
            let same = (&other.place, other.action) == (&order.place, order.action);
            assert!(
                !same || b.now - *at >= order.action.cooldown(),
                "{:?} is in cooldown",
                order.action
            );
        }
        let hour = self
            .given
            .values()
            .filter(|(at, _)| b.now - *at < TimeDelta::hours(1))
            .count();
        assert!(
            hour < limits.n_actions_per_hour,
            "the budget is {}",
            limits.n_actions_per_hour
        );
        self.given.insert(order.id.clone(), (b.now, order.clone()));
    }
}

fn happen(b: &mut Bench, what: &Happening, given: &BTreeMap<OrderId, (DateTime<Utc>, Order)>) -> Vec<Effect> {
    match *what {
        Happening::Fault(kind, at) => b.fault(KINDS[kind], PLACES[at]),
        Happening::Number(metric, value) => b.read(METRICS[metric], [50.0, 60.0, 500.0, f64::NAN][value]),
        Happening::Look(seconds) => b.look(i64::from(seconds)),
        Happening::Standing(at, standing) => {
            b.snapshot.standings.insert(place(PLACES[at]), STANDINGS[standing]);
            b.look(1)
        }
        Happening::Healthy(at, well) => {
            b.health(PLACES[at], if well { Health::Well } else { Health::Ailing });
            b.look(1)
        }
        Happening::Mark(at, mark, on) => {
            let marks = b.snapshot.marks.entry(place(PLACES[at])).or_default();
            if on {
                marks.insert(MARKS[mark])
            } else {
                marks.remove(&MARKS[mark])
            };
            b.look(1)
        }
        Happening::Answer(n, ok) => {
            let order = given.values().rev().nth(n).map(|(_, order)| order.clone());
            let result = if ok { Ok(()) } else { Err("no".to_owned()) };
            order.map_or_else(Vec::new, |order| b.done(&order, result))
        }
        Happening::Halt(on) => b.hear(Input::Halted(on)),
        Happening::Override(at, on) => {
            let at = place(PLACES[at]);
            if on {
                b.snapshot.overridden.insert(at)
            } else {
                b.snapshot.overridden.remove(&at)
            };
            b.look(1)
        }
        Happening::Judge(was_false) => {
            let incident = b.healer.state().closed.back().map(|incident| incident.id.clone());
            incident.map_or_else(Vec::new, |incident| b.hear(Input::Judged { incident, was_false }))
        }
        Happening::Wait(seconds) => {
            b.now += TimeDelta::seconds(i64::from(seconds));
            b.hear(Input::Tick)
        }
        Happening::Crash => {
            b.crash();
            Vec::new()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn budget_cooldown_halt_and_deadlines_hold(
        seed in any::<u64>(),
        n_actions_per_hour in 0usize..6,
        happenings in prop::collection::vec(happening(), 1..300),
    ) {
        let limits = HealingLimits { n_actions_per_hour, ..HealingLimits::default() };
        let (mut b, mut bystander) = (Bench::new(seed, limits), Bystander::default());
        for what in &happenings {
            let effects = happen(&mut b, what, &bystander.given);
            bystander.watch(&b, &effects, &limits);
            // Only the last store is ever asked for again.
            let last = b.effects.iter().rposition(|effect| matches!(effect, Effect::Store(_)));
            b.effects.drain(..last.unwrap_or(0));
        }
        // A halted house that nobody looks at any more: every order ends, and every incident with it.
        b.hear(Input::Halted(true));
        for _ in 0..60 {
            b.now += TimeDelta::hours(1);
            let effects = b.hear(Input::Tick);
            bystander.watch(&b, &effects, &limits);
        }
        prop_assert!(b.healer.state().live.is_empty());
        for id in bystander.given.keys() {
            prop_assert!(bystander.ended.contains_key(id), "{id} has no end");
        }
    }
}
