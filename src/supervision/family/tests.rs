//! The family without a runtime: a list of acts for each event, and random lives that must keep the rules.

use super::super::policy::{Backoff, Restart, Rules, Stop, Strategy};
use super::*;
use proptest::prelude::{Strategy as _, any, prop_assert, prop_oneof, proptest};
use std::collections::BTreeMap;

const SECOND: Duration = Duration::from_secs(1);

/// Children as the machine sees them: it orders, they obey or fail.
struct Stage {
    family: Family,
    now: Duration,
    running: BTreeMap<Key, u64>,
    started: BTreeMap<Key, u64>,
    names: BTreeMap<Key, String>,
    alarms: Vec<(Duration, Alarm)>,
    log: Vec<String>,
    left: Option<Exit>,
    intensity: Intensity,
    /// Stop orders are obeyed at once.
    obedient: bool,
}

impl Stage {
    fn new(strategy: Strategy, children: &[(&str, Restart)], intensity: Intensity) -> Stage {
        let mut stage = Stage {
            family: Family::new(strategy, 8),
            now: SECOND,
            running: BTreeMap::new(),
            started: BTreeMap::new(),
            names: BTreeMap::new(),
            alarms: Vec::new(),
            log: Vec::new(),
            left: None,
            intensity,
            obedient: true,
        };
        for (id, restart) in children {
            let terms = stage.terms(id, *restart, Stop::Halt(5 * SECOND));
            stage.family.seat(terms);
        }
        stage.family.open();
        stage.play();
        stage
    }

    fn terms(&self, id: &str, restart: Restart, stop: Stop) -> Terms {
        Terms {
            id: id.into(),
            rules: Rules {
                restart,
                backoff: Backoff::constant(SECOND),
                intensity: self.intensity,
            },
            stop,
        }
    }

    /// A member that is forgotten already keeps its name here.
    fn id(&mut self, key: Key) -> String {
        if let Some(member) = self.family.find(key) {
            self.names.insert(key, member.terms.id.to_string());
        }
        self.names.get(&key).cloned().unwrap_or_default()
    }

    /// Carries out what the family wants until it wants nothing more.
    fn play(&mut self) {
        loop {
            let acts = self.family.acts();
            if acts.is_empty() {
                return;
            }
            let mut events = Vec::new();
            for act in acts {
                match act {
                    Act::Start(key) => {
                        let number = self.started.entry(key).or_default();
                        *number += 1;
                        let number = *number;
                        assert!(self.running.insert(key, number).is_none(), "started twice");
                        self.family.begun(key, number);
                        let id = self.id(key);
                        self.log.push(format!("start {id}"));
                        events.push((key, number, None));
                    }
                    Act::OrderStop {
                        key,
                        incarnation,
                        drain,
                    } => {
                        assert_eq!(self.running.get(&key), Some(&incarnation), "stops what does not run");
                        let how = if drain { "drain" } else { "stop" };
                        let id = self.id(key);
                        self.log.push(format!("{how} {id}"));
                        if self.obedient {
                            self.running.remove(&key);
                            events.push((key, incarnation, Some(Exit::Shutdown)));
                        }
                    }
                    Act::Fence { key, .. } => {
                        self.running.remove(&key);
                        let id = self.id(key);
                        self.log.push(format!("fence {id}"));
                    }
                    Act::Close { key, exit, .. } => {
                        let id = self.id(key);
                        self.log.push(format!("close {id}: {exit}"));
                    }
                    Act::Forget(key) => self.log.push(format!("forget {key}")),
                    Act::Alarm { after, alarm } => self.alarms.push((self.now + after, alarm)),
                    Act::Leave(exit) => {
                        assert!(self.running.is_empty(), "leaves children behind");
                        assert!(self.left.replace(exit).is_none(), "leaves twice");
                    }
                }
            }
            for (key, incarnation, exit) in events {
                match exit {
                    None => self.family.up(key, incarnation, self.now),
                    Some(exit) => self.down(key, incarnation, &exit),
                }
            }
        }
    }

