//! The table's hands: carries out what the consensus machine wants, and brings back what came of it.

use super::MemberRef;
use super::llm::ModelSeat;
use crate::actor::{ActorRef, Ctx, How, Lane};
use crate::agents::specialists::risk_manager::{self, RiskManager};
use crate::agents::{llm_member, swarm_member};
use crate::domain::belief::{Answer, Opinion, Seat};
use crate::machine::Machine;
use crate::protocol::question::{Dispute, Review, RoundId, Study};
use crate::shell::{Consult, Hear, Mute, Outlet, Sabotage, Shell, ShellRef};
use crate::swarms::consensus::{Consensus, Effect, Input};
use crate::swarms::round::{Phase, Round};
use actix::AsyncContext;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How a call for a round ended.
#[derive(Debug)]
pub enum Conclusion {
    /// It was held.
    Held(Box<Round>),
    /// Another was under way.
    Busy(RoundId),
}

/// A seat to be brought down in the middle of the next round: the hook of demonstrations, chaos and tests.
#[derive(Clone, Debug, Default)]
pub struct Plot(Arc<Mutex<Option<Seat>>>);

impl Plot {
    /// The next time this seat is asked to study, it panics first.
    pub fn against(&self, seat: Seat) {
        *self.0.lock() = Some(seat);
    }

    pub(super) fn strikes(&self, seat: &Seat) -> bool {
        let mut plot = self.0.lock();
        let hit = plot.as_ref() == Some(seat);
        if hit {
            *plot = None;
        }
        hit
    }
}

/// The outlet of the consensus machine.
#[derive(Clone)]
pub struct Table {
    members: BTreeMap<Seat, MemberRef>,
    models: BTreeMap<Seat, ModelSeat>,
    risk: ShellRef<RiskManager, Mute>,
    concluded: mpsc::Sender<Conclusion>,
    plot: Plot,
}

/// How long each phase may last. A member rebuilt from nothing replays twenty seasons: 0.3 s as released, some seconds in
/// a debug build on a busy machine.
fn limit(phase: Phase) -> Duration {
    Duration::from_secs(match phase {
        Phase::Study => 120,
        Phase::Deliberation => 30,
        Phase::Review => 60,
    })
}

type Swarm = Ctx<Shell<Consensus, Table>>;

impl Table {
    /// A table with its members, the risk manager, and where concluded rounds go.
    pub fn new(
        members: BTreeMap<Seat, MemberRef>,
        risk: ShellRef<RiskManager, Mute>,
        concluded: mpsc::Sender<Conclusion>,
        plot: Plot,
    ) -> Table {
        Table {
            members,
            models: BTreeMap::new(),
            risk,
            concluded,
            plot,
        }
    }

    /// The same with seats that ask language models.
    pub fn with_models(self, models: BTreeMap<Seat, ModelSeat>) -> Table {
        Table { models, ..self }
    }

