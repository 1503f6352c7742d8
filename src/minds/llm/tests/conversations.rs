//! Which failure leads where, that a faulty answer is repaired once, and that it ends after as many calls as it may make.

use super::{GAME, answer, reply, shapes, slot, subjects, whole};
use crate::api::{ApiError, Provider};
use crate::domain::belief::{Abstention, Opinion};
use crate::domain::quote::Market;
use crate::minds::llm::budget::{Exceeded, Span};
use crate::minds::llm::conversation::{Conversation, Step};
use crate::minds::llm::question::Form;
use crate::minds::llm::slot::{Dialect, Slot};
use crate::minds::llm::trouble::Trouble;
use proptest::prelude::*;
use std::time::Duration;

fn chain() -> Vec<Slot> {
    vec![slot(Dialect::Anthropic), slot(Dialect::OpenAi), slot(Dialect::Ollama)]
}

fn begin(chain: Vec<Slot>) -> (Conversation, Step) {
    Conversation::begin(chain.into(), Form::Named, subjects(), shapes())
}

fn good(dialect: Dialect) -> Vec<u8> {
    reply(dialect, &answer(0.56), whole(dialect))
}

fn slot_of(step: &Step) -> usize {
    match step {
        Step::Ask(errand) | Step::Repair(errand) | Step::Fallback(errand) => errand.slot,
        Step::Done(_) => panic!("it is over: {step:?}"),
    }
}

/// What it ends with for the asked markets, as text.
fn reason(step: &Step) -> String {
    let Step::Done(opinions) = step else {
        panic!("it goes on: {step:?}")
    };
    assert_eq!(opinions.len(), 6, "one for each game and market");
    match &opinions[0].stance {
        Ok(belief) => format!("p {:.2}", belief.p_first.get()),
        Err(why) => why.to_string(),
    }
}

fn overloaded() -> Trouble {
    Trouble::Api(ApiError::Failed {
        provider: Provider::Anthropic,
        message: "overloaded".to_owned(),
        n_attempts: 1,
        billed: false,
    })
}

#[test]
fn a_good_answer_ends_it() {
    for dialect in Dialect::ALL {
        let (mut talk, first) = begin(vec![slot(dialect)]);
        assert!(matches!(first, Step::Ask(_)));
        let done = talk.heard(Ok(&good(dialect)));
        assert_eq!(reason(&done), "p 0.56", "{dialect:?}");
        let Step::Done(opinions) = done else { unreachable!() };
        let moneyline = |o: &&Opinion| o.market == Market::Moneyline;
        assert!(
            opinions
                .iter()
                .filter(moneyline)
                .all(|o| o.stance == Err(Abstention::NoLine))
        );
        assert_eq!(
            opinions[1].stance,
            Err(Abstention::NoEdge),
            "a market left out is no view"
        );
        assert_eq!(opinions[0].game.as_str(), GAME);
    }
}

#[test]
fn a_faulty_answer_is_repaired_once_and_then_silence() {
    let bad = reply(Dialect::Anthropic, &answer(1.5), "end_turn");
    let (mut talk, _) = begin(chain());
    let Step::Repair(errand) = talk.heard(Ok(&bad)) else {
        panic!("no repair")
    };
    assert_eq!(errand.slot, 0);
    let body = String::from_utf8(errand.call.body.unwrap().to_vec()).unwrap();
    assert!(
        body.contains("p_first of spread of 2050_03_KC_DEN must be from 0.02 to 0.98"),
        "{body}"
    );
    let mut again = talk.clone();
    assert_eq!(reason(&talk.heard(Ok(&good(Dialect::Anthropic)))), "p 0.56");
    assert_eq!(
        reason(&again.heard(Ok(b"<html>"))),
        "absent: claude: its answer was refused twice: the reply has no text: it is not JSON"
    );
    assert_eq!(again.n_calls(), 2);
}

