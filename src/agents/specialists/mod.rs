//! Specialists: one concern each.

pub mod booked;
pub mod claims;
pub mod data_engineer;
pub mod grading;
pub mod market_intelligence;
pub mod performance_analyst;
pub mod price_shopping;
pub mod risk_manager;
pub mod stock;
pub mod strategy_analyst;
