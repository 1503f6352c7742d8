//! The five specialists at work on one week: `cargo run --release --example specialist_panel`.
//!
//! A SIMULATED league, drawn from a seed, is played by the house in virtual time. Market intelligence looks at lines that three
//! invented books move, and calls where they will close; it is killed with questions waiting and comes back with its queue. The
//! swarm holds a round, the games end, bets are graded, and all five take stock: figures with their count and interval, or the
//! reason why there is none. What was called and waited is judged by the close.

use chrono::{DateTime, TimeDelta, Utc};
use huddle::actor::{How, Lane};
use huddle::agents::specialists::data_engineer::AsOf;
use huddle::agents::specialists::market_intelligence::{Input, Watch};
use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::grading::grade_all;
use huddle::app::learning::{Standpoint, learn, watch};
use huddle::app::order::WeekOrder;
use huddle::app::week::play;
use huddle::app::{House, HouseSpec};
use huddle::clock::{Seeds, VirtualClock};
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::game::{Fixture, SeasonWeek};
use huddle::domain::line::HalfPoints;
use huddle::domain::memory::Memories;
use huddle::domain::quote::{Book, Market, Moment, Quote};
use huddle::feeds::{Facts, FileKind};
use huddle::minds::llm::MindSettings;
use huddle::shell::{Consult, Sabotage};
use huddle::sim::{FIRST_SEASON, League, SimOptions};
use huddle::store::imports::{self, SourceFile};
use huddle::store::{Store, StoreError, kpis, load_archive, memories};
use huddle::swarms::pool::PoolSettings;
use huddle::transport::Offline;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The week that is played.
const WEEK: SeasonWeek = SeasonWeek {
    season: FIRST_SEASON + 2,
    week: 8,
};
/// The five, by role.
const FIVE: [&str; 5] = [
    "strategy_analyst",
    "market_intelligence",
    "data_engineer",
    "risk_manager",
    "performance_analyst",
];

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("huddle-panel-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = invented_seasons(&folder)?;
    let archive = Arc::new(load_archive(&mut *store.conn()?)?);
    let done = actix::System::new().block_on(panel(&store, &archive));
    std::fs::remove_dir_all(&folder)?;
    done
}

/// Three invented seasons, and in the week that is played three invented books that move lines the way they will close.
fn invented_seasons(folder: &Path) -> Result<Store, StoreError> {
    let store = Store::open(&folder.join("huddle.db"))?;
    let options = SimOptions {
        opener_error_points: 2.0,
        ..SimOptions::default()
    };
    let league = League::generate(11, FIRST_SEASON..=WEEK.season, options);
    let mut quotes = league.quotes;
    let moved: Vec<Quote> = league
        .games
        .iter()
        .filter(|g| g.fixture.when == WEEK)
        .flat_map(|g| steam(&g.fixture, &quotes))
        .collect();
    quotes.extend(moved);
    let facts = Facts {
        games: league.games,
        quotes,
        ..Facts::default()
    };
    let source = SourceFile::of("example", b"11");
    imports::facts(
        &mut *store.conn()?,
        FileKind::Games,
        facts,
        &source,
        DateTime::UNIX_EPOCH,
    )?;
    Ok(store)
}

/// On Wednesday three books stand at the opener; a day later they move half a point, ten minutes apart: towards the close in
/// games of which they know something, up in the others.
fn steam(fixture: &Fixture, known: &[Quote]) -> Vec<Quote> {
    let at = |moment: Moment| {
        let own = |q: &&Quote| q.game == fixture.id && q.market == Market::Spread && q.moment == moment;
        known.iter().find(own)
    };
    let (Some(open), Some(close)) = (at(Moment::Open), at(Moment::Close)) else {
        return Vec::new();
    };
    let (Some(from), Some(to)) = (open.line, close.line) else {
        return Vec::new();
    };
    let by = if to < from { -1 } else { 1 };
    let quote = |book: usize, line: HalfPoints, hours: i64| Quote {
        book: Book::new(["north", "south", "west"][book]),
        line: Some(line),
        as_of: fixture.opens_at + TimeDelta::hours(hours) + TimeDelta::minutes(10 * book as i64),
        moment: Moment::Live,
        ..open.clone()
    };
    let stood = (0..3).map(|book| quote(book, from, 24));
    stood
        .chain((0..3).map(|book| quote(book, HalfPoints(from.0 + by), 48)))
        .collect()
}

