//! The bus in the house: a round's minutes reach the audit clerk, who answers for them; everybody is in the registry.

use crate::house::{order, spec, store};
use huddle::actor::How;
use huddle::app::House;
use huddle::app::week::play;
use huddle::bus::{Request, Settle};
use huddle::clock::Clock;
use huddle::protocol::{AgentMessage, Answer, Body, Kind, Query, To};
use huddle::store::{journal, letters};
use std::time::Duration;

#[test]
fn the_clerk_counts_every_letter_of_a_round_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let patient = How::within(Duration::from_secs(60));
    let answer = actix::System::new().block_on(async {
        let house = House::start(spec(store.clone(), Clock::system()));
        play(&house, &order(&archive, None)).await.unwrap();
        house.bus.ask(Settle, patient).await.unwrap();
        let now = Clock::system().now();
        let to = To::One("/platform/audit_clerk".into());
        let mut ask = AgentMessage::new("q1".into(), "/tests", to, Kind::Request, now, Query::Tally);
        ask.deadline = Some(now + chrono::TimeDelta::seconds(60));
        let answer = house.bus.ask(Request(ask), patient).await.unwrap().unwrap();
        assert_eq!(house.stop().await.code(), 0);
        answer
    });
    assert_eq!(
        (answer.parent_id, answer.kind, answer.incarnation),
        (Some("q1".into()), Kind::Response, 1)
    );
    let Body::Answer(Answer::Tally { lines }) = answer.body else {
        panic!("{:?}", answer.body)
    };
    let n: u64 = lines.iter().map(|line| line.n).sum();
    let mut conn = store.conn().unwrap();
    assert_eq!(n, journal::head(&mut conn).unwrap().seq.unsigned_abs());
    let votes = lines.iter().filter(|line| line.kind == Kind::Vote).count();
    assert_eq!(votes, 12, "every seat voted or said why not");
    let counts = letters::counts(&mut conn).unwrap();
    assert_eq!((counts.n_waiting, counts.n_quarantined, counts.n_dead), (0, 0, 0));
}

#[test]
fn everybody_is_found_by_path_role_tool_and_group() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = store(&dir);
    actix::System::new().block_on(async {
        let house = House::start(spec(store, Clock::system()));
        let registry = &house.registry;
        assert_eq!(registry.by_role("swarm_member").len(), 12);
        assert_eq!(registry.by_role("strategist").len(), 7);
        assert_eq!(registry.by_role("validator").len(), 3);
        assert_eq!(registry.all().len(), 12 + 12 + 2 + 7 + 3 + 1 + 2 + 1 + 1);
        assert_eq!(registry.by_role("swarm_orchestrator").len(), 1);
        let paths = |tool| -> Vec<String> { registry.by_tool(tool).into_iter().map(|e| e.path).collect() };
        assert_eq!(paths("grading"), ["/specialists/performance_analyst"]);
        assert_eq!(paths("staking"), ["/specialists/risk_manager"]);
        assert_eq!(paths("steam_detection"), ["/specialists/market_intelligence"]);
        assert_eq!(paths("pattern_mining"), ["/specialists/strategy_analyst"]);
        assert_eq!(registry.group("swarm").len(), 13, "the swarm and its members");
        let elo = registry.get("/swarms/consensus/elo").unwrap();
        assert!(elo.gone().is_none() && elo.door.is_none() && elo.vitals().restarts == 0);
        house.stop().await;
    });
}
