//! What the orchestrator says of a round: who stands how, by which settings it is decided, and which it is decided by in shadow.
//!
//! It comes with the order to convene, so that a round depends on nothing it was not told, and its id and minutes say it.
//! Without any, a round is to the byte what it was before there was an orchestrator.

use super::pool::PoolSettings;
use crate::domain::game::GameId;
use crate::domain::money::Cents;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::domain::standing::Standings;

/// The orchestrator's word on a round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guidance {
    /// Who does not stand full, overrides included.
    pub standings: Standings,
    /// Settings of the pool in place of the swarm's own.
    pub pool: Option<PoolSettings>,
    /// Settings the round is decided by once more, apart and never bet.
    pub shadow: Option<PoolSettings>,
    /// The most that may be at stake in the week, when it is less than the risk manager's own limit.
    pub week_cap: Option<Cents>,
    /// Why the swarm holds no round at all, when somebody paused it.
    pub paused: Option<String>,
}

impl Guidance {
    /// What of it bears on a decision, as text for the round's id; none when nothing does. The shadow does not.
    pub fn bearing(&self) -> Option<String> {
        let plain = self.standings.is_empty() && self.pool.is_none() && self.week_cap.is_none();
        (!plain).then(|| format!("{:?}/{:?}/{:?}", self.standings, self.pool, self.week_cap))
    }
}

/// What a market's probability would have been under the shadow's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Shadowed {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The pooled probability of the first side in earnest.
    pub p_live: Probability,
    /// The same in shadow.
    pub p_shadow: Probability,
}
