//! The playbooks as they are printed, conditions case by case, and the gate's window.

use super::action::{Action, MAX_COOLDOWN};
use super::condition::{Condition, SETTLE, Verdict};
use super::gate::{Barred, Gate, HealingLimits, House};
use super::playbook::{Check, playbook};
use super::snapshot::{Course, Health, Mark, Snapshot, Standing};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::fault::Place;
use crate::healing::reading::Metric;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

const AILMENTS: [Ailment; 19] = [
    Ailment::DiskFull,
    Ailment::KeyRevoked,
    Ailment::DatabaseLost,
    Ailment::DatabaseBlocked,
    Ailment::PrimaryRecovered,
    Ailment::QuotaExhausted,
    Ailment::RateLimit,
    Ailment::Garbage,
    Ailment::ProviderFailing,
    Ailment::MindFailing,
    Ailment::MemoryLeak,
    Ailment::ActorHung,
    Ailment::ActorDown,
    Ailment::Flooded,
    Ailment::StrategyDegraded,
    Ailment::SlotMissed,
    Ailment::LetterSetAside,
    Ailment::ClockJumped,
    Ailment::Unexplained,
];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

#[test]
fn playbooks_begin_mildly_and_end_in_something_that_can_be_seen() {
    for ailment in AILMENTS {
        let book = playbook(ailment);
        assert!(!book.advice.is_empty(), "{ailment:?}");
        let most = |steps: &[super::playbook::Step]| steps.iter().map(|step| step.action).max();
        let drastic: Vec<_> = book.remedies.iter().map(|remedy| most(remedy.steps)).collect();
        assert!(drastic.is_sorted(), "{ailment:?}: the least drastic first, {drastic:?}");
        for step in book.remedies.iter().flat_map(|remedy| remedy.steps).chain(book.safe) {
            assert!(
                i64::from(step.within_s) > SETTLE.num_seconds(),
                "{ailment:?}: too soon to be seen"
            );
            assert!(step.action.cooldown() <= MAX_COOLDOWN);
            assert!(
                step.lapses_s.is_none() || step.action.measure().is_some(),
                "only measures lapse"
            );
        }
        for remedy in book.remedies {
            assert_eq!(book.remedy(remedy.id), Some(remedy), "{ailment:?}: a name twice");
            let measures = remedy.steps.iter().filter(|step| step.action.measure().is_some());
            assert!(
                measures.clone().all(|step| step.lapses_s.is_some()),
                "a remedy's measure outlives nobody"
            );
        }
        for step in book.safe {
            let mark = step.action.measure().expect("the safe state is made of measures");
            assert!(matches!(step.check, Check::Marked(marks) if marks == [mark]));
        }
    }
}

#[test]
fn a_condition_holds_only_on_what_was_seen_late_enough() {
    let (place, metric) = (Place::new("actor/a"), Metric::new("actor/a/depth"));
    let mut snapshot = Snapshot {
        at: at(100),
        ..Snapshot::default()
    };
    let all = |parts: &[&Condition]| Condition::All(parts.iter().map(|part| (*part).clone()).collect());
    let well = Condition::Well(place.clone());
    let up = Condition::Up(place.clone());
    let calm = Condition::Calm(metric.clone());
    let marked = Condition::Marked(place.clone(), Mark::Writable);
    for silent in [&well, &up, &calm] {
        assert_eq!(
            silent.judge(&snapshot, at(0)),
            Verdict::Unknown,
            "silence is not recovery"
        );
    }
    assert_eq!(marked.judge(&snapshot, at(0)), Verdict::Fails);
    assert_eq!(Condition::All(Vec::new()).judge(&snapshot, at(0)), Verdict::Holds);
    snapshot.health.insert(place.clone(), Health::Well);
    snapshot.standings.insert(place.clone(), Standing::Hung);
    snapshot.marks.entry(place).or_default().insert(Mark::Writable);
    assert_eq!(well.judge(&snapshot, at(70)), Verdict::Holds);
    assert_eq!(well.judge(&snapshot, at(71)), Verdict::Unknown, "seen too soon");
    assert_eq!(marked.judge(&snapshot, at(70)), Verdict::Holds);
    assert_eq!(all(&[&well, &marked]).judge(&snapshot, at(0)), Verdict::Holds);
    assert_eq!(all(&[&well, &calm]).judge(&snapshot, at(0)), Verdict::Unknown);
    assert_eq!(all(&[&up, &calm]).judge(&snapshot, at(0)), Verdict::Fails);
    let mut course = Course {
        last_reading: Some(at(60)),
        last_anomaly: Some(at(20)),
    };
    for (anomaly, verdict) in [(20, Verdict::Holds), (29, Verdict::Holds), (30, Verdict::Fails)] {
        course.last_anomaly = Some(at(anomaly));
        snapshot.courses.insert(metric.clone(), course);
        assert_eq!(calm.judge(&snapshot, at(0)), verdict, "{anomaly}");
    }
    assert_eq!(calm.judge(&snapshot, at(31)), Verdict::Unknown);
}

#[test]
fn a_snapshot_too_old_or_from_the_future_is_not_acted_on() {
    let limits = HealingLimits::default();
    let snapshot = Snapshot {
        at: at(1_000),
        ..Snapshot::default()
    };
    let house = House {
        snapshot: &snapshot,
        halted: false,
    };
    let place = Place::new("db");
    let check = |now| Gate::default().check((&place, Action::Retry), house, &limits, at(now));
    assert_eq!([check(999), check(1_121)], [Err(Barred::Blind); 2]);
    assert_eq!([check(1_000), check(1_120)], [Ok(()); 2]);
}

proptest! {
    /// Whoever asks the gate and notes what it allows never does more in any hour than the budget, nor the same within a
    /// cooldown; and the gate keeps no more than it needs.
    #[test]
    fn the_gate_keeps_budget_and_cooldowns(
        budget in 0usize..5,
        asks in prop::collection::vec((0usize..3, 0usize..4, 1i64..900), 1..300),
    ) {
        let limits = HealingLimits { n_actions_per_hour: budget, ..HealingLimits::default() };
        let actions = [Action::Retry, Action::Restart, Action::Scale, Action::SwitchToBackup];
        let places = ["api/a", "db", "process"].map(Place::new);
        let (mut gate, mut now) = (Gate::default(), at(0));
        let mut done: Vec<(usize, usize, DateTime<Utc>)> = Vec::new();
        for (place, action, wait) in asks {
            now += TimeDelta::seconds(wait);
            let snapshot = Snapshot { at: now, ..Snapshot::default() };
            let house = House { snapshot: &snapshot, halted: false };
            let asked = gate.check((&places[place], actions[action]), house, &limits, now);
            let n_recent = done.iter().filter(|(_, _, at)| now - *at < TimeDelta::hours(1)).count();
            let same = |(p, a, at): &(usize, usize, DateTime<Utc>)| {
                (*p, *a) == (place, action) && now - *at < actions[action].cooldown()
            };
            let is_free = n_recent < budget && !done.iter().any(same);
            prop_assert_eq!(asked.is_ok(), is_free, "{:?}", asked);
            if let Err(Barred::Cooldown { until } | Barred::Budget { until }) = asked {
                prop_assert!(budget == 0 || until > now);
            }
            if is_free {
                gate.note(&places[place], actions[action], now);
                done.push((place, action, now));
            }
            prop_assert_eq!(gate.n_recent(now), done.iter().filter(|(_, _, at)| now - *at < TimeDelta::hours(1)).count());
        }
    }
}
