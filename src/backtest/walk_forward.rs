//! Walk-forward folds: whatever is chosen is chosen on earlier seasons and judged on the next one.

use crate::engine::period::Period;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which past a fold may learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All of it.
    Expanding,
    /// The last so many seasons.
    Rolling(u16),
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Expanding => f.write_str("expanding"),
            Window::Rolling(n) => write!(f, "rolling over {n} seasons"),
        }
    }
}

/// One fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Seasons to learn from, ascending.
    pub past: Vec<u16>,
    /// The season that judges.
    pub test: u16,
}

impl Fold {
    /// The past as a period.
    pub fn training(&self) -> Period {
        seasons(&self.past)
    }

    /// The judging season as a period.
    pub fn testing(&self) -> Period {
        Period::seasons(self.test..=self.test)
    }

    /// The past in two: the earlier seasons to search on, the later ones for validators, in `n_parts` runs of seasons that
    /// are as even as they can be, the later ones the longer. `None` when the past is too short to give each a season.
    pub fn split(&self, n_parts: usize) -> Option<(Period, Vec<Period>)> {
        let n_search = (self.past.len() / 2).max(2);
        let held = self.past.get(n_search..)?;
        if n_parts == 0 || held.len() < n_parts {
            return None;
        }
        let (each, more) = (held.len() / n_parts, held.len() % n_parts);
        let mut parts = Vec::with_capacity(n_parts);
        let mut from = 0;
        for i in 0..n_parts {
            let through = from + each + usize::from(i >= n_parts - more);
            parts.push(seasons(&held[from..through]));
            from = through;
        }
        Some((seasons(&self.past[..n_search]), parts))
    }
}

/// Exactly these seasons.
fn seasons(list: &[u16]) -> Period {
    let each = list.iter().map(|s| Period::seasons(*s..=*s));
    each.fold(Period::default(), Period::and_also)
}

/// The folds of the seasons from `first_test` on, each with at least `min_past` seasons before it. Seasons may be missing.
pub fn folds(known: &[u16], first_test: u16, window: Window, min_past: usize) -> Vec<Fold> {
    let mut known = known.to_vec();
    known.sort_unstable();
    known.dedup();
    let fold = |test: u16| {
        let all: Vec<u16> = known.iter().copied().filter(|s| *s < test).collect();
        let from = match window {
            Window::Expanding => 0,
            Window::Rolling(n) => all.len().saturating_sub(usize::from(n)),
        };
        let past = all[from..].to_vec();
        (past.len() >= min_past).then_some(Fold { past, test })
    };
    known
        .iter()
        .copied()
        .filter(|s| *s >= first_test)
        .filter_map(fold)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_look_back_only() {
        let known: Vec<u16> = (2007..=2014).collect();
        let expanding = folds(&known, 2012, Window::Expanding, 3);
        assert_eq!(expanding.len(), 3);
        assert_eq!(
            (expanding[0].past.clone(), expanding[0].test),
            ((2007..=2011).collect(), 2012)
        );
        let rolling = folds(&known, 2012, Window::Rolling(3), 3);
        assert_eq!(rolling[2].past, [2011, 2012, 2013]);
        assert_eq!(folds(&known, 2007, Window::Expanding, 3)[0].test, 2010);
        assert_eq!(folds(&[], 2012, Window::Expanding, 0), []);
        let (search, parts) = expanding[2].split(3).unwrap();
        assert_eq!(search.to_string(), "2007-2009");
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        assert_eq!(parts, ["2010", "2011", "2012-2013"]);
        assert_eq!(expanding[0].split(4), None);
    }

    proptest! {
        #[test]
        fn a_split_gives_each_season_once(n in 0usize..20, n_parts in 0usize..6) {
            let fold = Fold { past: (2000..2000 + n as u16).collect(), test: 2030 };
            if let Some((search, parts)) = fold.split(n_parts) {
                for season in &fold.past {
                    let week = crate::domain::game::SeasonWeek { season: *season, week: 5 };
                    let holders = parts.iter().chain([&search]).filter(|p| p.contains(week)).count();
                    prop_assert_eq!(holders, 1);
                }
            }
        }
    }
}
