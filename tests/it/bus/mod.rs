//! The bus: what was acknowledged survives, takes effect once and in order, whatever crashes.

mod reader;
mod simulation;
mod speech;