async fn panel(store: &Store, archive: &Arc<Archive>) -> Result<(), Failed> {
    let week = archive.week(WEEK);
    let opens = week.iter().map(|f| f.opens_at).min().ok_or("the week has games")?;
    let over = week.iter().map(|f| f.settles_at()).max().ok_or("the week has games")?;
    let clock = VirtualClock::starting(opens + TimeDelta::hours(49));
    let house = start(store, &clock);
    let settings = Settings::default();
    let at = |now: DateTime<Utc>| Standpoint {
        archive,
        when: WEEK,
        now,
        settings: &settings,
    };
    println!("SIMULATED league, real agents: {WEEK}, {} games", week.len());

    let now = clock.clock().now();
    let n_calls = watch(&house, &at(now)).await?;
    println!(
        "\nmarket_intelligence looks at the lines on {}: {n_calls} calls",
        now.format("%A")
    );
    print_memory(store, now)?;

    kill(&house, archive, now).await?;

    let order = WeekOrder {
        archive: Arc::clone(archive),
        when: WEEK,
        as_of: AsOf::At(now),
        settings: settings.clone(),
        now,
        keep: true,
        kill: None,
        guidance: Arc::default(),
    };
    let played = play(&house, &order).await?;
    let n_bets = played
        .rounds
        .iter()
        .flat_map(|r| &r.decisions)
        .filter(|d| d.is_bet())
        .count();
    println!("\nthe swarm holds a round: {n_bets} SIMULATED bets");

    clock.set(over);
    let graded = grade_all(&house, archive, over).await?;
    println!(
        "the week is over, {} bets are graded; all five take stock:",
        graded.n_new
    );
    learn(&house, &at(over)).await?;
    print_figures(store)?;
    println!("\nwhat market_intelligence called, judged by the close, which the invented books were told:");
    print_memory(store, over)?;
    house.stop().await;
    Ok(())
}

fn start(store: &Store, clock: &VirtualClock) -> House {
    House::start(HouseSpec {
        store: store.clone(),
        clock: clock.clock(),
        seeds: Seeds::new(11),
        limits: RiskLimits::default(),
        pool: PoolSettings::default(),
        policies: ApiSettings::default().policies(),
        wire: Arc::new(Offline),
        minds: MindSettings::default(),
    })
}

/// Brings market intelligence down with three questions behind the blow; its next incarnation answers them.
async fn kill(house: &House, archive: &Arc<Archive>, now: DateTime<Utc>) -> Result<(), Failed> {
    let question = || {
        Consult(Input::Watch(Box::new(Watch {
            view: archive.as_of(now),
            when: WEEK,
            fixtures: archive.week(WEEK).into_iter().cloned().collect(),
            headlines: Arc::default(),
            memories: Memories::default(),
        })))
    };
    let blow = Sabotage("brought down by the example".to_owned());
    house
        .market_intelligence
        .tell(blow, Lane::Normal)
        .map_err(|e| e.to_string())?;
    let how = How::within(Duration::from_secs(20));
    let waiting: Vec<_> = (0..3).map(|_| house.market_intelligence.ask(question(), how)).collect();
    let mut n_answered = 0;
    for answer in futures_util::future::join_all(waiting).await {
        n_answered += usize::from(answer.is_ok());
    }
    let vitals = house.market_intelligence.vitals();
    println!(
        "\nmarket_intelligence was killed with 3 questions waiting: incarnation {} answered {n_answered} of them",
        vitals.incarnation
    );
    Ok(())
}

/// The figures of all five; parts of a whole are left out.
fn print_figures(store: &Store) -> Result<(), StoreError> {
    let mut conn = store.conn()?;
    for role in FIVE {
        println!("  {role}");
        for kpi in kpis::history(&mut conn, role, 200)? {
            if !kpi.name.contains('.') {
                println!("    {:22} {}", kpi.name, kpi.show());
            }
        }
    }
    Ok(())
}

/// How many claims wait, how many held, and one of each.
fn print_memory(store: &Store, at: DateTime<Utc>) -> Result<(), StoreError> {
    let all = memories::of_agent(&mut *store.conn()?, FIVE[1])?;
    let recall = all.as_of(at);
    println!(
        "  {} wait, {} were judged",
        recall.pending().count(),
        recall.resolved().count()
    );
    for memory in recall.pending().take(2) {
        println!("  waits   {}", memory.text);
    }
    for (memory, resolution) in recall.resolved().take(4) {
        println!("  {:7} {}: {}", resolution.held.word(), memory.text, resolution.text);
    }
    Ok(())
}
