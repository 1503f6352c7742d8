//! Specialists: one concern each.

pub mod data_engineer;
pub mod performance_analyst;
pub mod price_shopping;
pub mod risk_manager;
