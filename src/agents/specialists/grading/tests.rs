//! Grading by hand: every row is a game worked out on paper.

use super::*;
use crate::domain::archive::Archive;
use crate::domain::game::{Fixture, Game, GameId, Phase, SeasonWeek};
use crate::domain::pick::{Agreement, Limit, Tier, Verdict};
use crate::domain::probability::Probability;
use crate::domain::quote::Book;
use crate::domain::team::Team;
use std::sync::Arc;

const GAME: &str = "2010_05_DEN_LAC";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn decided_at() -> DateTime<Utc> {
    at("2010-10-05T16:00:00Z")
}

fn game(score: Option<(u16, u16)>) -> Game {
    Game {
        fixture: Fixture {
            id: GameId::new(GAME),
            when: SeasonWeek { season: 2010, week: 5 },
            phase: Phase::Regular,
            kickoff: at("2010-10-10T20:00:00Z"),
            kickoff_exact: true,
            opens_at: decided_at(),
            home: Team::LAC,
            away: Team::DEN,
            neutral: false,
            home_rest: 7,
            away_rest: 7,
            division: true,
            roof: None,
            stadium: String::new(),
        },
        score: score.map(|(home, away)| Score { home, away }),
        conditions: None,
        starters: None,
    }
}

fn american(price: i32) -> American {
    American::new(price).unwrap()
}

fn bet(market: Market, side: Side, line: Option<i16>, price: i32, assumed: bool) -> Decision {
    let line = line.map(HalfPoints);
    Decision {
        id: "1".to_owned(),
        agreement: Agreement {
            game: GameId::new(GAME),
            market,
            line,
            side: Some(side),
            consensus: 0.8,
            equal_consensus: 0.8,
            equal_side: Some(side),
            votes: Vec::new(),
            fair: Probability::HALF,
            p_first: Probability::HALF,
            equal_p_first: Probability::HALF,
            reasons: Vec::new(),
            counter: None,
        },
        side: Some(side),
        offered: Some(Offered {
            book: Book::new("a"),
            line,
            price: american(price),
            assumed,
            seen_at: chrono::DateTime::UNIX_EPOCH,
            n_books: 1,
        }),
        p_win: None,
        p_push: None,
        edge: None,
        roi: None,
        playable_to: None,
        verdict: Verdict::Bet {
            stake: Cents(1_234),
            limit: Limit::Kelly,
            tier: Tier::B,
            kelly: 0.05,
        },
    }
}

fn close(market: Market, line: Option<i16>, prices: Option<(i32, i32)>) -> Quote {
    Quote {
        game: GameId::new(GAME),
        book: Book::new(Book::NFLVERSE),
        market,
        line: line.map(HalfPoints),
        first: prices.map(|p| american(p.0)),
        second: prices.map(|p| american(p.1)),
        as_of: at("2010-10-10T20:00:00Z"),
        moment: Moment::Close,
    }
}

fn graded_with(decision: &Decision, game: Option<Game>, quotes: Vec<Quote>) -> Option<Graded> {
    let archive = Arc::new(Archive::new(game.into_iter().collect(), quotes));
    let known = archive.as_of(DateTime::<Utc>::MAX_UTC);
    let shapes = Shapes::fit(&archive.as_of(decided_at()), 2010);
    grade(decision, decided_at(), &known, &shapes)
}

fn graded(decision: &Decision, home: u16, away: u16) -> Graded {
    graded_with(decision, Some(game(Some((home, away)))), Vec::new()).unwrap()
}

