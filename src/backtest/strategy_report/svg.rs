//! Pictures as inline SVG: axes, a band, lines, bars and dots, in colours that the page's style names.

use crate::backtest::format::number;
use std::fmt::Write as _;

/// Width of a picture in half of a row, in its own units; the page scales it.
const HALF: f64 = 640.0;
/// Width of one that has a row for itself: letters come out as large as in the others.
const WHOLE: f64 = 1_200.0;
/// Height of the same.
const HEIGHT: f64 = 250.0;
/// Room for the labels of the vertical axis.
const LEFT: f64 = 52.0;
/// Room for the labels of the horizontal one.
const BOTTOM: f64 = 38.0;
/// Room above and to the right.
const MARGIN: f64 = 12.0;
/// Ticks of an axis of numbers, about.
const N_TICKS: f64 = 5.0;

/// `<`, `>`, `&` and quotes as entities: nothing from outside becomes markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            _ => out.push(c),
        }
    }
    out
}

/// A picture in the making: ranges of both axes, and what is drawn so far.
pub(super) struct Picture {
    x: [f64; 2],
    y: [f64; 2],
    width: f64,
    body: String,
}

/// The least and the most of some numbers with a little room; a range of one where there is no extent.
fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    if low > high {
        return [0.0, 1.0];
    }
    let room = if high - low > 1e-9 { 0.04 * (high - low) } else { 0.5 };
    [low - room, high + room]
}

impl Picture {
    /// An empty picture that shows all of `xs` and `ys`.
    pub(super) fn of(xs: impl Iterator<Item = f64>, ys: impl Iterator<Item = f64>) -> Picture {
        Picture {
            x: range(xs),
            y: range(ys),
            width: HALF,
            body: String::new(),
        }
    }

    /// The same for a row of its own; to be said before anything is drawn.
    pub(super) fn wide(self) -> Picture {
        Picture { width: WHOLE, ..self }
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let across = (x - self.x[0]) / (self.x[1] - self.x[0]);
        let up = (y - self.y[0]) / (self.y[1] - self.y[0]);
        let (wide, high) = (self.width - LEFT - MARGIN, HEIGHT - BOTTOM - MARGIN);
        (LEFT + wide * across, MARGIN + high * (1.0 - up))
    }

    fn points(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let text = points.map(|(x, y)| {
            let (x, y) = self.place(x, y);
            format!("{x:.1},{y:.1}")
        });
        text.collect::<Vec<_>>().join(" ")
    }

    /// Horizontal lines with their numbers, `scale` times the value.
    pub(super) fn y_axis(&mut self, scale: f64, unit: &str) {
        let right = self.width - MARGIN;
        for (value, decimals) in ticks(self.y.map(|y| scale * y)) {
            let (_, y) = self.place(self.x[0], value / scale);
            let text = number(value, decimals, false);
            let class = if value.abs() < 1e-9 { "zero" } else { "grid" };
            let _ = write!(
                self.body,
                "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{text}{}</text>",
                LEFT - 6.0,
                y + 4.0,
                escaped(unit)
            );
        }
    }

    /// Numbers below the picture, `scale` times the value.
    pub(super) fn x_axis(&mut self, scale: f64, unit: &str) {
        let labels = ticks(self.x.map(|x| scale * x));
        let labels = labels
            .into_iter()
            .map(|(x, decimals)| (x / scale, number(x, decimals, false) + unit));
        self.x_labels(&labels.collect::<Vec<_>>());
    }

    /// Labels below the picture at places of one's own.
    pub(super) fn x_labels(&mut self, labels: &[(f64, String)]) {
        for (x, label) in labels {
            let (x, _) = self.place(*x, self.y[0]);
            let _ = write!(
                self.body,
                "<text class=\"tick\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                HEIGHT - BOTTOM + 16.0,
                escaped(label)
            );
        }
    }

    /// What the horizontal axis is of.
    pub(super) fn x_title(&mut self, title: &str) {
        let _ = write!(
            self.body,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            (LEFT + self.width - MARGIN) / 2.0,
            HEIGHT - 4.0,
            escaped(title)
        );
    }

