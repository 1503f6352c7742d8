//! Bringing facts into the house: each kind of fact from its sources in the documented order, through the API manager, in
//! one transaction an answer; what cannot be had degrades that kind and is shown.
//!
//! Nothing here decides how often a source is asked or what may be spent: it asks, and takes what it is given, with its age.

mod odds;
mod people;
mod plan;
mod schedule;
mod weather;

pub use plan::{MonthPlan, commitments, month_plan, tell_plan};

use super::House;
use super::api_manager::Fetch;
use crate::actor::How;
use crate::api::{Answer, ApiError, Call, Freshness, Priority, Tolerance};
use crate::clock::Clock;
use crate::domain::calendar::season_of;
use crate::domain::game::Fixture;
use crate::domain::source::Source;
use crate::feeds::sources::FactKind;
use crate::feeds::{FeedError, Rejected};
use crate::store::facts::Answer as Told;
use crate::store::imports::{Counts, ImportError};
use crate::store::keeper::{Do, Work};
use crate::store::quotes::Part;
use crate::store::{Conn, StoreError, games, sha256};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Games: who plays whom, when, where, and results as nflverse has them.
    Schedule,
    /// Results, minutes after the whistle.
    Results,
    /// Statistics of teams by week.
    TeamStats,
    /// Prices.
    Odds,
    /// Forecasts for kickoff.
    Weather,
    /// Injury reports.
    Injuries,
    /// Headlines.
    News,
}

impl Topic {
    /// All, in the order they are brought: prices and weather belong to games, so games come first.
    pub const ALL: [Topic; 7] = [
        Topic::Schedule,
        Topic::Results,
        Topic::TeamStats,
        Topic::Odds,
        Topic::Weather,
        Topic::Injuries,
        Topic::News,
    ];

    /// The name on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Schedule => "schedule",
            Topic::Results => "results",
            Topic::TeamStats => "team-stats",
            Topic::Odds => "odds",
            Topic::Weather => "weather",
            Topic::Injuries => "injuries",
            Topic::News => "news",
        }
    }

    /// The topic of a [`Topic::name`].
    pub fn of_name(name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Its sources, first the one that is believed most.
    pub fn sources(self) -> &'static [Source] {
        match self {
            Topic::Schedule => FactKind::Schedule.order(),
            Topic::Results => FactKind::Results.order(),
            Topic::TeamStats => FactKind::TeamStats.order(),
            Topic::Odds => FactKind::Odds.order(),
            Topic::Weather => FactKind::Weather.order(),
            Topic::Injuries => FactKind::Injuries.order(),
            Topic::News => &[Source::Espn],
        }
    }
}

/// How one topic went.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Which.
    pub topic: Topic,
    /// Whose answer was taken; `None` when nobody's.
    pub source: Option<Source>,
    /// `live`, `fresh`, `stale` or `none`: how the answer came.
    pub freshness: &'static str,
    /// How old the answer was, in seconds.
    pub age_s: Option<u64>,
    /// Rows in the answer.
    pub n_rows: u64,
    /// What was stored.
    pub stored: Counts,
    /// Rows left out, each with its reason in the quarantine.
    pub n_quarantined: u64,
    /// What there is to say: why a source was passed over, why there was nothing to ask.
    pub notes: Vec<String>,
    /// True when nobody could tell anything; what is stored stays, with its age.
    pub failed: bool,
    /// The earliest season of which a file told something new or otherwise; services tell of the present only.
    #[serde(skip)]
    pub oldest_touched: Option<u16>,
}

impl Step {
    fn new(topic: Topic) -> Step {
        Step {
            topic,
            source: None,
            freshness: "none",
            age_s: None,
            n_rows: 0,
            stored: Counts::default(),
            n_quarantined: 0,
            notes: Vec::new(),
            failed: false,
            oldest_touched: None,
        }
    }

    /// Whether it left the database other than it was.
    pub fn changed_something(&self) -> bool {
        self.stored.new + self.stored.changed > 0
    }