#[test]
fn spreads_totals_and_moneylines_settle_on_both_sides() {
    use Market::{Moneyline, Spread, Total};
    use Outcome::{Loss, Push, Win};
    use Side::{Away, Home, Over, Under};
    // market, first side, line in half points, home, away, how the first side ends, how the second does
    let cases = [
        (Spread, Home, Some(6), (24, 20), Win, Loss),   // laid 3, won by 4
        (Spread, Home, Some(6), (23, 20), Push, Push),  // the key number 3
        (Spread, Home, Some(7), (23, 20), Loss, Win),   // the hook above it
        (Spread, Home, Some(5), (23, 20), Win, Loss),   // the hook below it
        (Spread, Home, Some(14), (27, 20), Push, Push), // the key number 7
        (Spread, Home, Some(-6), (20, 23), Push, Push), // home got 3 and lost by 3
        (Spread, Home, Some(-7), (20, 23), Win, Loss),  // home got 3.5 and lost by 3
        (Spread, Home, Some(0), (20, 20), Push, Push),  // pick'em, tie
        (Total, Over, Some(88), (24, 20), Push, Push),  // 44 on 44
        (Total, Over, Some(87), (24, 20), Win, Loss),
        (Total, Over, Some(89), (24, 20), Loss, Win),
        (Moneyline, Home, None, (24, 20), Win, Loss),
        (Moneyline, Home, None, (17, 20), Loss, Win),
        (Moneyline, Home, None, (20, 20), Push, Push), // a tie returns the stake
    ];
    for (market, first, line, (home, away), ours, theirs) in cases {
        let second = if first == Home { Away } else { Under };
        let score = Score { home, away };
        let line = line.map(HalfPoints);
        let ends = |side| settle(market, side, line, score).unwrap();
        assert_eq!(
            (ends(first), ends(second)),
            (ours, theirs),
            "{market} {line:?} {score:?}"
        );
    }
    let score = Score { home: 1, away: 0 };
    assert_eq!(settle(Spread, Home, None, score), None, "a spread without a line");
    assert_eq!(
        settle(Spread, Over, Some(HalfPoints(6)), score),
        None,
        "a side of another market"
    );
}

#[test]
fn profits_are_rounded_to_the_nearest_cent() {
    // price, stake, winnings: 12.34 at -110 is 11.2181..., 0.05 at +110 is 0.055, 0.11 at -200 is 0.055
    for (price, stake, want) in [
        (-110, 1_234, 1_122),
        (150, 1_234, 1_851),
        (110, 5, 6),
        (-200, 11, 6),
        (-350, 1_000, 286),
        (100_000, 1, 1_000),
    ] {
        assert_eq!(
            Outcome::Win.profit_at(Cents(stake), american(price)),
            Cents(want),
            "{price} {stake}"
        );
    }
    assert_eq!(Outcome::Loss.profit_at(Cents(1_234), american(-110)), Cents(-1_234));
    for returned in [Outcome::Push, Outcome::Void] {
        assert_eq!(returned.profit_at(Cents(1_234), american(-110)), Cents::ZERO);
    }
}

#[test]
fn a_bet_is_paid_at_its_price_and_again_at_the_usual_one() {
    let won = graded(&bet(Market::Spread, Side::Home, Some(6), 120, false), 30, 20);
    assert_eq!((won.outcome, won.profit_cents), (Outcome::Win, Cents(1_481)));
    assert!((won.flat_units - 1.2).abs() < 1e-12);
    assert_eq!(won.profit_at_110_cents, Some(Cents(1_122)));
    assert!((won.flat_at_110_units.unwrap() - 10.0 / 11.0).abs() < 1e-12);
    let lost = graded(&bet(Market::Total, Side::Over, Some(101), -105, false), 30, 20);
    assert_eq!((lost.profit_cents, lost.flat_units), (Cents(-1_234), -1.0));
    assert_eq!(lost.profit_at_110_cents, Some(Cents(-1_234)));
    let tie = graded(&bet(Market::Moneyline, Side::Away, None, 150, false), 20, 20);
    assert_eq!((tie.outcome, tie.profit_cents), (Outcome::Push, Cents::ZERO));
    assert_eq!((tie.profit_at_110_cents, tie.flat_at_110_units), (None, None));
    // An assumed price is -110 in both.
    let assumed = graded(&bet(Market::Spread, Side::Away, Some(6), -110, true), 20, 20);
    assert_eq!(Some(assumed.profit_cents), assumed.profit_at_110_cents);
}

#[test]
fn what_is_not_known_is_not_graded() {
    let decision = bet(Market::Spread, Side::Home, Some(6), -110, false);
    let archive = Arc::new(Archive::new(vec![game(None)], Vec::new()));
    let shapes = Shapes::fit(&archive.as_of(at("2010-01-01T00:00:00Z")), 2010);
    let decided = game(None).fixture.opens_at;
    let days_after = |days| archive.as_of(game(None).fixture.kickoff + chrono::TimeDelta::days(days));
    assert_eq!(
        grade(&decision, decided, &days_after(13), &shapes),
        None,
        "not played yet"
    );
    let given_up = grade(&decision, decided, &days_after(15), &shapes).unwrap();
    assert_eq!((given_up.outcome, given_up.profit_cents), (Outcome::Void, Cents::ZERO));
    let void = graded_with(&decision, None, Vec::new()).unwrap();
    assert_eq!(
        (void.outcome, void.profit_cents, void.flat_units),
        (Outcome::Void, Cents::ZERO, 0.0)
    );
    let no_price = Decision {
        offered: None,
        ..decision.clone()
    };
    assert_eq!(graded_with(&no_price, Some(game(Some((1, 0)))), Vec::new()), None);
    let archive = Arc::new(Archive::new(vec![game(Some((1, 0)))], Vec::new()));
    let before = archive.as_of(at("2010-10-01T00:00:00Z"));
    assert_eq!(
        grade(&decision, decided_at(), &before, &Shapes::fit(&before, 2010)),
        None
    );
}

