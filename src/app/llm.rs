//! The hands of a seat that asks a language model: its calls go through the API manager, and each is paid for beforehand.
//!
//! One purse serves every such seat, so that caps hold for all of them together. What earlier processes spent is read
//! from the ledger before the first call that costs anything; while it cannot be read, nothing is spent.

use super::api_manager::{ApiManager, Fetch};
use super::quickly;
use crate::actor::{ActorRef, AskError, Ctx, How, Lane};
use crate::agents::llm_member::{Effect, Input, LlmMember, STUDY_LIMIT};
use crate::api::{Answer as Reply, ApiError, Endpoint, LedgerRow, Priority, TokenPrice, Tolerance, usage};
use crate::clock::{Clock, Seeds};
use crate::domain::belief::{Answer, Seat};
use crate::minds::llm::budget::{AGENT, Budget, Caps, Reservation, unbilled};
use crate::minds::llm::{Errand, MindSettings, Trouble};
use crate::protocol::question::{RoundId, Study};
use crate::shell::{Hear, Outlet, Shell, ShellArgs, ShellRef};
use crate::store::api::ledger;
use crate::store::keeper::{Database, Do, Work};
use crate::store::{Conn, StoreError};
use crate::supervision::ChildSpec;
use actix::AsyncContext as _;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The name of the seat.
pub const SEAT: &str = "llm";
/// The handle of a seat that asks a model.
pub type LlmRef = ShellRef<LlmMember, Hands>;

/// Reading a month of calls takes milliseconds.
const READING: Duration = Duration::from_secs(10);
/// Beyond its own limit a seat is told that it is late, and given a moment to say so.
const PATIENCE: Duration = STUDY_LIMIT.saturating_add(Duration::from_secs(5));
const MOMENT: Duration = Duration::from_secs(5);

/// Reads what earlier processes spent on models.
struct ReadSpent {
    since: DateTime<Utc>,
}

impl Work for ReadSpent {
    type Output = Vec<LedgerRow>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        ledger::of_agents(conn, AGENT, self.since)
    }
}

/// The money of all seats that ask models.
#[derive(Clone)]
pub struct Purse {
    caps: Caps,
    database: ActorRef<Database>,
    clock: Clock,
    /// There once the ledger has been read.
    budget: Arc<tokio::sync::Mutex<Option<Budget>>>,
}

/// A month and the hours that a round at its beginning may reach back.
const LOOK_BACK: TimeDelta = TimeDelta::days(32);

impl Purse {
    /// Sets aside what a call may cost; nothing for one that is free.
    async fn reserve(&self, round: &RoundId, micros: u64) -> Result<Option<Reservation>, Trouble> {
        if micros == 0 {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut budget = self.budget.lock().await;
        if budget.is_none() {
            let work = ReadSpent { since: now - LOOK_BACK };
            let unread =
                |why: String| Trouble::Lost(format!("nothing is spent while the ledger cannot be read: {why}"));
            let rows = self.database.ask(Do(work), How::within(READING)).await;
            let rows = rows
                .map_err(|e| unread(e.to_string()))?
                .map_err(|e| unread(e.to_string()))?;
            *budget = Some(Budget::restore(self.caps, &rows));
        }
        let budget = budget.as_mut().expect("it was read just now");
        Ok(Some(budget.reserve(&round.0, micros, now)?))
    }

    async fn settle(&self, reserved: Reservation, cost_micros: Option<u64>) {
        if let Some(budget) = self.budget.lock().await.as_mut() {
            budget.settle(reserved, cost_micros);
        }
    }
}

/// Who waits for the seat's answer.
struct Waiter {
    round: RoundId,
    tell: oneshot::Sender<Answer>,
    /// An incarnation has begun to ask a model: if it goes, the answer goes with it. Before that the question is still in
    /// the mailbox, which outlives a crash.
    begun: bool,
}

/// The place where the table waits, and the seat answers.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Option<Waiter>>>);

impl Waiting {
    fn open(&self, round: RoundId) -> oneshot::Receiver<Answer> {
        let (tell, told) = oneshot::channel();
        let begun = false;
        *self.0.lock() = Some(Waiter { round, tell, begun });
        told
    }

    fn begun(&self, round: &RoundId) {
        if let Some(waiter) = self.0.lock().as_mut().filter(|w| w.round == *round) {
            waiter.begun = true;
        }
    }

    fn deliver(&self, round: &RoundId, answer: Answer) {
        let waiter = self.0.lock().take_if(|w| w.round == *round);
        if let Some(waiter) = waiter {
            // Who gave up waiting has counted the seat as late.
            let _ = waiter.tell.send(answer);
        }
    }

