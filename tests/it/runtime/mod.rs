//! The runtime seen from outside: faults, restarts, stops and the shell, all in virtual time through the public API.

mod faults;
mod hangs;
pub mod harness;
mod links;
mod logging;
mod mailbox;
mod orders;
mod schedules;
mod shell;
mod supervision;
mod surface;
mod world;
