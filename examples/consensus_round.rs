//! One consensus round, start to finish, in one sitting: `cargo run --example consensus_round`.
//!
//! A SIMULATED league is drawn from a seed, the quantitative minds take their seats as supervised actors, and the swarm
//! decides one week of it at the openers: every mind studies alone, disagreements are deliberated, votes are weighed,
//! the risk manager sizes what is left. The same house, on real games, is what `huddle picks` runs.

use chrono::{DateTime, Utc};
use huddle::agents::specialists::data_engineer::AsOf;
use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::order::WeekOrder;
use huddle::app::week::{PlayedWeek, WeekError, play};
use huddle::app::{House, HouseSpec};
use huddle::clock::{Clock, Seeds};
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::game::SeasonWeek;
use huddle::domain::pick::Verdict;
use huddle::feeds::{Facts, FileKind};
use huddle::minds::llm::MindSettings;
use huddle::sim::{FIRST_SEASON, League, SimOptions};
use huddle::store::imports::{self, SourceFile};
use huddle::store::{Store, StoreError, load_archive};
use huddle::swarms::pool::PoolSettings;
use huddle::transport::Offline;
use std::path::Path;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("huddle-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let now = Clock::system().now();
    let store = invented_seasons(&folder, now)?;
    let archive = Arc::new(load_archive(&mut *store.conn()?)?);
    let played = actix::System::new().block_on(one_round(store, archive, now))?;
    std::fs::remove_dir_all(&folder)?;
    show(&played);
    Ok(())
}

/// A database with four invented seasons. Nothing in it ever happened.
fn invented_seasons(folder: &Path, now: DateTime<Utc>) -> Result<Store, StoreError> {
    let store = Store::open(&folder.join("huddle.db"))?;
    let league = League::generate(11, FIRST_SEASON..=FIRST_SEASON + 3, SimOptions::default());
    let facts = Facts {
        games: league.games,
        quotes: league.quotes,
        ..Facts::default()
    };
    let source = SourceFile::of("example", b"11");
    imports::facts(&mut *store.conn()?, FileKind::Games, facts, &source, now)?;
    Ok(store)
}

/// Starts the house (a supervisor tree with the database, the specialists and the swarm's members) and holds one
/// round: week 8 of the last season, decided at Tuesday's openers, knowing nothing later.
async fn one_round(store: Store, archive: Arc<Archive>, now: DateTime<Utc>) -> Result<PlayedWeek, WeekError> {
    let house = House::start(HouseSpec {
        store,
        clock: Clock::system(),
        seeds: Seeds::new(11),
        limits: RiskLimits::default(),
        pool: PoolSettings::default(),
        policies: ApiSettings::default().policies(),
        wire: Arc::new(Offline),
        minds: MindSettings::default(),
    });
    let order = WeekOrder {
        archive,
        when: SeasonWeek {
            season: FIRST_SEASON + 3,
            week: 8,
        },
        as_of: AsOf::Open,
        settings: Settings::default(),
        now,
        keep: true,
        kill: None,
        guidance: std::sync::Arc::default(),
    };
    let played = play(&house, &order).await;
    house.stop().await;
    played
}

/// What was said and decided.
fn show(played: &PlayedWeek) {
    let round = &played.rounds[0];
    println!(
        "SIMULATED round {}: {} games",
        round.convened.round.0,
        round.convened.slate.len()
    );
    for (seat, log) in &round.seats {
        let opinions = log.answer.as_ref().map_or(&[][..], |a| &a.opinions);
        let views = opinions.iter().filter(|o| o.stance.is_ok()).count();
        let silent = opinions.len() - views;
        println!(
            "  {seat:15} {views:2} views, {silent:2} abstentions, {:2} changed by deliberation",
            log.revised.len()
        );
    }
    for d in &round.decisions {
        if let (Verdict::Bet { stake, limit, tier, .. }, Some(side)) = (&d.verdict, d.side) {
            let (a, roi) = (&d.agreement, d.roi.unwrap_or_default() * 100.0);
            let (consensus, side) = (a.consensus * 100.0, side.name());
            let bound = limit.name();
            println!(
                "  BET  {} {} {side}: consensus {consensus:.0}%, EV {roi:+.1}%, stake {stake} ({bound}, tier {tier})",
                a.game, a.market
            );
        }
    }
    let n_passes = round.decisions.iter().filter(|d| !d.is_bet()).count();
    println!("  {n_passes} markets passed; journal head {}", played.journal.hash);
}
