//! Specialists: one concern each.

pub mod price_shopping;
pub mod risk_manager;
