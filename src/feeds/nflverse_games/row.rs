//! One row of `games.csv` with its columns as the file states them, wrong ones included: what the conversion starts
//! from, and what a leak check changes.

use crate::domain::game::{Phase, SeasonWeek};
use crate::domain::team::Team;
use crate::feeds::Rejected;
use crate::feeds::sheet::Row;
use chrono::{Datelike, NaiveDate, NaiveTime};

/// Columns the file must have; the other columns of the published file are ignored and the order is free.
pub const COLUMNS: [&str; 31] = [
    "game_id",
    "season",
    "game_type",
    "week",
    "gameday",
    "gametime",
    "away_team",
    "away_score",
    "home_team",
    "home_score",
    "location",
    "result",
    "total",
    "away_rest",
    "home_rest",
    "away_moneyline",
    "home_moneyline",
    "spread_line",
    "away_spread_odds",
    "home_spread_odds",
    "total_line",
    "under_odds",
    "over_odds",
    "div_game",
    "roof",
    "temp",
    "wind",
    "away_qb_id",
    "home_qb_id",
    "stadium_id",
    "stadium",
];

/// A row as published: typed, not yet put right. Prices are American, lines are in points, `spread_line` is positive
/// when the home team is favoured, and before 2020 `under_odds` and `over_odds` hold each other's price.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "the fields are the columns of the published file, one for one"
)]
pub struct GameRow {
    pub game_id: String,
    pub season: u16,
    pub week: u8,
    pub game_type: Phase,
    pub gameday: NaiveDate,
    pub gametime: Option<NaiveTime>,
    pub away_team: Team,
    pub away_score: Option<u16>,
    pub home_team: Team,
    pub home_score: Option<u16>,
    /// True for `location` Neutral.
    pub neutral: bool,
    pub result: Option<i32>,
    pub total: Option<i32>,
    pub away_rest: i16,
    pub home_rest: i16,
    pub away_moneyline: Option<f64>,
    pub home_moneyline: Option<f64>,
    pub spread_line: Option<f64>,
    pub away_spread_odds: Option<f64>,
    pub home_spread_odds: Option<f64>,
    pub total_line: Option<f64>,
    pub under_odds: Option<f64>,
    pub over_odds: Option<f64>,
    pub div_game: bool,
    pub roof: Option<String>,
    pub temp: Option<i16>,
    pub wind: Option<i16>,
    pub away_qb_id: Option<String>,
    pub home_qb_id: Option<String>,
    pub stadium_id: Option<String>,
    pub stadium: Option<String>,
}

impl GameRow {
    /// Season and week.
    pub fn when(&self) -> SeasonWeek {
        SeasonWeek {
            season: self.season,
            week: self.week,
        }
    }
}

/// Reads a row. Cells that cannot be read cost what depends on them: a market, the weather, or the row; those that do
/// not cost the row are reported in `cells`.
pub(super) fn read(row: &Row<'_>, cells: &mut Vec<Rejected>) -> Result<GameRow, Rejected> {
    let season = row.need_whole("season", 1999, 2100)? as u16;
    let gameday = row.day("gameday")?;
    check_season(row, season, gameday)?;
    let [home_moneyline, away_moneyline, _] = market(row, ["home_moneyline", "away_moneyline", ""], cells);
    let [spread_line, home_spread_odds, away_spread_odds] =
        market(row, ["spread_line", "home_spread_odds", "away_spread_odds"], cells);
    let [total_line, over_odds, under_odds] = market(row, ["total_line", "over_odds", "under_odds"], cells);
    Ok(GameRow {
        game_id: row.need("game_id")?.to_owned(),
        season,
        week: row.need_whole("week", 1, 22)? as u8,
        game_type: phase(row)?,
        gameday,
        gametime: row.time("gametime")?,
        away_team: team(row, "away_team")?,
        away_score: row.whole("away_score", 0, MAX_SCORE)?.map(|n| n as u16),
        home_team: team(row, "home_team")?,
        home_score: row.whole("home_score", 0, MAX_SCORE)?.map(|n| n as u16),
        neutral: one_of(row, "location", [("Home", false), ("Neutral", true)])?,
        result: row.whole("result", -MAX_SCORE, MAX_SCORE)?,
        total: row.whole("total", 0, 2 * MAX_SCORE)?,
        away_rest: row.need_whole("away_rest", 0, 400)? as i16,
        home_rest: row.need_whole("home_rest", 0, 400)? as i16,
        away_moneyline,
        home_moneyline,
        spread_line,
        away_spread_odds,
        home_spread_odds,
        total_line,
        under_odds,
        over_odds,
        div_game: one_of(row, "div_game", [("0", false), ("1", true)])?,
        roof: row.text("roof").map(str::to_owned),
        temp: observed(row, "temp", -60, 140, cells),
        wind: observed(row, "wind", 0, 200, cells),
        away_qb_id: row.text("away_qb_id").map(str::to_owned),
        home_qb_id: row.text("home_qb_id").map(str::to_owned),
        stadium_id: row.text("stadium_id").map(str::to_owned),
        stadium: row.text("stadium").map(str::to_owned),
    })
}

/// No team has scored more than 73.
const MAX_SCORE: i32 = 120;

/// A season runs from August to the following February; a date outside is a typing error in one of the two.
fn check_season(row: &Row<'_>, season: u16, day: NaiveDate) -> Result<(), Rejected> {
    let year = i32::from(season);
    let within = match day.month() {
        8..=12 => day.year() == year,
        1 | 2 => day.year() == year + 1,
        _ => false,
    };
    if within {
        return Ok(());
    }
    Err(row.reject(
        "gameday",
        format!("date outside its season: {day} is not in season {season}"),
    ))
}

fn phase(row: &Row<'_>) -> Result<Phase, Rejected> {
    let known = [
        ("REG", Phase::Regular),
        ("WC", Phase::WildCard),
        ("DIV", Phase::Divisional),
        ("CON", Phase::Conference),
        ("SB", Phase::SuperBowl),
    ];
    one_of(row, "game_type", known)
}

fn team(row: &Row<'_>, column: &str) -> Result<Team, Rejected> {
    Team::parse(row.need(column)?).map_err(|e| row.reject(column, format!("unknown team: {e}")))
}

fn one_of<T: Copy, const N: usize>(row: &Row<'_>, column: &str, known: [(&str, T); N]) -> Result<T, Rejected> {
    let cell = row.need(column)?;
    known
        .iter()
        .find(|(text, _)| *text == cell)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let texts = known.map(|(text, _)| text).join(", ");
            row.reject(column, format!("unknown value: `{cell}` is none of {texts}"))
        })
}

/// The cells of one market; one that cannot be read takes the market with it, not the row.
fn market(row: &Row<'_>, columns: [&str; 3], cells: &mut Vec<Rejected>) -> [Option<f64>; 3] {
    let mut out = [None; 3];
    for (value, column) in out.iter_mut().zip(columns) {
        match row.number(column) {
            Ok(number) => *value = number,
            Err(rejected) => {
                cells.push(rejected);
                return [None; 3];
            }
        }
    }
    out
}

fn observed(row: &Row<'_>, column: &str, low: i32, high: i32, cells: &mut Vec<Rejected>) -> Option<i16> {
    match row.whole(column, low, high) {
        Ok(value) => value.map(|n| n as i16),
        Err(rejected) => {
            cells.push(rejected);
            None
        }
    }
}
