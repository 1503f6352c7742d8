//! A panel with a made-up procedure: any order of answers gives one result, and whatever is lost the round ends.

use super::*;
use crate::machine::drive;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

/// Two steps: everybody says a number, everybody but the first says another; the result is all that was said.
struct Sum(Vec<(u8, Seat, u32)>, Vec<Seat>);

impl Procedure for Sum {
    type Convene = ();
    type Phase = u8;
    type Question = u8;
    type Answer = u32;
    type Round = Vec<(u8, Seat, u32)>;

    fn begin((): (), seats: &[Seat]) -> (Sum, Step<Sum>) {
        let questions = seats.iter().map(|s| (s.clone(), 1)).collect();
        (Sum(Vec::new(), seats.to_vec()), Step::Ask(1, questions))
    }

    fn next(&mut self, phase: u8, answers: BTreeMap<Seat, u32>) -> Step<Sum> {
        self.0.extend(answers.into_iter().map(|(seat, n)| (phase, seat, n)));
        match phase {
            1 => Step::Ask(2, BTreeMap::new()),
            2 => Step::Ask(3, self.1.iter().skip(1).map(|s| (s.clone(), 3)).collect()),
            _ => Step::Done(Box::new(std::mem::take(&mut self.0))),
        }
    }

    fn limit(_: u8) -> Duration {
        Duration::from_secs(1)
    }
}

fn seats() -> Vec<Seat> {
    ["a", "b", "c", "d"].map(Seat::new).to_vec()
}

/// What was put together, with who took part.
type Played = (Vec<(u8, Seat, u32)>, BTreeMap<Seat, Attendance>);

/// Plays a round in which `choose` picks the next of the open questions, and `fate` says whether its answer arrives.
fn play(choose: &[usize], fate: &[bool]) -> Played {
    let mut panel = Panel::<Sum>::new(seats());
    let mut rng = Pcg64Mcg::new(1);
    let mut tell = |input| drive(&mut panel, input, chrono::DateTime::UNIX_EPOCH, &mut rng);
    let mut open: Vec<(Asking<Sum>, u8)> = Vec::new();
    let mut effects = tell(Heard::Convene(RoundId("r".into()), ()));
    for at in 0.. {
        for effect in effects {
            match effect {
                Wanted::Ask(on, question) => open.push((on, question)),
                Wanted::Wake(..) => {}
                Wanted::Concluded(held) => return (held.round, held.attendance),
                Wanted::Busy(_) => panic!("nothing else is under way"),
            }
        }
        assert!(at < 100 && !open.is_empty(), "a round always ends");
        let (on, question) = open.remove(choose[at % choose.len()] % open.len());
        effects = if fate[at % fate.len()] {
            let answer = 10 * u32::from(question) + u32::from(on.seat.as_str().as_bytes()[0]);
            tell(Heard::Answered {
                on,
                incarnation: 1,
                restarts: 0,
                answer,
            })
        } else {
            tell(Heard::Lost {
                on,
                reason: "crashed".into(),
            })
        };
    }
    unreachable!("the loop has no end of its own")
}

proptest! {
    #[test]
    fn the_order_of_answers_does_not_matter(choose in proptest::collection::vec(0usize..9, 1..20)) {
        prop_assert_eq!(play(&choose, &[true]), play(&[0], &[true]));
    }

    #[test]
    fn whatever_is_lost_the_round_ends_and_says_who_was_absent(
        choose in proptest::collection::vec(0usize..9, 1..20),
        fate in proptest::collection::vec(any::<bool>(), 1..20),
    ) {
        let (said, attendance) = play(&choose, &fate);
        let n_absent: usize = attendance.values().map(|a| a.absences.len()).sum();
        prop_assert_eq!(said.len() + n_absent, 7);
        for log in attendance.values() {
            prop_assert!(log.losses.len() >= 2 * log.absences.len());
        }
    }
}

#[test]
fn the_late_abstain_and_a_second_round_waits() {
    let mut panel = Panel::<Sum>::new(seats());
    let mut rng = Pcg64Mcg::new(1);
    let mut tell = |input| drive(&mut panel, input, chrono::DateTime::UNIX_EPOCH, &mut rng);
    let id = RoundId("r".into());
    tell(Heard::Convene(id.clone(), ()));
    assert!(matches!(
        tell(Heard::Convene(RoundId("s".into()), ()))[..],
        [Wanted::Busy(_)]
    ));
    assert!(
        tell(Heard::Deadline(id.clone(), 3)).is_empty(),
        "a deadline of another step"
    );
    let asked = tell(Heard::Deadline(id.clone(), 1)).len();
    assert_eq!(asked, 4, "an alarm and three questions");
    match &tell(Heard::Deadline(id, 3))[..] {
        [Wanted::Concluded(held)] => {
            assert!(held.round.is_empty());
            assert_eq!(held.attendance[&Seat::new("a")].absences.len(), 1);
        }
        _ => panic!("the round is over"),
    };
}
