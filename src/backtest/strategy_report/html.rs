//! The report as one page that asks for nothing from outside: verdicts, figures, pictures, tables.

mod pictures;
mod tables;

use super::StrategyReport;
use super::block::Block;
use super::row::clv_unit;
use super::svg::escaped;
use super::text::{plain, scaled};
use crate::backtest::format::{NONE, interval, number, percent, rate};
use crate::stats::estimate::{Mean, Rate};

/// Colours and shapes for light and dark; every colour is a name, so that both are one place.
const STYLE: &str = include_str!("html/style.css");

/// The page. It is complete: style and pictures are inside, and no address is named.
pub fn render_html(report: &StrategyReport) -> String {
    let title = format!("Backtest of {}", report.strategy_id);
    let banner = if report.is_simulated {
        "<p class=\"banner\">SIMULATED: an invented league. Nothing here is about the NFL.</p>"
    } else {
        ""
    };
    let verdicts: String = report
        .verdict_lines
        .iter()
        .map(|line| {
            let class = if line.contains("WORSE")
                || line.contains("NOT")
                || line.contains("LOSES")
                || line.starts_with("Nothing")
            {
                "bad"
            } else {
                "good"
            };
            format!("<li class=\"{class}\">{}</li>", escaped(line))
        })
        .collect();
    let blocks: String = [&report.judged, &report.chosen_here]
        .map(|block| section(block, report))
        .concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body>{banner}\
         <header><h1>{title}</h1><p class=\"rule\"><code>{rule}</code></p>\
         <p class=\"dim\">Seasons {period}. Paper only: nobody bet this.</p></header>\
         <section><h2>Verdict</h2><ul class=\"verdicts\">{verdicts}</ul></section>{blocks}{folds}{provenance}</body></html>\n",
        title = escaped(&title),
        rule = escaped(&report.strategy.to_string()),
        period = escaped(&report.period.to_string()),
        folds = tables::folds(&report.folds, report.window),
        provenance = tables::provenance(report),
    )
}

fn section(block: &Block, report: &StrategyReport) -> String {
    let heading = format!("<section><h2>Seasons {}</h2>", escaped(&block.label));
    if block.seasons.is_empty() {
        return heading + "<p class=\"dim\">No games of this market.</p></section>";
    }
    let seasons: Vec<String> = block.seasons.iter().map(u16::to_string).collect();
    let mut html = heading
        + &format!(
            "<p class=\"dim\">{} weeks of {}.</p>",
            block.n_weeks,
            seasons.join(", ")
        );
    if block.headline.performance.n_bets == 0 {
        html += "<p>No bets.</p>";
    } else {
        html += &tiles(block, clv_unit(report.market));
        html += &pictures::all(block, report.market);
        html += &tables::search(block);
        html += "<div class=\"pair\">";
        html += &tables::prices(block);
        html += &tables::futures(block);
        html += "</div>";
    }
    html += &tables::records("Baselines on the same market and weeks", &block.baselines);
    html += &format!("<p class=\"dim\">{}</p>", escaped(super::baselines::LEGEND));
    if block.headline.performance.n_bets > 0 {
        for part in &block.breakdowns {
            html += &tables::records(&format!("By {}", part.by), &part.rows);
        }
    }
    if let Some(opinion) = &block.opinion {
        html += &tables::records(
            &format!("Every game by {}, bet or not", opinion.feature),
            &opinion.buckets,
        );
        html += &tables::calibration(opinion);
    }
    html + "</section>"
}

/// The first figures, large, each with its interval and its count.
fn tiles(block: &Block, unit: &str) -> String {
    let p = &block.headline.performance;
    let mean =
        |m: Mean, scale: f64, decimals: usize| (scaled(m.mean, scale, decimals), ends(m, scale, decimals), m.n);
    let share = |r: Rate| {
        (
            percent(r.rate, 1),
            rate(r).split_once(' ').map(|(_, e)| e.to_owned()).unwrap_or_default(),
            r.n,
        )
    };
    let tile = |name: &str, (value, ends, n): (String, String, u64), unit: &str, note: &str| {
        format!(
            "<div class=\"tile\"><span class=\"name\">{name}</span><span class=\"value\">{value}{unit}</span>\
             <span class=\"dim\">{ends}</span><span class=\"dim\">n {n}{note}</span></div>",
            ends = escaped(&ends),
        )
    };
    let needs = format!(", needs {}", percent(block.headline.break_even, 1));
    let record = (format!("{}-{}-{}", p.wins, p.losses, p.pushes), String::new(), p.n_bets);
    let units = format!("{} units", number(block.headline.profit_units, 2, true));
    let luck = &block.headline.chance;
    let p_luck = (plain(luck.p, 4), "p against random bets".to_owned(), luck.n_bets);
    let skill = block.family.deflation.and_then(|d| d.deflated);
    let skill = (plain(skill, 3), "deflated Sharpe ratio".to_owned(), block.n_weeks);
    let fall = (
        percent(Some(p.max_drawdown), 1),
        format!("longest losing run {}", p.longest_losing_run),
        p.n_bets,
    );
    let tiles = [
        tile(&format!("CLV, {unit}"), mean(p.clv, 1.0, 2), "", ""),
        tile("Record, W-L-P", record, "", &format!(", {units}")),
        tile("Win rate", share(p.win_rate), "", &escaped(&needs)),
        tile("Yield at -110", mean(p.roi_110, 100.0, 1), "%", ""),
        tile("Yield at own prices", mean(p.roi_real, 100.0, 1), "%", ""),
        tile("Luck", p_luck, "", &format!(" bets, {} draws", luck.n_draws)),
        tile(
            "Skill after the search",
            skill,
            "",
            &format!(" weeks, {} trials", block.family.n_trials),
        ),
        tile("Deepest fall", fall, "", ""),
    ];
    format!("<div class=\"tiles\">{}</div>", tiles.concat())
}

/// The interval of a mean alone.
fn ends(m: Mean, scale: f64, decimals: usize) -> String {
    let text = interval(m, scale, decimals, true);
    text.split_once(' ')
        .map_or_else(|| NONE.to_owned(), |(_, ends)| ends.to_owned())
}