    /// A line through points.
    pub(super) fn line(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let points = self.points(points);
        let _ = write!(self.body, "<polyline class=\"{class}\" points=\"{points}\"/>");
    }

    /// The area between a lower and an upper line: (x, low, high).
    pub(super) fn band(&mut self, class: &str, band: &[(f64, f64, f64)]) {
        let upper = band.iter().map(|(x, _, high)| (*x, *high));
        let lower = band.iter().rev().map(|(x, low, _)| (*x, *low));
        let points = self.points(upper.chain(lower));
        let _ = write!(self.body, "<polygon class=\"{class}\" points=\"{points}\"/>");
    }

    /// A bar from zero to `y`, between two places.
    pub(super) fn bar(&mut self, class: &str, from: f64, to: f64, y: f64, tip: &str) {
        let base = 0f64.clamp(self.y[0], self.y[1]);
        let ((x1, y1), (x2, y2)) = (self.place(from, y.max(base)), self.place(to, y.min(base)));
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            x1 + 1.0,
            (x2 - x1 - 2.0).max(0.5),
            (y2 - y1).max(0.5),
            escaped(tip)
        );
    }

    /// A dot with its interval.
    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), ends: Option<[f64; 2]>, tip: &str) {
        if let Some([low, high]) = ends {
            let ((x1, y1), (x2, y2)) = (self.place(x, low), self.place(x, high));
            let _ = write!(
                self.body,
                "<line class=\"whisker {class}\" x1=\"{x1:.1}\" x2=\"{x2:.1}\" y1=\"{y1:.1}\" y2=\"{y2:.1}\"/>"
            );
        }
        let (x, y) = self.place(x, y);
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{}</title></circle>",
            escaped(tip)
        );
    }

    /// A text at a place, such as the count of a bar.
    pub(super) fn note(&mut self, x: f64, y: f64, text: &str) {
        let (x, y) = self.place(x, y);
        let _ = write!(
            self.body,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            y - 5.0,
            escaped(text)
        );
    }

    /// The picture as an element; `title` is what a reader who cannot see it is told.
    pub(super) fn finish(self, title: &str) -> String {
        format!(
            "<svg viewBox=\"0 0 {} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.width,
            escaped(title),
            self.body
        )
    }
}

/// About five round numbers within a range, and the decimals to print them with.
fn ticks([low, high]: [f64; 2]) -> Vec<(f64, usize)> {
    let rough = (high - low) / N_TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|i| (i as f64 * step, decimals)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let of = |low, high| ticks([low, high]).into_iter().map(|(x, _)| x).collect::<Vec<_>>();
        assert_eq!(of(0.0, 10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(of(-31.0, 42.0), [-20.0, 0.0, 20.0, 40.0]);
        assert_eq!(ticks([0.0, 1.0])[1].1, 1);
        assert!((2..=11).contains(&of(0.0001, 0.00013).len()));
    }

    #[test]
    fn a_picture_of_nothing_or_one_point_has_no_broken_number() {
        for values in [vec![], vec![3.0], vec![2.0, 2.0]] {
            let mut picture = Picture::of(values.iter().copied(), values.iter().copied());
            picture.y_axis(100.0, "%");
            picture.x_axis(1.0, "");
            picture.line("own", values.iter().map(|v| (*v, *v)));
            picture.bar("own", 0.0, 1.0, 0.5, "one");
            picture.dot("own", (0.5, 0.5), Some([0.1, 0.9]), "one");
            let svg = picture.finish("nothing");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn bars_stand_on_zero_and_points_keep_their_order() {
        let mut picture = Picture::of([0.0, 10.0].into_iter(), [0.0, 5.0].into_iter());
        assert!(picture.place(0.0, 0.0).1 > picture.place(0.0, 5.0).1);
        assert!(picture.place(0.0, 0.0).0 < picture.place(10.0, 0.0).0);
        picture.bar("own", 1.0, 2.0, -1.0, "below");
        assert!(
            picture.body.contains("height=\"38.") || picture.body.contains("height=\"37."),
            "{}",
            picture.body
        );
    }

    #[test]
    fn markup_does_not_get_through() {
        assert_eq!(
            escaped("<a href='x'>&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
        );
    }
}
