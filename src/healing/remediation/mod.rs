//! From incidents to orders: playbooks as data, a plan that leaves no choices, what bars it, and what must be seen after it.

pub mod action;

pub mod snapshot;

pub mod condition;

pub mod order;

pub mod playbook;

pub mod gate;

pub mod plan;

pub mod course;

#[cfg(test)]
mod tests;
