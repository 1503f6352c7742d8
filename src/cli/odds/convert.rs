//! `huddle odds convert`: one price in its three forms.

use super::{OddsError, american, decimal, probability, write_json};
use crate::domain::price::{American, Decimal};
use crate::domain::probability::Probability;
use crate::market::odds;
use serde::Serialize;
use std::io::Write;

/// What to convert: exactly one of the three forms.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("form").required(true))]
pub struct ConvertArgs {
    /// American odds, e.g. -110 or +150
    #[arg(long, value_name = "ODDS", value_parser = american, allow_negative_numbers = true, group = "form")]
    pub american: Option<American>,
    /// Decimal odds, e.g. 1.91
    #[arg(long, value_name = "ODDS", value_parser = decimal, allow_negative_numbers = true, group = "form")]
    pub decimal: Option<Decimal>,
    /// A probability from 0 to 1, e.g. 0.55
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true, group = "form")]
    pub probability: Option<Probability>,
    /// Print one JSON object: american, decimal, probability
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Answer {
    american: f64,
    decimal: f64,
    probability: f64,
}

pub(super) fn run(args: &ConvertArgs, out: &mut dyn Write) -> Result<(), OddsError> {
    let price = match (args.american, args.decimal, args.probability) {
        (Some(american), None, None) => american.decimal(),
        (None, Some(decimal), None) => decimal,
        (None, None, Some(p)) => odds::fair_price(p)?,
        _ => {
            return Err(OddsError::Usage(
                "give one of --american, --decimal and --probability".to_owned(),
            ));
        }
    };
    // What was given is repeated exactly; a way there and back would change its last digit.
    let american = args
        .american
        .map_or_else(|| odds::exact_american(price), |a| f64::from(a.get()));
    let probability = args.probability.unwrap_or_else(|| odds::break_even(price)).get();
    let answer = Answer {
        american,
        decimal: price.get(),
        probability,
    };
    if args.json {
        return write_json(out, answer);
    }
    writeln!(
        out,
        "american     {:>12}   exact {american:+.2}",
        odds::nearest_american(price)
    )?;
    writeln!(out, "decimal      {:>12.4}   returned on a stake of 1", price.get())?;
    writeln!(out, "probability  {probability:>12.4}   to break even")?;
    Ok(())
}
