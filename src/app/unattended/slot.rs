//! What a slot asks for, and what came of it.

use crate::agents::orchestrator::slots::{Slot, Task};
use crate::app::grading::GradingReport;
use crate::app::order::WeekOrder;
use crate::app::sync::{Step, Topic};
use crate::app::week::PlayedWeek;
use crate::domain::archive::View;
use crate::store::slots::State;
use serde::Serialize;
use std::sync::Arc;

/// What became of a slot.
#[derive(Clone, Debug, Serialize)]
pub struct Happened {
    /// The slot.
    pub slot: Slot,
    /// Its name.
    pub id: String,
    /// How it ended.
    pub state: State,
    /// What came of it.
    pub note: String,
    /// Bets made.
    pub n_picks: usize,
    /// Passes, each with its reason.
    pub n_passes: usize,
    /// The rounds that were held, with what they were held on.
    #[serde(skip)]
    pub held: Option<Arc<Held>>,
    /// What was graded.
    #[serde(skip)]
    pub graded: Option<Arc<Graded>>,
}

/// Rounds of a slot.
#[derive(Debug)]
pub struct Held {
    /// What was asked for.
    pub order: WeekOrder,
    /// What came of it.
    pub played: PlayedWeek,
}

/// A grading of all bets there are.
#[derive(Debug)]
pub struct Graded {
    /// What it did.
    pub report: GradingReport,
    /// What was known.
    pub known: View,
}

/// What a slot came to.
pub(super) struct Done {
    pub(super) state: State,
    pub(super) note: String,
    held: Option<Held>,
    graded: Option<Graded>,
}

impl Done {
    /// Services were asked.
    pub(super) fn brought(notes: Vec<String>) -> Done {
        Done {
            state: State::Done,
            note: notes.join("; "),
            held: None,
            graded: None,
        }
    }

    /// Bets were graded.
    pub(super) fn graded(mut notes: Vec<String>, report: GradingReport, known: View) -> Done {
        notes.push(format!("{} bets graded, {} open", report.n_new, report.n_open));
        Done {
            graded: Some(Graded { report, known }),
            ..Done::brought(notes)
        }
    }

    /// Rounds were held.
    pub(super) fn held(mut notes: Vec<String>, order: WeekOrder, played: PlayedWeek) -> Done {
        let held = Held { order, played };
        let (n_picks, n_passes) = held.counts();
        notes.push(format!("{n_picks} picks, {n_passes} passes"));
        Done {
            held: Some(held),
            ..Done::brought(notes)
        }
    }

    /// Nothing came of it.
    pub(super) fn without(state: State, note: String) -> Done {
        let done = Done::brought(vec![note]);
        Done { state, ..done }
    }

    /// What is told of it.
    pub(super) fn of(self, slot: Slot) -> Happened {
        let (n_picks, n_passes) = self.held.as_ref().map_or((0, 0), Held::counts);
        Happened {
            id: slot.id(),
            slot,
            state: self.state,
            note: self.note,
            n_picks,
            n_passes,
            held: self.held.map(Arc::new),
            graded: self.graded.map(Arc::new),
        }
    }
}

impl Held {
    /// Bets, and passes.
    fn counts(&self) -> (usize, usize) {
        let decisions = || self.played.rounds.iter().flat_map(|round| &round.decisions);
        let n_picks = decisions().filter(|d| d.is_bet()).count();
        (n_picks, decisions().count() - n_picks)
    }
}

impl Happened {
    /// The same without the rounds and grades, for whoever keeps many.
    pub fn summary(&self) -> Happened {
        Happened {
            held: None,
            graded: None,
            ..self.clone()
        }
    }
}

/// What each slot asks services for.
pub(super) fn topics(task: Task) -> &'static [Topic] {
    match task {
        Task::Open => &[
            Topic::Schedule,
            Topic::Results,
            Topic::TeamStats,
            Topic::Odds,
            Topic::Weather,
            Topic::Injuries,
        ],
        Task::Daily => &[
            Topic::Schedule,
            Topic::Results,
            Topic::TeamStats,
            Topic::Weather,
            Topic::Injuries,
            Topic::News,
        ],
        Task::Prices => &[Topic::Odds],
        Task::Look => &[Topic::Odds, Topic::Weather, Topic::Injuries],
        Task::Grade => &[Topic::Schedule, Topic::Results],
    }
}

/// Why something could not be had.
pub(super) fn not_brought(step: &Step) -> String {
    format!("{} not brought: {}", step.topic.name(), step.notes.join(", "))
}
