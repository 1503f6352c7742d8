//! Making strategies: at random within a vocabulary, by a small change of one, or out of two. Only sound ones come out.

use super::condition::{Condition, Hundredths};
use super::feature::{Feature, Flag, Known, Source};
use super::rule::{MAX_CONDITIONS, Strategy};
use super::stake::Stake;
use crate::domain::quote::Market;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// What a search may use: different seats search with different vocabularies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Markets to bet on; at least one.
    pub markets: Vec<Market>,
    /// When to bet.
    pub at: Known,
    /// Whose opinions there are; at least one.
    pub sources: Vec<Source>,
    /// Features without a source that may be asked about.
    pub features: Vec<Feature>,
    /// Flags that may be asked about, besides the sides.
    pub flags: Vec<Flag>,
}

/// Conditions beyond the one that chooses the side in a strategy made at random.
const MAX_EXTRA: usize = 3;
/// Draws until a sound one comes; nine in ten are sound, so the fallback is all but never needed.
const MAX_DRAWS: usize = 32;
/// The most grid steps a mutation moves a bound.
const MAX_STEPS: i32 = 4;

impl Vocabulary {
    /// Everything that is known at a moment.
    pub fn all(at: Known, sources: Vec<Source>) -> Vocabulary {
        let features = [
            Feature::Votes,
            Feature::Line,
            Feature::Spread,
            Feature::Total,
            Feature::Week,
            Feature::Rest,
            Feature::Wind,
            Feature::Move,
        ];
        Vocabulary {
            markets: vec![Market::Spread, Market::Total],
            at,
            sources,
            features: features.into_iter().filter(|f| f.known() <= at).collect(),
            flags: vec![Flag::Division, Flag::Dome, Flag::Night, Flag::Playoffs, Flag::Neutral],
        }
    }

    /// A strategy at random: something that chooses a side, and up to three more conditions.
    pub fn draw(&self, rng: &mut Pcg64Mcg) -> Strategy {
        for _ in 0..MAX_DRAWS {
            let market = pick(&self.markets, rng).copied().unwrap_or(Market::Spread);
            let mut conditions = vec![self.side(market, rng)];
            for _ in 0..rng.random_range(0..=MAX_EXTRA) {
                conditions.extend(self.condition(market, rng));
            }
            let drawn = Strategy::new(market, self.at, conditions, Stake::one_percent());
            if let Ok(strategy) = drawn.and_then(|s| s.with_stake(self.stake(rng))) {
                return strategy;
            }
        }
        self.plainest()
    }

    /// The same strategy with one thing changed: a bound moved, dropped or added, a source exchanged, another stake.
    pub fn mutate(&self, strategy: &Strategy, rng: &mut Pcg64Mcg) -> Strategy {
        for _ in 0..MAX_DRAWS {
            let mut conditions = strategy.conditions().to_vec();
            let changed = match rng.random_range(0..10) {
                0..=4 if !conditions.is_empty() => {
                    let at = rng.random_range(0..conditions.len());
                    conditions[at] = self.moved(&conditions[at], rng);
                    strategy.with_conditions(conditions)
                }
                5 if conditions.len() > 1 => {
                    conditions.swap_remove(rng.random_range(0..conditions.len()));
                    strategy.with_conditions(conditions)
                }
                6..=8 => {
                    conditions.extend(self.condition(strategy.market(), rng));
                    strategy.with_conditions(conditions)
                }
                _ => strategy.with_stake(self.stake(rng)),
            };
            if let Ok(changed) = changed
                && changed != *strategy
                && changed.chooses_a_side()
            {
                return changed;
            }
        }
        strategy.clone()
    }

    /// A child of two strategies on one market: each condition comes from either. Parents of different markets have a
    /// child that is a mutation of the first.
    pub fn cross(&self, a: &Strategy, b: &Strategy, rng: &mut Pcg64Mcg) -> Strategy {
        if a.market() != b.market() || a.at() != b.at() {
            return self.mutate(a, rng);
        }
        for _ in 0..MAX_DRAWS {
            let mut conditions: Vec<Condition> = Vec::new();
            for condition in a.conditions().iter().chain(b.conditions()) {
                let taken = conditions.iter().any(|c| c.same_subject(condition));
                if !taken && conditions.len() < MAX_CONDITIONS && rng.random_bool(0.5) {
                    conditions.push(condition.clone());
                }
            }
            let stake = if rng.random_bool(0.5) { a.stake() } else { b.stake() };
            if let Ok(child) = Strategy::new(a.market(), a.at(), conditions, stake.clone())
                && child.chooses_a_side()
            {
                return child;
            }
        }
        self.mutate(a, rng)
    }

    /// A condition that leaves one side of a game at most.
    fn side(&self, market: Market, rng: &mut Pcg64Mcg) -> Condition {
        let up = rng.random_bool(0.5);
        let flag = match market {
            Market::Total => Flag::Over,
            Market::Spread | Market::Moneyline if rng.random_bool(0.5) => Flag::Home,
            Market::Spread | Market::Moneyline => Flag::Favourite,
        };
        match pick(&self.sources, rng) {
            Some(source) if rng.random_bool(0.7) => {
                let feature = Feature::Edge(source.clone());
                let step = feature.step();
                Condition::at_least(feature, step * rng.random_range(1..=12))
            }
            _ => Condition::Is { flag, up },
        }
    }

