//! The runtime seen from outside: faults, restarts, stops and the shell, all in virtual time through the public API.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; clippy exempts only the test functions themselves"
)]

mod faults;
mod harness;
mod mailbox;
mod shell;
mod supervision;
