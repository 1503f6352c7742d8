//! `huddle letters`: what waits for whom, what was set aside and why, and what is to become of it.

use super::output::emit;
use super::{Failure, session};
use crate::home::Home;
use crate::protocol::Written;
use crate::store::cursors::{self, Standing};
use crate::store::letters::{self, Counts, LetterCount, SetAside};
use crate::store::{Conn, StoreError};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::{self, Write};

/// The verbs below `huddle letters`.
#[derive(Clone, Debug, Subcommand)]
pub enum LettersCommand {
    /// Count the letters, or list those that wait, are in quarantine, or are dead. Changes nothing.
    #[command(after_help = "Examples:
  huddle letters list                 how many there are, by sender and kind
  huddle letters list --waiting       what each reader has before it
  huddle letters list --quarantined   letters that were in hand at several crashes
  huddle letters list --dead          letters that reached nobody, and why")]
    List(ListArgs),
    /// Show one letter that was set aside. Changes nothing.
    #[command(after_help = "Example:\n  huddle letters show 3")]
    Show(OneArgs),
    /// Give a quarantined letter back to delivery; its reader has it when the house next runs.
    #[command(after_help = "Example:\n  huddle letters release 3")]
    Release(OneArgs),
    /// Never deliver a quarantined letter; it stays in the journal, and the reason beside it.
    #[command(after_help = "Example:\n  huddle letters discard 3 --reason \"the game was called off\"")]
    Discard(DiscardArgs),
}

/// Arguments of `huddle letters list`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// Readers with what waits for each.
    #[arg(long, group = "which")]
    pub waiting: bool,
    /// Letters in quarantine.
    #[arg(long, group = "which")]
    pub quarantined: bool,
    /// Dead letters.
    #[arg(long, group = "which")]
    pub dead: bool,
    /// Show at most this many, the newest.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A letter by its number.
