//! Cards of invented seats: who repeats the market is worth nothing, who knows more is worth its seat, and nothing is counted
//! twice or hidden.

use super::*;
use crate::domain::game::{Fixture, Game, Phase, Score};
use crate::domain::line::HalfPoints;
use crate::domain::pick::{Agreement, Pass, Verdict};
use crate::domain::price::American;
use crate::domain::quote::{Book, Quote};
use crate::domain::team::Team;
use chrono::TimeDelta;

fn at(week: u8, hours: i64) -> DateTime<Utc> {
    "2010-09-07T16:00:00Z".parse::<DateTime<Utc>>().unwrap()
        + TimeDelta::days(7 * i64::from(week))
        + TimeDelta::hours(hours)
}

fn when(week: u8) -> SeasonWeek {
    SeasonWeek { season: 2010, week }
}

/// Game `i` of a week: the home side covers the spread of 3 in every other one.
fn covers(week: u8, i: u8) -> bool {
    (week + i).is_multiple_of(2)
}

fn game(week: u8, i: u8) -> Game {
    Game {
        fixture: Fixture {
            id: id(week, i),
            when: when(week),
            phase: Phase::Regular,
            kickoff: at(week, 100),
            kickoff_exact: true,
            opens_at: at(week, 0),
            home: Team::KC,
            away: Team::DEN,
            neutral: false,
            home_rest: 7,
            away_rest: 7,
            division: false,
            roof: None,
            stadium: String::new(),
        },
        score: Some(if covers(week, i) {
            Score { home: 24, away: 10 }
        } else {
            Score { home: 10, away: 24 }
        }),
        conditions: None,
        starters: None,
    }
}

fn id(week: u8, i: u8) -> GameId {
    GameId::new(&format!("2010_{week:02}_{i}"))
}

/// The close moves half a point towards the side that covers.
fn close(week: u8, i: u8) -> Quote {
    Quote {
        game: id(week, i),
        book: Book::new(Book::NFLVERSE),
        market: Market::Spread,
        line: Some(HalfPoints(if covers(week, i) { 7 } else { 5 })),
        first: Some(American::MINUS_110),
        second: Some(American::MINUS_110),
        as_of: at(week, 100),
        moment: Moment::Close,
    }
}

fn vote(seat: &str, p: Option<f64>) -> Vote {
    let p = p.map(Probability::clamped);
    Vote {
        seat: Seat::new(seat),
        stance: match p {
            Some(p) if p.get() > 0.5 => Ok(Side::Home),
            Some(p) if p.get() < 0.5 => Ok(Side::Away),
            _ => Err(Abstention::NoEdge),
        },
        p_first: p,
        p_first_alone: p,
        sd: None,
        performance: 1.0,
        confidence: 1.0,
        weight: 1.0,
        restarts: 0,
    }
}

fn decided(week: u8, i: u8, hours: i64, votes: Vec<Vote>) -> Decided {
    Decided {
        when: when(week),
        at: at(week, hours),
        decision: Decision {
            id: format!("{week}/{i}/{hours}"),
            agreement: Agreement {
                game: id(week, i),
                market: Market::Spread,
                line: Some(HalfPoints(6)),
                side: None,
                consensus: 0.0,
                equal_consensus: 0.0,
                equal_side: None,
                votes,
                fair: Probability::HALF,
                p_first: Probability::HALF,
                equal_p_first: Probability::HALF,
                reasons: Vec::new(),
                counter: None,
            },
            side: None,
            offered: None,
            p_win: None,
            p_push: None,
            edge: None,
            roi: None,
            playable_to: None,
            verdict: Verdict::Pass(Pass::NoMajority),
        },
    }
}

const WEEKS: u8 = 10;
const GAMES: u8 = 8;

