//! The conductor of the swarms: who runs when ([`calendar`]), who may run now ([`life`]), and one portfolio out of what the
//! swarm and the strategies in production want ([`portfolio`]).
//!
//! It asks nobody anything. Whoever wants to hold a round asks it first and says how it ended; research does not begin
//! while picks are made or are about to be. What it knows lives as long as its incarnation: after a crash every swarm is
//! idle again, and rounds that were under way are not waited for.

pub mod calendar;
pub mod life;
pub mod portfolio;
#[cfg(test)]
mod tests;

use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::RoundId;
use calendar::{Appointment, Calendar, Moments, blocks, week};
use chrono::{DateTime, Utc};
use life::{Follow, Life, Refusal, Swarm};
use portfolio::{Portfolio, Slip, compose};
use std::collections::BTreeMap;

/// What the conductor is.
pub const CARD: Card = Card {
    role: "swarm_orchestrator",
    level: Level::Orchestrator,
    tools: &["calendar", "portfolio"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// What the conductor hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Which swarm runs when in a week? From then on research keeps clear of its picks.
    Plan {
        /// The games of the week.
        games: Vec<Moments>,
        /// Instants of other weeks' consensus rounds.
        picks_elsewhere: Vec<DateTime<Utc>>,
    },
    /// May this swarm hold this round?
    Leave {
        /// The swarm.
        swarm: Swarm,
        /// The round.
        round: RoundId,
    },
    /// A round is over.
    Done {
        /// The swarm.
        swarm: Swarm,
        /// The round.
        round: RoundId,
        /// What went wrong.
        fault: Option<String>,
    },
    /// Give it no round until it is resumed.
    Suspend {
        /// The swarm.
        swarm: Swarm,
        /// Why.
        reason: String,
    },
    /// Take a suspension back.
    Resume(Swarm),
    /// Give it no round any more.
    Stop(Swarm),
    /// Make one portfolio of these.
    Compose(Box<Slip>),
}

/// What the conductor says.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The week's appointments, earliest first.
    Planned(Vec<Appointment>),
    /// It may, or why not.
    Leave(Result<(), Refusal>),
    /// Where the swarm stands now.
    Noted(Swarm, Life),
    /// The portfolio.
    Composed(Portfolio),
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Conductor {
    calendar: Calendar,
    swarms: BTreeMap<Swarm, Follow>,
    /// Consensus rounds that are planned.
    picks: Vec<DateTime<Utc>>,
}

impl Conductor {
    /// A conductor with the rules of its week.
    pub fn new(calendar: Calendar) -> Conductor {
        Conductor {
            calendar,
            swarms: Swarm::ALL.map(|swarm| (swarm, Follow::new(swarm))).into(),
            picks: Vec::new(),
        }
    }

    fn follow(&mut self, swarm: Swarm) -> &mut Follow {
        self.swarms.entry(swarm).or_insert_with(|| Follow::new(swarm))
    }

    fn plan(&mut self, games: &[Moments], picks_elsewhere: &[DateTime<Utc>]) -> Vec<Appointment> {
        let appointments = week(&self.calendar, games, picks_elsewhere);
        let own = appointments.iter().filter(|a| a.swarm == Swarm::Consensus);
        self.picks = own.map(|a| a.at).chain(picks_elsewhere.iter().copied()).collect();
        appointments
    }

    fn leave(&mut self, swarm: Swarm, round: &RoundId, now: DateTime<Utc>) -> Result<(), Refusal> {
        if swarm != Swarm::Consensus
            && let Some(at) = self.pick_in_the_way(now)
        {
            return Err(Refusal::Yields { swarm, at });
        }
        self.follow(swarm).begin(&round.0, now)
    }

    /// The consensus round that is under way or about to begin.
    fn pick_in_the_way(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let limit = Swarm::Consensus.limit();
        let under_way = match self.swarms.get(&Swarm::Consensus).map(Follow::life) {
            Some(Life::Running { since, .. }) if now - *since <= limit => Some(*since),
            _ => None,
        };
        let planned = self.picks.iter().copied();
        under_way.or_else(|| planned.filter(|at| blocks(&self.calendar, *at, now)).min())
    }
}

impl Machine for Conductor {
    type Input = Input;
    type Effect = Effect;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        let now = turn.now();
        let swarm = match input {
            Input::Plan { games, picks_elsewhere } => {
                return turn.emit(Effect::Planned(self.plan(&games, &picks_elsewhere)));
            }
            Input::Leave { swarm, round } => return turn.emit(Effect::Leave(self.leave(swarm, &round, now))),
            Input::Compose(slip) => return turn.emit(Effect::Composed(compose(*slip))),
            Input::Done { swarm, round, fault } => {
                self.follow(swarm).end(&round.0, fault.as_deref(), now);
                swarm
            }
            Input::Suspend { swarm, reason } => {
                self.follow(swarm).suspend(&reason);
                swarm
            }
            Input::Resume(swarm) => {
                self.follow(swarm).resume();
                swarm
            }
            Input::Stop(swarm) => {
                self.follow(swarm).stop();
                swarm
            }
        };
        let life = self.follow(swarm).life().clone();
        turn.emit(Effect::Noted(swarm, life));
    }
}
