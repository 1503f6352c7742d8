//! The page's tables: records, prices, bankrolls, folds, the search, and where all of it comes from.

use super::super::block::Block;
use super::super::folds::{Figures, FoldRow};
use super::super::money::{DRAWDOWN_LIMIT, RUIN_AT};
use super::super::opinion::Opinion;
use super::super::row::Row;
use super::super::svg::escaped;
use super::super::text::{plain, scaled};
use super::super::{Efficiency, StrategyReport};
use crate::backtest::format::{interval, number, percent, rate};
use crate::backtest::walk_forward::Window;

/// A table with a heading; rows come with their class. Every cell is escaped here.
fn table(title: &str, header: &[&str], rows: &[(&str, Vec<String>)]) -> String {
    let head: String = header
        .iter()
        .map(|cell| format!("<th scope=\"col\">{}</th>", escaped(cell)))
        .collect();
    let row = |(class, cells): &(&str, Vec<String>)| {
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        format!("<tr class=\"{class}\">{cells}</tr>")
    };
    let body: String = rows.iter().map(row).collect();
    let title = if title.is_empty() {
        String::new()
    } else {
        format!("<h3>{}</h3>", escaped(title))
    };
    format!(
        "<div>{title}<div class=\"scroll\"><table class=\"{}\"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>",
        // A table that ends in words has a last column that wraps.
        if header.last() == Some(&"") { "said" } else { "" }
    )
}