    fn ask_study(&self, seat: Seat, study: Study, ctx: &mut Swarm) {
        let round = study.round.clone();
        if let Some(model) = self.models.get(&seat).cloned() {
            let member = model.member().clone();
            return self.follow(&member, model.study(study), (round, seat), ctx);
        }
        let Some(member) = self.members.get(&seat).cloned() else {
            return;
        };
        let question = Consult(swarm_member::Input::Study(study));
        let answer = member.ask(question, How::within(limit(Phase::Study)));
        let answer = async move {
            match answer.await.map(|effects| effects.into_iter().next()) {
                Ok(Some(swarm_member::Effect::Answered(answer))) => Ok(answer),
                Ok(_) => Err("it said nothing".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        };
        self.follow(&member, answer, (round, seat), ctx);
    }

    /// Waits for a seat's answer to a study, of whatever kind its mind is, and brings the seat down where that is plotted.
    fn follow<M: Machine, O: Outlet<M>>(
        &self,
        member: &ShellRef<M, O>,
        answer: impl Future<Output = Result<Answer, String>> + 'static,
        (round, seat): (RoundId, Seat),
        ctx: &mut Swarm,
    ) {
        let before = member.vitals().incarnation;
        if self.plot.strikes(&seat) {
            // On the control lane, so that it overtakes the question, which then waits in the queue for the next incarnation.
            if let Err(refused) = member.tell(Sabotage("brought down on purpose".to_owned()), Lane::Control) {
                log::warn!("{seat} could not be brought down: {refused}");
            }
        }
        let member = member.clone();
        bring_back(ctx, answer, move |said| match said {
            Ok(answer) => {
                let incarnation = member.vitals().incarnation;
                Input::Answered {
                    round,
                    seat,
                    incarnation,
                    restarts: incarnation.saturating_sub(before.max(1)),
                    answer,
                }
            }
            Err(reason) => Input::Lost { round, seat, reason },
        });
    }

    fn ask_revise(&self, seat: Seat, dispute: Dispute, ctx: &mut Swarm) {
        let on = (dispute.round.clone(), seat);
        if let Some(model) = self.models.get(&on.1) {
            let take = |effect| match effect {
                llm_member::Effect::Revised(opinions) => Some(opinions),
                llm_member::Effect::Call { .. } | llm_member::Effect::Answered { .. } => None,
            };
            revise(model.member(), llm_member::Input::Revise(dispute), take, on, ctx);
        } else if let Some(member) = self.members.get(&on.1) {
            let take = |effect| match effect {
                swarm_member::Effect::Revised(opinions) => Some(opinions),
                swarm_member::Effect::Answered(_) => None,
            };
            revise(member, swarm_member::Input::Revise(dispute), take, on, ctx);
        }
    }

    fn ask_review(&self, review: Box<Review>, ctx: &mut Swarm) {
        let round = review.round.clone();
        let how = How::within(limit(Phase::Review));
        let answer = self.risk.ask(Consult(risk_manager::Input::Review(review)), how);
        bring_back(ctx, answer, move |said| {
            match said.map(|effects| effects.into_iter().next()) {
                Ok(Some(risk_manager::Effect::Decided(decisions))) => Input::Reviewed { round, decisions },
                Ok(Some(risk_manager::Effect::TookStock(_)) | None) => Input::ReviewLost { round },
                Err(error) => {
                    log::warn!("the risk manager did not answer: {error}");
                    Input::ReviewLost { round }
                }
            }
        });
    }

    fn conclude(&self, conclusion: Conclusion) {
        if self.concluded.try_send(conclusion).is_err() {
            log::warn!("a concluded round was not fetched and is dropped");
        }
    }
}

/// Shows a seat a dispute, of whatever kind its mind is.
fn revise<M: Machine, O: Outlet<M>>(
    member: &ShellRef<M, O>,
    dispute: M::Input,
    take: fn(M::Effect) -> Option<Vec<Opinion>>,
    (round, seat): (RoundId, Seat),
    ctx: &mut Swarm,
) {
    let member = member.clone();
    let answer = member.ask(Consult(dispute), How::within(limit(Phase::Deliberation)));
    bring_back(ctx, answer, move |said| {
        let incarnation = member.vitals().incarnation;
        match said.map(|effects| effects.into_iter().find_map(take)) {
            Ok(Some(opinions)) => Input::Revised {
                round,
                seat,
                incarnation,
                opinions,
            },
            Ok(None) => Input::Lost {
                round,
                seat,
                reason: "it said nothing".to_owned(),
            },
            Err(error) => Input::Lost {
                round,
                seat,
                reason: error.to_string(),
            },
        }
    });
}

/// Waits for an answer beside the mailbox, and tells the machine what came of it.
fn bring_back<T: 'static>(
    ctx: &mut Swarm,
    answer: impl Future<Output = T> + 'static,
    read: impl FnOnce(T) -> Input + 'static,
) {
    let me: ActorRef<Shell<Consensus, Table>> = ctx.me();
    let task = async move {
        let input = read(answer.await);
        if let Err(refused) = me.tell(Hear(input), Lane::High) {
            log::error!("the table could not hear an answer: {refused}");
        }
    };
    ctx.spawn(actix::fut::wrap_future::<_, Shell<Consensus, Table>>(task));
}

impl Outlet<Consensus> for Table {
    fn perform(&mut self, effect: Effect, ctx: &mut Swarm) {
        match effect {
            Effect::AskStudy(seat, study) => self.ask_study(seat, study, ctx),
            Effect::AskRevise(seat, dispute) => self.ask_revise(seat, dispute, ctx),
            Effect::AskReview(review) => self.ask_review(review, ctx),
            Effect::Wake(round, phase) => {
                ctx.run_later(limit(phase), move |_, ctx| {
                    let late = Input::Deadline {
                        round: round.clone(),
                        phase,
                    };
                    if let Err(refused) = ctx.me().tell(Hear(late), Lane::High) {
                        log::error!("the table could not hear its alarm: {refused}");
                    }
                });
            }
            Effect::Concluded(round) => self.conclude(Conclusion::Held(round)),
            Effect::Busy(round) => self.conclude(Conclusion::Busy(round)),
        }
    }
}
