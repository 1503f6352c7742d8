//! Whether the statistics a mind lives on are there, so that a seat without them leaves the table instead of guessing.

use super::MIN_GAMES;
use crate::domain::belief::Abstention;

/// Counts the games whose statistics came.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    n: usize,
    /// Rating week of the newest.
    newest: f64,
}

/// Statistics older than a season and its off-season are of other teams. (A season is 22 weeks, an off-season 14.)
const STALE_WEEKS: f64 = 36.0;

impl Watch {
    /// A game of this rating week was counted.
    pub fn saw(&mut self, week: f64) {
        self.n += 1;
        self.newest = self.newest.max(week);
    }

    /// Whether there is enough to speak about a game of a rating week.
    ///
    /// # Errors
    /// [`Abstention::NoFeed`] when fewer than [`MIN_GAMES`] games were counted, or none for a whole season.
    pub fn check(&self, week: f64) -> Result<(), Abstention> {
        if self.n < MIN_GAMES || week - self.newest > STALE_WEEKS {
            return Err(Abstention::NoFeed {
                feed: "team statistics".to_owned(),
            });
        }
        Ok(())
    }
}