#[derive(Clone, Copy, Debug, Args)]
pub struct OneArgs {
    /// Its number in `huddle letters list`.
    pub n: i64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle letters discard`.
#[derive(Clone, Debug, Args)]
pub struct DiscardArgs {
    /// Its number in `huddle letters list`.
    pub n: i64,
    /// Why, for whoever asks later.
    #[arg(long)]
    pub reason: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    counts: Counts,
    senders: Vec<LetterCount>,
}

#[derive(Serialize)]
struct Readers {
    readers: Vec<Standing>,
}

#[derive(Serialize)]
struct Listed {
    letters: Vec<SetAside>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: SetAside,
    text: Written,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 3 when the home or database cannot be used, 6 when there is no database or no such letter, 5 when the
/// letter is not in quarantine.
pub fn run(command: &LettersCommand, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        LettersCommand::List(args) => list(*args, &mut session::reading(home)?, out)?,
        LettersCommand::Show(args) => {
            let mut conn = session::reading(home)?;
            let letter = find(&mut conn, args.n)?;
            let text = letters::text(&mut conn, &letter)?;
            let shown = Shown { letter, text };
            emit(args.json, out, &shown, |out| print_whole(out, &shown))?;
        }
        LettersCommand::Release(args) => {
            let letter = session::writing(home, |conn| decide(conn, args.n, letters::RELEASED, None))?;
            let said = "is released: its reader has it when the house next runs";
            emit(args.json, out, &letter, |out| {
                writeln!(out, "letter {} {said}", letter.n)
            })?;
        }
        LettersCommand::Discard(args) => {
            let reason = Some(args.reason.as_str());
            let letter = session::writing(home, |conn| decide(conn, args.n, letters::DISCARDED, reason))?;
            let said = "is discarded: its reader never has it";
            emit(args.json, out, &letter, |out| {
                writeln!(out, "letter {} {said}", letter.n)
            })?;
        }
    }
    Ok(0)
}

fn find(conn: &mut Conn, n: i64) -> Result<SetAside, Failure> {
    letters::by_number(conn, n)?.ok_or_else(|| {
        let error = anyhow::anyhow!(
            "there is no letter {n}: `huddle letters list --quarantined` and `--dead` number them"
        );
        Failure::new(6, error)
    })
}

fn decide(conn: &mut Conn, n: i64, state: &str, note: Option<&str>) -> Result<SetAside, Failure> {
    let before = find(conn, n)?;
    if letters::decide(conn, n, state, note)? {
        return find(conn, n);
    }
    let error = anyhow::anyhow!("letter {n} is {}, not in quarantine: nothing was changed", before.state);
    Err(Failure::new(5, error))
}

fn list(args: ListArgs, conn: &mut Conn, out: &mut dyn Write) -> Result<(), Failure> {
    if args.waiting {
        let readers = Readers {
            readers: cursors::standings(conn)?,
        };
        return Ok(emit(args.json, out, &readers, |out| {
            print_readers(out, &readers.readers)
        })?);
    }
    if args.quarantined || args.dead {
        let state = if args.dead { letters::DEAD } else { letters::QUARANTINED };
        let listed = Listed {
            letters: letters::in_state(conn, state, i64::from(args.limit))?,
        };
        return Ok(emit(args.json, out, &listed, |out| {
            print_letters(out, state, &listed.letters)
        })?);
    }
    let summary = summary(conn, usize::try_from(args.limit).unwrap_or(usize::MAX))?;
    Ok(emit(args.json, out, &summary, |out| print_summary(out, &summary))?)
}

fn summary(conn: &mut Conn, limit: usize) -> Result<Summary, StoreError> {
    let mut senders = letters::counted(conn)?;
    senders.truncate(limit);
    Ok(Summary {
        counts: letters::counts(conn)?,
        senders,
    })
}

fn print_summary(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let c = &summary.counts;
    writeln!(
        out,
        "{} journaled, {} waiting, {} quarantined, {} released, {} dead",
        c.n_journaled, c.n_waiting, c.n_quarantined, c.n_released, c.n_dead
    )?;
    for line in &summary.senders {
        writeln!(
            out,
            "  {:40} {:10} {:>8}  last entry {}",
            line.sender, line.kind, line.n, line.last_seq
        )?;
    }
    Ok(())
}

fn print_readers(out: &mut dyn Write, readers: &[Standing]) -> io::Result<()> {
    if readers.is_empty() {
        writeln!(out, "nobody reads the journal yet")?;
    }
    for r in readers {
        writeln!(
            out,
            "{:40} done with entry {:>8}, {:>6} waiting",
            r.reader, r.done, r.n_waiting
        )?;
    }
    Ok(())
}

fn print_letters(out: &mut dyn Write, state: &str, letters: &[SetAside]) -> io::Result<()> {
    if letters.is_empty() {
        writeln!(out, "no letter is {state}")?;
    }
    for l in letters {
        writeln!(
            out,
            "{:>5}  {}  {} from {} to {}: {}",
            l.n,
            l.at.format("%Y-%m-%d %H:%M:%S"),
            l.kind,
            l.sender,
            l.recipient,
            l.reason
        )?;
    }
    Ok(())
}

fn print_whole(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    let (l, text) = (&shown.letter, &shown.text);
    let entry = l
        .seq
        .map_or_else(|| "not journaled".to_owned(), |seq| format!("entry {seq}"));
    writeln!(out, "letter {} ({entry}) is {}: {}", l.n, l.state, l.reason)?;
    if let Some(note) = &l.note {
        writeln!(out, "  note       {note}")?;
    }
    let fields = [
        ("message", &text.id),
        ("thread", &text.thread),
        ("from", &text.sender),
        ("to", &text.recipient),
        ("kind", &text.kind),
        ("priority", &text.priority),
        ("said", &text.at.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string()),
        ("body", &text.body),
    ];
    for (name, value) in fields {
        writeln!(out, "  {name:10} {value}")?;
    }
    writeln!(out, "  deliveries {}", l.attempts)
}
