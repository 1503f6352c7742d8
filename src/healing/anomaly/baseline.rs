//! What is usual: a robust level, a season by hour of the week, and how far from both a reading is.

use super::season::Season;
use super::tail::Tail;
use super::window::Window;
use crate::healing::reading::Bad;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Readings the level is the median of: 43 hours of one each five minutes. A fault must last half of that to become normal.
const N_WINDOW: usize = 512;
/// Below so many readings nothing is judged.
const N_WARM: usize = 64;
/// Readings farther off than this teach the season nothing: a fault is no hour of the week.
const TRIM: f64 = 4.0;
/// Spreads below this share of the level are rounding.
const FLOOR: f64 = 1e-6;

/// A reading beside what was usual before it came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// What was usual at that hour.
    pub expected: f64,
    /// One robust standard deviation.
    pub spread: f64,
    /// The deviation in spreads; 0 while nothing is known, within a thousand always.
    pub z: f64,
    /// How often a healthy metric is as far off on its bad side.
    pub p: f64,
    /// The reading without its season, for whoever looks for a trend.
    pub level: f64,
}

/// The baseline of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    bad: Bad,
    window: Window,
    season: Season,
    tail: Tail,
}

impl Baseline {
    /// Of a metric that is bad on the side `bad`.
    pub fn new(bad: Bad) -> Baseline {
        Baseline {
            bad,
            window: Window::new(N_WINDOW),
            season: Season::default(),
            tail: Tail::default(),
        }
    }

    /// Judges a finite reading by those before it, then learns from it.
    pub fn observe(&mut self, value: f64, at: DateTime<Utc>) -> Judged {
        let offset = self.season.offset(at);
        let residual = value - offset;
        let middle = self.window.middle();
        self.window.push(residual);
        let Some(middle) = middle.filter(|_| self.window.len() > N_WARM) else {
            let expected = middle.map_or(value, |m| m.centre + offset);
            let spread = middle.map_or(0.0, |m| m.spread);
            return Judged {
                expected,
                spread,
                z: 0.0,
                p: 1.0,
                level: residual,
            };
        };
        let spread = middle.spread.max(FLOOR * middle.centre.abs()).max(1e-12);
        let z = ((residual - middle.centre) / spread).clamp(-1e3, 1e3);
        if z.abs() <= TRIM {
            self.season.take(value - middle.centre, at);
        }
        Judged {
            expected: middle.centre + offset,
            spread,
            z,
            p: self.tail.judge(self.bad.worse(z)),
            level: residual,
        }
    }
}
