//! A seat that asks language models, in a house: the stage its tests share. The providers are a script in memory; time is
//! the world's.

mod caps;
mod correspondents;
mod injected;
mod kept;
mod providers;
mod recorded;
mod verbs;

use crate::house::{order, spec, store};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use huddle::actor::Lane;
use huddle::api::{ApiSettings, Call, Provider, Reply, Spend, Validators, WireError};
use huddle::app::week::{PlayedWeek, play};
use huddle::app::{House, HouseSpec};
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::belief::{Abstention, Seat};
use huddle::minds::llm::settings::SlotSettings;
use huddle::minds::llm::{MindSettings, Structured};
use huddle::shell::Sabotage;
use huddle::store::Store;
use huddle::store::api::ledger;
use huddle::store::journal::Head;
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

fn status(status: u16, kind: &str, message: &str) -> Manner {
    let error = json!({"type": kind, "code": kind, "message": message});
    Manner::Status(status, json!({"type": "error", "error": error}))
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
    /// Whether rounds are stored.
    keep: bool,
    /// Another week than the house's.
    week: Option<u8>,
    _folder: tempfile::TempDir,
}

/// A round that was held.
struct Held {
    round: Round,
    /// The journal's head afterwards, and how many rounds were stored as they are before.
    journal: Head,
    n_known: usize,
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
            keep: false,
            week: None,
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
        let (played, took) = World::run(1, async |world| {
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
            order.keep = self.keep;
            order.when.week = self.week.unwrap_or(order.when.week);
            let begun = world.clock().now();
            let later = async {
                if let Crash::After(wait) = crash {
                    world.pass(wait).await;
                    let seat = house.models[&Seat::new("llm")].member();
                    seat.tell(Sabotage("on purpose".to_owned()), Lane::Control).unwrap();
                }
            };
            let (played, ()) = futures_util::future::join(play(&house, &order), later).await;
            let played = played.unwrap();
            let took = (world.clock().now() - begun).to_std().unwrap();
            assert_eq!(house.stop().await.code(), 0);
            (played, took)
        });
        let PlayedWeek {
            mut rounds,
            journal,
            n_known,
            ..
        } = played;
        let round = rounds.remove(0);
        let at_table = round.seats.values().filter(|log| log.stood_down.is_none()).count();
        assert_eq!(at_table % 2, 1, "the table is odd");
        assert!(!round.unreviewed && took < Duration::from_secs(121), "{took:?}");
        let calls = asked.lock().clone();
        Held {
            round,
            journal,
            n_known,
            calls,
            took,
        }
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
