//! A week of the NFL as slots: what is to be done at which instant, and until when it is worth doing.
//!
//! A slot that is late is caught up, the oldest first, as long as what it is for lies ahead; after that it is lost, and a gap
//! is recorded. Nothing is done twice, and nothing is made up for a moment that has passed.

use crate::domain::game::{Fixture, SeasonWeek};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What is done in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Lines open: everything is brought, openers are kept, picks are made.
    Open,
    /// Once a day: schedule, results, what is free; what is over by then is graded.
    Daily,
    /// Prices, two hours and half an hour before games, and as they close.
    Prices,
    /// An hour before games: prices and weather are brought, picks are made.
    Look,
    /// Results are in: they are brought, and bets are graded.
    Grade,
}

impl Task {
    /// Whether picks are made in it.
    pub fn picks(self) -> bool {
        matches!(self, Task::Open | Task::Look)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Task::Open => "open",
            Task::Daily => "daily",
            Task::Prices => "prices",
            Task::Look => "look",
            Task::Grade => "grade",
        })
    }
}

/// One thing to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// The week it belongs to.
    pub when: SeasonWeek,
    /// What.
    pub task: Task,
    /// When it is due.
    pub at: DateTime<Utc>,
    /// After this it is lost.
    pub until: DateTime<Utc>,
    /// Games it is about.
    pub n_games: usize,
}

impl Slot {
    /// Its name: the same slot of the same schedule has the same one.
    pub fn id(&self) -> String {
        let SeasonWeek { season, week } = self.when;
        format!("{season}_{week:02}_{}_{}", self.task, self.at.format("%Y%m%dT%H%M"))
    }

    fn order(&self) -> (DateTime<Utc>, Task, SeasonWeek) {
        (self.at, self.task, self.when)
    }
}

/// Kickoffs within this long after the first share its slots.
const SAME_LOOK: TimeDelta = TimeDelta::minutes(30);
/// The looks at prices before a kickoff, and the last one, when books stand at their close.
const PRICES_BEFORE: [TimeDelta; 3] = [TimeDelta::hours(2), TimeDelta::minutes(30), TimeDelta::minutes(2)];
/// When picks are made for the last time.
const LOOK_BEFORE: TimeDelta = TimeDelta::hours(1);
/// After results are known, until their service has them too.
const GRADE_AFTER: TimeDelta = TimeDelta::minutes(30);
/// Grades can wait; results stay.
const GRADE_UNTIL: TimeDelta = TimeDelta::days(21);
/// Days after a week's last kickoff on which late results are still brought and graded, and the next round's schedule found.
const AFTERWARDS: TimeDelta = TimeDelta::days(3);
/// What is brought once a day is brought for the day.
const DAY: TimeDelta = TimeDelta::days(1);

/// The slots of a week by its fixtures, earliest first.
pub fn of_week(when: SeasonWeek, fixtures: &[&Fixture]) -> Vec<Slot> {
    let slot = |task, at, until, n_games| Slot {
        when,
        task,
        at,
        until,
        n_games,
    };
    let mut slots = Vec::new();
    let openings: BTreeSet<DateTime<Utc>> = fixtures.iter().map(|f| f.opens_at).collect();
    for at in &openings {
        let own = fixtures.iter().filter(|f| f.opens_at == *at);
        if let Some(first) = own.clone().map(|f| f.kickoff).min() {
            slots.push(slot(Task::Open, *at, first, own.count()));
        }
    }
    let mut kickoffs: Vec<DateTime<Utc>> = fixtures.iter().map(|f| f.kickoff).collect();
    kickoffs.sort();
    if let (Some(first), Some(last)) = (openings.first(), kickoffs.last()) {
        let mut at = *first + DAY;
        while at < *last + AFTERWARDS {
            slots.push(slot(Task::Daily, at, at + DAY, fixtures.len()));
            at += DAY;
        }
    }
    while let Some(first) = kickoffs.first().copied() {
        let n_games = kickoffs.iter().filter(|k| **k <= first + SAME_LOOK).count();
        let last = kickoffs[n_games - 1];
        kickoffs.drain(..n_games);
        slots.extend(PRICES_BEFORE.map(|before| slot(Task::Prices, first - before, first, n_games)));
        slots.push(slot(Task::Look, first - LOOK_BEFORE, first, n_games));
        let results = last + crate::domain::calendar::RESULT_DELAY + GRADE_AFTER;
        slots.push(slot(Task::Grade, results, results + GRADE_UNTIL, n_games));
    }
    // A slot is told by its minute: those of games that open late may fall together.
    slots.sort_by_key(Slot::order);
    slots.dedup_by_key(|slot| slot.id());
    slots
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Do this now.
    Run(Slot),
    /// This is lost: record the gap.
    Lost(Slot),
    /// Nothing is due before then.
    Wait(DateTime<Utc>),
    /// Nothing is left.
    Nothing,
}

/// The oldest slot that is not settled: due, lost, or yet to come.
pub fn due(mut slots: Vec<Slot>, settled: &BTreeSet<String>, now: DateTime<Utc>) -> Due {
    slots.retain(|slot| !settled.contains(&slot.id()));
    match slots.into_iter().min_by_key(Slot::order) {
        None => Due::Nothing,
        Some(slot) if slot.at > now => Due::Wait(slot.at),
        Some(slot) if now > slot.until => Due::Lost(slot),
        Some(slot) => Due::Run(slot),
    }
}
