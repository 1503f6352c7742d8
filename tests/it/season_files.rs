//! A simulated league written as the files people have: nflverse's games.csv and a file of openers. So the whole way, from
//! a file on disk to a graded pick, is tested without a single real game.

use chrono::Days;
use huddle::domain::calendar::{eastern_hour, opens_at};
use huddle::domain::game::{Fixture, Game, Roof};
use huddle::domain::quote::{Book, Market, Moment, Quote};
use huddle::sim::{League, SimOptions};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const GAMES_HEADER: &str = "game_id,season,game_type,week,gameday,weekday,gametime,away_team,away_score,home_team,home_score,\
location,result,total,overtime,old_game_id,gsis,nfl_detail_id,pfr,pff,espn,ftn,away_rest,home_rest,away_moneyline,\
home_moneyline,spread_line,away_spread_odds,home_spread_odds,total_line,under_odds,over_odds,div_game,roof,surface,temp,\
wind,away_qb_id,home_qb_id,away_qb_name,home_qb_name,away_coach,home_coach,referee,stadium_id,stadium";
const OPENERS_HEADER: &str = "game_id,season,week,open_spread,open_home_spread_price,open_away_spread_price,open_total,\
open_over_price,open_under_price,open_home_ml,open_away_ml,open_source";

/// Twenty-eight years before the simulated date every date falls on the same weekday, and the games are over.
const YEARS_BACK: u16 = 28;
const DAYS_BACK: u64 = 10_227;
/// The last of the five seasons becomes 2018, the first after those parameters were chosen on.
const FIRST: u16 = 2042;

/// The simulated game's id in its earlier season, with the team codes of that season.
fn id(f: &Fixture) -> String {
    let season = f.when.season - YEARS_BACK;
    format!(
        "{season}_{:02}_{}_{}",
        f.when.week,
        f.away.code_in(season),
        f.home.code_in(season)
    )
}

/// Five seasons of ten weeks with loose openers in `games.csv` and `openers.csv`.
pub fn write(folder: &Path) {
    let options = SimOptions {
        n_weeks: 10,
        opener_error_points: 2.0,
        ..SimOptions::default()
    };
    let league = League::generate(7, FIRST..=FIRST + 4, options);
    let quotes = |game: &Game, moment: Moment, book: &str| -> Vec<Quote> {
        let of = |q: &&Quote| q.game == game.fixture.id && q.moment == moment && q.book == Book::new(book);
        league.quotes.iter().filter(of).cloned().collect()
    };
    let mut games = format!("{GAMES_HEADER}\n");
    let mut openers = format!("{OPENERS_HEADER}\n");
    for game in &league.games {
        row(&mut games, game, &quotes(game, Moment::Close, Book::NFLVERSE));
        opener(&mut openers, game, &quotes(game, Moment::Open, "sim_open"));
    }
    fs::write(folder.join("games.csv"), games).unwrap();
    fs::write(folder.join("openers.csv"), openers).unwrap();
}

/// Line, first and second price of a market, as text; empty when there is no quote.
fn prices(quotes: &[Quote], market: Market) -> [String; 3] {
    let Some(q) = quotes.iter().find(|q| q.market == market) else {
        return Default::default();
    };
    let price = |p: Option<huddle::domain::price::American>| p.map(|p| p.get().to_string()).unwrap_or_default();
    [
        q.line.map(|l| l.points().to_string()).unwrap_or_default(),
        price(q.first),
        price(q.second),
    ]
}

fn row(out: &mut String, game: &Game, closes: &[Quote]) {
    let f = &game.fixture;
    let score = game.score.unwrap();
    let kickoff = f.kickoff.with_timezone(&chrono_tz::America::New_York);
    assert!(eastern_hour(f.kickoff) >= 9 && opens_at(f.day()) <= f.kickoff);
    let [spread, home, away] = prices(closes, Market::Spread);
    // The published file has them the wrong way round up to 2019.
    let [total, over, under] = prices(closes, Market::Total);
    let [_, home_ml, away_ml] = prices(closes, Market::Moneyline);
    let roof = match f.roof {
        Some(Roof::Dome) => "dome",
        Some(Roof::Retractable) => "closed",
        Some(Roof::Outdoors) | None => "outdoors",
    };
    let (season, week) = (f.when.season - YEARS_BACK, f.when.week);
    let (day, time, weekday) = (
        (kickoff.date_naive() - Days::new(DAYS_BACK)).format("%Y-%m-%d"),
        kickoff.format("%H:%M"),
        kickoff.format("%A"),
    );
    let (a, h) = (f.away.code_in(season), f.home.code_in(season));
    let (result, points) = (score.margin(), score.total());
    writeln!(
        out,
        "{},{season},REG,{week},{day},{weekday},{time},{a},{},{h},{},Home,{result},{points},0,,,,,,,,{},{},{away_ml},{home_ml},\
         {spread},{away},{home},{total},{over},{under},{},{roof},grass,,,,,,,,,,{},Simulated",
        id(f),
        score.away,
        score.home,
        f.away_rest,
        f.home_rest,
        u8::from(f.division),
        f.stadium,
    )
    .unwrap();
}

fn opener(out: &mut String, game: &Game, quotes: &[Quote]) {
    let f = &game.fixture;
    let [spread, home, away] = prices(quotes, Market::Spread);
    let [total, over, under] = prices(quotes, Market::Total);
    let [_, home_ml, away_ml] = prices(quotes, Market::Moneyline);
    let (season, week) = (f.when.season - YEARS_BACK, f.when.week);
    writeln!(
        out,
        "{},{season},{week},{spread},{home},{away},{total},{over},{under},{home_ml},{away_ml},sim_open",
        id(f)
    )
    .unwrap();
}
