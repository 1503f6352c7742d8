//! Who is in the house: every agent with its path, its card and its groups, as the registry has them.

use super::conductor::Conducting;
use super::llm::ModelSeat;
use super::research::hang_up::Research;
use super::specialists::Specialists;
use super::{MemberRef, Platform, SwarmRef, api_manager, clerk, teller};
use crate::agents::specialists::{
    data_engineer, market_intelligence, performance_analyst, risk_manager, strategy_analyst,
};
use crate::agents::workers::logger;
use crate::agents::{llm_member, orchestrator, strategist, swarm_member, validator};
use crate::backtest::{cycle, strategy_desk};
use crate::bus::{Begin, Door, Entry, Registry, RegistryError};
use crate::domain::belief::Seat;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::store::{Conn, keeper};
use crate::swarms::{conductor, consensus, generation, minutes, validation};
use std::collections::BTreeMap;

/// What the bus is.
const BUS_CARD: Card = Card {
    role: "bus",
    level: Level::Worker,
    tools: &["letters"],
    memory: Memory::Stored,
    reasoning: Reasoning::None,
};

/// The handles of everybody in the house.
pub(super) struct Everybody<'a> {
    pub(super) platform: &'a Platform,
    pub(super) staff: &'a Specialists,
    pub(super) swarm: &'a SwarmRef,
    pub(super) members: &'a BTreeMap<Seat, MemberRef>,
    pub(super) models: &'a BTreeMap<Seat, ModelSeat>,
}

/// Registers everybody; the group `swarm` is the consensus swarm with its members.
pub(super) fn register(all: &Everybody) -> Result<(), RegistryError> {
    let Platform { registry, .. } = all.platform;
    let clerk_door = Door::new(all.platform.clerk.port()).everything().begin(Begin::First);
    let swarm = minutes::SWARM_PATH;
    let entries = [
        Entry::of("/platform/database", keeper::CARD, &all.platform.database),
        Entry::of("/platform/bus", BUS_CARD, &all.platform.bus),
        Entry::of(clerk::PATH, clerk::CARD, &all.platform.clerk).reading(clerk_door),
        Entry::of(teller::PATH, teller::CARD, &all.platform.teller).reading(Door::new(all.platform.teller.port())),
        Entry::of("/platform/logger", logger::CARD, &all.platform.logger),
        Entry::of("/platform/api_manager", api_manager::CARD, &all.platform.api),
        Entry::of(
            "/specialists/data_engineer",
            data_engineer::CARD,
            &all.staff.data_engineer,
        ),
        Entry::of(minutes::RISK_PATH, risk_manager::CARD, &all.staff.risk),
        Entry::of(
            "/specialists/performance_analyst",
            performance_analyst::CARD,
            &all.staff.analyst,
        ),
        Entry::of(
            "/specialists/market_intelligence",
            market_intelligence::CARD,
            &all.staff.market_intelligence,
        ),
        Entry::of(
            "/specialists/strategy_analyst",
            strategy_analyst::CARD,
            &all.staff.strategy_analyst,
        ),
        Entry::of(swarm, consensus::CARD, all.swarm),
    ];
    for entry in entries {
        registry.register(entry)?;
    }
    registry.join(swarm, "swarm")?;
    for (seat, member) in all.members {
        let path = format!("{swarm}/{seat}");
        registry.register(Entry::of(&path, swarm_member::CARD, member))?;
        registry.join(&path, "swarm")?;
    }
    for (seat, model) in all.models {
        let path = format!("{swarm}/{seat}");
        registry.register(Entry::of(&path, llm_member::CARD, model.member()))?;
        registry.join(&path, "swarm")?;
    }
    Ok(())
}

/// Registers research: the two swarms with their seats, the cycle, and what stands between strategies and bets.
pub(super) fn register_research(
    registry: &Registry<Conn>,
    research: &Research,
    conducting: &Conducting,
) -> Result<(), RegistryError> {
    let Research {
        generation,
        validation,
        cycle,
        ..
    } = research;
    let (ideas, judges) = ("/swarms/generation", "/swarms/validation");
    registry.register(Entry::of(ideas, generation::CARD, &generation.panel))?;
    registry.register(Entry::of(judges, validation::CARD, &validation.panel))?;
    registry.register(Entry::of("/swarms/conductor", conductor::CARD, &conducting.conductor))?;
    registry.register(Entry::of("/backtesting/cycle", cycle::CARD, cycle))?;
    registry.register(Entry::of(
        "/backtesting/strategy_desk",
        strategy_desk::CARD,
        &conducting.strategy_desk,
    ))?;
    registry.register(Entry::of("/planner", orchestrator::CARD, &conducting.planner))?;
    registry.register(Entry::of(
        minutes::MANAGER_PATH,
        orchestrator::manager::CARD,
        &conducting.manager,
    ))?;
    for (seat, member) in &generation.members {
        registry.register(Entry::of(&format!("{ideas}/{seat}"), strategist::CARD, member))?;
    }
    for (seat, member) in &validation.members {
        registry.register(Entry::of(&format!("{judges}/{seat}"), validator::CARD, member))?;
    }
    Ok(())
}
