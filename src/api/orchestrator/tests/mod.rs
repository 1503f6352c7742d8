//! The orchestrator held to its invariants under random traffic, and to its order in single cases.

mod cases;
mod invariants;
mod script;
