//! The hands of a seat that asks a language model: its calls go through the API manager, each is paid for beforehand
//! (`purse`), and what came of it is kept (`desk`).

mod correspondent;
mod desk;
mod past;
mod purse;

use super::api_manager::ApiManager;
use super::quickly;
use crate::actor::{ActorRef, Ctx, How, Lane};
use crate::agents::llm_member::{Effect, Input, LlmMember, STUDY_LIMIT};
use crate::clock::{Clock, Seeds};
use crate::domain::belief::{Answer, Seat};
use crate::minds::llm::MindSettings;
use crate::minds::llm::record::Stated;
use crate::protocol::question::{RoundId, Study};
use crate::shell::{Hear, Outlet, Shell, ShellArgs, ShellRef};
use crate::store::keeper::{Database, Do};
use crate::supervision::ChildSpec;
use actix::AsyncContext as _;
use desk::Desk;
use parking_lot::Mutex;
use past::ReadPast;
use purse::Purse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

pub(super) use correspondent::correspondent;

/// The name of the seat.
pub const SEAT: &str = "llm";
/// The handle of a seat that asks a model.
pub type LlmRef = ShellRef<LlmMember, Hands>;

/// Beyond its own limit a seat is told that it is late, and given a moment to say so.
const PATIENCE: Duration = STUDY_LIMIT.saturating_add(Duration::from_secs(5));
const MOMENT: Duration = Duration::from_secs(5);
/// Reading a season of rounds takes some tenths of a second.
const READING: Duration = Duration::from_secs(10);

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
    database: ActorRef<Database>,
}

impl ModelSeat {
    /// The seat's handle.
    pub fn member(&self) -> &LlmRef {
        &self.member
    }

    /// What the seat said before the instant of a study. Without it the seat has no record, and goes on.
    async fn past(&self, study: &Study) -> Vec<Stated> {
        let question = ReadPast {
            before: study.view.at(),
        };
        let read = self.database.ask(Do(question), How::within(READING)).await;
        match read
            .map_err(|e| e.to_string())
            .and_then(|read| read.map_err(|e| e.to_string()))
        {
            Ok(past) => past,
            Err(why) => {
                log::warn!("{SEAT} has no record in this round, it could not be read: {why}");
                Vec::new()
            }
        }
    }

    /// Has the seat study, and waits for its answer, which may take a hundred seconds.
    ///
    /// # Errors
    /// A sentence for the round's minutes when the seat crashed or said nothing.
    pub(super) async fn study(self, study: Study) -> Result<Answer, String> {
        let round = study.round.clone();
        let past = self.past(&study).await;
        let mut answered = self.waiting.open(round.clone());
        let heard = self
            .member
            .ask(Hear(Input::Study(study, past)), How::within(PATIENCE))
            .await;
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
    /// One for all who ask models, so that caps hold for all of them together.
    purse: Purse,
}

impl<'a> Ground<'a> {
    /// Whom models are asked through, where calls are kept, and a purse that holds to the caps of the settings.
    pub(super) fn new(
        settings: &MindSettings,
        api: &'a ActorRef<ApiManager>,
        database: &'a ActorRef<Database>,
        clock: &'a Clock,
        seeds: Seeds,
    ) -> Ground<'a> {
        Ground {
            api,
            database,
            clock,
            seeds,
            purse: Purse::new(settings.caps(), database.clone(), clock.clone()),
        }
    }
}

/// The seats that ask models: one when any slot is set, else none.
pub(super) fn seats(settings: &MindSettings, ground: &Ground) -> (Vec<ChildSpec>, BTreeMap<Seat, ModelSeat>) {
    if settings.is_empty() {
        return (Vec::new(), BTreeMap::new());
    }
    let desk = Desk::new(SEAT, settings, settings.chain(), ground);
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
    let seat = ModelSeat {
        member,
        waiting,
        database: ground.database.clone(),
    };
    (vec![spec.backoff(quickly())], BTreeMap::from([(Seat::new(SEAT), seat)]))
}
