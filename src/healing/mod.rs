//! What keeps the house well: it reads what is measured, says what is wrong and why, and what to do about it; pure, so that
//! a fault of last month can be healed again today.
//!
//! Nothing here measures or acts: readings come in, orders go out.

pub mod reading;

pub mod monitoring;

pub mod anomaly;

pub mod fault;

pub mod symptom;

pub mod incident;

pub mod diagnosis;

pub mod remediation;

pub mod learning;

pub mod healer;

mod pairs;
