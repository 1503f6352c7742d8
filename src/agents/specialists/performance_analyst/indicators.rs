//! The performance analyst's figures: whether bets are graded when they are due, whether its lessons held, and what the
//! profit is made of.

use super::super::booked::{Booked, ended};
use super::super::stock::{Figures, Stock, stream};
use super::CARD;
use super::attribution::{Attribution, Part};
use super::lessons;
use crate::domain::game::SeasonWeek;
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::memory::{Claim, Held, Memories};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::Rate;
use chrono::{DateTime, TimeDelta, Utc};

/// What the performance analyst takes stock of.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The bets of one paper book, in any order.
    pub bets: Vec<Booked>,
    /// Its own claims.
    pub memories: Memories,
    /// What all draws are made from: the same question has the same answer, whoever was restarted meanwhile.
    pub seed: u64,
    /// The week that is over.
    pub when: SeasonWeek,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// Results are brought and graded half an hour after they are known, and once a day when that failed: a day and a half is
/// late.
pub const GRADING_GRACE: TimeDelta = TimeDelta::hours(36);

/// The figures, new lessons, and what became of older ones.
pub(super) fn stock(ledger: &Ledger) -> Stock {
    let figures = Figures {
        agent: CARD.role,
        at: ledger.now,
    };
    let ended = ended(&ledger.bets);
    let attribution = Attribution::of(&ended);
    let recall = ledger.memories.as_of(ledger.now);
    let resolved = lessons::resolve(recall, &ended, ledger.now);
    let mut pending = lessons::waiting(recall);
    for (id, _) in &resolved {
        // What is resolved now may be said anew from the next week on, of bets that were not used twice.
        pending.extend(id.0.rsplit('/').next().map(str::to_owned));
    }
    let held = recall
        .resolved()
        .filter(|(m, _)| matches!(m.claim, Claim::Lesson { .. }))
        .map(|(_, r)| r.held);
    let held: Vec<Held> = held.chain(resolved.iter().map(|(_, r)| r.held)).collect();
    let insight = Rate::among(held.iter().filter(|h| **h != Held::Void).map(|h| *h == Held::Yes));
    let mut kpis = vec![
        figures.rate(
            "tracking_accuracy",
            tracking(&ledger.bets, ledger.now),
            "no result of a bet was due yet",
        ),
        figures.rate(
            "insight_quality",
            insight,
            &format!("no lesson was resolved yet, {} wait", pending.len()),
        ),
    ];
    kpis.extend(returns(&attribution, figures, &Bootstrap::new(stream(ledger.seed))));
    Stock {
        kpis,
        remembered: lessons::learn(&attribution, &pending, ledger.when, ledger.now),
        resolved,
    }
}

/// Bets graded within [`GRADING_GRACE`] of their result, among those whose grace is over.
fn tracking(bets: &[Booked], now: DateTime<Utc>) -> Rate {
    let due = bets
        .iter()
        .filter(|b| b.due_at + GRADING_GRACE <= now || b.ending.is_some());
    Rate::among(due.map(|b| b.ending.is_some_and(|e| e.graded_at <= b.due_at + GRADING_GRACE)))
}

/// Profit and return on stakes of the whole and of each part; the parts of a dimension add up to the whole.
fn returns(all: &Attribution, figures: Figures, bootstrap: &Bootstrap) -> Vec<Kpi> {
    let none = "no bet of this book was graded yet";
    let roi = |name: &str, part: &Part| {
        let staked = part.bets.iter().filter(|(_, _, stake)| stake.0 > 0);
        let mean = bootstrap.ratio(staked.map(|(when, profit, stake)| (*when, profit.0 as f64, stake.0 as f64)));
        figures.mean(name, Unit::Share, mean, none)
    };
    let profit = |name: &str, part: &Part| {
        let n = part.bets.len() as u64;
        let value = (n > 0).then_some(part.profit.0 as f64);
        figures.maybe(name, Unit::Cents, (value, n, None), none)
    };
    let mut kpis = vec![roi("roi", &all.total), profit("profit", &all.total)];
    for (group, part) in &all.groups {
        kpis.push(roi(&format!("roi.{group}"), part));
        kpis.push(profit(&format!("profit.{group}"), part));
    }
    kpis
}

#[cfg(test)]
mod tests {
    use super::super::super::booked::invented::bet;
    use super::super::super::grading::Outcome;
    use super::super::attribution::DIMENSIONS;
    use super::*;

    fn ledger(bets: Vec<Booked>, day: i64) -> Ledger {
        Ledger {
            bets,
            memories: Memories::default(),
            seed: 1,
            when: SeasonWeek { season: 2010, week: 9 },
            now: DateTime::UNIX_EPOCH + TimeDelta::days(day),
        }
    }

    fn find<'a>(kpis: &'a [Kpi], name: &str) -> &'a Kpi {
        kpis.iter().find(|k| k.name == name).unwrap()
    }

    #[test]
    fn what_is_due_and_not_graded_counts_against_it() {
        let bets = vec![
            bet(0, 1_000, Some(Outcome::Win), None),
            bet(1, 1_000, None, None),
            bet(2, 1_000, None, None),
        ];
        let kpis = stock(&ledger(bets, 3)).kpis;
        let tracking = find(&kpis, "tracking_accuracy");
        assert_eq!((tracking.value, tracking.n), (Some(0.5), 2), "the third is not due yet");
        assert!(
            find(&kpis, "insight_quality")
                .show()
                .starts_with("n = 0: no lesson was resolved")
        );
    }

    #[test]
    fn stored_profits_add_up() {
        let bets = (0..50)
            .map(|i| bet(i, 1_234, Some([Outcome::Win, Outcome::Loss][i % 2]), None))
            .collect();
        let kpis = stock(&ledger(bets, 60)).kpis;
        for dimension in DIMENSIONS {
            let parts = kpis
                .iter()
                .filter(|k| k.name.starts_with(&format!("profit.{dimension}.")));
            assert_eq!(
                parts.filter_map(|k| k.value).sum::<f64>(),
                find(&kpis, "profit").value.unwrap()
            );
        }
        assert!(find(&kpis, "roi").low.is_some());
    }
}
