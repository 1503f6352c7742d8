//! A round always ends, and what it concludes does not depend on who answered first.

use super::*;
use crate::domain::belief::Abstention;
use crate::machine::drive;
use crate::swarms::fixture::{answer, convene, seats};
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

struct Bench {
    swarm: Consensus,
    rng: Pcg64Mcg,
    asked_revise: Vec<Seat>,
    concluded: Vec<Round>,
    reviews: Vec<Review>,
    asked_study: Vec<Seat>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            swarm: Consensus::new(seats(), PoolSettings::default()),
            rng: Pcg64Mcg::new(1),
            asked_revise: Vec::new(),
            concluded: Vec::new(),
            reviews: Vec::new(),
            asked_study: Vec::new(),
        }
    }

    fn hear(&mut self, input: Input) {
        let now = convene().view.at();
        for effect in drive(&mut self.swarm, input, now, &mut self.rng) {
            match effect {
                Effect::AskStudy(seat, _) => self.asked_study.push(seat),
                Effect::AskRevise(seat, _) => self.asked_revise.push(seat),
                Effect::AskReview(review) => self.reviews.push(*review),
                Effect::Concluded(round) => self.concluded.push(*round),
                Effect::Wake(..) | Effect::Busy(_) => {}
            }
        }
    }

    fn answer(&mut self, seat: &str, p: f64) {
        let seat = Seat::new(seat);
        let round = convene().round;
        self.hear(Input::Answered {
            round,
            seat,
            incarnation: 1,
            restarts: 0,
            answer: answer(p),
        });
    }

    fn lose(&mut self, seat: &str) {
        self.hear(Input::Lost {
            round: convene().round,
            seat: Seat::new(seat),
            reason: "crashed".to_owned(),
        });
    }

    fn revise_all(&mut self) {
        for seat in std::mem::take(&mut self.asked_revise) {
            self.hear(Input::Revised {
                round: convene().round,
                seat,
                incarnation: 1,
                opinions: Vec::new(),
            });
        }
    }

    fn review(&mut self) {
        self.hear(Input::Reviewed {
            round: convene().round,
            decisions: Vec::new(),
        });
    }
}

#[test]
fn seven_answers_make_a_round() {
    let mut bench = Bench::new();
    bench.hear(Input::Convene(convene()));
    assert_eq!(bench.asked_study, seats());
    for seat in ["a", "b", "c", "d", "e", "f", "g"] {
        bench.answer(seat, 0.55);
    }
    assert!(bench.asked_revise.is_empty(), "nobody disagrees");
    let agreement = &bench.reviews[0].agreements[0];
    assert_eq!(agreement.side, Some(crate::domain::quote::Side::Home));
    assert!((agreement.consensus - 1.0).abs() < 1e-12);
    bench.review();
    assert_eq!(bench.concluded.len(), 1);
    // Observed, seven opinions, agreed, decided, acted: each caused by one before it.
    let messages = &bench.concluded[0].messages;
    assert_eq!(messages.len(), 11);
    for (i, m) in messages.iter().enumerate() {
        let cause = m.parent_id.as_ref().map(|p| messages[..i].iter().any(|e| e.id == *p));
        assert_eq!(cause, (i > 0).then_some(true), "message {i}");
    }
}

#[test]
fn disagreement_is_deliberated_by_those_who_believe_something() {
    let mut bench = Bench::new();
    bench.hear(Input::Convene(convene()));
    for (seat, p) in [
        ("a", 0.55),
        ("b", 0.45),
        ("c", 0.55),
        ("d", 0.55),
        ("e", 0.55),
        ("f", 0.55),
    ] {
        bench.answer(seat, p);
    }
    bench.lose("g");
    assert!(bench.reviews.is_empty(), "a lost answer is asked for again");
    assert_eq!(bench.asked_study.last(), Some(&Seat::new("g")));
    bench.lose("g");
    assert_eq!(bench.asked_revise.len(), 6);
    bench.revise_all();
    let agreement = &bench.reviews[0].agreements[0];
    let absent = agreement.votes.iter().find(|v| v.seat == Seat::new("g")).unwrap();
    assert!(matches!(absent.stance, Err(Abstention::Absent { .. })));
    assert!(agreement.consensus < 1.0 && agreement.n_voting() == 6);
}

#[test]
fn a_deadline_ends_every_phase() {
    let mut bench = Bench::new();
    bench.hear(Input::Convene(convene()));
    bench.answer("a", 0.55);
    for phase in [Phase::Study, Phase::Deliberation, Phase::Review] {
        bench.hear(Input::Deadline {
            round: convene().round,
            phase,
        });
    }
    assert_eq!(bench.concluded.len(), 1);
    assert!(bench.concluded[0].unreviewed && bench.concluded[0].decisions.is_empty());
}

#[test]
fn one_round_at_a_time() {
    let mut bench = Bench::new();
    bench.hear(Input::Convene(convene()));
    let n_asked = bench.asked_study.len();
    bench.hear(Input::Convene(convene()));
    assert_eq!(bench.asked_study.len(), n_asked);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_answers_leaves_no_trace(order in Just(vec!["a", "b", "c", "d", "e", "f", "g"]).prop_shuffle()) {
        let play = |order: &[&str]| {
            let mut bench = Bench::new();
            bench.hear(Input::Convene(convene()));
            for seat in order {
                bench.answer(seat, if *seat < "c" { 0.46 } else { 0.56 });
            }
            bench.asked_revise.reverse();
            bench.revise_all();
            let agreements = format!("{:?}", bench.reviews[0].agreements);
            bench.review();
            (agreements, serde_json::to_string(&bench.concluded[0].messages).unwrap())
        };
        prop_assert_eq!(play(&order), play(&["a", "b", "c", "d", "e", "f", "g"]));
    }

    /// Whatever happens to seats, in whatever order and however often, the deadlines end the round, once.
    #[test]
    fn a_round_always_ends_once(script in prop::collection::vec((0usize..7, 0u8..4, 0.3f64..0.7), 0..40)) {
        let mut bench = Bench::new();
        bench.hear(Input::Convene(convene()));
        for (seat, what, p) in script {
            let seat = seats()[seat].clone();
            match what {
                0 => bench.answer(seat.as_str(), p),
                1 => bench.lose(seat.as_str()),
                2 => bench.hear(Input::Revised { round: convene().round, seat, incarnation: 2, opinions: answer(p).opinions }),
                _ => bench.review(),
            }
        }
        for phase in [Phase::Study, Phase::Deliberation, Phase::Review] {
            bench.hear(Input::Deadline { round: convene().round, phase });
        }
        bench.review();
        prop_assert_eq!(bench.concluded.len(), 1);
        prop_assert!(bench.concluded[0].weights.performance[0].len() == 7);
    }
}
