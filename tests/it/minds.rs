//! A seat that asks language models, in a house: every provider's form, every way to fail, money, crashes, and that the
//! round ends in time whatever happens. The providers are a script in memory; time is the world's.

use crate::house::{order, spec, store};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use huddle::actor::Lane;
use huddle::api::{ApiSettings, Call, Provider, Reply, Spend, Validators, WireError};
use huddle::app::week::play;
use huddle::app::{House, HouseSpec};
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::belief::{Abstention, Seat};
use huddle::minds::llm::settings::SlotSettings;
use huddle::minds::llm::{MindSettings, Structured};
use huddle::shell::Sabotage;
use huddle::store::Store;
use huddle::store::api::ledger;
use huddle::swarms::round::{Round, SeatLog};
use huddle::transport::Wire;
use huddle::world::World;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What a provider does with a call.
enum Manner {
    /// Answers with a text.
    Says(String),
    /// Answers with a text that ended so.
    Ends(&'static str),
    /// Answers with a status and a body.
    Status(u16, Value),
    /// Answers well, after so many seconds.
    Slow(u64),
    /// Never answers.
    Hangs,
    /// Cannot be asked.
    Fails(WireError),
}

type Script = Arc<dyn Fn(usize, &Call) -> Manner + Send + Sync>;

/// Providers by a script, and what they were asked.
#[derive(Clone)]
struct Scripted {
    script: Script,
    asked: Arc<Mutex<Vec<Call>>>,
}

impl Wire for Scripted {
    fn perform(
        &self,
        call: Call,
        _: Option<Validators>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>> {
        let n = {
            let mut asked = self.asked.lock();
            asked.push(call.clone());
            asked.len()
        };
        let manner = (self.script)(n, &call);
        async move {
            match manner {
                Manner::Says(text) => Ok(reply(200, said(&call, &text, None))),
                Manner::Ends(ended) => Ok(reply(200, said(&call, "{\"views\":[", Some(ended)))),
                Manner::Status(status, body) => Ok(reply(status, body)),
                Manner::Fails(error) => Err(error),
                Manner::Hangs => std::future::pending().await,
                Manner::Slow(seconds) => {
                    let wait = Duration::from_secs(seconds);
                    tokio::time::sleep(wait.min(timeout)).await;
                    if wait < timeout {
                        Ok(reply(200, said(&call, &view(&call, 0.6), None)))
                    } else {
                        Err(WireError::Timeout(timeout))
                    }
                }
            }
        }
        .boxed()
    }
}

fn reply(status: u16, body: Value) -> Reply {
    Reply {
        status,
        body: body.to_string().into_bytes().into(),
        ..Reply::default()
    }
}

/// A text as each provider writes it, told apart by its path.
fn said(call: &Call, text: &str, ended: Option<&str>) -> Value {
    match call.path.as_str() {
        "/v1/messages" => json!({
            "type": "message", "role": "assistant", "content": [{"type": "text", "text": text}],
            "stop_reason": ended.unwrap_or("end_turn"), "usage": {"input_tokens": 1_500, "output_tokens": 90},
        }),
        "/api/chat" => json!({
            "message": {"role": "assistant", "content": text}, "done": true, "done_reason": ended.unwrap_or("stop"),
            "prompt_eval_count": 1_500, "eval_count": 90,
        }),
        _ => json!({
            "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": ended.unwrap_or("stop")}],
            "usage": {"prompt_tokens": 1_500, "completion_tokens": 90, "total_tokens": 1_590},
        }),
    }
}

