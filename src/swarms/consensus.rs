//! The consensus swarm: seven to twelve seats study a slate alone, argue about what they disagree on, and vote.
//!
//! The machine holds one round at a time and asks for everything it needs by effects: seats are consulted, the risk
//! manager reviews, and when all is in (or a deadline has passed) the round is concluded as one value. Answers may come
//! in any order; whatever is concluded is ordered by seat, so the same answers give the same round to the byte.
//!
//! A seat that says of everything that its feed is missing is not at the table, and the table keeps its number odd
//! (`seating`). A seat whose answer is lost to a crash is asked once more, since its supervisor brings it back; after a second loss,
//! or at the deadline, it abstains. A round always ends.

mod under_way;

use super::pool::PoolSettings;
use super::round::{Convene, Phase, Round, SeatLog};
use crate::domain::belief::{Answer, Opinion, Seat};
use crate::domain::pick::Decision;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::{Dispute, Review, RoundId, Study};
use std::sync::Arc;
use under_way::UnderWay;

/// What the swarm as a whole is.
pub const CARD: Card = Card {
    role: "consensus_swarm",
    level: Level::Swarm,
    tools: &["agreements"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// What the swarm hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Hold a round.
    Convene(Convene),
    /// A seat answered, alone.
    Answered {
        /// The round.
        round: RoundId,
        /// The seat.
        seat: Seat,
        /// Its incarnation.
        incarnation: u64,
        /// Times it was restarted since it was asked.
        restarts: u64,
        /// What it said.
        answer: Answer,
    },
    /// A seat answered a dispute: the opinions it changed.
    Revised {
        /// The round.
        round: RoundId,
        /// The seat.
        seat: Seat,
        /// Its incarnation.
        incarnation: u64,
        /// Changed opinions only.
        opinions: Vec<Opinion>,
    },
    /// A seat's answer was lost.
    Lost {
        /// The round.
        round: RoundId,
        /// The seat.
        seat: Seat,
        /// What the runtime reported.
        reason: String,
    },
    /// The risk manager's answer was lost.
    ReviewLost {
        /// The round.
        round: RoundId,
    },
    /// The risk manager decided.
    Reviewed {
        /// The round.
        round: RoundId,
        /// Bets and passes, in slate order.
        decisions: Vec<Decision>,
    },
    /// A phase has lasted as long as it may.
    Deadline {
        /// The round.
        round: RoundId,
        /// The phase that was to end.
        phase: Phase,
    },
}

/// What the swarm wants done.
#[derive(Debug)]
pub enum Effect {
    /// Ask a seat to study.
    AskStudy(Seat, Study),
    /// Ask a seat about disputed markets.
    AskRevise(Seat, Dispute),
    /// Ask the risk manager.
    AskReview(Box<Review>),
    /// Say [`Input::Deadline`] when the phase has lasted its time.
    Wake(RoundId, Phase),
    /// The round is over.
    Concluded(Box<Round>),
    /// A round was not held: another is under way.
    Busy(RoundId),
}

/// The swarm.
pub struct Consensus {
    seats: Vec<Seat>,
    settings: PoolSettings,
    under_way: Option<UnderWay>,
}

/// A seat is asked at most this often in a phase.
const MAX_ASKS: usize = 2;

impl Consensus {
    /// A table of seats. Ties are resolved by seat order, so the order given does not matter.
    pub fn new(mut seats: Vec<Seat>, settings: PoolSettings) -> Consensus {
        seats.sort();
        seats.dedup();
        Consensus {
            seats,
            settings,
            under_way: None,
        }
    }

    fn convene(&mut self, convened: Convene, turn: &mut Turn<Effect>) {
        if self.under_way.is_some() {
            turn.emit(Effect::Busy(convened.round));
            return;
        }
        for seat in &self.seats {
            turn.emit(Effect::AskStudy(seat.clone(), study(&convened)));
        }
        turn.emit(Effect::Wake(convened.round.clone(), Phase::Study));
        self.under_way = Some(UnderWay {
            convened,
            phase: Phase::Study,
            waiting: self.seats.clone(),
            logs: self.seats.iter().map(|s| (s.clone(), SeatLog::default())).collect(),
            weights: None,
            agreements: Vec::new(),
            shadow: Vec::new(),
            shadow_weights: None,
            n_reviews_lost: 0,
        });
    }

    fn lost(&mut self, seat: &Seat, reason: String, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        if !now.waiting.contains(seat) {
            return;
        }
        let log = now.logs.entry(seat.clone()).or_default();
        log.losses.push(reason.clone());
        if log.losses.len() < MAX_ASKS && now.phase == Phase::Study {
            turn.emit(Effect::AskStudy(seat.clone(), study(&now.convened)));
            return;
        }
        if now.phase == Phase::Study {
            log.absent = Some(reason);
        }
        self.arrived(seat, turn);
    }

    /// A seat has said what it will in this phase.
    fn arrived(&mut self, seat: &Seat, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        now.waiting.retain(|s| s != seat);
        if now.waiting.is_empty() {
            self.advance(turn);
        }
    }

    fn advance(&mut self, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        match now.phase {
            Phase::Study => {
                now.weigh(&self.settings);
                let disputes = now.disputes();
                now.phase = Phase::Deliberation;
                now.waiting = disputes.keys().cloned().collect();
                if now.waiting.is_empty() {
                    return self.advance(turn);
                }
                turn.emit(Effect::Wake(now.convened.round.clone(), Phase::Deliberation));
                for (seat, dispute) in disputes {
                    turn.emit(Effect::AskRevise(seat, dispute));
                }
            }
            Phase::Deliberation => {
                now.phase = Phase::Review;
                now.agree();
                turn.emit(Effect::Wake(now.convened.round.clone(), Phase::Review));
                turn.emit(Effect::AskReview(Box::new(now.review())));
            }
            Phase::Review => {}
        }
    }

    fn conclude(&mut self, decisions: Vec<Decision>, unreviewed: bool, turn: &mut Turn<Effect>) {
        let Some(now) = self.under_way.take() else { return };
        let Some(weights) = now.weights else { return };
        let mut round = Round {
            convened: now.convened,
            seats: now.logs,
            weights,
            decisions,
            shadow: now.shadow,
            unreviewed,
            messages: Vec::new(),
        };
        round.messages = super::minutes::write(&round);
        turn.emit(Effect::Concluded(Box::new(round)));
    }

    /// Asks the risk manager once more, since its supervisor brings it back; after a second loss nothing is bet.
    fn review_lost(&mut self, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        now.n_reviews_lost += 1;
        if now.n_reviews_lost < MAX_ASKS {
            turn.emit(Effect::AskReview(Box::new(now.review())));
        } else {
            self.conclude(Vec::new(), true, turn);
        }
    }

    fn deadline(&mut self, phase: Phase, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        if now.phase != phase {
            return;
        }
        match phase {
            Phase::Study | Phase::Deliberation => {
                for seat in std::mem::take(&mut now.waiting) {
                    let log = now.logs.entry(seat).or_default();
                    if phase == Phase::Study {
                        log.absent = Some("late: no answer by the deadline".to_owned());
                    }
                }
                self.advance(turn);
            }
            Phase::Review => self.conclude(Vec::new(), true, turn),
        }
    }

    fn current(&self, round: &RoundId, phase: Phase) -> bool {
        self.under_way
            .as_ref()
            .is_some_and(|n| n.convened.round == *round && n.phase == phase)
    }
}

fn study(convened: &Convene) -> Study {
    Study {
        round: convened.round.clone(),
        when: convened.when,
        basis: convened.basis,
        view: convened.view.clone(),
        slate: Arc::clone(&convened.slate),
    }
}

impl Machine for Consensus {
    type Input = Input;
    type Effect = Effect;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Convene(convened) => self.convene(convened, turn),
            Input::Answered {
                round,
                seat,
                incarnation,
                restarts,
                answer,
            } => {
                if !self.current(&round, Phase::Study) {
                    return;
                }
                if let Some(log) = self.under_way.as_mut().and_then(|n| n.logs.get_mut(&seat)) {
                    log.incarnation = incarnation;
                    log.restarts += restarts;
                    log.answer = Some(answer);
                    self.arrived(&seat, turn);
                }
            }
            Input::Revised {
                round,
                seat,
                incarnation,
                opinions,
            } => {
                if !self.current(&round, Phase::Deliberation) {
                    return;
                }
                if let Some(log) = self.under_way.as_mut().and_then(|n| n.logs.get_mut(&seat)) {
                    log.incarnation = incarnation;
                    log.revised = opinions;
                    self.arrived(&seat, turn);
                }
            }
            Input::Lost { round, seat, reason } => {
                if self.current(&round, Phase::Study) || self.current(&round, Phase::Deliberation) {
                    self.lost(&seat, reason, turn);
                }
            }
            Input::Reviewed { round, decisions } => {
                if self.current(&round, Phase::Review) {
                    self.conclude(decisions, false, turn);
                }
            }
            Input::ReviewLost { round } => {
                if self.current(&round, Phase::Review) {
                    self.review_lost(turn);
                }
            }
            Input::Deadline { round, phase } => {
                if self.current(&round, phase) {
                    self.deadline(phase, turn);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
