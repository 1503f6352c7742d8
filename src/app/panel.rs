//! A panel's hands: the actors behind a swarm of research, whatever its procedure.
//!
//! The panel machine decides whom to ask what; here its seats are asked, its alarms are set, and a finished round goes to
//! whoever convened it. A panel that crashes in mid-round is convened again; its seats work from what they are handed, so the
//! second round is the same.

use super::table::Plot;
use crate::actor::{ActorRef, How, Lane};
use crate::domain::belief::Seat;
use crate::machine::Machine;
use crate::protocol::question::RoundId;
use crate::shell::{Consult, Hear, Mute, Outlet, Sabotage, Shell, ShellRef};
use crate::swarms::panel::{Asking, Heard, Held, Panel, Procedure, Wanted};
use actix::AsyncContext;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// The context of a panel's actor.
type Ctx<P, M> = crate::actor::Ctx<Shell<Panel<P>, PanelDesk<P, M>>>;

/// What is added to a question before a seat is asked it, where that takes somebody else: a language model.
pub type Prepare<P> = Arc<
    dyn Fn(RoundId, <P as Procedure>::Question) -> BoxFuture<'static, <P as Procedure>::Question> + Send + Sync,
>;

/// The seats of a panel, and how its questions and their answers are put.
pub struct PanelDesk<P: Procedure, M: Machine> {
    members: BTreeMap<Seat, ShellRef<M, Mute>>,
    put: fn(P::Question) -> M::Input,
    take: fn(M::Effect) -> Option<P::Answer>,
    concluded: mpsc::Sender<Box<Held<P>>>,
    plot: Plot,
    prepare: BTreeMap<Seat, Prepare<P>>,
}

impl<P: Procedure, M: Machine> Clone for PanelDesk<P, M> {
    fn clone(&self) -> PanelDesk<P, M> {
        PanelDesk {
            members: self.members.clone(),
            put: self.put,
            take: self.take,
            concluded: self.concluded.clone(),
            plot: self.plot.clone(),
            prepare: self.prepare.clone(),
        }
    }
}

impl<P: Procedure, M: Machine> PanelDesk<P, M> {
    /// Seats with how a question is put to them and what of their effects is the answer; finished rounds go to `concluded`.
    pub fn new(
        members: BTreeMap<Seat, ShellRef<M, Mute>>,
        put: fn(P::Question) -> M::Input,
        take: fn(M::Effect) -> Option<P::Answer>,
        concluded: mpsc::Sender<Box<Held<P>>>,
        plot: Plot,
    ) -> PanelDesk<P, M> {
        PanelDesk {
            members,
            put,
            take,
            concluded,
            plot,
            prepare: BTreeMap::new(),
        }
    }

    /// The same with questions of some seats prepared before they are asked.
    pub fn with_prepared(self, prepare: BTreeMap<Seat, Prepare<P>>) -> PanelDesk<P, M> {
        PanelDesk { prepare, ..self }
    }

    fn ask(&self, on: Asking<P>, question: P::Question, ctx: &mut Ctx<P, M>) {
        let Some(member) = self.members.get(&on.seat).cloned() else {
            return;
        };
        let before = member.vitals().incarnation;
        let (put, how) = (self.put, How::within(P::limit(on.phase)));
        let answer = match self.prepare.get(&on.seat) {
            None => member.ask(Consult(put(question)), how).left_future(),
            Some(prepare) => {
                let (member, prepared) = (member.clone(), prepare(on.round.clone(), question));
                async move { member.ask(Consult(put(prepared.await)), how).await }.right_future()
            }
        };
        if self.plot.strikes(&on.seat) {
            // On the control lane, so that it overtakes the question, which then waits in the queue for the next incarnation.
            if let Err(refused) = member.tell(Sabotage("brought down on purpose".to_owned()), Lane::Control) {
                log::warn!("{} could not be brought down: {refused}", on.seat);
            }
        }
        let take = self.take;
        let me: ActorRef<Shell<Panel<P>, PanelDesk<P, M>>> = ctx.me();
        let task = async move {
            let said = answer.await;
            let incarnation = member.vitals().incarnation;
            let heard = match said.map(|effects| effects.into_iter().find_map(take)) {
                Ok(Some(answer)) => Heard::Answered {
                    on,
                    incarnation,
                    restarts: incarnation.saturating_sub(before.max(1)),
                    answer,
                },
                Ok(None) => Heard::Lost {
                    on,
                    reason: "it said nothing".to_owned(),
                },
                Err(error) => Heard::Lost {
                    on,
                    reason: error.to_string(),
                },
            };
            if let Err(refused) = me.tell(Hear(heard), Lane::High) {
                log::error!("a panel could not hear an answer: {refused}");
            }
        };
        ctx.spawn(actix::fut::wrap_future::<_, Shell<Panel<P>, PanelDesk<P, M>>>(task));
    }
}