/// Records, thin ones greyed.
pub(super) fn records(title: &str, rows: &[Row]) -> String {
    let row = |r: &Row| {
        let cells = vec![
            r.label.clone(),
            r.n_bets.to_string(),
            format!("{}-{}-{}", r.wins, r.losses, r.pushes),
            rate(r.win_rate),
            interval(r.yield_usual, 100.0, 1, true),
            interval(r.clv, 1.0, 2, true),
        ];
        (if r.is_thin { "thin" } else { "" }, cells)
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    table(title, &["", "n", "W-L-P", "win rate", "yield %", "CLV"], &rows)
}

/// The bets at other prices.
pub(super) fn prices(block: &Block) -> String {
    let row = |p: &super::super::PriceRow| {
        let cells = vec![
            p.label.clone(),
            p.yield_on_stakes.n.to_string(),
            interval(p.yield_on_stakes, 100.0, 1, true),
            percent(p.break_even, 1),
        ];
        ("", cells)
    };
    let rows: Vec<_> = block.prices.iter().map(row).collect();
    table("Prices", &["", "n", "yield %", "needs"], &rows)
}

/// What may become of a bankroll.
pub(super) fn futures(block: &Block) -> String {
    let Some(first) = block.futures.first() else {
        return String::new();
    };
    let row = |f: &super::super::Future| {
        let share = |n: u64| percent(Some(n as f64 / f.ends.n_paths as f64), 1);
        let cells = vec![
            format!("{}, {}", f.label, percent(Some(f.win_rate), 1)),
            format!("x{}", number(f.ends.median, 2, false)),
            format!("x{}", number(f.ends.q05, 2, false)),
            share(f.ends.n_ruined),
            share(f.ends.n_over_drawdown),
        ];
        ("", cells)
    };
    let rows: Vec<_> = block.futures.iter().map(row).collect();
    let title = format!(
        "The bankroll on {} paths of {} bets",
        first.ends.n_paths, first.ends.n_bets
    );
    let ruined = format!("at {}", percent(Some(RUIN_AT), 0));
    let deep = format!("fell by {}", percent(Some(DRAWDOWN_LIMIT), 0));
    table(&title, &["if it wins", "median", "worst 5%", &ruined, &deep], &rows)
}

/// How the rule stands as the pick of its neighbours, and from season to season.
pub(super) fn search(block: &Block) -> String {
    let f = &block.family;
    let d = f.deflation;
    let noise = f.noise.as_ref();
    let mut rows = vec![
        (
            "",
            vec![
                "probability of skill after all trials (deflated Sharpe ratio)".to_owned(),
                plain(d.and_then(|d| d.deflated), 3),
                format!(
                    "weekly Sharpe {}, luck alone shows {} in {} trials",
                    scaled(d.map(|d| d.sharpe), 1.0, 3),
                    scaled(d.map(|d| d.sharpe_of_luck), 1.0, 3),
                    f.n_trials
                ),
            ],
        ),
        (
            "",
            vec![
                "probability of overfitting (CSCV; .5 is noise)".to_owned(),
                plain(noise.map(|n| n.pbo), 3),
                format!(
                    "a family of {} with 30 bets or more; the best of one half lost on the other in {}",
                    f.n_members,
                    percent(noise.map(|n| n.prob_loss), 0)
                ),
            ],
        ),
        (
            "",
            vec![
                "White's reality check, p".to_owned(),
                plain(f.p_reality, 4),
                format!("Hansen's {}, {} draws", plain(f.p_spa, 4), f.n_draws),
            ],
        ),
    ];
    let efficiency = |what: &str, e: &Efficiency| {
        let cells = vec![
            format!("walk-forward efficiency, {what}"),
            scaled(e.ratio, 1.0, 2),
            format!(
                "yield {}% before, {}% after, n {} in {} seasons",
                scaled(e.in_sample, 100.0, 1),
                scaled(e.out_of_sample, 100.0, 1),
                e.n_bets,
                e.n_folds
            ),
        ];
        ("", cells)
    };
    rows.push(efficiency("the rule as it is", &block.efficiency));
    rows.push(efficiency(
        "bounds re-fitted before each season",
        &block.refit_efficiency,
    ));
    table("Is it more than the search?", &["", "", ""], &rows)
}

/// Stated probabilities beside what happened.
pub(super) fn calibration(opinion: &Opinion) -> String {
    let p = |p: f64| number(100.0 * p, 1, false);
    let row = |bin: &crate::backtest::calibration::Bin| {
        let cells = vec![
            format!("{} to {}%", p(bin.low.get()), p(bin.high.get())),
            bin.observed.n.to_string(),
            format!("{}%", p(bin.predicted.get())),
            rate(bin.observed),
        ];
        ("", cells)
    };
    let rows: Vec<_> = opinion.calibration.bins.iter().map(row).collect();
    let title = format!(
        "Calibration of {}: Brier less the line's {}, n {}",
        opinion.source.as_str(),
        interval(opinion.brier_minus_line, 1.0, 4, true),
        opinion.brier_minus_line.n
    );
    table(&title, &["predicted", "n", "mean", "observed"], &rows)
}

/// Each season after all seasons before it.
pub(super) fn folds(folds: &[FoldRow], window: Window) -> String {
    let figures = |label: String, before: &Figures, after: &Figures, note: String| {
        vec![
            label,
            before.n_bets.to_string(),
            scaled(before.yield_usual, 100.0, 1),
            after.n_bets.to_string(),
            format!("{}-{}-{}", after.wins, after.losses, after.pushes),
            scaled(after.yield_usual, 100.0, 1),
            scaled(after.clv, 1.0, 2),
            number(after.max_drawdown_units, 1, false),
            note,
        ]
    };
    let mut rows = Vec::new();
    for fold in folds {
        let note = if fold.is_judged {
            ""
        } else {
            "parameters were chosen here"
        };
        rows.push((
            "",
            figures(
                fold.season.to_string(),
                &fold.in_sample,
                &fold.out_of_sample,
                note.to_owned(),
            ),
        ));
        if let Some(refit) = &fold.refit {
            let note = if refit.is_moved {
                refit.rule.clone()
            } else {
                "the same bounds".to_owned()
            };
            rows.push((
                "sub",
                figures("re-fitted".to_owned(), &refit.in_sample, &refit.out_of_sample, note),
            ));
        }
    }
    let header = [
        "season",
        "n before",
        "yield % before",
        "n",
        "W-L-P",
        "yield %",
        "CLV",
        "fall, units",
        "",
    ];
    let table = table("", &header, &rows);
    format!(
        "<section><h2>Folds, {window}</h2><p class=\"dim\">Each season after seasons before it; the re-fit chose its bounds on those alone.</p>{table}</section>"
    )
}

/// Where the report comes from.
pub(super) fn provenance(report: &StrategyReport) -> String {
    let m = &report.manifest;
    let rows = [
        ("rules tried so far", m.n_trials.to_string()),
        ("complexity", report.complexity.to_string()),
        (
            "parameters chosen on seasons through",
            report.frozen_through.to_string(),
        ),
        ("seed", m.seed.to_string()),
        ("markets of games quarantined", report.n_quarantined.to_string()),
        ("facts", m.data_hash.clone()),
        ("table", m.table_hash.clone()),
        ("code", m.code_version.clone()),
    ];
    let rows: Vec<_> = rows.map(|(name, value)| ("", vec![name.to_owned(), value])).into();
    format!(
        "<section><h2>Where this comes from</h2>{}<p class=\"dim\">Brackets are 95% intervals: Wilson's for rates, the \
         percentile bootstrap over whole weeks for means. Grey rows have fewer than 30 bets and show nothing. Yield is \
         profit over stakes, one unit a bet, at -110 or a moneyline's own price unless said otherwise.</p></section>",
        table("", &["", ""], &rows)
    )
}
