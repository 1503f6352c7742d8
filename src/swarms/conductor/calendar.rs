//! Which swarm runs when in a week of the NFL, as data: picks when lines open and before kickoffs, research when the
//! results are in, and never in the way of picks.

use super::life::Swarm;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The rules of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// Minutes before a kickoff at which its game is looked at for the last time.
    pub before_kickoff: u32,
    /// Kickoffs within this many minutes after the first share its look.
    pub same_look: u32,
    /// Minutes after the last result of the week at which research begins.
    pub after_results: u32,
    /// Rounds of research a week: generation, and validation of what it selected.
    pub research_rounds: u32,
    /// Research begins no later than this many minutes before a consensus round.
    pub quiet: u32,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar {
            before_kickoff: 60,
            same_look: 30,
            after_results: 60,
            research_rounds: 1,
            quiet: 120,
        }
    }
}

/// The moments of a game that a calendar goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// When its lines open.
    pub opens_at: DateTime<Utc>,
    /// When it begins.
    pub kickoff: DateTime<Utc>,
    /// When its result is known.
    pub settles_at: DateTime<Utc>,
}

/// Why a swarm runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Lines open.
    Open,
    /// Games begin soon.
    Kickoff,
    /// The week's results are in.
    Results,
}

/// A swarm is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Appointment {
    /// When.
    pub at: DateTime<Utc>,
    /// Which.
    pub swarm: Swarm,
    /// Why.
    pub occasion: Occasion,
    /// Games it is about.
    pub n_games: usize,
}

/// The appointments of a week, earliest first. `picks_elsewhere` are instants of other weeks' consensus rounds that research
/// keeps clear of too; none for a week without games.
pub fn week(calendar: &Calendar, games: &[Moments], picks_elsewhere: &[DateTime<Utc>]) -> Vec<Appointment> {
    let mut appointments = openings(games);
    appointments.extend(looks(calendar, games));
    let mut taken: Vec<DateTime<Utc>> = appointments.iter().map(|a| a.at).collect();
    taken.extend(picks_elsewhere);
    taken.sort();
    appointments.extend(research(calendar, games, &taken));
    appointments.sort_by_key(|a| (a.at, a.swarm));
    appointments
}

/// A round for each instant at which lines open.
fn openings(games: &[Moments]) -> Vec<Appointment> {
    let mut instants: Vec<DateTime<Utc>> = games.iter().map(|g| g.opens_at).collect();
    instants.sort();
    instants.dedup();
    let open = |at: DateTime<Utc>| Appointment {
        at,
        swarm: Swarm::Consensus,
        occasion: Occasion::Open,
        n_games: games.iter().filter(|g| g.opens_at == at).count(),
    };
    instants.into_iter().map(open).collect()
}

/// The fewest looks that see every game its time before kickoff: each is set by the first kickoff nobody looks at yet.
fn looks(calendar: &Calendar, games: &[Moments]) -> Vec<Appointment> {
    let mut kickoffs: Vec<DateTime<Utc>> = games.iter().map(|g| g.kickoff).collect();
    kickoffs.sort();
    let mut looks = Vec::new();
    while let Some(first) = kickoffs.first().copied() {
        let last = first + minutes(calendar.same_look);
        let n_games = kickoffs.iter().filter(|k| **k <= last).count();
        kickoffs.drain(..n_games);
        looks.push(Appointment {
            at: first - minutes(calendar.before_kickoff),
            swarm: Swarm::Consensus,
            occasion: Occasion::Kickoff,
            n_games,
        });
    }
    looks
}

/// Generation and then validation, as often as the week allows, each put off until no pick is in its way. `taken` is sorted.
fn research(calendar: &Calendar, games: &[Moments], taken: &[DateTime<Utc>]) -> Vec<Appointment> {
    let Some(results) = games.iter().map(|g| g.settles_at).max() else {
        return Vec::new();
    };
    let mut at = results + minutes(calendar.after_results);
    let mut appointments = Vec::new();
    for _ in 0..calendar.research_rounds {
        for swarm in [Swarm::Generation, Swarm::Validation] {
            at = clear_of(at, calendar, taken);
            appointments.push(Appointment {
                at,
                swarm,
                occasion: Occasion::Results,
                n_games: games.len(),
            });
            at += swarm.limit();
        }
    }
    appointments
}

/// The first instant from `at` on that no consensus round needs for itself.
fn clear_of(mut at: DateTime<Utc>, calendar: &Calendar, taken: &[DateTime<Utc>]) -> DateTime<Utc> {
    for pick in taken {
        if blocks(calendar, *pick, at) {
            at = *pick + Swarm::Consensus.limit();
        }
    }
    at
}

/// Whether a consensus round at `pick` keeps research from beginning at `at`.
pub fn blocks(calendar: &Calendar, pick: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    pick - minutes(calendar.quiet) < at && at < pick + Swarm::Consensus.limit()
}

fn minutes(n: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(n))
}
