//! A seat of the validation swarm: it tests a strategy on a period of its own, and looks for reasons against it.

mod criteria;
mod record;
mod stress;

pub use criteria::{CEILING, MIN_BETS};

use crate::domain::belief::Seat;
use crate::engine::plan::Plan;
use crate::engine::track::Track;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::hearing::{Inquire, Inquiry, Testimony};

/// What a validator is.
pub const CARD: Card = Card {
    role: "validator",
    level: Level::Swarm,
    tools: &["backtest", "stress"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// The machine of one seat. It remembers nothing between turns and draws nothing from its stream, so a rebuilt validator says
/// what the one before it would have said.
pub struct Validator {
    seat: Seat,
}

impl Validator {
    /// A validator by the name of its seat.
    pub fn new(seat: Seat) -> Validator {
        Validator { seat }
    }

    fn testify(&self, inquiry: &Inquiry) -> Testimony {
        let table = inquiry.bench.table();
        let plan = Plan::compile(&inquiry.strategy, table).map_err(|error| error.to_string());
        match &inquiry.step {
            Inquire::Backtest => {
                Testimony::Tested(plan.map(|plan| Box::new(record::report(&self.seat, &inquiry.bench, &plan))))
            }
            Inquire::Explain { own, others } => Testimony::Explained(record::explain(own, others)),
            Inquire::Stress => {
                let track = plan.ok().map(|plan| Track::of(table, &plan, inquiry.bench.period()));
                Testimony::Stressed(track.and_then(|track| stress::stress(&track)))
            }
            Inquire::Vote(evidence) => Testimony::Voted(criteria::against(&self.seat, evidence)),
        }
    }
}

impl Machine for Validator {
    type Input = Inquiry;
    type Effect = Testimony;
    /// Thousands of bankroll paths: some tenths of a second.
    const HEAVY: bool = true;

    fn turn(&mut self, inquiry: Inquiry, turn: &mut Turn<Testimony>) {
        turn.emit(self.testify(&inquiry));
    }
}