    /// An answer was taken.
    fn took(&mut self, source: Source, answer: &Answer) {
        self.source = Some(source);
        self.freshness = match answer.freshness {
            Freshness::Live => "live",
            Freshness::Fresh => "fresh",
            Freshness::Revalidating | Freshness::Planned | Freshness::StaleIfError(_) => "stale",
        };
        self.age_s = Some(answer.age.as_secs());
        if let Freshness::StaleIfError(error) = &answer.freshness {
            self.note(format!("what was kept is used, because {error}"));
        }
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn add(&mut self, n_rows: u64, rejected: &[Rejected], stored: Counts) {
        self.n_rows += n_rows;
        self.n_quarantined += rejected.len() as u64;
        self.stored.new += stored.new;
        self.stored.changed += stored.changed;
        self.stored.unchanged += stored.unchanged;
    }
}

/// What to bring, and for whom.
#[derive(Clone, Debug)]
pub struct SyncOrder {
    /// The topics.
    pub topics: BTreeSet<Topic>,
    /// Who pays.
    pub agent: &'static str,
    /// How urgent it is.
    pub priority: Priority,
    /// Base URL of the weather service, whose answers name further addresses.
    pub nws_base: Option<String>,
}

impl SyncOrder {
    /// Some topics for somebody who waits.
    pub fn of(topics: &[Topic], agent: &'static str) -> SyncOrder {
        SyncOrder {
            topics: topics.iter().copied().collect(),
            agent,
            priority: Priority::High,
            nws_base: None,
        }
    }
}

/// Why a source could not tell something.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// It gave no answer.
    #[error("{0}")]
    Api(#[from] ApiError),
    /// Its answer could not be used.
    #[error("{0}")]
    Feed(#[from] FeedError),
    /// A file of it could not be used.
    #[error("{0}")]
    Import(#[from] ImportError),
    /// The database failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// An actor did not answer.
    #[error("{0}")]
    Lost(String),
}

/// An answer is waited for this long, its source's retries included.
const WITHIN: Duration = Duration::from_secs(30);
/// Files are megabytes.
const WITHIN_FILE: Duration = Duration::from_secs(120);
/// The largest file takes seconds to store in a debug build on a busy machine.
const STORING: Duration = Duration::from_secs(300);

/// A sync under way.
struct Sync<'a> {
    house: &'a House,
    order: &'a SyncOrder,
    clock: &'a Clock,
}

/// Brings the topics of an order, one after another; `each` hears of each as it ends. A topic that fails leaves the others
/// alone.
pub async fn sync(house: &House, order: &SyncOrder, clock: &Clock, mut each: impl FnMut(&Step)) -> Vec<Step> {
    let run = Sync { house, order, clock };
    let mut steps = Vec::new();
    for topic in Topic::ALL.into_iter().filter(|t| order.topics.contains(t)) {
        let mut step = Step::new(topic);
        let done = match topic {
            Topic::Schedule => run.schedule(&mut step).await,
            Topic::Results => run.results(&mut step).await,
            Topic::TeamStats => run.team_stats(&mut step).await,
            Topic::Odds => run.odds(&mut step).await,
            Topic::Weather => run.weather(&mut step).await,
            Topic::Injuries => run.injuries(&mut step).await,
            Topic::News => run.news(&mut step).await,
        };
        if let Err(error) = done {
            step.note(error.to_string());
            step.failed = true;
        }
        if step.changed_something() {
            house.something_was_brought();
        }
        each(&step);
        steps.push(step);
    }
    steps
}

/// Something to be done with the database, as a closure.
struct Closure<F>(F);

impl<T: Send + 'static, F: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static> Work for Closure<F> {
    type Output = T;
    fn run(self, conn: &mut Conn) -> Result<T, StoreError> {
        (self.0)(conn)
    }
}

impl Sync<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Asks for one answer.
    async fn get(&self, call: Call, tolerance: Tolerance) -> Result<Answer, SyncError> {
        let within = if call.path.ends_with(".csv") {
            WITHIN_FILE
        } else {
            WITHIN
        };
        let fetch = Fetch::new(call, self.order.agent, within)
            .with(|r| r.priority(self.order.priority).tolerance(tolerance));
        let how = fetch.how();
        match self.house.api.ask(fetch, how).await {
            Ok(answer) => Ok(answer?),
            Err(error) => Err(SyncError::Lost(format!("the API manager did not answer: {error}"))),
        }
    }

    /// Does something with the database.
    async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, SyncError> {
        match self.house.database.ask(Do(Closure(work)), How::within(STORING)).await {
            Ok(done) => Ok(done?),
            Err(error) => Err(SyncError::Lost(format!("the database did not answer: {error}"))),
        }
    }

    /// The fixtures of this season, the one before and later ones: services are asked of no others.
    async fn fixtures(&self) -> Result<Vec<Fixture>, SyncError> {
        let first = season_of(self.now()).saturating_sub(1);
        let all = self.store(move |conn| games::around(conn, first, Part::From)).await?;
        Ok(all.into_iter().map(|game| game.fixture).collect())
    }
}

/// An answer's papers: whose, to what, with which contents.
#[derive(Clone, Debug)]
struct Papers {
    source: Source,
    endpoint: &'static str,
    key: String,
    sha256: String,
    at: DateTime<Utc>,
}

impl Papers {
    fn of(source: Source, call: &Call, answer: &Answer) -> Papers {
        Papers {
            source,
            endpoint: call.endpoint.name(),
            key: call.key().as_str().to_owned(),
            sha256: sha256(&answer.body),
            at: answer.fetched_at,
        }
    }

    fn told(&self) -> Told<'_> {
        Told {
            source: self.source,
            endpoint: self.endpoint,
            key: &self.key,
            sha256: &self.sha256,
            at: self.at,
        }
    }
}
