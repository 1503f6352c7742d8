//! `huddle odds devig`: fair probabilities, and how far the methods disagree.

use super::{OddsError, american, decimal, write_json};
use crate::domain::price::{American, Decimal};
use crate::market::devig::{DevigError, DevigMethod, Fair, devig};
use crate::market::odds;
use clap::builder::PossibleValue;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// The prices of all outcomes of one market.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("prices").required(true))]
pub struct DevigArgs {
    /// Decimal odds of all outcomes, separated by commas, e.g. 1.91,1.95
    #[arg(long, value_name = "ODDS", value_delimiter = ',', value_parser = decimal, allow_hyphen_values = true,
        group = "prices")]
    pub decimal: Vec<Decimal>,
    /// American odds of all outcomes, separated by commas, e.g. -110,-110
    #[arg(long, value_name = "ODDS", value_delimiter = ',', value_parser = american, allow_hyphen_values = true,
        group = "prices")]
    pub american: Vec<American>,
    /// One method; without it all five are shown with the range between them
    #[arg(long, value_enum)]
    pub method: Option<DevigMethod>,
    /// Print one JSON object: method, probabilities, overround, hold, parameter; without --method `methods` holds them by name
    #[arg(long)]
    pub json: bool,
}

/// The names on the command line are those of [`DevigMethod::name`].
impl clap::ValueEnum for DevigMethod {
    fn value_variants<'a>() -> &'a [DevigMethod] {
        &DevigMethod::ALL
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

#[derive(Serialize)]
struct One {
    method: DevigMethod,
    probabilities: Vec<f64>,
    overround: f64,
    hold: f64,
    parameter: Option<f64>,
}

#[derive(Serialize)]
struct ByMethod {
    probabilities: Vec<f64>,
    parameter: Option<f64>,
}

#[derive(Serialize)]
struct All {
    overround: f64,
    hold: f64,
    /// Null for a method that has no answer.
    methods: BTreeMap<&'static str, Option<ByMethod>>,
    /// Largest minus smallest probability of each outcome over the methods.
    range: Vec<f64>,
}

pub(super) fn run(args: &DevigArgs, out: &mut dyn Write) -> Result<(), OddsError> {
    let mut prices = args.decimal.clone();
    prices.extend(args.american.iter().map(|a| a.decimal()));
    match args.method {
        Some(method) => one(&prices, method, args.json, out),
        None => all(&prices, args.json, out),
    }
}

fn numbers(fair: &Fair) -> Vec<f64> {
    fair.probabilities.iter().map(|p| p.get()).collect()
}

fn one(prices: &[Decimal], method: DevigMethod, json: bool, out: &mut dyn Write) -> Result<(), OddsError> {
    let fair = devig(prices, method)?;
    if json {
        return write_json(
            out,
            One {
                method,
                probabilities: numbers(&fair),
                overround: fair.overround,
                hold: odds::hold(fair.overround),
                parameter: fair.parameter,
            },
        );
    }
    write_margin(fair.overround, out)?;
    write_row(method, &Ok(fair), out)
}

fn all(prices: &[Decimal], json: bool, out: &mut dyn Write) -> Result<(), OddsError> {
    if prices.len() < 2 {
        return Err(DevigError::TooFewOutcomes(prices.len()).into());
    }
    let rows = DevigMethod::ALL.map(|method| (method, devig(prices, method)));
    let overround = odds::overround(prices);
    let range = range(prices.len(), rows.iter().filter_map(|(_, fair)| fair.as_ref().ok()));
    if json {
        let methods = rows.iter().map(|(method, fair)| {
            let answer = fair.as_ref().ok().map(|fair| ByMethod {
                probabilities: numbers(fair),
                parameter: fair.parameter,
            });
            (method.name(), answer)
        });
        return write_json(
            out,
            All {
                overround,
                hold: odds::hold(overround),
                methods: methods.collect(),
                range,
            },
        );
    }
    write_margin(overround, out)?;
    for (method, fair) in &rows {
        write_row(*method, fair, out)?;
    }
    write!(out, "{:<15}", "range")?;
    for width in range {
        write!(out, " {:>8.2}%", 100.0 * width)?;
    }
    Ok(writeln!(out, "  between the methods")?)
}

/// Largest minus smallest probability of each outcome.
fn range<'a>(outcomes: usize, fairs: impl Iterator<Item = &'a Fair>) -> Vec<f64> {
    let mut ends = vec![(1.0f64, 0.0f64); outcomes];
    for fair in fairs {
        for (end, p) in ends.iter_mut().zip(&fair.probabilities) {
            *end = (end.0.min(p.get()), end.1.max(p.get()));
        }
    }
    ends.into_iter().map(|(low, high)| high - low).collect()
}

fn write_margin(overround: f64, out: &mut dyn Write) -> Result<(), OddsError> {
    let hold = odds::hold(overround);
    Ok(writeln!(
        out,
        "overround {:.2}%, hold {:.2}%",
        100.0 * overround,
        100.0 * hold
    )?)
}

fn write_row(method: DevigMethod, fair: &Result<Fair, DevigError>, out: &mut dyn Write) -> Result<(), OddsError> {
    write!(out, "{method:<15}")?;
    match fair {
        Ok(fair) => {
            for p in &fair.probabilities {
                write!(out, " {:>8.2}%", 100.0 * p.get())?;
            }
            let name = if method == DevigMethod::Power { "k" } else { "z" };
            match fair.parameter {
                Some(value) => writeln!(out, "  {name} {value:.4}")?,
                None => writeln!(out)?,
            }
        }
        Err(error) => writeln!(out, " n/a: {error}")?,
    }
    Ok(())
}
