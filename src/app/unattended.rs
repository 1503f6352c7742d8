//! The week by itself: what is due is done, slot after slot, what is late is caught up, and what is lost is recorded.
//!
//! The planner says what comes next (`src/agents/orchestrator/`); here it is done: services are asked, openers kept, picks
//! made, bets graded, and the slot is settled on disk. A slot that fails is tried again; a halted house makes no picks and
//! goes on with everything else. The same code runs as a daemon and as a replay in virtual time.

mod slot;

pub use slot::{Graded, Happened, Held};

use super::House;
use super::conductor::timetable;
use super::grading::{GradingReport, grade_all};
use super::learning::{self, Standpoint};
use super::order::WeekOrder;
use super::sync::{SyncOrder, Topic, sync};
use super::team::brief;
use super::team::learn::{keep_shadow, learn};
use super::week::play;
use crate::actor::{AskError, How};
use crate::agents::orchestrator::Input;
use crate::agents::orchestrator::slots::{Due, Slot, Task, of_week};
use crate::agents::specialists::data_engineer::AsOf;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::calendar::season_of;
use crate::domain::game::{GameId, SeasonWeek};
use crate::shell::Consult;
use crate::store::keeper::{Do, Work};
use crate::store::slots::{self, Settled, State};
use crate::store::team::experiments::Experiment;
use crate::store::{Conn, Past, StoreError, quotes};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use slot::{Done, not_brought, topics};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What the house is told to do by itself.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Settings.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// What may be asked of services.
    pub topics: BTreeSet<Topic>,
    /// Base URL of the weather service.
    pub nws_base: Option<String>,
    /// Slots due before this are no affair of this house: it was not there.
    pub since: DateTime<Utc>,
    /// Slots due after this are left; none for a house that goes on.
    pub until: Option<DateTime<Utc>>,
    /// In virtual time, how many seconds of it pass in one of the wall; none for as fast as may be.
    pub speed: Option<u32>,
}

/// Why the house cannot go on by itself.
#[derive(Debug, thiserror::Error)]
pub enum UnattendedError {
    /// An actor did not answer.
    #[error("{who} did not answer: {source}")]
    NoAnswer {
        /// Who.
        who: &'static str,
        /// What the runtime reported.
        #[source]
        source: AskError,
    },
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

/// Answers within one turn.
const PATIENCE: Duration = Duration::from_secs(60);
/// A slot that fails is tried so often.
const MAX_TRIES: u32 = 3;
/// Between two tries.
const BREATH: Duration = Duration::from_secs(60);
/// Weeks whose first line opens within this are planned: research keeps clear of the next one's openers.
const AHEAD: TimeDelta = TimeDelta::days(14);
/// For so long after a season has turned, services may still tell of games before it.
const TURN_OF_SEASON: TimeDelta = TimeDelta::days(21);
/// With nothing planned the schedule is asked for again after this.
const IDLE: TimeDelta = TimeDelta::hours(6);
/// The clock is looked at this often: a machine that slept does not tell its timers.
const GLANCE: Duration = Duration::from_secs(60);

/// Lets time of the wall pass while that of a world stands still.
#[expect(
    clippy::disallowed_methods,
    reason = "on a blocking thread: a timer would let virtual time pass at once"
)]
fn let_pass(time: Duration) {
    std::thread::sleep(time);
}

/// A closure over the database.
pub(super) struct With<F>(pub(super) F);

impl<T: Send + 'static, F: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static> Work for With<F> {
    type Output = T;
    fn run(self, conn: &mut Conn) -> Result<T, StoreError> {
        (self.0)(conn)
    }
}

/// The house at work.
struct Unattended<'a> {
    house: &'a House,
    standing: &'a Standing,
    past: Option<Arc<Past>>,
    /// What is stored; none after something may have been brought.
    archive: Option<Arc<Archive>>,
    /// The same, perhaps without the latest prices: what slots are planned by.
    schedule: Option<Arc<Archive>>,
    settled: Option<BTreeSet<String>>,
    planned: Option<SeasonWeek>,
    /// How much services had told when what is stored was read.
    n_brought: u64,
}

