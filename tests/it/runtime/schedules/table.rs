//! Every fault under every strategy: who is restarted, what becomes of the mailbox, and what the askers hear.
//!
//! Three children; the middle one fails while one ask is pending in it. A letter is sent to it together with what makes it
//! fail, another while it is down.

use super::{
    book::{Book, Outcome},
    client::allow,
    plan::Halts,
    worker::{Ambush, Job, What, Worker, WorkerArgs},
};
use crate::runtime::harness::{MINUTE, ms, nap};
use huddle::{
    actor::{ActorRef, AskError, Exit, How, Lane, Loss},
    supervision::{Backoff, ChildSpec, Remove, RestartChild, Strategy, Supervisor, SupervisorSpec},
    world::World,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

/// What goes wrong with the middle child, or with all three.
#[derive(Clone, Copy)]
enum Fault {
    By(What),
    /// A hook that fails the next time it runs, and what makes it run.
    In(Ambush, What),
    ArbiterLost,
    SupervisorKilled,
    Restart,
    Remove,
}

const FAULTS: [(&str, Fault); 17] = [
    ("panic in handler", Fault::By(What::Panic)),
    ("panic in future", Fault::By(What::PanicInFuture(5))),
    ("panic in timer", Fault::By(What::PanicInTimer(5))),
    ("panic in stream", Fault::By(What::PanicInStream(3))),
    ("panic in wait", Fault::By(What::PanicInWait(5))),
    ("panic in create", Fault::In(Ambush::Create, What::Panic)),
    ("error in create", Fault::In(Ambush::Refusal, What::Panic)),
    ("panic in started", Fault::In(Ambush::Started, What::Panic)),
    ("panic in stopping", Fault::In(Ambush::Stopping, What::Finish)),
    ("panic in stopped", Fault::In(Ambush::Stopped, What::Finish)),
    ("ctx.fail", Fault::By(What::Fail)),
    ("exit normal", Fault::By(What::Finish)),
    ("hang", Fault::By(What::Hang)),
    ("arbiter lost", Fault::ArbiterLost),
    ("supervisor killed", Fault::SupervisorKilled),
    ("order to restart", Fault::Restart),
    ("order to remove", Fault::Remove),
];

const STRATEGIES: [(&str, Strategy); 3] = [
    ("one-for-one", Strategy::OneForOne),
    ("one-for-all", Strategy::OneForAll),
    ("rest-for-one", Strategy::RestForOne),
];

/// The columns: fault; strategy; incarnations of the three afterwards; which incarnation handled the letter sent with the
/// fault, and the one sent while the child was down; what came of the ask that made it fail; of the one that was pending.
const TABLE: &str = "\
panic in handler  | one-for-one  | 1 2 1 | 2 2       | begun: panicked | begun: panicked
panic in handler  | one-for-all  | 2 2 2 | 2 2       | begun: panicked | begun: panicked
panic in handler  | rest-for-one | 1 2 2 | 2 2       | begun: panicked | begun: panicked
panic in future   | one-for-one  | 1 2 1 | 1 2       | answered        | begun: panicked
panic in future   | one-for-all  | 2 2 2 | 1 2       | answered        | begun: panicked
panic in future   | rest-for-one | 1 2 2 | 1 2       | answered        | begun: panicked
panic in timer    | one-for-one  | 1 2 1 | 1 2       | answered        | begun: panicked
panic in timer    | one-for-all  | 2 2 2 | 1 2       | answered        | begun: panicked
panic in timer    | rest-for-one | 1 2 2 | 1 2       | answered        | begun: panicked
panic in stream   | one-for-one  | 1 2 1 | 1 2       | answered        | begun: panicked
panic in stream   | one-for-all  | 2 2 2 | 1 2       | answered        | begun: panicked
panic in stream   | rest-for-one | 1 2 2 | 1 2       | answered        | begun: panicked
panic in wait     | one-for-one  | 1 2 1 | 2 2       | answered        | begun: panicked
panic in wait     | one-for-all  | 2 2 2 | 2 2       | answered        | begun: panicked
panic in wait     | rest-for-one | 1 2 2 | 2 2       | answered        | begun: panicked
panic in create   | one-for-one  | 1 3 1 | 3 3       | begun: panicked | begun: panicked
panic in create   | one-for-all  | 3 3 2 | 3 3       | begun: panicked | begun: panicked
panic in create   | rest-for-one | 1 3 2 | 3 3       | begun: panicked | begun: panicked
error in create   | one-for-one  | 1 3 1 | 3 3       | begun: panicked | begun: panicked
error in create   | one-for-all  | 3 3 2 | 3 3       | begun: panicked | begun: panicked
error in create   | rest-for-one | 1 3 2 | 3 3       | begun: panicked | begun: panicked
panic in started  | one-for-one  | 1 3 1 | 3 3       | begun: panicked | begun: panicked
panic in started  | one-for-all  | 3 3 2 | 3 3       | begun: panicked | begun: panicked
panic in started  | rest-for-one | 1 3 2 | 3 3       | begun: panicked | begun: panicked
panic in stopping | one-for-one  | 1 2 1 | 2 2       | answered        | begun: panicked
panic in stopping | one-for-all  | 2 2 2 | 2 2       | answered        | begun: panicked
panic in stopping | rest-for-one | 1 2 2 | 2 2       | answered        | begun: panicked
panic in stopped  | one-for-one  | 1 2 1 | 2 2       | answered        | begun: panicked
panic in stopped  | one-for-all  | 2 2 2 | 2 2       | answered        | begun: panicked
panic in stopped  | rest-for-one | 1 2 2 | 2 2       | answered        | begun: panicked
ctx.fail          | one-for-one  | 1 2 1 | 2 2       | answered        | begun: failed
ctx.fail          | one-for-all  | 2 2 2 | 2 2       | answered        | begun: failed
ctx.fail          | rest-for-one | 1 2 2 | 2 2       | answered        | begun: failed
exit normal       | one-for-one  | 1 2 1 | 2 2       | answered        | begun: finished
exit normal       | one-for-all  | 2 2 2 | 2 2       | answered        | begun: finished
exit normal       | rest-for-one | 1 2 2 | 2 2       | answered        | begun: finished
hang              | one-for-one  | 1 2 1 | 2 2       | begun: hung     | begun: hung
hang              | one-for-all  | 2 2 2 | 2 2       | begun: hung     | begun: hung
hang              | rest-for-one | 1 2 2 | 2 2       | begun: hung     | begun: hung
arbiter lost      | one-for-one  | 1 2 1 | 2 2       | -               | begun: arbiter lost
arbiter lost      | one-for-all  | 2 2 2 | 2 2       | -               | begun: arbiter lost
arbiter lost      | rest-for-one | 1 2 2 | 2 2       | -               | begun: arbiter lost
supervisor killed | one-for-one  | 2 2 2 | dead refused | -               | begun: killed
supervisor killed | one-for-all  | 2 2 2 | dead refused | -               | begun: killed
supervisor killed | rest-for-one | 2 2 2 | dead refused | -               | begun: killed
order to restart  | one-for-one  | 1 2 1 | 2 2       | -               | begun: shut down
order to restart  | one-for-all  | 1 2 1 | 2 2       | -               | begun: shut down
order to restart  | rest-for-one | 1 2 1 | 2 2       | -               | begun: shut down
order to remove   | one-for-one  | 1 - 1 | dead refused | -               | begun: shut down
order to remove   | one-for-all  | 1 - 1 | dead refused | -               | begun: shut down
order to remove   | rest-for-one | 1 - 1 | dead refused | -               | begun: shut down
";

struct Three {
    book: Book,
    supervisor: ActorRef<Supervisor>,
    workers: Vec<ActorRef<Worker>>,
    ambush: Arc<Mutex<Option<Ambush>>>,
}

/// The three children below a supervisor of this strategy, below the root.
fn three(world: &World, book: &Book, strategy: Strategy) -> Three {
    let ambush = Arc::default();
    let quiet = Arc::default();
    let child = |id: &str, ambush: &Arc<Mutex<Option<Ambush>>>| {
        let args = WorkerArgs {
            book: book.clone(),
            halts: Halts::AtOnce,
            ambush: ambush.clone(),
        };
        let (spec, worker) = ChildSpec::of::<Worker>(id, args);
        (spec.backoff(Backoff::constant(ms(10))).hang_limit(HANG_LIMIT), worker)
    };
    let children = [child("a", &quiet), child("b", &ambush), child("c", &quiet)];
    let (specs, workers): (Vec<_>, Vec<_>) = children.into_iter().unzip();
    let spec = SupervisorSpec::new(specs).strategy(strategy).intensity(5, MINUTE);
    let (spec, supervisor) = ChildSpec::of::<Supervisor>("nest", spec);
    world.start(vec![spec.backoff(Backoff::constant(ms(10)))]);
    Three {
        book: book.clone(),
        supervisor,
        workers,
        ambush,
    }
}

const HANG_LIMIT: Duration = Duration::from_millis(100);

impl Three {
    fn ask(&self, what: What) -> u64 {
        let how = How::within(ms(2_000));
        let id = self.book.sent(1, Some(how.deadline));
        let (book, ask) = (self.book.clone(), self.workers[1].ask(Job { id, what }, how));
        actix::spawn(async move { book.ended(id, Outcome::Answer(ask.await)) });
        id
    }

    fn tell(&self) -> u64 {
        let id = self.book.sent(1, None);
        let what = What::Work;
        if self.workers[1].tell(Job { id, what }, Lane::Bulk).is_err() {
            self.book.refused(id);
        }
        id
    }

    /// Brings the fault about; the ask that did it, if one did.
    fn strike(&self, fault: Fault, world: &World) -> Option<u64> {
        let how = How::within(MINUTE).on(Lane::Control);
        match fault {
            Fault::By(what) => return Some(self.ask(what)),
            Fault::In(ambush, what) => {
                *self.ambush.lock() = Some(ambush);
                return Some(self.ask(what));
            }
            Fault::ArbiterLost => assert!(world.lose_arbiter("b")),
            Fault::SupervisorKilled => assert!(world.lose_arbiter("nest")),
            Fault::Restart => drop(actix::spawn(self.supervisor.ask(RestartChild("b".into()), how))),
            Fault::Remove => drop(actix::spawn(self.supervisor.ask(Remove("b".into()), how))),
        }
        None
    }

    fn incarnations(&self) -> String {
        let each = self.workers.iter().map(|worker| match worker.gone() {
            None => worker.vitals().incarnation.to_string(),
            Some(_) => "-".to_owned(),
        });
        each.collect::<Vec<_>>().join(" ")
    }

    fn handled_by(&self, id: u64) -> String {
        self.book.write(|pages| {
            let letter = &pages.letters[usize::try_from(id).unwrap()];
            assert!(letter.n_begun <= 1, "handled twice");
            match letter.by {
                Some(incarnation) => incarnation.to_string(),
                None if letter.taken => "dead".to_owned(),
                None => "refused".to_owned(),
            }
        })
    }

    fn heard(&self, id: u64) -> String {
        self.book.write(|pages| {
            let ask = pages.letters[usize::try_from(id).unwrap()].ask.as_ref().unwrap();
            match &ask.ended.as_ref().unwrap().1 {
                Outcome::Answer(Ok(_)) => "answered".to_owned(),
                Outcome::Answer(Err(AskError::Lost { started, reason })) => {
                    format!("{}: {}", if *started { "begun" } else { "queued" }, word(reason))
                }
                other => format!("{other:?}"),
            }
        })
    }
}

fn word(loss: &Loss) -> &'static str {
    match loss {
        Loss::Unanswered => "unanswered",
        Loss::Exit(exit) => match exit {
            Exit::Normal => "finished",
            Exit::Shutdown => "shut down",
            Exit::Failed(_) => "failed",
            Exit::Panicked(_) => "panicked",
            Exit::Hung(_) => "hung",
            Exit::Killed => "killed",
            Exit::ArbiterLost => "arbiter lost",
            Exit::Escalated(_) => "escalated",
            Exit::Fatal(_) => "fatal",
        },
    }
}

