//! An invented week for the tests of market intelligence: four games that kick off at minute 10,000.

use super::*;
use crate::domain::archive::Archive;
use crate::domain::game::{Game, GameId, Phase, Score};
use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::machine::drive;
use chrono::{DateTime, TimeDelta, Utc};
use rand_pcg::Pcg64Mcg;

pub const WEEK: SeasonWeek = SeasonWeek { season: 2010, week: 1 };

pub fn at(minute: i64) -> DateTime<Utc> {
    "2010-09-07T16:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
}

fn game(id: &str, home: Team, away: Team) -> Game {
    Game {
        fixture: Fixture {
            id: GameId::new(id),
            when: WEEK,
            phase: Phase::Regular,
            kickoff: at(10_000),
            kickoff_exact: true,
            opens_at: at(0),
            home,
            away,
            neutral: false,
            home_rest: 7,
            away_rest: 7,
            division: false,
            roof: None,
            stadium: String::new(),
        },
        score: Some(Score { home: 20, away: 10 }),
        conditions: None,
        starters: None,
    }
}

pub fn league(quotes: Vec<Quote>) -> Arc<Archive> {
    let games = vec![
        game("2010_01_NE_MIA", Team::MIA, Team::NE),
        game("2010_01_DEN_KC", Team::KC, Team::DEN),
        game("2010_01_NYJ_BUF", Team::BUF, Team::NYJ),
        game("2010_01_CLE_PIT", Team::PIT, Team::CLE),
    ];
    Arc::new(Archive::new(games, quotes))
}

pub fn quote(game: &str, book: &str, half: i16, minute: i64, moment: Moment) -> Quote {
    Quote {
        game: GameId::new(game),
        book: Book::new(book),
        market: Market::Spread,
        line: Some(HalfPoints(half)),
        first: Some(American::MINUS_110),
        second: Some(American::MINUS_110),
        as_of: at(minute),
        moment,
    }
}

pub fn headline(team: Team, title: &str, minute: i64) -> Headline {
    Headline {
        id: format!("{team:?}{minute}"),
        title: title.to_owned(),
        summary: None,
        link: None,
        teams: vec![team],
        as_of: at(minute),
        source: Source::Espn,
    }
}

pub fn watch(archive: &Arc<Archive>, now: DateTime<Utc>, memories: Memories) -> Watch {
    Watch {
        view: archive.as_of(now),
        when: WEEK,
        fixtures: archive.week(WEEK).into_iter().cloned().collect(),
        headlines: Arc::default(),
        memories,
    }
}

#[test]
fn a_week_is_called_once_and_judged_once() {
    let game = "2010_01_NE_MIA";
    let archive = league(vec![
        quote(game, "a", 6, 0, Moment::Open),
        quote(game, "a", 9, 60, Moment::Live),
        quote(game, "nflverse", 10, 10_000, Moment::Close),
    ]);
    let mut rng = Pcg64Mcg::new(1);
    let mut ask = |input| {
        let said = drive(&mut MarketIntelligence, input, at(0), &mut rng).pop();
        let Some(Effect::TookStock(stock)) = said else {
            panic!("it always answers");
        };
        stock
    };
    let called = ask(Input::Watch(Box::new(watch(&archive, at(70), Memories::default()))));
    assert_eq!((called.remembered.len(), called.kpis.len()), (1, 0));
    let memories = Memories::new(called.remembered.into_iter().map(|m| (m, None)).collect());
    let judged = ask(Input::TakeStock(Box::new(watch(&archive, at(20_000), memories))));
    assert_eq!(judged.resolved.len(), 1);
    let accuracy = judged.kpis.iter().find(|k| k.name == "clv_accuracy.drift").unwrap();
    assert_eq!((accuracy.value, accuracy.n), (Some(1.0), 1));
}