    /// A new incarnation begins: what the one before had begun is lost.
    fn reborn(&self) {
        let _ = self.0.lock().take_if(|w| w.begun);
    }
}

/// The outlet of the seat.
pub struct Hands {
    desk: Desk,
    waiting: Waiting,
}

/// What makes and pays calls.
#[derive(Clone)]
struct Desk {
    api: ActorRef<ApiManager>,
    purse: Purse,
}

impl Desk {
    /// Pays for a call, makes it, and enters what it did cost.
    async fn perform(&self, round: &RoundId, errand: Errand) -> Result<Arc<[u8]>, Trouble> {
        let Errand { call, timeout, .. } = errand;
        let price = call.token_price.unwrap_or_default();
        let reserved = self.purse.reserve(round, call.usd_micros).await?;
        let fetch = Fetch::new(call, &format!("{AGENT}{SEAT}"), timeout)
            .with(|request| request.priority(Priority::High).tolerance(Tolerance::Live));
        let how = fetch.how();
        let said = self.api.ask(fetch, how).await;
        if let Some(reserved) = reserved {
            self.purse.settle(reserved, cost(&said, price)).await;
        }
        match said {
            Ok(Ok(answer)) => Ok(answer.body),
            Ok(Err(error)) => Err(Trouble::Api(error)),
            Err(error) => Err(Trouble::Lost(error.to_string())),
        }
    }
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

impl Outlet<LlmMember> for Hands {
    fn perform(&mut self, effect: Effect, ctx: &mut Ctx<Shell<LlmMember, Hands>>) {
        match effect {
            Effect::Call { round, number, errand } => {
                self.waiting.begun(&round);
                let (desk, me) = (self.desk.clone(), ctx.me());
                let task = async move {
                    let outcome = desk.perform(&round, errand).await;
                    if let Err(trouble) = &outcome {
                        log::info!("{}: {trouble}", round.0);
                    }
                    let replied = Input::Replied { round, number, outcome };
                    if let Err(refused) = me.tell(Hear(replied), Lane::High) {
                        log::warn!("{SEAT} could not hear a reply: {refused}");
                    }
                };
                ctx.spawn(actix::fut::wrap_future::<_, Shell<LlmMember, Hands>>(task));
            }
            Effect::Answered { round, answer } => self.waiting.deliver(&round, answer),
            Effect::Revised(_) => log::warn!("{SEAT} was told of a dispute instead of being asked"),
        }
    }
}

/// A seat as the table sees it.
#[derive(Clone)]
pub struct ModelSeat {
    member: LlmRef,
    waiting: Waiting,
}

impl ModelSeat {
    /// The seat's handle.
    pub fn member(&self) -> &LlmRef {
        &self.member
    }

    /// Has the seat study, and waits for its answer, which may take a hundred seconds.
    ///
    /// # Errors
    /// A sentence for the round's minutes when the seat crashed or said nothing.
    pub(super) async fn study(self, study: Study) -> Result<Answer, String> {
        let round = study.round.clone();
        let mut answered = self.waiting.open(round.clone());
        let heard = self.member.ask(Hear(Input::Study(study)), How::within(PATIENCE)).await;
        heard.map_err(|e| e.to_string())?;
        let crashed = |_| "it crashed before it had answered".to_owned();
        if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut answered).await {
            return answer.map_err(crashed);
        }
        if let Err(refused) = self.member.tell(Hear(Input::Late(round)), Lane::High) {
            log::warn!("{SEAT} could not be told that it is late: {refused}");
        }
        match tokio::time::timeout(MOMENT, answered).await {
            Ok(answer) => answer.map_err(crashed),
            Err(_) => Err("late: no answer by the deadline".to_owned()),
        }
    }
}

/// What the seats stand on.
pub(super) struct Ground<'a> {
    pub(super) api: &'a ActorRef<ApiManager>,
    pub(super) database: &'a ActorRef<Database>,
    pub(super) clock: &'a Clock,
    pub(super) seeds: Seeds,
}

/// The seats that ask models: one when any slot is set, else none.
pub(super) fn seats(settings: &MindSettings, ground: &Ground) -> (Vec<ChildSpec>, BTreeMap<Seat, ModelSeat>) {
    if settings.is_empty() {
        return (Vec::new(), BTreeMap::new());
    }
    let desk = Desk {
        api: ground.api.clone(),
        purse: Purse {
            caps: settings.caps(),
            database: ground.database.clone(),
            clock: ground.clock.clone(),
            budget: Arc::default(),
        },
    };
    let (chain, form, waiting) = (settings.chain(), settings.form, Waiting::default());
    let lent = waiting.clone();
    let args = ShellArgs::new(
        &format!("swarms/consensus/{SEAT}"),
        ground.clock.clone(),
        ground.seeds,
        move |_| LlmMember::new(Arc::clone(&chain), form),
        move |_| {
            lent.reborn();
            Hands {
                desk: desk.clone(),
                waiting: lent.clone(),
            }
        },
    );
    let (spec, member) = ChildSpec::of::<Shell<LlmMember, Hands>>(SEAT, args);
    let seat = ModelSeat { member, waiting };
    (vec![spec.backoff(quickly())], BTreeMap::from([(Seat::new(SEAT), seat)]))
}
