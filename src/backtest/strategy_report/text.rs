//! The report as plain text at 110 columns: the rule, the verdicts, then the figures with their counts.

use super::StrategyReport;
use super::block::{Block, Headline};
use super::family::Family;
use super::folds::{Efficiency, Figures, FoldRow};
use super::money::{DRAWDOWN_LIMIT, RUIN_AT};
use super::opinion::Opinion;
use super::row::{MIN_BETS, Row, clv_unit};
use crate::backtest::format::{NONE, interval, number, percent, rate, table, wrap};
use crate::backtest::walk_forward::Window;

/// The report as text. Paragraphs are broken at `width` columns; tables are made for 110 and never cut.
pub fn render_text(report: &StrategyReport, width: usize) -> String {
    let mut text = String::new();
    if report.is_simulated {
        text += "SIMULATED: an invented league; nothing here is about the NFL\n";
    }
    text += &wrap(
        &format!("BACKTEST of {}: {}", report.strategy_id, report.strategy),
        width,
        2,
    );
    text.push('\n');
    for line in &report.verdict_lines {
        text += &wrap(&format!("!! {line}"), width, 3);
    }
    text.push('\n');
    text += &provenance(report, width);
    for block in [&report.judged, &report.chosen_here] {
        text += &render_block(block, report, width);
    }
    text += &folds(&report.folds, report.window);
    let legend = format!(
        "Brackets are 95% intervals: Wilson's for rates, the percentile bootstrap over whole weeks for means. Rows with * \
         have fewer than {MIN_BETS} bets and show nothing. Yields are profit over stakes, one unit a bet, at -110 or a \
         moneyline's own price, unless said otherwise."
    );
    text + "\n" + &wrap(&legend, width, 0)
}

fn provenance(report: &StrategyReport, width: usize) -> String {
    let m = &report.manifest;
    let or_none = |text: &str| {
        if text.is_empty() {
            NONE.to_owned()
        } else {
            text.to_owned()
        }
    };
    let rows = [
        format!(
            "seasons asked for {}; parameters were chosen on seasons through {}",
            report.period, report.frozen_through
        ),
        format!(
            "{} rules tried so far; complexity {}; seed {}; {} markets of games quarantined",
            m.n_trials, report.complexity, m.seed, report.n_quarantined
        ),
        format!("facts {}", or_none(&m.data_hash)),
        format!("table {}", or_none(&m.table_hash)),
        format!("code {}", or_none(&m.code_version)),
    ];
    rows.iter().map(|row| wrap(row, width, 2)).collect()
}

fn render_block(block: &Block, report: &StrategyReport, width: usize) -> String {
    let mut text = format!("\n== SEASONS {} ==\n", block.label.to_uppercase());
    if block.seasons.is_empty() {
        return text + "No games.\n";
    }
    let seasons: Vec<String> = block.seasons.iter().map(u16::to_string).collect();
    text += &wrap(&format!("{} weeks of {}", block.n_weeks, seasons.join(" ")), width, 2);
    if block.headline.performance.n_bets == 0 {
        text += "No bets.\n";
    } else {
        text += &headline(&block.headline, clv_unit(report.market));
        text += &family(&block.family);
        text += &efficiency("walk-forward, the rule as it is", &block.efficiency);
        text += &efficiency(
            "walk-forward, bounds re-fitted before each season",
            &block.refit_efficiency,
        );
        text += "\nPRICES\n";
        text += &prices(block);
        text += "\nBANKROLL making these bets again with its own stakes\n";
        text += &futures(block);
    }
    text += "\nBASELINES on the same market and weeks\n";
    text += &records("", &block.baselines);
    text += &indented(&[super::baselines::LEGEND.to_owned()]);
    if block.headline.performance.n_bets > 0 {
        for part in &block.breakdowns {
            text += &format!("\nBY {}\n{}", part.by.to_uppercase(), records("", &part.rows));
        }
    }
    text + &block.opinion.as_ref().map_or_else(String::new, opinion)
}

