//! The consensus swarm as children of the house: its members under a supervisor of their own, and the table beside it.

use super::llm::{self, Ground, ModelSeat};
use super::table::{Conclusion, Plot, Table};
use super::{MAX_UNFETCHED, MemberRef, SwarmRef, branch, quickly};
use crate::agents::specialists::risk_manager::RiskManager;
use crate::agents::swarm_member::SwarmMember;
use crate::clock::{Clock, Seeds};
use crate::domain::belief::Seat;
use crate::minds::llm::MindSettings;
use crate::minds::quant::ROSTER;
use crate::shell::{Mute, Shell, ShellArgs, ShellRef};
use crate::supervision::ChildSpec;
use crate::swarms::consensus::Consensus;
use crate::swarms::pool::PoolSettings;
use std::collections::BTreeMap;
use tokio::sync::{Mutex, mpsc};

fn members(clock: &Clock, seeds: Seeds) -> (Vec<ChildSpec>, BTreeMap<Seat, MemberRef>) {
    let mut specs = Vec::new();
    let mut members = BTreeMap::new();
    for (name, mind) in ROSTER {
        let seat_path = format!("swarms/consensus/{name}");
        let args = ShellArgs::mute(&seat_path, clock.clone(), seeds, move |_| SwarmMember::new(mind));
        let (child, member) = ChildSpec::of::<Shell<SwarmMember, Mute>>(name, args);
        specs.push(child.backoff(quickly()));
        members.insert(Seat::new(name), member);
    }
    (specs, members)
}

/// The consensus swarm's handles.
pub(super) struct AtTheTable {
    pub(super) swarm: SwarmRef,
    pub(super) members: BTreeMap<Seat, MemberRef>,
    pub(super) models: BTreeMap<Seat, ModelSeat>,
    pub(super) plot: Plot,
    pub(super) concluded: Mutex<mpsc::Receiver<Conclusion>>,
}

/// Hangs up the consensus swarm: its members under a supervisor of their own, and the table beside it.
pub(super) fn hang_up(
    risk: &ShellRef<RiskManager, Mute>,
    pool: PoolSettings,
    minds: &MindSettings,
    ground: &Ground,
) -> (ChildSpec, AtTheTable) {
    let (clock, seeds) = (ground.clock, ground.seeds);
    let (mut member_specs, members) = members(clock, seeds);
    let (model_specs, models) = llm::seats(minds, ground);
    member_specs.extend(model_specs);
    let (concluding, concluded) = mpsc::channel(MAX_UNFETCHED);
    let plot = Plot::default();
    let table = Table::new(members.clone(), risk.clone(), concluding, plot.clone()).with_models(models.clone());
    let seats: Vec<Seat> = members.keys().chain(models.keys()).cloned().collect();
    let args = ShellArgs::new(
        "swarms/consensus/table",
        clock.clone(),
        seeds,
        move |_| Consensus::new(seats.clone(), pool),
        move |_| table.clone(),
    );
    let (table_spec, swarm) = ChildSpec::of::<Shell<Consensus, Table>>("table", args);
    let children = vec![branch("members", member_specs, seeds), table_spec];
    let handles = AtTheTable {
        swarm,
        members,
        models,
        plot,
        concluded: Mutex::new(concluded),
    };
    (branch("consensus", children, seeds), handles)
}
