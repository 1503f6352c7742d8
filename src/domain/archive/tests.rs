//! An archive that was grown is the archive of both parts.

use super::*;
use crate::domain::game::Phase;
use crate::domain::line::HalfPoints;
use crate::domain::team::Team;
use chrono::TimeDelta;
use proptest::prelude::*;

fn game(season: u16, week: u8, score: Option<i16>) -> Game {
    let kickoff = DateTime::<Utc>::default() + TimeDelta::days(365 * i64::from(season) + 7 * i64::from(week));
    let score = score.map(|home| Score {
        home: home.unsigned_abs(),
        away: 17,
    });
    Game {
        fixture: Fixture {
            id: GameId::new(&format!("{season}_{week:02}_ATL_NO")),
            when: SeasonWeek { season, week },
            phase: Phase::Regular,
            kickoff,
            kickoff_exact: true,
            opens_at: kickoff - TimeDelta::days(5),
            home: Team::NO,
            away: Team::ATL,
            neutral: false,
            home_rest: 7,
            away_rest: 7,
            division: true,
            roof: None,
            stadium: "NOR00".to_owned(),
        },
        score,
        conditions: None,
        starters: None,
    }
}

fn quote(of: &Game, half_points: i16, hours_before: i64) -> Quote {
    Quote {
        game: of.fixture.id.clone(),
        book: Book::new("a book"),
        market: Market::Spread,
        line: Some(HalfPoints(half_points)),
        first: None,
        second: None,
        as_of: of.fixture.kickoff - TimeDelta::hours(hours_before),
        moment: Moment::Live,
    }
}

/// Games of two seasons, the second with a number of weeks, each with prices.
fn league() -> impl Strategy<Value = (Vec<Game>, Vec<Quote>)> {
    let one = (2015u16..2017, 1u8..6, prop::option::of(0i16..40));
    let prices = prop::collection::vec((0usize..12, -20i16..20, 0i64..300), 0..30);
    (prop::collection::vec(one, 1..12), prices).prop_map(|(games, prices)| {
        let games: Vec<Game> = games.into_iter().map(|(s, w, score)| game(s, w, score)).collect();
        let quoted = |(of, line, hours): (usize, i16, i64)| quote(&games[of % games.len()], line, hours);
        let quotes = prices.into_iter().map(quoted).collect();
        (games, quotes)
    })
}

proptest! {
    #[test]
    fn a_grown_archive_is_that_of_both_parts(
        (games, quotes) in league(),
        again in prop::option::of(0usize..12),
    ) {
        let (past, mut new): (Vec<Game>, Vec<Game>) =
            games.iter().cloned().partition(|g| g.fixture.when.season == 2015);
        let (before, after) = quotes.iter().cloned().partition(|q| q.game.as_str().starts_with("2015"));
        // A game of the past that is told again, otherwise.
        let retold = again.and_then(|i| past.get(i)).map(|g| Game { score: None, ..g.clone() });
        new.extend(retold.clone());
        let base = Arc::new(Archive::new(past, before));
        let grown = Arc::new(Archive::grown(&base, new, after));
        let whole = Arc::new(Archive::new(games.into_iter().chain(retold).collect(), quotes));
        prop_assert_eq!(grown.weeks(), whole.weeks());
        prop_assert_eq!(grown.n_games(), whole.n_games());
        for day in 365 * 2015..365 * 2017 + 60 {
            let at = DateTime::<Utc>::default() + TimeDelta::days(day);
            let (a, b) = (grown.as_of(at), whole.as_of(at));
            prop_assert_eq!(a.fingerprint(), b.fingerprint());
            prop_assert_eq!(a.n_results(), b.n_results());
            for id in whole.by_id.keys() {
                prop_assert_eq!(a.quotes(id), b.quotes(id));
                prop_assert_eq!(a.score(id), b.score(id));
            }
        }
    }
}
