//! A swarm holds one round at a time, and research never begins where a pick is in its way.

use super::calendar::{Calendar, Moments, Occasion, week};
use super::life::{Life, MAX_FAILURES, PAUSE, Refusal, Swarm};
use super::{Conductor, Effect, Input};
use crate::machine::{Machine, Turn};
use crate::protocol::question::RoundId;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn research_is_never_in_the_way_of_picks(
        kickoffs in proptest::collection::vec(0_i64..7 * 24 * 60, 1..17),
        elsewhere in proptest::collection::vec(0_i64..14 * 24 * 60, 0..4),
        rounds in 0_u32..5,
    ) {
        let calendar = Calendar { research_rounds: rounds, ..Calendar::default() };
        let games: Vec<Moments> = kickoffs.iter().map(|m| game(at(*m))).collect();
        let elsewhere: Vec<DateTime<Utc>> = elsewhere.into_iter().map(at).collect();
        let planned = week(&calendar, &games, &elsewhere);
        let picks: Vec<DateTime<Utc>> =
            planned.iter().filter(|a| a.swarm == Swarm::Consensus).map(|a| a.at).chain(elsewhere).collect();
        let research: Vec<_> = planned.iter().filter(|a| a.swarm != Swarm::Consensus).collect();
        prop_assert_eq!(research.len(), 2 * rounds as usize);
        for appointment in &research {
            let begins = appointment.at;
            let in_the_way = |pick: &DateTime<Utc>| {
                *pick - TimeDelta::minutes(120) < begins && begins < *pick + TimeDelta::minutes(7)
            };
            prop_assert!(!picks.iter().any(in_the_way));
        }
        prop_assert!(research.windows(2).all(|pair| pair[0].at + pair[0].swarm.limit() <= pair[1].at));
        let looks = planned.iter().filter(|a| a.occasion == Occasion::Kickoff);
        prop_assert_eq!(looks.clone().map(|a| a.n_games).sum::<usize>(), games.len());
        for game in &games {
            let before = looks.clone().any(|a| {
                let lead = game.kickoff - a.at;
                TimeDelta::minutes(60) <= lead && lead <= TimeDelta::minutes(90)
            });
            prop_assert!(before, "every game is looked at 60 to 90 minutes before it begins");
        }
    }

    /// Whatever is asked in whatever order: a swarm holds one round at a time, and a stopped one none.
    #[test]
    fn a_swarm_holds_one_round_at_a_time(steps in proptest::collection::vec((0..6_usize, 0..3_usize, 0..3_u32), 0..60)) {
        let mut conductor = Conductor::new(Calendar::default());
        let mut now = at(0);
        let mut under_way: BTreeMap<Swarm, (String, DateTime<Utc>)> = BTreeMap::new();
        let mut stopped = Vec::new();
        for (n, (what, who, wait)) in steps.into_iter().enumerate() {
            now += TimeDelta::minutes(4) * i32::try_from(wait).unwrap();
            let swarm = Swarm::ALL[who];
            let round = under_way.get(&swarm).map_or("other".to_owned(), |(round, _)| round.clone());
            let input = match what {
                0 | 1 => Input::Leave { swarm, round: RoundId(format!("r{n}")) },
                2 => Input::Done { swarm, round: RoundId(round), fault: None },
                3 => Input::Done { swarm, round: RoundId(round), fault: Some("it broke".into()) },
                4 if wait == 0 => Input::Stop(swarm),
                4 => Input::Suspend { swarm, reason: "somebody said so".into() },
                _ => Input::Resume(swarm),
            };
            match (&input, said(&mut conductor, input.clone(), now)) {
                (_, Effect::Leave(Ok(()))) => {
                    prop_assert!(!stopped.contains(&swarm));
                    let busy = under_way.insert(swarm, (format!("r{n}"), now));
                    prop_assert!(busy.is_none_or(|(_, since)| now - since > swarm.limit()));
                }
                (Input::Done { .. }, Effect::Noted(..)) => { under_way.remove(&swarm); }
                (Input::Stop(_), Effect::Noted(..)) => {
                    under_way.remove(&swarm);
                    stopped.push(swarm);
                }
                _ => {}
            }
        }
    }
}

fn at(minutes: i64) -> DateTime<Utc> {
    "2021-10-12T16:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn game(kickoff: DateTime<Utc>) -> Moments {
    Moments {
        opens_at: at(0),
        kickoff,
        settles_at: kickoff + TimeDelta::hours(5),
    }
}

fn said(conductor: &mut Conductor, input: Input, now: DateTime<Utc>) -> Effect {
    let mut turn = Turn::new(now, Pcg64Mcg::new(1));
    conductor.turn(input, &mut turn);
    turn.into_effects().pop().unwrap()
}

fn leave(conductor: &mut Conductor, swarm: Swarm, round: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let round = RoundId(round.into());
    let Effect::Leave(answer) = said(conductor, Input::Leave { swarm, round }, now) else {
        panic!("leave is answered")
    };
    answer
}

fn done(conductor: &mut Conductor, round: &str, fault: Option<&str>, now: DateTime<Utc>) -> Life {
    let input = Input::Done {
        swarm: Swarm::Consensus,
        round: RoundId(round.into()),
        fault: fault.map(str::to_owned),
    };
    let Effect::Noted(_, life) = said(conductor, input, now) else {
        panic!("the end of a round is noted")
    };
    life
}

