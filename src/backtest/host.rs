//! The bare host: one swarm round in a loop, without a runtime, by the same machines the actors host.
//!
//! It exists so that the leak check and the tests can play hundreds of rounds, and so that what the actors decide can be
//! compared with it to the byte.

use crate::agents::specialists::risk_manager::{self, RiskLimits, RiskManager};
use crate::agents::swarm_member::{self, SwarmMember};
use crate::domain::belief::Seat;
use crate::machine::drive;
use crate::minds::quant::MindFactory;
use crate::swarms::consensus::{Consensus, Effect, Input};
use crate::swarms::pool::PoolSettings;
use crate::swarms::round::{Convene, Round};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, VecDeque};

/// A table of members with their risk manager, ready to hold rounds.
pub struct BareHost {
    consensus: Consensus,
    members: BTreeMap<Seat, SwarmMember>,
    risk: RiskManager,
    rng: Pcg64Mcg,
}

impl BareHost {
    /// Seats by roster; `rng` is the swarm's stream, from which message ids are drawn.
    pub fn new(roster: &[(&str, MindFactory)], pool: PoolSettings, limits: RiskLimits, rng: Pcg64Mcg) -> BareHost {
        let members = roster
            .iter()
            .map(|(name, mind)| (Seat::new(name), SwarmMember::new(*mind)));
        BareHost::with_members(members.collect(), pool, limits, rng)
    }

    /// The same with seats that are built already, for minds that need more than a factory.
    pub fn with_members(
        members: BTreeMap<Seat, SwarmMember>,
        pool: PoolSettings,
        limits: RiskLimits,
        rng: Pcg64Mcg,
    ) -> BareHost {
        BareHost {
            consensus: Consensus::new(members.keys().cloned().collect(), pool),
            members,
            risk: RiskManager::new(limits),
            rng,
        }
    }

    /// Holds one round from convening to its decisions. `None` only if the swarm's machine broke its promise that a
    /// round always ends.
    pub fn hold(&mut self, convene: Convene) -> Option<Round> {
        let now = convene.view.at();
        let mut inputs = VecDeque::from([Input::Convene(convene)]);
        while let Some(input) = inputs.pop_front() {
            for effect in drive(&mut self.consensus, input, now, &mut self.rng) {
                match effect {
                    Effect::AskStudy(seat, study) => {
                        let round = study.round.clone();
                        let said = self.consult(&seat, swarm_member::Input::Study(study));
                        inputs.push_back(match said {
                            Some(swarm_member::Effect::Answered(answer)) => Input::Answered {
                                round,
                                seat,
                                incarnation: 1,
                                restarts: 0,
                                answer,
                            },
                            _ => Input::Lost {
                                round,
                                seat,
                                reason: "no such seat".to_owned(),
                            },
                        });
                    }
                    Effect::AskRevise(seat, dispute) => {
                        let round = dispute.round.clone();
                        let said = self.consult(&seat, swarm_member::Input::Revise(dispute));
                        inputs.push_back(match said {
                            Some(swarm_member::Effect::Revised(opinions)) => Input::Revised {
                                round,
                                seat,
                                incarnation: 1,
                                opinions,
                            },
                            _ => Input::Lost {
                                round,
                                seat,
                                reason: "no such seat".to_owned(),
                            },
                        });
                    }
                    Effect::AskReview(review) => {
                        let round = review.round.clone();
                        let mut rng = Pcg64Mcg::new(0); // the risk manager draws nothing
                        let said = drive(&mut self.risk, risk_manager::Input::Review(review), now, &mut rng);
                        for effect in said {
                            if let risk_manager::Effect::Decided(decisions) = effect {
                                inputs.push_back(Input::Reviewed {
                                    round: round.clone(),
                                    decisions,
                                });
                            }
                        }
                    }
                    Effect::Wake(..) => {} // nobody is late in a loop
                    Effect::Concluded(round) => return Some(*round),
                    Effect::Busy(_) => return None,
                }
            }
        }
        None
    }

    fn consult(&mut self, seat: &Seat, input: swarm_member::Input) -> Option<swarm_member::Effect> {
        let member = self.members.get_mut(seat)?;
        let mut rng = Pcg64Mcg::new(0); // quantitative minds draw nothing
        drive(member, input, chrono::DateTime::UNIX_EPOCH, &mut rng).pop()
    }
}
