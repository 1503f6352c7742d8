//! Medians with their range, and how they are printed.

use std::fmt;

/// The machine's load average over 1, 5 and 15 minutes.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The middle of some readings, with the least and the greatest.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The middle reading; of an even number the upper of the two.
    pub median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Of at least one reading.
    pub fn of(readings: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = readings.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Spread {
            median: sorted[sorted.len() / 2],
            min: sorted[0],
            max: sorted[sorted.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let (median, min, max) = (self.median, self.min, self.max);
        let text = format!("{median:.digits$} ({min:.digits$}..{max:.digits$})");
        // Not `pad`, which would take the precision for the length of the text.
        write!(f, "{text:<width$}", width = f.width().unwrap_or(0))
    }
}
