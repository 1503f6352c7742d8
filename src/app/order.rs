//! An order to play a week, and the name its rounds get.

use crate::agents::specialists::data_engineer::{AsOf, Prepared};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::protocol::question::RoundId;
use crate::swarms::guidance::Guidance;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What to play.
#[derive(Clone, Debug)]
pub struct WeekOrder {
    /// Everything stored.
    pub archive: Arc<Archive>,
    /// The week.
    pub when: SeasonWeek,
    /// When to decide.
    pub as_of: AsOf,
    /// Settings.
    pub settings: Settings,
    /// When it is asked, for the row of the round.
    pub now: DateTime<Utc>,
    /// Whether the rounds go into the database. A report's do not: they are no bets of the user's.
    pub keep: bool,
    /// A seat to be brought down in the first round.
    pub kill: Option<Seat>,
    /// What the orchestrator says of it; nothing for a backtest.
    pub guidance: Arc<Guidance>,
}

/// Names the week, the moment, and by a hash everything the decisions depend on: what was known, the settings, the seed
/// and the program. Bringing a seat down is not part of it: a rebuilt seat says the same. The same id is the same round.
pub fn round_id(order: &WeekOrder, prepared: &Prepared) -> RoundId {
    let known = prepared.view.fingerprint();
    let mut text = format!(
        "{known:016x}/{}/{}/{}/{}",
        prepared.planned.at.to_rfc3339(),
        order.as_of.name(),
        order.settings.fingerprint(),
        CODE_VERSION
    );
    if let Some(guidance) = order.guidance.bearing() {
        text.push_str(&format!("/{guidance}"));
    }
    let hash: String = Sha256::digest(text)
        .iter()
        .take(5)
        .map(|b| format!("{b:02x}"))
        .collect();
    let basis = match order.as_of {
        AsOf::Open => "open",
        AsOf::Close => "close",
        AsOf::At(_) => "at",
    };
    RoundId(format!("{}_{:02}_{basis}_{hash}", order.when.season, order.when.week))
}

/// The program's version as results name it: the release and a fingerprint of the source it was built from.
pub const CODE_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("HUDDLE_SOURCE"));
