//! A round as plain data: what was asked, every seat's part in it, and what came out.

use super::ballot::Weights;
use super::guidance::{Guidance, Shadowed};
use crate::domain::archive::View;
use crate::domain::belief::{Abstention, Answer, Basis, Offer, Opinion, Seat};
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::domain::pick::Decision;
use crate::protocol::AgentMessage;
use crate::protocol::question::{Exposure, RoundId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A round to be held.
#[derive(Clone, Debug)]
pub struct Convene {
    /// The round.
    pub round: RoundId,
    /// The week.
    pub when: SeasonWeek,
    /// The moment of the market.
    pub basis: Basis,
    /// What may be known.
    pub view: View,
    /// The games on offer.
    pub slate: Arc<Vec<Offer>>,
    /// The bankroll stakes are shares of.
    pub bankroll: Cents,
    /// Money already at stake this week.
    pub exposure: Exposure,
    /// What the orchestrator says of it.
    pub guidance: Arc<Guidance>,
}

/// The phases of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Seats study alone.
    Study,
    /// Seats reconsider what is disputed.
    Deliberation,
    /// The risk manager reviews.
    Review,
}

/// A seat's part in a round.
#[derive(Clone, Debug, Default)]
pub struct SeatLog {
    /// What it said alone.
    pub answer: Option<Answer>,
    /// Opinions it changed in deliberation.
    pub revised: Vec<Opinion>,
    /// Its incarnation when it last answered.
    pub incarnation: u64,
    /// Times it was restarted while the round waited for it.
    pub restarts: u64,
    /// Why answers of it were lost, each once.
    pub losses: Vec<String>,
    /// Why it is absent, when it is.
    pub absent: Option<String>,
    /// Why it answered and yet was not at the table: without the feed it lives on, or as the one too many.
    pub stood_down: Option<String>,
}

impl SeatLog {
    /// Why it was there and yet could say nothing of a game, as a seat whose model did not answer says itself.
    pub fn silent(&self) -> Option<&str> {
        let opinions = self.answer.iter().flat_map(|answer| &answer.opinions);
        let reasons = opinions.filter_map(|o| match &o.stance {
            Err(Abstention::Absent { reason }) => Some(reason.as_str()),
            _ => None,
        });
        reasons.min()
    }
}

/// A finished round: all that was said, agreed and decided.
#[derive(Clone, Debug)]
pub struct Round {
    /// What was asked.
    pub convened: Convene,
    /// Every seat's part.
    pub seats: BTreeMap<Seat, SeatLog>,
    /// What votes were weighed with.
    pub weights: Weights,
    /// What was agreed, in slate order.
    pub decisions: Vec<Decision>,
    /// What it would have been under the shadow's settings, while there is a shadow.
    pub shadow: Vec<Shadowed>,
    /// True when the risk manager did not answer: nothing was bet.
    pub unreviewed: bool,
    /// Everything said, in causal order, for the journal.
    pub messages: Vec<AgentMessage>,
}
