//! What the leak check found, for people and for files.

use crate::domain::belief::{Basis, Seat};
use crate::domain::game::SeasonWeek;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A kind of knowledge no decision may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Scores of the games being decided.
    OwnResult,
    /// Results, weather and starters of every other game not over yet, closing lines of those not begun, and the rest
    /// days of weeks that have not opened.
    LaterGames,
    /// The later weeks are gone from the files.
    LaterRemoved,
    /// Closing lines and prices of games that have not begun: of the decided ones when openers are bet.
    Close,
    /// Temperature, wind and open roofs of games that are not over.
    Weather,
    /// Starting quarterbacks of games that are not over.
    Quarterbacks,
    /// Openers of weeks that have not opened.
    LaterOpeners,
    /// Statistics of games that are not over.
    TeamStats,
}

impl Kind {
    /// All kinds, in the order they are checked.
    pub const ALL: [Kind; 8] = [
        Kind::OwnResult,
        Kind::LaterGames,
        Kind::LaterRemoved,
        Kind::Close,
        Kind::Weather,
        Kind::Quarterbacks,
        Kind::LaterOpeners,
        Kind::TeamStats,
    ];

    /// As it is written in reports: `own_result` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Kind::OwnResult => "own_result",
            Kind::LaterGames => "later_games",
            Kind::LaterRemoved => "later_removed",
            Kind::Close => "close",
            Kind::Weather => "weather",
            Kind::Quarterbacks => "quarterbacks",
            Kind::LaterOpeners => "later_openers",
            Kind::TeamStats => "team_stats",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The part of a round two runs differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Games, lines and prices on offer: the importer or the archive leaks, whatever the minds do.
    Slate,
    /// What a seat said alone.
    Opinions,
    /// A seat's estimates in points, before the line was looked at.
    Forecasts,
    /// What a seat changed in deliberation.
    Revised,
    /// What was agreed and staked: weights and the risk manager are in it.
    Decisions,
}

/// The first place where the perturbed run differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where in the round.
    pub part: Part,
    /// Whose words; `None` outside opinions, forecasts and revisions.
    pub seat: Option<String>,
    /// The game.
    pub game: Option<String>,
    /// The market.
    pub market: Option<String>,
    /// Path of the field within the entry.
    pub field: String,
    /// Its text in the run as it is.
    pub before: String,
    /// Its text when the future is another one.
    pub after: String,
}

impl Difference {
    /// Game and market are read off the entry, an opinion, a decision or an offer as JSON.
    pub(super) fn new(
        part: Part,
        seat: Option<&Seat>,
        entry: &Value,
        field: String,
        before: String,
        after: String,
    ) -> Difference {
        let named = |name: &str| {
            let places = ["", "/agreement"].map(|place| entry.pointer(&format!("{place}/{name}")));
            let found = places.into_iter().flatten().next();
            found.and_then(Value::as_str).map(str::to_owned)
        };
        let offered = entry.pointer("/fixture/id").and_then(Value::as_str).map(str::to_owned);
        Difference {
            part,
            seat: seat.map(|s| s.as_str().to_owned()),
            game: named("game").or(offered),
            market: named("market"),
            field,
            before,
            after,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_all = |s: &Option<String>| s.clone().unwrap_or_else(|| "-".to_owned());
        let (seat, game, market) = (or_all(&self.seat), or_all(&self.game), or_all(&self.market));
        let part = match self.part {
            Part::Slate => "slate",
            Part::Opinions => "opinion",
            Part::Forecasts => "forecast",
            Part::Revised => "revision",
            Part::Decisions => "decision",
        };
        let (field, before, after) = (&self.field, short(&self.before), short(&self.after));
        write!(
            f,
            "{part} of seat {seat}, game {game}, market {market}: {field} {before} -> {after}"
        )
    }
}

/// Whole entries can stand on both sides of an arrow; a line is enough to see what happened.
fn short(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// What one check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The same opinions and decisions to the byte.
    Clean,
    /// Something knew what it could not know.
    Leak {
        /// Where it shows first.
        first: Difference,
    },
}

impl Verdict {
    pub(super) fn of(difference: Option<Difference>) -> Verdict {
        difference.map_or(Verdict::Clean, |first| Verdict::Leak { first })
    }
}

/// One round played with one kind of knowledge changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was changed.
    pub kind: Kind,
    /// The week decided.
    pub week: SeasonWeek,
    /// At its openers or its closes.
    pub basis: Basis,
    /// The instant of the decision.
    pub at: DateTime<Utc>,
    /// Games decided in the round.
    pub n_games: usize,
    /// Cells of the raw files that differ; never 0.
    pub n_cells_changed: usize,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Check {
    /// The difference, when there is one.
    pub fn leak(&self) -> Option<&Difference> {
        match &self.verdict {
            Verdict::Clean => None,
            Verdict::Leak { first } => Some(first),
        }
    }
}

/// All checks of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakReport {
    /// What perturbations were drawn with.
    pub seed: u64,
    /// Rounds looked at.
    pub n_rounds: usize,
    /// By week, basis, instant and kind.
    pub checks: Vec<Check>,
}

impl LeakReport {
    /// True when something was checked and nothing differed.
    pub fn is_clean(&self) -> bool {
        !self.checks.is_empty() && self.leaks().next().is_none()
    }

    /// Checks that found a leak.
    pub fn leaks(&self) -> impl Iterator<Item = (&Check, &Difference)> {
        self.checks.iter().filter_map(|c| Some((c, c.leak()?)))
    }
}

/// Leaks are printed up to this many: the first one is to be mended before the others mean anything.
const SHOWN_LEAKS: usize = 12;

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n_checks, n_leaks) = (self.checks.len(), self.leaks().count());
        writeln!(
            f,
            "leak check: {} rounds, {n_checks} checks, seed {}: {}",
            self.n_rounds,
            self.seed,
            match (n_checks, n_leaks) {
                (0, _) => "nothing was checked".to_owned(),
                (_, 0) => "clean".to_owned(),
                (_, n) => format!("LEAKS IN {n}"),
            }
        )?;
        writeln!(
            f,
            "{:<14} {:<6} {:>7} {:>14} {:>6}",
            "changed", "basis", "checks", "cells", "leaks"
        )?;
        for kind in Kind::ALL {
            for basis in [Basis::Open, Basis::Close] {
                let of = || self.checks.iter().filter(move |c| c.kind == kind && c.basis == basis);
                if of().next().is_none() {
                    continue;
                }
                let cells: usize = of().map(|c| c.n_cells_changed).sum();
                let leaks = of().filter(|c| c.leak().is_some()).count();
                let (n, basis) = (of().count(), basis.name());
                writeln!(f, "{kind:<14} {basis:<6} {n:>7} {cells:>14} {leaks:>6}")?;
            }
        }
        for (check, first) in self.leaks().take(SHOWN_LEAKS) {
            let (kind, week, basis) = (check.kind, check.week, check.basis.name());
            writeln!(
                f,
                "LEAK {kind} {week} {basis} {}: {first}",
                check.at.format("%Y-%m-%d %H:%MZ")
            )?;
        }
        if n_leaks > SHOWN_LEAKS {
            writeln!(f, "and {} more", n_leaks - SHOWN_LEAKS)?;
        }
        Ok(())
    }
}
