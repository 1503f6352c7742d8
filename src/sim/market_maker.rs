//! The simulated market: what books open a game at, what it closes at, and the mistake in the openers.
//!
//! The market's expectation is the truth plus an error. A part of the opener's error is an overreaction: each team carries
//! its form, an average of how its last games differed from their closing lines, which is luck up to the close's own
//! error, and the opener follows that luck. The close does not. So the mistake can be computed from what is public, and a
//! rating that weighs one result less than the market does will lean the right way without knowing of it.

use super::league::Expectation;
use super::{SimOptions, normal};
use crate::domain::game::{Fixture, Score};
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::domain::probability::Probability;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::market::odds::nearest_american;
use crate::market::{MarginModel, TotalModel};
use rand_pcg::Pcg64Mcg;

/// A book's habits.
struct Habits {
    name: &'static str,
    /// Standard deviation in points of its lines around the market's.
    jitter_points: f64,
    /// Cents beyond even money on both sides of a balanced spread or total: 10 is -110.
    juice_cents: i32,
    /// By how much its moneyline's implied probabilities exceed one.
    overround: f64,
}

/// The books that open. The reference opener of a game is the first by name, so the market's own must sort first; the
/// others stray and differ in price, so that shopping pays.
const OPENERS: [Habits; 3] = [
    Habits {
        name: "sim_open",
        jitter_points: 0.0,
        juice_cents: 10,
        overround: 0.047,
    },
    Habits {
        name: "tango (sim)",
        jitter_points: 0.35,
        juice_cents: 9,
        overround: 0.043,
    },
    Habits {
        name: "victor (sim)",
        jitter_points: 0.35,
        juice_cents: 12,
        overround: 0.052,
    },
];

/// The reference close.
const CLOSE: Habits = Habits {
    name: Book::NFLVERSE,
    jitter_points: 0.0,
    juice_cents: 10,
    overround: 0.047,
};

/// What is left of a team's form when the next game is added: an average over the last two and a half games.
const FORM_KEPT: f64 = 0.6;
/// Standard deviation in points of results around closes.
const RESULT_SD: f64 = 13.4;
/// The widest spread and the lowest and highest total the books write, inside what the feeds believe of real books.
const MAX_SPREAD: f64 = 26.0;
const TOTALS: (f64, f64) = (28.0, 66.0);
/// A step of price, and the change of probability it stands for near even money: -115/-105 is 51.1%.
const STEP_CENTS: i32 = 5;
const STEP_PROBABILITY: f64 = 0.0108;
/// Beyond -120 a book moves the line rather than the price.
const MAX_STEPS: f64 = 2.0;
/// Books do not write moneylines for more certain winners.
const SUREST: f64 = 0.97;

/// How a team's last games differed from their closing lines, in points.
#[derive(Clone, Copy, Debug, Default)]
struct Form {
    margin: f64,
    total: f64,
}

/// The market with its memory.
pub(super) struct MarketMaker {
    options: SimOptions,
    margin: MarginModel,
    total: TotalModel,
    form: [Form; 32],
}

impl MarketMaker {
    pub(super) fn new(options: SimOptions) -> MarketMaker {
        MarketMaker {
            options,
            margin: MarginModel::nfl_1999_2017(),
            total: TotalModel::nfl_1999_2017(),
            form: [Form::default(); 32],
        }
    }

    /// Forgets all form: nobody overreacts to a result of last season.
    pub(super) fn forget(&mut self) {
        self.form = [Form::default(); 32];
    }

    /// All quotes of a game, openers first, each book's in the order of [`Market::ALL`].
    pub(super) fn quote(&self, fixture: &Fixture, truth: Expectation, rng: &mut Pcg64Mcg) -> Vec<Quote> {
        let opener = self.opener(fixture, truth, rng);
        let close = blurred(truth, self.options.close_error_points, rng);
        let mut quotes = Vec::with_capacity(Market::ALL.len() * (OPENERS.len() + 1));
        for book in &OPENERS {
            let own = blurred(opener, book.jitter_points, rng);
            quotes.extend(Market::ALL.map(|m| self.offer(fixture, book, Moment::Open, m, own)));
        }
        quotes.extend(Market::ALL.map(|m| self.offer(fixture, &CLOSE, Moment::Close, m, close)));
        quotes
    }

    /// Takes note of a result against the game's closing lines.
    pub(super) fn learn(&mut self, fixture: &Fixture, quotes: &[Quote], score: Score) {
        let line = |market| {
            quotes
                .iter()
                .find(|q| q.moment == Moment::Close && q.market == market)
                .and_then(|q| q.line)
                .expect("the market maker closes every game's spread and total")
                .points()
        };
        let margin = f64::from(score.margin()) - line(Market::Spread);
        let total = f64::from(score.total()) - line(Market::Total);
        for (team, margin) in [(fixture.home, margin), (fixture.away, -margin)] {
            let form = &mut self.form[team.index()];
            form.margin = FORM_KEPT * form.margin + (1.0 - FORM_KEPT) * margin;
            form.total = FORM_KEPT * form.total + (1.0 - FORM_KEPT) * total;
        }
    }