/// The records of a call's question.
fn records(call: &Call) -> Vec<Value> {
    let body: Value = serde_json::from_slice(call.body.as_ref().unwrap()).unwrap();
    let question = body["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap();
    let (data, _) = question
        .strip_prefix("<data>\n")
        .unwrap()
        .split_once("</data>")
        .unwrap();
    data.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An answer with one view, of the spread of the first game that was asked.
fn view(call: &Call, p_first: f64) -> String {
    let game = records(call)[0]["game"].clone();
    let view =
        json!({"game": game, "market": "spread", "p_first": p_first, "confidence": 0.6, "reasons": ["rest"]});
    json!({"views": [view]}).to_string()
}

fn slot(name: &str, provider: Option<Provider>) -> SlotSettings {
    SlotSettings {
        name: name.to_owned(),
        provider,
        base_url: provider.is_none().then(|| "http://127.0.0.1:8080/v1".to_owned()),
        model: format!("{name}-1"),
        input_usd: 1.0,
        output_usd: 5.0,
        max_tokens: 2_000,
        max_games: 20,
        structured: Structured::JsonSchema,
        cutoff: "2000-01-01".parse().unwrap(),
        timeout_s: 30,
    }
}

fn minds(slots: Vec<SlotSettings>) -> MindSettings {
    MindSettings {
        slots,
        ..MindSettings::default()
    }
}

/// When the seat is brought down.
enum Crash {
    None,
    /// As it is asked.
    AtOnce,
    /// So long after the round began, while its model thinks.
    After(Duration),
}

/// A stage: a database, and the slots at the table.
struct Stage {
    store: Store,
    archive: Arc<Archive>,
    minds: MindSettings,
    _folder: tempfile::TempDir,
}

/// A round that was held.
struct Held {
    round: Round,
    calls: Vec<Call>,
    took: Duration,
}

impl Held {
    fn seat(&self) -> &SeatLog {
        &self.round.seats[&Seat::new("llm")]
    }

    /// What the seat says of the first market.
    fn stance(&self) -> String {
        let answer = self.seat().answer.as_ref().expect("it answered");
        match &answer.opinions[0].stance {
            Ok(belief) => format!("p {:.2}", belief.p_first.get()),
            Err(why) => why.to_string(),
        }
    }
}

impl Stage {
    fn new(minds: MindSettings) -> Stage {
        minds.check(&Default::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (store, archive) = store(&folder);
        Stage {
            store,
            archive,
            minds,
            _folder: folder,
        }
    }

    /// Holds the week's first round in a house of its own.
    fn hold(&self, script: impl Fn(usize, &Call) -> Manner + Send + Sync + 'static) -> Held {
        self.hold_with(Crash::None, script)
    }

    /// The same with the seat brought down.
    fn hold_with(&self, crash: Crash, script: impl Fn(usize, &Call) -> Manner + Send + Sync + 'static) -> Held {
        let asked = Arc::<Mutex<Vec<Call>>>::default();
        let wire = Scripted {
            script: Arc::new(script),
            asked: Arc::clone(&asked),
        };
        let settings = Settings {
            minds: self.minds.clone(),
            api: ApiSettings::default(),
            ..Settings::default()
        };
        let (round, took) = World::run(1, async |world| {
            if !matches!(crash, Crash::None) {
                world.expect_fault("llm #1 panicked");
            }
            let house = House::start(HouseSpec {
                wire: Arc::new(wire.clone()),
                policies: settings.policies(),
                minds: self.minds.clone(),
                ..spec(self.store.clone(), world.clock())
            });
            let kill = matches!(crash, Crash::AtOnce).then_some("llm");
            let mut order = order(&self.archive, kill);
            order.keep = false;
            let begun = world.clock().now();
            let later = async {
                if let Crash::After(wait) = crash {
                    world.pass(wait).await;
                    let seat = house.models[&Seat::new("llm")].member();
                    seat.tell(Sabotage("on purpose".to_owned()), Lane::Control).unwrap();
                }
            };
            let (played, ()) = futures_util::future::join(play(&house, &order), later).await;
            let mut played = played.unwrap();
            let took = (world.clock().now() - begun).to_std().unwrap();
            assert_eq!(house.stop().await.code(), 0);
            (played.rounds.remove(0), took)
        });
        let at_table = round.seats.values().filter(|log| log.stood_down.is_none()).count();
        assert_eq!(at_table % 2, 1, "the table is odd");
        assert!(!round.unreviewed && took < Duration::from_secs(121), "{took:?}");
        let calls = asked.lock().clone();
        Held { round, calls, took }
    }

    fn spent_micros(&self) -> u64 {
        let rows = ledger::latest(&mut self.store.conn().unwrap(), 1_000).unwrap();
        assert!(
            rows.iter()
                .all(|row| row.state != Spend::Reserved && &*row.agent == "minds/llm")
        );
        rows.iter().map(|row| row.usd_micros).sum()
    }
}

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

fn status(status: u16, kind: &str, message: &str) -> Manner {
    let error = json!({"type": kind, "code": kind, "message": message});
    Manner::Status(status, json!({"type": "error", "error": error}))
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
