//! The leak check feature by feature: the future is made another one, the candidates of a round are built again from
//! nothing, and every answer a rule could ask for must be the same to the byte.
//!
//! The check on decisions says that no seat cheats; this one says that no column of the table does, seats' or not.

use super::horizon::Horizon;
use super::perturb::perturb;
use super::report::Kind;
use super::{RawData, assert_valid, stream};
use crate::agents::specialists::data_engineer::{AsOf, Planned};
use crate::backtest::features::{Row, Walk, rounds};
use crate::domain::archive::Archive;
use crate::domain::belief::Basis;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::price::Decimal;
use crate::domain::quote::Market;
use crate::engine::sheet::{Candidate, Subject};
use crate::minds::quant::ROSTER;
use crate::strategy::feature::{Known, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What the check found of one feature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureCheck {
    /// Cells that were built twice, with different futures.
    pub n_cells: u64,
    /// Cells that differed.
    pub n_biased: u64,
    /// The first that did: kind of knowledge, game, market, both answers.
    pub first: Option<String>,
}

/// What the check found of all features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureReport {
    /// What perturbations were drawn with.
    pub seed: u64,
    /// At openers or closes.
    pub basis: Basis,
    /// Rounds that were built again and again.
    pub n_rounds: usize,
    /// By the feature's word.
    pub features: BTreeMap<String, FeatureCheck>,
}

impl FeatureReport {
    /// The features that moved with the future.
    pub fn biased(&self) -> impl Iterator<Item = &String> {
        self.features
            .iter()
            .filter(|(_, check)| check.n_biased > 0)
            .map(|(word, _)| word)
    }

    /// True when something was compared and nothing differed.
    pub fn is_clean(&self) -> bool {
        !self.features.is_empty() && self.features.values().all(|f| f.n_biased == 0)
    }
}

/// What a strategy uses, in the words of this check: what its conditions ask, whose probability its stake follows, and the
/// line and the price every bet takes.
pub fn words(strategy: &Strategy) -> BTreeSet<String> {
    let asked = strategy.conditions().iter().map(|c| Subject::of(c).name());
    let mut words: BTreeSet<String> = asked.collect();
    if let Stake::Kelly { source, .. } = strategy.stake() {
        words.insert(chance_of(source));
    }
    words.extend([LINE_TAKEN.to_owned(), PRICE_TAKEN.to_owned()]);
    words
}

fn chance_of(source: &Source) -> String {
    format!("chance({})", source.as_str())
}

const LINE_TAKEN: &str = "line taken";
const PRICE_TAKEN: &str = "price taken";

/// Changes a candidate after it was built, from the raw rows of the very run it is built in: how a test plants a column
/// that knows too much.
pub(super) type Plant = fn(&RawData, &GameId, Market, &mut Candidate);

