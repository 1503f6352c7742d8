//! Links between actors that are not each other's supervisors: obituaries, and circles of waits.

use super::harness::*;
use actix::{Actor, ActorFutureExt as _, AtomicResponse, Handler, Message, WrapFuture as _};
use huddle::{
    actor::{ActorRef, AskError, Birth, Component, Ctx, Exit, Lane, Obituary, StartError},
    supervision::{ChildSpec, Restart, Root},
};
use parking_lot::Mutex;
use std::sync::Arc;

/// Writes down what it is told of others.
struct Mourner(Log);

impl Actor for Mourner {
    type Context = Ctx<Mourner>;
}

impl Component for Mourner {
    type Args = Log;

    fn create(log: &Log, _: Birth, _: &mut Ctx<Mourner>) -> Result<Mourner, StartError> {
        Ok(Mourner(log.clone()))
    }
}

impl Handler<Obituary> for Mourner {
    type Result = ();
    fn handle(&mut self, told: Obituary, _: &mut Ctx<Mourner>) {
        let end = if told.gone { "gone" } else { "ended" };
        let word = match told.exit {
            Exit::Panicked(_) => "panicked".to_owned(),
            exit => exit.to_string(),
        };
        self.0
            .note(format!("{} #{} {end}: {word}", told.path, told.incarnation));
    }
}

#[test]
fn a_watcher_is_told_of_every_end_and_of_the_last() {
    run(async |world| {
        world.expect_fault("as ordered");
        let log = Log::default();
        let (mourner_spec, mourner) = ChildSpec::of::<Mourner>("mourner", log.clone());
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let _root = Root::start(vec![mourner_spec, spec.restart(Restart::Transient)]);
        let watch = probe.watch(mourner.port()).unwrap();
        let again = probe.watch(mourner.port()).unwrap();
        probe.unwatch(again);
        probe.ask(Break::Panic, soon()).await.unwrap_err();
        nap(50).await;
        assert_eq!(log.take(), ["/probe #1 ended: panicked"]);
        probe.ask(Break::Stop, soon()).await.unwrap();
        nap(50).await;
        assert_eq!(log.take(), ["/probe #2 ended: finished", "/probe #2 gone: finished"]);
        probe.unwatch(watch);
        probe.watch(mourner.port()).unwrap();
        nap(1).await;
        assert_eq!(
            log.take(),
            ["/probe #2 gone: finished"],
            "a watch on who is gone is answered at once"
        );
    });
}

#[test]
fn a_hung_actor_is_mourned_once_and_at_once() {
    run(async |world| {
        world.expect_fault("no progress");
        let log = Log::default();
        let (mourner_spec, mourner) = ChildSpec::of::<Mourner>("mourner", log.clone());
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let _root = Root::start(vec![mourner_spec, spec.hang_limit(ms(100))]);
        probe.watch(mourner.port()).unwrap();
        probe.tell(Hold(500), Lane::Normal).unwrap();
        nap(150).await;
        let told = log.take();
        assert!(
            told.len() == 1 && told[0].starts_with("/probe #1 ended: hung"),
            "{told:?}"
        );
        nap(1000).await;
        assert!(log.take().is_empty());
    });
}

/// Asks the next one around a table, and holds its own mailbox for the answer or not.
struct Sitter(Table);

type Table = Arc<Mutex<Vec<ActorRef<Sitter>>>>;

impl Actor for Sitter {
    type Context = Ctx<Sitter>;
}

impl Component for Sitter {
    type Args = Table;

    fn create(table: &Table, _: Birth, _: &mut Ctx<Sitter>) -> Result<Sitter, StartError> {
        Ok(Sitter(table.clone()))
    }
}

/// Passes the question on `hops` times; the answer is how often that worked, or why not.
#[derive(Clone, Copy, Message)]
#[rtype(result = "Result<u32, String>")]
struct Pass {
    to: usize,
    hops: u32,
    lane: Lane,
}

impl Handler<Pass> for Sitter {
    type Result = AtomicResponse<Sitter, Result<u32, String>>;
    fn handle(&mut self, pass: Pass, _: &mut Ctx<Sitter>) -> Self::Result {
        if pass.hops == 0 {
            return AtomicResponse::new(Box::pin(async { Ok(0) }.into_actor(self)));
        }
        let table = self.0.lock().clone();
        let on = Pass {
            to: (pass.to + 1) % table.len(),
            hops: pass.hops - 1,
            ..pass
        };
        let asked = table[on.to].ask(on, soon().on(pass.lane));
        let answer = asked.into_actor(self).map(|answer, _, _| match answer {
            Ok(answer) => answer.map(|n| n + 1),
            Err(error @ AskError::Cycle { started: false, .. }) => Err(error.to_string()),
            Err(other) => Err(format!("not by its circle: {other}")),
        });
        AtomicResponse::new(Box::pin(answer))
    }
}

fn around(n: usize) -> (Root, Vec<ActorRef<Sitter>>) {
    let table = Table::default();
    let (specs, seats): (Vec<_>, Vec<_>) = (0..n)
        .map(|at| ChildSpec::of::<Sitter>(&format!("s{at}"), table.clone()))
        .unzip();
    *table.lock() = seats.clone();
    (Root::start(specs), seats)
}

#[test]
fn a_circle_of_waits_is_refused_by_name_and_the_others_are_answered() {
    run(async |_| {
        let (_root, seats) = around(3);
        let pass = |hops, lane| Pass { to: 0, hops, lane };
        assert_eq!(seats[0].ask(pass(2, Lane::Normal), soon()).await, Ok(Ok(2)));
        let said = seats[0].ask(pass(3, Lane::Normal), soon()).await.unwrap().unwrap_err();
        assert!(
            said.contains("/s2 waits for /s0, which waits for /s1, which waits for /s2"),
            "{said}"
        );
        assert_eq!(
            seats[1].ask(pass(0, Lane::Normal), soon()).await,
            Ok(Ok(0)),
            "all serve again"
        );
        // What was refused is withdrawn: nobody handles it later.
        nap(1000).await;
        assert_eq!(seats[0].vitals().withdrawn, 1);
    });
}

#[test]
fn an_actor_that_asks_itself_and_waits_is_told_so() {
    run(async |_| {
        let (_root, seats) = around(1);
        let pass = Pass {
            to: 0,
            hops: 1,
            lane: Lane::Normal,
        };
        let said = seats[0].ask(pass, soon()).await.unwrap().unwrap_err();
        assert!(said.contains("/s0 waits for /s0"), "{said}");
    });
}
