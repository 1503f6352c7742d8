//! The house: the one place that names every concrete actor and hangs it in the supervisor tree.
//!
//! ```text
//! root
//!   platform     database, logger, bus, audit_clerk, teller, api_manager
//!   specialists  data_engineer, risk_manager, performance_analyst, market_intelligence, strategy_analyst
//!   swarms       consensus: the members (twelve seats under a supervisor of their own, one more when a language model
//!                is set), and the table
//!                generation, validation: the same with strategists and validators, and a panel each
//!                conductor
//!   backtesting  cycle, strategy_desk
//!   planner, manager
//! ```
//!
//! Every arrow between actors is a handle that outlives restarts; all handles exist before any actor runs.

pub mod api_manager;
pub mod clerk;
pub mod conductor;
mod consensus;
pub mod grading;
pub mod learning;
pub mod llm;
pub mod order;
pub mod panel;
pub mod record;
pub mod research;
mod roster;
mod specialists;
pub mod sync;
pub mod table;
pub mod team;
pub mod teller;
pub mod unattended;
pub mod week;

use crate::actor::{ActorRef, AskError, How, Lane};
use crate::agents::specialists::data_engineer::DataEngineer;
use crate::agents::specialists::market_intelligence::MarketIntelligence;
use crate::agents::specialists::performance_analyst::PerformanceAnalyst;
use crate::agents::specialists::risk_manager::{RiskLimits, RiskManager};
use crate::agents::specialists::strategy_analyst::StrategyAnalyst;
use crate::agents::swarm_member::SwarmMember;
use crate::api::{Provider, ProviderPolicy};
use crate::backtest::cycle::{self, Begin, Cycle};
use crate::bus::{Bus, BusArgs, Nudge, Registry, Settle};
use crate::clock::{Clock, Seeds, uptime};
use crate::domain::belief::Seat;
use crate::logging::{self, LoggerRef};
use crate::minds::llm::MindSettings;
use crate::shell::{Hear, Mute, ShellRef};
use crate::store::keeper::Database;
use crate::store::{Conn, Store};
use crate::supervision::{Backoff, ChildSpec, Root, Supervisor, SupervisorSpec};
use crate::swarms::consensus::Consensus;
use crate::swarms::pool::PoolSettings;
use crate::transport::Wire;
use api_manager::{ApiManager, ApiManagerArgs};
use clerk::AuditClerk;
use conductor::{ConductorRef, PlannerRef, StrategyDeskRef, conducting};
use llm::{Ground, ModelSeat};
use research::{Following, GenerationPanel, MAX_NEWS, News, ResearchDesk, ValidationPanel};
use roster::Everybody;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use table::{Conclusion, Plot, Table};
use team::ManagerRef;
use teller::{Teller, TellerArgs};
use tokio::sync::{Mutex, mpsc};

/// The handle of a swarm member.
pub type MemberRef = ShellRef<SwarmMember, Mute>;
/// The handle of the consensus swarm.
pub type SwarmRef = ShellRef<Consensus, Table>;

/// What the house is built from.
#[derive(Clone)]
pub struct HouseSpec {
    /// The open database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The seed of every random stream.
    pub seeds: Seeds,
    /// Limits on stakes.
    pub limits: RiskLimits,
    /// Settings of the pool.
    pub pool: PoolSettings,
    /// How each provider is asked.
    pub policies: BTreeMap<Provider, ProviderPolicy>,
    /// What performs calls.
    pub wire: Arc<dyn Wire>,
    /// Which language models sit at the table.
    pub minds: MindSettings,
}

