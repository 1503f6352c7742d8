//! The command line: one file a verb, each with its arguments and a `run` that writes to any sink.
//!
//! Results go to standard output, everything else to standard error. `--json` prints one object with an integer
//! `schema_version` and the verb's own fields. Exit codes: 0 done (also when there is nothing to bet), 1 unexpected,
//! 2 usage, 3 settings, 5 a check failed or data was refused, 6 something asked for is not there, 130 interrupted.

mod again;
pub mod agents;
pub mod api;
pub mod audit;
pub mod backtest;
pub mod cycle;
pub mod data;
pub mod demo;
pub mod doctor;
pub mod grade;
pub mod halt;
pub mod leakcheck;
pub mod letters;
pub mod minds;
pub mod odds;
pub mod output;
pub mod owner;
pub mod parlays;
pub mod picks;
pub mod reconcile;
pub mod replay;
pub mod report;
pub mod run;
pub mod runs;
pub mod session;
pub mod stats;
pub mod strategies;
pub mod sync;
pub mod team;
mod temporary;
pub mod timetable;
pub mod upstream;
pub mod words;

use crate::home::Home;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A supervised team of agents that makes auditable NFL paper picks. It never places a bet.
#[derive(Debug, Parser)]
#[command(name = "huddle", version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// The folder of database, cache and settings; without it the XDG folders are used.
    #[arg(long, global = true, env = "HUDDLE_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "Examples:
  huddle demo                                      a SIMULATED league, nothing to set up
  huddle data sync                                 games, odds, weather and the rest from their services
  huddle api plan                                  what that costs this month, before it is spent
  huddle data import games games.csv               nflverse's schedule file
  huddle data import odds openers.csv
  huddle picks --season 2019 --week 5
  huddle audit show 4f2a                           what led to a pick, by the start of its id
  huddle odds devig --decimal 1.91,1.95
  huddle stats pbo returns.csv                     did the search find skill or noise?";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Watch the team at work on a SIMULATED league: nothing to set up, no network, no key, no file.
    Demo(demo::DemoArgs),
    /// Market maths: convert prices, remove margins, size stakes, value bets.
    #[command(subcommand)]
    Odds(odds::OddsCommand),
    /// Import games and odds and see what is stored.
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Which service may be asked how often: limits, breakers, credits, the month's plan, what was spent.
    #[command(subcommand)]
    Api(api::ApiCommand),
    /// Hold the week's swarm rounds and print the slate.
    Picks(picks::PicksArgs),
    /// Work the week by itself, in the foreground: sync, picks, grades by the calendar.
    Run(run::RunArgs),
    /// Make no more picks until `resume`; everything else goes on.
    Halt(halt::HaltArgs),
    /// Make picks again.
    Resume(halt::HaltArgs),
    /// Say which swarm runs when in a week.
    Timetable(timetable::TimetableArgs),
    /// The team: who stands how and why, overrides, experiments, the season's plan.
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// Grade the bets of finished games.
    Grade(grade::GradeArgs),
    /// Play seasons walk-forward and print record, closing line value and calibration with their intervals.
    Report(report::ReportArgs),
    /// Play a past season in virtual time, from its openers to its last grade, as the house would by itself.
    Replay(replay::ReplayArgs),
    /// Hold the rounds of a run or a replay again, and hold them against the backtest; explain every difference.
    Reconcile(reconcile::ReconcileArgs),
    /// Backtest one strategy: what it did, what luck, the line and its neighbours would have done, and what that proves.
    Backtest(backtest::BacktestArgs),
    /// Let strategies improve themselves before each season, and let the season judge what came of it.
    Cycle(cycle::CycleArgs),
    /// Strategies and their standing: list, show, compare, promote, demote.
    #[command(subcommand)]
    Strategies(strategies::StrategiesCommand),
    /// Backtests and cycles on record: list, show, compare.
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// Mine facts of games that go together, try them on seasons held back, and price correlated legs together.
    Parlays(parlays::ParlaysArgs),
    /// What a search for strategies makes of its best, and how many bets prove a record.
    #[command(subcommand)]
    Stats(stats::StatsCommand),
    /// Change what a decision could not have known, decide again, and demand the same decisions to the byte.
    Leakcheck(leakcheck::LeakcheckArgs),
    /// Verify the journal's hash chain, and walk from a pick back to what caused it.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Letters between agents: what waits, what was set aside and why; release or discard it.
    #[command(subcommand)]
    Letters(letters::LettersCommand),
    /// Language models: what they were asked, what they said, and what their seat made of it.
    #[command(subcommand)]
    Minds(minds::MindsCommand),
    /// Serve SIMULATED upstream APIs on a port of this machine, to develop against.
    Upstream(upstream::UpstreamArgs),
    /// The five specialists: key figures with their intervals, what they claimed and what became of it, cards of seats.
    Agents(agents::AgentsArgs),
    /// Check database, data, clock and keys, and say what to do.
    Doctor(doctor::DoctorArgs),
}

