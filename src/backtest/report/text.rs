//! The report as plain text, readable at 110 columns: provenance, then the verdicts, then the figures.

use super::headline::Stakes;
use super::sides::SWARM;
use super::{AccuracyRow, Block, Provenance, Record, Report, Sides};
use crate::backtest::calibration::Calibration;
use crate::backtest::format::{NONE, interval, mean, number, percent, rate, table, tally, wrap};
use crate::stats::estimate::Mean;

/// The report as text. Paragraphs are broken at `width` columns; tables are made for 110 and never cut, because a figure
/// without its end is worse than a line that wraps.
pub fn render_text(report: &Report, width: usize) -> String {
    let mut text = String::new();
    text += &provenance(&report.provenance, width);
    text.push('\n');
    for line in &report.verdict_lines {
        text += &wrap(&format!("!! {line}"), width, 3);
    }
    let needed = report.needed;
    text += &wrap(
        &format!(
            "To tell a true {} from break-even at -110 (one-sided 5%, 80% power) takes {} decided bets; the judged \
             seasons have {}, {} more are needed.",
            percent(Some(needed.true_rate), 0),
            needed.n_needed,
            needed.n_have,
            needed.n_more
        ),
        width,
        3,
    );
    text += &wrap(
        "Brackets are 95% intervals: Wilson's for rates, the percentile bootstrap over whole weeks for means.",
        width,
        3,
    );
    for block in [&report.judged, &report.chosen_here] {
        text += &render_block(block, width);
    }
    text
}

fn provenance(p: &Provenance, width: usize) -> String {
    let or_none = |text: &str| {
        if text.is_empty() {
            NONE.to_owned()
        } else {
            text.to_owned()
        }
    };
    let seasons: Vec<String> = p.told.seasons.iter().map(u16::to_string).collect();
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map_or_else(|| NONE.to_owned(), |t| t.format("%Y-%m-%d %H:%M UTC").to_string())
    };
    let rows = [
        ("seasons", or_none(&seasons.join(" "))),
        (
            "rounds",
            format!(
                "{} held, {} without review, {} games decided twice left out",
                p.n_rounds, p.n_unreviewed_rounds, p.n_repeated_games
            ),
        ),
        ("first, last bet", format!("{}, {}", day(p.first_bet), day(p.last_bet))),
        ("data", or_none(&p.told.data_hash)),
        ("settings", or_none(&p.told.settings_hash)),
        ("code", or_none(&p.told.code_version)),
        ("journal head", or_none(p.told.journal_head.as_deref().unwrap_or(""))),
        (
            "seed, draws",
            format!("{}, {} resamples", p.told.seed, p.bootstrap_draws),
        ),
        ("trials counted", p.told.n_trials.to_string()),
        (
            "parameters",
            format!("chosen on seasons through {}", p.told.frozen_through),
        ),
    ];
    let line = |(name, value): (&str, String)| wrap(&format!("{name}: {value}"), width, 2);
    "BACKTEST REPORT\n".to_owned() + &rows.map(line).concat()
}

fn render_block(block: &Block, width: usize) -> String {
    let seasons: Vec<String> = block.seasons.iter().map(u16::to_string).collect();
    let mut text = format!("\n== {} ", block.label.to_uppercase());
    if block.n_games == 0 {
        return text + "==\nNo games.\n";
    }
    text += &format!("==\n{} games, {} played; seasons ", block.n_games, block.n_played);
    text += &wrap(&seasons.join(" "), width, 2);
    text += &bets(block);
    text += &accuracy(&block.accuracy);
    for sides in &block.sides {
        text += &render_sides(sides, width);
    }
    for calibration in &block.calibration {
        text += &render_calibration(calibration);
    }
    text + &passes(block)
}

fn bets(block: &Block) -> String {
    let all = &block.headline.all;
    let mut text = "\nBETS at the lines and prices taken\n".to_owned();
    text += &format!(
        "  {} bets: {} (W-L-P), {} void, {} without a result yet; {} at an assumed price of -110\n",
        all.bets,
        tally(all.tally),
        all.tally.voids,
        all.open,
        all.n_assumed_price
    );
    text += &format!(
        "  win rate {}, n {}; these prices need {} (mean of 1/decimal)\n",
        rate(all.win_rate),
        all.win_rate.n,
        percent(all.break_even, 1)
    );
    text += &money(all);
    text += &format!(
        "  profit {} on stakes of {}\n  ROI % on bankroll = profit / bankroll before the first bet: {}\n",
        all.profit_cents,
        all.stakes_cents,
        interval(all.roi_on_bankroll, 100.0, 1, true)
    );
    text += &format!(
        "  CLV {} points, n {}; {} percent of probability, n {}\n",
        interval(all.clv_points, 1.0, 2, true),
        all.clv_points.n,
        interval(all.clv_probability, 100.0, 2, true),
        all.clv_probability.n
    );
    text += &format!(
        "  beat the close {}, n {}; longest losing run {}\n",
        rate(all.beat_close),
        all.beat_close.n,
        all.longest_losing_run
    );
    text + &breakdown(block)
}