/// The running house.
pub struct House {
    /// The supervisor tree.
    pub root: Root,
    /// The database.
    pub database: ActorRef<Database>,
    /// The bus.
    pub bus: ActorRef<Bus<Store>>,
    /// Holds votes.
    pub teller: ActorRef<Teller<Store>>,
    /// Who is there.
    pub registry: Registry<Conn>,
    /// Sorts what is logged, once somebody hands it over.
    pub logger: LoggerRef,
    /// Asks everything that is asked of the outside.
    pub api: ActorRef<ApiManager>,
    /// Lays out rounds.
    pub data_engineer: ShellRef<DataEngineer, Mute>,
    /// Grades what was decided.
    pub analyst: ShellRef<PerformanceAnalyst, Mute>,
    /// Sizes what was agreed.
    pub risk: ShellRef<RiskManager, Mute>,
    /// Looks where lines are going.
    pub market_intelligence: ShellRef<MarketIntelligence, Mute>,
    /// Follows strategies on record.
    pub strategy_analyst: ShellRef<StrategyAnalyst, Mute>,
    /// The consensus swarm.
    pub swarm: SwarmRef,
    /// Its members.
    pub members: BTreeMap<Seat, MemberRef>,
    /// Those of its members that ask language models.
    pub models: BTreeMap<Seat, ModelSeat>,
    /// Who is to be brought down in the next round, for demonstrations and tests.
    pub plot: Plot,
    concluded: Mutex<mpsc::Receiver<Conclusion>>,
    /// The swarm that has ideas.
    pub generation: GenerationPanel,
    /// The swarm that judges them.
    pub validation: ValidationPanel,
    /// The cycle that uses both.
    pub cycle: ShellRef<Cycle, ResearchDesk>,
    /// Says which swarm may run, and makes one portfolio.
    pub conductor: ConductorRef,
    /// Says what the strategies in production want.
    pub strategy_desk: StrategyDeskRef,
    /// Says what of a week is due.
    pub planner: PlannerRef,
    /// Judges the team between weeks.
    pub manager: ManagerRef,
    /// Settings of the pool, before any experiment.
    pub pool: PoolSettings,
    following: Following,
    brought: Arc<AtomicU64>,
}

/// Rounds that may be concluded before anybody fetches them: a swarm holds one at a time, so two is one more than can be.
const MAX_UNFETCHED: usize = 2;
/// More crashes than this in a minute below one supervisor is no accident any more.
const MAX_CRASHES: u32 = 10;
const CRASH_WINDOW: Duration = Duration::from_secs(60);

/// The workers everybody else stands on.
struct Platform {
    database: ActorRef<Database>,
    logger: LoggerRef,
    bus: ActorRef<Bus<Store>>,
    clerk: ActorRef<AuditClerk>,
    teller: ActorRef<Teller<Store>>,
    api: ActorRef<ApiManager>,
    registry: Registry<Conn>,
}

/// What the API manager is built from, but for the database.
struct Outside {
    policies: BTreeMap<Provider, ProviderPolicy>,
    wire: Arc<dyn Wire>,
}

fn platform(store: Store, clock: &Clock, seeds: Seeds, outside: Outside) -> (Vec<ChildSpec>, Platform) {
    let registry = Registry::default();
    let args = BusArgs::new(store.clone(), registry.clone(), clock.clone());
    let (bus_spec, bus) = ChildSpec::of::<Bus<Store>>("bus", args);
    let (clerk_spec, clerk) = ChildSpec::of::<AuditClerk>("audit_clerk", (store.clone(), clock.clone()));
    let args = TellerArgs {
        bus: bus.clone(),
        registry: registry.clone(),
        clock: clock.clone(),
    };
    let (teller_spec, teller) = ChildSpec::of::<Teller<Store>>("teller", args);
    let (database_spec, database) = ChildSpec::of::<Database>("database", store);
    let (logger_spec, logger) = logging::child("logger", clock.clone(), seeds);
    let args = ApiManagerArgs {
        database: database.clone(),
        wire: outside.wire,
        policies: outside.policies,
        clock: clock.clone(),
        seeds,
    };
    let (api_spec, api) = ChildSpec::of::<ApiManager>("api_manager", args);
    let platform = Platform {
        database,
        logger,
        bus,
        clerk,
        teller,
        api,
        registry,
    };
    let specs = vec![database_spec, logger_spec, bus_spec, clerk_spec, teller_spec, api_spec];
    (specs, platform)
}

/// A supervisor of `children`.
fn branch(id: &str, children: Vec<ChildSpec>, seeds: Seeds) -> ChildSpec {
    let spec = SupervisorSpec::new(children)
        .intensity(MAX_CRASHES, CRASH_WINDOW)
        .seeds(seeds);
    ChildSpec::of::<Supervisor>(id, spec).0
}

/// A seat that crashed is wanted back within the round.
fn quickly() -> Backoff {
    Backoff {
        min: Duration::from_millis(20),
        ..Backoff::default()
    }
}

impl House {
    /// Hands the cycle a state to go on from, and the news of it. One cycle is under way at a time; who asks last is told.
    ///
    /// # Errors
    /// The runtime's refusal when its actor does not take the order.
    pub async fn research(&self, begin: Begin) -> Result<mpsc::Receiver<News>, AskError> {
        let (tell, news) = mpsc::channel(MAX_NEWS);
        *self.following.lock() = Some(tell);
        let order = Hear::<Cycle>(cycle::Input::Begin(Box::new(begin)));
        self.cycle.ask(order, How::within(FIRST_STEP)).await?;
        Ok(news)
    }

