//! The one actor that runs any machine, so that adding a specialist adds no concurrency code.
//!
//! The shell is the base of every agent: it is born with its machine ([`Machine::init`]), hears and answers, and gives it
//! a last turn before it stops in order ([`Machine::shutdown`]); what an agent can do is on its card in the registry.
//!
//! The shell brings a machine the time, its random stream and its inputs, and hands its effects to an outlet, which is the
//! only part that knows what they mean outside. A panic of the machine, on whichever thread, is an ordinary fault of this
//! actor.

use crate::{
    actor::{Birth, Component, Ctx, StartError, catch, reraise},
    clock::{Clock, Seeds},
    machine::{Machine, Turn, drive, take},
};
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, WrapFuture,
    dev::{MessageResponse, OneshotSender},
    fut::LocalBoxActorFuture,
};
use rand_pcg::Pcg64Mcg;
use std::{fmt, sync::Arc};

/// What carries out a machine's effects: sends, stores, asks. It lives as long as one incarnation of its shell.
pub trait Outlet<M: Machine>: Sized + 'static {
    /// Carries out one effect. Must not block; what takes time goes into `ctx.spawn`, and what came of it returns as a
    /// [`Hear`] to `ctx.me()`.
    fn perform(&mut self, effect: M::Effect, ctx: &mut Ctx<Shell<M, Self>>);
}

/// The outlet of a machine that is only ever consulted; an effect performed here is a mistake of wiring and is logged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mute;

impl<M: Machine> Outlet<M> for Mute {
    fn perform(&mut self, _: M::Effect, ctx: &mut Ctx<Shell<M, Mute>>) {
        log::warn!(
            "{}: an effect went to a mute outlet; was the machine told what it should be asked?",
            ctx.id()
        );
    }
}

/// An input for the machine. Its effects go to the outlet; asked instead of told, the answer comes after that is done.
pub struct Hear<M: Machine>(pub M::Input);

impl<M: Machine> Message for Hear<M> {
    type Result = ();
}

/// A question to the machine: the effects of this very turn are the answer, and are not performed.
pub struct Consult<M: Machine>(pub M::Input);

impl<M: Machine> Message for Consult<M> {
    type Result = Vec<M::Effect>;
}

/// The fault hook of demos, chaos and tests: the shell panics with this text when it handles the message, on any lane.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Sabotage(pub String);

/// What every incarnation of a shell is built from.
pub struct ShellArgs<M: Machine, O: Outlet<M>> {
    machine: Factory<M>,
    outlet: Factory<O>,
    clock: Clock,
    seeds: Seeds,
    seat: Arc<str>,
}

type Factory<T> = Arc<dyn Fn(&Birth) -> T + Send + Sync>;

impl<M: Machine, O: Outlet<M>> ShellArgs<M, O> {
    /// `seat` is the path that names the machine's random stream, for example `swarms/validation/3`; the stream of each
    /// incarnation is `seeds.derive(seat, incarnation)`.
    pub fn new(
        seat: &str,
        clock: Clock,
        seeds: Seeds,
        machine: impl Fn(&Birth) -> M + Send + Sync + 'static,
        outlet: impl Fn(&Birth) -> O + Send + Sync + 'static,
    ) -> ShellArgs<M, O> {
        ShellArgs {
            machine: Arc::new(machine),
            outlet: Arc::new(outlet),
            clock,
            seeds,
            seat: seat.into(),
        }
    }
}

impl<M: Machine> ShellArgs<M, Mute> {
    /// The arguments of a machine that is only consulted.
    pub fn mute(
        seat: &str,
        clock: Clock,
        seeds: Seeds,
        machine: impl Fn(&Birth) -> M + Send + Sync + 'static,
    ) -> ShellArgs<M, Mute> {
        ShellArgs::new(seat, clock, seeds, machine, |_| Mute)
    }
}

impl<M: Machine, O: Outlet<M>> Clone for ShellArgs<M, O> {
    fn clone(&self) -> ShellArgs<M, O> {
        ShellArgs {
            machine: self.machine.clone(),
            outlet: self.outlet.clone(),
            clock: self.clock.clone(),
            seeds: self.seeds,
            seat: self.seat.clone(),
        }
    }
}

