//! What makes the numbers of one market believable, said once for every file that brings lines and prices.
//!
//! The bounds are far outside anything a bookmaker has offered on an NFL game, so they catch typing errors, swapped
//! columns and decimal odds, and never an unusual game.

use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::Market;
use std::ops::RangeInclusive;

/// The widest spread ever closed was 27.
const MAX_SPREAD: f64 = 30.0;
/// Closing totals since 1999 lie between 30 and 64.
const TOTALS: RangeInclusive<f64> = 20.0..=80.0;
/// Both prices of one market, as implied probabilities, minus one. Below, betting both sides wins; above, no book lives.
const OVERROUNDS: RangeInclusive<f64> = -0.02..=0.25;

/// One market as a file states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Raw {
    pub market: Market,
    /// Spread with the home team favoured when positive, or total, in points; `None` for the moneyline.
    pub line: Option<f64>,
    /// Price of home or over.
    pub first: Option<f64>,
    /// Price of away or under.
    pub second: Option<f64>,
}

/// One market after its checks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Checked {
    pub market: Market,
    pub line: Option<HalfPoints>,
    pub first: Option<American>,
    pub second: Option<American>,
}

impl Raw {
    /// `None` when the file says nothing about the market.
    ///
    /// # Errors
    /// The reason why the market is not believable.
    pub(super) fn check(self) -> Result<Option<Checked>, String> {
        let has_price = self.first.is_some() || self.second.is_some();
        let line = match (self.market, self.line) {
            (Market::Moneyline, _) if !has_price => return Ok(None),
            (Market::Moneyline, _) => None,
            (_, None) if has_price => return Err("prices without a line".to_owned()),
            (_, None) => return Ok(None),
            (market, Some(points)) => Some(line(market, points)?),
        };
        let first = self.first.map(american).transpose()?;
        let second = self.second.map(american).transpose()?;
        if let (Some(a), Some(b)) = (first, second) {
            let overround = 1.0 / a.decimal().get() + 1.0 / b.decimal().get() - 1.0;
            if !OVERROUNDS.contains(&overround) {
                return Err(format!(
                    "prices no book offers together: {a} and {b} have an overround of {:.1}%, outside -2% to 25%",
                    overround * 100.0
                ));
            }
        }
        Ok(Some(Checked {
            market: self.market,
            line,
            first,
            second,
        }))
    }
}

fn line(market: Market, points: f64) -> Result<HalfPoints, String> {
    if market == Market::Spread && points.abs() > MAX_SPREAD {
        return Err(format!("absurd spread: {points} is beyond {MAX_SPREAD} points"));
    }
    if market == Market::Total && !TOTALS.contains(&points) {
        let (low, high) = (TOTALS.start(), TOTALS.end());
        return Err(format!("absurd total: {points} is not between {low} and {high} points"));
    }
    HalfPoints::new(points).map_err(|e| format!("not a line: {e}"))
}

fn american(price: f64) -> Result<American, String> {
    let whole = price.fract() == 0.0 && price.abs() <= f64::from(i32::MAX);
    whole
        .then(|| American::new(price as i32).ok())
        .flatten()
        .ok_or_else(|| {
            format!("not an American price: {price} must be a whole number, +100 or more or -100 or less")
        })
}
