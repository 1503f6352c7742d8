//! The runtime seen from outside: faults, restarts, stops and the shell, all in virtual time through the public API.

mod faults;
pub mod harness;
mod mailbox;
mod shell;
mod supervision;
