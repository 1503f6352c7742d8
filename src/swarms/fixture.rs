//! One small slate for the tests of swarms and of the risk manager: two invented games with spreads and totals at -110.

use crate::domain::archive::{Archive, View};
use crate::domain::belief::{Answer, Basis, Belief, Evidence, Offer, Opinion, Seat};
use crate::domain::game::{Fixture, Game, GameId, Phase, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::team::Team;
use crate::protocol::question::{Exposure, RoundId};
use crate::swarms::round::Convene;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

pub const WHEN: SeasonWeek = SeasonWeek { season: 2050, week: 3 };

pub fn opens_at() -> DateTime<Utc> {
    "2050-09-20T16:00:00Z".parse().unwrap()
}

fn fixture(id: &str, home: Team, away: Team) -> Fixture {
    Fixture {
        id: GameId::new(id),
        when: WHEN,
        phase: Phase::Regular,
        kickoff: opens_at() + TimeDelta::days(5),
        kickoff_exact: true,
        opens_at: opens_at(),
        home,
        away,
        neutral: false,
        home_rest: 7,
        away_rest: 7,
        division: false,
        roof: None,
        stadium: "SIM01".to_owned(),
    }
}

fn quote(f: &Fixture, market: Market, points: Option<f64>) -> Quote {
    Quote {
        game: f.id.clone(),
        book: Book::new("sim"),
        market,
        line: points.map(|p| HalfPoints::new(p).unwrap()),
        first: Some(American::MINUS_110),
        second: Some(American::MINUS_110),
        as_of: opens_at(),
        moment: Moment::Open,
    }
}

/// Two games with their offers.
pub fn slate() -> Arc<Vec<Offer>> {
    let games = [
        fixture("2050_03_KC_DEN", Team::DEN, Team::KC),
        fixture("2050_03_SF_SEA", Team::SEA, Team::SF),
    ];
    let offer = |f: Fixture| {
        let reference = [
            Some(quote(&f, Market::Spread, Some(2.5))),
            Some(quote(&f, Market::Total, Some(44.5))),
            None,
        ];
        let prices = reference.iter().flatten().cloned().collect();
        Offer {
            fixture: f,
            reference,
            prices,
        }
    };
    Arc::new(games.into_iter().map(offer).collect())
}

pub fn view() -> View {
    let games = slate().iter().map(|o| game(&o.fixture)).collect();
    Arc::new(Archive::new(games, Vec::new())).as_of(opens_at())
}

fn game(f: &Fixture) -> Game {
    Game {
        fixture: f.clone(),
        score: None,
        conditions: None,
        starters: None,
    }
}

pub fn seats() -> Vec<Seat> {
    ["a", "b", "c", "d", "e", "f", "g"].map(Seat::new).to_vec()
}

pub fn convene() -> Convene {
    Convene {
        round: RoundId("2050_03_open_test".to_owned()),
        when: WHEN,
        basis: Basis::Open,
        view: view(),
        slate: slate(),
        bankroll: Cents(100_000),
        exposure: Exposure::default(),
        guidance: Arc::default(),
    }
}

/// An answer that holds every first side at `p`.
pub fn answer(p: f64) -> Answer {
    let believe = || Belief {
        p_first: Probability::clamped(p),
        sd: 0.01,
        mean: 0.0,
        evidence: vec![Evidence {
            text: "invented".to_owned(),
            points: p - 0.5,
        }],
    };
    let opinions = slate()
        .iter()
        .flat_map(|o| Market::ALL.map(|m| (o.fixture.id.clone(), m)))
        .map(|(game, market)| {
            let stance = match market {
                Market::Moneyline => Err(crate::domain::belief::Abstention::NoLine),
                Market::Spread | Market::Total => Ok(believe()),
            };
            Opinion { game, market, stance }
        })
        .collect();
    Answer {
        opinions,
        record: Arc::default(),
        forecasts: Vec::new(),
    }
}
