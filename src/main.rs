//! The `huddle` binary.

use clap::{Parser, Subcommand};
use huddle::cli::data::{self, DataCommand};
use huddle::home::Home;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "huddle", version, about)]
struct Cli {
    /// The folder of huddle's files.
    #[arg(long, global = true, env = "HUDDLE_HOME")]
    home: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Import games and odds and see what is stored.
    #[command(subcommand)]
    Data(DataCommand),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place where a verb learns what time it is"
    )]
    let now = chrono::Utc::now();
    let home = Home::resolve(cli.home, |name| std::env::var_os(name).map(PathBuf::from));
    let Verb::Data(command) = cli.verb;
    let outcome = home
        .map_err(data::DataError::from)
        .and_then(|home| data::run(&command, &home, now, &mut std::io::stdout().lock()));
    match outcome {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            eprintln!("huddle: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