/// Checks every feature a rule may ask for at a moment, in the given weeks. `progress` is told how many builds of how many
/// are done.
pub fn features(
    raw: &RawData,
    weeks: &[SeasonWeek],
    as_of: AsOf,
    seed: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> FeatureReport {
    check(raw, weeks, as_of, seed, None, progress)
}

pub(super) fn check(
    raw: &RawData,
    weeks: &[SeasonWeek],
    as_of: AsOf,
    seed: u64,
    plant: Option<Plant>,
    progress: &mut dyn FnMut(usize, usize),
) -> FeatureReport {
    let imported = raw.import();
    let rounds = rounds(&imported.archive, weeks, as_of);
    let known = match as_of {
        AsOf::Close => Known::Close,
        AsOf::Open | AsOf::At(_) => Known::Open,
    };
    let n = rounds.len() * Kind::ALL.len();
    let mut done = 0;
    let mut found: BTreeMap<String, FeatureCheck> = BTreeMap::new();
    for planned in &rounds {
        let build = |raw: &RawData, archive: &Arc<Archive>| cells(raw, archive, planned, as_of, known, plant);
        let before = build(raw, &imported.archive);
        let horizon = Horizon::of(raw, &imported.games, planned, as_of);
        for kind in Kind::ALL {
            let (copy, n_changed) = perturb(raw, kind, &horizon, stream(seed, planned, kind));
            if n_changed > 0 {
                let changed = copy.import();
                assert_valid(&imported, &changed);
                compare(kind, &before, &build(&copy, &changed.archive), &mut found);
            }
            done += 1;
            progress(done, n);
        }
    }
    FeatureReport {
        seed,
        basis: as_of.basis(),
        n_rounds: rounds.len(),
        features: found,
    }
}

/// Answers by feature, then by game, market and side, as bits: the same number is the same answer.
type Cells = BTreeMap<String, BTreeMap<(GameId, Market, usize), Option<u64>>>;

/// Everything a rule could ask in a round, built by seats that know nothing at first.
fn cells(
    raw: &RawData,
    archive: &Arc<Archive>,
    planned: &Planned,
    as_of: AsOf,
    known: Known,
    plant: Option<Plant>,
) -> Cells {
    // The schedule is as it stands in these rows: a game that went with its week is not asked about.
    let again = crate::agents::specialists::data_engineer::plan(archive, planned.when, as_of);
    let Some(planned) = again.into_iter().find(|p| p.at == planned.at) else {
        return Cells::new();
    };
    let mut cells = Cells::new();
    for mut row in Walk::new(&ROSTER, as_of).round(archive, &planned) {
        for (side, made) in row.sides.iter_mut().enumerate() {
            if let Some(plant) = plant {
                plant(raw, &row.key.game, row.market, made);
            }
            for (name, value) in answers(made, known) {
                let place = (row.key.game.clone(), row.market, side);
                cells.entry(name).or_default().insert(place, value.map(f64::to_bits));
            }
        }
        note_line(&row, &mut cells);
    }
    cells
}

/// The columns a plan may read at a moment, with the price and the probabilities that stakes are made of.
fn answers(made: &Candidate, known: Known) -> Vec<(String, Option<f64>)> {
    let mut answers: Vec<(String, Option<f64>)> = Vec::new();
    for (subject, value) in &made.values {
        let asked_in_time = match subject {
            Subject::Feature(feature) => feature.known() <= known,
            Subject::Flag(_) => true,
        };
        if asked_in_time {
            answers.push((subject.name(), Some(*value)));
        }
    }
    answers.push((PRICE_TAKEN.to_owned(), made.price.map(Decimal::get)));
    for (source, chance) in &made.chances {
        answers.push((chance_of(source), Some(*chance)));
    }
    answers
}

fn note_line(row: &Row, cells: &mut Cells) {
    for (side, made) in row.sides.iter().enumerate() {
        let place = (row.key.game.clone(), row.market, side);
        let line = made.line.map(|line| line.points().to_bits());
        cells.entry(LINE_TAKEN.to_owned()).or_default().insert(place, line);
    }
}

/// Counts cells of both builds; one that is in only one of them differs.
fn compare(kind: Kind, before: &Cells, after: &Cells, found: &mut BTreeMap<String, FeatureCheck>) {
    let (nothing, names) = (BTreeMap::new(), before.keys().chain(after.keys()));
    let names: BTreeSet<&String> = names.collect();
    for name in names {
        let (old, new) = (
            before.get(name).unwrap_or(&nothing),
            after.get(name).unwrap_or(&nothing),
        );
        let places: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let check = found.entry(name.clone()).or_default();
        for place in places {
            check.n_cells += 1;
            let [a, b] = [old, new].map(|cells| cells.get(place).copied().flatten());
            if a == b {
                continue;
            }
            check.n_biased += 1;
            let text = |bits: Option<u64>| bits.map_or("nothing".to_owned(), |b| f64::from_bits(b).to_string());
            let (game, market, _) = place;
            let first = || format!("{kind} {game} {market}: {} -> {}", text(a), text(b));
            check.first.get_or_insert_with(first);
        }
    }
}

impl fmt::Display for FeatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_biased = self.features.values().filter(|c| c.n_biased > 0).count();
        let verdict = match (self.features.len(), n_biased) {
            (0, _) => "nothing was compared".to_owned(),
            (_, 0) => "clean".to_owned(),
            (_, n) => format!("{n} BIASED"),
        };
        let (basis, n_rounds, seed) = (self.basis.name(), self.n_rounds, self.seed);
        writeln!(
            f,
            "feature check at the {basis}: {n_rounds} rounds, {} features, seed {seed}: {verdict}",
            self.features.len()
        )?;
        writeln!(f, "{:<28} {:>9} {:>7}", "feature", "cells", "biased")?;
        for (name, check) in &self.features {
            let word = if check.n_biased == 0 { "clean" } else { "BIASED" };
            write!(f, "{name:<28} {:>9} {:>7} {word}", check.n_cells, check.n_biased)?;
            match &check.first {
                Some(first) => writeln!(f, ": {first}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
