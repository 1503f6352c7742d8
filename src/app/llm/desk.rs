//! Where a question to a model is paid, made and kept, or answered from what was kept.
//!
//! What came of a call is on disk before whoever asked hears of it. So a round that was held with models can be held again
//! without them: the same questions bring the same replies, and the same troubles.

use super::purse::Purse;
use crate::actor::{ActorRef, AskError, How};
use crate::api::{Answer as Reply, ApiError, Call, Endpoint, Priority, Provider, TokenPrice, Tolerance, usage};
use crate::app::api_manager::{ApiManager, Fetch};
use crate::clock::Clock;
use crate::minds::llm::budget::{AGENT, unbilled};
use crate::minds::llm::{Dialect, Errand, Form, MindSettings, Slot, Then, Trouble};
use crate::protocol::question::RoundId;
use crate::store::keeper::{Database, Do, Work};
use crate::store::model_calls::{self, ANSWERED, ModelCall};
use crate::store::{Conn, StoreError, sha256};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// Writing or reading one call takes milliseconds.
const KEEPING: Duration = Duration::from_secs(10);

/// Keeps what came of a call.
struct Keep(Box<ModelCall>);

impl Work for Keep {
    type Output = usize;

    fn run(self, conn: &mut Conn) -> Result<usize, StoreError> {
        model_calls::keep(conn, &self.0)
    }
}

/// Looks for what came of a call.
struct Recall {
    round: RoundId,
    place: i32,
    content_key: String,
}

impl Work for Recall {
    type Output = Option<ModelCall>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        model_calls::recall(conn, &self.round.0, self.place, &self.content_key)
    }
}

/// What makes, pays and keeps calls.
#[derive(Clone)]
pub(super) struct Desk {
    api: ActorRef<ApiManager>,
    database: ActorRef<Database>,
    clock: Clock,
    purse: Purse,
    chain: Arc<[Slot]>,
    anonymous: bool,
    kept_only: bool,
    /// Under which calls are billed.
    agent: String,
}

/// What a call brought and what it counts for.
struct Outcome {
    said: Result<Arc<[u8]>, Trouble>,
    usd_micros: u64,
    asked_at: DateTime<Utc>,
    took: Duration,
}

impl Desk {
    /// The desk of `who`, who asks the slots of a chain.
    pub(super) fn new(who: &str, settings: &MindSettings, chain: Arc<[Slot]>, ground: &super::Ground) -> Desk {
        Desk {
            api: ground.api.clone(),
            database: ground.database.clone(),
            clock: ground.clock.clone(),
            purse: ground.purse.clone(),
            chain,
            anonymous: settings.form == Form::Anonymous,
            kept_only: settings.kept_only,
            agent: format!("{AGENT}{who}"),
        }
    }

    /// Has an errand done: by the model, and then what came of it is kept; or, where nobody is asked, by what was kept.
    pub(super) async fn perform(&self, round: &RoundId, errand: Errand) -> Result<Arc<[u8]>, Trouble> {
        let Some(slot) = self.chain.get(errand.slot) else {
            return Err(Trouble::Lost(format!("there is no slot {}", errand.slot)));
        };
        let content_key = content_key(slot, &errand.call);
        if self.kept_only {
            return self.recall(round, errand.slot, content_key).await;
        }
        if let Some(answer) = self.answered(round, errand.slot, &content_key).await {
            return Ok(answer);
        }
        let call = errand.call.clone();
        let outcome = self.ask(round, errand.call, errand.timeout).await;
        let kept = self.kept(round, (errand.slot, slot), content_key, &call, &outcome);
        let keeping = Do(Keep(Box::new(kept)));
        let unkept = |why: String| Trouble::Lost(format!("what came of it could not be kept: {why}"));
        let n_dropped = self.database.ask(keeping, How::within(KEEPING)).await;
        let n_dropped = n_dropped
            .map_err(|e| unkept(e.to_string()))?
            .map_err(|e| unkept(e.to_string()))?;
        if n_dropped > 0 {
            log::info!("{n_dropped} of the oldest calls to models are not kept any longer");
        }
        outcome.said
    }

    /// Pays for a call, makes it, and enters what it did cost.
    async fn ask(&self, round: &RoundId, call: Call, timeout: Duration) -> Outcome {
        let (price, most) = (call.token_price.unwrap_or_default(), call.usd_micros);
        let (asked_at, began) = (self.clock.now(), self.clock.monotonic());
        let reserved = match self.purse.reserve(round, most).await {
            Ok(reserved) => reserved,
            Err(trouble) => {
                return Outcome {
                    said: Err(trouble),
                    usd_micros: 0,
                    asked_at,
                    took: Duration::ZERO,
                };
            }
        };
        let fetch = Fetch::new(call, &self.agent, timeout)
            .with(|request| request.priority(Priority::High).tolerance(Tolerance::Live));
        let how = fetch.how();
        let said = self.api.ask(fetch, how).await;
        let cost_micros = cost(&said, price);
        if let Some(reserved) = reserved {
            self.purse.settle(reserved, cost_micros).await;
        }
        Outcome {
            said: match said {
                Ok(Ok(answer)) => Ok(answer.body),
                Ok(Err(error)) => Err(Trouble::Api(error)),
                Err(error) => Err(Trouble::Lost(error.to_string())),
            },
            usd_micros: cost_micros.unwrap_or(most),
            asked_at,
            took: self.clock.monotonic().saturating_sub(began),
        }
    }

