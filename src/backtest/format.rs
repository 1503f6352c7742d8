//! Figures and tables as text. A value that does not exist is `n/a`, never a zero and never a NaN.

use crate::backtest::metrics::Tally;
use crate::stats::estimate::{Mean, Rate};

/// What is printed for a value that does not exist.
pub const NONE: &str = "n/a";

/// A number with so many decimals, with its sign when `signed`; minus zero is zero.
pub fn number(x: f64, decimals: usize, signed: bool) -> String {
    let text = if signed {
        format!("{x:+.decimals$}")
    } else {
        format!("{x:.decimals$}")
    };
    let zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if zero {
        text.replace('-', if signed { "+" } else { "" })
    } else {
        text
    }
}

/// A share as a percentage.
pub fn percent(share: Option<f64>, decimals: usize) -> String {
    share.map_or_else(|| NONE.to_owned(), |p| number(100.0 * p, decimals, false) + "%")
}

/// `55.2% [45.2, 64.4]`: a rate with its Wilson interval; its n is printed beside it.
pub fn rate(rate: Rate) -> String {
    let Some((p, w)) = rate.rate.zip(rate.wilson95) else {
        return NONE.to_owned();
    };
    let of = |p: f64| number(100.0 * p, 1, false);
    format!("{}% [{}, {}]", of(p), of(w.low.get()), of(w.high.get()))
}

/// The value alone, times `scale`.
pub fn mean(mean: Mean, scale: f64, decimals: usize, signed: bool) -> String {
    mean.mean
        .map_or_else(|| NONE.to_owned(), |m| number(scale * m, decimals, signed))
}

/// `+5.0 [-2.1, +12.2]`: the value with its interval; `[n/a]` with too few weeks for one.
pub fn interval(of: Mean, scale: f64, decimals: usize, signed: bool) -> String {
    let value = mean(of, scale, decimals, signed);
    match of.ci95 {
        _ if of.mean.is_none() => value,
        None => format!("{value} [{NONE}]"),
        Some([low, high]) => {
            let end = |x: f64| number(scale * x, decimals, signed);
            format!("{value} [{}, {}]", end(low), end(high))
        }
    }
}

/// `12-9-1`: wins, losses, pushes.
pub fn tally(tally: Tally) -> String {
    format!("{}-{}-{}", tally.wins, tally.losses, tally.pushes)
}

/// Columns aligned by their widest cell: the first to the left, the others to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
    let widest = |column: usize| {
        std::iter::once(&head)
            .chain(rows)
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (column, (cell, wide)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                line += &format!("  {cell:<wide$}");
            } else {
                line += &format!("  {cell:>wide$}");
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A paragraph broken at spaces to `width` columns; lines after the first are indented by `indent`.
pub fn wrap(text: &str, width: usize, indent: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split_whitespace() {
        let wide = word.chars().count();
        if column > 0 && column + 1 + wide > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += wide;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_minus_zero() {
        for (x, decimals, signed, want) in [
            (-0.001, 1, true, "+0.0"),
            (-0.001, 1, false, "0.0"),
            (0.25, 2, true, "+0.25"),
            (-12.34, 1, false, "-12.3"),
        ] {
            assert_eq!(number(x, decimals, signed), want);
        }
    }

    #[test]
    fn tables_align_and_paragraphs_wrap() {
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), "100".to_owned()],
        ];
        assert_eq!(table(&["name", "n"], &rows), "  name    n\n  a       1\n  long  100\n");
        assert_eq!(wrap("one two three", 8, 2), "one two\n  three\n");
    }

    #[test]
    fn nothing_is_not_available() {
        assert_eq!(rate(Rate::of(0, 0)), NONE);
        assert_eq!(interval(Mean::default(), 1.0, 2, true), NONE);
        assert_eq!(percent(None, 1), NONE);
    }
}
