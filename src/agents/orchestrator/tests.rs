//! A week is done in order, once, and what is late is caught up or lost, wherever it was broken off.

use super::slots::{Due, Slot, Task, due, of_week};
use crate::domain::game::{Fixture, GameId, Phase, SeasonWeek};
use crate::domain::team::Team;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;

const WHEN: SeasonWeek = SeasonWeek { season: 2019, week: 5 };

fn opens() -> DateTime<Utc> {
    "2019-10-01T16:00:00Z".parse().unwrap()
}

fn fixture(minutes: i64) -> Fixture {
    let kickoff = opens() + TimeDelta::minutes(minutes);
    Fixture {
        id: GameId::new(&format!("g{minutes}")),
        when: WHEN,
        phase: Phase::Regular,
        opens_at: opens(),
        kickoff,
        kickoff_exact: true,
        home: Team::LAC,
        away: Team::DEN,
        neutral: false,
        division: false,
        roof: None,
        home_rest: 7,
        away_rest: 7,
        stadium: String::new(),
    }
}

fn slots(minutes: &[i64]) -> Vec<Slot> {
    let fixtures: Vec<Fixture> = minutes.iter().map(|m| fixture(*m)).collect();
    of_week(WHEN, &fixtures.iter().collect::<Vec<_>>())
}

#[test]
fn a_week_opens_looks_and_is_graded() {
    let five_days = 5 * 24 * 60;
    let told: Vec<(Task, i64, usize)> = slots(&[five_days, five_days + 5, five_days + 240])
        .iter()
        .filter(|s| s.task != Task::Daily)
        .map(|s| (s.task, (s.at - opens()).num_minutes() - five_days, s.n_games))
        .collect();
    assert_eq!(
        told,
        [
            (Task::Open, -five_days, 3),
            (Task::Prices, -120, 2),
            (Task::Look, -60, 2),
            (Task::Prices, -30, 2),
            (Task::Prices, -2, 2),
            (Task::Prices, 120, 1),
            (Task::Look, 180, 1),
            (Task::Prices, 210, 1),
            (Task::Prices, 238, 1),
            (Task::Grade, told_grade(5), 2),
            (Task::Grade, told_grade(240), 1),
        ]
    );
    assert_eq!(slots(&[five_days]).iter().filter(|s| s.task == Task::Daily).count(), 7);
    assert!(of_week(WHEN, &[]).is_empty());
}

fn told_grade(kickoff: i64) -> i64 {
    kickoff + crate::domain::calendar::RESULT_DELAY.num_minutes() + 30
}

proptest! {
    /// Whatever the breaks: every slot is run while it is worth it or recorded as lost, each once, the oldest first.
    #[test]
    fn each_slot_is_settled_once_and_in_order(
        minutes in proptest::collection::vec(1_000_i64..8_000, 1..16),
        breaks in proptest::collection::vec((0_i64..12_000, 0_i64..6_000), 0..4),
    ) {
        let all = slots(&minutes);
        let mut now = opens() - TimeDelta::hours(1);
        let (mut settled, mut order) = (BTreeSet::new(), Vec::new());
        loop {
            for (from, long) in &breaks {
                let from = opens() + TimeDelta::minutes(*from);
                let to = from + TimeDelta::minutes(*long);
                if from <= now && now < to {
                    now = to;
                }
            }
            match due(all.clone(), &settled, now) {
                Due::Nothing => break,
                Due::Wait(at) => {
                    prop_assert!(at > now);
                    now = at;
                }
                Due::Run(slot) => {
                    prop_assert!(slot.at <= now && now <= slot.until);
                    prop_assert!(settled.insert(slot.id()));
                    order.push(slot.at);
                    now += TimeDelta::seconds(20);
                }
                Due::Lost(slot) => {
                    prop_assert!(now > slot.until);
                    prop_assert!(settled.insert(slot.id()));
                    order.push(slot.at);
                }
            }
        }
        prop_assert_eq!(settled.len(), all.len());
        prop_assert!(order.is_sorted());
    }
}
