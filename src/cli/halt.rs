//! `huddle halt` and `huddle resume`: no more picks until somebody says so; both stay on record with their reason.

use super::Failure;
use super::output::emit;
use super::session;
use crate::home::Home;
use crate::store::Stored;
use crate::store::slots::{self, Halt};
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::io::Write;

/// Arguments of `huddle halt` and `huddle resume`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "It is read before every slot. A house at work is told through the socket in its home.

Examples:
  huddle halt --reason \"the feed looks wrong\"
  huddle resume --reason \"it was the feed\""
)]
pub struct HaltArgs {
    /// Why, for the record.
    #[arg(long)]
    pub reason: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What holds now.
#[derive(Clone, Copy, Debug, Serialize)]
struct HaltView {
    halted: bool,
    changed: bool,
}

/// Halts the house (`halted`) or lets it go on.
///
/// # Errors
/// [`Failure`] 2 without a reason, and those of the home.
pub fn run(
    args: &HaltArgs,
    halted: bool,
    home: &Home,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::new(2, anyhow!("--reason is empty: say why, for the record")));
    }
    let halt = Halt {
        at: now.naive_utc(),
        halted,
        reason: args.reason.trim().to_owned(),
    };
    let stored = session::writing(home, |conn| Ok(slots::halt(conn, &halt)?))?;
    let changed = stored != Stored::Unchanged;
    let view = HaltView { halted, changed };
    emit(args.json, out, &view, |out| {
        let state = if halted {
            "halted: nothing is picked until `huddle resume`"
        } else {
            "not halted: picks are made"
        };
        let note = if changed { "" } else { " (it was so already)" };
        writeln!(out, "{state}{note}")
    })?;
    Ok(0)
}