impl<M: Machine, O: Outlet<M>> fmt::Debug for ShellArgs<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShellArgs")
            .field("seat", &self.seat)
            .finish_non_exhaustive()
    }
}

/// The actor that hosts one machine.
///
/// A [`Machine::HEAVY`] machine leaves for a blocking thread during its turn. Meanwhile the lanes below Control are held.
/// [`Sabotage`] and stop orders on Control take effect at once (a stop lets the turn end first); a [`Hear`] or [`Consult`]
/// on Control queues behind the turn that runs, since there is but one machine.
///
/// ```
/// # use huddle::{actor::How, clock::{Clock, Seeds}, machine::{Machine, Turn}, shell::*, supervision::*};
/// # use std::time::Duration;
/// struct Sum(i64);
/// impl Machine for Sum {
///     type Input = i64;
///     type Effect = i64;
///     fn turn(&mut self, n: i64, turn: &mut Turn<i64>) { self.0 += n; turn.emit(self.0); }
/// }
/// actix::System::new().block_on(async {
///     let args = ShellArgs::mute("specialists/sum", Clock::system(), Seeds::new(7), |_birth| Sum(0));
///     let (child, sum) = ChildSpec::of::<Shell<Sum, Mute>>("sum", args);
///     let (specialists, _) = ChildSpec::of::<Supervisor>("specialists", vec![child].into());
///     let root = Root::start(SupervisorSpec::new(vec![specialists]).intensity(5, Duration::from_secs(60)));
///     let how = How::within(Duration::from_secs(5));
///     assert_eq!(sum.ask(Consult(2), how).await, Ok(vec![2]));
///     sum.ask(Sabotage("on purpose".into()), how).await.unwrap_err(); // Lost { started: true, .. }
///     assert_eq!(sum.ask(Consult(3), how).await, Ok(vec![3]), "healed, with fresh state");
///     assert_eq!(root.tree(how.deadline).await.unwrap().find("sum").unwrap().vitals.restarts, 1);
///     assert_eq!(root.shutdown(Duration::from_secs(10)).await.code(), 0);
/// });
/// ```
pub struct Shell<M: Machine, O: Outlet<M>> {
    /// Away only while a heavy turn runs.
    machine: Option<Box<M>>,
    outlet: O,
    clock: Clock,
    rng: Pcg64Mcg,
}

/// Nothing in a shell is pinned: the machine is boxed and the outlet is only borrowed.
impl<M: Machine, O: Outlet<M>> Unpin for Shell<M, O> {}

impl<M: Machine, O: Outlet<M>> Actor for Shell<M, O> {
    type Context = Ctx<Shell<M, O>>;

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.step(ctx, M::init);
    }
}

impl<M: Machine, O: Outlet<M>> Component for Shell<M, O> {
    type Args = ShellArgs<M, O>;

    fn create(args: &ShellArgs<M, O>, birth: Birth, _: &mut Ctx<Self>) -> Result<Self, StartError> {
        Ok(Shell {
            machine: Some(Box::new((args.machine)(&birth))),
            outlet: (args.outlet)(&birth),
            clock: args.clock.clone(),
            rng: args.seeds.derive(&args.seat, birth.incarnation),
        })
    }

    fn halt(&mut self, ctx: &mut Ctx<Self>) {
        if self.machine.is_some() {
            self.leave(ctx);
        } else {
            // Waits run in order, so this one comes after the turn that is out.
            ctx.wait(async {}.into_actor(self).map(|(), shell, ctx| shell.leave(ctx)));
        }
    }
}

impl<M: Machine, O: Outlet<M>> Shell<M, O> {
    /// The last turn, and the end.
    fn leave(&mut self, ctx: &mut Ctx<Self>) {
        self.step(ctx, M::shutdown);
        ctx.stop();
    }