/// Two tables by market and season: one line of 110 columns does not hold five intervals.
fn breakdown(block: &Block) -> String {
    let records = || block.headline.by_market.iter().chain(&block.headline.by_season);
    let earned = |r: &Record| {
        vec![
            r.label.clone(),
            r.bets.to_string(),
            tally(r.tally),
            rate(r.win_rate),
            interval(r.flat.yield_on_stakes, 100.0, 1, true),
            interval(r.flat_at_110.yield_on_stakes, 100.0, 1, true),
        ]
    };
    let valued = |r: &Record| {
        vec![
            r.label.clone(),
            r.clv_probability.n.max(r.clv_points.n).to_string(),
            interval(r.clv_points, 1.0, 2, true),
            interval(r.clv_probability, 100.0, 2, true),
            rate(r.beat_close),
        ]
    };
    let earned: Vec<Vec<String>> = records().map(earned).collect();
    let valued: Vec<Vec<String>> = records().map(valued).collect();
    let header = ["", "bets", "W-L-P", "win rate", "flat yield %", "flat yield % at -110"];
    table(&header, &earned) + &table(&["", "n", "CLV points", "CLV % of probability", "beat close"], &valued)
}

fn money(all: &Record) -> String {
    let row = |name: &str, s: &Stakes| {
        vec![
            name.to_owned(),
            s.yield_on_stakes.n.to_string(),
            number(s.profit_units, 2, true),
            interval(s.yield_on_stakes, 100.0, 1, true),
            number(s.max_drawdown_units, 2, false),
        ]
    };
    let rows = [
        row("1 unit each, prices taken", &all.flat),
        row("as staked, prices taken", &all.staked),
        row("1 unit each, -110 (no moneylines)", &all.flat_at_110),
        row("as staked, -110 (no moneylines)", &all.staked_at_110),
    ];
    let header = ["", "n", "units", "yield % = profit / stakes", "max drawdown units"];
    table(&header, &rows)
}

fn accuracy(rows: &[AccuracyRow]) -> String {
    let losses = |what: &str, decimals: usize, of: fn(&AccuracyRow) -> (Mean, Mean)| {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|r| (r.name.label(), of(r)))
            .filter(|(_, (loss, _))| loss.n > 0)
            .map(|(name, (loss, difference))| {
                vec![
                    name,
                    loss.n.to_string(),
                    interval(loss, 1.0, decimals, false),
                    interval(difference, 1.0, decimals, true),
                ]
            })
            .collect();
        table(&["", "n", what, "minus closing line, same games"], &rows)
    };
    "\nACCURACY (lower is better; above zero in the last column is worse than the closing line)\n".to_owned()
        + &losses("Brier of the home win", 4, |r| (r.brier, r.brier_minus_close))
        + &losses("MAE of the margin", 3, |r| (r.margin_mae, r.margin_mae_minus_close))
}

fn render_sides(sides: &Sides, width: usize) -> String {
    let row = |r: &super::SideRow| {
        vec![
            r.name.clone(),
            r.n.to_string(),
            tally(r.tally),
            rate(r.win_rate),
            interval(r.yield_at_110, 100.0, 1, true),
            interval(r.clv_points, 1.0, 2, true),
        ]
    };
    let rows: Vec<Vec<String>> = sides.rows.iter().map(row).collect();
    let header = ["", "n", "W-L-P", "win rate", "yield %", "CLV points"];
    let mut text = format!(
        "\nSIDES, {}, at the reference line and -110 (break-even 52.4%)\n",
        sides.market
    );
    text += &table(&header, &rows);
    let best = sides.best_seat.as_deref().and_then(|name| sides.row(name));
    if let Some((best, swarm)) = best.zip(sides.row(SWARM)) {
        let line = format!(
            "Best single seat by CLV: {}, {} points, n {}; the swarm's sides {}, n {}. It was chosen afterwards, \
             which flatters it.",
            best.name,
            mean(best.clv_points, 1.0, 2, true),
            best.clv_points.n,
            mean(swarm.clv_points, 1.0, 2, true),
            swarm.clv_points.n
        );
        text += &format!("  {}", wrap(&line, width.saturating_sub(2), 2));
    }
    text
}

fn render_calibration(calibration: &Calibration) -> String {
    let mut text = format!("\nCALIBRATION, {}: n {}\n", calibration.of, calibration.n);
    if calibration.n == 0 {
        return text;
    }
    let row = |b: &crate::backtest::calibration::Bin| {
        let p = |p: crate::domain::probability::Probability| number(100.0 * p.get(), 1, false);
        vec![
            format!("{} to {}%", p(b.low), p(b.high)),
            b.observed.n.to_string(),
            p(b.predicted) + "%",
            rate(b.observed),
        ]
    };
    let rows: Vec<Vec<String>> = calibration.bins.iter().map(row).collect();
    text += &table(&["predicted", "n", "mean", "observed"], &rows);
    text += &match calibration.recalibration {
        None => "  slope and intercept: n/a\n".to_owned(),
        Some(r) => format!(
            "  slope {} (s.e. {}), intercept {} (s.e. {}); 1 and 0 are perfect\n",
            number(r.slope, 2, true),
            number(r.slope_se, 2, false),
            number(r.intercept, 3, true),
            number(r.intercept_se, 3, false)
        ),
    };
    text
}

fn passes(block: &Block) -> String {
    let rows: Vec<Vec<String>> = block
        .passes
        .iter()
        .map(|p| vec![p.code.clone(), p.n.to_string()])
        .collect();
    "\nPASSES by reason\n".to_owned() + &table(&["reason", "markets"], &rows)
}
