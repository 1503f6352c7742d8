//! Thousands of strategies over a period at once, on all cores, with the same whole numbers on any number of them.
//!
//! A condition of the language is a comparison with a bound on a grid, so ten thousand strategies ask a few hundred
//! different questions. Each question is answered once for all games, as a mask; a strategy is then the `and` of its masks.

use super::kernel::{Scratch, tally};
use super::period::Period;
use super::plan::Plan;
use super::planes::{Field, Lane, mask_of_values, turned};
use super::sheet::{Sheet, Subject};
use super::table::Table;
use super::tally::Tally;
use crate::domain::quote::Market;
use crate::strategy::condition::{Condition, Hundredths};
use rayon::prelude::*;
use std::sync::Arc;

/// Masks in memory at once. A history of 6,000 games takes 1.5 kB a mask, so 48 MB; strategies on a grid never need so
/// many, and those with bounds of their own are taken in blocks.
const MAX_MASKS: usize = 32_768;

/// Strategies a core takes at a time: some 50 microseconds of work, a hundred times the price of handing it out.
const PORTION: usize = 128;

/// Tallies of plans over a period, in the order of the plans, on all cores.
///
/// # Panics
/// When a plan is of another moment than the table.
pub fn sweep(table: &Table, plans: &[Plan], period: &Period) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = plans.iter().map(|plan| Tally::empty(plan.market())).collect();
    for market in Market::ALL {
        let own: Vec<usize> = (0..plans.len()).filter(|&i| plans[i].market() == market).collect();
        if own.is_empty() {
            continue;
        }
        let sheet = table.sheet(market);
        let field = Field::of(sheet, period);
        let mut asked = Asked::new(sheet);
        let mut block: Vec<(usize, Vec<u32>)> = Vec::new();
        for i in own {
            plans[i].assert_fits(table);
            block.push((i, asked.by(&plans[i])));
            if asked.questions.len() >= MAX_MASKS {
                run(&field, &asked, &block, &mut tallies);
                (asked, block) = (Asked::new(sheet), Vec::new());
            }
        }
        run(&field, &asked, &block, &mut tallies);
    }
    tallies
}

/// [`sweep`] on a number of threads; where the system grants no threads, on those there are. The answer is the same.
///
/// # Panics
/// When a plan is of another moment than the table.
pub fn sweep_on(n_threads: usize, table: &Table, plans: &[Plan], period: &Period) -> Vec<Tally> {
    match rayon::ThreadPoolBuilder::new().num_threads(n_threads).build() {
        Ok(pool) => pool.install(|| sweep(table, plans, period)),
        Err(_) => sweep(table, plans, period),
    }
}

/// Answers a block's questions, then tallies its strategies.
fn run(field: &Field, asked: &Asked<'_>, block: &[(usize, Vec<u32>)], tallies: &mut [Tally]) {
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); asked.sheet.columns.len()];
    for at in asked.questions.iter().filter_map(|question| question.column) {
        if columns[at].is_empty() {
            columns[at] = turned(&asked.sheet.columns[at]);
        }
    }
    let never = vec![[0u64; 8]; 2 * field.n_lanes];
    let answer = |question: &Question| match question.column {
        Some(at) => pulp::Arch::new().dispatch(Answer {
            question: *question,
            column: &columns[at],
        }),
        None => never.clone(),
    };
    let masks: Vec<Vec<Lane>> = asked.questions.par_iter().map(answer).collect();
    let portion = |strategies: &[(usize, Vec<u32>)]| {
        pulp::Arch::new().dispatch(Portion {
            field,
            masks: &masks,
            strategies,
        })
    };
    let done: Vec<Vec<Tally>> = block.par_chunks(PORTION).map(portion).collect();
    for ((at, _), tally) in block.iter().zip(done.into_iter().flatten()) {
        tallies[*at] = tally;
    }
}

/// Some strategies, each as the masks it is made of.
struct Portion<'a> {
    field: &'a Field,
    masks: &'a [Vec<Lane>],
    strategies: &'a [(usize, Vec<u32>)],
}