/// `knows` is right nine times in ten, `noise` half of the time, `market` never departs from it.
fn season() -> Vec<Decided> {
    let mut all = Vec::new();
    for week in 1..=WEEKS {
        for i in 0..GAMES {
            let towards = |right: bool| Some(if covers(week, i) == right { 0.54 } else { 0.46 });
            let n = u16::from(week) * u16::from(GAMES) + u16::from(i);
            let votes = vec![
                vote("knows", towards(!n.is_multiple_of(10))),
                vote("noise", towards(n / 2 % 2 == 0)),
                vote("silent", None),
            ];
            all.push(decided(week, i, 1, votes));
        }
    }
    all
}

fn archive() -> Arc<Archive> {
    let games = (1..=WEEKS).flat_map(|w| (0..GAMES).map(move |i| game(w, i)));
    let quotes = (1..=WEEKS).flat_map(|w| (0..GAMES).map(move |i| close(w, i)));
    Arc::new(Archive::new(games.collect(), quotes.collect()))
}

fn cards(decided: Vec<Decided>, now: DateTime<Utc>) -> Scorecard {
    Scorecard::of(decided, &archive(), now, &PoolSettings::default(), Pcg64Mcg::new(1))
}

fn card<'a>(cards: &'a Scorecard, seat: &str) -> &'a SeatCard {
    cards.seats.iter().find(|c| c.seat.as_str() == seat).unwrap()
}

#[test]
fn who_knows_more_is_worth_its_seat() {
    let cards = cards(season(), at(WEEKS + 1, 0));
    let (knows, noise, silent) = (card(&cards, "knows"), card(&cards, "noise"), card(&cards, "silent"));
    assert_eq!((knows.n_views, knows.n_directional, knows.n_abstained), (80, 80, 0));
    assert_eq!((knows.hit_rate.k, knows.hit_rate.n), (72, 80));
    assert!(knows.scores.log_loss_minus_fair.mean.unwrap() < -0.05, "{knows:?}");
    assert!(
        (knows.clv_points.mean.unwrap() - 0.4).abs() < 1e-12,
        "{:?}",
        knows.clv_points
    );
    assert!(knows.worth.ci95.unwrap()[0] > 0.0, "{:?}", knows.worth);
    assert!(
        noise.worth.mean.unwrap().abs() < knows.worth.mean.unwrap() / 4.0,
        "{:?} {:?}",
        noise.worth,
        knows.worth
    );
    assert_eq!((silent.n_views, silent.n_abstained, silent.worth.n), (0, 80, 0));
    assert_eq!(cards.n_unattributed, 0);
    let round_trip = serde_json::to_string(&cards).unwrap();
    assert!(!round_trip.contains("NaN"));
}

#[test]
fn the_first_view_stands_and_what_is_open_is_said() {
    let mut all = season();
    // The same market an hour later, with everybody of the other mind, is no further view.
    all.extend(season().into_iter().map(|mut d| {
        d.at += TimeDelta::hours(1);
        for vote in &mut d.decision.agreement.votes {
            vote.p_first_alone = vote.p_first_alone.map(Probability::complement);
        }
        d
    }));
    assert_eq!(cards(all.clone(), at(WEEKS + 1, 0)), cards(season(), at(WEEKS + 1, 0)));
    let early = cards(all, at(WEEKS, 0));
    assert_eq!((early.n_markets, early.n_open), (80, 8));
    let nobody = vec![decided(1, 0, 1, vec![vote("silent", None)])];
    assert_eq!(cards(nobody, at(2, 0)).n_unattributed, 1);
}

#[test]
fn nothing_makes_empty_cards() {
    let none = cards(Vec::new(), at(1, 0));
    assert_eq!((none.seats.len(), none.n_markets, none.pool.n), (0, 0, 0));
}

#[test]
fn a_close_speaks_at_the_line_of_the_view() {
    let known = archive().as_of(at(WEEKS + 1, 0));
    let cases = cases(season(), &known);
    for case in &cases {
        let close = case.close.unwrap().get();
        let covers = case.first_won.unwrap();
        assert!((close > 0.5) == covers && (close - 0.5).abs() < 0.08, "{close}");
        assert_eq!(case.moved, Some(if covers { 0.5 } else { -0.5 }));
    }
}
