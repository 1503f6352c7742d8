//! Every provider's form and every way to fail, money, crashes, and that the round ends in time whatever happens.

use super::*;

#[test]
fn every_provider_is_asked_in_its_form_and_its_answer_is_an_opinion() {
    let providers = [
        Some(Provider::Anthropic),
        Some(Provider::OpenAi),
        Some(Provider::Xai),
        Some(Provider::Ollama),
        None,
    ];
    for provider in providers {
        let stage = Stage::new(minds(vec![slot("only", provider)]));
        let held = stage.hold(|_, call| Manner::Says(view(call, 0.6)));
        let stance = held.stance();
        assert!(stance.starts_with("p 0."), "{provider:?}: {stance}");
        assert_eq!(held.calls.len(), 1);
        assert_eq!(records(&held.calls[0]).len(), held.round.convened.slate.len());
        // 1,500 tokens at a dollar and 90 at five a million. What a keyless server used, nobody says.
        let spent = stage.spent_micros();
        assert!(spent == 1_950 || provider.is_none(), "{provider:?}: {spent}");
        // Seats without statistics or forecasts leave; of an even table who has no record stands down.
        let stood_down = held.seat().stood_down.as_deref().unwrap();
        assert!(stood_down.contains("the table would be even"), "{stood_down}");
    }
}

/// One slot at Anthropic that always does the same: what the seat says of it, in how many calls.
fn check(
    name: &str,
    expected: &str,
    n_calls: usize,
    script: impl Fn(usize, &Call) -> Manner + Send + Sync + 'static,
) {
    let held = Stage::new(minds(vec![slot("only", Some(Provider::Anthropic))])).hold(script);
    let stance = held.stance();
    assert!(
        stance.starts_with("absent: only: ") && stance.contains(expected),
        "{name}: {stance}"
    );
    assert!(held.seat().silent().is_some_and(|why| stance.ends_with(why)), "{name}");
    assert_eq!(held.calls.len(), n_calls, "{name}");
}

#[test]
fn what_a_model_says_wrong_ends_in_silence_with_its_reason() {
    check("refusal", "declined", 1, |_, _| Manner::Ends("refusal"));
    check("truncated", "cut", 1, |_, _| Manner::Ends("max_tokens"));
    check("malformed", "refused twice", 2, |_, _| {
        Manner::Says("KC will win, believe me".to_owned())
    });
    check("a stake", "unknown field ?stake?", 2, |_, call| {
        Manner::Says(view(call, 0.6).replace("\"market\"", "\"stake\":500,\"market\""))
    });
    let held = Stage::new(minds(vec![slot("only", Some(Provider::Anthropic))]))
        .hold(|n, call| Manner::Says(view(call, if n == 1 { 6.0 } else { 0.6 })));
    assert!(held.stance().starts_with("p 0."), "repaired: {}", held.stance());
    assert_eq!(held.calls.len(), 2);
}

#[test]
fn what_a_provider_does_wrong_ends_in_silence_with_its_reason() {
    check("429", "slow down", 1, |_, _| {
        status(429, "rate_limit_error", "slow down")
    });
    check("529", "Overloaded", 1, |_, _| {
        status(529, "overloaded_error", "Overloaded")
    });
    check("quota", "quota is used up", 1, |_, _| {
        status(402, "billing_error", "pay first")
    });
    check("key", "set ANTHROPIC_API_KEY", 1, |_, _| {
        Manner::Fails(WireError::NoKey(
            "anthropic needs a key: set ANTHROPIC_API_KEY".to_owned(),
        ))
    });
    check("not running", "no connection: refused", 1, |_, _| {
        Manner::Fails(WireError::Connect("refused".to_owned()))
    });
    check("400", "no such field", 1, |_, _| {
        status(400, "invalid_request_error", "no such field")
    });
    check("slow", "", 1, |_, _| Manner::Slow(45));
    check("hang", "not answered before its deadline", 1, |_, _| Manner::Hangs);
    check("dies between", "the connection broke", 2, |n, _| match n {
        1 => Manner::Says("{}".to_owned()),
        _ => Manner::Fails(WireError::Broken("reset".to_owned())),
    });
}

