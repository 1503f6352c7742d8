//! The desk of the cycle: puts its steps on disk, and asks the swarms of research for what it needs.

pub(super) mod hang_up;
pub mod written;

use super::conductor::{ConductorRef, NoLeave, with_leave};
use super::panel::{PanelError, PanelHandle};
use crate::actor::{ActorRef, Ctx, How, Lane};
use crate::agents::strategist::SeatedStrategist;
use crate::agents::validator::Validator;
use crate::backtest::cycle::state::{Phase, State};
use crate::backtest::cycle::{Cycle, Effect, GenerateOrder, Input, Step, ValidateOrder};
use crate::backtest::research_host::{convene_generation, convene_validation, generated, validated};
use crate::clock::Clock;
use crate::protocol::question::RoundId;
use crate::shell::{Hear, Outlet, Shell};
use crate::store::keeper::{Database, Do};
use crate::swarms::conductor::life::Swarm;
use crate::swarms::generation::Generation;
use crate::swarms::validation::Validation;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use written::WriteStep;

/// The generation swarm in the house.
pub type GenerationPanel = PanelHandle<Generation, SeatedStrategist>;
/// The validation swarm in the house.
pub type ValidationPanel = PanelHandle<Validation, Validator>;

/// What whoever follows a cycle is told.
#[derive(Debug)]
pub enum News {
    /// A step is on disk.
    Step {
        /// Its number, from 1.
        n: u64,
        /// Its phase.
        phase: Phase,
        /// The season that is to judge.
        season: Option<u16>,
        /// What came of it, in a line.
        line: String,
    },
    /// All seasons are judged.
    Finished(Box<State>),
    /// It cannot go on.
    Broken(String),
}

/// News that may wait; a step takes longer than fetching one.
pub const MAX_NEWS: usize = 64;
/// A step is a few hundred rows at most.
const WRITING: Duration = Duration::from_secs(60);

/// Where news of the cycle under way go.
pub type Following = Arc<Mutex<Option<mpsc::Sender<News>>>>;

/// The outlet of the cycle.
#[derive(Clone)]
pub struct ResearchDesk {
    /// Keeps the steps.
    pub database: ActorRef<Database>,
    /// Has ideas.
    pub generation: GenerationPanel,
    /// Judges them.
    pub validation: ValidationPanel,
    /// Says whether they may.
    pub conductor: ConductorRef,
    /// The time, for the rows.
    pub clock: Clock,
    /// Whom to tell.
    pub following: Following,
}

/// Why a swarm did not do its part.
#[derive(Debug, thiserror::Error)]
enum Cut {
    /// It may not now.
    #[error(transparent)]
    NoLeave(#[from] NoLeave),
    /// Its panel failed.
    #[error(transparent)]
    Panel(#[from] PanelError),
}

type Seat = Ctx<Shell<Cycle, ResearchDesk>>;

impl ResearchDesk {
    fn tell(&self, news: News) {
        let following = self.following.lock().clone();
        if following.is_some_and(|to| to.try_send(news).is_err()) {
            log::debug!("nobody follows the cycle any more");
        }
    }

    fn generate(&self, order: GenerateOrder, ctx: &mut Seat) {
        let desk = self.clone();
        self.spawn(ctx, async move {
            let convene = tokio::task::spawn_blocking(move || (convene_generation(&order), order)).await;
            let (convene, order) = convene.map_err(|e| e.to_string())?;
            let name = RoundId(order.name);
            let held = async { desk.generation.hold(name.clone(), convene).await.map_err(Cut::from) };
            let held = with_leave(&desk.conductor, Swarm::Generation, &name, held).await;
            Ok(Input::Generated(generated(&held.map_err(|e| e.to_string())?.round)))
        });
    }

    fn validate(&self, order: ValidateOrder, ctx: &mut Seat) {
        let desk = self.clone();
        self.spawn(ctx, async move {
            let name = RoundId(order.name.clone());
            let convene = tokio::task::spawn_blocking(move || convene_validation(&order)).await;
            let convene = convene.map_err(|e| e.to_string())?;
            let held = async { desk.validation.hold(name.clone(), convene).await.map_err(Cut::from) };
            let held = with_leave(&desk.conductor, Swarm::Validation, &name, held).await;
            let held = held.map_err(|e| e.to_string())?;
            Ok(Input::Validated(Box::new(validated(&held.round))))
        });
    }

    fn store(&self, step: Box<Step>, ctx: &mut Seat) {
        let desk = self.clone();
        self.spawn(ctx, async move {
            let news = News::Step {
                n: step.n,
                phase: step.phase,
                season: step.season,
                line: line(&step),
            };
            let at = desk.clock.now().naive_utc();
            let written = desk
                .database
                .ask(Do(WriteStep { step, at }), How::within(WRITING))
                .await;
            written.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            desk.tell(news);
            Ok(Input::Stored)
        });
    }

    /// Does something beside the mailbox and tells the machine what came of it; what cannot be done breaks the cycle off,
    /// and it goes on from its last step when it is begun again.
    fn spawn(&self, ctx: &mut Seat, task: impl Future<Output = Result<Input, String>> + 'static) {
        let me: ActorRef<Shell<Cycle, ResearchDesk>> = ctx.me();
        let desk = self.clone();
        let task = async move {
            match task.await {
                Ok(input) => {
                    if let Err(refused) = me.tell(Hear(input), Lane::Normal) {
                        desk.tell(News::Broken(format!("its actor did not hear an answer: {refused}")));
                    }
                }
                Err(reason) => desk.tell(News::Broken(reason)),
            }
        };
        actix::AsyncContext::spawn(ctx, actix::fut::wrap_future::<_, Shell<Cycle, ResearchDesk>>(task));
    }
}

impl Outlet<Cycle> for ResearchDesk {
    fn perform(&mut self, effect: Effect, ctx: &mut Seat) {
        match effect {
            Effect::Generate(order) => self.generate(order, ctx),
            Effect::Validate(order) => self.validate(*order, ctx),
            Effect::Store(step) => self.store(step, ctx),
            Effect::Finished(state) => self.tell(News::Finished(state)),
        }
    }
}

/// What came of a step.
fn line(step: &Step) -> String {
    let left = &step.left;
    let mut parts = Vec::new();
    if left.n_trained > 0 {
        parts.push(format!("{} strategies scored", left.n_trained));
    }
    if !left.candidates.is_empty() {
        parts.push(format!("{} candidates", left.candidates.len()));
    }
    for change in &left.changes {
        parts.push(format!(
            "{} {}: {}",
            change.strategy,
            change.became.word(),
            change.reason
        ));
    }
    for decision in &left.decisions {
        parts.push(format!("{}: {}", decision.kind, decision.chosen));
    }
    if parts.is_empty() {
        parts.push("done".to_owned());
    }
    parts.join("; ")
}