    fn down(&mut self, key: Key, incarnation: u64, exit: &Exit) {
        let ended = Ended {
            now: self.now,
            chance: 0.0,
        };
        self.family.down(key, incarnation, exit, Directive::Restart, ended);
    }

    fn hang(&mut self, key: Key, incarnation: u64, n_zombies: usize) {
        let fault = Fault {
            text: "no progress".into(),
            location: None,
            during: "x".into(),
        };
        let hang = Hang { fault, n_zombies };
        let ended = Ended {
            now: self.now,
            chance: 0.0,
        };
        self.family.hung(key, incarnation, hang, |_| Directive::Restart, ended);
    }

    fn fail(&mut self, key: Key, exit: &Exit) {
        if let Some(incarnation) = self.running.remove(&key) {
            self.down(key, incarnation, exit);
            self.play();
        }
    }

    /// Time passes; alarms ring in order.
    fn pass(&mut self, by: Duration) {
        let end = self.now + by;
        loop {
            let due = self.alarms.iter().enumerate().filter(|(_, (at, _))| *at <= end);
            let Some((at, _)) = due.min_by_key(|(n, (at, _))| (*at, *n)) else {
                break;
            };
            let (at, alarm) = self.alarms.remove(at);
            self.now = self.now.max(at);
            self.family.alarm(alarm);
            self.play();
        }
        self.now = end;
    }

