//! What is left out, and in which order, when the credits of a month do not reach for everything.

use super::stab::{Stab, Window, by_kickoff, stab, windows};
use super::template::{Regular, regular, serves};
use super::{
    DroppedFetch, FetchPlan, FetchReason, Lead, PlannedFetch, PredictivePrefetcher, PrefetchSettings, Scheduled,
};
use crate::api::request::Priority;
use crate::domain::game::GameId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A regular look may be late by this much and still be one.
const REGULAR_GRACE: TimeDelta = TimeDelta::minutes(60);
/// Fewer markets than this say too little to be worth a call.
const MIN_MARKETS: u32 = 2;

/// A plan while it is made.
struct Draft<'a> {
    settings: &'a PrefetchSettings,
    games: BTreeMap<DateTime<Utc>, Vec<GameId>>,
    windows: Vec<Window>,
    regular: Vec<Regular>,
    n_markets: u32,
    dropped: Vec<DroppedFetch>,
}

/// The plan of a period.
pub(super) fn plan(
    settings: &PrefetchSettings,
    games: &[Scheduled],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    available: u32,
) -> FetchPlan {
    let games = by_kickoff(games);
    let kickoffs: Vec<_> = games.keys().copied().collect();
    let mut draft = Draft {
        settings,
        windows: windows(settings, kickoffs.iter(), from, until),
        regular: if settings.baseline {
            regular(&kickoffs, from, until)
        } else {
            Vec::new()
        },
        games,
        n_markets: settings.n_markets,
        dropped: Vec::new(),
    };
    let envelope = PredictivePrefetcher::new(*settings).envelope(from, until, available);
    draft.shed_lead(Lead::TwoHours, envelope);
    draft.shed_regular(envelope, |look| look.game_day && look.reason == FetchReason::Baseline);
    draft.shed_market(envelope, from);
    draft.shed_lead(Lead::OneHour, envelope);
    draft.shed_regular(envelope, |look| look.reason == FetchReason::Baseline);
    draft.shed_regular(envelope, |_| true);
    // Looks at the closing line are critical, so the reserve and every other share are theirs.
    draft.shed_lead(Lead::HalfHour, available);
    let fetches = draft.fetches();
    FetchPlan {
        n_calls: fetches.len(),
        credits: total(&fetches),
        fetches,
        dropped: draft.dropped,
    }
}

fn total(fetches: &[PlannedFetch]) -> u32 {
    fetches.iter().fold(0, |sum, fetch| sum.saturating_add(fetch.credits))
}

impl Draft<'_> {
    fn price(&self) -> u32 {
        self.n_markets.saturating_mul(self.settings.n_regions)
    }

    /// The regular looks that no other fetch serves.
    fn alone<'a>(&'a self, stabs: &'a [Stab]) -> impl Iterator<Item = &'a Regular> {
        let served = |look: &Regular| stabs.iter().any(|s| serves(s.at(), look));
        self.regular.iter().filter(move |look| !served(look))
    }

    fn credits(&self) -> u32 {
        let stabs = stab(&self.windows);
        let n_calls = stabs.len() + self.alone(&stabs).count();
        self.price().saturating_mul(u32::try_from(n_calls).unwrap_or(u32::MAX))
    }

    /// The draft as fetches, by time.
    fn fetches(&self) -> Vec<PlannedFetch> {
        let stabs = stab(&self.windows);
        let looks = self.alone(&stabs).map(|look| PlannedFetch {
            at: look.at,
            latest: look.at + REGULAR_GRACE,
            reason: look.reason.clone(),
            games: Vec::new(),
            kickoff: None,
            n_markets: self.n_markets,
            credits: self.price(),
            priority: Priority::Normal,
        });
        let mut fetches: Vec<PlannedFetch> = stabs.iter().map(|stab| self.pregame(stab)).chain(looks).collect();
        fetches.sort_by_key(|fetch| fetch.at);
        fetches
    }

    fn pregame(&self, stab: &Stab) -> PlannedFetch {
        let leads = stab.leads();
        PlannedFetch {
            at: stab.at(),
            latest: stab.end,
            priority: match leads.last() {
                Some(Lead::HalfHour) => Priority::Critical,
                Some(Lead::OneHour) => Priority::High,
                Some(Lead::TwoHours) | None => Priority::Normal,
            },
            reason: FetchReason::Pregame(leads),
            games: self.games_of(stab),
            kickoff: stab.kickoffs().first().copied(),
            n_markets: self.n_markets,
            credits: self.price(),
        }
    }

    fn games_of(&self, stab: &Stab) -> Vec<GameId> {
        let kickoffs = stab.kickoffs();
        let games = kickoffs.iter().filter_map(|kickoff| self.games.get(kickoff));
        games.flatten().cloned().collect()
    }

    /// Drops fetches that are for nothing but a look of this kind or an earlier one, until the rest is within a limit. A look
    /// that comes along with a later one costs nothing and stays.
    fn shed_lead(&mut self, lead: Lead, limit: u32) {
        let mut before = self.credits();
        while before > limit {
            if lead == Lead::HalfHour {
                // A look at noon that an earlier drop has left alone goes before any closing line.
                self.shed_regular(limit, |_| true);
                before = self.credits();
                if before <= limit {
                    return;
                }
            }
            let stabs = stab(&self.windows);
            let only = stabs
                .iter()
                .filter(|s| s.leads().last().is_some_and(|last| *last <= lead));
            let Some(least) = only.min_by_key(|s| (self.games_of(s).len(), std::cmp::Reverse(s.end))) else {
                return;
            };
            self.windows.retain(|w| !least.windows.contains(w));
            let after = self.credits();
            self.dropped.push(DroppedFetch {
                at: least.at(),
                what: FetchReason::Pregame(least.leads()),
                games: self.games_of(least),
                credits: before.saturating_sub(after),
                reason: over(before, limit),
            });
            before = after;
        }
    }

    /// Drops regular looks of a kind, the latest first, until the rest is within a limit.
    fn shed_regular(&mut self, limit: u32, kind: impl Fn(&Regular) -> bool) {
        let mut before = self.credits();
        while before > limit {
            let stabs = stab(&self.windows);
            let alone: Vec<_> = self
                .alone(&stabs)
                .filter(|look| kind(look))
                .map(|look| look.at)
                .collect();
            let place = self.regular.iter().position(|look| Some(&look.at) == alone.last());
            let Some(place) = place else { return };
            let look = self.regular.remove(place);
            let after = self.credits();
            self.dropped.push(DroppedFetch {
                at: look.at,
                what: look.reason,
                games: Vec::new(),
                credits: before.saturating_sub(after),
                reason: over(before, limit),
            });
            before = after;
        }
    }

    /// Asks for two markets instead of three, everywhere.
    fn shed_market(&mut self, limit: u32, at: DateTime<Utc>) {
        let before = self.credits();
        if before <= limit || self.n_markets <= MIN_MARKETS {
            return;
        }
        self.n_markets = MIN_MARKETS;
        self.dropped.push(DroppedFetch {
            at,
            what: FetchReason::Market,
            games: Vec::new(),
            credits: before.saturating_sub(self.credits()),
            reason: over(before, limit),
        });
    }
}

fn over(credits: u32, limit: u32) -> String {
    format!("the plan costs {credits} credits, {limit} may be spent on it")
}