impl<P: Procedure, M: Machine> Outlet<Panel<P>> for PanelDesk<P, M> {
    fn perform(&mut self, wanted: Wanted<P>, ctx: &mut Ctx<P, M>) {
        match wanted {
            Wanted::Ask(on, question) => self.ask(on, question, ctx),
            Wanted::Wake(round, phase) => {
                ctx.run_later(P::limit(phase), move |_, ctx| {
                    if let Err(refused) = ctx.me().tell(Hear(Heard::Deadline(round.clone(), phase)), Lane::High) {
                        log::error!("a panel could not hear its alarm: {refused}");
                    }
                });
            }
            Wanted::Concluded(held) => {
                if self.concluded.try_send(held).is_err() {
                    log::warn!("a concluded round was not fetched and is dropped");
                }
            }
            // Whoever convened it waits for the round under way, which is the one it asked for before the panel crashed.
            Wanted::Busy(round) => log::warn!("round {} was not held: another is under way", round.0),
        }
    }
}

/// Why a round came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// The panel's actor was lost more often than it was worth trying.
    #[error(
        "the round {0} was not concluded: its panel was lost {MAX_TRIES} times; look at the log for its faults"
    )]
    Lost(String),
    /// It did not end in its time.
    #[error("the round {0} was not concluded within an hour")]
    Late(String),
}

/// A panel that crashed is convened again this often.
const MAX_TRIES: usize = 3;
/// All steps of a round at their limits, twice.
const ROUND_LIMIT: Duration = Duration::from_secs(3_600);
/// How often whoever waits looks whether the panel was restarted.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Rounds that may be concluded before anybody fetches them: a panel holds one at a time.
pub const MAX_UNFETCHED: usize = 2;

/// A panel with the way its rounds come back; whoever holds it may convene, one at a time.
pub struct PanelHandle<P: Procedure, M: Machine> {
    /// The panel.
    pub panel: ShellRef<Panel<P>, PanelDesk<P, M>>,
    /// Its seats.
    pub members: BTreeMap<Seat, ShellRef<M, Mute>>,
    /// Who is to be brought down in the next round, for demonstrations and tests.
    pub plot: Plot,
    pub(super) concluded: Arc<Mutex<mpsc::Receiver<Box<Held<P>>>>>,
}

impl<P: Procedure, M: Machine> Clone for PanelHandle<P, M> {
    fn clone(&self) -> PanelHandle<P, M> {
        PanelHandle {
            panel: self.panel.clone(),
            members: self.members.clone(),
            plot: self.plot.clone(),
            concluded: Arc::clone(&self.concluded),
        }
    }
}

impl<P: Procedure, M: Machine> PanelHandle<P, M>
where
    P::Convene: Clone,
{
    /// Holds a round; when the panel itself was lost in the middle, holds it again.
    ///
    /// # Errors
    /// [`PanelError`] when it was lost too often or lasted too long.
    pub async fn hold(&self, id: RoundId, convene: P::Convene) -> Result<Held<P>, PanelError> {
        let mut concluded = self.concluded.lock().await;
        let name = id.0.clone();
        let held = tokio::time::timeout(ROUND_LIMIT, self.hold_once_more(id, convene, &mut concluded)).await;
        held.unwrap_or(Err(PanelError::Late(name)))
    }

    async fn hold_once_more(
        &self,
        id: RoundId,
        convene: P::Convene,
        concluded: &mut mpsc::Receiver<Box<Held<P>>>,
    ) -> Result<Held<P>, PanelError> {
        let mut tries = 0;
        while tries < MAX_TRIES {
            let incarnation = self.panel.vitals().incarnation;
            let order: Hear<Panel<P>> = Hear(Heard::Convene(id.clone(), convene.clone()));
            if let Err(refused) = self.panel.tell(order, Lane::Normal) {
                // Its supervisor may be restarting it; the overall limit ends the waiting.
                log::warn!("a panel did not take the order: {refused}");
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            tries += 1;
            loop {
                tokio::select! {
                    biased;
                    held = concluded.recv() => match held {
                        Some(held) if held.id == id => return Ok(*held),
                        Some(_) => {} // of a round nobody waits for any more
                        None => return Err(PanelError::Lost(id.0)),
                    },
                    () = tokio::time::sleep(LOOK_EVERY) => {
                        // The first incarnation counts from zero while it starts.
                        if self.panel.vitals().incarnation > incarnation.max(1) {
                            break;
                        }
                    }
                }
            }
        }
        Err(PanelError::Lost(id.0))
    }
}
