//! A league of two short seasons, invented: strengths, lines around them, scores around the lines, weather, a bye, and
//! quarterbacks who get hurt. Enough for every mind to speak and for every planted leak to matter.

use crate::backtest::leak::RawData;
use crate::domain::game::{Phase, SeasonWeek};
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::domain::team_week::TeamWeek;
use crate::feeds::nflverse_games::GameRow;
use crate::feeds::{book_closes, openers};
use chrono::{Days, NaiveDate, NaiveTime};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::fmt::Write as _;

/// The seasons played.
pub const SEASONS: [u16; 2] = [2012, 2013];
/// Weeks of a season.
pub const WEEKS: u8 = 9;

/// All three files, by a seed.
pub fn league(seed: u64) -> RawData {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let strengths: Vec<f64> = (0..32).map(|_| rng.random_range(-7.0..7.0)).collect();
    let mut games = Vec::new();
    let mut opens = String::from(
        "game_id,open_spread,open_home_spread_price,open_away_spread_price,open_total,open_over_price,\
         open_under_price,open_home_ml,open_away_ml,open_source\n",
    );
    let mut closes = String::from(
        "game_id,book,home_line,home_spread_price,away_spread_price,away_line,home_ml,away_ml,total,over_price,\
         under_price,suspect\n",
    );
    for season in SEASONS {
        for week in 1..=WEEKS {
            for at in 0..16 {
                let row = game(&mut rng, &strengths, season, week, at);
                let spread = row.spread_line.unwrap() + half_points(&mut rng, 2.0);
                let total = row.total_line.unwrap() + half_points(&mut rng, 2.5);
                let id = &row.game_id;
                let (home, away) = (-spread, spread);
                writeln!(
                    closes,
                    "{id},bookie,{home},-110,-110,{away},-120,100,{total},-110,-110,0"
                )
                .unwrap();
                writeln!(opens, "{id},{spread},-110,-110,{total},-105,-115,,,invented").unwrap();
                games.push((games.len() as u64 + 2, row));
            }
        }
    }
    let openers = openers::parse(opens.as_bytes()).unwrap();
    let closes = book_closes::parse(closes.as_bytes()).unwrap();
    assert!(openers.rejected.is_empty() && closes.rejected.is_empty());
    let stats = games.iter().flat_map(|(line, row)| statistics(*line, row)).collect();
    RawData::new(games, openers.rows, closes.rows).with_team_stats(stats)
}

/// What both teams' plays were worth: half of their points, and something that follows from the line of the row.
fn statistics(line: u64, row: &GameRow) -> [(u64, TeamWeek); 2] {
    let luck = (line * 7919 % 17) as f64 - 8.0;
    let teams = [
        (row.home_team, row.away_team, row.home_score),
        (row.away_team, row.home_team, row.away_score),
    ];
    teams.map(|(team, opponent, points)| {
        let stats = TeamWeek {
            when: row.when(),
            regular: true,
            team,
            opponent,
            attempts: 35,
            completions: 22,
            passing_yards: 240,
            interceptions: 1,
            sacks_suffered: 2,
            carries: 25,
            rushing_yards: 110,
            fumbles_lost: 0,
            penalties: 6,
            penalty_yards: 50,
            passing_epa: points.map(|p| (f64::from(p) - 21.0) / 2.0 + luck),
            rushing_epa: Some(-luck / 4.0),
            source: Source::Nflverse,
        };
        (line, stats)
    })
}

/// A week of the league's second season.
pub fn week(week: u8) -> SeasonWeek {
    let season = SEASONS[1];
    SeasonWeek { season, week }
}

fn half_points(rng: &mut Pcg64Mcg, up_to: f64) -> f64 {
    (rng.random_range(-up_to..up_to) * 2.0).round() / 2.0
}

/// Thursday, Sunday early and late; in week 5 the last game is put off to Tuesday night, after the next openers.
fn start(season: u16, week: u8, at: usize) -> (NaiveDate, NaiveTime) {
    let thursday = NaiveDate::from_ymd_opt(i32::from(season), 9, 6).unwrap() + Days::new(7 * u64::from(week - 1));
    let (days, hour) = match (at, week) {
        (0, _) => (0, 20),
        (15, 5) => (5, 20),
        (12.., _) => (3, 16),
        _ => (3, 13),
    };
    (
        thursday + Days::new(days),
        NaiveTime::from_hms_opt(hour, 25, 0).unwrap(),
    )
}

fn game(rng: &mut Pcg64Mcg, strengths: &[f64], season: u16, week: u8, at: usize) -> GameRow {
    // The circle method: one team stays, the others go round, so nobody meets the same team twice in a season.
    let turn = |i: usize| {
        if i == 0 {
            0
        } else {
            1 + (i - 1 + usize::from(week) * 3) % 31
        }
    };
    let pair = (turn(at), turn(31 - at));
    let (home, away) = if week.is_multiple_of(2) { pair } else { (pair.1, pair.0) };
    let margin = strengths[home] - strengths[away] + 2.5;
    let spread = ((margin + rng.random_range(-1.5..1.5)) * 2.0).round() / 2.0;
    let total = 43.0 + half_points(rng, 5.0);
    let outcome = margin + rng.random_range(-16.0..16.0);
    let points = total + rng.random_range(-14.0..14.0);
    let score = |x: f64| (x / 2.0).round().clamp(0.0, 60.0) as u16;
    let (home_score, away_score) = (score(points + outcome), score(points - outcome));
    let (home_team, away_team) = (Team::ALL[home], Team::ALL[away]);
    let (gameday, gametime) = start(season, week, at);
    let outdoors = home % 4 != 0;
    let mut starter = |team: usize| Some(format!("00-00{team:02}{:03}", u8::from(rng.random_range(0..5) == 0)));
    let (home_qb_id, away_qb_id) = (starter(home), starter(away));
    GameRow {
        game_id: format!(
            "{season}_{week:02}_{}_{}",
            away_team.code_in(season),
            home_team.code_in(season)
        ),
        season,
        week,
        game_type: Phase::Regular,
        gameday,
        gametime: Some(gametime),
        away_team,
        away_score: Some(away_score),
        home_team,
        home_score: Some(home_score),
        neutral: false,
        result: Some(i32::from(home_score) - i32::from(away_score)),
        total: Some(i32::from(home_score) + i32::from(away_score)),
        away_rest: if week == 6 && at.is_multiple_of(3) { 14 } else { 7 },
        home_rest: 7,
        away_moneyline: Some(if spread > 0.0 { 130.0 } else { -150.0 }),
        home_moneyline: Some(if spread > 0.0 { -150.0 } else { 130.0 }),
        spread_line: Some(spread),
        away_spread_odds: Some(-102.0),
        home_spread_odds: Some(-108.0),
        total_line: Some(total),
        under_odds: Some(-112.0),
        over_odds: Some(-108.0),
        div_game: home_team.division() == away_team.division(),
        roof: Some(if outdoors { "outdoors" } else { "closed" }.to_owned()),
        temp: outdoors.then(|| rng.random_range(20..80)),
        wind: outdoors.then(|| rng.random_range(0..25)),
        away_qb_id,
        home_qb_id,
        stadium_id: Some(format!("INV{home:02}")),
        stadium: Some("Invented Field".to_owned()),
    }
}
