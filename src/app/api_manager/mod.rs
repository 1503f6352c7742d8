//! The API manager: the one actor through which the house asks anything of the outside.
//!
//! It hosts [`RequestOrchestrator`], which decides, and performs what that wants: calls run outside the handlers, one timer
//! stands for everything that time brings, what a metered call may cost is on disk before it is sent, and what it did cost
//! is written with the answer it brought, in one transaction.

mod keep;
mod start;

use crate::actor::{ActorRef, Birth, Component, Ctx, How, StartError};
use crate::api::breaker::BreakerMode;
use crate::api::orchestrator::{ApiStats, DRAIN_LIMIT, Effect, Event, Notice, RequestOrchestrator};
use crate::api::policy::ProviderPolicy;
use crate::api::quota::Commitment;
use crate::api::{
    Answer, ApiError, AttemptId, Call, Endpoint, LedgerRow, Mono, Now, PriorityRequest, Provider, Reply,
    Validators, WaiterId, WireError,
};
use crate::clock::{Clock, Seeds};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::shell::Sabotage;
use crate::store::keeper::{Database, Do};
use crate::transport::Wire;
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, MessageResult, ResponseFuture,
    SpawnHandle, WrapFuture,
};
use keep::Keeping;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the API manager is.
pub const CARD: Card = Card {
    role: "api_manager",
    level: Level::Worker,
    tools: &["odds", "scores", "weather", "injuries", "news", "files"],
    memory: Memory::Stored,
    reasoning: Reasoning::None,
};

/// What every incarnation is built from.
#[derive(Clone)]
pub struct ApiManagerArgs {
    /// Where ledger, answers and state are kept.
    pub database: ActorRef<Database>,
    /// What performs calls.
    pub wire: Arc<dyn Wire>,
    /// How each provider is asked.
    pub policies: BTreeMap<Provider, ProviderPolicy>,
    /// The time.
    pub clock: Clock,
    /// The seed of retries' chance.
    pub seeds: Seeds,
}

/// Asks for an answer, by a deadline from now.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Answer, ApiError>")]
pub struct Fetch {
    /// What; its deadline is set from `within` on arrival.
    pub request: PriorityRequest,
    /// How long an answer is of use.
    pub within: Duration,
}

impl Fetch {
    /// A call for somebody, within a time.
    pub fn new(call: Call, agent: &str, within: Duration) -> Fetch {
        Fetch {
            request: PriorityRequest::new(call, agent, Mono(0)),
            within,
        }
    }

    /// The same, changed.
    pub fn with(self, change: impl FnOnce(PriorityRequest) -> PriorityRequest) -> Fetch {
        Fetch {
            request: change(self.request),
            ..self
        }
    }

    /// How to ask for it: a little longer than the answer takes at most.
    pub fn how(&self) -> How {
        How::within(self.within + Duration::from_secs(2))
    }
}

/// Asks for a snapshot.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "ApiStats")]
pub struct GetApiStats;

/// Tells which fetches are planned of a metered provider.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Plan {
    /// Whose credits they take.
    pub provider: Provider,
    /// When and how many.
    pub commitments: Vec<Commitment>,
}

/// Puts a person, or the healer, in charge of a breaker.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct SetBreaker {
    /// Whose.
    pub provider: Provider,
    /// Which.
    pub endpoint: Endpoint,
    /// Who decides from now on.
    pub mode: BreakerMode,
}

/// State is written this long after something changed it.
const SAVE_AFTER: Duration = Duration::from_secs(5);
/// How long a reservation may take to reach the disk; a call whose cost cannot be booked is not made.
const BOOKING: Duration = Duration::from_secs(10);
/// The drain, and a moment for the disk.
const STOP_DEADLINE: Duration = DRAIN_LIMIT.saturating_add(Duration::from_secs(3));

/// The API manager.
pub struct ApiManager {
    args: ApiManagerArgs,
    /// There once everything earlier processes left has been read.
    orchestrator: Option<RequestOrchestrator>,
    rng: Pcg64Mcg,
    n_waiters: u64,
    waiting: BTreeMap<WaiterId, oneshot::Sender<Result<Answer, ApiError>>>,
    in_flight: BTreeMap<AttemptId, SpawnHandle>,
    timer: Option<SpawnHandle>,
    keeping: Keeping,
    saving: Option<SpawnHandle>,
    halting: bool,
    drained: bool,
}