    /// Starts every actor. Must be called inside an actix system.
    pub fn start(spec: HouseSpec) -> House {
        let HouseSpec {
            store,
            clock,
            seeds,
            limits,
            pool,
            policies,
            wire,
            minds,
        } = spec;
        let (platform_specs, platform) = platform(store, &clock, seeds, Outside { policies, wire });
        let (specialist_specs, staff) = specialists::hang_up(limits, &clock, seeds);
        let ground = Ground::new(&minds, &platform.api, &platform.database, &clock, seeds);
        let (consensus_spec, consensus) = consensus::hang_up(&staff.risk, pool, &minds, &ground);
        let everybody = Everybody {
            platform: &platform,
            staff: &staff,
            swarm: &consensus.swarm,
            members: &consensus.members,
            models: &consensus.models,
        };
        roster::register(&everybody).expect("each agent of the house has a path of its own");

        let branch = |id: &str, children| branch(id, children, seeds);
        let ([conductor_spec, desk_spec, planner_spec, manager_spec], conducting) = conducting(&clock, seeds);
        let (mut swarm_specs, cycle_spec, research) =
            research::hang_up::hang_up(&ground, llm::correspondent(&minds, &ground), &conducting.conductor);
        roster::register_research(&platform.registry, &research, &conducting)
            .expect("each agent of research has a path of its own");
        swarm_specs.insert(0, consensus_spec);
        swarm_specs.push(conductor_spec);
        let swarms = branch("swarms", swarm_specs);
        let backtesting = branch("backtesting", vec![cycle_spec, desk_spec]);
        let specialists = branch("specialists", specialist_specs);
        let base = branch("platform", platform_specs);
        let children = vec![base, specialists, swarms, backtesting, planner_spec, manager_spec];
        let root = Root::start(SupervisorSpec::new(children).seeds(seeds));
        House {
            root,
            database: platform.database,
            logger: platform.logger,
            api: platform.api,
            bus: platform.bus,
            teller: platform.teller,
            registry: platform.registry,
            data_engineer: staff.data_engineer,
            analyst: staff.analyst,
            risk: staff.risk,
            market_intelligence: staff.market_intelligence,
            strategy_analyst: staff.strategy_analyst,
            swarm: consensus.swarm,
            members: consensus.members,
            models: consensus.models,
            plot: consensus.plot,
            concluded: consensus.concluded,
            generation: research.generation,
            validation: research.validation,
            cycle: research.cycle,
            conductor: conducting.conductor,
            strategy_desk: conducting.strategy_desk,
            planner: conducting.planner,
            manager: conducting.manager,
            pool,
            following: research.following,
            brought: Arc::default(),
        }
    }

    /// Services told something new.
    pub(crate) fn something_was_brought(&self) {
        self.brought.fetch_add(1, Ordering::Relaxed);
    }

    /// How often services told something new: whoever keeps what is stored reads it again when this has changed.
    pub fn n_brought(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }

    /// The journal has grown by a stored round or grade: its readers are to have it.
    pub(crate) fn journal_grew(&self) {
        if let Err(refused) = self.bus.tell(Nudge, Lane::Normal) {
            // It is delivered with the next letter, or when the house starts again.
            log::warn!("the bus was not told of new entries: {refused}");
        }
    }

    /// Stops every actor, children before parents, within a deadline, after giving readers of the journal a moment to
    /// catch up; what they do not get to is delivered when the house starts again.
    pub async fn stop(self) -> crate::supervision::ExitReport {
        let began = uptime();
        let quiet = self.bus.ask(Settle, How::within(CATCHING_UP)).await;
        if let Err(error) = quiet {
            log::warn!("not every letter is delivered yet, the rest follows at the next start: {error}");
        }
        let left = STOP_LIMIT.saturating_sub(uptime().saturating_sub(began));
        self.root.shutdown(left).await
    }
}

/// Some hundred letters, each of which costs a commit; what is left is delivered at the next start.
const CATCHING_UP: Duration = Duration::from_secs(1);
/// The first step of a cycle computes nothing, or asks a swarm and returns.
const FIRST_STEP: Duration = Duration::from_secs(600);
/// All of it: calls in flight get twenty seconds, and a process is gone within twenty-five.
const STOP_LIMIT: Duration = Duration::from_millis(24_500);
