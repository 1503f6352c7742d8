//! Verbs that change something, done by the house that has the home: the process that was asked sends its command line
//! there, and prints what comes back.

use super::data::DataCommand;
use super::letters::LettersCommand;
use super::session::{Owning, Session};
use super::strategies::StrategiesCommand;
use super::team::TeamCommand;
use super::{Cli, Failure, Verb, chain, dispatch, grade, sync};
use crate::control::{Listener, Order, Said, ask};
use crate::home::Home;
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Parser as _;
use std::io::Write;
use std::time::Duration;
use tokio::sync::Mutex;

/// Bringing everything from slow services and storing it takes minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Whether a running house does this verb for others.
fn is_for_owner(verb: &Verb) -> bool {
    match verb {
        Verb::Halt(_) | Verb::Resume(_) | Verb::Grade(_) => true,
        Verb::Data(command) => matches!(command, DataCommand::Sync(_)),
        Verb::Letters(command) => matches!(command, LettersCommand::Release(_) | LettersCommand::Discard(_)),
        Verb::Strategies(command) => {
            matches!(command, StrategiesCommand::Promote(_) | StrategiesCommand::Demote(_))
        }
        Verb::Team(command) => matches!(command, TeamCommand::Override(_)),
        _ => false,
    }
}

/// Asks the house that has the home, if there is one and the verb is one it does for others. Returns the exit code.
///
/// # Errors
/// [`Failure`]: what the owner said, or 3 when it does not answer.
pub fn ask_owner(
    verb: &Verb,
    home: &Home,
    mut argv: Vec<String>,
    out: &mut dyn Write,
) -> Option<Result<u8, Failure>> {
    if !is_for_owner(verb) {
        return None;
    }
    // Said by a variable of this process, which the owner does not have.
    let offline = "--offline".to_owned();
    if is_offline(verb) && !argv.contains(&offline) {
        argv.push(offline);
    }
    match ask(&home.control_socket(), argv, PATIENCE) {
        Ok(None) => None,
        Ok(Some(said)) => Some(repeat(&said, out)),
        Err(error) => Some(Err(Failure::new(3, error))),
    }
}

fn is_offline(verb: &Verb) -> bool {
    match verb {
        Verb::Data(DataCommand::Sync(args)) => args.net.offline,
        Verb::Grade(args) => args.net.offline,
        _ => false,
    }
}

fn repeat(said: &Said, out: &mut dyn Write) -> Result<u8, Failure> {
    super::output::write_out(out, &said.out)?;
    match &said.error {
        None => Ok(said.code),
        Some(error) => Err(Failure::new(said.code, anyhow!("{error}"))),
    }
}

/// Does what others ask, for ever: what changes rows at once, what asks services one after another.
pub async fn serve(listener: &Listener, session: &Session, home: &Home) {
    let _owning = Owning::begin(home, &session.store);
    let one = Mutex::new(());
    listener
        .serve(async |order| obey(order, session, home, &one).await)
        .await;
}

async fn obey(order: Order, session: &Session, home: &Home, one: &Mutex<()>) -> Said {
    let argv = std::iter::once("huddle".to_owned()).chain(order.argv);
    let verb = match Cli::try_parse_from(argv) {
        Ok(cli) if is_for_owner(&cli.verb) => cli.verb,
        Ok(_) => {
            let why = "a running house does this for nobody: stop it first, or use another --home";
            return refused(3, why.to_owned());
        }
        Err(error) => return refused(2, error.to_string()),
    };
    log::info!("asked through the control socket: {}", name(&verb));
    let now = session.clock.now();
    let mut out = Vec::new();
    let done = match verb {
        Verb::Data(DataCommand::Sync(args)) => {
            let _turn = one.lock().await;
            sync::in_session(&args, session, &mut out).await
        }
        Verb::Grade(args) => {
            let _turn = one.lock().await;
            grade::in_session(&args, session, now, &mut out).await
        }
        verb => {
            let (said, done) = in_database(verb, home.clone(), now).await;
            out = said;
            // A letter may have been released or written.
            session.house.journal_grew();
            done
        }
    };
    let out = String::from_utf8_lossy(&out).into_owned();
    match done {
        Ok(code) => Said { code, out, error: None },
        Err(failure) => Said {
            out,
            ..refused(failure.code, chain(&failure.error))
        },
    }
}

/// A verb that changes rows, beside the actors, as long as a write takes.
async fn in_database(verb: Verb, home: Home, now: DateTime<Utc>) -> (Vec<u8>, Result<u8, Failure>) {
    let work = move || {
        let mut out = Vec::new();
        let done = dispatch(verb, &home, now, &mut out);
        (out, done)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(said) => said,
        Err(error) => (Vec::new(), Err(Failure::new(1, anyhow!("the order was lost: {error}")))),
    }
}

fn refused(code: u8, error: String) -> Said {
    Said {
        code,
        out: String::new(),
        error: Some(error),
    }
}

/// The verb alone: its arguments may be somebody's words.
fn name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Halt(_) => "halt",
        Verb::Resume(_) => "resume",
        Verb::Grade(_) => "grade",
        Verb::Data(_) => "data sync",
        Verb::Letters(_) => "letters",
        Verb::Strategies(_) => "strategies",
        Verb::Team(_) => "team",
        _ => "another verb",
    }
}
