//! Patterns on trial: found on training seasons, tested on seasons held back, and paid for by how many were tried.
//!
//! A pattern is a set of facts known before kickoff and a bet. All of them are tested on the seasons they were found on, with
//! a correction for their number and White's reality check; those that look good even without correction are tested once
//! more on the seasons held back. A survivor passes the correction there and belongs to a family whose best is no luck.
//! On real closing lines nothing is expected to survive (research says so), and an empty list is an answer.

use super::bets::{Bet, Family};
use super::evidence::reality_check;
use super::items::{GameFacts, Item, Kind};
use super::itemsets::{Baskets, Bounds, Itemsets, MiningError};
use super::table::{Table, Tally};
use crate::stats::estimate::Rate;
use crate::stats::multiplicity::{benjamini_hochberg, binomial_tail};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeSet;

/// How patterns are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Training games a condition must hold in, and conditions joined by `and` at most.
    pub bounds: Bounds,
    /// The share of false discoveries allowed, and the level of the reality check.
    pub level: f64,
    /// Resamples of the reality check.
    pub n_draws: usize,
}

/// Share of false discoveries allowed when nobody says otherwise.
pub const LEVEL: f64 = 0.05;
/// Resamples when nobody says otherwise: a chance of 5% is then known to within .7 points.
pub const N_DRAWS: usize = 1_008;
/// A pattern that does not look this good on the seasons it was found on is not tried on others.
const SCREEN: f64 = 0.05;
/// What looks striking to whoever forgets how much was tried.
const STRIKING: f64 = 0.01;
/// Conditions a trial may have: eight bets on each, a number for each week of training, 200 MB in all.
const MAX_CONDITIONS: usize = 20_000;

/// Why patterns cannot be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// The miner gave up.
    #[error(transparent)]
    Mining(#[from] MiningError),
    /// Too many conditions hold often enough.
    #[error("{0} conditions are too many to try at once (at most 20,000): raise the support or shorten the sets")]
    TooManyConditions(usize),
}

/// One pattern with its records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pattern {
    /// The condition: all of these, all known before kickoff.
    pub given: Vec<Item>,
    /// What is bet then.
    pub bet: Bet,
    /// On the training seasons.
    pub train: Tally,
    /// Exact chance of this many wins in training at the break-even rate.
    pub p_train: f64,
    /// On the seasons held back.
    pub held: Tally,
    /// The same chance there.
    pub p_held: f64,
    /// The share of false discoveries at which it would still stand, among all patterns tried there.
    pub q_held: f64,
}

/// What became of all patterns of one family of bets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FamilyVerdict {
    /// The family.
    pub family: Family,
    /// Patterns tried in training: conditions times sides.
    pub n_tried: usize,
    /// Of these, with p below .01 before any correction.
    pub n_striking: usize,
    /// Of these, standing after Benjamini-Hochberg at the level.
    pub n_significant: usize,
    /// White's reality check on the training seasons; none without games.
    pub reality_check: Option<f64>,
    /// Patterns tried on the seasons held back.
    pub n_tried_held: usize,
    /// Standing there after Benjamini-Hochberg at the level.
    pub n_significant_held: usize,
    /// White's reality check there, over the patterns tried there.
    pub reality_check_held: Option<f64>,
    /// The record on the seasons held back of all patterns that were striking in training, pooled.
    pub striking_held: Rate,
    /// The share that must win.
    pub break_even: f64,
}

/// What is left of the patterns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Training games.
    pub n_train: usize,
    /// Games held back.
    pub n_held: usize,
    /// Conditions that held often enough.
    pub n_conditions: usize,
    /// Every family, tried or not.
    pub families: Vec<FamilyVerdict>,
    /// What survives, the surest first.
    pub survivors: Vec<Pattern>,
    /// The patterns tried on the seasons held back that did best in training, for whoever wants to see what luck looks like.
    pub best_in_training: Vec<Pattern>,
}

/// Shown of the best in training.
const N_BEST: usize = 5;

/// Finds patterns in `train` by `mine` and tries them on `held`. Both come week by week; that all of `train` was known before
/// `held` began is for the caller to see to, by the views the facts were taken from.
///
/// # Errors
/// [`TrialError`] when there would be too many patterns.
pub fn trial(
    train: &[GameFacts],
    held: &[GameFacts],
    trial: &Trial,
    mine: impl FnOnce(&Baskets, Bounds) -> Result<Itemsets, MiningError>,
    rng: &mut Pcg64Mcg,
) -> Result<Verdict, TrialError> {
    let (items, baskets) = baskets(train, |item| item.kind == Kind::Known)?;
    let conditions = mine(&baskets, trial.bounds)?;
    if conditions.len() > MAX_CONDITIONS {
        return Err(TrialError::TooManyConditions(conditions.len()));
    }
    let bets = Bet::all();
    let tables = [train, held].map(|games| Table::new(games, &items, &bets));
    let mut families = Vec::new();
    let (mut patterns, mut weeks_held) = (Vec::new(), Vec::new());
    for family in Family::ALL {
        let tried = Tried::of(&conditions, &tables[0], &bets, family);
        let mut verdict = tried.verdict(family, trial, rng);
        let mut weeks = Vec::new();
        let mut pooled = Tally::default();
        for i in (0..tried.p.len()).filter(|&i| tried.p[i] <= SCREEN) {
            let (pattern, by_week) = tried.hold(i, &tables[1], &items, &bets);
            if tried.p[i] < STRIKING {
                pooled.n_won += pattern.held.n_won;
                pooled.n_lost += pattern.held.n_lost;
            }
            weeks.push(by_week);
            patterns.push(pattern);
        }
        verdict.striking_held = pooled.rate();
        verdict.n_tried_held = weeks.len();
        weeks_held.push(weeks);
        families.push(verdict);
    }
    let q = benjamini_hochberg(&patterns.iter().map(|p| p.p_held).collect::<Vec<f64>>());
    patterns.iter_mut().zip(q).for_each(|(pattern, q)| pattern.q_held = q);
    for (verdict, weeks) in families.iter_mut().zip(&weeks_held) {
        let stands = |p: &&Pattern| p.bet.family() == verdict.family && p.q_held <= trial.level;
        verdict.n_significant_held = patterns.iter().filter(stands).count();
        verdict.reality_check_held = reality_check(weeks, trial.n_draws, rng);
    }
    Ok(Verdict {
        n_train: train.len(),
        n_held: held.len(),
        n_conditions: conditions.len(),
        survivors: survivors(&patterns, &families, trial.level),
        families,
        best_in_training: best(patterns),
    })
}

