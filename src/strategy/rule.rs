//! A strategy: a market, a moment, conditions and a stake, always in canonical form.

use super::condition::{Condition, Hundredths};
use super::feature::{Feature, Flag, Known};
use super::stake::Stake;
use crate::domain::quote::Market;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A betting rule in canonical form: conditions sorted, one for each subject, every bound within its limits. Two rules
/// that say the same in another order are equal and share one [`StrategyId`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Strategy {
    market: Market,
    at: Known,
    conditions: Vec<Condition>,
    stake: Stake,
}

/// More conditions than these fit any history by accident.
pub const MAX_CONDITIONS: usize = 8;

/// Why parts make no strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// A bet is made while a price is on offer.
    #[error("a bet is made at the open or at the close, never after the game")]
    Moment,
    /// Too many conditions.
    #[error("{0} conditions are more than the {MAX_CONDITIONS} a strategy may have")]
    TooMany(usize),
    /// A bound outside of what the feature can be.
    #[error("{feature} cannot be {value}: bounds lie within {low}..{high}")]
    OutOfRange {
        /// The feature.
        feature: Feature,
        /// The bound.
        value: Hundredths,
        /// The least.
        low: Hundredths,
        /// The most.
        high: Hundredths,
    },
    /// A condition without a bound.
    #[error("{0} needs a bound: `>= 1`, `<= 1` or `in 1..2`")]
    Unbounded(Feature),
    /// Conditions that no bet fulfils.
    #[error("`{0}` contradicts another condition: no bet fulfils both")]
    Contradiction(Condition),
    /// A side the market does not have.
    #[error("a {market} bet has no {side}")]
    WrongSide {
        /// The market.
        market: &'static str,
        /// The word.
        side: &'static str,
    },
    /// A stake that is none.
    #[error("{0}")]
    Stake(String),
}

/// The word of a market in the language.
pub fn market_word(market: Market) -> &'static str {
    match market {
        Market::Spread => "spread",
        Market::Total => "total",
        Market::Moneyline => "moneyline",
    }
}

impl Strategy {
    /// Puts parts into canonical form: conditions on one subject become one.
    ///
    /// # Errors
    /// [`Unsound`] says which part does not fit and what would.
    pub fn new(market: Market, at: Known, conditions: Vec<Condition>, stake: Stake) -> Result<Strategy, Unsound> {
        if at == Known::After {
            return Err(Unsound::Moment);
        }
        if let Some(fault) = stake.fault() {
            return Err(Unsound::Stake(fault));
        }
        let mut merged: Vec<Condition> = Vec::new();
        for condition in conditions {
            check(market, &condition)?;
            let condition = match merged.iter().position(|c| c.same_subject(&condition)) {
                Some(at) => both(merged.swap_remove(at), condition)?,
                None => condition,
            };
            merged.push(condition);
        }
        if merged.len() > MAX_CONDITIONS {
            return Err(Unsound::TooMany(merged.len()));
        }
        merged.sort();
        Ok(Strategy {
            market,
            at,
            conditions: merged,
            stake,
        })
    }

    /// The market it bets on.
    pub fn market(&self) -> Market {
        self.market
    }

    /// When it bets.
    pub fn at(&self) -> Known {
        self.at
    }

    /// Its conditions in canonical order; all must hold.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// What it stakes.
    pub fn stake(&self) -> &Stake {
        &self.stake
    }

    /// The same rule with other conditions.
    ///
    /// # Errors
    /// [`Unsound`] as [`Strategy::new`].
    pub fn with_conditions(&self, conditions: Vec<Condition>) -> Result<Strategy, Unsound> {
        Strategy::new(self.market, self.at, conditions, self.stake.clone())
    }

    /// The same rule with another stake.
    ///
    /// # Errors
    /// [`Unsound`] when the stake is none.
    pub fn with_stake(&self, stake: Stake) -> Result<Strategy, Unsound> {
        Strategy::new(self.market, self.at, self.conditions.clone(), stake)
    }

    /// How much freedom it had to fit the past: one for each bound and flag, and one for a stake that follows a source.
    pub fn complexity(&self) -> u32 {
        self.conditions.iter().map(Condition::complexity).sum::<u32>() + self.stake.complexity()
    }

    /// The first twelve hexadecimal digits of the SHA-256 of the canonical text.
    pub fn id(&self) -> StrategyId {
        let digest = Sha256::digest(self.to_string());
        StrategyId(digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The name of a strategy: what it says, hashed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StrategyId(pub String);

impl fmt::Display for StrategyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn check(market: Market, condition: &Condition) -> Result<(), Unsound> {
    match condition {
        Condition::Within { feature, low, high } => {
            let (least, most) = feature.limits();
            if low.is_none() && high.is_none() {
                return Err(Unsound::Unbounded(feature.clone()));
            }
            for value in [low, high].into_iter().flatten() {
                if value.0 < least || value.0 > most {
                    return Err(Unsound::OutOfRange {
                        feature: feature.clone(),
                        value: *value,
                        low: Hundredths(least),
                        high: Hundredths(most),
                    });
                }
            }
            if low.zip(*high).is_some_and(|(low, high)| low > high) {
                return Err(Unsound::Contradiction(condition.clone()));
            }
            Ok(())
        }
        Condition::Is { flag, .. } => {
            let wrong = |side| {
                Err(Unsound::WrongSide {
                    market: market_word(market),
                    side,
                })
            };
            match (market, flag) {
                (Market::Total, Flag::Home) => wrong("home or away"),
                (Market::Total, Flag::Favourite) => wrong("favourite or underdog"),
                (Market::Spread | Market::Moneyline, Flag::Over) => wrong("over or under"),
                _ => Ok(()),
            }
        }
    }
}

/// Two conditions on one subject as one.
fn both(a: Condition, b: Condition) -> Result<Condition, Unsound> {
    let none = || Unsound::Contradiction(b.clone());
    match (&a, &b) {
        (
            Condition::Within { feature, low, high },
            Condition::Within {
                low: other_low,
                high: other_high,
                ..
            },
        ) => {
            let low = (*low).max(*other_low);
            let high = match (high, other_high) {
                (Some(x), Some(y)) => Some(*x.min(y)),
                (one, other) => one.or(*other),
            };
            if low.zip(high).is_some_and(|(low, high)| low > high) {
                return Err(none());
            }
            let feature = feature.clone();
            Ok(Condition::Within { feature, low, high })
        }
        (Condition::Is { up, .. }, Condition::Is { up: other, .. }) if up == other => Ok(a),
        _ => Err(none()),
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", market_word(self.market), self.at.name())?;
        for (i, condition) in self.conditions.iter().enumerate() {
            let word = if i == 0 { "when" } else { "and" };
            write!(f, " {word} {condition}")?;
        }
        write!(f, " stake {}", self.stake)
    }
}