impl pulp::NullaryFnOnce for Portion<'_> {
    type Output = Vec<Tally>;

    #[inline(always)]
    fn call(self) -> Vec<Tally> {
        let mut scratch = Scratch::of(self.field);
        let mut tallies = Vec::with_capacity(self.strategies.len());
        let mut masks: Vec<&[Lane]> = Vec::new();
        for (_, questions) in self.strategies {
            masks.clear();
            masks.extend(questions.iter().map(|&q| self.masks[q as usize].as_slice()));
            tallies.push(tally(self.field, &masks, &mut scratch));
        }
        tallies
    }
}

/// A comparison of one column with one bound.
#[derive(Clone, Copy, Debug)]
struct Question {
    /// The column; none for a subject the sheet does not have: nothing fulfils it.
    column: Option<usize>,
    kind: Kind,
    bound: Hundredths,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    AtLeast,
    AtMost,
    Is,
}

/// A question with the column it is put to, turned into planes.
struct Answer<'a> {
    question: Question,
    column: &'a [f64],
}

impl pulp::NullaryFnOnce for Answer<'_> {
    type Output = Vec<Lane>;

    #[inline(always)]
    fn call(self) -> Vec<Lane> {
        let bound = self.question.bound.get();
        match self.question.kind {
            Kind::AtLeast => mask_of_values(self.column, |value| value >= bound),
            Kind::AtMost => mask_of_values(self.column, |value| value <= bound),
            Kind::Is => mask_of_values(self.column, |value| value == bound),
        }
    }
}

/// The different questions of some strategies, numbered.
struct Asked<'a> {
    sheet: &'a Sheet,
    questions: Vec<Question>,
    /// By column and kind, the number of the question by its bound; made when first needed.
    numbers: Vec<[Numbers; 3]>,
    /// The number of the question that nothing fulfils.
    never: Option<u32>,
}

/// Numbers of questions by bound, from the least bound a feature may have: a look-up that ten thousand strategies can
/// afford. `NONE` where nobody asked.
#[derive(Clone, Default)]
struct Numbers {
    least: i32,
    by_bound: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<'a> Asked<'a> {
    fn new(sheet: &'a Sheet) -> Asked<'a> {
        Asked {
            sheet,
            questions: Vec::new(),
            numbers: vec![Default::default(); sheet.columns.len()],
            never: None,
        }
    }

    /// The numbers of a plan's questions.
    fn by(&mut self, plan: &Plan) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(2 * plan.columns.len());
        let found;
        let columns = if Arc::ptr_eq(&plan.subjects, &self.sheet.subjects) {
            &plan.columns
        } else {
            found = plan.columns_in(self.sheet);
            &found
        };
        for (condition, column) in plan.strategy().conditions().iter().zip(columns) {
            match (condition, column) {
                (_, None) => numbers.push(self.never()),
                (Condition::Is { up, .. }, Some(at)) => {
                    numbers.push(self.number(*at, Kind::Is, Hundredths(100 * i32::from(*up))));
                }
                (Condition::Within { low, high, .. }, Some(at)) => {
                    numbers.extend(low.map(|bound| self.number(*at, Kind::AtLeast, bound)));
                    numbers.extend(high.map(|bound| self.number(*at, Kind::AtMost, bound)));
                }
            }
        }
        numbers
    }

    fn number(&mut self, at: usize, kind: Kind, bound: Hundredths) -> u32 {
        let numbers = &mut self.numbers[at][kind as usize];
        if numbers.by_bound.is_empty() {
            let (least, most) = match &self.sheet.subjects[at] {
                Subject::Feature(feature) => feature.limits(),
                Subject::Flag(_) => (0, 100),
            };
            numbers.least = least;
            numbers.by_bound = vec![NONE; most.abs_diff(least) as usize + 1];
        }
        let slot = &mut numbers.by_bound[(bound.0 - numbers.least) as usize];
        if *slot == NONE {
            *slot = self.questions.len() as u32; // at most MAX_MASKS and one strategy's more
            let column = Some(at);
            self.questions.push(Question { column, kind, bound });
        }
        *slot
    }

    fn never(&mut self) -> u32 {
        let n = self.questions.len() as u32;
        *self.never.get_or_insert_with(|| {
            self.questions.push(Question {
                column: None,
                kind: Kind::Is,
                bound: Hundredths(0),
            });
            n
        })
    }
}
