//! Playing the past: the same machines as the daemon's, without a runtime, and what their decisions would have earned.

pub mod host;

pub mod invented;

pub mod metrics;

pub mod calibration;

pub mod scorecard;

mod format;

pub mod reconcile;
pub mod report;

pub mod strategy_desk;
pub mod strategy_report;

pub mod leak;

pub mod walk_forward;

pub mod evolution;

pub mod orchestrator;

pub mod drift;

pub mod cycle;

pub mod research_host;

pub mod power_of_validation;

pub mod openers;

pub mod features;