    /// What the market expects when it opens: the truth, its overreaction, and noise.
    fn opener(&self, fixture: &Fixture, truth: Expectation, rng: &mut Pcg64Mcg) -> Expectation {
        let SimOptions {
            opener_error_points: error,
            predictable_share: share,
            ..
        } = self.options;
        let (home, away) = (self.form[fixture.home.index()], self.form[fixture.away.index()]);
        // The standard deviation that two teams' forms reach together after some weeks.
        let form_sd = RESULT_SD * (2.0 * (1.0 - FORM_KEPT) / (1.0 + FORM_KEPT)).sqrt();
        let reaction = error * share.sqrt() / form_sd;
        let followed = Expectation {
            margin: truth.margin + reaction * (home.margin - away.margin),
            total: truth.total + reaction * (home.total + away.total),
        };
        blurred(followed, error * (1.0 - share).sqrt(), rng)
    }

    fn offer(&self, fixture: &Fixture, book: &Habits, moment: Moment, market: Market, e: Expectation) -> Quote {
        let margin = e.margin.clamp(-MAX_SPREAD, MAX_SPREAD);
        let total = e.total.clamp(TOTALS.0, TOTALS.1);
        let (line, (first, second)) = match market {
            Market::Spread => {
                let (line, p) = fairest(margin, |line| self.margin.cover(margin, line).decided());
                (Some(line), shaded(book.juice_cents, p))
            }
            Market::Total => {
                let (line, p) = fairest(total, |line| self.total.over(total, line).decided());
                (Some(line), shaded(book.juice_cents, p))
            }
            Market::Moneyline => {
                let p = self.margin.cover(margin, HalfPoints(0)).decided();
                (None, moneyline(book.overround, p))
            }
        };
        Quote {
            game: fixture.id.clone(),
            book: Book::new(book.name),
            market,
            line,
            first: Some(first),
            second: Some(second),
            as_of: match moment {
                Moment::Close => fixture.kickoff,
                Moment::Open | Moment::Live => fixture.opens_at,
            },
            moment,
        }
    }
}

/// An expectation seen with an error of its own in margin and total.
fn blurred(e: Expectation, sd: f64, rng: &mut Pcg64Mcg) -> Expectation {
    Expectation {
        margin: e.margin + sd * normal(rng),
        total: e.total + sd * normal(rng),
    }
}

/// The half point nearest the expectation at which the first side is nearest one half, with its probability. Around three
/// points that is the key number itself and not the half point beside it, as with real books.
fn fairest(mean: f64, p_first: impl Fn(HalfPoints) -> Probability) -> (HalfPoints, Probability) {
    let nearest = (mean * 2.0).round() as i16;
    let mut best = (HalfPoints(nearest), p_first(HalfPoints(nearest)));
    for line in [HalfPoints(nearest - 1), HalfPoints(nearest + 1)] {
        let p = p_first(line);
        if unfairness(p) < unfairness(best.1) {
            best = (line, p);
        }
    }
    best
}

fn unfairness(p: Probability) -> f64 {
    (p.get() - 0.5).abs()
}

/// Prices of both sides near even money: the likelier side dearer by whole steps, the other cheaper by as many.
fn shaded(juice_cents: i32, p_first: Probability) -> (American, American) {
    let steps = ((p_first.get() - 0.5) / STEP_PROBABILITY)
        .round()
        .clamp(-MAX_STEPS, MAX_STEPS);
    let shift = steps as i32 * STEP_CENTS;
    (from_cents(juice_cents + shift), from_cents(juice_cents - shift))
}

/// The American price so many cents dearer than even money; below zero, cheaper.
fn from_cents(dearer: i32) -> American {
    let odds = if dearer > 0 { -100 - dearer } else { 100 - dearer };
    American::new(odds).expect("cents are counted from even money, so the magnitude is at least 100")
}

/// Prices of both teams to win. Half the margin goes on each side, which weighs more on the outsider, as real books do.
fn moneyline(overround: f64, p_home: Probability) -> (American, American) {
    let p = p_home.get().clamp(1.0 - SUREST, SUREST);
    let price = |p: f64| {
        let decimal = Decimal::new(1.0 / (p + overround / 2.0))
            .expect("fair probability and half the margin together stay below one and above a thousandth");
        nearest_american(decimal)
    };
    (price(p), price(1.0 - p))
}
