//! Into production and out of it, and when a person has to look first.

use super::{Decision, Kind};
use crate::strategy::rule::StrategyId;
use crate::swarms::validation::LEAST_DEFLATED;
use serde::{Deserialize, Serialize};

/// What is known of a strategy when its deployment is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// True when every member approved and nothing that only all periods together show speaks against it.
    pub approved: bool,
    /// Members that approved.
    pub n_approved: u64,
    /// Members asked.
    pub n_members: u64,
    /// Bets over all held-out seasons.
    pub n_bets: u64,
    /// Profit per unit over them at -110.
    pub roi: Option<f64>,
    /// Mean closing line value over them, in points.
    pub clv: Option<f64>,
    /// Probability that the Sharpe ratio is above what the best of all validated strategies reaches by luck.
    pub deflated: Option<f64>,
    /// True when the members' periods disagree more than chance allows.
    pub discrepant: bool,
}

/// A return above this on spreads and totals is a bug until a person has found none: perfect foresight of every line move
/// returns 9% at the opener.
const TOO_GOOD: f64 = 0.15;
/// A strategy that wins and yet loses to the close has been lucky.
const LEAST_CLV_POINTS: f64 = 0.0;

/// Whether a person has to look at an approved strategy before it may bet.
pub fn flag_for_human(s: &Standing) -> (bool, Decision) {
    let why = if !s.approved {
        None
    } else if s.roi.is_some_and(|roi| roi > TOO_GOOD) {
        Some("it returns more than perfect foresight of line moves would: look for a leak")
    } else if s.discrepant {
        Some("its periods disagree more than chance allows, though every member approved")
    } else if s.clv.is_some_and(|clv| clv < LEAST_CLV_POINTS) {
        Some("it won, and the closing lines say it should not have")
    } else {
        None
    };
    let chosen = if why.is_some() { "a person must look" } else { "no" };
    let reason = why.unwrap_or("nothing about it is beyond the machine's competence");
    (
        why.is_some(),
        Decision::new(Kind::FlagForHuman, chosen, reason).facts(s),
    )
}

/// Whether a strategy goes into production: approved by every member, not flagged, and better than luck over all trials.
pub fn deploy(s: &Standing, flagged: bool) -> (bool, Decision) {
    let refused = if !s.approved {
        Some(format!(
            "{} of {} members approved; all must",
            s.n_approved, s.n_members
        ))
    } else if flagged {
        Some("a person has to look first".to_owned())
    } else if s.deflated.is_none_or(|d| d < LEAST_DEFLATED) {
        Some(match s.deflated {
            Some(d) => format!(
                "the chance that it beats the luckiest of all trials is {d:.2}, less than {LEAST_DEFLATED}"
            ),
            None => "its Sharpe ratio is not defined".to_owned(),
        })
    } else {
        None
    };
    let reason = refused.clone().unwrap_or_else(|| {
        format!(
            "all {} members approved on seasons it was not searched on, and luck does not explain it",
            s.n_members
        )
    });
    let chosen = if refused.is_none() { "deploy" } else { "no" };
    (refused.is_none(), Decision::new(Kind::Deploy, chosen, reason).facts(s))
}

/// Takes a strategy out of production, for the reason drift gave.
pub fn demotion(strategy: &StrategyId, reason: &str) -> Decision {
    Decision::new(Kind::Deploy, "demote", reason).on("strategy", strategy.0.as_str())
}

impl Decision {
    fn facts(self, s: &Standing) -> Decision {
        self.on("approved", s.approved)
            .on("members_approving", s.n_approved)
            .on("members", s.n_members)
            .on("bets", s.n_bets)
            .on("roi_110", s.roi)
            .on("clv_points", s.clv)
            .on("deflated_sharpe", s.deflated)
            .on("discrepant", s.discrepant)
    }
}
