//! What is in the database and what is missing from it, for `huddle data status` and for the data engineer.

use super::quarantine::{self, ReasonCount};
use super::schema::{games, quotes};
use super::{Conn, StoreError, imports};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The state of the stored facts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataStatus {
    /// Games stored.
    pub n_games: u64,
    /// Quotes stored.
    pub n_quotes: u64,
    /// Season by season, ascending.
    pub seasons: Vec<SeasonStatus>,
    /// Seasons between the first and the last that have no game.
    pub missing_seasons: Vec<u16>,
    /// Games that should be over but have no score: the first [`DataStatus::OVERDUE_SHOWN`] ids.
    pub overdue: Vec<String>,
    /// Number of such games.
    pub n_overdue: u64,
    /// Quotes by season, market and moment.
    pub quotes: Vec<QuoteStatus>,
    /// Rows and markets that are left out at present.
    pub n_quarantined: u64,
    /// The same by reason.
    pub quarantined: Vec<ReasonCount>,
    /// The latest import.
    pub last_import: Option<LastImport>,
}

impl DataStatus {
    /// A week has 16 games; two weeks' worth shows where the gap is.
    pub const OVERDUE_SHOWN: usize = 32;
}

/// One season's games.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeasonStatus {
    /// The season.
    pub season: u16,
    /// Games stored.
    pub n_games: u64,
    /// Games with a score.
    pub n_played: u64,
    /// The last week with a game.
    pub last_week: u8,
    /// Weeks before that without any game.
    pub missing_weeks: Vec<u8>,
}

/// Quotes of one season, market and moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuoteStatus {
    /// The season.
    pub season: u16,
    /// `spread`, `total` or `moneyline`.
    pub market: String,
    /// `open`, `live` or `close`.
    pub moment: String,
    /// Number of quotes.
    pub n: u64,
    /// Games that have at least one.
    pub n_games: u64,
    /// Share of the quotes with prices of both sides, 0 to 1.
    pub priced_share: f64,
}

/// The latest import and its age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastImport {
    /// Name of the file.
    pub file: String,
    /// `games`, `openers` or `book_closes`.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Seconds since; negative when the clock was turned back.
    pub age_seconds: i64,
}

/// Takes stock as of `now`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn status(conn: &mut Conn, now: DateTime<Utc>) -> Result<DataStatus, StoreError> {
    conn.transaction(|conn| {
        let games = load_games(conn)?;
        let seasons = by_season(&games);
        let overdue: Vec<&GameLine> = games.iter().filter(|g| g.is_overdue(now)).collect();
        let quotes = by_market(conn, &games)?;
        let last_import = imports::last(conn)?.map(|r| LastImport {
            at: r.at.and_utc(),
            age_seconds: (now - r.at.and_utc()).num_seconds(),
            file: r.file,
            kind: r.kind,
        });
        Ok(DataStatus {
            n_games: games.len() as u64,
            n_quotes: quotes.iter().map(|q| q.n).sum(),
            missing_seasons: missing(seasons.iter().map(|s| s.season)),
            seasons,
            n_overdue: overdue.len() as u64,
            overdue: overdue
                .iter()
                .take(DataStatus::OVERDUE_SHOWN)
                .map(|g| g.id.clone())
                .collect(),
            quotes,
            n_quarantined: quarantine::count(conn)?,
            quarantined: quarantine::by_reason(conn)?,
            last_import,
        })
    })
}

struct GameLine {
    id: String,
    season: u16,
    week: u8,
    kickoff: NaiveDateTime,
    played: bool,
}

impl GameLine {
    fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        !self.played && self.kickoff.and_utc() + crate::domain::calendar::RESULT_DELAY < now
    }
}

fn load_games(conn: &mut Conn) -> Result<Vec<GameLine>, StoreError> {
    type Columns = (String, i32, i32, NaiveDateTime, Option<i32>);
    let rows: Vec<Columns> = games::table
        .order((games::kickoff.asc(), games::id.asc()))
        .select((games::id, games::season, games::week, games::kickoff, games::home_score))
        .load(conn)?;
    let line = |(id, season, week, kickoff, score): Columns| GameLine {
        id,
        season: u16::try_from(season).unwrap_or_default(),
        week: u8::try_from(week).unwrap_or_default(),
        kickoff,
        played: score.is_some(),
    };
    Ok(rows.into_iter().map(line).collect())
}

fn by_season(games: &[GameLine]) -> Vec<SeasonStatus> {
    let mut seasons: BTreeMap<u16, Vec<&GameLine>> = BTreeMap::new();
    for game in games {
        seasons.entry(game.season).or_default().push(game);
    }
    let status = |(season, games): (u16, Vec<&GameLine>)| {
        let weeks: BTreeSet<u8> = games.iter().map(|g| g.week).collect();
        let last_week = weeks.last().copied().unwrap_or_default();
        SeasonStatus {
            season,
            n_games: games.len() as u64,
            n_played: games.iter().filter(|g| g.played).count() as u64,
            last_week,
            missing_weeks: (1..last_week).filter(|week| !weeks.contains(week)).collect(),
        }
    };
    seasons.into_iter().map(status).collect()
}

fn missing(seasons: impl Iterator<Item = u16>) -> Vec<u16> {
    let present: BTreeSet<u16> = seasons.collect();
    let (Some(first), Some(last)) = (present.first(), present.last()) else {
        return Vec::new();
    };
    (*first..*last).filter(|season| !present.contains(season)).collect()
}

/// Game, market, moment and both prices.
type QuoteLine = (String, String, String, Option<i32>, Option<i32>);

fn by_market(conn: &mut Conn, games: &[GameLine]) -> Result<Vec<QuoteStatus>, StoreError> {
    #[derive(Default)]
    struct Group {
        n: u64,
        priced: u64,
        games: BTreeSet<String>,
    }
    let season_of: BTreeMap<&str, u16> = games.iter().map(|g| (g.id.as_str(), g.season)).collect();
    let rows: Vec<QuoteLine> = quotes::table
        .select((
            quotes::game_id,
            quotes::market,
            quotes::moment,
            quotes::first_price,
            quotes::second_price,
        ))
        .load(conn)?;
    let mut groups: BTreeMap<(u16, String, String), Group> = BTreeMap::new();
    for (game, market, moment, first, second) in rows {
        let season = season_of.get(game.as_str()).copied().unwrap_or_default();
        let group = groups.entry((season, market, moment)).or_default();
        group.n += 1;
        group.priced += u64::from(first.is_some() && second.is_some());
        group.games.insert(game);
    }
    let status = |((season, market, moment), group): ((u16, String, String), Group)| QuoteStatus {
        season,
        market,
        moment,
        n: group.n,
        n_games: group.games.len() as u64,
        priced_share: group.priced as f64 / group.n as f64,
    };
    Ok(groups.into_iter().map(status).collect())
}
