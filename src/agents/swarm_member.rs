//! A swarm member: a seat that studies a slate, and may give way a little when the table disagrees with it.

use crate::domain::belief::{Abstention, Answer, Basis, Belief, Opinion};
use crate::domain::game::GameId;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::machine::{Machine, Turn};
use crate::market::shapes::fair;
use crate::minds::Forecaster;
use crate::minds::member::{Member, NO_EDGE};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::{Dispute, Study};
use std::collections::BTreeMap;

/// What a member is.
pub const CARD: Card = Card {
    role: "swarm_member",
    level: Level::Swarm,
    tools: &["opinions", "deliberation"],
    memory: Memory::Rebuilt,
    reasoning: Reasoning::Quantitative,
};

/// What a member hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Study these games.
    Study(Study),
    /// The table disagrees with you on these.
    Revise(Dispute),
}

/// What a member says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Its opinions.
    Answered(Answer),
    /// The opinions it changed.
    Revised(Vec<Opinion>),
}

/// The machine of one seat.
pub struct SwarmMember {
    member: Member,
    /// The opinions of the last study, with the fair probabilities they were held against.
    held: BTreeMap<(GameId, Market), (Probability, Belief)>,
}

impl SwarmMember {
    /// A member that knows nothing yet; it learns all it may know from the view of each study.
    pub fn new(mind: impl Fn() -> Box<dyn Forecaster> + Send + 'static) -> SwarmMember {
        SwarmMember {
            member: Member::new(mind, Basis::Open),
            held: BTreeMap::new(),
        }
    }

    fn study(&mut self, study: &Study) -> Answer {
        let answer = self.member.study(&study.view, study.basis, &study.slate);
        let fair_of: BTreeMap<(GameId, Market), Probability> = study
            .slate
            .iter()
            .flat_map(|o| Market::ALL.map(|m| (o, m)))
            .filter_map(|(o, m)| Some(((o.fixture.id.clone(), m), o.reference(m).and_then(fair)?)))
            .collect();
        self.held = answer
            .opinions
            .iter()
            .filter_map(|o| {
                let key = (o.game.clone(), o.market);
                let belief = o.stance.as_ref().ok()?.clone();
                Some((key.clone(), (*fair_of.get(&key)?, belief)))
            })
            .collect();
        answer
    }

    fn revise(&self, dispute: &Dispute) -> Vec<Opinion> {
        let mut changed = Vec::new();
        for disputed in &dispute.markets {
            let key = (disputed.game.clone(), disputed.market);
            let Some((fair, belief)) = self.held.get(&key) else {
                continue;
            };
            let p_first = give_way(*fair, belief, disputed.others);
            let stance = if (p_first.get() - fair.get()).abs() < NO_EDGE {
                Err(Abstention::NoEdge)
            } else {
                Ok(Belief {
                    p_first,
                    evidence: Vec::new(),
                    ..belief.clone()
                })
            };
            changed.push(Opinion {
                game: key.0,
                market: key.1,
                stance,
            });
        }
        changed
    }
}

/// A seat moves towards the median of the others by how unsure it is of itself: its own standard error against its
/// distance from them, and never more than half way, so that a table of sheep cannot form.
fn give_way(fair: Probability, belief: &Belief, others: f64) -> Probability {
    let own = belief.p_first.logit() - fair.logit();
    let distance = (Probability::from_logit(fair.logit() + others).get() - belief.p_first.get()).abs();
    let share = if belief.sd > 0.0 {
        (belief.sd / (belief.sd + distance)).min(MAX_SHARE)
    } else {
        0.0
    };
    Probability::from_logit(fair.logit() + own + share * (others - own))
}

/// The most a seat gives way.
const MAX_SHARE: f64 = 0.5;

impl Machine for SwarmMember {
    type Input = Input;
    type Effect = Effect;
    /// A study after a rebuild replays every season: seconds in a debug build.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Study(study) => {
                let answer = self.study(&study);
                turn.emit(Effect::Answered(answer));
            }
            Input::Revise(dispute) => turn.emit(Effect::Revised(self.revise(&dispute))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belief(p: f64, sd: f64) -> Belief {
        Belief {
            p_first: Probability::clamped(p),
            sd,
            mean: 0.0,
            evidence: Vec::new(),
        }
    }

    #[test]
    fn the_sure_stand_and_the_unsure_give_way() {
        let fair = Probability::HALF;
        let others = Probability::clamped(0.47).logit();
        let sure = give_way(fair, &belief(0.53, 0.0), others).get();
        let unsure = give_way(fair, &belief(0.53, 0.02), others).get();
        let lost = give_way(fair, &belief(0.53, 9.0), others).get();
        assert!((sure - 0.53).abs() < 1e-12);
        assert!(
            unsure < sure && lost < unsure && lost > 0.4999,
            "{sure} {unsure} {lost}"
        );
    }
}