#[test]
fn a_swarm_that_keeps_failing_is_suspended_for_a_while() {
    let mut conductor = Conductor::new(Calendar::default());
    let mut until = None;
    for n in 0..MAX_FAILURES {
        let round = format!("r{n}");
        leave(&mut conductor, Swarm::Consensus, &round, at(0)).unwrap();
        let life = done(&mut conductor, &round, Some("the table was lost"), at(0));
        if let Life::Suspended { until: by_itself, .. } = life {
            until = by_itself;
        }
    }
    assert_eq!(until, Some(at(0) + PAUSE));
    let refused = leave(&mut conductor, Swarm::Consensus, "r", at(1)).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("3 rounds in a row failed, the last because the table was lost")
    );
    leave(&mut conductor, Swarm::Consensus, "r", at(15)).unwrap();
    assert_eq!(
        done(&mut conductor, "r", Some("again"), at(15)),
        Life::Suspended {
            reason: "4 rounds in a row failed, the last because again".into(),
            until: Some(at(15) + PAUSE * 2),
        }
    );
    assert_eq!(
        said(&mut conductor, Input::Resume(Swarm::Consensus), at(16)),
        Effect::Noted(Swarm::Consensus, Life::Idle)
    );
    leave(&mut conductor, Swarm::Consensus, "s", at(16)).unwrap();
    assert_eq!(done(&mut conductor, "s", None, at(17)), Life::Idle);
}

#[test]
fn a_suspension_lets_the_round_under_way_finish_and_a_lost_round_does_not_block_for_ever() {
    let mut conductor = Conductor::new(Calendar::default());
    leave(&mut conductor, Swarm::Consensus, "r", at(0)).unwrap();
    let (swarm, reason) = (Swarm::Consensus, "look at its votes".to_owned());
    let life = said(&mut conductor, Input::Suspend { swarm, reason }, at(1));
    assert!(matches!(life, Effect::Noted(_, Life::Running { .. })));
    assert!(matches!(
        done(&mut conductor, "r", None, at(2)),
        Life::Suspended { until: None, .. }
    ));
    said(&mut conductor, Input::Resume(swarm), at(2));
    leave(&mut conductor, swarm, "lost", at(3)).unwrap();
    assert!(matches!(
        leave(&mut conductor, swarm, "next", at(9)),
        Err(Refusal::Busy { .. })
    ));
    leave(&mut conductor, swarm, "next", at(11)).unwrap();
    assert!(
        matches!(done(&mut conductor, "lost", None, at(11)), Life::Running { .. }),
        "a round nobody waits for ends nothing"
    );
}

#[test]
fn late_rounds_fail_and_a_suspension_that_was_taken_back_leaves_no_failures() {
    let mut conductor = Conductor::new(Calendar::default());
    for n in 0..MAX_FAILURES {
        let (round, begun) = (format!("r{n}"), at(10 * i64::from(n)));
        leave(&mut conductor, Swarm::Consensus, &round, begun).unwrap();
        let life = done(&mut conductor, &round, None, begun + TimeDelta::minutes(8));
        assert_eq!(
            matches!(life, Life::Suspended { .. }),
            n + 1 == MAX_FAILURES,
            "{life:?}"
        );
    }
    let mut conductor = Conductor::new(Calendar::default());
    for n in 0..MAX_FAILURES {
        let round = format!("r{n}");
        leave(&mut conductor, Swarm::Consensus, &round, at(0)).unwrap();
        if n + 1 == MAX_FAILURES {
            let (swarm, reason) = (Swarm::Consensus, "a look".to_owned());
            said(&mut conductor, Input::Suspend { swarm, reason }, at(0));
            said(&mut conductor, Input::Resume(swarm), at(0));
        }
        let life = done(&mut conductor, &round, Some("broken"), at(0));
        assert_eq!(life, Life::Idle, "round {n}");
    }
}

#[test]
fn research_yields_to_picks() {
    let mut conductor = Conductor::new(Calendar::default());
    let kickoff = at(48 * 60);
    let games = vec![game(kickoff)];
    let picks_elsewhere = Vec::new();
    said(&mut conductor, Input::Plan { games, picks_elsewhere }, at(0));
    let look = kickoff - TimeDelta::minutes(60);
    let refused = leave(&mut conductor, Swarm::Generation, "g", look - TimeDelta::minutes(90));
    assert_eq!(
        refused,
        Err(Refusal::Yields {
            swarm: Swarm::Generation,
            at: look
        })
    );
    leave(&mut conductor, Swarm::Generation, "g", look - TimeDelta::minutes(121)).unwrap();
    leave(&mut conductor, Swarm::Consensus, "r", at(20)).unwrap();
    let refused = leave(&mut conductor, Swarm::Validation, "v", at(21));
    assert_eq!(
        refused,
        Err(Refusal::Yields {
            swarm: Swarm::Validation,
            at: at(20)
        })
    );
}

#[test]
fn a_week_begins_with_its_openers_and_ends_with_research() {
    let games = [0, 5, 24 * 60].map(|m| game(at(4 * 24 * 60 + m)));
    let planned = week(&Calendar::default(), &games, &[]);
    let told: Vec<(Swarm, Occasion, usize)> = planned.iter().map(|a| (a.swarm, a.occasion, a.n_games)).collect();
    assert_eq!(
        told,
        [
            (Swarm::Consensus, Occasion::Open, 3),
            (Swarm::Consensus, Occasion::Kickoff, 2),
            (Swarm::Consensus, Occasion::Kickoff, 1),
            (Swarm::Generation, Occasion::Results, 3),
            (Swarm::Validation, Occasion::Results, 3),
        ]
    );
    assert!(week(&Calendar::default(), &[], &[]).is_empty());
}
