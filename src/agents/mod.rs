//! The roster: everybody who thinks. Each is a pure machine; who runs it, and what restarts it, is decided elsewhere.

pub mod held;
pub mod llm_member;
pub mod orchestrator;
pub mod specialists;
pub mod strategist;
pub mod swarm_member;
pub mod validator;
pub mod workers;
