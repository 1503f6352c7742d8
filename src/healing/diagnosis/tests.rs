//! Root causes and relations on small graphs by hand, and what holds of likeness whatever is compared.

use super::ailment::Ailment;
use super::correlate::{close, related};
use super::graph::{Graph, MAX_EDGES};
use super::knowledge::{Knowledge, MAX_CASES, Signature, likeness};
use super::root::root_cause;
use crate::healing::anomaly::{Anomaly, Detector};
use crate::healing::fault::{Fault, FaultKind, Place};
use crate::healing::incident::{Incident, MAX_IMPACT, MAX_SYMPTOMS, Status};
use crate::healing::reading::Metric;
use crate::healing::remediation::condition::Condition;
use crate::healing::symptom::Symptom;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn fault(kind: FaultKind, place: &str, seconds: i64) -> Symptom {
    Symptom::of_fault(Fault::new(kind, Place::new(place), "", at(seconds)))
}

fn number(metric: &str, value: f64, seconds: i64) -> Symptom {
    Symptom::of_anomaly(Anomaly {
        metric: Metric::new(metric),
        at: at(seconds),
        value,
        expected: 50.0,
        spread: 1.0,
        score: 9.0,
        detectors: vec![Detector::Baseline],
        words: String::new(),
    })
}

fn graph(edges: &[(&str, &str)]) -> Graph {
    Graph::new(edges.iter().map(|(who, on)| (Place::new(who), Place::new(on))))
}

/// swarms -> database -> db -> disk, and the odds beside it.
fn house() -> Graph {
    graph(&[
        ("actor/a", "actor/database"),
        ("actor/b", "actor/database"),
        ("actor/a", "api/odds"),
        ("actor/b", "api/odds"),
        ("actor/database", "db"),
        ("db", "disk"),
    ])
}

#[track_caller]
fn check(symptoms: &[Symptom], place: &str, ailment: Ailment, inferred: bool) {
    let cause = root_cause(symptoms, &house()).unwrap();
    assert_eq!(
        (cause.place.name(), cause.ailment, cause.inferred),
        (place, ailment, inferred),
        "{}",
        cause.why
    );
}

#[test]
fn the_deepest_that_explains_most_is_the_cause() {
    use FaultKind::*;
    assert_eq!(root_cause(&[], &house()), None);
    check(&[fault(QueueFull, "actor/a", 0)], "actor/a", Ailment::Flooded, false);
    let chain = [
        fault(QueueFull, "actor/a", 0),
        fault(WriteFailed, "db", 5),
        fault(DiskFull, "disk", 9),
    ];
    check(&chain, "disk", Ailment::DiskFull, false);
    check(&chain[..2], "db", Ailment::DatabaseBlocked, false);
    let twice = [fault(WriteFailed, "db", 0), fault(DatabaseLost, "db", 9)];
    check(&twice, "db", Ailment::DatabaseLost, false);
    let both = [fault(QueueFull, "actor/a", 0), fault(QueueFull, "actor/b", 1)];
    check(&both, "actor/database", Ailment::Unexplained, true);
    let strangers = [
        fault(Garbage, "api/y", 3),
        fault(Garbage, "api/x", 3),
        number("disk/free_mb", 1.0, 2),
    ];
    check(&strangers, "disk", Ailment::DiskFull, false);
    check(&strangers[..2], "api/x", Ailment::Garbage, false);
}

#[test]
fn a_graph_that_goes_round_has_a_cause_all_the_same() {
    let round = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")]);
    let symptoms = [fault(FaultKind::ActorDown, "c", 5), fault(FaultKind::ActorDown, "b", 1)];
    assert_eq!(
        root_cause(&symptoms, &round).unwrap().place.name(),
        "b",
        "the first of equals"
    );
    assert_eq!(round.dependents(&Place::new("a")).len(), 3);
    let many = Graph::new((0..MAX_EDGES + 7).map(|n| (Place::new(&format!("p{n}")), Place::new("q"))));
    assert_eq!((many.n_left_out(), many.fan_in(&Place::new("q"))), (7, MAX_EDGES));
}

