//! The `huddle` binary: reads the command line and hands over to the verb.

use clap::Parser;
use huddle::cli::odds::{self, OddsCommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(version, about)]
enum Cli {
    /// Market maths: convert prices, remove margins, size stakes, value bets.
    #[command(subcommand)]
    Odds(OddsCommand),
}

fn main() -> ExitCode {
    let Cli::Odds(command) = Cli::parse();
    match odds::run(&command, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
