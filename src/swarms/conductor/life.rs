//! The life of a swarm: it rests, holds one round at a time, is suspended when it keeps failing or somebody says so, and
//! once stopped it stays so.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::fmt;

/// The swarms of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Swarm {
    /// Picks games.
    Consensus,
    /// Has ideas for strategies.
    Generation,
    /// Judges them.
    Validation,
}

impl Swarm {
    /// All of them.
    pub const ALL: [Swarm; 3] = [Swarm::Consensus, Swarm::Generation, Swarm::Validation];

    /// A round that lasts longer is lost: all its phases at their limits, twice.
    pub fn limit(self) -> TimeDelta {
        match self {
            Swarm::Consensus => TimeDelta::seconds(420),
            Swarm::Generation | Swarm::Validation => TimeDelta::hours(1),
        }
    }
}

impl fmt::Display for Swarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Swarm::Consensus => "consensus",
            Swarm::Generation => "generation",
            Swarm::Validation => "validation",
        })
    }
}

/// Where a swarm stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Life {
    /// Ready for a round.
    Idle,
    /// Holding one.
    Running {
        /// Which.
        round: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It gets no round.
    Suspended {
        /// Why.
        reason: String,
        /// When it may try again by itself; none when somebody has to resume it.
        until: Option<DateTime<Utc>>,
    },
    /// For good.
    Stopped,
}

/// Why a swarm may not hold a round now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It holds one.
    #[error("{swarm} holds round {round} since {since}")]
    Busy {
        /// The swarm.
        swarm: Swarm,
        /// The round.
        round: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It is suspended.
    #[error("{swarm} is suspended: {reason}")]
    Suspended {
        /// The swarm.
        swarm: Swarm,
        /// Why.
        reason: String,
        /// When it may try again by itself.
        until: Option<DateTime<Utc>>,
    },
    /// It is stopped.
    #[error("{0} is stopped")]
    Stopped(Swarm),
    /// Picks come first.
    #[error("{swarm} waits for the consensus round at {at}")]
    Yields {
        /// Who waits.
        swarm: Swarm,
        /// When the round begins or began that it waits for.
        at: DateTime<Utc>,
    },
}

/// Rounds in a row that may fail before the swarm is suspended.
pub const MAX_FAILURES: u32 = 3;
/// How long it is suspended then; twice as long each further time, to a day.
pub const PAUSE: TimeDelta = TimeDelta::minutes(15);
/// What a lost round failed of.
const LATE: &str = "it outlived its limit";
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);

/// One swarm as the conductor follows it.
#[derive(Clone, Debug)]
pub struct Follow {
    swarm: Swarm,
    life: Life,
    failures: u32,
    /// A suspension that waits for the end of the round under way.
    pending: Option<String>,
}

impl Follow {
    /// A swarm that has not begun.
    pub fn new(swarm: Swarm) -> Follow {
        Follow {
            swarm,
            life: Life::Idle,
            failures: 0,
            pending: None,
        }
    }

    /// Where it stands.
    pub fn life(&self) -> &Life {
        &self.life
    }

    /// Grants a round or says why not. A round that outlived its limit counts as failed first; a suspension that has run
    /// out is over.
    ///
    /// # Errors
    /// [`Refusal`] when it may not begin now.
    pub fn begin(&mut self, round: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        if let Life::Running { round: lost, since } = &self.life
            && now - *since > self.swarm.limit()
        {
            let lost = lost.clone();
            self.end(&lost, Some(LATE), now);
        }
        let swarm = self.swarm;
        match &self.life {
            Life::Idle => {}
            Life::Suspended { until: Some(until), .. } if *until <= now => {}
            Life::Running { round, since } => {
                return Err(Refusal::Busy {
                    swarm,
                    round: round.clone(),
                    since: *since,
                });
            }
            Life::Suspended { reason, until } => {
                return Err(Refusal::Suspended {
                    swarm,
                    reason: reason.clone(),
                    until: *until,
                });
            }
            Life::Stopped => return Err(Refusal::Stopped(swarm)),
        }
        self.life = Life::Running {
            round: round.to_owned(),
            since: now,
        };
        Ok(())
    }

    /// A round is over, with what went wrong: that it outlived its limit, too. Of a round nobody waits for nothing is noted.
    pub fn end(&mut self, round: &str, fault: Option<&str>, now: DateTime<Utc>) {
        let Life::Running {
            round: under_way,
            since,
        } = &self.life
        else {
            return;
        };
        if under_way != round {
            return;
        }
        let late = (now - *since > self.swarm.limit()).then_some(LATE);
        let fault = fault.or(late);
        self.failures = fault.map_or(0, |_| self.failures + 1);
        let too_often = fault.filter(|_| self.failures >= MAX_FAILURES);
        self.life = match (self.pending.take(), too_often) {
            (Some(reason), _) => Life::Suspended { reason, until: None },
            (None, Some(fault)) => Life::Suspended {
                reason: format!("{} rounds in a row failed, the last because {fault}", self.failures),
                until: Some(now + pause(self.failures)),
            },
            (None, None) => Life::Idle,
        };
    }

    /// Gives it no round until it is resumed; one under way is let finish.
    pub fn suspend(&mut self, reason: &str) {
        match self.life {
            Life::Stopped => {}
            Life::Running { .. } => self.pending = Some(reason.to_owned()),
            Life::Idle | Life::Suspended { .. } => {
                self.life = Life::Suspended {
                    reason: reason.to_owned(),
                    until: None,
                };
            }
        }
    }

    /// Takes a suspension back; failures before it are forgotten.
    pub fn resume(&mut self) {
        if self.pending.take().is_some() {
            self.failures = 0;
        }
        if matches!(self.life, Life::Suspended { .. }) {
            (self.life, self.failures) = (Life::Idle, 0);
        }
    }

    /// Gives it no round any more.
    pub fn stop(&mut self) {
        (self.life, self.pending) = (Life::Stopped, None);
    }
}

fn pause(failures: u32) -> TimeDelta {
    let doublings = (failures - MAX_FAILURES).min(7);
    (PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE)
}
