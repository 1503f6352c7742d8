//! The bus: what was acknowledged survives, takes effect once and in order, whatever crashes.

mod disk;
mod house;
mod kill;
mod reader;
mod set_aside;
mod simulation;
mod speech;
mod votes;