    fn kept(
        &self,
        round: &RoundId,
        (place, slot): (usize, &Slot),
        content_key: String,
        call: &Call,
        outcome: &Outcome,
    ) -> ModelCall {
        let request = String::from_utf8_lossy(call.body.as_deref().unwrap_or_default()).into_owned();
        let (reply, trouble) = match &outcome.said {
            Ok(body) => (Some(body.to_vec()), None),
            Err(trouble) => (None, Some(trouble)),
        };
        let used = reply
            .as_deref()
            .and_then(|body| usage(biller(slot), Endpoint::Completion, body));
        let n_bytes = request.len() + reply.as_ref().map_or(0, Vec::len);
        ModelCall {
            round_id: round.0.clone(),
            place: place_of(place),
            content_key,
            asked_by: self.agent.clone(),
            slot: slot.name.to_string(),
            provider: slot.provider.name().to_owned(),
            dialect: slot.dialect.name().to_owned(),
            model: slot.model.clone(),
            anonymous: self.anonymous,
            request,
            reply,
            outcome: trouble.map_or(ANSWERED, Trouble::kind).to_owned(),
            leads_to: trouble.map(|trouble| trouble.then().name().to_owned()),
            trouble: trouble.map(ToString::to_string),
            input_tokens: used.map(|used| whole(used.input_tokens)),
            output_tokens: used.map(|used| whole(used.output_tokens)),
            usd_micros: whole(outcome.usd_micros),
            asked_at: outcome.asked_at.naive_utc(),
            took_ms: i64::try_from(outcome.took.as_millis()).unwrap_or(i64::MAX),
            n_bytes: whole(n_bytes as u64),
        }
    }

    /// What was answered to a question in its round already: a table that was lost asks the same again, and what counts is
    /// what is kept. Nothing when nobody knows.
    async fn answered(&self, round: &RoundId, place: usize, content_key: &str) -> Option<Arc<[u8]>> {
        let question = Recall {
            round: round.clone(),
            place: place_of(place),
            content_key: content_key.to_owned(),
        };
        let found = self.database.ask(Do(question), How::within(KEEPING)).await;
        let found = found.ok()?.ok()??;
        (found.round_id == round.0)
            .then_some(found.reply)
            .flatten()
            .map(Into::into)
    }

    async fn recall(&self, round: &RoundId, place: usize, content_key: String) -> Result<Arc<[u8]>, Trouble> {
        let question = Recall {
            round: round.clone(),
            place: place_of(place),
            content_key,
        };
        let unread = |why: String| Trouble::Lost(format!("what is kept could not be read: {why}"));
        let found = self.database.ask(Do(question), How::within(KEEPING)).await;
        let found = found
            .map_err(|e| unread(e.to_string()))?
            .map_err(|e| unread(e.to_string()))?;
        let Some(found) = found else {
            return Err(Trouble::NotKept);
        };
        if let Some(reply) = found.reply {
            return Ok(reply.into());
        }
        let then = found.leads_to.as_deref().and_then(Then::of_name);
        Err(Trouble::Recalled {
            text: found.trouble.unwrap_or_default(),
            then: then.unwrap_or(Then::Next),
        })
    }
}

/// Whose form the counts of tokens have: a server that speaks as OpenAI does counts as OpenAI does.
fn biller(slot: &Slot) -> Provider {
    match slot.dialect {
        Dialect::Compatible => Provider::OpenAi,
        Dialect::Anthropic | Dialect::OpenAi | Dialect::Xai | Dialect::Ollama => slot.provider,
    }
}

/// What makes two questions to a model the same: provider, model, path and body. There is no key in it.
fn content_key(slot: &Slot, call: &Call) -> String {
    let mut content = format!("{}\n{}\n{}\n", slot.provider, slot.model, call.path).into_bytes();
    content.extend_from_slice(call.body.as_deref().unwrap_or_default());
    sha256(&content)
}

/// A chain has at most a handful of places.
fn place_of(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

/// A count as the database has it; none comes near its bound.
fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What a call did cost, where anything says so.
fn cost(said: &Result<Result<Reply, ApiError>, AskError>, price: TokenPrice) -> Option<u64> {
    match said {
        Ok(Ok(reply)) => {
            let used = usage(reply.provider, Endpoint::Completion, &reply.body)?;
            Some(used.cost_micros(price))
        }
        Ok(Err(error)) => unbilled(error).then_some(0),
        Err(_) => None,
    }
}
