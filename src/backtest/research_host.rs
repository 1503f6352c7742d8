//! The cycle's orders as the swarms of research take them, what they say as the cycle takes it, and both swarms in a bare loop.

use super::cycle::state::{Candidate, Origin};
use super::cycle::{GenerateOrder, Generated, ValidateOrder, Validated};
use super::orchestrator::Standing;
use crate::agents::strategist::SeatedStrategist;
use crate::agents::validator::Validator;
use crate::domain::belief::Seat;
use crate::machine::{Machine, drive};
use crate::minds::strategists;
use crate::protocol::question::RoundId;
use crate::protocol::research::{Bench, Commission};
use crate::stats::deflated::Trials;
use crate::swarms::generation::{self, Generation};
use crate::swarms::panel::{Heard, Held, Panel, Procedure, Wanted};
use crate::swarms::validation::{self, Hearing, SEATS, Validation};
use rand_pcg::Pcg64Mcg;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;

/// The commission of a generation round: the searched seasons and nothing else of the table, and a seed of its name.
pub fn convene_generation(order: &GenerateOrder) -> Commission {
    let bench = Bench::cut(&order.table, order.search.clone());
    let digest = Sha256::digest(&order.name);
    let seed = digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    Commission { bench, seed }
}

/// What the generation swarm selected, as candidates.
pub fn generated(round: &generation::Round) -> Generated {
    let ideas = round.selected().map(|idea| {
        let authors: Vec<&str> = idea.authors.iter().map(Seat::as_str).collect();
        Candidate {
            strategy: idea.strategy.clone(),
            origin: Origin::Generated,
            author: authors.join(" and "),
            parents: idea.parents.clone(),
            score: None,
            training: None,
        }
    });
    Generated {
        ideas: ideas.collect(),
        n_trained: round.n_tried,
    }
}

/// The hearing of a candidate: each validator's seasons, and nothing else of the table.
pub fn convene_validation(order: &ValidateOrder) -> Hearing {
    let n = NonZeroU64::new(order.n_validated).unwrap_or(NonZeroU64::MIN);
    Hearing {
        strategy: order.candidate.strategy.clone(),
        benches: order
            .held
            .iter()
            .map(|held| Bench::cut(&order.table, held.clone()))
            .collect(),
        searched: order.search.clone(),
        biased: order.biased.clone(),
        n_validated: Trials::new(n),
    }
}

/// What the validation swarm said, with the figures decisions are made on.
pub fn validated(round: &validation::Round) -> Validated {
    let tallies = || round.reports.iter().map(|r| &r.tally);
    let n_bets: u64 = tallies().map(|t| u64::from(t.n_bets)).sum();
    let n_clv: u64 = tallies().map(|t| u64::from(t.n_clv)).sum();
    let elevenths: i64 = tallies().map(|t| t.profit_elevenths).sum();
    let clv: i64 = tallies().map(|t| t.clv_hundredths).sum();
    let share = |sum: f64, n: u64| (n > 0).then(|| sum / n as f64);
    Validated {
        standing: Standing {
            approved: round.approved,
            n_approved: round.approvals.len() as u64,
            n_members: round.n_members as u64,
            n_bets,
            roi: share(elevenths as f64 / 11.0, n_bets),
            clv: share(clv as f64 / 100.0, n_clv),
            deflated: round.deflated,
            discrepant: round.is_discrepant(),
        },
        refusals: round.findings.iter().map(ToString::to_string).collect(),
    }
}

/// Seats and a panel in a loop: the same machines as the actors host, without a runtime.
struct Loop<P: Procedure, M: Machine> {
    panel: Panel<P>,
    members: BTreeMap<Seat, M>,
    take: fn(M::Effect) -> Option<P::Answer>,
}

impl<P: Procedure, M: Machine<Input = P::Question>> Loop<P, M> {
    fn new(members: BTreeMap<Seat, M>, take: fn(M::Effect) -> Option<P::Answer>) -> Loop<P, M> {
        Loop {
            panel: Panel::new(members.keys().cloned().collect()),
            members,
            take,
        }
    }

    /// Holds a round. `None` only if the panel broke its promise that a round always ends.
    fn hold(&mut self, id: RoundId, convene: P::Convene) -> Option<Held<P>> {
        let mut rng = Pcg64Mcg::new(0); // neither panel nor seats draw from the host's stream
        let now = chrono::DateTime::UNIX_EPOCH;
        let mut inputs = VecDeque::from([Heard::Convene(id, convene)]);
        while let Some(input) = inputs.pop_front() {
            for wanted in drive(&mut self.panel, input, now, &mut rng) {
                match wanted {
                    Wanted::Ask(on, question) => {
                        let member = self.members.get_mut(&on.seat);
                        let said = member.map(|m| drive(m, question, now, &mut rng)).unwrap_or_default();
                        inputs.push_back(match said.into_iter().find_map(self.take) {
                            Some(answer) => Heard::Answered {
                                on,
                                incarnation: 1,
                                restarts: 0,
                                answer,
                            },
                            None => Heard::Lost {
                                on,
                                reason: "it said nothing".to_owned(),
                            },
                        });
                    }
                    Wanted::Wake(..) => {} // nobody is late in a loop
                    Wanted::Concluded(held) => return Some(*held),
                    Wanted::Busy(_) => return None,
                }
            }
        }
        None
    }
}

/// Both swarms of research in a bare loop.
pub struct ResearchHost {
    generation: Loop<Generation, SeatedStrategist>,
    validation: Loop<Validation, Validator>,
}

impl Default for ResearchHost {
    fn default() -> ResearchHost {
        let strategist = |(name, mind): (&str, _)| (Seat::new(name), SeatedStrategist::new(mind));
        let validator = |name: &str| (Seat::new(name), Validator::new(Seat::new(name)));
        ResearchHost {
            generation: Loop::new(strategists::STRATEGISTS.into_iter().map(strategist).collect(), Some),
            validation: Loop::new(SEATS.into_iter().map(validator).collect(), Some),
        }
    }
}

impl ResearchHost {
    /// Holds a generation round.
    pub fn generate(&mut self, name: &str, commission: Commission) -> Option<Held<Generation>> {
        self.generation.hold(RoundId(name.to_owned()), commission)
    }

    /// Holds a validation round.
    pub fn validate(&mut self, name: &str, hearing: Hearing) -> Option<Held<Validation>> {
        self.validation.hold(RoundId(name.to_owned()), hearing)
    }
}
