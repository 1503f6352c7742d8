//! What a seat holds between a study and a dispute, and how far it gives way when the table disagrees with it.

use crate::domain::belief::{Abstention, Belief, Offer, Opinion};
use crate::domain::game::GameId;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::market::shapes::fair;
use crate::minds::member::NO_EDGE;
use crate::protocol::question::Dispute;
use std::collections::BTreeMap;

/// The beliefs of the last study, with the fair probabilities they were held against.
#[derive(Clone, Debug, Default)]
pub struct Held(BTreeMap<(GameId, Market), (Probability, Belief)>);

impl Held {
    /// What opinions on a slate hold.
    pub fn of(slate: &[Offer], opinions: &[Opinion]) -> Held {
        let fair_of: BTreeMap<(GameId, Market), Probability> = slate
            .iter()
            .flat_map(|o| Market::ALL.map(|m| (o, m)))
            .filter_map(|(o, m)| Some(((o.fixture.id.clone(), m), o.reference(m).and_then(fair)?)))
            .collect();
        let held = opinions.iter().filter_map(|o| {
            let key = (o.game.clone(), o.market);
            let belief = o.stance.as_ref().ok()?.clone();
            Some((key.clone(), (*fair_of.get(&key)?, belief)))
        });
        Held(held.collect())
    }

    /// The opinions a dispute changes.
    pub fn revise(&self, dispute: &Dispute) -> Vec<Opinion> {
        let mut changed = Vec::new();
        for disputed in &dispute.markets {
            let key = (disputed.game.clone(), disputed.market);
            let Some((fair, belief)) = self.0.get(&key) else {
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
