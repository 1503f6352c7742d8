//! The panel: what the swarms of research have in common, which is asking seats step by step until there is a result.
//!
//! A [`Procedure`] says what is asked and what follows from the answers. It is handed all answers of a step at once, ordered
//! by seat, so that the order in which they came in cannot matter. The panel sees to the rest: a seat whose answer is lost is
//! asked once more, since its supervisor brings it back; after a second loss, or at the deadline, it abstains from the step.
//! A procedure has a last step, every step has a deadline, and so a round always ends.

use crate::domain::belief::Seat;
use crate::machine::{Machine, Turn};
use crate::protocol::question::RoundId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A round as a sequence of steps. The types it asks and answers with are plain data.
pub trait Procedure: Sized + Send + 'static {
    /// What a round is about.
    type Convene: Send + 'static;
    /// The steps, by name.
    type Phase: Copy + Eq + fmt::Debug + Send + 'static;
    /// What a seat is asked.
    type Question: Clone + Send + 'static;
    /// What it says.
    type Answer: Send + 'static;
    /// What comes out.
    type Round: Send + 'static;

    /// A round that has not begun, with its first step. `seats` are in order.
    fn begin(convene: Self::Convene, seats: &[Seat]) -> (Self, Step<Self>);

    /// The next step, given what came in. Seats that abstained are not among the answers. Must come to
    /// [`Step::Done`] after a bounded number of steps.
    fn next(&mut self, phase: Self::Phase, answers: BTreeMap<Seat, Self::Answer>) -> Step<Self>;

    /// How long a step may last.
    fn limit(phase: Self::Phase) -> Duration;
}

/// What a procedure does next.
pub enum Step<P: Procedure> {
    /// Ask these seats; with nobody to ask the step is over at once.
    Ask(P::Phase, BTreeMap<Seat, P::Question>),
    /// The round is over.
    Done(Box<P::Round>),
}

/// What a panel hears.
pub enum Heard<P: Procedure> {
    /// Hold a round.
    Convene(RoundId, P::Convene),
    /// A seat answered.
    Answered {
        /// The question it answers.
        on: Asking<P>,
        /// The seat's incarnation.
        incarnation: u64,
        /// Times it was restarted since it was asked.
        restarts: u64,
        /// What it said.
        answer: P::Answer,
    },
    /// A seat's answer was lost.
    Lost {
        /// The question it was to answer.
        on: Asking<P>,
        /// What the runtime reported.
        reason: String,
    },
    /// A step has lasted as long as it may.
    Deadline(RoundId, P::Phase),
}

/// Which question of which round, to whom.
pub struct Asking<P: Procedure> {
    /// The round.
    pub round: RoundId,
    /// The step.
    pub phase: P::Phase,
    /// The seat.
    pub seat: Seat,
}

impl<P: Procedure> Clone for Asking<P> {
    fn clone(&self) -> Asking<P> {
        Asking {
            round: self.round.clone(),
            phase: self.phase,
            seat: self.seat.clone(),
        }
    }
}

/// What a panel wants done.
pub enum Wanted<P: Procedure> {
    /// Ask a seat.
    Ask(Asking<P>, P::Question),
    /// Say [`Heard::Deadline`] when the step has lasted its time.
    Wake(RoundId, P::Phase),
    /// The round is over.
    Concluded(Box<Held<P>>),
    /// A round was not held: another is under way.
    Busy(RoundId),
}

/// A finished round with who took part in it.
pub struct Held<P: Procedure> {
    /// The round.
    pub id: RoundId,
    /// What came out.
    pub round: P::Round,
    /// Every seat's attendance.
    pub attendance: BTreeMap<Seat, Attendance>,
}

/// How a seat took part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Questions it answered.
    pub n_answers: u64,
    /// Its incarnation when it last answered.
    pub incarnation: u64,
    /// Times it was restarted while the round waited for it.
    pub restarts: u64,
    /// Why answers of it were lost, each once.
    pub losses: Vec<String>,
    /// Steps it abstained from, with the reason.
    pub absences: Vec<String>,
}

/// A seat is asked at most this often in a step.
const MAX_ASKS: u32 = 2;
/// Steps without anybody to ask in a row; no procedure of ours has as many steps in all.
const MAX_EMPTY_STEPS: usize = 32;

struct UnderWay<P: Procedure> {
    id: RoundId,
    procedure: P,
    phase: P::Phase,
    /// Questions without an answer yet, with how often they were asked.
    waiting: BTreeMap<Seat, (P::Question, u32)>,
    answers: BTreeMap<Seat, P::Answer>,
    attendance: BTreeMap<Seat, Attendance>,
}

/// The machine.
pub struct Panel<P: Procedure> {
    seats: Vec<Seat>,
    under_way: Option<UnderWay<P>>,
}

impl<P: Procedure> Panel<P> {
    /// A panel of seats; the order given does not matter, a seat given twice sits once.
    pub fn new(mut seats: Vec<Seat>) -> Panel<P> {
        seats.sort();
        seats.dedup();
        Panel { seats, under_way: None }
    }