/// What the house tells of its work.
#[derive(Debug)]
pub enum News<'a> {
    /// A slot is begun.
    Began(&'a Slot),
    /// A slot is settled.
    Settled(&'a Happened),
    /// Nothing is due until then.
    Waits(DateTime<Utc>),
}

/// Does what is due until nothing is left before [`Standing::until`]; `each` hears of every slot. Whoever drops this future leaves the slot in hand unsettled, and it is done again at the next start.
///
/// # Errors
/// [`UnattendedError`] when the database or an actor is lost; a slot that fails is none.
pub async fn run(house: &House, standing: &Standing, mut each: impl FnMut(&News)) -> Result<(), UnattendedError> {
    let mut work = Unattended {
        house,
        standing,
        past: None,
        archive: None,
        schedule: None,
        settled: None,
        planned: None,
        n_brought: house.n_brought(),
    };
    // A house that was never told the schedule would have nothing to do.
    work.bring(&[Topic::Schedule]).await;
    let mut n_lost = 0;
    loop {
        let due = match work.next().await {
            Ok(due) => due,
            // Whoever was asked may be back in a moment: its supervisor restarts it.
            Err(_) if n_lost < MAX_TRIES => {
                n_lost += 1;
                tokio::time::sleep(BREATH).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        n_lost = 0;
        match due {
            Due::Run(slot) => {
                each(&News::Began(&slot));
                each(&News::Settled(&work.run(slot).await?));
            }
            Due::Lost(slot) => {
                let note = format!("its moment passed before the house was there: until {}", slot.until);
                let lost = work.settle(slot, Done::without(State::Lost, note)).await?;
                each(&News::Settled(&lost));
            }
            Due::Wait(at) if standing.until.is_none_or(|until| at <= until) => {
                each(&News::Waits(at));
                work.wait(at).await;
            }
            Due::Nothing if standing.until.is_none() => {
                let again = standing.clock.now() + IDLE;
                each(&News::Waits(again));
                work.wait(again).await;
                work.bring(&[Topic::Schedule]).await;
            }
            Due::Wait(_) | Due::Nothing => return Ok(()),
        }
    }
}

impl Unattended<'_> {
    /// Waits for an instant, or until somebody else has brought something, which may change the plan.
    async fn wait(&mut self, until: DateTime<Utc>) {
        while let Ok(left) = (until - self.now()).to_std() {
            if left.is_zero() || self.house.n_brought() != self.n_brought {
                self.notice();
                return;
            }
            let step = left.min(GLANCE);
            if let Some(speed) = self.standing.speed {
                // A blocking thread is waited for while virtual time stands still.
                let paced = tokio::task::spawn_blocking(move || let_pass(step / speed.max(1)));
                paced.await.ok();
            }
            tokio::time::sleep(step).await;
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.standing.clock.now()
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, UnattendedError> {
        let answer = self.house.database.ask(Do(With(work)), How::within(PATIENCE)).await;
        Ok(answer.map_err(|source| UnattendedError::NoAnswer {
            who: "the database",
            source,
        })??)
    }

    /// Forgets what was read before somebody else brought something.
    fn notice(&mut self) {
        let n_brought = self.house.n_brought();
        if n_brought != self.n_brought {
            (self.past, self.archive, self.schedule, self.planned) = (None, None, None, None);
            self.n_brought = n_brought;
        }
    }

    /// Everything stored; read again only after something may have been brought.
    async fn archive(&mut self) -> Result<Arc<Archive>, UnattendedError> {
        if let Some(archive) = &self.archive {
            return Ok(Arc::clone(archive));
        }
        let season = season_of(self.now());
        let past = match &self.past {
            Some(past) if past.season() == season => Arc::clone(past),
            _ => Arc::new(self.with(move |conn| Past::before(conn, season)).await?),
        };
        self.past = Some(Arc::clone(&past));
        let archive = Arc::new(self.with(move |conn| past.load_archive(conn)).await?);
        self.archive = Some(Arc::clone(&archive));
        self.schedule = Some(Arc::clone(&archive));
        Ok(archive)
    }

    async fn settled(&mut self) -> Result<BTreeSet<String>, UnattendedError> {
        if self.settled.is_none() {
            let season = season_of(self.now());
            let seasons = [season.saturating_sub(1), season, season.saturating_add(1)];
            self.settled = Some(self.with(move |conn| slots::settled(conn, &seasons)).await?);
        }
        Ok(self.settled.clone().unwrap_or_default())
    }

    /// Asks the planner.
    async fn next(&mut self) -> Result<Due, UnattendedError> {
        self.notice();
        let archive = match &self.schedule {
            Some(schedule) => Arc::clone(schedule),
            None => self.archive().await?,
        };
        let settled = self.settled().await?;
        let (since, until) = (self.standing.since, self.standing.until);
        let horizon = self.now() + AHEAD;
        let mut slots = Vec::new();
        // Of seasons further away nothing is due.
        let season = season_of(self.now()).saturating_sub(1);
        for when in archive.weeks().into_iter().filter(|when| when.season >= season) {
            let week = archive.week(when);
            let near = week.iter().any(|f| f.opens_at <= horizon) && week.iter().any(|f| f.settles_at() >= since);
            if near {
                slots.extend(of_week(when, &week));
            }
        }
        slots.retain(|slot| slot.until >= since && until.is_none_or(|until| slot.at <= until));
        let question = Consult(Input { slots, settled });
        let said = self.house.planner.ask(question, How::within(PATIENCE)).await;
        let said = said.map_err(|source| UnattendedError::NoAnswer {
            who: "the planner",
            source,
        })?;
        Ok(said.into_iter().next().unwrap_or(Due::Nothing))
    }

    /// Does a slot, as often as it is worth trying, and settles it.
    async fn run(&mut self, slot: Slot) -> Result<Happened, UnattendedError> {
        self.plan(&slot).await?;
        let mut tried = 0;
        loop {
            tried += 1;
            let done = match self.attempt(&slot).await {
                Ok(done) => done,
                Err(error) => Err(error.to_string()),
            };
            let again = tried < MAX_TRIES && self.now() + TimeDelta::seconds(60) <= slot.until;
            match done {
                Ok(done) => return self.settle(slot, done).await,
                Err(_) if again => tokio::time::sleep(BREATH).await,
                Err(reason) => {
                    let note = format!("{reason} (tried {tried} times)");
                    return self.settle(slot, Done::without(State::Failed, note)).await;
                }
            }
        }
    }

    /// Tells the conductor of a week when it begins.
    async fn plan(&mut self, slot: &Slot) -> Result<(), UnattendedError> {
        if self.planned == Some(slot.when) {
            return Ok(());
        }
        let archive = self.archive().await?;
        match timetable(self.house, &archive, slot.when).await {
            Ok(_) => self.planned = Some(slot.when),
            Err(error) => log::warn!("the conductor was not told of {}: {error}", slot.when),
        }
        Ok(())
    }

    async fn attempt(&mut self, slot: &Slot) -> Result<Result<Done, String>, UnattendedError> {
        let mut notes = self.bring(topics(slot.task)).await;
        if slot.task.picks() {
            let archive = self.archive().await?;
            let games: Vec<GameId> = archive.week(slot.when).iter().map(|f| f.id.clone()).collect();
            let kept = self.with(move |conn| quotes::keep_openers(conn, &games)).await?;
            if kept.new > 0 {
                notes.push(format!("{} openers kept", kept.new));
                self.archive = None;
            }
        }
        if slot.task.picks() || slot.task == Task::Daily {
            let archive = self.archive().await?;
            notes.extend(learning::watched(self.house, &self.standpoint(&archive, slot)).await);
        }
        if matches!(slot.task, Task::Grade | Task::Daily) {
            let archive = self.archive().await?;
            return Ok(match grade_all(self.house, &archive, self.now()).await {
                Ok(report) => self.learnt(slot, notes, report).await,
                Err(error) => Err(error.to_string()),
            });
        }
        if !slot.task.picks() {
            return Ok(Ok(Done::brought(notes)));
        }
        // Asked last: somebody may have said so while services were asked.
        if let Some(halt) = self.with(slots::halted).await? {
            notes.push(format!("no picks: the house is halted, {}", halt.reason));
            return Ok(Ok(Done::without(State::Lost, notes.join("; "))));
        }
        let (order, experiment) = match self.order(slot).await? {
            Ok(ordered) => ordered,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Some(paused) = &order.guidance.paused {
            notes.push(format!("no picks: the swarm is paused {paused}"));
            return Ok(Ok(Done::without(State::Lost, notes.join("; "))));
        }
        Ok(match play(self.house, &order).await {
            Ok(played) => {
                if let Some(experiment) = &experiment
                    && let Err(error) = keep_shadow(self.house, experiment, &played.rounds).await
                {
                    // The picks are stored; a shadow that is lost costs the experiment a few games.
                    notes.push(format!("the shadow was not kept: {error}"));
                }
                Ok(Done::held(notes, order, played))
            }
            Err(error) => Err(error.to_string()),
        })
    }

    fn standpoint<'m>(&'m self, archive: &'m Arc<Archive>, slot: &Slot) -> Standpoint<'m> {
        Standpoint {
            archive,
            when: slot.when,
            now: self.now(),
            settings: &self.standing.settings,
        }
    }

    /// Brings what is wanted and allowed; what cannot be brought degrades what is decided and is said.
    async fn bring(&mut self, wanted: &[Topic]) -> Vec<String> {
        let allowed = wanted.iter().filter(|topic| self.standing.topics.contains(topic));
        let topics: Vec<Topic> = allowed.copied().collect();
        if topics.is_empty() {
            return Vec::new();
        }
        let mut order = SyncOrder::of(&topics, "planner");
        order.nws_base.clone_from(&self.standing.nws_base);
        self.notice();
        let steps = sync(self.house, &order, &self.standing.clock, |_| {}).await;
        let n_own = steps.iter().filter(|step| step.changed_something()).count() as u64;
        if n_own > 0 {
            self.archive = None;
        }
        self.n_brought += n_own;
        // What somebody else brought meanwhile may be of any season.
        self.notice();
        let oldest = steps.iter().filter_map(|step| step.oldest_touched).min();
        // Services tell of games played lately, which may be of the season before.
        let turns = season_of(self.now() - TURN_OF_SEASON) != season_of(self.now());
        let is_touched =
            |past: &mut Arc<Past>| oldest.is_some_and(|oldest| oldest < past.season()) || turns && n_own > 0;
        self.past.take_if(is_touched);
        if topics.contains(&Topic::Schedule) {
            (self.schedule, self.planned) = (None, None);
        }
        let failed = steps.iter().filter(|step| step.failed);
        failed.map(not_brought).collect()
    }

    /// What the week taught, once all its games are graded.
    async fn learnt(
        &mut self,
        slot: &Slot,
        mut notes: Vec<String>,
        report: GradingReport,
    ) -> Result<Done, String> {
        let archive = self.archive().await.map_err(|e| e.to_string())?;
        let settings = &self.standing.settings;
        let learnt = learn(self.house, &archive, slot.when, settings, self.now()).await;
        notes.extend(learnt.map_err(|e| e.to_string())?.map(|note| format!("learnt: {note}")));
        notes.extend(learning::learnt(self.house, &self.standpoint(&archive, slot)).await);
        Ok(Done::graded(notes, report, archive.as_of(self.now())))
    }

    async fn order(&mut self, slot: &Slot) -> Result<Result<Ordered, String>, UnattendedError> {
        // What was just brought is known from now on.
        let now = (self.now() + TimeDelta::milliseconds(999)).trunc_subsecs(0);
        let archive = self.archive().await?;
        let settings = &self.standing.settings;
        let briefing = match brief(self.house, settings, &archive, slot.when, now).await {
            Ok(briefing) => briefing,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let order = WeekOrder {
            archive,
            when: slot.when,
            as_of: AsOf::At(now),
            settings: settings.clone(),
            now,
            keep: true,
            kill: None,
            guidance: briefing.guidance,
        };
        Ok(Ok((order, briefing.experiment)))
    }

    async fn settle(&mut self, slot: Slot, done: Done) -> Result<Happened, UnattendedError> {
        let id = slot.id();
        let row = Settled {
            id: id.clone(),
            season: i32::from(slot.when.season),
            week: i32::from(slot.when.week),
            task: slot.task.to_string(),
            due_at: slot.at.naive_utc(),
            state: done.state.word().to_owned(),
            settled_at: self.now().naive_utc(),
            note: done.note.clone(),
        };
        self.with(move |conn| slots::settle(conn, &row)).await?;
        if let Some(settled) = &mut self.settled {
            settled.insert(id);
        }
        Ok(done.of(slot))
    }
}

/// An order, and the experiment whose shadow decides beside it.
type Ordered = (WeekOrder, Option<Experiment>);
