//! A seat with a record: what it said in earlier rounds is graded, and it votes at a table it would else have left.

use super::*;
use huddle::domain::quote::{Market, Moment};

/// A model that knows where lines will go: with a record of that no seat's is better.
fn clairvoyant(archive: &Arc<Archive>) -> impl Fn(&Call) -> String + Send + Sync + 'static {
    let archive = Arc::clone(archive);
    move |call| {
        let end = archive.as_of(chrono::DateTime::<chrono::Utc>::MAX_UTC);
        let mut views = Vec::new();
        for row in records(call) {
            let name = row["game"].as_str().unwrap();
            let game = end.fixtures().find(|f| f.id.as_str() == name).unwrap().id.clone();
            for market in [Market::Spread, Market::Total] {
                let line = |moment| Some(end.reference(&game, market, moment)?.line?.points());
                let Some((open, close)) = line(Moment::Open).zip(line(Moment::Close)) else {
                    continue;
                };
                let p_first = if close > open { 0.56 } else { 0.44 };
                views.push(json!({
                    "game": name, "market": market.name(), "p_first": p_first, "confidence": 0.8, "reasons": ["foresight"],
                }));
            }
        }
        json!({ "views": views }).to_string()
    }
}

fn stage() -> Stage {
    Stage::new(minds(vec![slot("only", Some(Provider::Anthropic))]))
}

/// The season's weeks 1 to 5, held at their openers and kept.
fn with_past(stage: &mut Stage) {
    stage.keep = true;
    for week in 1..=5 {
        stage.week = Some(week);
        let says = clairvoyant(&stage.archive);
        let held = stage.hold(move |_, call| Manner::Says(says(call)));
        assert!(
            held.stance().starts_with("p 0.") || held.stance() == "no view",
            "{}",
            held.stance()
        );
    }
    (stage.keep, stage.week) = (false, None);
}

#[test]
fn a_seat_with_a_record_votes_and_one_that_is_silent_changes_no_pick() {
    let mut stage = stage();
    with_past(&mut stage);
    let says = clairvoyant(&stage.archive);
    let held = stage.hold(move |_, call| Manner::Says(says(call)));
    let log = held.seat();
    assert!(log.stood_down.is_none(), "{:?}", log.stood_down);
    let seat = Seat::new("llm");
    let votes = held.round.decisions.iter().flat_map(|d| &d.agreement.votes);
    let own: Vec<_> = votes.filter(|vote| vote.seat == seat).collect();
    let voting = own.iter().filter(|vote| vote.stance.is_ok()).count();
    assert!(voting > 0 && own.iter().any(|vote| vote.weight > 1.0), "{voting} votes");

    // The same round with a model that does not answer is the round of a house without one.
    // In another house of the same past: this one has kept what was answered in the round.
    let mut other = self::stage();
    other.archive = Arc::clone(&stage.archive);
    with_past(&mut other);
    let silent = other.hold(|_, _| Manner::Fails(WireError::Connect("refused".to_owned())));
    assert!(silent.seat().stood_down.is_some(), "it brings no record");
    let mut without = Stage::new(minds(Vec::new()));
    without.archive = Arc::clone(&stage.archive);
    let without = without.hold(|_, _| unreachable!("there is no model"));
    assert!(!without.round.seats.contains_key(&seat));
    assert_eq!(
        super::injected::decisions(&silent),
        super::injected::decisions(&without)
    );
    assert_ne!(super::injected::decisions(&held), super::injected::decisions(&without));
}

#[test]
fn a_record_is_not_read_from_rounds_that_knew_more() {
    let mut stage = stage();
    with_past(&mut stage);
    stage.week = Some(2);
    let says = clairvoyant(&stage.archive);
    let held = stage.hold(move |_, call| Manner::Says(says(call)));
    // One week is too little, and what was said and settled later is not known: without a record the seat leaves.
    assert_eq!(held.round.convened.when.week, 2);
    assert!(held.seat().stood_down.is_some());
}