    /// A condition on anything in the vocabulary that the market has.
    fn condition(&self, market: Market, rng: &mut Pcg64Mcg) -> Option<Condition> {
        let n = self.features.len() + self.flags.len() + 2;
        match rng.random_range(0..n) {
            0 => Some(self.side(market, rng)),
            1 => {
                let source = pick(&self.sources, rng)?.clone();
                Some(within(Feature::Edge(source), rng))
            }
            i if i < 2 + self.features.len() => Some(within(self.features[i - 2].clone(), rng)),
            i => Some(Condition::Is {
                flag: self.flags[i - 2 - self.features.len()],
                up: rng.random_bool(0.5),
            }),
        }
    }

    /// A condition with a bound moved by a few steps, its source exchanged, or its flag turned.
    fn moved(&self, condition: &Condition, rng: &mut Pcg64Mcg) -> Condition {
        match condition {
            Condition::Is { flag, up } => Condition::Is { flag: *flag, up: !up },
            Condition::Within { feature, low, high } => {
                let exchanged = match (feature, pick(&self.sources, rng)) {
                    (Feature::Edge(_), Some(source)) if rng.random_bool(0.25) => Feature::Edge(source.clone()),
                    (Feature::Value(_), Some(source)) if rng.random_bool(0.25) => Feature::Value(source.clone()),
                    _ => feature.clone(),
                };
                let mut shift = |bound: &Option<Hundredths>| {
                    let steps = rng.random_range(-MAX_STEPS..=MAX_STEPS);
                    bound.map(|b| on_grid(feature, b.0 + steps * feature.step()))
                };
                let (low, high) = (shift(low), shift(high));
                Condition::Within {
                    feature: exchanged,
                    low,
                    high,
                }
            }
        }
    }

    fn stake(&self, rng: &mut Pcg64Mcg) -> Stake {
        if rng.random_bool(0.75) {
            return Stake::one_percent();
        }
        match pick(&self.sources, rng) {
            Some(source) => Stake::Kelly {
                source: source.clone(),
                percent: Hundredths(500 * rng.random_range(2..=6)),
                cap: Hundredths(50 * rng.random_range(2..=6)),
            },
            None => Stake::one_percent(),
        }
    }

    fn plainest(&self) -> Strategy {
        let market = self.markets.first().copied().unwrap_or(Market::Spread);
        let flag = match market {
            Market::Total => Flag::Over,
            Market::Spread | Market::Moneyline => Flag::Home,
        };
        let at = if self.at == Known::Close {
            Known::Close
        } else {
            Known::Open
        };
        Strategy::new(market, at, vec![Condition::Is { flag, up: true }], Stake::one_percent())
            .expect("one side of a market at a flat percent is sound")
    }
}

impl Strategy {
    /// True when its conditions leave one side of a game at most: a side is named, or an opinion leans its way.
    pub fn chooses_a_side(&self) -> bool {
        self.conditions().iter().any(|condition| match condition {
            Condition::Is { flag, .. } => match flag {
                Flag::Home | Flag::Over => true,
                // Nobody is favoured in a pick'em, so both of its sides are no favourite; the engine bets on neither.
                Flag::Favourite => true,
                Flag::Division | Flag::Neutral | Flag::Dome | Flag::Night | Flag::Playoffs => false,
            },
            Condition::Within { feature, low, high } => match feature {
                Feature::Edge(_) | Feature::Value(_) | Feature::Move => {
                    low.is_some_and(|l| l.0 > 0) || high.is_some_and(|h| h.0 < 0)
                }
                Feature::Line if self.market() == Market::Spread => {
                    low.is_some_and(|l| l.0 > 0) || high.is_some_and(|h| h.0 < 0)
                }
                _ => false,
            },
        })
    }
}

fn pick<'a, T>(list: &'a [T], rng: &mut Pcg64Mcg) -> Option<&'a T> {
    (!list.is_empty()).then(|| &list[rng.random_range(0..list.len())])
}

/// Where a search looks for bounds of a feature, in hundredths: where games are.
fn search_range(feature: &Feature) -> (i32, i32) {
    match feature {
        Feature::Edge(_) | Feature::Move => (-300, 600),
        Feature::Value(_) => (-300, 1_000),
        Feature::Votes | Feature::Against => (0, 900),
        Feature::Line => (-1_400, 1_400),
        Feature::Spread => (0, 1_400),
        Feature::Total => (3_600, 5_600),
        Feature::Price => (150, 350),
        Feature::Week => (100, 1_800),
        Feature::Rest => (-700, 700),
        Feature::Wind | Feature::ObservedWind => (0, 2_500),
        Feature::Temperature | Feature::ObservedTemperature => (1_000, 8_000),
        Feature::Cover => (-2_000, 2_000),
    }
}

fn on_grid(feature: &Feature, value: i32) -> Hundredths {
    let (low, high) = feature.limits();
    Hundredths(value.clamp(low, high))
}

/// Bounds at random on the feature's grid: from below, from above, or both.
fn within(feature: Feature, rng: &mut Pcg64Mcg) -> Condition {
    let (low, high) = search_range(&feature);
    let step = feature.step();
    let draw = |rng: &mut Pcg64Mcg| low + step * rng.random_range(0..=(high - low) / step);
    let (a, b) = (draw(rng), draw(rng));
    let bound = |value: i32| Some(on_grid(&feature, value));
    let (low, high) = match rng.random_range(0..3) {
        0 => (bound(a), None),
        1 => (None, bound(a)),
        _ => (bound(a.min(b)), bound(a.max(b))),
    };
    Condition::Within { feature, low, high }
}
