//! Research as children of the house: the two swarms, each with its seats under a supervisor of their own, and the cycle.

use super::{Following, GenerationPanel, ResearchDesk, ValidationPanel};
use crate::agents::strategist::SeatedStrategist;
use crate::agents::validator::Validator;
use crate::app::conductor::ConductorRef;
use crate::app::llm::Ground;
use crate::app::panel::{self, PanelDesk, PanelHandle, Prepare};
use crate::app::table::Plot;
use crate::app::{branch, quickly};
use crate::backtest::cycle::Cycle;
use crate::clock::{Clock, Seeds};
use crate::domain::belief::Seat;
use crate::machine::Machine;
use crate::minds::strategists;
use crate::minds::strategists::correspondent::{Correspondent, SEAT};
use crate::shell::{Mute, Shell, ShellArgs, ShellRef};
use crate::supervision::ChildSpec;
use crate::swarms::generation::Generation;
use crate::swarms::panel::{Panel, Procedure};
use crate::swarms::validation::{self, Validation};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// The two swarms of research, and the cycle above them.
pub(in crate::app) struct Research {
    pub(in crate::app) generation: GenerationPanel,
    pub(in crate::app) validation: ValidationPanel,
    pub(in crate::app) cycle: ShellRef<Cycle, ResearchDesk>,
    pub(in crate::app) following: Following,
}

/// Hangs up research: what goes below `swarms`, what stands beside them, and the handles.
pub(in crate::app) fn hang_up(
    ground: &Ground,
    correspondent: Option<Prepare<Generation>>,
    conductor: &ConductorRef,
) -> (Vec<ChildSpec>, ChildSpec, Research) {
    let (database, clock, seeds) = (ground.database, ground.clock, ground.seeds);
    let strategists = strategists::STRATEGISTS.map(
        |(name, mind)| -> (Seat, Arc<dyn Fn() -> SeatedStrategist + Send + Sync>) {
            (Seat::new(name), Arc::new(move || SeatedStrategist::new(mind)))
        },
    );
    let mut strategists = strategists.to_vec();
    let mut prepare = BTreeMap::new();
    if let Some(correspondent) = correspondent {
        let seat = Seat::new(SEAT);
        let build: Arc<dyn Fn() -> SeatedStrategist + Send + Sync> =
            Arc::new(|| SeatedStrategist::new(|| Box::new(Correspondent)));
        strategists.push((seat.clone(), build));
        prepare.insert(seat, correspondent);
    }
    let (generation_spec, generation) =
        panel::<Generation, _>("generation", strategists, prepare, |q| q, Some, clock, seeds);
    let validators = validation::SEATS.map(|name| -> (Seat, Arc<dyn Fn() -> Validator + Send + Sync>) {
        (Seat::new(name), Arc::new(move || Validator::new(Seat::new(name))))
    });
    let (validation_spec, validation) = panel::<Validation, _>(
        "validation",
        validators.to_vec(),
        BTreeMap::new(),
        |q| q,
        Some,
        clock,
        seeds,
    );
    let following = Following::default();
    let desk = ResearchDesk {
        database: database.clone(),
        generation: generation.clone(),
        validation: validation.clone(),
        conductor: conductor.clone(),
        clock: clock.clone(),
        following: Arc::clone(&following),
    };
    let args = ShellArgs::new(
        "backtesting/cycle",
        clock.clone(),
        seeds,
        |_| Cycle::default(),
        move |_| desk.clone(),
    );
    let (cycle_spec, cycle) = ChildSpec::of::<Shell<Cycle, ResearchDesk>>("cycle", args);
    let handles = Research {
        generation,
        validation,
        cycle,
        following,
    };
    (vec![generation_spec, validation_spec], cycle_spec, handles)
}

/// A panel of research with its supervisors: the seats under one of their own, and the panel beside it.
fn panel<P: Procedure, M: Machine>(
    name: &'static str,
    seats: Vec<(Seat, Arc<dyn Fn() -> M + Send + Sync>)>,
    prepare: BTreeMap<Seat, Prepare<P>>,
    put: fn(P::Question) -> M::Input,
    take: fn(M::Effect) -> Option<P::Answer>,
    clock: &Clock,
    seeds: Seeds,
) -> (ChildSpec, PanelHandle<P, M>) {
    let (mut specs, mut members) = (Vec::new(), BTreeMap::new());
    for (seat, build) in seats {
        let path = format!("swarms/{name}/{seat}");
        let args = ShellArgs::mute(&path, clock.clone(), seeds, move |_| build());
        let (spec, member) = ChildSpec::of::<Shell<M, Mute>>(seat.as_str(), args);
        specs.push(spec.backoff(quickly()));
        members.insert(seat, member);
    }
    let (concluding, concluded) = mpsc::channel(panel::MAX_UNFETCHED);
    let plot = Plot::default();
    let desk = PanelDesk::new(members.clone(), put, take, concluding, plot.clone()).with_prepared(prepare);
    let seats: Vec<Seat> = members.keys().cloned().collect();
    let args = ShellArgs::new(
        &format!("swarms/{name}/panel"),
        clock.clone(),
        seeds,
        move |_| Panel::<P>::new(seats.clone()),
        move |_| desk.clone(),
    );
    let (spec, panel) = ChildSpec::of::<Shell<Panel<P>, PanelDesk<P, M>>>("panel", args);
    let handle = PanelHandle {
        panel,
        members,
        plot,
        concluded: Arc::new(Mutex::new(concluded)),
    };
    (branch(name, vec![branch("members", specs, seeds), spec], seeds), handle)
}
