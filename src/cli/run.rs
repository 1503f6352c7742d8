//! `huddle run`: the house works the week by itself, in the foreground, until it is told to stop.

use super::Failure;
use super::minds::MindsArgs;
use super::session::{self, INTERRUPTED, NetArgs, Session};
use crate::actor::How;
use crate::api::Provider;
use crate::app::sync::Topic;
use crate::app::unattended::{self, Happened, Standing};
use crate::config::Settings;
use crate::domain::calendar::eastern_label;
use crate::home::Home;
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError, slots};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use std::io::Write;
use std::time::Duration;

/// Arguments of `huddle run`.
#[derive(Clone, Copy, Debug, Args)]
#[command(
    after_help = "It syncs, keeps openers, makes picks and grades them by the calendar of the week, a line for each slot. What was due
while it was not running is caught up, or recorded as lost where its moment has passed. Ctrl-C or SIGTERM stops it
cleanly with exit code 0. While it runs, verbs that write find the home in use; those that only read work."
)]
pub struct RunArgs {
    /// Whether services are asked.
    #[command(flatten)]
    pub net: NetArgs,
    /// Which language models are asked.
    #[command(flatten)]
    pub minds: MindsArgs,
}

/// Asks when the last slot that was settled had been due.
struct LastDue;

impl Work for LastDue {
    type Output = Option<NaiveDateTime>;

    fn run(self, conn: &mut Conn) -> Result<Option<NaiveDateTime>, StoreError> {
        slots::last_due(conn)
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session, or of the house when its database or an actor is lost for good.
pub fn run(args: &RunArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let adjust = |settings: &mut Settings| args.minds.adjust(settings);
    let ended = session::in_new_home_with(home, args.net, adjust, async |session: &Session| {
        let last = session.house.database.ask(Do(LastDue), How::within(PATIENCE)).await;
        let last = last.context("the database did not answer")??;
        let since = last.map_or(now, |at| at.and_utc());
        let offline = args.net.offline;
        let standing = Standing {
            settings: session.settings.clone(),
            clock: session.clock.clone(),
            topics: if offline { [].into() } else { Topic::ALL.into() },
            nws_base: session.settings.api.base_urls.get(&Provider::Nws).cloned(),
            since,
            until: None,
        };
        // A closed standard output stops no house.
        let _ = writeln!(out, "at work since {}; PAPER; Ctrl-C stops it", eastern_label(now));
        let done = unattended::run(&session.house, &standing, |slot| {
            let _ = writeln!(out, "{}", line(slot));
        });
        done.await.map_err(|e| Failure::new(1, e))
    });
    match ended {
        // Being told to stop is how it ends.
        Err(failure) if failure.code == INTERRUPTED => Ok(0),
        Err(failure) => Err(failure),
        Ok(()) => Ok(0),
    }
}

fn line(happened: &Happened) -> String {
    let slot = &happened.slot;
    format!(
        "{}  {}  {:6} {:6} {}",
        eastern_label(slot.at),
        slot.when,
        slot.task,
        happened.state,
        happened.note
    )
}
