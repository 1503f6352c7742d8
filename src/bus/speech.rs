//! Saying something: what is kept goes to the journal first, what is not goes straight to its readers, and what reaches
//! nobody is a dead letter with its reason.

use super::actor::{Bus, MAX_PENDING, Whose};
use super::journal::{Change, Journal};
use super::letter::{Letter, Receipt, lane};
use super::post::{Bury, Post, PostError, Posted, Request, RequestError};
use crate::actor::{Ctx, How, Lane};
use crate::protocol::{AgentMessage, Keeping, Kind, To, Written};
use actix::{ActorFutureExt, AsyncContext, Handler, ResponseFuture, WrapFuture};
use std::future::ready;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a reader may take over a heartbeat before the next one is sent.
const BEAT_LIMIT: Duration = Duration::from_secs(10);

type Said = Result<Posted, PostError>;

impl<J: Journal> Bus<J> {
    /// Those who would hear a message and can: paths with a door, never the speaker unless named.
    fn readers(&self, message: &AgentMessage) -> Result<Vec<String>, PostError> {
        let registry = &self.args.registry;
        let reads = |path: &String| registry.hears(path).is_some();
        let others = |path: &String| *path != message.from && reads(path);
        match &message.to {
            To::One(path) if reads(path) => Ok(vec![path.clone()]),
            To::One(path) => Err(PostError::Unknown(path.clone())),
            To::Group(name) => match registry.group(name) {
                members if members.is_empty() => Err(PostError::NoMembers(name.clone())),
                members => Ok(members.into_iter().filter(others).collect()),
            },
            To::All => Ok(registry.all().into_iter().map(|e| e.path).filter(others).collect()),
        }
    }

    fn say(
        &mut self,
        Post { message, fleeting }: Post,
        ctx: &mut Ctx<Self>,
    ) -> Result<oneshot::Receiver<Said>, Said> {
        if message.kind == Kind::Response {
            return Err(self.respond(&message, ctx));
        }
        if message.is_late(self.args.clock.now()) {
            return Err(self.dead(&message, PostError::Late, ctx));
        }
        let readers = match self.readers(&message) {
            Ok(readers) => readers,
            Err(error) => return Err(self.dead(&message, error, ctx)),
        };
        match message.kind.keeping() {
            Keeping::Durable if !fleeting => {
                if self.pending.len() >= MAX_PENDING {
                    return Err(Err(PostError::Overloaded(MAX_PENDING)));
                }
                let (tell, told) = oneshot::channel();
                self.write(Change::Post(Written::of(&message)), Whose::Poster(tell), ctx);
                Ok(told)
            }
            Keeping::Durable | Keeping::Fleeting => Err(self.tell(&message, &readers, ctx)),
            Keeping::Coalesced => {
                for reader in &readers {
                    if self.beats.put(reader, message.clone()) {
                        self.beat(reader, ctx);
                    }
                }
                Err(Ok(Posted::Said(readers.len())))
            }
        }
    }

    fn dead(&mut self, message: &AgentMessage, error: PostError, ctx: &mut Ctx<Self>) -> Said {
        self.bury(Written::of(message), &message.to.written(), error.to_string(), ctx);
        Err(error)
    }

    /// Straight into mailboxes. Who does not take it is a dead letter; to one reader that is an error, to many it is not.
    fn tell(&mut self, message: &AgentMessage, readers: &[String], ctx: &mut Ctx<Self>) -> Said {
        let mut n = 0;
        let mut refused = None;
        for path in readers {
            let Some(door) = self.args.registry.get(path).and_then(|entry| entry.door) else {
                continue;
            };
            match door
                .port
                .tell(Letter::fleeting(message.clone()), lane(message.priority))
            {
                Ok(()) => n += 1,
                Err(rejected) => {
                    let why = rejected.why.to_string();
                    let (path, reason) = (path.clone(), format!("it was not taken: {why}"));
                    self.bury(Written::of(message), &path, reason, ctx);
                    refused = Some(PostError::Refused { path, why });
                }
            }
        }
        match (refused, &message.to) {
            (Some(error), To::One(_)) => Err(error),
            _ => Ok(Posted::Said(n)),
        }
    }

    fn respond(&mut self, response: &AgentMessage, ctx: &mut Ctx<Self>) -> Said {
        let To::One(to) = &response.to else {
            return self.dead(response, PostError::Stale("a response is for one".to_owned()), ctx);
        };
        let asker = self.args.registry.get(to);
        let incarnation = asker.map_or(0, |asker| asker.vitals().incarnation);
        match self.requests.respond(response, to, incarnation) {
            Ok(()) => Ok(Posted::Said(1)),
            Err(why) => self.dead(response, PostError::Stale(why), ctx),
        }
    }

