//! The table's hands: carries out what the consensus machine wants, and brings back what came of it.

use super::MemberRef;
use super::llm::ModelSeat;
use crate::actor::{ActorRef, Ctx, How, Lane};
use crate::agents::specialists::risk_manager::{self, RiskManager};
use crate::agents::{llm_member, swarm_member};
use crate::domain::belief::Seat;
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
        if let Some(model) = self.models.get(&seat).cloned() {
            return self.ask_model(model, seat, study, ctx);
        }
        let Some(member) = self.members.get(&seat).cloned() else {
            return;
        };
        let round = study.round.clone();
        let before = member.vitals().incarnation;
        let answer = member.ask(
            Consult(swarm_member::Input::Study(study)),
            How::within(limit(Phase::Study)),
        );
        if self.plot.strikes(&seat) {
            // On the control lane, so that it overtakes the question, which then waits in the queue for the next incarnation.
            if let Err(refused) = member.tell(Sabotage("brought down on purpose".to_owned()), Lane::Control) {
                log::warn!("{seat} could not be brought down: {refused}");
            }
        }
        bring_back(ctx, answer, move |said| {
            let incarnation = member.vitals().incarnation;
            let restarts = incarnation.saturating_sub(before.max(1));
            match said {
                Ok(effects) => match effects.into_iter().next() {
                    Some(swarm_member::Effect::Answered(answer)) => Input::Answered {
                        round,
                        seat,
                        incarnation,
                        restarts,
                        answer,
                    },
                    _ => Input::Lost {
                        round,
                        seat,
                        reason: "it said nothing".to_owned(),
                    },
                },
                Err(error) => Input::Lost {
                    round,
                    seat,
                    reason: error.to_string(),
                },
            }
        });
    }

    /// The same of a seat whose answer takes several turns: it waits for a language model.
    fn ask_model(&self, model: ModelSeat, seat: Seat, study: Study, ctx: &mut Swarm) {
        let round = study.round.clone();
        let member = model.member().clone();
        let before = member.vitals().incarnation;
        let answer = model.study(study);
        if self.plot.strikes(&seat)
            && let Err(refused) = member.tell(Sabotage("brought down on purpose".to_owned()), Lane::Control)
        {
            log::warn!("{seat} could not be brought down: {refused}");
        }
        bring_back(ctx, answer, move |said| {
            let incarnation = member.vitals().incarnation;
            match said {
                Ok(answer) => Input::Answered {
                    round,
                    seat,
                    incarnation,
                    restarts: incarnation.saturating_sub(before.max(1)),
                    answer,
                },
                Err(reason) => Input::Lost { round, seat, reason },
            }
        });
    }

    fn ask_model_revise(&self, model: &ModelSeat, seat: Seat, dispute: Dispute, ctx: &mut Swarm) {
        let round = dispute.round.clone();
        let member = model.member().clone();
        let how = How::within(limit(Phase::Deliberation));
        let answer = member.ask(Consult(llm_member::Input::Revise(dispute)), how);
        bring_back(ctx, answer, move |said| {
            let incarnation = member.vitals().incarnation;
            match said.map(|effects| effects.into_iter().next()) {
                Ok(Some(llm_member::Effect::Revised(opinions))) => Input::Revised {
                    round,
                    seat,
                    incarnation,
                    opinions,
                },
                Ok(_) => Input::Lost {
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

    fn ask_revise(&self, seat: Seat, dispute: Dispute, ctx: &mut Swarm) {
        if let Some(model) = self.models.get(&seat) {
            return self.ask_model_revise(model, seat, dispute, ctx);
        }
        let Some(member) = self.members.get(&seat).cloned() else {
            return;
        };
        let round = dispute.round.clone();
        let how = How::within(limit(Phase::Deliberation));
        let answer = member.ask(Consult(swarm_member::Input::Revise(dispute)), how);
        bring_back(ctx, answer, move |said| {
            let incarnation = member.vitals().incarnation;
            match said.map(|effects| effects.into_iter().next()) {
                Ok(Some(swarm_member::Effect::Revised(opinions))) => Input::Revised {
                    round,
                    seat,
                    incarnation,
                    opinions,
                },
                Ok(_) => Input::Lost {
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
