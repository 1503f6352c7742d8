//! Seeded interleavings of everybody who touches one mailbox: senders, runners, and the supervisor that replaces them.
//!
//! Each operation of the mailbox happens under its one lock, so any run of real threads is some order of whole
//! operations. Here a seed chooses that order, one operation at a time, between the very steps at which threads could be
//! interrupted; a runner that sleeps goes on only if somebody called it, so a lost wake-up shows as a message left behind.

use super::exit::Exit;
use super::lane::{Lane, LaneBounds};
use super::lanes::{Door, Lanes, Taken};
use futures_util::task::ArcWake;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

const N_SEEDS: u64 = 5_000;
const N_SENDERS: usize = 3;
const N_MESSAGES: u32 = 12;

/// Sender, serial number, lane.
type Message = (usize, u32, Lane);

#[derive(Default)]
struct Bell(AtomicBool);

impl ArcWake for Bell {
    fn wake_by_ref(bell: &Arc<Bell>) {
        bell.0.store(true, SeqCst);
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    Door,
    Take,
    Sleep,
    Asleep,
    Gone,
}

struct Runner {
    incarnation: u64,
    step: Step,
    bell: Arc<Bell>,
    halting: bool,
    fenced: bool,
}

struct Play {
    lanes: Lanes<Message>,
    runners: Vec<Runner>,
    handled: Vec<Message>,
    accepted: Vec<Message>,
    buried: Vec<Message>,
    sent: [u32; N_SENDERS],
    /// Runners that may still be replaced.
    n_replacements: u32,
    rng: Pcg64Mcg,
}

impl Play {
    fn new(seed: u64) -> Play {
        let bounds = LaneBounds {
            control: 3,
            high: 3,
            normal: 3,
            bulk: 3,
        };
        let mut play = Play {
            lanes: Lanes::new(bounds),
            runners: Vec::new(),
            handled: Vec::new(),
            accepted: Vec::new(),
            buried: Vec::new(),
            sent: [0; N_SENDERS],
            n_replacements: 4,
            // The generator drops the lowest bit of its seed.
            rng: Pcg64Mcg::new(u128::from(seed) << 1),
        };
        play.open();
        play
    }

    fn open(&mut self) {
        for runner in &mut self.runners {
            runner.fenced = true;
        }
        self.runners.push(Runner {
            incarnation: self.lanes.open(),
            step: Step::Door,
            bell: Arc::default(),
            halting: false,
            fenced: false,
        });
    }

    /// Everybody who could do something now: senders, the supervisor, then the runners.
    fn able(&self) -> Vec<usize> {
        let senders = (0..N_SENDERS).filter(|at| self.sent[*at] < N_MESSAGES);
        let supervisor = (self.n_replacements > 0).then_some(N_SENDERS);
        let awake = |(_, runner): &(usize, &Runner)| match runner.step {
            Step::Gone => false,
            Step::Asleep => runner.bell.0.load(SeqCst),
            Step::Door | Step::Take | Step::Sleep => true,
        };
        let runners = self.runners.iter().enumerate().filter(awake);
        senders
            .chain(supervisor)
            .chain(runners.map(|(at, _)| N_SENDERS + 1 + at))
            .collect()
    }

    fn send(&mut self, sender: usize) {
        let lane = Lane::ALL[self.rng.random_range(0..4)];
        let message = (sender, self.sent[sender], lane);
        // A full lane refuses; the sender tries again, perhaps on another lane.
        if self.lanes.push(lane, || message).is_ok() {
            self.accepted.push(message);
            self.sent[sender] += 1;
        }
    }