/// One line of the table.
fn line(name: &str, fault: Fault, (strategy_name, strategy): (&str, Strategy)) -> String {
    World::run(0, async |world| {
        allow(world);
        let book = Book::default();
        let three = three(world, &book, strategy);
        nap(1).await;
        let pending = three.ask(What::Slow(1_000));
        nap(1).await;
        let trigger = three.strike(fault, world);
        let with = three.tell();
        let hangs = matches!(fault, Fault::By(What::Hang));
        world.pass(if hangs { HANG_LIMIT + ms(5) } else { ms(8) }).await;
        let down = three.tell();
        nap(3_000).await;
        let letters = [with, down].map(|id| three.handled_by(id)).join(" ");
        let heard = trigger.map_or("-".to_owned(), |id| three.heard(id));
        let (incarnations, pending) = (three.incarnations(), three.heard(pending));
        format!("{name:17} | {strategy_name:12} | {incarnations} | {letters:9} | {heard:15} | {pending}")
    })
}

#[test]
fn fault_by_strategy() {
    let lines = FAULTS
        .iter()
        .flat_map(|(name, fault)| STRATEGIES.map(|strategy| line(name, *fault, strategy)));
    let table: String = lines.map(|line| line + "\n").collect();
    println!("{table}");
    for (got, want) in table.lines().zip(TABLE.lines()) {
        assert_eq!(got, want);
    }
    assert_eq!(table.lines().count(), TABLE.lines().count());
}
