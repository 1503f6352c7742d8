//! `huddle odds clv`: a bet against the close, in points and in probability.
//!
//! People write a spread as the handicap of their own side (home -3, away +3); inside, a spread is positive when the home
//! team is favoured. The sign turns here and nowhere else.

use super::{OddsError, number, price, write_json};
use crate::domain::line::HalfPoints;
use crate::domain::price::Decimal;
use crate::domain::quote::Side;
use crate::market::clv::{Close, Taken, clv};
use crate::market::{DevigMethod, MarginModel, TotalModel};
use clap::builder::PossibleValue;
use serde::Serialize;
use std::cmp::Ordering;
use std::io::Write;

/// Kinds of bet on one game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MarketKind {
    /// Against a handicap.
    Spread,
    /// Over or under.
    Total,
    /// To win outright.
    Moneyline,
}

/// A bet and the close of its market.
#[derive(Debug, clap::Args)]
pub struct ClvArgs {
    /// Kind of bet
    #[arg(long, value_enum)]
    pub market: MarketKind,
    /// Side that was bet: home or away, or over or under for a total
    #[arg(long, value_enum)]
    pub side: Side,
    /// Line that was bet: the handicap of the side (home favourite by 3: -3), or the total
    #[arg(long, value_name = "POINTS", value_parser = line, allow_negative_numbers = true)]
    pub taken_line: Option<HalfPoints>,
    /// Price that was bet
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    pub taken_price: Decimal,
    /// Closing line, written as the taken line
    #[arg(long, value_name = "POINTS", value_parser = line, allow_negative_numbers = true)]
    pub close_line: Option<HalfPoints>,
    /// Closing price of the side that was bet
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    pub close_price: Decimal,
    /// Closing price of the other side
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    pub close_other_price: Decimal,
    /// How the margin is taken out of the closing prices
    #[arg(long, value_enum, default_value_t = DevigMethod::Shin)]
    pub method: DevigMethod,
    /// Print one JSON object: points, probability, percent, fair_close, break_even
    #[arg(long)]
    pub json: bool,
}

fn line(text: &str) -> Result<HalfPoints, String> {
    HalfPoints::new(number(text)?).map_err(|e| e.to_string())
}

/// In lower case, as in JSON.
impl clap::ValueEnum for Side {
    fn value_variants<'a>() -> &'a [Side] {
        &[Side::Home, Side::Away, Side::Over, Side::Under]
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Side::Home => "home",
            Side::Away => "away",
            Side::Over => "over",
            Side::Under => "under",
        }))
    }
}

#[derive(Serialize)]
struct Answer {
    /// By how many points the line moved our way, negative against us; null for a moneyline.
    points: Option<f64>,
    /// Fair closing probability minus break-even, from -1 to 1.
    probability: f64,
    /// `100 * (fair_close - break_even) / break_even`.
    percent: f64,
    fair_close: f64,
    break_even: f64,
}

pub(super) fn run(args: &ClvArgs, out: &mut dyn Write) -> Result<(), OddsError> {
    let (taken_line, close_line) = lines(args)?;
    let taken = Taken {
        side: args.side,
        line: taken_line,
        price: args.taken_price,
    };
    let close = Close {
        line: close_line,
        price: args.close_price,
        other_price: args.close_other_price,
    };
    let (margins, totals) = (MarginModel::nfl_1999_2017(), TotalModel::nfl_1999_2017());
    let value = clv(&taken, &close, args.method, &margins, &totals)?;
    let answer = Answer {
        points: value.points.map(HalfPoints::points),
        probability: value.probability(),
        percent: 100.0 * value.relative(),
        fair_close: value.fair.get(),
        break_even: value.break_even.get(),
    };
    if args.json {
        return write_json(out, answer);
    }
    match answer.points {
        Some(points) => {
            let way = match points.total_cmp(&0.0) {
                Ordering::Greater => "the line moved our way",
                Ordering::Equal => "the line stood",
                Ordering::Less => "the line moved against us",
            };
            writeln!(out, "points       {points:>+8.1}   {way}")?;
        }
        None => writeln!(out, "points       {:>8}   a moneyline has none", "n/a")?,
    }
    let (fair, needed) = (100.0 * answer.fair_close, 100.0 * answer.break_even);
    writeln!(
        out,
        "fair close   {fair:>7.2}%   of the bet taken, margin removed ({})",
        args.method
    )?;
    writeln!(out, "break-even   {needed:>7.2}%   at the price taken")?;
    writeln!(
        out,
        "probability  {:>+7.2}pp  fair close minus break-even",
        100.0 * answer.probability
    )?;
    writeln!(
        out,
        "percent      {:>+7.2}%   of break-even: the expected profit by the close",
        answer.percent
    )?;
    Ok(())
}

/// Checks that market, side and lines belong together, and turns handicaps into spreads.
fn lines(args: &ClvArgs) -> Result<(Option<HalfPoints>, Option<HalfPoints>), OddsError> {
    let usage = |text: &str| Err(OddsError::Usage(text.to_owned()));
    match (args.market, args.side.of_total()) {
        (MarketKind::Total, false) => return usage("a total is bet --side over or --side under"),
        (MarketKind::Spread | MarketKind::Moneyline, true) => {
            return usage("over and under are sides of --market total: write --side home or --side away");
        }
        _ => {}
    }
    match (args.market, args.taken_line, args.close_line) {
        (MarketKind::Moneyline, None, None) => Ok((None, None)),
        (MarketKind::Moneyline, ..) => usage("a moneyline has no line: leave out --taken-line and --close-line"),
        (_, Some(taken), Some(close)) => {
            let spread = |line: HalfPoints| if args.side == Side::Home { -line } else { line };
            Ok((Some(spread(taken)), Some(spread(close))))
        }
        _ => usage(
            "a spread or total needs both --taken-line and --close-line, e.g. --taken-line -3 --close-line -3.5",
        ),
    }
}
