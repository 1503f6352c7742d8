//! Lessons: groups of bets that beat the close or lose to it, said when it looks like more than luck, and held to the bets
//! that come after.
//!
//! Closing line value and not profit, because it shows in a dozen bets what profit shows in hundreds. A lesson is learnt from
//! at least twelve bets whose mean lies two standard errors from zero, and resolved by the next twelve: held when their mean
//! has the same sign. Of five dozen groups that mean nothing, two or three are said by luck in a season, and half of those
//! hold; insight above one half is what counts.

use super::super::booked::{Booked, Ending};
use super::attribution::{Attribution, UNATTRIBUTED, every_group};
use crate::domain::game::SeasonWeek;
use crate::domain::memory::{Claim, Held, Memory, MemoryId, Recall, Resolution};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Bets a lesson is learnt from at least, and resolved by.
pub const MIN_BETS: usize = 12;
/// Standard errors that a mean lies from zero at least.
const MIN_ERRORS: f64 = 2.0;

/// Mean and standard error; none of fewer than two values. Values that are all alike have an error of zero.
fn mean_and_error(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Some((mean, (variance / n).sqrt()))
}

/// The lessons of a week; of a group that has one pending none is said.
pub(super) fn learn(
    attribution: &Attribution,
    pending: &BTreeSet<String>,
    when: SeasonWeek,
    now: DateTime<Utc>,
) -> Vec<Memory> {
    let striking = |(group, clv): (&String, &Vec<f64>)| {
        if clv.len() < MIN_BETS || group == UNATTRIBUTED || pending.contains(group) {
            return None;
        }
        let (mean, error) = mean_and_error(clv)?;
        if mean == 0.0 || mean.abs() < MIN_ERRORS * error {
            return None;
        }
        let verb = if mean > 0.0 { "beat" } else { "lose to" };
        Some(Memory {
            id: MemoryId(format!("performance_analyst/{}_{:02}/{group}", when.season, when.week)),
            agent: super::CARD.role.to_owned(),
            when,
            said_at: now,
            text: format!(
                "bets of {group} {verb} the close: {mean:+.2} points over {} bets",
                clv.len()
            ),
            claim: Claim::Lesson {
                group: group.clone(),
                beats_close: mean > 0.0,
                n: clv.len() as u64,
            },
        })
    };
    attribution
        .groups
        .iter()
        .map(|(group, part)| (group, &part.clv))
        .filter_map(striking)
        .collect()
}

/// Groups with a lesson that waits.
pub(super) fn waiting(recall: Recall<'_>) -> BTreeSet<String> {
    let group = |memory: &Memory| match &memory.claim {
        Claim::Lesson { group, .. } => Some(group.clone()),
        Claim::Direction { .. } | Claim::Strategy { .. } => None,
    };
    recall.pending().filter_map(group).collect()
}

/// What became of lessons that waited: the next [`MIN_BETS`] bets of their group with a close, due after they were said.
pub(super) fn resolve(
    recall: Recall<'_>,
    ended: &[(&Booked, Ending)],
    now: DateTime<Utc>,
) -> Vec<(MemoryId, Resolution)> {
    let resolved = |memory: &Memory| {
        let Claim::Lesson { group, beats_close, .. } = &memory.claim else {
            return None;
        };
        let later = ended.iter().filter(|(bet, _)| bet.due_at > memory.said_at);
        let own = later.filter(|(bet, _)| every_group(bet).any(|g| g == *group));
        let clv: Vec<f64> = own.filter_map(|(_, ending)| ending.clv_points).take(MIN_BETS).collect();
        if clv.len() < MIN_BETS {
            return None;
        }
        let mean = clv.iter().sum::<f64>() / clv.len() as f64;
        let held = match (mean == 0.0, (mean > 0.0) == *beats_close) {
            (true, _) => Held::Void,
            (false, true) => Held::Yes,
            (false, false) => Held::No,
        };
        let resolution = Resolution {
            at: now,
            held,
            clv_points: Some(mean),
            n: clv.len() as u64,
            text: format!("the next {} bets of {group} had {mean:+.2} points", clv.len()),
        };
        Some((memory.id.clone(), resolution))
    };
    recall.pending().filter_map(resolved).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::booked::{ended, invented::bet};
    use super::super::super::grading::Outcome;
    use super::*;
    use crate::domain::memory::Memories;
    use chrono::TimeDelta;

    const WEEK: SeasonWeek = SeasonWeek { season: 2010, week: 5 };

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(n) + TimeDelta::hours(2)
    }

    /// Sixty bets, one a day: those on spreads beat the close by a point, give or take, the others by nothing.
    fn bets(later: f64) -> Vec<Booked> {
        let clv = |i: usize| match (i % 3, i < 45) {
            (0, true) => 1.0 + 0.1 * f64::from(u8::from(i.is_multiple_of(2))),
            (0, false) => later,
            _ => f64::from(i8::try_from(i % 5).unwrap_or(0) - 2),
        };
        (0..90)
            .map(|i| bet(i, 1_000, Some(Outcome::Win), Some(clv(i))))
            .collect()
    }

    fn outcome(later: f64) -> (Vec<Memory>, Vec<(MemoryId, Resolution)>) {
        let bets = bets(later);
        let known = ended(&bets);
        let then: Vec<_> = known.iter().filter(|(b, _)| b.due_at <= day(44)).copied().collect();
        let said = learn(&Attribution::of(&then), &BTreeSet::new(), WEEK, day(44));
        let memories = Memories::new(said.iter().map(|m| (m.clone(), None)).collect());
        let recall = memories.as_of(day(89));
        assert_eq!(
            resolve(recall, &then, day(44)),
            Vec::new(),
            "nothing resolves by what it was learnt from"
        );
        (said, resolve(recall, &known, day(89)))
    }

    #[test]
    fn a_lesson_is_held_to_the_bets_that_come_after() {
        for (later, held) in [(0.5, Held::Yes), (-0.5, Held::No), (0.0, Held::Void)] {
            let (said, resolved) = outcome(later);
            let spread = said.iter().find(|m| m.id.0.ends_with("market.spread")).unwrap();
            assert!(spread.text.contains("beat the close"), "{}", spread.text);
            let (_, resolution) = resolved.iter().find(|(id, _)| *id == spread.id).unwrap();
            assert_eq!((resolution.held, resolution.n), (held, 12));
        }
    }

    #[test]
    fn of_a_group_that_waits_nothing_more_is_said() {
        let (said, _) = outcome(1.0);
        let memories = Memories::new(said.into_iter().map(|m| (m, None)).collect());
        let pending = waiting(memories.as_of(day(89)));
        let bets = bets(1.0);
        let again = learn(&Attribution::of(&ended(&bets)), &pending, WEEK, day(89));
        assert!(again.iter().all(|m| !m.id.0.ends_with("market.spread")), "{again:?}");
    }
}
