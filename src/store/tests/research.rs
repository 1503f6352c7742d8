//! Research on record: once for each cause, whole or not at all, and never rewritten.

use super::{Fixture, now};
use crate::store::research::cycles::{self, Decided, Step};
use crate::store::research::runs::{self, Run};
use crate::store::research::strategies::{self, Event, Standing};
use crate::store::research::{Purpose, Tried, count, n_tried};
use crate::store::{StoreError, Stored};
use crate::strategy::rule::Strategy;
use serde_json::json;

fn strategy() -> Strategy {
    "spread at open when edge(elo) >= 1.5 stake flat 1%".parse().unwrap()
}

fn event(cause: &str, status: Standing) -> Event {
    Event {
        cause: cause.to_owned(),
        strategy: strategy().id(),
        at: now().naive_utc(),
        status,
        actor: "validation".to_owned(),
        reason: "all three approved".to_owned(),
        evidence: json!({"n": 3}),
    }
}

#[test]
fn a_standing_changes_by_events_and_once_for_each_cause() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let at = now().naive_utc();
    assert_eq!(
        strategies::add(&mut conn, &strategy(), "elo", &[], at).unwrap(),
        Stored::New
    );
    assert_eq!(
        strategies::add(&mut conn, &strategy(), "other", &[], at).unwrap(),
        Stored::Unchanged
    );
    let promoted = event("a", Standing::Deployed);
    assert_eq!(strategies::change(&mut conn, &promoted).unwrap(), Stored::New);
    assert_eq!(
        strategies::change(&mut conn, &event("a", Standing::Demoted)).unwrap(),
        Stored::Unchanged
    );
    let deployed = strategies::list(&mut conn, Some(Standing::Deployed), 9).unwrap();
    assert_eq!((deployed.len(), deployed[0].origin.as_str()), (1, "elo"));
    strategies::change(&mut conn, &event("b", Standing::Demoted)).unwrap();
    let statuses: Vec<Standing> = strategies::history(&mut conn, &strategy().id())
        .unwrap()
        .iter()
        .map(|e| e.status)
        .collect();
    assert_eq!(statuses, [Standing::Deployed, Standing::Demoted]);
    let found = strategies::beginning_with(&mut conn, &strategy().id().0[..4]).unwrap();
    assert_eq!(found[0].status, Standing::Demoted);
    assert_eq!(strategies::beginning_with(&mut conn, "%").unwrap(), []);
}

#[test]
fn an_event_of_an_unknown_strategy_is_refused() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    assert!(strategies::change(&mut conn, &event("a", Standing::Deployed)).is_err());
    assert_eq!(strategies::counts(&mut conn).unwrap()[3], (Standing::Deployed, 0));
}

#[test]
fn what_was_tried_is_counted_once_and_never_forgotten() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let tried = |cause: &str, data: &str, n| Tried {
        cause: cause.to_owned(),
        data_hash: data.to_owned(),
        purpose: Purpose::Validation,
        n,
    };
    for t in [
        tried("1", "old facts", 10),
        tried("1", "old facts", 10),
        tried("2", "new facts", 5),
    ] {
        count(&mut conn, &t, now().naive_utc()).unwrap();
    }
    assert_eq!(n_tried(&mut conn, Purpose::Validation).unwrap(), 15);
    assert_eq!(n_tried(&mut conn, Purpose::Training).unwrap(), 0);
}

#[test]
fn a_run_is_one_row_and_has_one_result() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let manifest = json!({"seed": 1});
    let run = Run {
        id: runs::name("backtest", &manifest),
        kind: "backtest".to_owned(),
        at: now().naive_utc(),
        manifest,
        result: json!({"n_bets": 7, "roi": 0.1}),
    };
    assert_eq!(runs::record(&mut conn, &run).unwrap(), Stored::New);
    assert_eq!(runs::record(&mut conn, &run).unwrap(), Stored::Unchanged);
    let other = Run {
        result: json!({"n_bets": 8}),
        ..run.clone()
    };
    assert!(matches!(
        runs::record(&mut conn, &other),
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(runs::beginning_with(&mut conn, &run.id[..5]).unwrap(), [run]);
}

#[test]
fn a_step_is_written_whole_and_in_its_turn() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let at = now().naive_utc();
    let begun = cycles::begin(&mut conn, "c", &json!({"seed": 1}), &json!(0), at).unwrap();
    assert_eq!((begun.step, begun.done), (0, false));
    let step = Step {
        state: json!(1),
        done: false,
        strategies: vec![(strategy(), "elo".to_owned(), Vec::new())],
        events: vec![event("c/1", Standing::Rejected)],
        decisions: vec![Decided {
            kind: "how_many".to_owned(),
            chosen: "20".to_owned(),
            reason: "the hurdle rises".to_owned(),
            evidence: json!({}),
        }],
        tried: Vec::new(),
    };
    cycles::advance(&mut conn, "c", 1, &step, at).unwrap();
    assert!(matches!(
        cycles::advance(&mut conn, "c", 1, &step, at),
        Err(StoreError::Conflict { .. })
    ));
    assert!(matches!(
        cycles::advance(&mut conn, "c", 3, &step, at),
        Err(StoreError::Conflict { .. })
    ));
    // A step that fails in its middle leaves nothing: the event names a strategy that is not on record.
    let other: Strategy = "total at open when over stake flat 1%".parse().unwrap();
    let broken = Step {
        events: vec![Event {
            strategy: other.id(),
            ..event("c/2", Standing::Deployed)
        }],
        ..step.clone()
    };
    assert!(cycles::advance(&mut conn, "c", 2, &broken, at).is_err());
    let stands = cycles::latest(&mut conn).unwrap().unwrap();
    assert_eq!((stands.step, stands.state), (1, json!(1)));
    assert_eq!(cycles::decisions(&mut conn, "c").unwrap().len(), 1);
    let again = cycles::begin(&mut conn, "c", &json!({"seed": 1}), &json!(0), at).unwrap();
    assert_eq!(again.step, 1);
}