/// Items of some kind, ascending, and the games as baskets of them.
///
/// # Errors
/// [`MiningError`] when there are too many different items.
pub fn baskets(games: &[GameFacts], of: impl Fn(&Item) -> bool) -> Result<(Vec<Item>, Baskets), MiningError> {
    let items: BTreeSet<Item> = games.iter().flat_map(|g| &g.items).copied().filter(|i| of(i)).collect();
    let items: Vec<Item> = items.into_iter().collect();
    let row = |game: &GameFacts| -> Vec<u16> {
        let number = |item: &Item| items.binary_search(item).ok().map(|i| i as u16);
        game.items.iter().filter_map(number).collect()
    };
    let baskets = Baskets::new(items.len(), games.iter().map(row))?;
    Ok((items, baskets))
}

/// All patterns of one family on the training games.
struct Tried {
    patterns: Vec<(Vec<u16>, usize)>,
    tallies: Vec<Tally>,
    p: Vec<f64>,
    weeks: Vec<Vec<f32>>,
    break_even: f64,
}

impl Tried {
    fn of(conditions: &Itemsets, table: &Table, bets: &[Bet], family: Family) -> Tried {
        let of_family: Vec<usize> = (0..bets.len()).filter(|&b| bets[b].family() == family).collect();
        let mut tried = Tried {
            patterns: Vec::new(),
            tallies: Vec::new(),
            p: Vec::new(),
            weeks: Vec::new(),
            break_even: of_family.first().map_or(1.0, |&b| bets[b].break_even()),
        };
        conditions.for_each(|given, _| {
            let games = table.given(given);
            for &bet in &of_family {
                let (tally, weeks) = table.record(&games, bet);
                tried.patterns.push((given.to_vec(), bet));
                tried.p.push(p_value(tally, tried.break_even));
                tried.tallies.push(tally);
                tried.weeks.push(weeks);
            }
        });
        tried
    }

    /// What training says; of the seasons held back nothing yet.
    fn verdict(&self, family: Family, trial: &Trial, rng: &mut Pcg64Mcg) -> FamilyVerdict {
        let significant = benjamini_hochberg(&self.p)
            .iter()
            .filter(|q| **q <= trial.level)
            .count();
        FamilyVerdict {
            family,
            n_tried: self.p.len(),
            n_striking: self.p.iter().filter(|p| **p < STRIKING).count(),
            n_significant: significant,
            reality_check: reality_check(&self.weeks, trial.n_draws, rng),
            n_tried_held: 0,
            n_significant_held: 0,
            reality_check_held: None,
            striking_held: Rate::of(0, 0),
            break_even: self.break_even,
        }
    }

    /// One pattern on the seasons held back, and its profit there by week.
    fn hold(&self, i: usize, held: &Table, items: &[Item], bets: &[Bet]) -> (Pattern, Vec<f32>) {
        let (given, bet) = &self.patterns[i];
        let (tally, weeks) = held.record(&held.given(given), *bet);
        let pattern = Pattern {
            given: given.iter().map(|&item| items[usize::from(item)]).collect(),
            bet: bets[*bet],
            train: self.tallies[i],
            p_train: self.p[i],
            held: tally,
            p_held: p_value(tally, self.break_even),
            q_held: 1.0,
        };
        (pattern, weeks)
    }
}

fn p_value(tally: Tally, break_even: f64) -> f64 {
    binomial_tail(
        u64::from(tally.n_won),
        u64::from(tally.n_won + tally.n_lost),
        break_even,
    )
}

fn survivors(patterns: &[Pattern], families: &[FamilyVerdict], level: f64) -> Vec<Pattern> {
    let no_luck = |family: Family| {
        let check = families
            .iter()
            .find(|v| v.family == family)
            .and_then(|v| v.reality_check_held);
        check.is_some_and(|p| p <= level)
    };
    let stands = |p: &&Pattern| p.q_held <= level && no_luck(p.bet.family());
    let mut survivors: Vec<Pattern> = patterns.iter().filter(stands).cloned().collect();
    survivors.sort_by(|a, b| a.p_held.total_cmp(&b.p_held));
    survivors
}

fn best(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    patterns.sort_by(|a, b| a.p_train.total_cmp(&b.p_train));
    patterns.truncate(N_BEST);
    patterns
}
