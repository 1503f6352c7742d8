//! A table of an invented league says what its games were, and nothing a plan can ask was known later than its moment.

use super::*;
use crate::backtest::leak::tests::league::{SEASONS, league};
use crate::engine::sheet::{Settled, Subject};
use crate::minds::quant::ROSTER;
use crate::strategy::feature::Flag;

#[test]
fn rows_say_what_the_games_were() {
    let archive = league(5).archive();
    let table = table(&archive, Known::Open, &ROSTER, &Quarantine::default(), &mut |_, _| {}).unwrap();
    assert_eq!(table.seasons(), SEASONS);
    let spread = table.sheet(Market::Spread);
    assert_eq!(spread.games().len(), 2 * 9 * 16);
    let of = |feature: Feature, row| spread.value(&Subject::Feature(feature), row);
    for (at, key) in spread.games().iter().enumerate() {
        let (home, away) = (2 * at, 2 * at + 1);
        let line = spread.line(home).unwrap().points();
        let margin = f64::from(archive.final_score(&key.game).unwrap().margin());
        assert_eq!(of(Feature::Line, home), Some(0.0 - line), "{}", key.game);
        assert_eq!(of(Feature::Line, away), Some(line));
        assert_eq!(of(Feature::Cover, home), Some(margin - line));
        assert_eq!(spread.settled(home) == Some(Settled::Win), margin > line);
        assert_eq!(spread.settled(home).map(Settled::reversed), spread.settled(away));
        assert_eq!(spread.clv(home), spread.clv(away).map(|clv| 0.0 - clv));
        assert_eq!(spread.value(&Subject::Flag(Flag::Home), away), Some(0.0));
        assert_eq!(of(Feature::Move, home), None, "nobody knows the close at the open");
        let votes = |row| of(Feature::Votes, row).unwrap() + of(Feature::Against, row).unwrap();
        assert!(votes(home) <= ROSTER.len() as f64 && votes(home) == votes(away));
    }
    let names: Vec<String> = table.sources().iter().map(|s| s.as_str().to_owned()).collect();
    // Seats without a feed in this league are no sources.
    let known = |name: &str| name == Source::SWARM || ROSTER.iter().any(|(seat, _)| *seat == name);
    assert!(names.len() >= 10 && names.iter().all(|name| known(name)), "{names:?}");
    let swarm = Source::new(Source::SWARM).unwrap();
    let last = spread.n_rows() - 1;
    let both = spread.chance(&swarm, last).unwrap() + spread.chance(&swarm, last - 1).unwrap();
    assert!((both - 1.0).abs() < 1e-12);
}

#[test]
fn the_same_archive_makes_the_same_table() {
    let archive = league(6).archive();
    let hash = |at| {
        let table = table(&archive, at, &ROSTER, &Quarantine::default(), &mut |_, _| {}).unwrap();
        table.hash().to_owned()
    };
    assert_eq!(hash(Known::Open), hash(Known::Open));
    assert_ne!(hash(Known::Open), hash(Known::Close));
    let never = table(&archive, Known::After, &ROSTER, &Quarantine::default(), &mut |_, _| {});
    assert_eq!(never.unwrap_err(), BuildError::Table(TableError::Moment));
}

#[test]
fn weather_is_the_forecast_that_was_known() {
    use crate::domain::archive::Told;
    use crate::domain::source::Source as Teller;
    use crate::domain::weather::{Air, Forecast};
    let archive = league(5).archive();
    let when = archive.weeks()[3];
    let outdoors =
        |f: &&&crate::domain::game::Fixture| matches!(f.roof, Some(crate::domain::game::Roof::Outdoors) | None);
    let fixture = (*archive.week(when).iter().find(outdoors).unwrap()).clone();
    let forecast = |known, wind| {
        let air = Air {
            wind_mph: Some(wind),
            ..Air::default()
        };
        let as_of = fixture.opens_at + chrono::TimeDelta::minutes(known);
        let (hour, source) = (fixture.kickoff, Teller::Nws);
        (
            fixture.id.clone(),
            Forecast {
                hour,
                air,
                as_of,
                source,
            },
        )
    };
    let told = Told {
        forecasts: vec![forecast(-60, 12.0), forecast(60, 30.0)],
        ..Told::default()
    };
    let archive = Arc::new(Arc::try_unwrap(archive).unwrap().with(told));
    let table = table(&archive, Known::Open, &ROSTER, &Quarantine::default(), &mut |_, _| {}).unwrap();
    let sheet = table.sheet(Market::Total);
    for (at, key) in sheet.games().iter().enumerate() {
        let wind = sheet.value(&Subject::Feature(Feature::Wind), 2 * at);
        assert_eq!(
            wind,
            (key.game == fixture.id).then_some(12.0),
            "the later forecast is not known yet"
        );
        assert_eq!(sheet.value(&Subject::Feature(Feature::Temperature), 2 * at), None);
    }
}

#[test]
fn of_a_book_that_has_moved_only_the_latest_price_can_be_had() {
    use crate::domain::line::HalfPoints;
    let archive = league(5).archive();
    let fixture = archive.week(archive.weeks()[0])[0].clone();
    let quote = |book: &str, minutes: i64, line: i16, first: i32| Quote {
        game: fixture.id.clone(),
        book: Book::new(book),
        market: Market::Spread,
        line: Some(HalfPoints::whole(line)),
        first: Some(American::new(first).unwrap()),
        second: Some(American::MINUS_110),
        as_of: fixture.opens_at + chrono::TimeDelta::minutes(minutes),
        moment: crate::domain::quote::Moment::Live,
    };
    let offer = Offer {
        reference: [None, None, None],
        prices: vec![
            quote("x", 60, 3, 105),
            quote("x", 600, 3, -120),
            quote("y", 60, 3, 110),
            quote("y", 600, 4, 100),
            quote("z", 60, 3, -115),
        ],
        fixture: fixture.clone(),
    };
    let at_three = quote("z", 60, 3, -115);
    let best = columns::best_price(&offer, &at_three, crate::domain::quote::Side::Home);
    assert_eq!(
        best.map(|(book, price)| (book.as_str(), price.get())),
        Some(("z", -115))
    );
}
