//! `huddle run`: the house works the week by itself, in the foreground, until it is told to stop.

use super::minds::MindsArgs;
use super::session::{self, INTERRUPTED, NetArgs, Session};
use super::{Failure, owner, words};
use crate::actor::How;
use crate::api::Provider;
use crate::app::sync::Topic;
use crate::app::unattended::{self, Happened, News, Standing};
use crate::clock::Clock;
use crate::config::Settings;
use crate::control::Listener;
use crate::domain::calendar::eastern_label;
use crate::home::Home;
use crate::store::keeper::{Do, Work};
use crate::store::slots::State;
use crate::store::{Conn, StoreError, slots};
use crate::swarms::round::Round;
use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::time::Duration;

/// Arguments of `huddle run`.
#[derive(Clone, Copy, Debug, Args)]
#[command(
    after_help = "It syncs, keeps openers, makes picks and grades them by the calendar of the week, a line for each slot. What was due
while it was not running is caught up, or recorded as lost where its moment has passed. Ctrl-C or SIGTERM stops it
cleanly with exit code 0. While it runs, halt, resume, grade, data sync, letters release and discard, strategies promote
and demote, team override are done by it; verbs that only read work beside it; what else writes finds the home in use.

Examples:
  huddle run                     on a terminal a line below shows what it waits for
  huddle run --no-input >> log   for scripts and service managers: settled slots alone"
)]
pub struct RunArgs {
    /// Whether services are asked.
    #[command(flatten)]
    pub net: NetArgs,
    /// Show no moving line, even on a terminal.
    #[arg(long)]
    pub no_input: bool,
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
            speed: None,
        };
        let listener = Listener::bind(&home.control_socket());
        // A closed standard output stops no house.
        let _ = writeln!(out, "at work since {}; PAPER; Ctrl-C stops it", eastern_label(now));
        let mut live = Live::new(args.no_input, session.clock.clone());
        let work = unattended::run(&session.house, &standing, |news| live.hear(news, out));
        let others = async {
            match &listener {
                Ok(listener) => owner::serve(listener, session, home).await,
                Err(error) => {
                    log::warn!(
                        "nobody can ask this house through {}: {error}",
                        home.control_socket().display()
                    );
                    std::future::pending().await
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done.map_err(|e| Failure::new(1, e)),
            () = others => Ok(()),
        }
    });
    match ended {
        // Being told to stop is how it ends.
        Err(failure) if failure.code == INTERRUPTED => Ok(0),
        Err(failure) => Err(failure),
        Ok(()) => Ok(0),
    }
}

/// What is shown while it works: a line for each settled slot, and on a terminal one that moves below them.
struct Live {
    bar: ProgressBar,
    clock: Clock,
}

impl Live {
    fn new(still: bool, clock: Clock) -> Live {
        let target = if still {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Live { bar, clock }
    }

    fn hear(&mut self, news: &News, out: &mut dyn Write) {
        match news {
            News::Began(slot) => self.bar.set_message(format!("{}, {}: at work", slot.when, slot.task)),
            News::Waits(at) => {
                let left = words::span(*at - self.clock.now());
                self.bar
                    .set_message(format!("nothing is due before {}, in {left}", eastern_label(*at)));
            }
            News::Settled(happened) => {
                // A closed standard output stops no house.
                self.bar.suspend(|| {
                    let _ = told(happened, out);
                });
                notify(happened);
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A settled slot, and below it its picks.
fn told(happened: &Happened, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", line(happened))?;
    for pick in picks(happened) {
        writeln!(out, "    {pick}")?;
    }
    out.flush()
}

/// The picks of a slot, a line each.
pub(super) fn picks(happened: &Happened) -> Vec<String> {
    let rounds = happened.held.iter().flat_map(|held| &held.played.rounds);
    let of_round = |round: &Round| -> Vec<String> {
        let bets = round.decisions.iter().filter(|d| d.is_bet());
        bets.filter_map(|d| words::bet(&round.convened.slate, d)).collect()
    };
    rounds.flat_map(of_round).collect()
}

/// What people are to know goes to the logger, which keeps and counts it.
fn notify(happened: &Happened) {
    for pick in picks(happened) {
        log::info!(target: NOTICES, "pick: {pick}");
    }
    if happened.state != State::Done {
        log::warn!(target: NOTICES, "slot {} {}: {}", happened.id, happened.state, happened.note);
    }
    for bet in happened.graded.iter().flat_map(|graded| &graded.report.bets) {
        log::debug!(target: NOTICES, "graded {}: {}", bet.decision.id, bet.grade.outcome.name());
    }
}

/// The log target of what people are to know.
const NOTICES: &str = "huddle::notices";
/// Fast enough to be seen alive, slow enough to cost nothing.
const TICK: Duration = Duration::from_millis(500);

/// A settled slot in a line.
pub(super) fn line(happened: &Happened) -> String {
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