    /// Hands a reader its next heartbeat, and when it is done with that, the next.
    fn beat(&mut self, reader: &str, ctx: &mut Ctx<Self>) {
        let door = self.args.registry.get(reader).and_then(|entry| entry.door);
        // Taken only for a door that is there: a beat in nobody's hand would stop all later ones.
        let Some((door, beat)) = door.and_then(|door| Some((door, self.beats.take(reader)?))) else {
            return;
        };
        let path = reader.to_owned();
        let handled = door
            .port
            .ask(Letter::fleeting(beat), How::within(BEAT_LIMIT).on(Lane::Bulk));
        // A heartbeat that is not heard is no loss: the next one says more.
        ctx.spawn(handled.into_actor(self).map(move |_, bus, ctx| {
            bus.beats.done(&path);
            bus.beat(&path, ctx);
        }));
    }

    fn ask(&mut self, request: AgentMessage, ctx: &mut Ctx<Self>) -> Result<Asked, RequestError> {
        if request.kind != Kind::Request {
            return Err(RequestError::Unfit("its kind is another"));
        }
        let deadline = request.deadline.ok_or(RequestError::Unfit("it has no deadline"))?;
        let To::One(path) = request.to.clone() else {
            return Err(RequestError::Unfit("it is not for one"));
        };
        let left = (deadline - self.args.clock.now()).to_std();
        let Ok(left) = left else {
            return Err(self.unsent(&request, PostError::Late, ctx));
        };
        let Some(door) = self.args.registry.get(&path).and_then(|entry| entry.door) else {
            return Err(self.unsent(&request, PostError::Unknown(path), ctx));
        };
        let (reply, told) = oneshot::channel();
        self.requests.open(&request, reply)?;
        let id = request.id.clone();
        let how = How::within(left).on(lane(request.priority));
        let answer = door.port.ask(Letter::fleeting(request.clone()), how);
        ctx.spawn(answer.into_actor(self).map(move |answer, bus, ctx| match answer {
            Ok(Receipt::Answer(response)) => drop(bus.respond(&response, ctx)),
            Ok(Receipt::Refused(why)) => bus.requests.fail(&id, RequestError::Declined(why)),
            // It will say so by a post of its own.
            Ok(Receipt::Done | Receipt::Effect(_)) => {}
            Err(error) => {
                bus.bury(Written::of(&request), &path, error.to_string(), ctx);
                bus.requests.fail(&id, RequestError::Lost(error));
            }
        }));
        Ok((told, left))
    }

    fn unsent(&mut self, request: &AgentMessage, error: PostError, ctx: &mut Ctx<Self>) -> RequestError {
        self.bury(Written::of(request), &request.to.written(), error.to_string(), ctx);
        RequestError::Undelivered(error)
    }
}

type Asked = (oneshot::Receiver<Result<AgentMessage, RequestError>>, Duration);

impl<J: Journal> Handler<Post> for Bus<J> {
    type Result = ResponseFuture<Said>;

    fn handle(&mut self, post: Post, ctx: &mut Ctx<Self>) -> ResponseFuture<Said> {
        match self.say(post, ctx) {
            Err(said) => Box::pin(ready(said)),
            Ok(told) => Box::pin(async { told.await.unwrap_or(Err(PostError::Lost)) }),
        }
    }
}

impl<J: Journal> Handler<Request> for Bus<J> {
    type Result = ResponseFuture<Result<AgentMessage, RequestError>>;

    fn handle(&mut self, Request(request): Request, ctx: &mut Ctx<Self>) -> Self::Result {
        match self.ask(request, ctx) {
            Err(error) => Box::pin(ready(Err(error))),
            Ok((told, left)) => Box::pin(async move {
                match tokio::time::timeout(left, told).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) => Err(RequestError::Undelivered(PostError::Lost)),
                    Err(_) => Err(RequestError::Deadline),
                }
            }),
        }
    }
}

impl<J: Journal> Handler<Bury> for Bus<J> {
    type Result = ();

    fn handle(&mut self, Bury(dead): Bury, ctx: &mut Ctx<Self>) {
        self.bury(dead.entry, &dead.recipient.clone(), dead.reason, ctx);
    }
}
