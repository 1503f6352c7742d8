//! `huddle minds`: what language models were asked, what they said, what it was worth, and what their seat made of it. And
//! `--minds`, which says of the set models who is asked at all.

mod text;
mod view;

use super::output::emit;
use super::{Failure, session};
use crate::config::Settings;
use crate::home::Home;
use crate::minds::llm::Mode;
use crate::store::Conn;
use crate::store::model_calls;
use anyhow::anyhow;
use clap::{Args, Subcommand};
use std::io::Write;
pub use view::{Called, Listed, Transcript};

/// The verbs below `huddle minds`.
#[derive(Clone, Debug, Subcommand)]
pub enum MindsCommand {
    /// List calls to language models, the newest first. Changes nothing.
    #[command(after_help = "Example:\n  huddle minds list --limit 10")]
    List(ListArgs),
    /// Show a round's calls: question, reply, whether it was an answer, and the votes of the seat. Changes nothing.
    #[command(after_help = "Example:\n  huddle minds show 2019_05_open")]
    Show(ShowArgs),
}

/// Arguments of `huddle minds list`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// Show at most this many.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle minds show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// The start of the round's name; see `huddle minds list`.
    pub round: String,
    /// Print long texts whole.
    #[arg(long)]
    pub whole: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Which language models are asked.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct MindsArgs {
    /// Language models: those that are set, those on this machine, what they said before, or none at all.
    #[arg(long, value_parser = parse_mode, default_value_t = Mode::Live, value_name = "live|local|replay|none")]
    pub minds: Mode,
}

impl MindsArgs {
    /// Leaves of the settings the models that may be asked.
    ///
    /// # Errors
    /// [`Failure`] (3) when models on this machine are asked for and none is set.
    pub fn adjust(self, settings: &mut Settings) -> Result<(), Failure> {
        let taken = settings.api.base_urls.clone();
        settings.minds = std::mem::take(&mut settings.minds).under(self.minds, &taken);
        if self.minds == Mode::Local && settings.minds.is_empty() {
            let error = anyhow!(
                "--minds local: no model of this machine is set; docs/minds.md says how to set one below [minds]"
            );
            return Err(Failure::new(3, error));
        }
        Ok(())
    }
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    let mode = Mode::ALL.into_iter().find(|mode| mode.name() == text);
    mode.ok_or_else(|| format!("`{text}` is neither live nor local nor replay nor none"))
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 3 when the home or database cannot be used, 6 when there is no database or no such round, 2 when a name begins
/// several.
pub fn run(command: &MindsCommand, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    match command {
        MindsCommand::List(args) => {
            let calls = model_calls::latest(&mut conn, args.limit)?;
            let listed = Listed::of(&calls);
            emit(args.json, out, &listed, |out| text::list(out, &listed))?;
        }
        MindsCommand::Show(args) => {
            let round = find(&mut conn, &args.round)?;
            let transcript = Transcript::read(&mut conn, &round)?;
            emit(args.json, out, &transcript, |out| {
                text::show(out, &transcript, args.whole)
            })?;
        }
    }
    Ok(0)
}

fn find(conn: &mut Conn, start: &str) -> Result<String, Failure> {
    let found = model_calls::rounds_beginning(conn, start)?;
    match found.as_slice() {
        [] => Err(Failure::new(
            6,
            anyhow!("no kept call is of a round whose name begins with `{start}`; see `huddle minds list`"),
        )),
        [one] => Ok(one.clone()),
        [exact, ..] if exact == start => Ok(exact.clone()),
        several => Err(Failure::new(
            2,
            anyhow!("several rounds begin with `{start}`: {}", several.join(", ")),
        )),
    }
}
