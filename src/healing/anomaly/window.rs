//! Median and deviation of the latest readings, exactly, in bounded memory.
//!
//! A sorted copy beside the ring costs a search and a short move of memory a reading (512 numbers are 4 kB, within 100 ns).
//! Sketches (P-square, t-digest) are smaller, but forget nothing, so that a metric which moved for good would be judged by
//! its whole past, and give no median deviation about a median that moves.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Scales the median absolute deviation to the standard deviation of a normal distribution.
const TO_SIGMA: f64 = 1.482_602_218_505_602;

/// The latest numbers, in order of arrival and in order of size. Numbers must be finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Window {
    capacity: usize,
    ring: VecDeque<f64>,
    sorted: Vec<f64>,
}

/// As it is written down: the order of size is found again.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    capacity: usize,
    ring: VecDeque<f64>,
}

impl From<Window> for Stored {
    fn from(window: Window) -> Stored {
        Stored {
            capacity: window.capacity,
            ring: window.ring,
        }
    }
}

impl From<Stored> for Window {
    fn from(stored: Stored) -> Window {
        let mut sorted: Vec<f64> = stored.ring.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        Window {
            capacity: stored.capacity,
            ring: stored.ring,
            sorted,
        }
    }
}

/// A centre and one robust standard deviation about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Middle {
    /// The median; of numbers of which more than half are equal, the mean.
    pub centre: f64,
    /// The scaled median absolute deviation; where that is zero, the standard deviation.
    pub spread: f64,
}

impl Window {
    /// An empty window of at most `capacity` numbers, at least one.
    pub fn new(capacity: usize) -> Window {
        let capacity = capacity.max(1);
        Window {
            capacity,
            ring: VecDeque::with_capacity(capacity),
            sorted: Vec::with_capacity(capacity),
        }
    }

    /// Takes a finite number in; the oldest goes when it is full. What is not finite is left out.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.ring.len() == self.capacity
            && let Some(oldest) = self.ring.pop_front()
        {
            let at = self.sorted.partition_point(|x| x.total_cmp(&oldest).is_lt());
            self.sorted.remove(at);
        }
        self.ring.push_back(value);
        let at = self.sorted.partition_point(|x| x.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
    }

    /// How many numbers it holds.
    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// The numbers from least to greatest.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Centre and spread; `None` of nothing. Of a metric that is most often one number (errors, restarts) the median
    /// deviation is zero however much the rest varies; mean and standard deviation are taken then.
    pub fn middle(&self) -> Option<Middle> {
        let (centre, spread) = (median(&self.sorted)?, TO_SIGMA * self.deviation()?);
        if spread > 0.0 {
            return Some(Middle { centre, spread });
        }
        let n = self.sorted.len() as f64;
        let mean = self.sorted.iter().sum::<f64>() / n;
        let squares = self.sorted.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        Some(Middle {
            centre: mean,
            spread: (squares / n).sqrt(),
        })
    }

    /// The least distance from the median within which more than half of the numbers lie. Such numbers are a run of the
    /// sorted ones; as the run moves up, its lower end comes nearer and its upper end goes farther, so the best is found by
    /// bisection.
    fn deviation(&self) -> Option<f64> {
        let (s, m) = (&self.sorted, median(&self.sorted)?);
        let run = s.len() / 2 + 1;
        let farthest = |i: usize| (m - s[i]).max(s[i + run - 1] - m);
        let (mut low, mut high) = (0, s.len() - run);
        while low < high {
            let middle = (low + high) / 2;
            if s[middle + run - 1] - m >= m - s[middle] {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let before = low.checked_sub(1).map_or(f64::INFINITY, farthest);
        Some(farthest(low).min(before))
    }
}

/// The median of sorted numbers; `None` of nothing.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(0.5 * (sorted[half - 1] + upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_median_and_deviation_of_the_latest(values in prop::collection::vec(-50i32..50, 1..200)) {
            let mut window = Window::new(31);
            for (i, value) in values.iter().enumerate() {
                window.push(f64::from(*value));
                let mut latest: Vec<f64> = values[..=i].iter().rev().take(31).map(|v| f64::from(*v)).collect();
                latest.sort_by(f64::total_cmp);
                prop_assert_eq!(window.sorted(), &latest[..]);
                let m = median(&latest).unwrap();
                let mut far: Vec<f64> = latest.iter().map(|x| (x - m).abs()).collect();
                far.sort_by(f64::total_cmp);
                prop_assert_eq!(window.deviation().unwrap(), far[latest.len() / 2]);
            }
            let text = serde_json::to_string(&window).unwrap();
            prop_assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
        }
    }

    #[test]
    fn of_nothing_there_is_nothing_and_of_one_number_no_spread() {
        let mut window = Window::new(4);
        assert_eq!(window.middle(), None);
        window.push(f64::NAN);
        window.push(7.0);
        assert_eq!(
            (window.len(), window.middle()),
            (
                1,
                Some(Middle {
                    centre: 7.0,
                    spread: 0.0
                })
            )
        );
        for value in [7.0, 7.0, 9.0] {
            window.push(value);
        }
        assert_eq!(
            window.middle().map(|m| m.centre),
            Some(7.5),
            "mostly one number: mean and deviation"
        );
    }
}