    fn supervise(&mut self) {
        self.n_replacements -= 1;
        let newest = self.lanes.incarnation();
        match self.rng.random_range(0..4) {
            0 => self.open(),
            1 => {
                assert!(self.lanes.fence(newest));
                for runner in &mut self.runners {
                    runner.fenced = true;
                }
                self.open();
            }
            2 => {
                let drain = self.rng.random();
                self.lanes.order_stop(newest, drain);
                // One that drains takes nothing new, so its senders would try for ever.
                if drain {
                    self.sent = [N_MESSAGES; N_SENDERS];
                }
            }
            _ => {
                self.buried.extend(
                    self.lanes
                        .close(newest, Exit::Killed)
                        .expect("nothing newer was opened"),
                );
                assert_eq!(self.lanes.close(newest - 1, Exit::Killed), None);
                self.open();
            }
        }
    }

    fn run(&mut self, at: usize) {
        let runner = &mut self.runners[at];
        let now = Duration::ZERO;
        runner.step = match runner.step {
            Step::Asleep => {
                runner.bell.0.store(false, SeqCst);
                Step::Door
            }
            Step::Door => match self.lanes.door(runner.incarnation) {
                Door::Open => Step::Take,
                Door::Fenced => Step::Gone,
                Door::StopOrdered if runner.halting => Step::Take,
                Door::StopOrdered => {
                    runner.halting = true;
                    Step::Take
                }
            },
            Step::Take => match self.lanes.take(runner.incarnation, Lane::Control, Lane::Bulk, now) {
                Taken::Message(message) => {
                    assert!(!runner.fenced, "a replaced runner was given {message:?}");
                    self.handled.push(message);
                    Step::Take
                }
                Taken::Nothing => Step::Sleep,
                Taken::Fenced => Step::Gone,
            },
            Step::Sleep => {
                let waker = futures_util::task::waker(runner.bell.clone());
                if self.lanes.sleep(runner.incarnation, Lane::Bulk, runner.halting, &waker) {
                    Step::Asleep
                } else {
                    Step::Door
                }
            }
            Step::Gone => Step::Gone,
        };
    }

    fn play(&mut self) {
        for _ in 0..100_000 {
            let able = self.able();
            let Some(one) = (!able.is_empty()).then(|| able[self.rng.random_range(0..able.len())]) else {
                return;
            };
            match one {
                sender if sender < N_SENDERS => self.send(sender),
                N_SENDERS => self.supervise(),
                runner => self.run(runner - N_SENDERS - 1),
            }
        }
        panic!("they do not come to rest");
    }
}

#[test]
fn no_order_of_operations_loses_repeats_or_leaves_a_message() {
    for seed in 0..N_SEEDS {
        let mut play = Play::new(seed);
        play.play();
        let mut seen: Vec<_> = play.handled.iter().chain(&play.buried).collect();
        seen.sort_by_key(|message| (message.0, message.1));
        let mut accepted: Vec<_> = play.accepted.iter().collect();
        accepted.sort_by_key(|message| (message.0, message.1));
        assert_eq!(seen, accepted, "seed {seed}: every accepted message once");
        let mut last = BTreeMap::new();
        for (sender, serial, lane) in &play.handled {
            let before = last.insert((*sender, *lane as usize), *serial);
            assert!(
                before.is_none_or(|before| before < *serial),
                "seed {seed}: order within a lane"
            );
        }
        let awake = play.runners.iter().filter(|runner| runner.step != Step::Gone).count();
        assert!(
            awake <= 1,
            "seed {seed}: replaced runners are called, find themselves replaced and leave"
        );
    }
}

/// The one race outside the lock: an asker that gives up against an actor that begins, on real threads.
#[test]
fn an_ask_is_either_begun_or_withdrawn() {
    use super::{life::Life, parcel::Ticket};
    for _ in 0..2_000 {
        let (ticket, life) = (Arc::new(Ticket::default()), Arc::new(Life::default()));
        let actor = std::thread::spawn({
            let (ticket, life) = (ticket.clone(), life.clone());
            move || ticket.start(&life)
        });
        let started_when_withdrawn = ticket.withdraw();
        assert_eq!(actor.join().unwrap(), started_when_withdrawn);
    }
}