    fn convene(&mut self, id: RoundId, convene: P::Convene, turn: &mut Turn<Wanted<P>>) {
        if self.under_way.is_some() {
            turn.emit(Wanted::Busy(id));
            return;
        }
        let attendance = self.seats.iter().map(|s| (s.clone(), Attendance::default())).collect();
        let (procedure, step) = P::begin(convene, &self.seats);
        self.proceed(id, procedure, attendance, step, turn);
    }

    /// Asks what a step asks; steps that ask nobody are passed through.
    fn proceed(
        &mut self,
        id: RoundId,
        mut procedure: P,
        attendance: BTreeMap<Seat, Attendance>,
        mut step: Step<P>,
        turn: &mut Turn<Wanted<P>>,
    ) {
        for _ in 0..MAX_EMPTY_STEPS {
            match step {
                Step::Done(round) => {
                    let round = *round;
                    turn.emit(Wanted::Concluded(Box::new(Held { id, round, attendance })));
                    return;
                }
                Step::Ask(phase, questions) if questions.is_empty() => {
                    step = procedure.next(phase, BTreeMap::new())
                }
                Step::Ask(phase, questions) => {
                    turn.emit(Wanted::Wake(id.clone(), phase));
                    for (seat, question) in &questions {
                        let on = asking(&id, phase, seat);
                        turn.emit(Wanted::Ask(on, question.clone()));
                    }
                    self.under_way = Some(UnderWay {
                        id,
                        procedure,
                        phase,
                        waiting: questions.into_iter().map(|(seat, q)| (seat, (q, 1))).collect(),
                        answers: BTreeMap::new(),
                        attendance,
                    });
                    return;
                }
            }
        }
        panic!("a procedure asked nobody in {MAX_EMPTY_STEPS} steps: it does not end");
    }

    /// The round, when it is this one and at this step.
    fn current(&mut self, round: &RoundId, phase: P::Phase) -> Option<&mut UnderWay<P>> {
        let now = self.under_way.as_mut()?;
        (now.id == *round && now.phase == phase).then_some(now)
    }

    fn answered(&mut self, on: Asking<P>, incarnation: u64, restarts: u64, answer: P::Answer) {
        let Some(now) = self.current(&on.round, on.phase) else {
            return;
        };
        if now.waiting.remove(&on.seat).is_none() {
            return;
        }
        let log = now.attendance.entry(on.seat.clone()).or_default();
        log.n_answers += 1;
        log.incarnation = incarnation;
        log.restarts += restarts;
        now.answers.insert(on.seat, answer);
    }

    fn lost(&mut self, on: &Asking<P>, reason: String, turn: &mut Turn<Wanted<P>>) {
        let Some(now) = self.current(&on.round, on.phase) else {
            return;
        };
        let Some((question, n_asked)) = now.waiting.get_mut(&on.seat) else {
            return;
        };
        let log = now.attendance.entry(on.seat.clone()).or_default();
        log.losses.push(reason.clone());
        if *n_asked < MAX_ASKS {
            *n_asked += 1;
            turn.emit(Wanted::Ask(on.clone(), question.clone()));
        } else {
            now.waiting.remove(&on.seat);
            log.absences.push(format!("{:?}: {reason}", on.phase));
        }
    }

    fn deadline(&mut self, round: &RoundId, phase: P::Phase) {
        let Some(now) = self.current(round, phase) else { return };
        for (seat, _) in std::mem::take(&mut now.waiting) {
            let log = now.attendance.entry(seat).or_default();
            log.absences.push(format!("{phase:?}: late, no answer by the deadline"));
        }
    }

    /// Goes on once nobody is waited for.
    fn advance(&mut self, turn: &mut Turn<Wanted<P>>) {
        let over = self.under_way.as_ref().is_some_and(|now| now.waiting.is_empty());
        if let Some(mut now) = self.under_way.take_if(|_| over) {
            let step = now.procedure.next(now.phase, now.answers);
            self.proceed(now.id, now.procedure, now.attendance, step, turn);
        }
    }
}

fn asking<P: Procedure>(round: &RoundId, phase: P::Phase, seat: &Seat) -> Asking<P> {
    Asking {
        round: round.clone(),
        phase,
        seat: seat.clone(),
    }
}

impl<P: Procedure> Machine for Panel<P> {
    type Input = Heard<P>;
    type Effect = Wanted<P>;

    fn turn(&mut self, input: Heard<P>, turn: &mut Turn<Wanted<P>>) {
        match input {
            Heard::Convene(id, convene) => return self.convene(id, convene, turn),
            Heard::Answered {
                on,
                incarnation,
                restarts,
                answer,
            } => self.answered(on, incarnation, restarts, answer),
            Heard::Lost { on, reason } => self.lost(&on, reason, turn),
            Heard::Deadline(round, phase) => self.deadline(&round, phase),
        }
        self.advance(turn);
    }
}

#[cfg(test)]
mod tests;
