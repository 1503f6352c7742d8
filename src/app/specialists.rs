//! The specialists as children of the house, with their handles.

use crate::agents::specialists::data_engineer::DataEngineer;
use crate::agents::specialists::market_intelligence::MarketIntelligence;
use crate::agents::specialists::performance_analyst::PerformanceAnalyst;
use crate::agents::specialists::risk_manager::{RiskLimits, RiskManager};
use crate::agents::specialists::strategy_analyst::StrategyAnalyst;
use crate::clock::{Clock, Seeds};
use crate::shell::{Mute, Shell, ShellArgs, ShellRef};
use crate::supervision::ChildSpec;

/// Their handles.
pub(super) struct Specialists {
    pub(super) data_engineer: ShellRef<DataEngineer, Mute>,
    pub(super) risk: ShellRef<RiskManager, Mute>,
    pub(super) analyst: ShellRef<PerformanceAnalyst, Mute>,
    pub(super) market_intelligence: ShellRef<MarketIntelligence, Mute>,
    pub(super) strategy_analyst: ShellRef<StrategyAnalyst, Mute>,
}

/// Everybody below `specialists`.
pub(super) fn hang_up(limits: RiskLimits, clock: &Clock, seeds: Seeds) -> (Vec<ChildSpec>, Specialists) {
    let args = ShellArgs::mute("specialists/data_engineer", clock.clone(), seeds, |_| DataEngineer);
    let (engineer_spec, data_engineer) = ChildSpec::of::<Shell<DataEngineer, Mute>>("data_engineer", args);
    let manager = move |_: &_| RiskManager::new(limits);
    let args = ShellArgs::mute("specialists/risk_manager", clock.clone(), seeds, manager);
    let (risk_spec, risk) = ChildSpec::of::<Shell<RiskManager, Mute>>("risk_manager", args);
    let args = ShellArgs::mute("specialists/performance_analyst", clock.clone(), seeds, |_| {
        PerformanceAnalyst::default()
    });
    let (analyst_spec, analyst) = ChildSpec::of::<Shell<PerformanceAnalyst, Mute>>("performance_analyst", args);
    let args = ShellArgs::mute("specialists/market_intelligence", clock.clone(), seeds, |_| {
        MarketIntelligence
    });
    let (market_spec, market_intelligence) =
        ChildSpec::of::<Shell<MarketIntelligence, Mute>>("market_intelligence", args);
    let args = ShellArgs::mute("specialists/strategy_analyst", clock.clone(), seeds, |_| {
        StrategyAnalyst
    });
    let (strategy_spec, strategy_analyst) =
        ChildSpec::of::<Shell<StrategyAnalyst, Mute>>("strategy_analyst", args);
    let handles = Specialists {
        data_engineer,
        risk,
        analyst,
        market_intelligence,
        strategy_analyst,
    };
    let specs = vec![engineer_spec, risk_spec, analyst_spec, market_spec, strategy_spec];
    (specs, handles)
}