impl Actor for ApiManager {
    type Context = Ctx<ApiManager>;

    /// Reads what earlier processes left; until that is done nothing below Control is handled.
    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let (args, now) = (self.args.clone(), self.now());
        let read = start::read(args, now).into_actor(self);
        ctx.wait(read.map(|begun, manager, ctx| match begun {
            Ok(orchestrator) => {
                manager.orchestrator = Some(orchestrator);
                if manager.halting {
                    manager.hear(Event::Shutdown, ctx);
                }
            }
            Err(error) => ctx.fail(format!("what earlier processes left cannot be read: {error}")),
        }));
    }
}

impl Component for ApiManager {
    type Args = ApiManagerArgs;

    fn create(args: &ApiManagerArgs, birth: Birth, _: &mut Ctx<Self>) -> Result<ApiManager, StartError> {
        Ok(ApiManager {
            rng: args.seeds.derive("platform/api_manager", birth.incarnation),
            args: args.clone(),
            orchestrator: None,
            n_waiters: 0,
            waiting: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            timer: None,
            keeping: Keeping::default(),
            saving: None,
            halting: false,
            drained: false,
        })
    }

    /// Takes nothing new, finishes what is in flight, writes everything down.
    fn halt(&mut self, ctx: &mut Ctx<Self>) {
        if self.halting {
            return;
        }
        self.halting = true;
        if self.orchestrator.is_some() {
            self.hear(Event::Shutdown, ctx);
        }
        self.leave_when_done(ctx);
    }

    fn stop_deadline(_: &ApiManagerArgs) -> Duration {
        STOP_DEADLINE
    }
}

impl ApiManager {
    fn now(&self) -> Now {
        Now {
            mono: Mono::of(self.args.clock.monotonic()),
            wall: self.args.clock.now(),
        }
    }

    /// One step of the orchestrator, and everything it wants done.
    fn hear(&mut self, event: Event, ctx: &mut Ctx<Self>) {
        let now = self.now();
        let Some(orchestrator) = &mut self.orchestrator else {
            return;
        };
        for effect in orchestrator.handle(now, event, &mut self.rng) {
            self.perform(effect, now, ctx);
        }
        if self.saving.is_none() && !self.halting {
            self.saving = Some(ctx.run_later(SAVE_AFTER, |manager, ctx| {
                manager.saving = None;
                manager.save(ctx);
            }));
        }
    }

    fn perform(&mut self, effect: Effect, now: Now, ctx: &mut Ctx<Self>) {
        match effect {
            Effect::Send {
                attempt,
                call,
                validators,
                timeout,
                row,
            } => self.send(attempt, call, validators, timeout, *row, ctx),
            Effect::Abort(attempt) => {
                if let Some(handle) = self.in_flight.remove(&attempt) {
                    ctx.cancel_future(handle);
                }
            }
            Effect::Reply { waiter, result } => {
                if let Some(waiting) = self.waiting.remove(&waiter) {
                    // Who gave up waiting does not mind.
                    let _ = waiting.send(*result);
                }
            }
            Effect::Persist { row, kept } => {
                self.keeping.add(*row, kept);
                self.write(ctx);
            }
            Effect::Notice(notice) => tell(&notice),
            Effect::Wake(at) => {
                if let Some(timer) = self.timer.take() {
                    ctx.cancel_future(timer);
                }
                // A timer may be early by its own rounding; a millisecond more never finds nothing due.
                let wait = at.since(now.mono) + Duration::from_millis(1);
                self.timer = Some(ctx.run_later(wait, |manager, ctx| {
                    manager.timer = None;
                    manager.hear(Event::Tick, ctx);
                }));
            }
            Effect::Drained => {
                self.drained = true;
                self.save(ctx);
                self.leave_when_done(ctx);
            }
        }
    }

