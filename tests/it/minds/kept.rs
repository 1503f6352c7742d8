//! What models said is kept, and a round with models is held again without them, to the byte.

use super::*;
use huddle::store::model_calls;

/// The first slot is overloaded; the second is refused once and then answers.
fn stumbling(n: usize, call: &Call) -> Manner {
    match call.provider {
        Provider::Anthropic => status(529, "overloaded_error", "Overloaded"),
        _ => Manner::Says(view(call, if n == 2 { 6.0 } else { 0.6 })),
    }
}

/// Nobody answers, each in its own way.
fn mute(_: usize, call: &Call) -> Manner {
    match call.provider {
        Provider::Anthropic => Manner::Hangs,
        _ => status(429, "insufficient_quota", "check your plan"),
    }
}

fn two() -> MindSettings {
    minds(vec![
        slot("first", Some(Provider::Anthropic)),
        slot("second", Some(Provider::OpenAi)),
    ])
}

fn refused(_: usize, _: &Call) -> Manner {
    Manner::Fails(WireError::Connect("refused".to_owned()))
}

fn check(script: fn(usize, &Call) -> Manner, says: &str, n_calls: usize) {
    let mut stage = Stage::new(two());
    stage.keep = true;
    let live = stage.hold(script);
    assert!(live.stance().contains(says), "{}", live.stance());
    let kept = model_calls::latest(&mut stage.store.conn().unwrap(), 99).unwrap();
    assert_eq!((live.calls.len(), kept.len()), (n_calls, n_calls));

    // In the same home it is the same round, which is stored already.
    stage.minds.kept_only = true;
    let again = stage.hold(refused);
    assert_eq!((again.calls.len(), again.n_known), (0, 1));
    assert_eq!(again.journal.hash, live.journal.hash);

    // In another one that has the calls alone, the journal is the same to the byte.
    let mut other = Stage::new(two());
    (other.keep, other.minds.kept_only) = (true, true);
    for call in kept.iter().rev() {
        model_calls::keep(&mut other.store.conn().unwrap(), call).unwrap();
    }
    let replayed = other.hold(refused);
    assert!(replayed.calls.is_empty());
    assert_eq!(replayed.stance(), live.stance());
    assert_eq!(replayed.journal.hash, live.journal.hash);
    assert_eq!(replayed.journal.seq, live.journal.seq);
}

#[test]
fn a_round_with_models_is_held_again_from_what_is_kept_while_nobody_can_be_reached() {
    check(stumbling, "p 0.", 3);
    check(mute, "second: openai: its quota is used up", 2);
}

#[test]
fn what_is_not_kept_is_an_abstention_that_says_so() {
    let mut stage = Stage::new(two());
    stage.minds.kept_only = true;
    let held = stage.hold(|_, call| Manner::Says(view(call, 0.6)));
    assert!(held.calls.is_empty());
    assert_eq!(
        held.stance(),
        "absent: first: not kept: ask with --minds local or live; second: not kept: ask with --minds local or live"
    );
    let kept = model_calls::latest(&mut stage.store.conn().unwrap(), 9).unwrap();
    assert!(kept.is_empty(), "what was not asked is not kept either");
}

#[test]
fn a_kept_call_says_what_it_was_and_holds_no_key() {
    let stage = Stage::new(minds(vec![slot("only", Some(Provider::Anthropic))]));
    let held = stage.hold(|_, call| Manner::Says(view(call, 0.6)));
    let kept = model_calls::latest(&mut stage.store.conn().unwrap(), 9).unwrap();
    let [call] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(call.round_id, held.round.convened.round.0);
    assert_eq!((call.outcome.as_str(), call.usd_micros), ("answered", 1_950));
    assert_eq!((call.input_tokens, call.output_tokens), (Some(1_500), Some(90)));
    assert_eq!(call.request.as_bytes(), held.calls[0].body.as_deref().unwrap());
}
