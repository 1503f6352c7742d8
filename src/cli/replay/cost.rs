//! What a replay cost: wall time, and the memory of the process after each week, which must not grow with the season.

use crate::clock::Clock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time and memory.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    #[serde(skip)]
    clock: Clock,
    /// Wall time, in seconds.
    pub wall_s: f64,
    /// The most memory the process ever held, in megabytes; none where the system does not tell.
    pub peak_mb: Option<u64>,
    /// Memory after the last slot of each week, in megabytes.
    pub by_week_mb: BTreeMap<u8, u64>,
}

impl Cost {
    /// From now on.
    pub fn begin() -> Cost {
        Cost {
            clock: Clock::system(),
            wall_s: 0.0,
            peak_mb: None,
            by_week_mb: BTreeMap::new(),
        }
    }

    /// A slot of a week is done.
    pub fn after(&mut self, week: u8) {
        if let Some(mb) = status_mb("VmRSS:") {
            self.by_week_mb.insert(week, mb);
        }
    }

    /// All is done.
    pub fn end(&mut self) {
        self.wall_s = self.clock.monotonic().max(Duration::from_millis(1)).as_secs_f64();
        self.peak_mb = status_mb("VmHWM:");
    }
}

/// A figure of this process as Linux tells it, which is in kilobytes.
fn status_mb(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kb: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kb / 1024)
}
