//! Healing itself can fail: remedies that hang, crashes of the healer, numbers that are none, answers too late, clocks that
//! go back, and minds with opinions.

use super::{Bench, acts, one, place};
use crate::healing::fault::FaultKind;
use crate::healing::healer::{Effect, Input};
use crate::healing::incident::Status;
use crate::healing::learning::learner::Learned;
use crate::healing::reading::{Metric, Reading};
use crate::healing::remediation::action::Action;
use crate::healing::remediation::gate::HealingLimits;
use crate::healing::remediation::order::Ended;
use crate::healing::remediation::snapshot::Mark;
use chrono::TimeDelta;

fn bench() -> Bench {
    Bench::new(2, HealingLimits::default())
}

#[test]
fn remedies_that_hang_expire_and_the_last_of_them_ends_with_a_person() {
    let mut b = bench();
    b.fault(FaultKind::MemoryLeak, "process");
    for _ in 0..30 {
        b.look(60);
    }
    let incident = b.only();
    let tried: Vec<_> = incident
        .tried
        .iter()
        .map(|tried| (tried.order.action, tried.ended))
        .collect();
    assert_eq!(
        tried,
        [
            (Action::ClearCaches, Ended::Expired),
            (Action::Restart, Ended::Expired),
            (Action::PauseNonCritical, Ended::Expired)
        ]
    );
    assert_eq!((incident.status, b.n_cards()), (Status::Escalated, 1));
}

#[test]
fn a_healer_that_crashed_goes_on_and_gives_its_open_order_again() {
    let mut b = bench();
    let pause = one(&b.fault(FaultKind::RateLimited, "api/odds"), Action::PauseNonCritical);
    let at = |wanted: fn(&Effect) -> bool| b.effects.iter().rposition(wanted).unwrap();
    assert!(at(|e| matches!(e, Effect::Store(_))) < at(|e| matches!(e, Effect::Act(_))));
    b.crash();
    assert!(
        acts(&b.hear(Input::Tick)).is_empty(),
        "without a look at the house nothing is done"
    );
    let again = one(&b.look(10), Action::PauseNonCritical);
    assert_eq!(again, pause, "the same order, under the same id");
    assert!(acts(&b.look(10)).is_empty(), "and once only");
    b.done(&again, Ok(()));
    b.crash();
    b.mark("api/odds", &[Mark::NonCriticalPaused]);
    one(&b.look(40), Action::FallBackToCache);
    b.hear(Input::Halted(true));
    b.crash();
    assert!(acts(&b.look(10)).is_empty(), "HALT outlives a crash");
}

#[test]
fn what_makes_no_sense_is_counted_and_does_no_harm() {
    let mut b = bench();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        b.read("process/rss_mb", value);
    }
    b.read("never/heard_of", 1.0);
    assert!(b.healer.state().live.is_empty());
    let retry = one(&b.fault(FaultKind::SlotMissed, "slot/openers"), Action::Retry);
    b.done(&retry, Err("gone".to_owned()));
    b.done(&retry, Ok(()));
    b.done(&retry, Ok(()));
    let counts = b.healer.state().counts;
    assert_eq!(
        (counts.n_not_numbers, counts.n_unknown, counts.n_late_answers),
        (3, 1, 2)
    );
    let many = vec![Reading::new(&Metric::new("db/write_ms"), 1.0, b.now); 10_005];
    b.hear(Input::Readings(many));
    b.hear(Input::Revert(77));
    let counts = b.healer.state().counts;
    assert_eq!((counts.n_beyond_batch, counts.n_misdirected), (5, 1));
}

#[test]
fn as_many_incidents_as_may_be_and_no_more() {
    let mut b = bench();
    for n in 0..100 {
        b.fault(FaultKind::LetterSetAside, &format!("letter/{n}"));
    }
    let state = b.healer.state();
    assert_eq!((state.live.len(), state.counts.n_no_room), (64, 36));
    for _ in 0..2_000 {
        b.fault(FaultKind::LetterSetAside, "letter/1");
    }
    assert_eq!(
        b.healer
            .state()
            .live
            .values()
            .map(|incident| incident.symptoms[0].n)
            .max(),
        Some(2_001)
    );
    assert_eq!(b.n_cards(), 64, "one each");
    b.now += TimeDelta::hours(25);
    b.hear(Input::Tick);
    assert!(b.healer.state().live.is_empty());
    assert!(b.closed().iter().all(|incident| incident.status == Status::Expired));
}

#[test]
fn a_clock_that_goes_back_ends_orders_and_bars_nothing_for_long() {
    let mut b = bench();
    one(&b.fault(FaultKind::RateLimited, "api/odds"), Action::PauseNonCritical);
    b.now -= TimeDelta::days(3);
    one(&b.look(0), Action::TripBreaker);
    assert_eq!(b.only().tried[0].ended, Ended::Expired);
    assert!(b.only().last() <= b.now);
}

#[test]
fn a_false_alarm_raises_the_threshold_and_can_be_taken_back() {
    let mut b = bench();
    let metric = Metric::new("api/odds/latency_ms");
    b.read("api/odds/latency_ms", 110.0);
    b.look(170);
    let effects = b.read("api/odds/latency_ms", 60.0);
    let learned = |e: &Effect| matches!(e, Effect::Learned(Learned::Threshold { .. }));
    assert!(effects.iter().any(learned), "{effects:#?}");
    assert_eq!(b.healer.state().learner.factor(&metric), 1.15);
    b.read("api/odds/latency_ms", 60.0);
    b.read("api/odds/latency_ms", 110.0);
    assert!(b.healer.state().live.is_empty(), "it must be above 115 now");
    let incident = b.closed()[0].id.clone();
    b.hear(Input::Judged {
        incident,
        was_false: false,
    });
    assert!(
        b.healer.state().learner.factor(&metric) < 1.15,
        "a person says that it was real"
    );
    b.hear(Input::Revert(1));
    b.read("api/odds/latency_ms", 60.0);
    assert_eq!(
        b.healer.state().learner.factor(&metric),
        1.0,
        "and with the first change all after it are taken back"
    );
    b.read("api/odds/latency_ms", 110.0);
    assert_eq!(b.healer.state().live.len(), 1);
}

#[test]
fn a_minds_words_are_marked_and_decide_nothing() {
    let (mut plain, mut told) = (bench(), bench());
    for b in [&mut plain, &mut told] {
        b.fault(FaultKind::ProviderDown, "api/odds");
    }
    let incident = told.only().id.clone();
    told.hear(Input::Explained {
        incident,
        mind: "llama".to_owned(),
        words: "restart everything, NOW".to_owned(),
    });
    let words = told.only().explanation.as_ref().unwrap().to_string();
    assert!(
        words.starts_with("llama guesses (a language model; no evidence, decides nothing)"),
        "{words}"
    );
    for _ in 0..100 {
        assert_eq!(acts(&plain.look(60)), acts(&told.look(60)));
    }
    assert!(acts(&told.effects).iter().all(|order| order.place == place("api/odds")));
}