    fn took(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

fn abc(strategy: Strategy) -> Stage {
    use Restart::Permanent;
    let intensity = Intensity {
        max: 3,
        within: 60 * SECOND,
    };
    let mut stage = Stage::new(
        strategy,
        &[("a", Permanent), ("b", Permanent), ("c", Permanent)],
        intensity,
    );
    assert_eq!(stage.took(), ["start a", "start b", "start c"]);
    stage
}

fn boom() -> Exit {
    Exit::Failed(Arc::new(Fault {
        text: "boom".into(),
        location: None,
        during: "x".into(),
    }))
}

#[test]
fn each_strategy_restarts_its_own_set_in_order() {
    let table: [(Strategy, &[&str], &[&str]); 3] = [
        (Strategy::OneForOne, &[], &["start b"]),
        (
            Strategy::OneForAll,
            &["stop c", "stop a"],
            &["start a", "start b", "start c"],
        ),
        (Strategy::RestForOne, &["stop c"], &["start b", "start c"]),
    ];
    for (strategy, stops, starts) in table {
        let mut stage = abc(strategy);
        stage.fail(2, &boom());
        assert_eq!(stage.took(), stops, "{strategy:?}");
        stage.pass(SECOND / 2);
        assert_eq!(stage.took(), [""; 0], "{strategy:?} waits");
        stage.pass(SECOND / 2);
        assert_eq!(stage.took(), starts, "{strategy:?}");
        stage.family.leave(Exit::Shutdown);
        stage.play();
        assert_eq!(stage.left, Some(Exit::Shutdown));
        let down: Vec<String> = stage
            .took()
            .into_iter()
            .filter(|line| line.starts_with("stop"))
            .collect();
        assert_eq!(down, ["stop c", "stop b", "stop a"]);
    }
}

#[test]
fn a_second_fault_while_a_group_is_down_widens_it() {
    let mut stage = abc(Strategy::RestForOne);
    stage.fail(3, &boom());
    stage.pass(SECOND / 2);
    stage.fail(1, &boom());
    assert_eq!(stage.took(), ["stop b"]);
    stage.pass(SECOND);
    assert_eq!(stage.took(), ["start a", "start b", "start c"]);
}

#[test]
fn who_is_done_or_unwanted_is_not_brought_back_by_a_sibling() {
    let intensity = Intensity::default();
    let children = [
        ("done", Restart::Transient),
        ("once", Restart::Temporary),
        ("x", Restart::Permanent),
    ];
    let mut stage = Stage::new(Strategy::OneForAll, &children, intensity);
    stage.fail(1, &Exit::Normal);
    stage.took();
    stage.fail(3, &boom());
    stage.pass(SECOND);
    assert_eq!(stage.took(), ["stop once", "close once: was shut down", "start x"]);
}

#[test]
fn too_many_faults_stop_the_siblings_and_escalate() {
    let mut stage = abc(Strategy::OneForOne);
    for _ in 0..3 {
        stage.fail(2, &boom());
        stage.pass(SECOND);
    }
    stage.took();
    stage.fail(2, &boom());
    let text = stage.left.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(text.contains("more than 3 restarts") && text.contains("boom"), "{text}");
    assert_eq!(
        stage.took()[1..],
        ["stop c", "close c: was shut down", "stop a", "close a: was shut down"]
    );
}

#[test]
fn a_hung_child_is_fenced_and_replaced_but_not_a_fifth_time() {
    let mut stage = abc(Strategy::OneForOne);
    stage.hang(2, 1, 0);
    stage.play();
    stage.pass(SECOND);
    assert_eq!(stage.took(), ["fence b", "start b"]);
    stage.hang(2, 1, 0);
    stage.play();
    assert_eq!(stage.took(), [""; 0], "a look that came late is about a predecessor");
    stage.hang(2, 2, MAX_ZOMBIES);
    stage.play();
    assert!(matches!(stage.left, Some(Exit::Fatal(_))), "{:?}", stage.left);
}

#[test]
fn a_child_that_does_not_stop_is_cut_off_and_the_next_one_has_its_turn() {
    let mut stage = abc(Strategy::OneForOne);
    stage.obedient = false;
    stage.family.leave(Exit::Shutdown);
    stage.play();
    stage.pass(4 * SECOND);
    assert_eq!(stage.took(), ["stop c"]);
    stage.pass(11 * SECOND);
    let lines = stage.took();
    assert_eq!(lines[..3], ["fence c", "close c: was killed", "stop b"]);
    assert_eq!(stage.left, Some(Exit::Shutdown));
}

#[test]
fn children_come_and_go_while_it_runs() {
    let mut stage = abc(Strategy::OneForOne);
    let terms = stage.terms("d", Restart::Temporary, Stop::Drain(SECOND));
    assert_eq!(stage.family.add(terms.clone()), Ok(4));
    assert_eq!(stage.family.add(terms.clone()), Err(OrderError::Taken("d".into())));
    stage.play();
    assert_eq!(stage.took(), ["start d"]);
    assert_eq!(stage.family.remove("nobody"), Err(OrderError::Unknown("nobody".into())));
    stage.family.remove("d").unwrap();
    stage.play();
    assert_eq!(stage.took(), ["drain d", "close d: was shut down", "forget 4"]);
    stage.family.add(terms).unwrap();
    stage.play();
    stage.fail(5, &boom());
    assert_eq!(
        stage.took()[2..],
        ["forget 5"],
        "what ended for good leaves nothing behind"
    );
    for n in 0..5 {
        let terms = stage.terms(&format!("e{n}"), Restart::Permanent, Stop::Now);
        stage.family.add(terms).unwrap();
    }
    let terms = stage.terms("f", Restart::Permanent, Stop::Now);
    assert_eq!(stage.family.add(terms), Err(OrderError::Full(8)));
}

#[test]
fn orders_in_the_middle_of_a_regrouping_are_kept() {
    let mut stage = abc(Strategy::OneForAll);
    stage.obedient = false;
    stage.fail(3, &boom());
    assert_eq!(stage.took(), ["stop b"]);
    stage.family.remove("a").unwrap();
    stage.play();
    assert_eq!(stage.took(), ["stop a"], "it is not left to a turn that never comes");
    stage.obedient = true;
    for key in [1, 2] {
        stage.fail(key, &Exit::Shutdown);
    }
    stage.pass(SECOND);
    let lines = stage.took();
    assert_eq!(lines[lines.len() - 2..], ["start b", "start c"]);
    let mut stage = abc(Strategy::RestForOne);
    stage.fail(2, &boom());
    stage.family.restart("b").unwrap();
    stage.play();
    stage.took();
    stage.pass(SECOND);
    assert_eq!(stage.took(), ["start b", "start c"], "once, and in order");
}

#[test]
fn a_restart_by_order_counts_against_nothing() {
    let mut stage = abc(Strategy::OneForAll);
    for _ in 0..10 {
        stage.family.restart("b").unwrap();
        stage.play();
        assert_eq!(stage.took(), ["stop b", "start b"]);
    }
    assert_eq!(stage.left, None);
}

#[test]
fn faults_that_are_resumed_count_too() {
    let mut stage = abc(Strategy::OneForOne);
    for _ in 0..4 {
        stage.family.resumed(2, 1, &boom(), SECOND, stage.intensity);
    }
    stage.play();
    assert!(matches!(stage.left, Some(Exit::Escalated(_))));
}

#[derive(Clone, Debug)]
enum Event {
    Fail(Key, bool),
    Hang(Key),
    Pass(u64),
    Restart(usize),
    Remove(usize),
    Add(usize),
}

fn events() -> impl proptest::strategy::Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (1_u64..9, any::<bool>()).prop_map(|(key, normal)| Event::Fail(key, normal)),
        1 => (1_u64..9).prop_map(Event::Hang),
        3 => (0_u64..3_000).prop_map(Event::Pass),
        1 => (0_usize..5).prop_map(Event::Restart),
        1 => (0_usize..5).prop_map(Event::Remove),
        1 => (0_usize..5).prop_map(Event::Add),
    ];
    proptest::collection::vec(event, 1..60)
}

