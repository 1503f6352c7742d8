//! Who sits at the table of a round: seats that have something to live on, in an odd number.
//!
//! A seat whose feed does not exist for the season (no team statistics, no forecasts) says so of every market it
//! studies. It never had a view to withhold, so it counts neither towards the quorum nor as weight that does not agree;
//! a seat that crashed or is late had one, and stays at the table as absent. When the number left is even, the seat
//! with the least record stands down: the one whose leaving changes least. Both are written in the minutes.

use super::pool::{PoolSettings, performance};
use super::round::SeatLog;
use crate::domain::belief::{Abstention, Answer, Seat};
use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use std::collections::BTreeMap;

/// Marks in the logs who is not at the table, and why.
pub(super) fn seated(logs: &mut BTreeMap<Seat, SeatLog>, now: SeasonWeek, settings: &PoolSettings) {
    for log in logs.values_mut() {
        log.stood_down = log.answer.as_ref().and_then(without_feed);
    }
    let table = || logs.iter().filter(|(_, log)| log.stood_down.is_none());
    if !table().count().is_multiple_of(2) {
        return;
    }
    // Whoever is absent brings no record and weighs as much as the heaviest, so it is never the one.
    let merit = |log: &SeatLog| {
        let record = &log.answer.as_ref()?.record;
        let of = |market| performance(record, market, now, settings);
        Some(of(Market::Spread) + of(Market::Total))
    };
    let least = table()
        .filter_map(|(seat, log)| Some((seat.clone(), merit(log)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    if let Some(log) = least.and_then(|(seat, _)| logs.get_mut(&seat)) {
        log.stood_down = Some("stood down: the table would be even, and its record is the least".to_owned());
    }
}

/// Why a seat has nothing to live on: every market it studies lacks its feed.
fn without_feed(answer: &Answer) -> Option<String> {
    let mut why = None;
    for opinion in &answer.opinions {
        match &opinion.stance {
            Err(no_feed @ Abstention::NoFeed { .. }) => why = why.or_else(|| Some(no_feed.to_string())),
            Err(Abstention::NotMyMarket) => {}
            _ => return None,
        }
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarms::fixture::{WHEN, answer, seats};

    /// Logs of seven seats; those named have no feed, `n` of them are there at all.
    fn table(n: usize, without: &[&str]) -> Vec<String> {
        let mut logs: BTreeMap<Seat, SeatLog> = BTreeMap::new();
        for seat in seats().into_iter().take(n) {
            let mut said = answer(0.55);
            if without.contains(&seat.as_str()) {
                for opinion in &mut said.opinions {
                    opinion.stance = Err(Abstention::NoFeed {
                        feed: "forecast".to_owned(),
                    });
                }
            }
            let log = SeatLog {
                answer: Some(said),
                ..SeatLog::default()
            };
            logs.insert(seat, log);
        }
        seated(&mut logs, WHEN, &PoolSettings::default());
        let left = logs.into_iter().filter(|(_, log)| log.stood_down.is_none());
        left.map(|(seat, _)| seat.to_string()).collect()
    }

    #[test]
    fn who_has_no_feed_leaves_and_the_number_stays_odd() {
        assert_eq!(table(7, &[]).len(), 7);
        assert_eq!(table(7, &["c", "d"]), ["a", "b", "e", "f", "g"]);
        assert_eq!(
            table(7, &["c"]),
            ["b", "d", "e", "f", "g"],
            "equal records stand down by name"
        );
        assert_eq!(table(6, &[]).len(), 5);
        assert!(table(2, &["a", "b"]).is_empty());
    }

    #[test]
    fn one_market_with_a_feed_keeps_the_seat() {
        let mut said = answer(0.55);
        said.opinions[0].stance = Err(Abstention::NoFeed {
            feed: "forecast".to_owned(),
        });
        assert_eq!(without_feed(&said), None);
    }
}
