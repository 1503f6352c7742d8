//! What a reader must be told before any figure: worse than the closing line, not told from luck, the pick of many.

use super::block::Block;
use super::curve::yield_by_close;
use super::row::clv_unit;
use crate::backtest::format::{interval, number, percent, rate};
use crate::domain::quote::Market;
use crate::stats::power::bets_needed;

/// A p-value or a doubt above this is not evidence.
const DOUBT: f64 = 0.05;
/// A true rate that would be worth having.
const TRUE_RATE: f64 = 0.55;

/// The lines: the judging seasons first.
pub(super) fn lines(judged: &Block, chosen: &Block, market: Market, n_trials: u64) -> Vec<String> {
    let mut lines = Vec::new();
    if judged.headline.performance.n_bets == 0 {
        lines.push(
            "Nothing here judges the rule: it has no bet in a season after those that parameters were chosen on."
                .to_owned(),
        );
    }
    for block in [judged, chosen] {
        if block.headline.performance.n_bets == 0 {
            continue;
        }
        let said = [
            against_close(block, market),
            against_expectation(block, market),
            against_luck(block),
            against_break_even(block, market),
            against_search(block, n_trials),
            against_line(block),
        ];
        lines.extend(
            said.into_iter()
                .flatten()
                .map(|line| format!("[{}] {line}", block.label)),
        );
    }
    lines
}

/// Closing line value tells an edge some ten times sooner than results do.
fn against_close(block: &Block, market: Market) -> Option<String> {
    let clv = block.headline.performance.clv;
    let (mean, unit) = (clv.mean?, clv_unit(market));
    let text = format!("{} {unit} a bet, n {}", interval(clv, 1.0, 2, true), clv.n);
    let verdict = match clv.ci95 {
        _ if mean <= 0.0 => "WORSE than the closing line: closing line value",
        Some([low, _]) if low > 0.0 => "Better than the closing line: closing line value",
        _ => "NOT told from the closing line: closing line value",
    };
    Some(format!("{verdict} {text}."))
}

/// Results that the closing line does not explain are luck or a leak more often than an edge the market never sees.
fn against_expectation(block: &Block, market: Market) -> Option<String> {
    let p = &block.headline.performance;
    let ([low, _], promised) = (p.roi_110.ci95?, yield_by_close(p.clv.mean?));
    if market == Market::Moneyline || low <= promised {
        return None;
    }
    Some(format!(
        "NOT explained by the closing line: the yield is {}% where its closing line value promises {}%; what is above that \
         is luck or a leak until shown otherwise.",
        interval(p.roi_110, 100.0, 1, true),
        number(100.0 * promised, 1, true)
    ))
}

fn against_luck(block: &Block) -> Option<String> {
    let chance = block.headline.chance;
    let p = chance.p?;
    let verdict = if p > DOUBT {
        "NOT told from luck"
    } else {
        "Unlikely as luck"
    };
    let n_reached = (p * (chance.n_draws + 1) as f64).round() as u64 - 1;
    Some(format!(
        "{verdict}: {n_reached} of {} random records with as many bets earned as much (p {}).",
        chance.n_draws,
        number(p, 4, false)
    ))
}

fn against_break_even(block: &Block, market: Market) -> Option<String> {
    let headline = &block.headline;
    let own = headline.performance.win_rate;
    let (low, needed) = (own.wilson95?.low.get(), headline.break_even?);
    let verdict = if own.rate? <= needed {
        "LOSES at its prices"
    } else if low <= needed {
        "Break-even is NOT ruled out"
    } else {
        "Above break-even"
    };
    let n_needed = bets_needed(TRUE_RATE).filter(|_| market != Market::Moneyline);
    let more = n_needed.map(|n| format!("; a true 55% shows in {n} decided bets at -110, it has {}", own.n));
    Some(format!(
        "{verdict}: it won {} of {} decided bets, the prices need {}{}.",
        rate(own),
        own.n,
        percent(Some(needed), 1),
        more.unwrap_or_default()
    ))
}

fn against_search(block: &Block, n_trials: u64) -> Option<String> {
    let family = &block.family;
    let deflated = family.deflation?.deflated?;
    let verdict = if deflated < 1.0 - DOUBT {
        "NOT more than the search"
    } else {
        "More than the search"
    };
    let noise = family.noise.as_ref().map(|noise| {
        format!(
            "; choosing among its neighbours finds noise with probability {} (.5 is pure noise)",
            number(noise.pbo, 2, false)
        )
    });
    let counted = match (n_trials, family.n_trials.saturating_sub(n_trials.max(1))) {
        (1, 0) => "it alone was tried".to_owned(),
        (1, n) => format!("it and its {n} neighbours were tried"),
        (ever, n) => format!("{ever} rules were tried, and its {n} neighbours"),
    };
    Some(format!(
        "{verdict}: {counted}, and with that the probability of any skill (deflated Sharpe ratio) is {}{}.",
        number(deflated, 3, false),
        noise.unwrap_or_default()
    ))
}

fn against_line(block: &Block) -> Option<String> {
    let opinion = block.opinion.as_ref()?;
    let difference = opinion.brier_minus_line;
    let verdict = match difference.ci95 {
        _ if difference.mean? >= 0.0 => "WORSE than the line it bets at",
        Some([_, high]) if high < 0.0 => return None,
        _ => "NOT told from the line it bets at",
    };
    Some(format!(
        "{verdict}: the probabilities of {} have a Brier score {} above the market's, n {}.",
        opinion.source.as_str(),
        interval(difference, 1.0, 4, true),
        difference.n
    ))
}
