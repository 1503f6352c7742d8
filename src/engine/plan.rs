//! A strategy made ready for tables of its moment: what asks for the future does not get past this point.

use super::bits::Bits;
use super::period::Period;
use super::sheet::{Sheet, Subject};
use super::table::Table;
use crate::domain::quote::Market;
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Known, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use std::sync::Arc;

/// A strategy that may be run: it asks only for what is known when it bets, and only for sources there are. It fits every
/// table of its moment; it was laid out for one and runs fastest there.
#[derive(Clone, Debug)]
pub struct Plan {
    strategy: Strategy,
    /// The layout of the sheet it was compiled for, and where its conditions' columns are there.
    pub(super) subjects: Arc<[Subject]>,
    pub(super) columns: Vec<Option<usize>>,
}

/// Why a strategy makes no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A condition on what is not yet known.
    #[error("`{feature}` is known {}; a bet at the {} cannot ask for it", when(*.known), .at.name())]
    AsksForTheFuture {
        /// What is asked.
        feature: Feature,
        /// From when it is known.
        known: Known,
        /// When the bet is made.
        at: Known,
    },
    /// Nobody of that name gave an opinion.
    #[error("the table has no source `{name}`; it has {}", listed(.known))]
    UnknownSource {
        /// The name.
        name: String,
        /// Names there are.
        known: Vec<Source>,
    },
    /// A strategy of another moment.
    #[error("the strategy bets at the {}, the table is of the {}: build the table of the strategy's moment",
        .strategy.name(), .table.name())]
    OtherMoment {
        /// When the strategy bets.
        strategy: Known,
        /// When the table's bets are made.
        table: Known,
    },
}

fn when(known: Known) -> &'static str {
    match known {
        Known::Open => "from the open on",
        Known::Close => "from the close on",
        Known::After => "after the game",
    }
}

fn listed(sources: &[Source]) -> String {
    if sources.is_empty() {
        return "none".to_owned();
    }
    sources.iter().map(Source::as_str).collect::<Vec<_>>().join(", ")
}

impl Plan {
    /// Checks a strategy against a table and finds its columns.
    ///
    /// # Errors
    /// [`PlanError`] names what the strategy cannot have.
    pub fn compile(strategy: &Strategy, table: &Table) -> Result<Plan, PlanError> {
        Planner::new(table).compile(strategy)
    }

    /// What it carries out.
    pub fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// The market it bets on.
    pub fn market(&self) -> Market {
        self.strategy.market()
    }

    /// The rows it would bet on in a period, both sides of a game among them, settled or not.
    ///
    /// # Panics
    /// When the table is of another moment: the plan would not know then what it asks for.
    pub fn select(&self, table: &Table, period: &Period) -> Bits {
        self.assert_fits(table);
        let sheet = table.sheet(self.market());
        let mut rows = sheet.period(period);
        for condition in self.strategy.conditions() {
            let column = sheet.column(&Subject::of(condition));
            rows.and(&Bits::of(sheet.n_rows(), |row| {
                column.is_some_and(|column| holds(condition, column[row]))
            }));
        }
        rows
    }

    pub(super) fn assert_fits(&self, table: &Table) {
        let (own, theirs) = (self.strategy.at().name(), table.at().name());
        assert_eq!(own, theirs, "a plan runs on tables of its own moment");
    }

    /// Where its conditions' columns are in a sheet.
    pub(super) fn columns_in(&self, sheet: &Sheet) -> Vec<Option<usize>> {
        if Arc::ptr_eq(&self.subjects, &sheet.subjects) {
            return self.columns.clone();
        }
        let find = |condition: &Condition| sheet.position(&Subject::of(condition));
        self.strategy.conditions().iter().map(find).collect()
    }
}

/// True when a value fulfils a condition; NaN, a missing value, fulfils none.
fn holds(condition: &Condition, value: f64) -> bool {
    match condition {
        Condition::Within { low, high, .. } => {
            !value.is_nan()
                && low.is_none_or(|low| value >= low.get())
                && high.is_none_or(|high| value <= high.get())
        }
        Condition::Is { up, .. } => value == f64::from(u8::from(*up)),
    }
}

/// Compiles many strategies against one table.
#[derive(Clone, Debug)]
pub struct Planner<'a> {
    table: &'a Table,
    sources: Vec<Source>,
}

impl Planner<'_> {
    /// A compiler for a table.
    pub fn new(table: &Table) -> Planner<'_> {
        let sources = table.sources();
        Planner { table, sources }
    }

    /// As [`Plan::compile`].
    ///
    /// # Errors
    /// [`PlanError`] names what the strategy cannot have.
    pub fn compile(&self, strategy: &Strategy) -> Result<Plan, PlanError> {
        let (own, theirs) = (strategy.at(), self.table.at());
        for condition in strategy.conditions() {
            if let Condition::Within { feature, .. } = condition {
                if feature.known() > own {
                    return Err(PlanError::AsksForTheFuture {
                        feature: feature.clone(),
                        known: feature.known(),
                        at: own,
                    });
                }
                if let Feature::Edge(source) | Feature::Value(source) = feature {
                    self.known(source)?;
                }
            }
        }
        if let Stake::Kelly { source, .. } = strategy.stake() {
            self.known(source)?;
        }
        if own != theirs {
            return Err(PlanError::OtherMoment {
                strategy: own,
                table: theirs,
            });
        }
        let sheet = self.table.sheet(strategy.market());
        let find = |condition: &Condition| sheet.position(&Subject::of(condition));
        Ok(Plan {
            columns: strategy.conditions().iter().map(find).collect(),
            subjects: Arc::clone(&sheet.subjects),
            strategy: strategy.clone(),
        })
    }

    fn known(&self, source: &Source) -> Result<(), PlanError> {
        if self.sources.binary_search(source).is_ok() {
            return Ok(());
        }
        Err(PlanError::UnknownSource {
            name: source.as_str().to_owned(),
            known: self.sources.clone(),
        })
    }
}
