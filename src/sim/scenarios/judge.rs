//! Figures over many seeds, held against their targets.

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// No more.
    AtMost(f64),
    /// No less.
    AtLeast(f64),
    /// No less in the middle of all seeds; for shares, whose single readings scatter around what is true.
    MedianAtLeast(f64),
    /// No more in the middle of all seeds, likewise.
    MedianAtMost(f64),
    /// Only told.
    None,
}

impl Target {
    /// Whether a reading meets it, but for the rounding of a division.
    pub fn met_by(&self, reading: f64) -> bool {
        match self {
            Target::AtMost(bound) | Target::MedianAtMost(bound) => reading <= bound + 1e-9,
            Target::AtLeast(bound) | Target::MedianAtLeast(bound) => reading >= bound - 1e-9,
            Target::None => true,
        }
    }
}

/// One figure of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// What, with its unit.
    pub name: &'static str,
    /// How much.
    pub value: f64,
    /// What it must be.
    pub target: Target,
}

impl Reading {
    /// A figure with its target.
    pub fn new(name: &'static str, value: f64, target: Target) -> Reading {
        Reading { name, value, target }
    }

    /// A count or measure that must not exceed `bound`.
    pub fn at_most(name: &'static str, value: f64, bound: f64) -> Reading {
        Reading::new(name, value, Target::AtMost(bound))
    }

    /// A count or measure that must reach `bound`.
    pub fn at_least(name: &'static str, value: f64, bound: f64) -> Reading {
        Reading::new(name, value, Target::AtLeast(bound))
    }

    /// A figure nothing is asked of.
    pub fn told(name: &'static str, value: f64) -> Reading {
        Reading::new(name, value, Target::None)
    }
}

/// One figure over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its scenario.
    pub scenario: &'static str,
    /// What, with its unit.
    pub name: &'static str,
    /// What it must be.
    pub target: Target,
    /// A reading a seed, smallest first.
    pub readings: Vec<f64>,
}

impl Figure {
    /// The middle reading; of an even number the upper of the two.
    pub fn median(&self) -> f64 {
        self.readings.get(self.readings.len() / 2).copied().unwrap_or_default()
    }

    /// The smallest.
    pub fn min(&self) -> f64 {
        self.readings.first().copied().unwrap_or_default()
    }

    /// The greatest.
    pub fn max(&self) -> f64 {
        self.readings.last().copied().unwrap_or_default()
    }

    /// Whether the target is met: by every seed, or by the middle one where it says so.
    pub fn is_met(&self) -> bool {
        match self.target {
            Target::MedianAtLeast(_) | Target::MedianAtMost(_) => self.target.met_by(self.median()),
            Target::AtMost(_) | Target::AtLeast(_) | Target::None => self.n_missed() == 0,
        }
    }

    /// Seeds that missed the target.
    pub fn n_missed(&self) -> usize {
        self.readings.iter().filter(|r| !self.target.met_by(**r)).count()
    }
}

/// Runs a scenario once a seed; a figure for each of its readings, in their order.
pub fn table(
    scenario: &'static str,
    seeds: impl IntoIterator<Item = u64>,
    mut run: impl FnMut(u64) -> Vec<Reading>,
) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for seed in seeds {
        for (i, reading) in run(seed).into_iter().enumerate() {
            if figures.len() == i {
                figures.push(Figure {
                    scenario,
                    name: reading.name,
                    target: reading.target,
                    readings: Vec::new(),
                });
            }
            if let Some(figure) = figures.get_mut(i) {
                figure.readings.push(reading.value);
            }
        }
    }
    for figure in &mut figures {
        figure.readings.sort_by(f64::total_cmp);
    }
    figures
}
