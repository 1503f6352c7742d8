//! `huddle odds`: the market maths of the daemon at hand for a person or a script, so that any number it prints can be checked.
//!
//! Every verb prints short lines for a terminal, or with `--json` one object with `schema_version` and the verb's own fields.
//! Probabilities are from 0 to 1.

mod clv;
mod convert;
mod devig;
mod kelly;

pub use clv::ClvArgs;
pub use convert::ConvertArgs;
pub use devig::DevigArgs;
pub use kelly::KellyArgs;

use crate::domain::money::Cents;
use crate::domain::price::{American, Decimal, PriceError};
use crate::domain::probability::{Probability, ProbabilityError};
use crate::market::clv::ClvError;
use crate::market::devig::DevigError;
use crate::market::kelly::WagerError;
use serde::Serialize;
use std::io::{self, Write};

/// Version of the `--json` objects; it changes when a field is renamed or removed, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// The verbs of `huddle odds`.
#[derive(Debug, clap::Subcommand)]
pub enum OddsCommand {
    /// Convert between American odds, decimal odds and probability.
    Convert(ConvertArgs),
    /// Remove the bookmaker's margin from the prices of one market.
    Devig(DevigArgs),
    /// Size a bet by the Kelly criterion.
    Kelly(KellyArgs),
    /// Value a bet by the closing line.
    ///
    /// Spread lines are the handicap of the side that was bet: --side home --taken-line -3 laid three points with the home
    /// team, --side away --taken-line +3 got them. Prices are American (-110, +150) or decimal (1.91). When the line has
    /// moved, the closing prices are carried to the taken line by the key numbers of 1999-2017.
    Clv(ClvArgs),
}

/// Why a verb of `huddle odds` gave no answer. All but the last two are about what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OddsError {
    /// No price exists, e.g. for a probability of one.
    #[error("no price: {0}")]
    Price(#[from] PriceError),
    /// The prices have no fair probabilities by this method.
    #[error("cannot remove the margin: {0}")]
    Devig(#[from] DevigError),
    /// Win and push are together more than certain.
    #[error("--p and --push: {0}")]
    Wager(#[from] WagerError),
    /// Bet and close do not belong together.
    #[error("cannot compare the bet with the close: {0}")]
    Clv(#[from] ClvError),
    /// The options contradict each other.
    #[error("{0}")]
    Usage(String),
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Write(#[from] io::Error),
    /// The answer could not be put into JSON.
    #[error("cannot write the answer as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Answers one verb on `out`.
///
/// # Errors
/// [`OddsError`]: its message says what to write instead.
pub fn run(cmd: &OddsCommand, out: &mut dyn Write) -> Result<(), OddsError> {
    match cmd {
        OddsCommand::Convert(args) => convert::run(args, out),
        OddsCommand::Devig(args) => devig::run(args, out),
        OddsCommand::Kelly(args) => kelly::run(args, out),
        OddsCommand::Clv(args) => clv::run(args, out),
    }
}

/// An answer with its version in front.
#[derive(Serialize)]
struct Versioned<T> {
    schema_version: u32,
    #[serde(flatten)]
    answer: T,
}

fn write_json<T: Serialize>(out: &mut dyn Write, answer: T) -> Result<(), OddsError> {
    let object = Versioned {
        schema_version: SCHEMA_VERSION,
        answer,
    };
    serde_json::to_writer(&mut *out, &object)?;
    Ok(writeln!(out)?)
}

fn number(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a number: write it like 1.91 or -3.5"))
}

fn american(text: &str) -> Result<American, String> {
    let odds = text
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a whole number: write it like -110 or +150"))?;
    American::new(odds).map_err(|e| e.to_string())
}

fn decimal(text: &str) -> Result<Decimal, String> {
    Decimal::new(number(text)?).map_err(|e: PriceError| e.to_string())
}

/// A price in either form: whole numbers from 100 in magnitude are American, anything between 1 and 100 is decimal.
fn price(text: &str) -> Result<Decimal, String> {
    let value = number(text)?;
    if value > 1.0 && value < 100.0 {
        decimal(text)
    } else {
        american(text).map(American::decimal).map_err(|_| {
            format!("`{text}` is not a price: write American odds like -110 or +150, or decimal odds like 1.91")
        })
    }
}

fn probability(text: &str) -> Result<Probability, String> {
    Probability::new(number(text)?).map_err(|e: ProbabilityError| format!("{e}, e.g. 0.55"))
}

fn money(text: &str) -> Result<Cents, String> {
    let amount = Cents::parse(text).map_err(|e| e.to_string())?;
    if amount >= Cents::ZERO {
        Ok(amount)
    } else {
        Err(format!(
            "a bankroll of {amount} is not positive: write what there is to bet with, e.g. 1000"
        ))
    }
}

#[cfg(test)]
mod tests;
