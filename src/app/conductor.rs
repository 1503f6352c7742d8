//! The conductor in the house: hung up beside the planner and the strategy desk, and asked for leave before a round, for the
//! week's calendar, for one portfolio.

use super::House;
use super::order::WeekOrder;
use super::team::{self, ManagerRef, keep_resolutions};
use super::week::{PlayedWeek, WeekError};
use crate::actor::{AskError, How};
use crate::agents::orchestrator::Planner;
use crate::agents::specialists::risk_manager::RiskLimits;
use crate::backtest::strategy_desk::{self, StrategyDesk, Unserved};
use crate::clock::{Clock, Seeds};
use crate::domain::archive::Archive;
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::domain::pick::{Decision, Verdict};
use crate::protocol::proposal::{Origin, Proposal};
use crate::protocol::question::RoundId;
use crate::shell::{Consult, Mute, Shell, ShellArgs, ShellRef};
use crate::store::keeper::{Do, Work};
use crate::store::research::strategies::{self, Standing};
use crate::store::{Conn, StoreError};
use crate::strategy::rule::Strategy;
use crate::supervision::ChildSpec;
use crate::swarms::conductor::calendar::{Appointment, Calendar, Moments};
use crate::swarms::conductor::life::{Refusal, Swarm};
use crate::swarms::conductor::portfolio::{Caps, Portfolio, Slip};
use crate::swarms::conductor::{Conductor, Effect, Input};
use crate::swarms::round::Round;
use chrono::{DateTime, Utc};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// The handle of the conductor.
pub type ConductorRef = ShellRef<Conductor, Mute>;
/// The handle of the strategy desk.
pub type StrategyDeskRef = ShellRef<StrategyDesk, Mute>;

/// The handle of the planner.
pub type PlannerRef = ShellRef<Planner, Mute>;

/// Who plans, conducts, and speaks for strategies.
pub(super) struct Conducting {
    pub(super) conductor: ConductorRef,
    pub(super) strategy_desk: StrategyDeskRef,
    pub(super) planner: PlannerRef,
    pub(super) manager: ManagerRef,
}

/// Hangs them up: the conductor, the strategy desk, the planner and the manager, in this order.
pub(super) fn conducting(clock: &Clock, seeds: Seeds) -> ([ChildSpec; 4], Conducting) {
    let args = ShellArgs::mute("swarms/conductor", clock.clone(), seeds, |_| {
        Conductor::new(Calendar::default())
    });
    let (conductor_spec, conductor) = ChildSpec::of::<Shell<Conductor, Mute>>("conductor", args);
    let args = ShellArgs::mute("backtesting/strategy_desk", clock.clone(), seeds, |_| StrategyDesk);
    let (desk_spec, strategy_desk) = ChildSpec::of::<Shell<StrategyDesk, Mute>>("strategy_desk", args);
    let args = ShellArgs::mute("planner", clock.clone(), seeds, |_| Planner);
    let (planner_spec, planner) = ChildSpec::of::<Shell<Planner, Mute>>("planner", args);
    let (manager_spec, manager) = team::hang_up(clock, seeds);
    let handles = Conducting {
        conductor,
        strategy_desk,
        planner,
        manager,
    };
    ([conductor_spec, desk_spec, planner_spec, manager_spec], handles)
}

/// Its turns compute next to nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// Twelve seats go through the whole past.
const DESK_PATIENCE: Duration = Duration::from_secs(300);
/// Strategies that are asked; those beyond it, which were longest on record, are said not to be.
pub const MAX_DEPLOYED: usize = 50;

/// Why a swarm got no leave for a round.
#[derive(Debug, thiserror::Error)]
pub enum NoLeave {
    /// The conductor said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was not reached.
    #[error("the conductor did not answer: {0}")]
    NoAnswer(#[source] AskError),
    /// It said neither yes nor no.
    #[error("the conductor said neither yes nor no")]
    Silent,
}

/// Holds a round of a swarm with the conductor's leave, and tells it how the round ended. Whoever drops this future leaves
/// the round under way, until it has outlived its limit.
///
/// # Errors
/// [`NoLeave`], or whatever the round itself fails with.
pub async fn with_leave<T, E>(
    conductor: &ConductorRef,
    swarm: Swarm,
    round: &RoundId,
    held: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    E: From<NoLeave> + Display,
{
    let round = round.clone();
    let leave = Input::Leave {
        swarm,
        round: round.clone(),
    };
    let said = conductor.ask(Consult(leave), How::within(PATIENCE)).await;
    let answer = said
        .map_err(NoLeave::NoAnswer)?
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Leave(answer) => Some(answer),
            _ => None,
        });
    answer.ok_or(NoLeave::Silent)?.map_err(NoLeave::Refused)?;
    let held = held.await;
    let fault = held.as_ref().err().map(ToString::to_string);
    let done = Input::Done { swarm, round, fault };
    if let Err(error) = conductor.ask(Consult(done), How::within(PATIENCE)).await {
        // It forgets the round when it has outlived its limit.
        log::warn!("the conductor did not hear that a round ended: {error}");
    }
    held
}

/// The moments of a week's games, and the instants at which the next week's lines open.
pub fn moments(archive: &Archive, when: SeasonWeek) -> (Vec<Moments>, Vec<DateTime<Utc>>) {
    let week = archive.week(when);
    let games = week.iter().map(|f| Moments {
        opens_at: f.opens_at,
        kickoff: f.kickoff,
        settles_at: f.settles_at(),
    });
    let next = archive.weeks().into_iter().find(|other| *other > when);
    let opens = next.map(|next| archive.week(next).iter().map(|f| f.opens_at).collect::<Vec<_>>());
    let mut opens = opens.unwrap_or_default();
    opens.sort();
    opens.dedup();
    (games.collect(), opens)
}