    /// A turn without an input, on this thread also for a heavy machine: beginning and ending are not thinking.
    fn step(&mut self, ctx: &mut Ctx<Self>, step: fn(&mut M, &mut Turn<M::Effect>)) {
        let now = self.clock.now();
        if let Some(machine) = &mut self.machine {
            let effects = take(now, &mut self.rng, |turn| step(machine, turn));
            self.perform(effects, ctx);
        }
    }

    fn think(&mut self, input: M::Input) -> Reply<Self, Vec<M::Effect>> {
        if M::HEAVY {
            return Reply::Later(self.think_apart(input));
        }
        let now = self.clock.now();
        let machine = self.machine.as_mut().expect("only a heavy machine leaves its shell");
        Reply::Now(drive(&mut **machine, input, now, &mut self.rng))
    }

    /// The machine goes to a blocking thread when this future's turn comes, and is back when it ends.
    fn think_apart(&self, input: M::Input) -> LocalBoxActorFuture<Self, Vec<M::Effect>> {
        let turn = async {}.into_actor(self).then(|(), shell: &mut Self, _| {
            let mut machine = shell
                .machine
                .take()
                .expect("waits run one after another, so the machine is home");
            let mut turn = Turn::new(shell.clock.now(), shell.rng.clone());
            let job = tokio::task::spawn_blocking(move || {
                catch(move || {
                    machine.turn(input, &mut turn);
                    (machine, turn)
                })
            });
            job.into_actor(shell)
        });
        Box::pin(turn.map(|done, shell, _| match done {
            Ok(Ok((machine, turn))) => {
                let (effects, rng) = turn.into_parts();
                shell.machine = Some(machine);
                shell.rng = rng;
                effects
            }
            Ok(Err(caught)) => reraise(caught),
            Err(error) => panic!("the blocking thread did not run the turn: {error}"),
        }))
    }

    fn perform(&mut self, effects: Vec<M::Effect>, ctx: &mut Ctx<Self>) {
        for effect in effects {
            self.outlet.perform(effect, ctx);
        }
    }
}

impl<M: Machine, O: Outlet<M>> Handler<Hear<M>> for Shell<M, O> {
    type Result = Reply<Self, ()>;

    fn handle(&mut self, Hear(input): Hear<M>, ctx: &mut Ctx<Self>) -> Reply<Self, ()> {
        match self.think(input) {
            Reply::Now(effects) => {
                self.perform(effects, ctx);
                Reply::Now(())
            }
            Reply::Later(turn) => Reply::Later(Box::pin(
                turn.map(|effects, shell: &mut Self, ctx| shell.perform(effects, ctx)),
            )),
        }
    }
}

impl<M: Machine, O: Outlet<M>> Handler<Consult<M>> for Shell<M, O> {
    type Result = Reply<Self, Vec<M::Effect>>;

    fn handle(&mut self, Consult(input): Consult<M>, _: &mut Ctx<Self>) -> Self::Result {
        self.think(input)
    }
}

impl<M: Machine, O: Outlet<M>> Handler<Sabotage> for Shell<M, O> {
    type Result = ();

    fn handle(&mut self, Sabotage(text): Sabotage, _: &mut Ctx<Self>) {
        panic!("{text}");
    }
}

/// An answer that is ready, or a turn the actor waits for.
pub enum Reply<A: Actor, T> {
    /// Ready.
    Now(T),
    /// The actor handles nothing below Control until this is done.
    Later(LocalBoxActorFuture<A, T>),
}

impl<A, Q, T> MessageResponse<A, Q> for Reply<A, T>
where
    A: Actor<Context = Ctx<A>>,
    Q: Message<Result = T>,
    T: 'static,
{
    fn handle(self, ctx: &mut Ctx<A>, reply: Option<OneshotSender<T>>) {
        // An asker that gave up meanwhile is nobody's fault, so a reply that finds no receiver is dropped.
        match self {
            Reply::Now(answer) => drop(reply.map(|reply| reply.send(answer))),
            Reply::Later(turn) => {
                ctx.wait(turn.map(|answer, _, _| drop(reply.map(|reply| reply.send(answer)))));
            }
        }
    }
}

/// The handle of a shell.
pub type ShellRef<M, O> = crate::actor::ActorRef<Shell<M, O>>;
