//! `huddle audit`: does the journal still say what was written, and what led to a pick.

mod chain;
mod replay;

use super::output::emit;
use super::{Failure, session};
use crate::home::Home;
use crate::store::journal::{self, VerifyError};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::Write;

/// The verbs below `huddle audit`.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the journal's hash chain and name the first entry that is not what was written. Changes nothing.
    #[command(after_help = "Examples:
  huddle audit verify
  huddle audit verify --json        exit code 5 when the chain is broken")]
    Verify(VerifyArgs),
    /// Walk from a decision back to the observation it began with, and on to its grades. Changes nothing.
    #[command(after_help = "Examples:
  huddle audit show 4f2a            the first characters of the id are enough
  huddle audit show 4f2a9c01 --json")]
    Show(ShowArgs),
    /// Hold the round of a decision again and compare what is decided byte for byte. Changes nothing.
    #[command(after_help = "Examples:
  huddle audit replay 4f2a
  huddle audit replay 4f2a --json        exit code 5 when it is decided otherwise, with the reasons

The round is held in a house over a copy of the database, by the facts that are stored now as of the round's instant, with
the settings of today and the round's own seed. A bankroll or books that were given on the command line then have to be
given again.")]
    Replay(ReplayArgs),
}

/// Arguments of `huddle audit replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The pick's id, or how it begins.
    pub pick: String,
    /// The paper bankroll of the round, where it is not that of the settings.
    #[arg(long)]
    pub bankroll: Option<String>,
    /// The books of the round, where they are not those of the settings.
    #[arg(long, value_delimiter = ',')]
    pub books: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle audit verify`.
#[derive(Clone, Copy, Debug, Args)]
pub struct VerifyArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle audit show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// The pick's id, or how it begins.
    pub pick: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What verification found.
#[derive(Clone, Debug, Serialize)]
struct Verification {
    holds: bool,
    /// Entries that fit, from the first.
    n_entries: i64,
    /// Hash of the last of them, to be noted elsewhere.
    head: Option<String>,
    broken: Option<Broken>,
}

#[derive(Clone, Debug, Serialize)]
struct Broken {
    seq: i64,
    id: Option<String>,
    reason: &'static str,
}

/// Exit code when the journal does not hold.
const BROKEN: u8 = 5;

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 3 when the home or database cannot be used, 6 when there is no database or no such pick, 2 when several
/// picks begin like that.
pub fn run(command: &AuditCommand, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        AuditCommand::Verify(args) => verify(*args, home, out),
        AuditCommand::Show(args) => chain::show(args, home, out),
        AuditCommand::Replay(args) => replay::run(args, home, out),
    }
}

fn verify(args: VerifyArgs, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let found = match journal::verify(&mut session::reading(home)?) {
        Ok(head) => Verification {
            holds: true,
            n_entries: head.seq,
            head: Some(head.hash),
            broken: None,
        },
        Err(VerifyError::BrokenAt { seq, id, reason }) => Verification {
            holds: false,
            n_entries: seq - 1,
            head: None,
            broken: Some(Broken { seq, id, reason }),
        },
        Err(VerifyError::Store(error)) => return Err(Failure::new(error.exit_code(), error)),
    };
    emit(args.json, out, &found, |out| match (&found.broken, &found.head) {
        (Some(Broken { seq, id, reason }), _) => {
            let id = id.as_ref().map_or_else(String::new, |id| format!(" (message {id})"));
            writeln!(
                out,
                "BROKEN at entry {seq}{id}: {reason}. The {} before it hold.",
                seq - 1
            )?;
            writeln!(
                out,
                "It was changed after the fact: restore a backup; what follows cannot be trusted."
            )
        }
        (None, head) => writeln!(
            out,
            "{} entries, the chain holds; head {}",
            found.n_entries,
            head.as_deref().unwrap_or("-")
        ),
    })?;
    Ok(if found.holds { 0 } else { BROKEN })
}
