//! The month's fetches of odds, planned from the stored schedule within what is left of the credits.

use super::House;
use crate::actor::Lane;
use crate::api::Provider;
use crate::api::prefetch::{FetchPlan, PredictivePrefetcher, PrefetchSettings, Scheduled};
use crate::api::quota::{Commitment, QuotaPolicy};
use crate::app::api_manager::Plan;
use crate::domain::game::Fixture;
use chrono::{DateTime, Utc};

/// What is planned until the credits begin anew.
#[derive(Clone, Debug)]
pub struct MonthPlan {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when the credits have to last.
    pub until: DateTime<Utc>,
    /// Credits left at the beginning of it.
    pub available: u32,
    /// The fetches.
    pub plan: FetchPlan,
}

/// Plans from an instant until the credits begin anew.
pub fn month_plan(
    fixtures: &[Fixture],
    quota: &QuotaPolicy,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    available: u32,
) -> MonthPlan {
    let games: Vec<Scheduled> = fixtures
        .iter()
        .filter(|f| f.kickoff >= from)
        .map(|f| Scheduled {
            game: f.id.clone(),
            kickoff: f.kickoff,
        })
        .collect();
    let settings = PrefetchSettings {
        on_demand_credits: quota.reserve_on_demand,
        retry_credits: quota.reserve_retry,
        reserve_credits: quota.reserve_critical,
        ..PrefetchSettings::default()
    };
    let plan = PredictivePrefetcher::new(settings).plan(&games, from, until, available);
    MonthPlan {
        from,
        until,
        available,
        plan,
    }
}

/// Tells the API manager what is planned, so that nobody else spends it.
pub fn tell_plan(house: &House, plan: &FetchPlan) {
    let order = Plan {
        provider: Provider::OddsApi,
        commitments: commitments(plan),
    };
    if let Err(refused) = house.api.tell(order, Lane::Normal) {
        log::warn!("the API manager was not told the plan: {refused}");
    }
}

/// What a plan promises: when and how many credits.
pub fn commitments(plan: &FetchPlan) -> Vec<Commitment> {
    let promised = plan.fetches.iter().map(|fetch| Commitment {
        at: fetch.at,
        credits: fetch.credits,
    });
    promised.collect()
}