proptest! {
    /// Whatever happens: nothing runs twice, nothing is left behind, restarts by fault stay within the intensity, and
    /// without further faults everybody who is wanted comes up.
    #[test]
    fn every_life_keeps_the_rules(kind in 0_usize..3, obedient in any::<bool>(), max in 0_u32..20, events in events()) {
        let strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][kind];
        let ids = ["a", "b", "c", "d", "e"];
        let kinds = [Restart::Permanent, Restart::Transient, Restart::Temporary, Restart::Permanent, Restart::Permanent];
        let children: Vec<_> = ids.into_iter().zip(kinds).take(4).collect();
        let mut stage = Stage::new(strategy, &children, Intensity { max, within: 600 * SECOND });
        stage.obedient = obedient;
        for event in events {
            match event {
                Event::Fail(key, normal) => stage.fail(key, &if normal { Exit::Normal } else { boom() }),
                Event::Hang(key) => {
                    if let Some(incarnation) = stage.running.get(&key).copied() {
                        stage.hang(key, incarnation, 0);
                        stage.play();
                    }
                }
                Event::Pass(ms) => stage.pass(Duration::from_millis(ms)),
                Event::Restart(n) => { let _ = stage.family.restart(ids[n]); stage.play(); }
                Event::Remove(n) => { let _ = stage.family.remove(ids[n]); stage.play(); }
                Event::Add(n) => {
                    let terms = stage.terms(ids[n], kinds[n], Stop::Halt(SECOND));
                    let _ = stage.family.add(terms);
                    stage.play();
                }
            }
        }
        stage.pass(60 * SECOND);
        if stage.left.is_none() {
            for member in stage.family.members() {
                let settled = matches!(member.state, ChildState::Up | ChildState::Retired(_));
                prop_assert!(settled && member.doom.is_none(), "{} is {:?}", member.terms.id, member);
            }
            stage.family.leave(Exit::Shutdown);
            stage.play();
            stage.pass(60 * SECOND);
        }
        prop_assert!(stage.left.is_some() && stage.running.is_empty());
    }
}