fn headline(h: &Headline, unit: &str) -> String {
    let p = &h.performance;
    let lines = [
        format!(
            "{} bets: {}-{}-{} (W-L-P), {} without a price, {} games wanted on both sides and left alone",
            p.n_bets, p.wins, p.losses, p.pushes, h.n_unpriced, p.n_conflicts
        ),
        format!(
            "CLV {} {unit}, n {}; beat the close {}, n {}",
            interval(p.clv, 1.0, 2, true),
            p.clv.n,
            rate(p.beat_close),
            p.beat_close.n
        ),
        format!(
            "win rate {}, n {}; the prices need {}",
            rate(p.win_rate),
            p.win_rate.n,
            percent(h.break_even, 1)
        ),
        format!(
            "yield {}%, n {} at -110; {}%, n {} at own prices; {} units",
            interval(p.roi_110, 100.0, 1, true),
            p.roi_110.n,
            interval(p.roi_real, 100.0, 1, true),
            p.roi_real.n,
            number(h.profit_units, 2, true)
        ),
        format!(
            "random bets, as many: {}% [{}, {}] in {} draws, p {}",
            scaled(h.chance.mean_yield, 100.0, 1),
            scaled(h.chance.low, 100.0, 1),
            scaled(h.chance.high, 100.0, 1),
            h.chance.n_draws,
            plain(h.chance.p, 4)
        ),
        format!(
            "bankroll x{} with its own stakes, deepest fall {}, longest losing run {}; weekly Sharpe {}, Sortino {}",
            number(p.final_bankroll, 3, false),
            percent(Some(p.max_drawdown), 1),
            p.longest_losing_run,
            scaled(p.sharpe, 1.0, 3),
            scaled(p.sortino, 1.0, 3)
        ),
    ];
    indented(&lines)
}

fn family(f: &Family) -> String {
    let search = match &f.deflation {
        None => format!("deflated Sharpe ratio: {NONE}, the weekly returns never vary"),
        Some(d) => format!(
            "Sharpe {} a week; luck alone shows {} in {} trials; probability of skill {} ({} if it were the only trial)",
            number(d.sharpe, 3, true),
            number(d.sharpe_of_luck, 3, true),
            f.n_trials,
            plain(d.deflated, 3),
            plain(d.probabilistic, 3)
        ),
    };
    let noise = match &f.noise {
        None => format!("probability of overfitting: {NONE}, too few weeks or no bounds to move"),
        Some(n) => format!(
            "probability of overfitting {} in a family of {} ({} blocks, {} halves; .5 is noise); the best lost on {} of halves",
            number(n.pbo, 3, false),
            f.n_members,
            n.n_blocks,
            n.n_combinations,
            percent(Some(n.prob_loss), 0)
        ),
    };
    let reality = format!(
        "reality check of the best of the {}: p {} (White), {} (Hansen), {} draws",
        f.n_members,
        plain(f.p_reality, 4),
        plain(f.p_spa, 4),
        f.n_draws
    );
    indented(&[search, noise, reality])
}

fn efficiency(what: &str, e: &Efficiency) -> String {
    let text = format!(
        "{what}: yield {}% before, {}% after, n {} in {} seasons; efficiency {}",
        scaled(e.in_sample, 100.0, 1),
        scaled(e.out_of_sample, 100.0, 1),
        e.n_bets,
        e.n_folds,
        scaled(e.ratio, 1.0, 2)
    );
    indented(&[text])
}

fn prices(block: &Block) -> String {
    let row = |p: &super::PriceRow| {
        vec![
            p.label.clone(),
            p.yield_on_stakes.n.to_string(),
            interval(p.yield_on_stakes, 100.0, 1, true),
            percent(p.break_even, 1),
        ]
    };
    let rows: Vec<Vec<String>> = block.prices.iter().map(row).collect();
    table(&["", "n", "yield %", "needs"], &rows)
}

