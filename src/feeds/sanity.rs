//! Prices held against one another: one far from the others is more likely a mistake than a chance, and an old one is no
//! price at all.

use super::{Parsed, Rejected};
use crate::domain::game::GameId;
use crate::domain::quote::{Market, Quote};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How far and how old a quote may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Books a market must have before any of them is judged: of two that differ nobody can say which is wrong.
    pub min_books: usize,
    /// Points between a spread and the median of the others. Books differ by half a point, around injuries by two.
    pub spread_points: f64,
    /// Points between a total and the median of the others.
    pub total_points: f64,
    /// Probability between a moneyline and the median of the others, margin removed in proportion: about what three points
    /// of spread are worth.
    pub moneyline_probability: f64,
    /// The oldest a quote may be.
    pub max_age: TimeDelta,
}

impl Default for Limits {
    /// For storing and showing: a day, after which a price is history.
    fn default() -> Limits {
        Limits {
            min_books: 3,
            spread_points: 3.0,
            total_points: 4.0,
            moneyline_probability: 0.10,
            max_age: TimeDelta::hours(24),
        }
    }
}

impl Limits {
    /// For a decision: a quarter of an hour, the longest a book leaves a stale line standing on a game day.
    pub fn for_decisions() -> Limits {
        Limits {
            max_age: TimeDelta::minutes(15),
            ..Limits::default()
        }
    }

    fn of(&self, market: Market) -> f64 {
        match market {
            Market::Spread => self.spread_points,
            Market::Total => self.total_points,
            Market::Moneyline => self.moneyline_probability,
        }
    }
}

/// Moves quotes that are too old or too far from the others to the rejections.
pub fn check(parsed: Parsed<Quote>, now: DateTime<Utc>, limits: &Limits) -> Parsed<Quote> {
    let mut rejected = parsed.rejected;
    let (fresh, old): (Vec<_>, Vec<_>) = parsed
        .rows
        .into_iter()
        .partition(|(_, quote)| now - quote.as_of <= limits.max_age);
    rejected.extend(old.iter().map(|(line, quote)| {
        let reason = format!(
            "older than allowed: {} at {now}, at most {} min",
            quote.as_of,
            limits.max_age.num_minutes()
        );
        reject(*line, quote, reason)
    }));
    let mut markets: BTreeMap<(GameId, Market), Vec<f64>> = BTreeMap::new();
    for (_, quote) in &fresh {
        let value = value(quote);
        markets
            .entry((quote.game.clone(), quote.market))
            .or_default()
            .extend(value);
    }
    for values in markets.values_mut() {
        values.sort_by(f64::total_cmp);
    }
    let mut rows = Vec::with_capacity(fresh.len());
    for (line, quote) in fresh {
        let others = markets.get(&(quote.game.clone(), quote.market));
        match others.and_then(|values| far(&quote, values, limits)) {
            Some(reason) => rejected.push(reject(line, &quote, reason)),
            None => rows.push((line, quote)),
        }
    }
    Parsed {
        rows,
        rejected,
        corrected: parsed.corrected,
        n_rows: parsed.n_rows,
    }
}

/// Line in points, or probability of the first side; `None` when the quote cannot be compared.
fn value(quote: &Quote) -> Option<f64> {
    match quote.market {
        Market::Spread | Market::Total => quote.line.map(|line| line.points()),
        Market::Moneyline => {
            let implied = |p: crate::domain::price::American| 1.0 / p.decimal().get();
            let (first, second) = (implied(quote.first?), implied(quote.second?));
            Some(first / (first + second))
        }
    }
}

/// Why a quote is too far from the others, when it is. `values` are those of all books, its own included, in order.
fn far(quote: &Quote, values: &[f64], limits: &Limits) -> Option<String> {
    let own = value(quote)?;
    if values.len() < limits.min_books {
        return None;
    }
    let mut others = values.to_vec();
    let at = others.iter().position(|x| *x == own)?;
    others.remove(at);
    // With an even number of others every number between the two in the middle is their median.
    let (low, high) = (others.get((others.len() - 1) / 2)?, others.get(others.len() / 2)?);
    let distance = (low - own).max(own - high).max(0.0);
    let most = limits.of(quote.market);
    let middle = (low + high) / 2.0;
    (distance > most).then(|| {
        format!("far from the other books: {own:.3} against a median of {middle:.3}, at most {most} is believed")
    })
}

fn reject(line: u64, quote: &Quote, reason: String) -> Rejected {
    Rejected {
        line,
        game_id: Some(quote.game.as_str().to_owned()),
        field: quote.market.name().to_owned(),
        reason,
        raw: serde_json::to_string(quote).unwrap_or_else(|_| format!("{quote:?}")),
    }
}