    /// Performs a call outside this handler. What it may cost is on disk first, where it costs anything.
    fn send(
        &mut self,
        attempt: AttemptId,
        call: Arc<Call>,
        validators: Option<Validators>,
        timeout: Duration,
        row: LedgerRow,
        ctx: &mut Ctx<Self>,
    ) {
        let (database, wire, clock) = (
            self.args.database.clone(),
            Arc::clone(&self.args.wire),
            self.args.clock.clone(),
        );
        let metered = row.reserved_credits > 0 || row.reserved_usd_micros > 0;
        let performed = async move {
            if metered && let Err(reason) = book(&database, row).await {
                return (Err(WireError::Connect(reason)), Duration::ZERO);
            }
            let began = clock.monotonic();
            let outcome: Result<Reply, WireError> = wire.perform((*call).clone(), validators, timeout).await;
            (outcome, clock.monotonic().saturating_sub(began))
        };
        let done = performed.into_actor(self).map(move |(outcome, latency), manager, ctx| {
            manager.in_flight.remove(&attempt);
            let event = Event::Done {
                attempt,
                outcome,
                latency,
            };
            manager.hear(event, ctx);
        });
        let handle = ctx.spawn(done);
        self.in_flight.insert(attempt, handle);
    }

    fn leave_when_done(&mut self, ctx: &mut Ctx<Self>) {
        let idle = self.orchestrator.is_none() || self.drained;
        if self.halting && idle && self.keeping.is_idle() {
            ctx.stop();
        }
    }
}

/// Books what a call may cost.
async fn book(database: &ActorRef<Database>, row: LedgerRow) -> Result<(), String> {
    let booked = database.ask(Do(keep::Book(row)), How::within(BOOKING)).await;
    match booked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("not sent, its cost could not be booked: {error}")),
        Err(error) => Err(format!("not sent, its cost could not be booked: {error}")),
    }
}

fn tell(notice: &Notice) {
    match notice {
        Notice::QuotaExhausted(provider) => {
            log::warn!(
                "{provider}: its quota is used up; answers are served from what is kept until it begins anew"
            );
        }
        Notice::Misconfigured(provider, endpoint, message) => {
            log::warn!("{provider} {endpoint}: {message}");
        }
        Notice::BreakerOpened(provider, endpoint, message) => {
            log::warn!("{provider} {endpoint}: keeps failing and is left alone for a while; last: {message}");
        }
        Notice::NearCap(provider) => {
            log::warn!("{provider}: four fifths of a dollar cap are spent");
        }
    }
}

impl Handler<Fetch> for ApiManager {
    type Result = ResponseFuture<Result<Answer, ApiError>>;

    fn handle(&mut self, Fetch { mut request, within }: Fetch, ctx: &mut Ctx<Self>) -> Self::Result {
        request.deadline = self.now().mono + within;
        let provider = request.call.provider;
        let waiter = WaiterId(self.n_waiters);
        self.n_waiters += 1;
        let (answer, answered) = oneshot::channel();
        self.waiting.insert(waiter, answer);
        let request = Box::new(request);
        self.hear(Event::Submit { waiter, request }, ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(ApiError::ShuttingDown { provider })) })
    }
}

impl Handler<GetApiStats> for ApiManager {
    type Result = MessageResult<GetApiStats>;

    fn handle(&mut self, _: GetApiStats, _: &mut Ctx<Self>) -> MessageResult<GetApiStats> {
        let now = self.now();
        let orchestrator = self.orchestrator.as_ref();
        MessageResult(orchestrator.expect("nothing is handled before it is there").stats(now))
    }
}

impl Handler<Plan> for ApiManager {
    type Result = ();

    fn handle(&mut self, Plan { provider, commitments }: Plan, ctx: &mut Ctx<Self>) {
        self.hear(Event::Plan { provider, commitments }, ctx);
    }
}

impl Handler<SetBreaker> for ApiManager {
    type Result = ();

    fn handle(&mut self, order: SetBreaker, ctx: &mut Ctx<Self>) {
        let SetBreaker {
            provider,
            endpoint,
            mode,
        } = order;
        self.hear(
            Event::SetBreaker {
                provider,
                endpoint,
                mode,
            },
            ctx,
        );
    }
}

/// The fault hook of demos, chaos and tests.
impl Handler<Sabotage> for ApiManager {
    type Result = ();

    fn handle(&mut self, Sabotage(text): Sabotage, _: &mut Ctx<Self>) {
        panic!("{text}");
    }
}
