//! What the database is asked for before specialists speak, and the form they want it in.

use super::ROLES;
use crate::agents::specialists::booked::{Booked, Ending};
use crate::agents::specialists::data_engineer::MAX_QUOTE_AGE;
use crate::agents::specialists::data_engineer::upkeep::{Done, Feed, SourceRows, Upkeep};
use crate::agents::specialists::grading::Outcome;
use crate::agents::specialists::strategy_analyst::OnRecord;
use crate::domain::archive::View;
use crate::domain::game::SeasonWeek;
use crate::domain::memory::Memories;
use crate::domain::money::Cents;
use crate::domain::news::Headline;
use crate::domain::pick::Decision;
use crate::store::decisions::Grade;
use crate::store::facts::headlines;
use crate::store::keeper::Work;
use crate::store::research::strategies::{self, Standing};
use crate::store::upkeep::{self, BookedRow, Brought};
use crate::store::{Conn, StoreError, journal, memories, slots};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Headlines read at most, the newest: ESPN shows fifty a day, and the news of a season is a hundred days old.
const MAX_HEADLINES: u32 = 5_000;
/// Validated strategies that are followed, the newest: following one costs as much as asking it of a season.
const MAX_STRATEGIES: i64 = 50;
/// What is brought once a day is stale after a day and two hours.
const DAILY: TimeDelta = TimeDelta::hours(26);
/// A bet of a game that is no longer on the schedule was due within the week.
const A_WEEK: TimeDelta = TimeDelta::days(7);

/// Market intelligence's claims and the news.
pub(super) struct ReadCalls {
    pub(super) at: DateTime<Utc>,
}

impl Work for ReadCalls {
    type Output = (Memories, Arc<Vec<Headline>>);

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        let calls = memories::of_agent(conn, ROLES[1])?;
        let news = headlines::known(conn, self.at, MAX_HEADLINES)?;
        Ok((calls, Arc::new(news)))
    }
}

/// All that specialists take stock of; nothing when their entries are in the journal already.
pub(super) struct ReadAll {
    pub(super) when: SeasonWeek,
    pub(super) season_began: DateTime<Utc>,
    pub(super) now: DateTime<Utc>,
    pub(super) settings_hash: String,
    pub(super) entries: Vec<String>,
}

/// What was read.
pub(super) struct Known {
    book: Vec<BookedRow>,
    brought: BTreeMap<String, Brought>,
    newest_price: Option<NaiveDateTime>,
    slots: Done,
    calls_made: Done,
    pub(super) headlines: Arc<Vec<Headline>>,
    pub(super) calls: Memories,
    pub(super) lessons: Memories,
    pub(super) hypotheses: Memories,
    pub(super) strategies: Vec<OnRecord>,
}

impl Work for ReadAll {
    type Output = Option<Box<Known>>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        let mut missing = false;
        for id in &self.entries {
            missing |= journal::by_id(conn, id)?.is_none();
        }
        if !missing {
            return Ok(None);
        }
        let settled = slots::of_season(conn, self.when.season)?;
        let (n, of) = upkeep::calls_since(conn, self.season_began)?;
        let mut on_record = Vec::new();
        for standing in [Standing::Validated, Standing::Deployed] {
            for recorded in strategies::list(conn, Some(standing), MAX_STRATEGIES)? {
                on_record.push(OnRecord {
                    since: recorded.first_seen.and_utc(),
                    strategy: recorded.strategy,
                });
            }
        }
        Ok(Some(Box::new(Known {
            book: upkeep::live_book(conn, &self.settings_hash)?,
            brought: upkeep::brought(conn)?,
            newest_price: upkeep::newest_price(conn, self.now)?,
            slots: Done {
                n: settled.iter().filter(|s| s.state == "done").count() as u64,
                of: settled.len() as u64,
            },
            calls_made: Done { n, of },
            headlines: Arc::new(headlines::known(conn, self.now, MAX_HEADLINES)?),
            calls: memories::of_agent(conn, ROLES[1])?,
            lessons: memories::of_agent(conn, ROLES[2])?,
            hypotheses: memories::of_agent(conn, ROLES[4])?,
            strategies: on_record,
        })))
    }
}

impl Known {
    /// The paper book, with when each result was due. A bet that cannot be read is a fault of the program and is shown.
    pub(super) fn bets(&self, view: &View) -> Vec<Booked> {
        let booked = |(pick, round, grade): &BookedRow| {
            let decision: Decision = match serde_json::from_str(&pick.body) {
                Ok(decision) => decision,
                Err(error) => {
                    log::error!("bet {} cannot be read and is in no figure: {error}", pick.id);
                    return None;
                }
            };
            let when = SeasonWeek {
                season: u16::try_from(round.season).ok()?,
                week: u8::try_from(round.week).ok()?,
            };
            let due_at = view
                .fixture(&decision.agreement.game)
                .map_or(round.as_of.and_utc() + A_WEEK, |f| f.settles_at());
            Booked::of(&decision, when, due_at, grade.as_ref().and_then(ending))
        };
        self.book.iter().filter_map(booked).collect()
    }

    /// What the data engineer takes stock of.
    pub(super) fn upkeep(&self, now: DateTime<Utc>) -> Upkeep {
        let newest = |kinds: &[&str]| {
            let own = self.brought.iter().filter(|(kind, _)| kinds.contains(&kind.as_str()));
            own.map(|(_, b)| b.at.and_utc()).max()
        };
        let feed = |name, brought_at, max_age| Feed {
            name,
            brought_at,
            max_age,
        };
        Upkeep {
            feeds: vec![
                // nflverse rebuilds its schedule daily, but one that has not changed is not read again.
                feed("schedule", newest(&["games", "espn.scoreboard"]), DAILY),
                feed("quotes", self.newest_price.map(|at| at.and_utc()), MAX_QUOTE_AGE),
                feed("weather", newest(&["open_meteo.forecast", "nws.hourly"]), DAILY),
                feed("injuries", newest(&["espn.injuries"]), DAILY),
                feed("headlines", newest(&["espn.news"]), DAILY),
            ],
            sources: self
                .brought
                .iter()
                .map(|(name, b)| SourceRows {
                    name: name.clone(),
                    n_rows: b.n_rows,
                    n_left_out: b.n_left_out,
                })
                .collect(),
            slots: self.slots,
            calls: self.calls_made,
            now,
        }
    }
}

fn ending(grade: &Grade) -> Option<Ending> {
    let outcomes = [Outcome::Win, Outcome::Loss, Outcome::Push, Outcome::Void];
    Some(Ending {
        outcome: outcomes.into_iter().find(|o| o.name() == grade.result)?,
        profit: Cents(grade.profit_cents),
        clv_points: grade.clv_points,
        graded_at: grade.graded_at.and_utc(),
    })
}