/// Why a verb did not do its work: a line for people and a code for scripts.
#[derive(Debug)]
pub struct Failure {
    /// The process's exit code.
    pub code: u8,
    /// What was attempted, what went wrong, what to do.
    pub error: anyhow::Error,
}

impl Failure {
    /// A failure with its code.
    pub fn new(code: u8, error: impl Into<anyhow::Error>) -> Failure {
        Failure {
            code,
            error: error.into(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    /// Unexpected, unless it is the database that says what it is.
    fn from(error: E) -> Failure {
        let error: anyhow::Error = error.into();
        let code = error.downcast_ref::<StoreError>().map_or(1, StoreError::exit_code);
        Failure { code, error }
    }
}

/// Runs the program: reads the command line, does the verb, prints what went wrong.
pub fn main() -> ExitCode {
    crate::logging::install();
    let cli = Cli::parse();
    let now = crate::clock::Clock::system().now();
    match run(cli, now, &mut std::io::stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) if closed_pipe(&failure.error) => ExitCode::SUCCESS,
        Err(failure) => {
            // A closed standard error must not turn a failure into a panic.
            let _ = writeln!(std::io::stderr(), "huddle: {}", chain(&failure.error));
            ExitCode::from(failure.code)
        }
    }
}

/// True when the reader of the output went away, such as `head`: it has seen enough, and that is no failure.
fn closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(broken))
}

/// The whole chain on one line: what was attempted first, its cause last. A cause that its effect has quoted already is
/// not said again.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn run(cli: Cli, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    if let Verb::Odds(command) = &cli.verb {
        return match odds::run(command, out) {
            Err(odds::OddsError::Write(e)) => output::seen_enough(Err(e)).map(|()| 0).map_err(Failure::from),
            done => done.map(|()| 0).map_err(|e| Failure::new(2, e)),
        };
    }
    if let Verb::Demo(args) = &cli.verb {
        return demo::run(args, now, out);
    }
    let home = Home::resolve(cli.home, |name| std::env::var_os(name).map(PathBuf::from))
        .map_err(|e| Failure::new(3, e))?;
    let argv = std::env::args().skip(1).collect();
    if let Some(done) = owner::ask_owner(&cli.verb, &home, argv, out) {
        return done;
    }
    dispatch(cli.verb, &home, now, out)
}

/// Does a verb in this process.
fn dispatch(verb: Verb, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    match verb {
        Verb::Odds(_) | Verb::Demo(_) => Ok(0),
        Verb::Api(command) => api::run(&command, home, now, out),
        Verb::Data(data::DataCommand::Sync(args)) => sync::run(&args, home, out),
        Verb::Data(command) => match data::run(&command, home, now, out) {
            Ok(exit) => Ok(exit.code()),
            Err(error) => Err(Failure::new(error.exit_code(), error)),
        },
        Verb::Picks(args) => picks::run(&args, home, now, out),
        Verb::Run(args) => run::run(&args, home, now, out),
        Verb::Halt(args) => halt::run(&args, true, home, now, out),
        Verb::Resume(args) => halt::run(&args, false, home, now, out),
        Verb::Timetable(args) => timetable::run(&args, home, now, out),
        Verb::Team(command) => team::run(&command, home, now, out),
        Verb::Grade(args) => grade::run(&args, home, now, out),
        Verb::Report(args) => report::run(&args, home, now, out),
        Verb::Replay(args) => replay::run(&args, home, now, out),
        Verb::Reconcile(args) => reconcile::run(&args, home, out),
        Verb::Backtest(args) => backtest::run(&args, home, now, out),
        Verb::Cycle(args) => cycle::run(&args, home, now, out),
        Verb::Strategies(command) => strategies::run(&command, home, now, out),
        Verb::Runs(command) => runs::run(&command, home, out),
        Verb::Parlays(args) => parlays::run(&args, home, now, out),
        Verb::Stats(command) => stats::run(&command, out),
        Verb::Leakcheck(args) => leakcheck::run(&args, out),
        Verb::Audit(command) => audit::run(&command, home, out),
        Verb::Letters(command) => letters::run(&command, home, out),
        Verb::Minds(command) => minds::run(&command, home, out),
        Verb::Upstream(args) => upstream::run(&args, home, now, out),
        Verb::Agents(args) => agents::run(&args, home, now, out),
        Verb::Doctor(args) => doctor::run(&args, home, now, out),
    }
}