#[test]
fn the_next_slot_answers_for_one_that_cannot_and_a_round_of_hanging_ones_ends() {
    let three = || {
        minds(vec![
            slot("first", Some(Provider::Anthropic)),
            slot("second", Some(Provider::OpenAi)),
            slot("third", Some(Provider::Ollama)),
        ])
    };
    let held = Stage::new(three()).hold(|_, call| match call.provider {
        Provider::Anthropic => status(529, "overloaded_error", "Overloaded"),
        Provider::OpenAi => status(429, "insufficient_quota", "check your plan"),
        _ => Manner::Says(view(call, 0.6)),
    });
    assert!(held.stance().starts_with("p 0."), "{}", held.stance());
    assert_eq!(held.calls.len(), 3);
    let held = Stage::new(three()).hold(|_, _| Manner::Hangs);
    let stance = held.stance();
    assert!(stance.contains("first:") && stance.contains("third:"), "{stance}");
    assert!(held.took >= Duration::from_secs(80));
}

#[test]
fn a_game_the_model_may_know_is_not_asked() {
    let knows = SlotSettings {
        cutoff: "2099-12-31".parse().unwrap(),
        ..slot("only", Some(Provider::Anthropic))
    };
    let held = Stage::new(minds(vec![knows])).hold(|_, call| Manner::Says(view(call, 0.6)));
    assert!(held.calls.is_empty());
    let answer = held.seat().answer.as_ref().unwrap();
    let in_doubt = |stance: &Result<_, Abstention>| matches!(stance, Err(Abstention::InDoubt { .. }));
    assert!(answer.opinions.iter().all(|o| in_doubt(&o.stance)));
}

#[test]
fn a_cap_holds_in_a_round_and_over_restarts() {
    let poor = MindSettings {
        round_usd: 0.001,
        ..minds(vec![slot("only", Some(Provider::Anthropic))])
    };
    let held = Stage::new(poor).hold(|_, call| Manner::Says(view(call, 0.6)));
    assert!(
        held.calls.is_empty() && held.stance().contains("of the round's $0.0010 are left"),
        "{}",
        held.stance()
    );
    // Five cents a day, and a provider that never says what it took: each process starts from what the ledger holds.
    let daily = MindSettings {
        round_usd: 0.05,
        day_usd: 0.05,
        ..minds(vec![slot("only", Some(Provider::Anthropic))])
    };
    let stage = Stage::new(daily);
    let mut n_calls = 0;
    for _ in 0..6 {
        n_calls += stage
            .hold(|_, _| Manner::Fails(WireError::Broken("reset".to_owned())))
            .calls
            .len();
        assert!(stage.spent_micros() <= 50_000, "{}", stage.spent_micros());
    }
    assert!((1..6).contains(&n_calls), "{n_calls}");
}

#[test]
fn a_seat_that_crashes_is_asked_again_whether_or_not_its_model_was_thinking() {
    let stage = Stage::new(minds(vec![slot("only", Some(Provider::Ollama))]));
    let held = stage.hold_with(Crash::AtOnce, |_, _| Manner::Slow(5));
    let log = held.seat();
    assert!(held.stance().starts_with("p 0."), "{}", held.stance());
    assert_eq!(
        (log.restarts, log.incarnation, log.losses.len()),
        (1, 2, 0),
        "its question was in its mailbox"
    );
    // In another house: the first would answer its round from what it has kept.
    let stage = Stage::new(minds(vec![slot("only", Some(Provider::Ollama))]));
    let held = stage.hold_with(Crash::After(Duration::from_secs(2)), |_, _| Manner::Slow(5));
    let log = held.seat();
    assert!(held.stance().starts_with("p 0."), "{}", held.stance());
    assert_eq!(log.incarnation, 2);
    assert_eq!(log.losses, ["it crashed before it had answered"]);
    assert_eq!(
        held.calls.len(),
        1,
        "its model was still thinking, and is asked for the same: one call serves both"
    );
}
