//! The shell as the base of every agent: a first turn, turns, and a last one, but none after a crash.

use crate::runtime::harness::{Log, soon};
use huddle::actor::{Ctx, Lane};
use huddle::machine::{Machine, Turn};
use huddle::shell::{Hear, Outlet, Sabotage, Shell, ShellArgs};
use huddle::supervision::{Backoff, ChildSpec, Root};
use huddle::world::World;
use std::time::Duration;

struct Greeter;

impl Machine for Greeter {
    type Input = &'static str;
    type Effect = &'static str;

    fn init(&mut self, turn: &mut Turn<&'static str>) {
        turn.emit("hello");
    }

    fn turn(&mut self, input: &'static str, turn: &mut Turn<&'static str>) {
        turn.emit(input);
    }

    fn shutdown(&mut self, turn: &mut Turn<&'static str>) {
        turn.emit("goodbye");
    }
}

#[derive(Clone)]
struct Note(Log);

impl Outlet<Greeter> for Note {
    fn perform(&mut self, effect: &'static str, _: &mut Ctx<Shell<Greeter, Note>>) {
        self.0.note(effect);
    }
}

#[test]
fn an_agent_begins_and_ends_with_a_turn_of_its_own() {
    let log = Log::default();
    World::run(1, async |world| {
        world.expect_fault("in between");
        let note = Note(log.clone());
        let args = ShellArgs::new("g", world.clock(), world.seeds(), |_| Greeter, move |_| note.clone());
        let (spec, greeter) = ChildSpec::of::<Shell<Greeter, Note>>("greeter", args);
        let root = Root::start(vec![spec.backoff(Backoff::constant(Duration::from_millis(1)))]);
        greeter.ask(Hear("one"), soon()).await.unwrap();
        greeter.tell(Sabotage("in between".into()), Lane::Normal).unwrap();
        greeter.ask(Hear("two"), soon()).await.unwrap();
        assert_eq!(root.shutdown(Duration::from_secs(60)).await.code(), 0);
    });
    assert_eq!(log.take(), ["hello", "one", "hello", "two", "goodbye"]);
}
