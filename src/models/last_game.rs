//! How each team's last game differed from its closing lines: what an opener has to digest since.

use crate::domain::game::{Fixture, Score};
use crate::domain::team::Team;

/// Last results are clipped at three touchdowns and scaled so that one penalty suits them beside other features.
const CLIP_POINTS: f64 = 21.0;
const SCALE_POINTS: f64 = 14.0;

/// Each team's last margin and total against the closing line, in units of 14 points, towards itself and the over; zero
/// before its first game and after one without a line.
#[derive(Clone, Debug)]
pub struct LastGame {
    last: [(f64, f64); 32],
}

impl Default for LastGame {
    fn default() -> LastGame {
        LastGame { last: [(0.0, 0.0); 32] }
    }
}

impl LastGame {
    /// Learns a result with the closing spread (home margin) and total, in points.
    pub fn observe(&mut self, f: &Fixture, score: Score, spread: Option<f64>, total: Option<f64>) {
        let against = |result: i32, line: Option<f64>| {
            line.map_or(0.0, |l| {
                (f64::from(result) - l).clamp(-CLIP_POINTS, CLIP_POINTS) / SCALE_POINTS
            })
        };
        let margin = against(score.margin(), spread);
        let total = against(score.total(), total);
        self.last[f.home.index()] = (margin, total);
        self.last[f.away.index()] = (-margin, total);
    }

    /// A team's last margin and total against the close.
    pub fn of(&self, team: Team) -> (f64, f64) {
        self.last[team.index()]
    }
}
