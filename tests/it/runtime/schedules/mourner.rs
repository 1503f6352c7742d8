//! Watches every worker and supervisor of a schedule from a tree of its own, and writes each end it is told of into the book.

use super::book::Book;
use actix::{Actor, Handler};
use huddle::{
    actor::{ActorRef, Birth, Component, Ctx, Obituary, Port, StartError},
    supervision::ChildSpec,
    world::World,
};

pub struct Mourner(Book);

impl Actor for Mourner {
    type Context = Ctx<Mourner>;
}

impl Component for Mourner {
    type Args = Book;

    fn create(book: &Book, _: Birth, _: &mut Ctx<Mourner>) -> Result<Mourner, StartError> {
        Ok(Mourner(book.clone()))
    }
}

impl Handler<Obituary> for Mourner {
    type Result = ();

    fn handle(&mut self, obituary: Obituary, _: &mut Ctx<Mourner>) {
        let Obituary {
            path,
            incarnation,
            exit,
            gone,
        } = obituary;
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let end = if gone { "is gone" } else { "ended" };
        self.0.note(format!("{name} #{incarnation} {end}: it {exit}"));
        if !gone {
            let at = self.0.now();
            self.0.write(|pages| {
                pages.lives.push((name.clone(), pages.starts.len(), at));
                pages.ends.push((name, incarnation));
            });
        }
    }
}

/// Starts a mourner in a tree of its own.
pub fn start(world: &World, book: &Book) -> Port<Obituary> {
    let (spec, mourner): (_, ActorRef<Mourner>) = ChildSpec::of::<Mourner>("mourner", book.clone());
    world.start(vec![spec]);
    mourner.port()
}