#[test]
fn the_close_values_a_bet_only_where_it_can() {
    let bet_on = |side, line| bet(Market::Spread, side, Some(line), -110, false);
    let with = |decision: &Decision, quotes| graded_with(decision, Some(game(Some((30, 20)))), quotes).unwrap();
    let none = with(&bet_on(Side::Home, 6), Vec::new());
    assert_eq!(
        (none.clv_points, none.clv_probability, none.beat_close),
        (None, None, None)
    );
    // Laid 3, closed 4 at even prices: a point gained, and the other side lost it.
    let moved = |side| {
        with(
            &bet_on(side, 6),
            vec![close(Market::Spread, Some(8), Some((-110, -110)))],
        )
    };
    let (home, away) = (moved(Side::Home), moved(Side::Away));
    assert_eq!((home.clv_points, away.clv_points), (Some(1.0), Some(-1.0)));
    assert_eq!((home.beat_close, away.beat_close), (Some(true), Some(false)));
    assert!(
        home.clv_probability.unwrap() > 0.5 - 11.0 / 21.0 && away.clv_probability.unwrap() < 0.5 - 11.0 / 21.0
    );
    assert_eq!(
        (home.close_line, home.close_price),
        (Some(HalfPoints(8)), Some(american(-110)))
    );
    // The line stood, the price worsened from -110 to -120: worth the power devig of -120 and +100, which is near .522.
    let stood = with(
        &bet_on(Side::Home, 6),
        vec![close(Market::Spread, Some(6), Some((-120, 100)))],
    );
    assert_eq!((stood.clv_points, stood.beat_close), (Some(0.0), Some(true)));
    assert!(
        (stood.clv_probability.unwrap() - (0.522 - 11.0 / 21.0)).abs() < 0.002,
        "{stood:?}"
    );
    // A closing line without prices says points and no probability.
    let bare = with(&bet_on(Side::Home, 6), vec![close(Market::Spread, Some(8), None)]);
    assert_eq!((bare.clv_points, bare.clv_probability), (Some(1.0), None));
    let moneyline = bet(Market::Moneyline, Side::Away, None, 150, false);
    let moneyline = with(&moneyline, vec![close(Market::Moneyline, None, Some((-150, 130)))]);
    assert_eq!((moneyline.clv_points, moneyline.beat_close), (None, Some(true)));
    // The power devig gives +130 beside -150 a probability of .4166; +150 needs .4.
    assert!(
        (moneyline.clv_probability.unwrap() - 0.0166).abs() < 0.001,
        "{moneyline:?}"
    );
}

#[test]
fn a_bet_at_the_close_has_no_closing_line_value() {
    let decision = bet(Market::Spread, Side::Home, Some(6), -110, false);
    let quotes = vec![close(Market::Spread, Some(6), Some((-110, -110)))];
    let archive = Arc::new(Archive::new(vec![game(Some((30, 20)))], quotes));
    let known = archive.as_of(DateTime::<Utc>::MAX_UTC);
    let shapes = Shapes::fit(&archive.as_of(decided_at()), 2010);
    let graded = grade(&decision, at("2010-10-10T20:00:00Z"), &known, &shapes).unwrap();
    assert_eq!(
        (graded.clv_points, graded.clv_probability, graded.beat_close),
        (None, None, None)
    );
}

#[test]
fn baseline_sides_are_graded_at_the_usual_price() {
    let score = Score { home: 24, away: 20 };
    let got = grade_side(Market::Spread, Side::Away, HalfPoints(9), score, Some(HalfPoints(7))).unwrap();
    assert_eq!((got.outcome, got.clv_points), (Outcome::Win, Some(1.0)));
    assert!((got.units - 10.0 / 11.0).abs() < 1e-12);
    let pushed = grade_side(Market::Total, Side::Under, HalfPoints(88), score, None).unwrap();
    assert_eq!(
        (pushed.outcome, pushed.units, pushed.clv_points),
        (Outcome::Push, 0.0, None)
    );
    assert_eq!(
        grade_side(Market::Moneyline, Side::Home, HalfPoints(0), score, None),
        None
    );
}
