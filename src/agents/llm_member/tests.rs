//! The seat answers every study once, by its deadline, and lets no stray reply in.

use super::*;
use crate::api::{Provider, TokenPrice};
use crate::domain::belief::Abstention;
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use crate::machine::drive;
use crate::minds::llm::{Dialect, Structured};
use crate::protocol::question::Disputed;
use crate::swarms::fixture;
use rand_pcg::Pcg64Mcg;
use serde_json::json;

struct Stage {
    member: LlmMember,
    now: DateTime<Utc>,
    rng: Pcg64Mcg,
}

impl Stage {
    fn new(n_slots: usize) -> Stage {
        let slot = |n: usize| Slot {
            name: format!("local{n}").as_str().into(),
            provider: Provider::Ollama,
            dialect: Dialect::Ollama,
            model: "m".to_owned(),
            price: TokenPrice::default(),
            max_tokens: 500,
            max_games: 20,
            structured: Structured::JsonSchema,
            cutoff: "2049-01-01".parse().unwrap(),
            timeout: Duration::from_secs(60),
        };
        Stage {
            member: LlmMember::new((1..=n_slots).map(slot).collect(), Form::Named),
            now: fixture::opens_at(),
            rng: Pcg64Mcg::new(1),
        }
    }

    fn hear(&mut self, input: Input) -> Vec<Effect> {
        drive(&mut self.member, input, self.now, &mut self.rng)
    }

    fn study(&mut self, round: &str) -> Vec<Effect> {
        let study = Study {
            round: RoundId(round.to_owned()),
            when: fixture::WHEN,
            basis: crate::domain::belief::Basis::Open,
            view: fixture::view(),
            slate: fixture::slate(),
        };
        self.hear(Input::Study(study, Vec::new()))
    }

    fn reply(&mut self, round: &str, number: u64, outcome: Result<&str, &str>) -> Vec<Effect> {
        let body = |text| json!({"message": {"content": text}, "done": true, "done_reason": "stop"}).to_string();
        self.hear(Input::Replied {
            round: RoundId(round.to_owned()),
            number,
            outcome: outcome
                .map(|text| body(text).into_bytes().into())
                .map_err(|why| Trouble::Lost(why.to_owned())),
        })
    }
}

fn call(effects: &[Effect]) -> (u64, Duration) {
    match effects {
        [Effect::Call { number, errand, .. }] => (*number, errand.timeout),
        other => panic!("no call: {other:?}"),
    }
}

fn answered(effects: &[Effect]) -> &Answer {
    match effects {
        [Effect::Answered { answer, .. }] => answer,
        other => panic!("no answer: {other:?}"),
    }
}

const GOOD: &str = r#"{"views":[{"game":"2050_03_KC_DEN","market":"spread","p_first":0.56,"confidence":0.5,"reasons":["rest"]}]}"#;

#[test]
fn a_study_is_a_call_and_its_reply_an_answer() {
    let mut stage = Stage::new(2);
    let (number, timeout) = call(&stage.study("r1"));
    assert_eq!(timeout, Duration::from_secs(60));
    assert!(stage.reply("r0", number, Ok(GOOD)).is_empty(), "another round's");
    assert!(stage.reply("r1", number + 1, Ok(GOOD)).is_empty(), "a call nobody made");
    let effects = stage.reply("r1", number, Ok(GOOD));
    let answer = answered(&effects);
    assert_eq!((answer.opinions.len(), answer.forecasts.len()), (6, 2));
    assert!(answer.record.is_empty() && answer.opinions[0].stance.is_ok());
    assert!(stage.reply("r1", number, Ok(GOOD)).is_empty(), "answered once");
    let dispute = Dispute {
        round: RoundId("r1".to_owned()),
        markets: vec![Disputed {
            game: GameId::new("2050_03_KC_DEN"),
            market: Market::Spread,
            others: -0.2,
            n_others: 5,
        }],
    };
    let effects = stage.hear(Input::Revise(dispute));
    let [Effect::Revised(changed)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let p = changed[0].stance.as_ref().unwrap().p_first.get();
    assert!(p < 0.56 && p > 0.5, "half way at most: {p}");
}

#[test]
fn what_is_left_of_the_time_bounds_each_call_and_then_it_is_late() {
    let mut stage = Stage::new(3);
    let (first, _) = call(&stage.study("r1"));
    stage.now += TimeDelta::seconds(60);
    let (second, timeout) = call(&stage.reply("r1", first, Err("nobody answered")));
    assert_eq!(timeout, Duration::from_secs(40));
    stage.now += TimeDelta::seconds(40);
    let effects = stage.reply("r1", second, Err("nobody answered"));
    let why = answered(&effects).opinions[0].stance.clone().unwrap_err();
    assert_eq!(
        why,
        Abstention::Absent {
            reason: "local1: nobody answered; local2: nobody answered; local3: had not answered in time"
                .to_owned()
        }
    );
}

#[test]
fn an_alarm_ends_the_round_it_is_for_and_no_other() {
    let mut stage = Stage::new(1);
    let (number, _) = call(&stage.study("r1"));
    assert!(stage.hear(Input::Late(RoundId("r0".to_owned()))).is_empty());
    assert!(
        answered(&stage.hear(Input::Late(RoundId("r1".to_owned())))).opinions[0]
            .stance
            .is_err()
    );
    assert!(stage.reply("r1", number, Ok(GOOD)).is_empty(), "too late");
    let (again, _) = call(&stage.study("r2"));
    assert!(again > number);
    assert_eq!(answered(&stage.reply("r2", again, Ok(GOOD))).opinions.len(), 6);
}

#[test]
fn without_a_slot_it_says_so_at_once() {
    let mut stage = Stage::new(0);
    assert!(answered(&stage.study("r1")).opinions.iter().all(|o| o.stance.is_err()));
}