/// Which swarm runs when in a week; from then on research keeps clear of the week's picks and of the next openers.
///
/// # Errors
/// The runtime's, when the conductor does not answer.
pub async fn timetable(house: &House, archive: &Archive, when: SeasonWeek) -> Result<Vec<Appointment>, AskError> {
    let (games, picks_elsewhere) = moments(archive, when);
    let question = Input::Plan { games, picks_elsewhere };
    let said = house.conductor.ask(Consult(question), How::within(PATIENCE)).await?;
    let planned = said.into_iter().find_map(|effect| match effect {
        Effect::Planned(appointments) => Some(appointments),
        _ => None,
    });
    Ok(planned.unwrap_or_default())
}

/// What the swarm and the strategies in production make together of a week.
#[derive(Clone, Debug)]
pub struct WeekPortfolio {
    /// Strategies in production that were asked.
    pub n_strategies: usize,
    /// Bets, and what is not bet with the reason.
    pub portfolio: Portfolio,
    /// What strategies could not be asked, or cannot bet.
    pub unserved: Vec<Unserved>,
}

/// Asks the database for the strategies in production, the newest first.
struct InProduction;

/// Nobody has deployed a tenth of this.
const MOST_LISTED: i64 = 10_000;

impl Work for InProduction {
    type Output = Vec<Strategy>;

    fn run(self, conn: &mut Conn) -> Result<Vec<Strategy>, StoreError> {
        let deployed = strategies::list(conn, Some(Standing::Deployed), MOST_LISTED)?;
        Ok(deployed.into_iter().map(|recorded| recorded.strategy).collect())
    }
}

/// The portfolio of a week that was played, with what every strategy in production wants of it; none without such strategies:
/// the picks are the portfolio then.
///
/// # Errors
/// [`WeekError`] when an actor or the database fails.
pub async fn portfolio(
    house: &House,
    order: &WeekOrder,
    played: &PlayedWeek,
) -> Result<Option<WeekPortfolio>, WeekError> {
    let no_answer = |who| move |source| WeekError::NoAnswer { who, source };
    let deployed = house.database.ask(Do(InProduction), How::within(PATIENCE)).await;
    let mut deployed = deployed.map_err(no_answer("the database"))??;
    if deployed.is_empty() {
        return Ok(None);
    }
    let beyond = deployed.split_off(deployed.len().min(MAX_DEPLOYED));
    let bankroll = order.settings.bankroll()?;
    let n_strategies = deployed.len();
    let question = strategy_desk::Input {
        archive: Arc::clone(&order.archive),
        when: order.when,
        as_of: order.as_of,
        books: order.settings.books(),
        strategies: deployed,
        bankroll,
    };
    let said = house
        .strategy_desk
        .ask(Consult(question), How::within(DESK_PATIENCE))
        .await;
    let wanted = said.map_err(no_answer("the strategy desk"))?.into_iter().next();
    let wanted = wanted.unwrap_or_default();
    let mut proposals: Vec<Proposal> = played.rounds.iter().flat_map(picks_of).collect();
    proposals.extend(wanted.proposals);
    let slip = Slip {
        proposals,
        open: played.open_before.open.clone(),
        caps: caps(&order.settings.risk, bankroll, order.guidance.week_cap),
    };
    let question = Consult(Input::Compose(Box::new(slip)));
    let said = house.conductor.ask(question, How::within(PATIENCE)).await;
    let composed = said.map_err(no_answer("the conductor"))?;
    let portfolio = composed.into_iter().find_map(|effect| match effect {
        Effect::Composed(portfolio) => Some(portfolio),
        _ => None,
    });
    if let (Some(portfolio), Some(round)) = (&portfolio, played.rounds.last().filter(|_| order.keep)) {
        // By the round's own instant, so that the same said again is the same.
        let convened = &round.convened;
        keep_resolutions(house, portfolio, &convened.round, convened.view.at()).await?;
    }
    let mut unserved = wanted.unserved;
    unserved.extend(beyond.iter().map(|strategy| Unserved {
        strategy: strategy.id(),
        game: None,
        reason: format!("it was not asked: {MAX_DEPLOYED} newer ones are in production"),
    }));
    Ok(portfolio.map(|portfolio| WeekPortfolio {
        n_strategies,
        portfolio,
        unserved,
    }))
}

/// The risk manager's limits as amounts.
fn caps(limits: &RiskLimits, bankroll: Cents, week_cap: Option<Cents>) -> Caps {
    let per_week = bankroll.fraction(limits.per_week);
    Caps {
        per_game: bankroll.fraction(limits.per_game),
        per_day: bankroll.fraction(limits.per_day),
        per_week: week_cap.map_or(per_week, |cap| cap.min(per_week)),
        least: bankroll.fraction(limits.unit * limits.min_units),
    }
}

fn picks_of(round: &Round) -> Vec<Proposal> {
    let slate = &round.convened.slate;
    let pick = |decision: &Decision| {
        let Verdict::Bet { stake, .. } = decision.verdict else {
            return None;
        };
        let offered = decision.offered.as_ref()?;
        let game = &decision.agreement.game;
        let day = slate.iter().find(|o| o.fixture.id == *game)?.fixture.day();
        Some(Proposal {
            origin: Origin::Consensus(decision.id.clone()),
            game: game.clone(),
            day,
            market: decision.agreement.market,
            side: decision.side?,
            line: offered.line,
            price: offered.price,
            assumed: offered.assumed,
            book: offered.book.clone(),
            stake,
            expected: decision.roi,
        })
    };
    round.decisions.iter().filter_map(pick).collect()
}
