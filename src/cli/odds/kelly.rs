//! `huddle odds kelly`: what a bet is worth and how much of a bankroll it deserves.

use super::{OddsError, american, decimal, money, number, probability, write_json};
use crate::domain::money::Cents;
use crate::domain::price::{American, Decimal};
use crate::domain::probability::Probability;
use crate::market::kelly::Wager;
use serde::Serialize;
use std::io::Write;

/// A bet and how boldly to play it.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("price").required(true))]
pub struct KellyArgs {
    /// Probability of a win, from 0 to 1
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub p: Probability,
    /// Probability of a push, from 0 to 1
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true, default_value = "0")]
    pub push: Probability,
    /// Price as decimal odds, e.g. 1.91
    #[arg(long, value_name = "ODDS", value_parser = decimal, allow_negative_numbers = true, group = "price")]
    pub decimal: Option<Decimal>,
    /// Price as American odds, e.g. -110
    #[arg(long, value_name = "ODDS", value_parser = american, allow_negative_numbers = true, group = "price")]
    pub american: Option<American>,
    /// Share of full Kelly to stake, from 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true, default_value = "0.25")]
    pub fraction: f64,
    /// Bankroll in currency units, e.g. 1000 or 1000.00; adds the stake in money
    #[arg(long, value_name = "MONEY", value_parser = money, allow_negative_numbers = true)]
    pub bankroll: Option<Cents>,
    /// Print one JSON object: kelly (full), growth (at full), stake_fraction, stake_growth, ev, fraction, stake_cents
    #[arg(long)]
    pub json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(format!(
            "{value} is not a share of Kelly: write a number from 0 to 1, e.g. 0.25"
        ))
    }
}

#[derive(Serialize)]
struct Answer {
    /// Full Kelly as a share of the bankroll.
    kelly: f64,
    /// What to stake: `kelly * fraction`.
    stake_fraction: f64,
    /// Expected profit on a stake of 1.
    ev: f64,
    /// Expected log growth at full Kelly.
    growth: f64,
    /// Expected log growth at `stake_fraction`.
    stake_growth: f64,
    fraction: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stake_cents: Option<i64>,
}

pub(super) fn run(args: &KellyArgs, out: &mut dyn Write) -> Result<(), OddsError> {
    let price = match (args.decimal, args.american) {
        (Some(decimal), None) => decimal,
        (None, Some(american)) => american.decimal(),
        _ => {
            return Err(OddsError::Usage(
                "give the price as one of --decimal and --american".to_owned(),
            ));
        }
    };
    let wager = Wager::new(args.p, args.push, price)?;
    let (kelly, stake) = (wager.kelly(), wager.fractional(args.fraction));
    let answer = Answer {
        kelly,
        stake_fraction: stake,
        ev: wager.ev(),
        growth: wager.growth(kelly),
        stake_growth: wager.growth(stake),
        fraction: args.fraction,
        stake_cents: args.bankroll.map(|b| b.fraction(stake).0),
    };
    if args.json {
        return write_json(out, answer);
    }
    writeln!(out, "ev          {:>+9.2}%  of the stake", 100.0 * answer.ev)?;
    writeln!(out, "full kelly  {:>9.2}%  of the bankroll", 100.0 * kelly)?;
    writeln!(
        out,
        "stake       {:>9.2}%  of the bankroll, {} of full",
        100.0 * stake,
        args.fraction
    )?;
    writeln!(
        out,
        "growth      {:>9.4}%  a bet at this stake",
        100.0 * answer.stake_growth
    )?;
    if let Some(cents) = answer.stake_cents {
        writeln!(out, "stake       {:>10}  in money, rounded down", Cents(cents))?;
    }
    if kelly == 0.0 {
        writeln!(out, "no edge at this price: the stake is zero")?;
    }
    Ok(())
}
