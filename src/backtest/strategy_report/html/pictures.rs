//! The page's pictures: units over time, edge buckets, calibration, closing line values, logits of the overfitting test.

use super::super::block::Block;
use super::super::family::Bar;
use super::super::row::clv_unit;
use super::super::svg::{Picture, escaped};
use crate::backtest::format::{number, percent};
use crate::domain::quote::Market;

/// All pictures of a part of the seasons; what there is nothing to show of has none.
pub(super) fn all(block: &Block, market: Market) -> String {
    let unit = clv_unit(market);
    let clv = &block.headline.performance.clv;
    let pictures = [
        equity(block),
        edges(block),
        calibration(block),
        bars(
            &block.clv,
            "Closing line value",
            &format!("n {}; {unit} a bet; green: the line moved our way, grey: not at all", clv.n),
        ),
        block.family.noise.as_ref().and_then(|noise| {
            let note = format!(
                "PBO {}, {} halves of {} blocks, a family of {}; at zero or below the best of one half was below the median of the other",
                number(noise.pbo, 3, false),
                noise.n_combinations,
                noise.n_blocks,
                block.family.n_members
            );
            bars(&noise.logits, "Overfitting: logits", &note)
        }),
    ];
    let pictures: Vec<String> = pictures.into_iter().flatten().collect();
    format!("<div class=\"plots\">{}</div>", pictures.concat())
}

fn figure(class: &str, title: &str, note: &str, svg: &str) -> String {
    format!(
        "<figure class=\"{class}\"><figcaption><b>{}</b><span class=\"dim\">{note}</span></figcaption>{svg}</figure>",
        escaped(title)
    )
}

fn equity(block: &Block) -> Option<String> {
    let curve = &block.curve;
    let xs = || (1..=curve.len()).map(|i| i as f64);
    let last = curve.last()?;
    let hopes = curve.iter().filter_map(|p| p.expected);
    let ys = curve
        .iter()
        .flat_map(|p| [p.units, p.low, p.high])
        .chain(hopes)
        .chain([0.0]);
    let mut picture = Picture::of(std::iter::once(0.0).chain(xs()), ys).wide();
    picture.y_axis(1.0, "");
    let starts = curve
        .iter()
        .enumerate()
        .filter(|(i, p)| *i == 0 || curve[i - 1].when.season != p.when.season);
    let starts: Vec<(f64, String)> = starts
        .map(|(i, p)| (i as f64 + 1.0, p.when.season.to_string()))
        .collect();
    let every = starts.len().div_ceil(12);
    let labels: Vec<(f64, String)> = starts.into_iter().step_by(every.max(1)).collect();
    picture.x_labels(&labels);
    picture.x_title("each season's first week");
    let band: Vec<(f64, f64, f64)> = xs().zip(curve).map(|(x, p)| (x, p.low, p.high)).collect();
    picture.band("band", &band);
    if last.expected.is_some() {
        let hope = xs().zip(curve).filter_map(|(x, p)| Some((x, p.expected?)));
        picture.line("hope", std::iter::once((0.0, 0.0)).chain(hope));
    }
    let own = xs().zip(curve).map(|(x, p)| (x, p.units));
    picture.line("own", std::iter::once((0.0, 0.0)).chain(own));
    let hope = last.expected.map_or_else(String::new, |hope| {
        format!(
            "<span class=\"key hope\"></span>what the closing line expects, {}",
            number(hope, 1, true)
        )
    });
    let note = format!(
        "n {} bets in {} weeks, one unit each at -110 (moneylines at their price)<br><span class=\"key\"></span>units, {} at the end\
         <span class=\"key band\"></span>95% of the same weeks drawn anew{hope}",
        block.headline.performance.n_bets,
        curve.len(),
        number(last.units, 1, true),
    );
    Some(figure(
        "wide",
        "Units won over time",
        &note,
        &picture.finish("units won over time"),
    ))
}

