//! Whole rounds with the seven strategists in a bare loop: what is planted is selected, and whatever is lost the round ends.

use super::*;
use crate::agents::strategist::SeatedStrategist;
use crate::backtest::invented::Invented;
use crate::engine::period::Period;
use crate::machine::drive;
use crate::minds::strategists::STRATEGISTS;
use crate::protocol::question::RoundId;
use crate::swarms::panel::{Attendance, Heard, Panel, Wanted};
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeSet;

fn bench() -> Commission {
    let bench = Bench::cut(&Invented::default().table(), Period::seasons(2031..=2036));
    Commission { bench, seed: 7 }
}

/// Plays a round; `fate` says for the n-th question whether its answer arrives, `last_first` in which order.
fn play(fate: impl Fn(usize) -> bool, last_first: bool) -> (Round, BTreeMap<Seat, Attendance>) {
    let mut members: BTreeMap<Seat, (SeatedStrategist, Pcg64Mcg)> = STRATEGISTS
        .iter()
        .enumerate()
        .map(|(at, (name, mind))| {
            (
                Seat::new(name),
                (SeatedStrategist::new(*mind), Pcg64Mcg::new(at as u128)),
            )
        })
        .collect();
    let mut panel = Panel::<Generation>::new(members.keys().cloned().collect());
    let mut rng = Pcg64Mcg::new(1);
    let mut waiting = vec![Heard::Convene(RoundId("r".into()), bench())];
    let mut n_asked = 0;
    while !waiting.is_empty() {
        let heard = if last_first {
            waiting.pop().unwrap()
        } else {
            waiting.remove(0)
        };
        for effect in drive(&mut panel, heard, chrono::DateTime::UNIX_EPOCH, &mut rng) {
            match effect {
                Wanted::Ask(on, assignment) => {
                    let (member, rng) = members.get_mut(&on.seat).unwrap();
                    n_asked += 1;
                    if fate(n_asked) {
                        let answer = drive(member, assignment, chrono::DateTime::UNIX_EPOCH, rng).remove(0);
                        waiting.push(Heard::Answered {
                            on,
                            incarnation: 1,
                            restarts: 0,
                            answer,
                        });
                    } else {
                        waiting.push(Heard::Lost {
                            on,
                            reason: "crashed".into(),
                        });
                    }
                }
                Wanted::Concluded(held) => return (held.round, held.attendance),
                Wanted::Wake(..) | Wanted::Busy(_) => {}
            }
        }
    }
    panic!("a round always ends");
}

#[test]
fn seven_minds_find_the_planted_edge_and_agree_on_it() {
    let (round, _) = play(|_| true, false);
    let (again, _) = play(|_| true, true);
    assert_eq!(
        serde_json::to_string(&round).unwrap(),
        serde_json::to_string(&again).unwrap()
    );
    assert!(round.elected.len() <= 3 && (round.elected.len() == 3 || round.reason.is_some()));
    // Six seats draw four hundred and one climbs; what is drawn twice counts once for a seat.
    assert!(
        (2_000..20_000).contains(&round.n_tried),
        "every strategy a seat scored is a trial: {}",
        round.n_tried
    );
    let first = round.selected().next().expect("the edge is plain");
    assert!(first.strategy.to_string().contains("edge(elo)"), "{}", first.strategy);
    assert!(first.train.win_rate().unwrap() > 0.55);
    let ids: BTreeSet<StrategyId> = round.ideas.iter().map(Idea::id).collect();
    assert_eq!(ids.len(), round.ideas.len(), "each strategy stands once");
    assert!(round.ideas.iter().all(|idea| !idea.authors.is_empty()));
    assert!(
        round.ideas.iter().any(|idea| !idea.parents.is_empty()),
        "somebody built on another"
    );
    assert!(!round.critiques.is_empty() && !round.improvements.is_empty());
}

#[test]
fn whoever_is_lost_the_round_ends() {
    for n in [2, 3] {
        let (round, attendance) = play(|asked| asked % n == 0, false);
        assert!(attendance.values().any(|log| !log.losses.is_empty()));
        assert!(round.elected.len() <= 3);
    }
    let (round, attendance) = play(|_| false, false);
    assert_eq!(round.reason.as_deref(), Some("no idea is left to vote on"));
    assert!(attendance.values().all(|log| log.absences.len() == 1));
}

#[test]
fn too_few_and_too_many_seats_hold_no_round() {
    for n in [0, 4, 11] {
        let seats: Vec<Seat> = (0..n).map(|at| Seat::new(&format!("s{at}"))).collect();
        let (_, step) = Generation::begin(bench(), &seats);
        match step {
            Step::Done(round) => assert!(round.reason.unwrap().contains("5 to 10")),
            Step::Ask(..) => panic!("{n} seats are not a swarm"),
        }
    }
}
