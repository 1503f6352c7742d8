//! What may be wrong with an answer, and that nothing of a wrong one counts.

use super::{GAME, answer, posed, shapes, subjects, view};
use crate::domain::belief::Abstention;
use crate::domain::quote::Market;
use crate::minds::llm::answer::{Fault, MAX_ANSWER_BYTES, read};
use crate::minds::llm::stance::stance;
use crate::swarms::fixture;
use proptest::prelude::*;
use serde_json::{Value, json};

fn faults(text: &str) -> Vec<String> {
    read(text, &posed().asked)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The answer with one field of its view changed.
fn with(field: &str, value: Value) -> String {
    let mut one = view(GAME, "spread", 0.55);
    one[field] = value;
    json!({"views": [one]}).to_string()
}

#[test]
fn a_good_answer_is_taken_and_an_empty_one_is_no_view() {
    let said = read(&answer(0.57), &posed().asked).unwrap();
    assert_eq!((said.len(), said[0].market, said[0].p_first), (1, Market::Spread, 0.57));
    assert_eq!(said[0].game.as_str(), GAME);
    assert_eq!(read("{\"views\":[]}", &posed().asked), Ok(Vec::new()));
}

#[test]
fn every_fault_has_its_name() {
    let check = |text: &str, part: &str| {
        let said = faults(text).join("\n");
        assert!(said.contains(part), "{text}: {said}");
    };
    check("KC will win", "not the JSON");
    check("{\"views\":[", "not the JSON");
    check(
        &answer(0.55).replace("}]}", "}],\"stake\":100}"),
        "unknown field ?stake?",
    );
    check(&with("stake", json!("5 units")), "unknown field ?stake?");
    check(
        &with("game", json!("2050_03_BUF_MIA")),
        "spread of 2050_03_BUF_MIA was not asked",
    );
    check(
        &with("market", json!("moneyline")),
        "moneyline of 2050_03_KC_DEN was not asked",
    );
    check(&with("market", json!("parlay")), "unknown variant ?parlay?");
    for p in [json!(0.0), json!(0.019), json!(0.99), json!(-1), json!(2)] {
        check(&with("p_first", p), "p_first of spread");
    }
    check(&with("p_first", json!("0.5")), "not the JSON");
    check(&answer(0.55).replace("0.55", "1e999"), "not the JSON");
    check(&answer(0.55).replace("0.55", "NaN"), "not the JSON");
    check(&with("confidence", json!(1.5)), "confidence of spread");
    for reasons in [
        json!([]),
        json!(["a", "b", "c", "d"]),
        json!([" "]),
        json!(["x".repeat(201)]),
    ] {
        check(&with("reasons", reasons), "one to three reasons");
    }
    let one = view(GAME, "spread", 0.5);
    check(&json!({"views": [one, one]}).to_string(), "answered twice");
    check(&" ".repeat(MAX_ANSWER_BYTES + 1), "65537 bytes");
}

#[test]
fn one_bad_view_spoils_the_answer_and_faults_are_bounded() {
    let mut views = vec![view(GAME, "spread", 0.55)];
    views.extend((0..50).map(|n| view(&format!("game {n}"), "total", 0.5)));
    let all = read(&json!({"views": views}).to_string(), &posed().asked).unwrap_err();
    assert_eq!(all.len(), 8);
    assert!(all.iter().all(|f| matches!(f, Fault::NotAsked { .. })));
}

#[test]
fn a_claim_levels_off_and_the_markets_own_view_is_none() {
    let offer = &fixture::slate()[0];
    let of = |p: f64| {
        let said = read(&answer(p), &posed().asked).unwrap();
        stance(&said[0], offer, &shapes())
    };
    let modest = of(0.54).unwrap();
    assert!((modest.p_first.get() - 0.54).abs() < 0.01, "{:?}", modest.p_first);
    assert!((modest.mean - 2.5 - modest.evidence[0].points).abs() < 1e-9);
    let wild = of(0.98).unwrap();
    assert!(wild.p_first.get() < 0.66, "four points at most: {:?}", wild.p_first);
    assert!((0.02..=0.12).contains(&wild.sd));
    assert_eq!(of(0.5), Err(Abstention::NoEdge));
    assert!(subjects().len() == 2);
}

proptest! {
    #[test]
    fn any_text_is_survived_and_what_passes_was_asked(text in prop_oneof![
        any::<String>(),
        "\\{\"views\":\\[\\{\"game\":\"2050_03_(KC_DEN|SF_SEA|X)\",\"market\":\"(spread|total|x)\",\"p_first\":[0-9.e-]{1,5},\
\"confidence\":[0-9.]{1,3},\"reasons\":\\[\"[a-z ]{0,9}\"\\]\\}\\]\\}",
    ]) {
        let asked = posed().asked;
        for said in read(&text, &asked).unwrap_or_default() {
            prop_assert!((0.02..=0.98).contains(&said.p_first) && (0.0..=1.0).contains(&said.confidence));
            prop_assert!(asked.iter().any(|a| a.game == said.game && a.market == said.market));
        }
    }
}