fn futures(block: &Block) -> String {
    let row = |f: &super::Future| {
        let share = |n: u64| percent(Some(n as f64 / f.ends.n_paths as f64), 1);
        vec![
            f.label.clone(),
            percent(Some(f.win_rate), 1),
            format!("x{}", number(f.ends.median, 2, false)),
            format!("x{}", number(f.ends.q05, 2, false)),
            share(f.ends.n_ruined),
            percent(Some(f.ends.mean_max_drawdown), 1),
            share(f.ends.n_over_drawdown),
        ]
    };
    let rows: Vec<Vec<String>> = block.futures.iter().map(row).collect();
    let Some(first) = block.futures.first() else {
        return format!("  {NONE}: no decided bets\n");
    };
    let note = format!(
        "  {} paths of {} bets, {} staked on each on average; ruined is at {} of the start or below\n",
        first.ends.n_paths,
        first.ends.n_bets,
        percent(Some(first.mean_stake), 2),
        percent(Some(RUIN_AT), 0)
    );
    let deep = format!("over {}", percent(Some(DRAWDOWN_LIMIT), 0));
    let header = [
        "it wins",
        "rate",
        "median",
        "5% end below",
        "ruined",
        "mean drawdown",
        &deep,
    ];
    table(&header, &rows) + &note
}

fn records(what: &str, rows: &[Row]) -> String {
    let row = |r: &Row| {
        vec![
            format!("{}{}", r.label, if r.is_thin { " *" } else { "" }),
            r.n_bets.to_string(),
            format!("{}-{}-{}", r.wins, r.losses, r.pushes),
            rate(r.win_rate),
            interval(r.yield_usual, 100.0, 1, true),
            interval(r.clv, 1.0, 2, true),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    table(&[what, "n", "W-L-P", "win rate", "yield %", "CLV"], &rows)
}

fn opinion(o: &Opinion) -> String {
    let mut text = format!("\nEVERY GAME by {}, bet or not\n{}", o.feature, records("", &o.buckets));
    text += &format!(
        "\nCALIBRATION of {}, n {}: Brier less the line's {}, n {}\n",
        o.source.as_str(),
        o.calibration.n,
        interval(o.brier_minus_line, 1.0, 4, true),
        o.brier_minus_line.n
    );
    let p = |p: f64| number(100.0 * p, 1, false);
    let row = |b: &crate::backtest::calibration::Bin| {
        vec![
            format!("{} to {}%", p(b.low.get()), p(b.high.get())),
            b.observed.n.to_string(),
            p(b.predicted.get()) + "%",
            rate(b.observed),
        ]
    };
    let rows: Vec<Vec<String>> = o.calibration.bins.iter().map(row).collect();
    if !rows.is_empty() {
        text += &table(&["predicted", "n", "mean", "observed"], &rows);
    }
    text
}

fn folds(folds: &[FoldRow], window: Window) -> String {
    let figures = |f: &Figures| {
        [
            f.n_bets.to_string(),
            format!("{}-{}-{}", f.wins, f.losses, f.pushes),
            scaled(f.yield_usual, 100.0, 1),
            scaled(f.clv, 1.0, 2),
            number(f.max_drawdown_units, 1, false),
        ]
    };
    let cells = |label: String, before: &Figures, after: &Figures| {
        let mut row = vec![label, before.n_bets.to_string(), scaled(before.yield_usual, 100.0, 1)];
        row.extend(figures(after));
        row
    };
    let mut rows = Vec::new();
    for fold in folds {
        let mark = if fold.is_judged { "" } else { " (chosen here)" };
        rows.push(cells(
            format!("{}{mark}", fold.season),
            &fold.in_sample,
            &fold.out_of_sample,
        ));
        if let Some(refit) = &fold.refit {
            let what = if refit.is_moved {
                "  re-fitted"
            } else {
                "  re-fitted: the same"
            };
            rows.push(cells(what.to_owned(), &refit.in_sample, &refit.out_of_sample));
        }
    }
    let header = ["", "n before", "yield %", "n", "W-L-P", "yield %", "CLV", "max DD u"];
    format!(
        "\nFOLDS, {window}: each season after seasons before it\n{}",
        table(&header, &rows)
    )
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {}", wrap(line, 108, 4))).collect()
}

/// A signed number, or `n/a`.
pub(super) fn scaled(x: Option<f64>, scale: f64, decimals: usize) -> String {
    x.map_or_else(|| NONE.to_owned(), |x| number(scale * x, decimals, true))
}

/// A number without its sign, or `n/a`.
pub(super) fn plain(x: Option<f64>, decimals: usize) -> String {
    x.map_or_else(|| NONE.to_owned(), |x| number(x, decimals, false))
}
