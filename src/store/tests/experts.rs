//! Figures and memories: once a day and once for good, pending ones never lost, and nothing of later in an earlier recall.

use super::Fixture;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::line::HalfPoints;
use crate::domain::memory::{Claim, Held, Memory, MemoryId, Resolution};
use crate::domain::quote::{Market, Side};
use crate::protocol::Written;
use crate::store::stock::{Leaves, store as keep};
use crate::store::{Stored, journal, kpis, memories};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn hour(n: i64) -> DateTime<Utc> {
    "2010-09-07T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(n)
}

fn kpi(name: &str, at: i64, value: f64) -> Kpi {
    Kpi::none("risk_manager", name, Unit::Ratio, hour(at), 3, "none").holding(value, 3, Some([0.0, 1.0]))
}

fn call(n: u32, at: i64) -> Memory {
    Memory {
        id: MemoryId(format!("market_intelligence/{n}")),
        agent: "market_intelligence".to_owned(),
        when: SeasonWeek { season: 2010, week: 1 },
        said_at: hour(at),
        text: "it will move".to_owned(),
        claim: Claim::Direction {
            game: GameId::new("2010_01_NE_MIA"),
            market: Market::Spread,
            side: Side::Home,
            line_half: HalfPoints(6).0,
            because: "drift".to_owned(),
        },
    }
}

fn resolution(at: i64) -> Resolution {
    Resolution {
        at: hour(at),
        held: Held::Yes,
        clv_points: Some(0.5),
        n: 1,
        text: "it moved".to_owned(),
    }
}

#[test]
fn a_figure_is_kept_once_a_day() {
    let fixture = Fixture::new();
    let conn = &mut *fixture.conn();
    let none = Kpi::none("risk_manager", "b", Unit::Share, hour(1), 0, "no source");
    assert_eq!(kpis::add(conn, &[kpi("a", 1, 0.5), none.clone()]).unwrap(), 2);
    assert_eq!(
        kpis::add(conn, &[kpi("a", 5, 0.7), kpi("a", 30, 0.9)]).unwrap(),
        1,
        "the first of a day stands"
    );
    let history = kpis::history(conn, "risk_manager", 10).unwrap();
    assert_eq!(history, [kpi("a", 30, 0.9), kpi("a", 1, 0.5), none]);
    assert!(kpis::history(conn, "nobody", 10).unwrap().is_empty());
}

#[test]
fn a_claim_is_made_once_and_resolved_once() {
    let fixture = Fixture::new();
    let conn = &mut *fixture.conn();
    assert_eq!(memories::remember(conn, &call(1, 1)).unwrap(), Stored::New);
    assert_eq!(memories::remember(conn, &call(1, 9)).unwrap(), Stored::Unchanged);
    let id = call(1, 1).id;
    assert_eq!(memories::resolve(conn, &id, &resolution(5)).unwrap(), Stored::New);
    assert_eq!(memories::resolve(conn, &id, &resolution(7)).unwrap(), Stored::Unchanged);
    assert_eq!(
        memories::resolve(conn, &call(2, 0).id, &resolution(7)).unwrap(),
        Stored::Unchanged
    );
    let all = memories::of_agent(conn, "market_intelligence").unwrap();
    assert_eq!(all.as_of(hour(4)).pending().collect::<Vec<_>>(), [&call(1, 1)]);
    assert_eq!(all.as_of(hour(4)).resolved().count(), 0, "it came an hour later");
    assert_eq!(
        all.as_of(hour(5)).resolved().collect::<Vec<_>>(),
        [(&call(1, 1), &resolution(5))]
    );
}

#[test]
fn stock_is_taken_whole_and_once() {
    let fixture = Fixture::new();
    let conn = &mut *fixture.conn();
    let leaves = |value: f64| Leaves {
        agent: "risk_manager".to_owned(),
        kpis: vec![kpi("a", 1, value)],
        remembered: vec![call(1, 1)],
        resolved: vec![(call(1, 1).id, resolution(2))],
        entry: Some(Written {
            id: "0123456789abcdef".to_owned(),
            thread: "0123456789abcdef".to_owned(),
            parent: None,
            sender: "/specialists/risk_manager".to_owned(),
            recipient: "all".to_owned(),
            kind: "alert".to_owned(),
            priority: "normal".to_owned(),
            at: hour(1).naive_utc(),
            body: "{}".to_owned(),
        }),
    };
    assert_eq!(keep(conn, &[leaves(0.5)]).unwrap(), Stored::New);
    assert_eq!(
        keep(conn, &[leaves(0.7)]).unwrap(),
        Stored::Unchanged,
        "whose word is in the journal has spoken"
    );
    assert_eq!(kpis::history(conn, "risk_manager", 9).unwrap(), [kpi("a", 1, 0.5)]);
    assert_eq!(journal::head(conn).unwrap().seq, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever is remembered, resolved and forgotten in whatever order, what is pending stays, and of the resolved the
    /// newest stay.
    #[test]
    fn only_what_is_resolved_makes_room(
        steps in prop::collection::vec((0u32..20, prop::option::of(0i64..50)), 1..40),
        keep in 0usize..8,
    ) {
        let fixture = Fixture::new();
        let conn = &mut *fixture.conn();
        let mut expected: BTreeMap<u32, Option<i64>> = BTreeMap::new();
        for (n, resolved) in steps {
            memories::remember(conn, &call(n, 0)).unwrap();
            let known = expected.entry(n).or_default();
            if let Some(at) = resolved {
                memories::resolve(conn, &call(n, 0).id, &resolution(at)).unwrap();
                *known = known.or(resolved);
            }
        }
        memories::rotate(conn, "market_intelligence", keep).unwrap();
        let all = memories::of_agent(conn, "market_intelligence").unwrap();
        let recall = all.as_of(hour(1_000));
        let n_pending = expected.values().filter(|r| r.is_none()).count();
        prop_assert_eq!(recall.pending().count(), n_pending);
        let mut times: Vec<i64> = expected.values().flatten().copied().collect();
        times.sort_by(|a, b| b.cmp(a));
        times.truncate(keep);
        let mut kept: Vec<i64> = recall.resolved().map(|(_, r)| (r.at - hour(0)).num_hours()).collect();
        kept.sort_by(|a, b| b.cmp(a));
        prop_assert_eq!(kept, times);
    }
}
