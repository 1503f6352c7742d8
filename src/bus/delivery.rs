//! Delivery: carries out what each reader's machine wants, and brings back what came of it.

use super::actor::{Bus, Whose};
use super::commit::apart;
use super::journal::{Address, Change, Claim, Ending, Journal, Outcome};
use super::letter::{Letter, Receipt, lane};
use super::mailbox::{Mailbox, PAGE, Todo, Verdict};
use crate::actor::{AskError, Ctx, How, Loss};
use crate::protocol::AgentMessage;
use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use chrono::{DateTime, Utc};

impl<J: Journal> Bus<J> {
    /// Does what a reader's machine says, given the machine, the reader's incarnation and the time.
    fn with(
        &mut self,
        path: &str,
        ctx: &mut Ctx<Self>,
        what: impl FnOnce(&mut Mailbox, u64, DateTime<Utc>) -> Todo<J::Tx>,
    ) {
        let now = self.args.clock.now();
        let door = self.args.registry.get(path).and_then(|entry| entry.door);
        let (Some(mailbox), Some(door)) = (self.mailboxes.get_mut(path), door) else {
            return;
        };
        let todo = what(mailbox, door.port.vitals().incarnation, now);
        match if self.halting { wind_up(todo) } else { todo } {
            Todo::Nothing => self.look_for_quiet(),
            // The machine of a bus that stops is not asked again.
            Todo::Write(change) if self.halting => self.write(change, Whose::Nobody, ctx),
            Todo::Write(change) => self.write(change, Whose::Reader(path.to_owned()), ctx),
            Todo::Read(after) => {
                let address = mailbox.address.clone();
                self.read(address, after, ctx);
            }
            Todo::Rest(time) => {
                let path = path.to_owned();
                ctx.run_later(time, move |bus, ctx| bus.with(&path, ctx, Mailbox::rested));
            }
            Todo::Deliver(claim, message) => self.deliver(&claim, *message, ctx),
        }
    }

    /// Sees whether something is to be done for a reader.
    pub(super) fn step(&mut self, path: &str, ctx: &mut Ctx<Self>) {
        self.with(path, ctx, Mailbox::step);
    }

    /// A change of a reader's was committed.
    pub(super) fn reader_committed(&mut self, path: &str, outcome: &Outcome, ctx: &mut Ctx<Self>) {
        self.with(path, ctx, |mailbox, incarnation, now| {
            mailbox.committed(outcome, incarnation, now)
        });
    }

    /// There are new entries for these.
    pub(super) fn journal_grew(&mut self, whose: impl Fn(&Address) -> bool, ctx: &mut Ctx<Self>) {
        // Somebody may have joined a group since: who hears a letter and who is woken must be the same.
        self.admit(ctx);
        let hearers = self.mailboxes.iter_mut().filter(|(_, mailbox)| whose(&mailbox.address));
        let paths: Vec<String> = hearers
            .map(|(path, mailbox)| {
                mailbox.grow();
                path.clone()
            })
            .collect();
        for path in paths {
            self.step(&path, ctx);
        }
    }

    fn read(&mut self, address: Address, after: i64, ctx: &mut Ctx<Self>) {
        let journal = self.args.journal.clone();
        let (path, asked) = (address.path.clone(), address.clone());
        let job = move || journal.read(&address, after, PAGE);
        ctx.spawn(apart::<J, _>(job).into_actor(self).map(move |done, bus, ctx| {
            let page = match done {
                Ok(Ok(page)) => Some(page),
                Ok(Err(error)) => {
                    log::error!("{path}: its letters cannot be read now: {error}");
                    None
                }
                Err(lost) => {
                    ctx.fail(format!("a read was lost: {lost}"));
                    None
                }
            };
            // What was read for another set of groups skips letters of the present one: it is read again.
            let current = bus.mailboxes.get(&path).is_some_and(|mailbox| mailbox.address == asked);
            let page = page.filter(|_| current);
            bus.with(&path, ctx, |mailbox, incarnation, now| {
                mailbox.read(page, incarnation, now)
            });
        }));
    }

    fn deliver(&mut self, claim: &Claim, message: AgentMessage, ctx: &mut Ctx<Self>) {
        let path = claim.recipient.clone();
        let Some(door) = self.args.registry.get(&path).and_then(|entry| entry.door) else {
            return;
        };
        let how = How::within(self.args.patience.handling).on(lane(message.priority));
        let answer = door.port.ask(Letter::kept(message, claim.seq, claim.attempt), how);
        self.n_in_hand += 1;
        ctx.spawn(answer.into_actor(self).map(move |answer, bus, ctx| {
            bus.n_in_hand -= 1;
            let verdict = verdict(answer);
            if let Verdict::Crashed(why) = &verdict {
                log::warn!("{path} crashed with a letter in hand: {why}");
            }
            bus.with(&path, ctx, |mailbox, incarnation, now| {
                mailbox.answered(verdict, incarnation, now)
            });
        }));
    }
}

/// What is still to be done by a bus that stops: what was begun is ended, and nothing begins.
fn wind_up<T>(todo: Todo<T>) -> Todo<T> {
    match todo {
        Todo::Write(Change::Settle { claim, ending, .. }) => Todo::Write(Change::Settle {
            claim,
            ending,
            next: None,
        }),
        Todo::Deliver(claim, _) => Todo::Write(Change::Settle {
            claim,
            ending: Ending::PutBack,
            next: None,
        }),
        Todo::Write(_) | Todo::Read(_) | Todo::Rest(_) | Todo::Nothing => Todo::Nothing,
    }
}

/// What an answer, or none, says of the letter. A reader that was stopped in order did not fail on it.
fn verdict<T>(answer: Result<Receipt<T>, AskError>) -> Verdict<T> {
    match answer {
        Ok(Receipt::Done | Receipt::Answer(_)) => Verdict::Done(None),
        Ok(Receipt::Effect(effect)) => Verdict::Done(Some(effect)),
        Ok(Receipt::Refused(why)) => Verdict::Refused(why),
        Err(AskError::Lost {
            started: true,
            reason: Loss::Exit(exit),
        }) if !exit.abnormal() => Verdict::NotThere,
        Err(error) if started(&error) => Verdict::Crashed(error.to_string()),
        Err(_) => Verdict::NotThere,
    }
}

fn started(error: &AskError) -> bool {
    matches!(
        error,
        AskError::Lost { started: true, .. } | AskError::Deadline { started: true }
    )
}