#[test]
fn places_hang_together_by_a_path_or_a_narrow_third() {
    let wide: Vec<(String, &str)> = (0..9).map(|n| (format!("w{n}"), "wide")).collect();
    let edges = wide.iter().map(|(who, on)| (who.as_str(), *on)).chain([
        ("a", "api/odds"),
        ("b", "api/odds"),
        ("a", "w0"),
    ]);
    let graph = graph(&edges.collect::<Vec<_>>());
    let cases = [
        ("a", "a", true),
        ("a", "wide", true),
        ("wide", "a", true),
        ("a", "b", true),
        ("w0", "w1", false),
        ("x", "y", false),
    ];
    for (a, b, is) in cases {
        assert_eq!(related(&Place::new(a), &Place::new(b), &graph), is, "{a} {b}");
    }
    assert!(close(at(0), at(300)) && close(at(300), at(0)) && !close(at(0), at(301)));
}

#[test]
fn an_incident_is_bounded_counts_what_repeats_and_asks_for_what_was_off() {
    let graph = house();
    let mut incident = Incident::open(number("db/write_ms", 900.0, 0), &graph, at(0));
    assert_eq!(
        incident.cure(),
        Condition::All(vec![Condition::Calm(Metric::new("db/write_ms"))])
    );
    for n in 0..1_000 {
        incident.add(number("db/write_ms", 900.0, n), &graph);
        incident.add(fault(FaultKind::QueueFull, &format!("actor/{n}"), n), &graph);
    }
    assert_eq!((incident.symptoms.len(), incident.symptoms[0].n), (MAX_SYMPTOMS, 1_001));
    assert_eq!(incident.n_left_out, 1_000 - (MAX_SYMPTOMS as u64 - 1));
    assert!(incident.impact.len() <= MAX_IMPACT);
    let other = Incident::open(number("db/write_ms", 900.0, 1), &graph, at(1));
    assert_ne!(incident.id, other.id);
    assert_eq!(
        other.id,
        Incident::open(number("db/write_ms", 900.0, 1), &graph, at(9)).id,
        "by content and time"
    );
}

#[test]
fn past_incidents_are_found_again_and_the_oldest_forgotten() {
    let graph = house();
    let mut knowledge = Knowledge::default();
    assert!(knowledge.like(&[fault(FaultKind::DiskFull, "disk", 0)], 3).is_empty());
    for n in 0..600 {
        let kind = if n % 2 == 0 {
            FaultKind::DiskFull
        } else {
            FaultKind::RateLimited
        };
        let mut incident = Incident::open(fault(kind, "disk", n), &graph, at(n));
        incident.close(Status::Expired, None, String::new());
        knowledge.remember(&incident, at(n));
    }
    assert_eq!(knowledge.cases().len(), MAX_CASES);
    let likes = knowledge.like(&[fault(FaultKind::DiskFull, "elsewhere", 9)], 2);
    let newest = Incident::open(fault(FaultKind::DiskFull, "disk", 598), &graph, at(598)).id;
    assert_eq!((likes.len(), likes[0].likeness, &likes[0].id), (2, 1.0, &newest));
}

fn some_signature() -> impl Strategy<Value = Signature> {
    prop::collection::btree_map("[a-e]", 0.01f64..9.0, 0..5)
}

proptest! {
    #[test]
    fn likeness_is_a_symmetric_share(a in some_signature(), b in some_signature()) {
        let (ab, ba) = (likeness(&a, &b), likeness(&b, &a));
        prop_assert!((0.0..=1.0 + 1e-12).contains(&ab) && (ab - ba).abs() < 1e-12);
        prop_assert!(a.is_empty() || (likeness(&a, &a) - 1.0).abs() < 1e-12);
        let shares_a_sign = a.keys().any(|sign| b.contains_key(sign));
        prop_assert_eq!(ab > 0.0, shares_a_sign);
    }
}
