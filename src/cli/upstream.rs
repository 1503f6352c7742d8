//! `huddle upstream`: the SIMULATED services on a port of this machine, for whoever develops against them.

use super::output::emit;
use super::{Failure, session};
use crate::api::Provider;
use crate::clock::Clock;
use crate::home::Home;
use crate::sim::upstream::{AccountOptions, FaultPlan, Options, Upstream, World, current_season};
use crate::store::{games, quotes};
use crate::upstream::{ClockOrder, Door, Server};
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Arguments of `huddle upstream`.
#[derive(Clone, Debug, Args)]
pub struct UpstreamArgs {
    /// The port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Play a season of the home's database instead of the simulated league.
    #[arg(long, value_name = "YEAR", conflicts_with = "simulated")]
    pub season: Option<u16>,
    /// Play the simulated league; the default.
    #[arg(long)]
    pub simulated: bool,
    /// What goes wrong, such as `odds/hang@0.1,espn:scoreboard/http_503@0.5,from=60s,to=120s`.
    #[arg(long, default_value = "", value_name = "PLAN", value_parser = plan)]
    pub faults: FaultPlan,
    /// The seed of league, prices and faults.
    #[arg(long, default_value_t = 4)]
    pub seed: u64,
    /// Credits a month at The Odds API.
    #[arg(long, default_value_t = 500)]
    pub credits: u32,
    /// What time it is at the services, as 2026-11-25T12:00:00Z; now when left out.
    #[arg(long, value_name = "TIME")]
    pub at: Option<DateTime<Utc>>,
    /// How much faster than time their clock runs, 0 to 10000.
    #[arg(long, default_value = "1", value_name = "FACTOR", value_parser = speed)]
    pub speed: f64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn plan(text: &str) -> Result<FaultPlan, String> {
    text.parse::<FaultPlan>().map_err(|e| e.to_string())
}

fn speed(text: &str) -> Result<f64, String> {
    let order: ClockOrder = format!("speed={text}")
        .parse()
        .map_err(|e: crate::upstream::ClockError| e.to_string())?;
    order.speed.ok_or_else(|| "write one number".to_owned())
}

/// Where the services are.
#[derive(Serialize)]
struct View {
    simulated: bool,
    port: u16,
    base_urls: BTreeMap<Provider, String>,
    #[serde(skip)]
    said: Said,
}

/// What else is said to people.
struct Said {
    world: String,
    at: DateTime<Utc>,
    n_open: usize,
    next: Option<DateTime<Utc>>,
}

/// Runs the verb until Ctrl-C.
///
/// # Errors
/// [`Failure`]: 6 without a database or without games of the season, 1 when the port cannot be had.
pub fn run(args: &UpstreamArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let at = args.at.unwrap_or(now);
    let (world, what) = world(args, home, at)?;
    let said = Said {
        n_open: world.n_open(at),
        next: world.next_kickoff(at),
        world: what,
        at,
    };
    let options = Options {
        seed: args.seed,
        account: AccountOptions {
            credits: args.credits,
            ..AccountOptions::default()
        },
        faults: args.faults.clone(),
        ..Options::default()
    };
    actix_rt::System::new().block_on(async {
        let door = Door::new(Upstream::new(world, options, at), Clock::system());
        if args.at.is_some() || args.speed.to_bits() != 1.0_f64.to_bits() {
            door.set_clock(ClockOrder {
                at: args.at,
                speed: Some(args.speed),
            });
        }
        let server = Server::start(door, args.port)
            .await
            .with_context(|| format!("port {} of 127.0.0.1: try --port 0", args.port))?;
        let view = View {
            simulated: true,
            port: server.address().port(),
            base_urls: server.base_urls(),
            said,
        };
        emit(args.json, out, &view, |out| print(out, &view))?;
        tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
        server.stop().await;
        Ok(0)
    })
}

fn world(args: &UpstreamArgs, home: &Home, at: DateTime<Utc>) -> Result<(World, String), Failure> {
    let Some(season) = args.season else {
        let (games, quotes) = current_season(args.seed, at);
        let what = format!("an invented league, seed {}", args.seed);
        return Ok((World::new(&games, &quotes, args.seed), what));
    };
    let mut conn = session::reading(home)?;
    let mut games = games::all(&mut conn)?;
    let quotes = quotes::all(&mut conn)?;
    games.retain(|g| g.fixture.when.season == season);
    if games.is_empty() {
        let error = anyhow!("no game of season {season} is stored: `huddle data status` says which seasons are");
        return Err(Failure::new(6, error));
    }
    let what = format!("season {season} of your database, with invented prices on the way to its closes");
    Ok((World::new(&games, &quotes, args.seed), what))
}

fn print(out: &mut dyn Write, view: &View) -> io::Result<()> {
    let said = &view.said;
    writeln!(out, "SIMULATED services on 127.0.0.1:{}: {}.", view.port, said.world)?;
    writeln!(
        out,
        "Nothing they say is news. Keep what you load from them in a home of its own (--home DIR)."
    )?;
    writeln!(
        out,
        "\nIt is {} there; {} games are open.",
        said.at.format("%Y-%m-%d %H:%M UTC"),
        said.n_open
    )?;
    match said.next {
        Some(next) => writeln!(out, "The next kickoff is {}.", next.format("%Y-%m-%d %H:%M UTC"))?,
        None => writeln!(out, "No game is left to play: choose an earlier time with --at.")?,
    }
    writeln!(
        out,
        "\nFor config.toml; any key of The Odds API is let in:\n\n[api.base_urls]"
    )?;
    for (provider, url) in &view.base_urls {
        writeln!(out, "{provider} = \"{url}\"")?;
    }
    let control = format!("http://127.0.0.1:{}/_control", view.port);
    writeln!(out, "\ncurl {control}/counts")?;
    writeln!(out, "curl -d 'odds/http_503@0.5' {control}/faults")?;
    writeln!(out, "curl -d 'at=2026-12-01T12:00:00Z,speed=60' {control}/clock")?;
    writeln!(out, "\nCtrl-C ends it.")
}