#[test]
fn each_failure_leads_where_its_kind_does() {
    let provider = Provider::Anthropic;
    let next = [
        overloaded(),
        Trouble::Api(ApiError::Deadline {
            provider,
            waited_for: None,
        }),
        Trouble::Api(ApiError::BreakerOpen {
            provider,
            retry_in: Duration::from_secs(9),
        }),
        Trouble::Api(ApiError::QuotaExhausted { provider, until: None }),
        Trouble::Api(ApiError::Misconfigured {
            provider,
            message: "no key".to_owned(),
        }),
        Trouble::Unaffordable(Exceeded {
            span: Span::Day,
            cap_micros: 5,
            left_micros: 1,
            wanted_micros: 2,
        }),
        Trouble::Lost("the API manager is gone".to_owned()),
    ];
    for trouble in next {
        let (mut talk, _) = begin(chain());
        let step = talk.heard(Err(trouble.clone()));
        assert!(matches!(step, Step::Fallback(_)) && slot_of(&step) == 1, "{trouble}");
        assert_eq!(reason(&talk.heard(Ok(&good(Dialect::OpenAi)))), "p 0.56");
    }
    let stop = [
        ApiError::Declined {
            provider,
            message: "the model declined to answer".to_owned(),
        },
        ApiError::Refused {
            provider,
            status: 400,
            message: "no such field".to_owned(),
        },
        ApiError::ShuttingDown { provider },
    ];
    for error in stop {
        let (mut talk, _) = begin(chain());
        let said = reason(&talk.heard(Err(error.clone().into())));
        assert_eq!(said, format!("absent: claude: {error}"));
        assert_eq!(talk.n_calls(), 1);
    }
}

#[test]
fn what_was_cut_goes_to_a_slot_that_may_write_more() {
    let longer = Slot {
        max_tokens: 9_000,
        ..slot(Dialect::Ollama)
    };
    let (mut talk, _) = begin(vec![slot(Dialect::Anthropic), slot(Dialect::OpenAi), longer]);
    let cut = reply(Dialect::Anthropic, "{\"views\":[{", "max_tokens");
    let step = talk.heard(Ok(&cut));
    assert_eq!(slot_of(&step), 2);
    let cut = reply(Dialect::Ollama, "{\"views\":[{", "length");
    assert_eq!(
        reason(&talk.heard(Ok(&cut))),
        "absent: claude: the answer was cut at its limit of length; llama: the answer was cut at its limit of length"
    );
    let refused = reply(Dialect::Anthropic, "no", "refusal");
    let (mut talk, _) = begin(chain());
    assert_eq!(
        reason(&talk.heard(Ok(&refused))),
        "absent: claude: the model declined to answer"
    );
}

#[test]
fn a_slot_that_knows_the_games_is_passed_over() {
    let knows = Slot {
        cutoff: "2051-01-01".parse().unwrap(),
        ..slot(Dialect::Anthropic)
    };
    let (mut talk, step) = begin(vec![knows.clone(), slot(Dialect::OpenAi)]);
    assert_eq!(slot_of(&step), 1);
    assert_eq!(
        reason(&talk.heard(Err(overloaded()))),
        "absent: gpt: anthropic: overloaded (after 1 attempts)"
    );
    let (_, step) = begin(vec![knows.clone()]);
    assert!(reason(&step).starts_with("in doubt: claude was trained until 2051-01-01"));
    let (mut talk, _) = begin(vec![slot(Dialect::OpenAi), knows]);
    assert!(reason(&talk.heard(Err(overloaded()))).starts_with("absent: gpt: "));
    let (_, step) = begin(Vec::new());
    assert_eq!(reason(&step), "absent: no model is configured");
}

#[test]
fn time_ends_it_too() {
    let (mut talk, _) = begin(chain());
    let done = Step::Done(talk.late());
    assert_eq!(reason(&done), "absent: claude: had not answered in time");
}

proptest! {
    #[test]
    fn it_ends_after_a_call_a_slot_and_one_repair(n_slots in 0usize..5, deeds in proptest::collection::vec(0u8..6, 12)) {
        let chain: Vec<Slot> = (0..n_slots).map(|i| slot(Dialect::ALL[i])).collect();
        let dialects: Vec<Dialect> = chain.iter().map(|s| s.dialect).collect();
        let (mut talk, mut step) = begin(chain);
        let (mut n_calls, mut n_repairs) = (0, 0);
        for deed in deeds {
            if matches!(step, Step::Done(_)) {
                break;
            }
            n_calls += 1;
            let dialect = dialects[slot_of(&step)];
            step = match deed {
                0 => talk.heard(Ok(&good(dialect))),
                1 => talk.heard(Ok(&reply(dialect, &answer(7.0), whole(dialect)))),
                2 | 3 => talk.heard(Err(overloaded())),
                4 => talk.heard(Ok(b"")),
                _ => talk.heard(Ok(&reply(dialect, "x", "length"))),
            };
            n_repairs += usize::from(matches!(step, Step::Repair(_)));
        }
        prop_assert!(matches!(step, Step::Done(_)), "{step:?}");
        prop_assert!(n_calls <= n_slots + 1 && n_repairs <= 1 && talk.n_calls() == n_calls);
    }
}
