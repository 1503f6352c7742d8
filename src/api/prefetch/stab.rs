//! Windows before kickoffs, and the fewest instants that hit all of them.

use super::{Lead, PrefetchSettings, Scheduled};
use crate::domain::game::GameId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// When one look at the games of one kickoff may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    /// The latest; first, because windows are taken by it.
    pub end: DateTime<Utc>,
    /// The earliest.
    pub start: DateTime<Utc>,
    /// The wanted one.
    pub nominal: DateTime<Utc>,
    /// Of the games that start then.
    pub kickoff: DateTime<Utc>,
    /// Which look.
    pub lead: Lead,
}

/// A fetch at a window's very end is late for it if it is not answered at once. This is an attempt that times out, and
/// another.
const TO_REPEAT: TimeDelta = TimeDelta::minutes(2);

/// An instant with the windows it hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stab {
    /// The earliest instant that hits all of them.
    pub start: DateTime<Utc>,
    /// The latest.
    pub end: DateTime<Utc>,
    /// At least one.
    pub windows: Vec<Window>,
}

impl Stab {
    /// The instant: the latest wanted one, as far as all windows allow and with time left to repeat it where they do.
    pub fn at(&self) -> DateTime<Utc> {
        let nominal = self.windows.iter().map(|w| w.nominal).max().unwrap_or(self.end);
        let last = (self.end - TO_REPEAT).max(self.start);
        nominal.max(self.start).min(last)
    }

    /// Its looks, earliest first, each once.
    pub fn leads(&self) -> Vec<Lead> {
        let mut leads: Vec<Lead> = self.windows.iter().map(|w| w.lead).collect();
        leads.sort_unstable();
        leads.dedup();
        leads
    }

    /// Its kickoffs in order, each once.
    pub fn kickoffs(&self) -> Vec<DateTime<Utc>> {
        let mut kickoffs: Vec<_> = self.windows.iter().map(|w| w.kickoff).collect();
        kickoffs.sort_unstable();
        kickoffs.dedup();
        kickoffs
    }
}

/// Games by kickoff, each once.
pub(super) fn by_kickoff(games: &[Scheduled]) -> BTreeMap<DateTime<Utc>, Vec<GameId>> {
    let mut kickoffs: BTreeMap<DateTime<Utc>, Vec<GameId>> = BTreeMap::new();
    for Scheduled { game, kickoff } in games {
        let list = kickoffs.entry(*kickoff).or_default();
        if let Err(place) = list.binary_search(game) {
            list.insert(place, game.clone());
        }
    }
    kickoffs
}

/// The windows that end within a period; what of them lies before it is cut off.
pub(super) fn windows<'a>(
    settings: &PrefetchSettings,
    kickoffs: impl Iterator<Item = &'a DateTime<Utc>>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<Window> {
    let before = |kickoff: DateTime<Utc>, minutes: u32| kickoff - TimeDelta::minutes(i64::from(minutes));
    let of = |kickoff: DateTime<Utc>, lead: Lead| {
        let span = match lead {
            Lead::TwoHours => settings.two_hours,
            Lead::OneHour => settings.one_hour,
            Lead::HalfHour => settings.half_hour,
        };
        let (a, b) = (before(kickoff, span.earliest_min), before(kickoff, span.latest_min));
        let end = a.max(b);
        Window {
            start: a.min(b).max(from).min(end),
            end,
            nominal: before(kickoff, span.nominal_min),
            kickoff,
            lead,
        }
    };
    let all = kickoffs.flat_map(|kickoff| Lead::ALL.map(|lead| of(*kickoff, lead)));
    all.filter(|w| w.end >= from && w.end < until).collect()
}

/// The fewest instants that hit every window, in order. By right ends: the first window not yet hit must be hit somewhere,
/// and nowhere better than at its end.
pub(super) fn stab(windows: &[Window]) -> Vec<Stab> {
    let mut windows = windows.to_vec();
    windows.sort_unstable();
    let mut stabs: Vec<Stab> = Vec::new();
    for window in windows {
        match stabs.last_mut() {
            Some(last) if window.start <= last.end => {
                last.start = last.start.max(window.start);
                last.windows.push(window);
            }
            _ => stabs.push(Stab {
                start: window.start,
                end: window.end,
                windows: vec![window],
            }),
        }
    }
    stabs
}
