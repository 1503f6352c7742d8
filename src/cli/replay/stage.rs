//! What is replayed: games whose past is known, and the services that tell of the rest in their time.

use crate::app::sync::Topic;
use crate::app::unattended::{self, Happened, News, Standing, UnattendedError};
use crate::app::{House, HouseSpec};
use crate::cli::Failure;
use crate::clock::{Clock, Seeds};
use crate::config::Settings;
use crate::domain::game::{Game, SeasonWeek};
use crate::domain::quote::Quote;
use crate::feeds::{Facts, FileKind};
use crate::logging;
use crate::minds::llm::MindSettings;
use crate::sim::upstream::{Options, Upstream, World as Services};
use crate::store::Store;
use crate::store::imports::{self, SourceFile};
use crate::swarms::pool::PoolSettings;
use crate::upstream::Door;
use crate::world::World;
use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// A line about the log is not worth a longer wait.
const SUMMARY_PATIENCE: Duration = Duration::from_secs(1);

/// Games and prices known beforehand, and those that are played.
pub struct Stage {
    /// What it is remembered by.
    pub name: String,
    /// The season that is played.
    pub season: u16,
    /// The seed of the house and of the services.
    pub seed: u64,
    past: (Vec<Game>, Vec<Quote>),
    played: (Vec<Game>, Vec<Quote>),
}

/// How it is played.
#[derive(Clone, Debug, Default)]
pub struct Staging {
    /// Settings of the house.
    pub settings: Settings,
    /// Virtual seconds in one of the wall; none for as fast as may be.
    pub speed: Option<u32>,
    /// How the services misbehave.
    pub options: Options,
}

impl Stage {
    /// Plays some weeks of a season; everything before them is known. `None` when there are no such games.
    pub fn new(
        name: String,
        (season, weeks): (u16, RangeInclusive<u8>),
        seed: u64,
        games: Vec<Game>,
        quotes: Vec<Quote>,
    ) -> Option<Stage> {
        let is_past =
            |when: SeasonWeek| when.season < season || (when.season == season && when.week < *weeks.start());
        let (past, rest): (Vec<Game>, Vec<Game>) = games.into_iter().partition(|g| is_past(g.fixture.when));
        let inside = |g: &Game| g.fixture.when.season == season && weeks.contains(&g.fixture.when.week);
        let played: Vec<Game> = rest.into_iter().filter(inside).collect();
        if played.is_empty() {
            return None;
        }
        let known: BTreeSet<_> = past.iter().map(|g| g.fixture.id.clone()).collect();
        let ours: BTreeSet<_> = played.iter().map(|g| g.fixture.id.clone()).collect();
        let (before, rest): (Vec<Quote>, Vec<Quote>) = quotes.into_iter().partition(|q| known.contains(&q.game));
        let during = rest.into_iter().filter(|q| ours.contains(&q.game)).collect();
        Some(Stage {
            name,
            season,
            seed,
            past: (past, before),
            played: (played, during),
        })
    }

    /// Stores what is known beforehand.
    ///
    /// # Errors
    /// [`Failure`] of the database.
    pub fn tell(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
        let facts = Facts {
            games: self.past.0.clone(),
            quotes: self.past.1.clone(),
            ..Facts::default()
        };
        let told = SourceFile::of("seasons before the replay", self.name.as_bytes());
        imports::facts(&mut *store.conn()?, FileKind::Games, facts, &told, now)?;
        Ok(())
    }

    /// When the house begins: an hour before lines first open.
    pub fn begins_at(&self) -> DateTime<Utc> {
        let opens = self.played.0.iter().map(|g| g.fixture.opens_at).min();
        opens.unwrap_or_default() - TimeDelta::hours(1)
    }

    /// When the last result is graded for certain.
    fn ends_at(&self) -> DateTime<Utc> {
        let settled = self.played.0.iter().map(|g| g.fixture.settles_at()).max();
        settled.unwrap_or_default() + TimeDelta::days(1)
    }

    /// Plays it in virtual time; `each` hears of every slot as it is settled, and `last` sees the house before it closes.
    /// Returns what `last` does, and every crash there was.
    ///
    /// # Errors
    /// [`Failure`] when the house gave up.
    pub fn play<T>(
        &self,
        store: &Store,
        staging: &Staging,
        mut each: impl FnMut(&House, &Happened),
        last: impl AsyncFnOnce(&House, &Door) -> T,
    ) -> Result<(T, Vec<String>), Failure> {
        let from = self.begins_at();
        let services = Services::new(&self.played.0, &self.played.1, self.seed);
        let (done, faults) = World::replay(self.seed, from, async |world| {
            let clock = world.clock();
            let door = Door::new(Upstream::new(services, staging.options.clone(), from), clock.clone());
            let house = house(store, &staging.settings, &clock, door.clone());
            let log = logging::connect(&house.logger, &clock);
            let standing = Standing {
                settings: staging.settings.clone(),
                clock,
                topics: [Topic::Schedule, Topic::Results, Topic::Odds].into(),
                nws_base: None,
                since: from,
                until: Some(self.ends_at()),
                speed: staging.speed,
            };
            let done = unattended::run(&house, &standing, |news| {
                if let News::Settled(slot) = news {
                    each(&house, slot);
                }
            });
            let done = done.await;
            let said = last(&house, &door).await;
            let line = match &log {
                Some(log) => log.closing_line(SUMMARY_PATIENCE).await,
                None => None,
            };
            drop(log);
            house.stop().await;
            if let Some(line) = line {
                // A closed standard error must not turn a finished replay into a panic.
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            done.map(|()| said)
        });
        let done: Option<Result<T, UnattendedError>> = done;
        let done = done.ok_or_else(|| Failure::new(1, anyhow!("the replay waits for what never comes")))?;
        Ok((done.map_err(|e| Failure::new(1, e))?, faults))
    }
}

fn house(store: &Store, settings: &Settings, clock: &Clock, door: Door) -> House {
    House::start(HouseSpec {
        store: store.clone(),
        clock: clock.clone(),
        seeds: Seeds::new(settings.seed),
        limits: settings.risk,
        pool: PoolSettings::default(),
        policies: settings.api.policies(),
        wire: Arc::new(door),
        // A model may have read how the season ended.
        minds: MindSettings::default(),
    })
}
