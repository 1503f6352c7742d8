//! From symptoms to an incident: what belongs together, what caused it, what it may take along, and what was like it before.

pub mod ailment;

pub mod graph;

pub mod correlate;

pub mod root;

pub mod knowledge;

#[cfg(test)]
mod tests;