fn edges(block: &Block) -> Option<String> {
    let opinion = block.opinion.as_ref()?;
    let rows = &opinion.buckets;
    let n: u64 = rows.iter().map(|row| row.n_bets).sum();
    let ends = |row: &super::super::Row| row.win_rate.wilson95.map(|w| [w.low.get(), w.high.get()]);
    let shown = || rows.iter().enumerate().filter(|(_, row)| row.win_rate.rate.is_some());
    if n == 0 || shown().count() == 0 {
        return None;
    }
    let needs = 11.0 / 21.0;
    let ys = shown().filter_map(|(_, row)| ends(row)).flatten().chain([0.45, 0.6]);
    let mut picture = Picture::of([0.0, rows.len() as f64].into_iter(), ys);
    picture.y_axis(100.0, "%");
    let labels = rows.iter().enumerate();
    let labels: Vec<(f64, String)> = labels
        .map(|(i, row)| {
            (
                i as f64 + 0.5,
                format!(
                    "{}, n {}",
                    row.label.replace(" and more", "+").replace(" to ", "-"),
                    row.n_bets
                ),
            )
        })
        .collect();
    picture.x_labels(&labels);
    picture.x_title(&format!("{}, all sides it leans to, bet or not", opinion.feature));
    picture.line("true", [(0.0, needs), (rows.len() as f64, needs)].into_iter());
    for (i, row) in shown() {
        let class = if row.is_thin { "thin" } else { "own" };
        let rate = row.win_rate.rate.unwrap_or_default();
        let tip = format!("{}: {} of {}", row.label, percent(Some(rate), 1), row.win_rate.n);
        picture.dot(class, (i as f64 + 0.5, rate), ends(row), &tip);
    }
    let note = format!(
        "win rate with Wilson's 95% interval, n {n}; grey under 30 bets<span class=\"key true\"></span>break-even at -110, 52.4%"
    );
    Some(figure(
        "",
        "Does more edge win more?",
        &note,
        &picture.finish("win rate by edge"),
    ))
}

fn calibration(block: &Block) -> Option<String> {
    let table = &block.opinion.as_ref()?.calibration;
    if table.bins.is_empty() {
        return None;
    }
    let xs = || table.bins.iter().map(|bin| bin.predicted.get());
    let ends = |rate: &crate::stats::estimate::Rate| rate.wilson95.map(|w| [w.low.get(), w.high.get()]);
    let ys = table.bins.iter().filter_map(|bin| ends(&bin.observed)).flatten();
    let (low, high) = xs().fold((1.0f64, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    let mut picture = Picture::of(xs(), ys.chain([low, high]));
    picture.y_axis(100.0, "%");
    picture.x_axis(100.0, "%");
    picture.x_title("stated probability of home or over");
    picture.line("true", [(low, low), (high, high)].into_iter());
    for bin in &table.bins {
        let Some(rate) = bin.observed.rate else { continue };
        let tip = format!(
            "said {}, came true {}, n {}",
            percent(Some(bin.predicted.get()), 1),
            percent(Some(rate), 1),
            bin.observed.n
        );
        picture.dot("own", (bin.predicted.get(), rate), ends(&bin.observed), &tip);
    }
    let note = format!(
        "probabilities of {}, n {} games in bins of equal count<span class=\"key true\"></span>perfect",
        escaped(&table.of),
        table.n
    );
    Some(figure("", "Does 60% mean 60%?", &note, &picture.finish("calibration")))
}

/// Green where a bin lies above zero, red where it lies below, grey where it is around it.
fn side(bar: &Bar) -> &'static str {
    match (bar.low, bar.high) {
        (Some(low), _) if low >= 0.0 => "good",
        (Some(_), Some(high)) if high > 0.0 => "thin",
        _ => "bad",
    }
}

fn bars(bars: &[Bar], title: &str, note: &str) -> Option<String> {
    let n: u64 = bars.iter().map(|bar| bar.n).sum();
    let width = bars.iter().find_map(|bar| Some(bar.high? - bar.low?))?;
    if n == 0 {
        return None;
    }
    let from = |bar: &Bar| bar.low.or(bar.high.map(|high| high - width)).unwrap_or_default();
    let share = |bar: &Bar| bar.n as f64 / n as f64;
    let xs = bars.iter().flat_map(|bar| [from(bar), from(bar) + width]);
    let mut picture = Picture::of(xs, bars.iter().map(share).chain([0.0]));
    picture.y_axis(100.0, "%");
    picture.x_axis(1.0, "");
    for bar in bars {
        let end = |end: Option<f64>| end.map_or_else(|| "beyond".to_owned(), |x| number(x, 1, true));
        let tip = format!("{} to {}: {}", end(bar.low), end(bar.high), bar.n);
        picture.bar(side(bar), from(bar), from(bar) + width, share(bar), &tip);
        if bar.n > 0 && bars.len() <= 16 {
            picture.note(from(bar) + 0.5 * width, share(bar), &bar.n.to_string());
        }
    }
    Some(figure("", title, &escaped(note), &picture.finish(title)))
}
