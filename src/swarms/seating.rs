//! Who sits at the table of a round: seats that have something to live on, in an odd number.
//!
//! A seat whose feed does not exist for the season (no team statistics, no forecasts) says so of every market it
//! studies. It never had a view to withhold, so it counts neither towards the quorum nor as weight that does not agree;
//! a seat that crashed or is late had one, and stays at the table as absent. When the number left is even, the seat
//! with the least record stands down: the one whose leaving changes least; a promoted seat only after all others. A benched
//! seat answers and is not at the table, as long as [`MIN_TABLE`] are left. All this is written in the minutes.

use super::pool::{PoolSettings, performance};
use super::round::SeatLog;
use crate::domain::belief::{Abstention, Answer, Seat};
use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use crate::domain::standing::{Standing, Standings};
use std::collections::BTreeMap;

/// Marks in the logs who is not at the table, and why.
pub(super) fn seated(
    logs: &mut BTreeMap<Seat, SeatLog>,
    now: SeasonWeek,
    settings: &PoolSettings,
    standings: &Standings,
) {
    for log in logs.values_mut() {
        log.stood_down = log.answer.as_ref().and_then(without_feed);
    }
    bench(logs, standings);
    let promoted = |seat: &Seat| standings.get(seat).is_some_and(|s| s.standing == Standing::Promoted);
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
        .min_by(|a, b| {
            let by_standing = promoted(&a.0).cmp(&promoted(&b.0));
            by_standing
                .then_with(|| a.1.total_cmp(&b.1))
                .then_with(|| a.0.cmp(&b.0))
        });
    if let Some(log) = least.and_then(|(seat, _)| logs.get_mut(&seat)) {
        log.stood_down = Some("stood down: the table would be even, and its record is the least".to_owned());
    }
}

/// The fewest that make a table: benching stops there, in the order of seats.
const MIN_TABLE: usize = 7;

/// Benched seats stand down, as far as a table is left.
fn bench(logs: &mut BTreeMap<Seat, SeatLog>, standings: &Standings) {
    let mut n_left = logs.values().filter(|log| log.stood_down.is_none()).count();
    for (seat, stands) in standings {
        if stands.standing != Standing::Benched || n_left <= MIN_TABLE {
            continue;
        }
        if let Some(log) = logs.get_mut(seat).filter(|log| log.stood_down.is_none()) {
            log.stood_down = Some(format!("benched: {}", stands.reason));
            n_left -= 1;
        }
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
        seated(&mut logs, WHEN, &PoolSettings::default(), &Standings::new());
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
    fn the_benched_stand_down_while_a_table_is_left_and_the_promoted_go_last() {
        let stands = |standing| crate::domain::standing::Stands {
            standing,
            reason: "a test".to_owned(),
        };
        let left = |standings: &[(&str, Standing)]| -> Vec<String> {
            let of = |name: &str| {
                let answer = Some(answer(0.55));
                (
                    Seat::new(name),
                    SeatLog {
                        answer,
                        ..SeatLog::default()
                    },
                )
            };
            let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
            let mut logs: BTreeMap<Seat, SeatLog> = names.into_iter().map(of).collect();
            let standings = standings
                .iter()
                .map(|(seat, s)| (Seat::new(seat), stands(*s)))
                .collect();
            seated(&mut logs, WHEN, &PoolSettings::default(), &standings);
            let left = logs.into_iter().filter(|(_, log)| log.stood_down.is_none());
            left.map(|(seat, _)| seat.to_string()).collect()
        };
        assert_eq!(left(&[("k", Standing::Probation)]).len(), 11);
        assert_eq!(
            left(&[("k", Standing::Benched)]),
            ["b", "c", "d", "e", "f", "g", "h", "i", "j"]
        );
        let kept = left(&[("k", Standing::Benched), ("a", Standing::Promoted)]);
        assert_eq!(
            kept,
            ["a", "c", "d", "e", "f", "g", "h", "i", "j"],
            "the promoted stays"
        );
        let all: Vec<(&str, Standing)> = ["a", "b", "c", "d", "e", "f"].map(|s| (s, Standing::Benched)).to_vec();
        assert_eq!(left(&all).len(), 7, "a table is left");
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
