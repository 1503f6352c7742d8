//! The house as a whole, in a world: a member is killed and the round ends; the same seed gives the same journal, in
//! virtual time and in real time; actors and the bare loop decide alike; nobody is left over, no fault goes unseen.

use huddle::agents::specialists::data_engineer::AsOf;
use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::api::ApiSettings;
use huddle::app::order::WeekOrder;
use huddle::app::week::{PlayedWeek, play};
use huddle::app::{House, HouseSpec};
use huddle::backtest::host::BareHost;
use huddle::clock::{Clock, Seeds};
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::belief::Seat;
use huddle::domain::game::SeasonWeek;
use huddle::feeds::{Facts, FileKind};
use huddle::minds::llm::MindSettings;
use huddle::minds::quant::ROSTER;
use huddle::sim::{FIRST_SEASON, League, SimOptions};
use huddle::store::imports::{self, SourceFile};
use huddle::store::{Store, journal, load_archive};
use huddle::swarms::pool::PoolSettings;
use huddle::transport::Offline;
use huddle::world::World;
use std::sync::Arc;

/// Five seasons of ten weeks with loose openers: enough for ratings to find something, little enough for a debug build.
fn league() -> League {
    let options = SimOptions {
        n_weeks: 10,
        opener_error_points: 2.0,
        ..SimOptions::default()
    };
    League::generate(7, FIRST_SEASON..=FIRST_SEASON + 4, options)
}

const WEEK: SeasonWeek = SeasonWeek {
    season: FIRST_SEASON + 4,
    week: 6,
};

pub fn store(dir: &tempfile::TempDir) -> (Store, Arc<Archive>) {
    let store = Store::open(&dir.path().join("huddle.db")).unwrap();
    let mut conn = store.conn().unwrap();
    let league = league();
    let facts = Facts {
        games: league.games,
        quotes: league.quotes,
        ..Facts::default()
    };
    imports::facts(
        &mut conn,
        FileKind::Games,
        facts,
        &SourceFile::of("league", b"league"),
        "2050-01-01T00:00:00Z".parse().unwrap(),
    )
    .unwrap();
    let archive = Arc::new(load_archive(&mut conn).unwrap());
    (store, archive)
}

pub fn order(archive: &Arc<Archive>, kill: Option<&str>) -> WeekOrder {
    WeekOrder {
        archive: Arc::clone(archive),
        when: WEEK,
        as_of: AsOf::Open,
        settings: Settings::default(),
        now: "2050-01-01T00:00:00Z".parse().unwrap(),
        keep: true,
        kill: kill.map(Seat::new),
        guidance: Arc::default(),
    }
}

const SEED: u64 = 1;

pub fn spec(store: Store, clock: Clock) -> HouseSpec {
    HouseSpec {
        store,
        clock,
        seeds: Seeds::new(SEED),
        limits: RiskLimits::default(),
        pool: PoolSettings::default(),
        policies: ApiSettings::default().policies(),
        wire: Arc::new(Offline),
        minds: MindSettings::default(),
    }
}

/// A week that was played, with the journal's entries.
type Played = (PlayedWeek, Vec<journal::Entry>);

async fn play_once(store: &Store, clock: Clock, order: &WeekOrder) -> PlayedWeek {
    let house = House::start(spec(store.clone(), clock));
    let week = play(&house, order).await.unwrap();
    assert_eq!(house.stop().await.code(), 0);
    week
}

fn with_journal(week: PlayedWeek, store: &Store) -> Played {
    let mut conn = store.conn().unwrap();
    journal::verify(&mut conn).unwrap();
    (week, journal::after(&mut conn, 0, 1_000).unwrap())
}

/// Plays the week in a world and a house of its own.
fn played(kill: Option<&str>) -> Played {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let week = World::run(SEED, async |world| {
        if let Some(member) = kill {
            world.expect_fault(&format!("{member} #1 panicked"));
        }
        play_once(&store, world.clock(), &order(&archive, kill)).await
    });
    with_journal(week, &store)
}

/// The same with the machine's clock.
fn played_in_real_time() -> Played {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let week = actix::System::new().block_on(play_once(&store, Clock::system(), &order(&archive, None)));
    with_journal(week, &store)
}

#[test]
fn the_same_seed_gives_the_same_journal_in_virtual_time_and_in_real_time() {
    let (first, second, real) = (played(None), played(None), played_in_real_time());
    assert!(first.1.len() >= 11, "a round leaves its minutes");
    for other in [second, real] {
        assert_eq!(first.1.last().map(|e| &e.hash), other.1.last().map(|e| &e.hash));
        assert_eq!(first.0.journal.hash, other.0.journal.hash);
    }
}

#[test]
fn an_unannounced_crash_in_the_house_does_not_pass_unseen() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        World::run(SEED, async |world| {
            let week = play_once(&store, world.clock(), &order(&archive, Some("elo"))).await;
            assert!(week.rounds[0].seats[&Seat::new("elo")].answer.is_some(), "it healed");
        });
    }));
    let text = failed.unwrap_err().downcast_ref::<String>().unwrap().clone();
    assert!(text.contains("nobody expected that elo #1 panicked"), "{text}");
}

#[test]
fn a_member_killed_in_the_middle_comes_back_and_answers() {
    let (calm, killed) = (played(None).0, played(Some("elo")).0);
    let log = &killed.rounds[0].seats[&Seat::new("elo")];
    assert_eq!((log.restarts, log.incarnation, log.absent.as_deref()), (1, 2, None));
    assert!(log.answer.is_some(), "its question stayed in its mailbox");
    let votes = |week: &PlayedWeek| -> Vec<String> {
        let decisions = &week.rounds[0].decisions;
        decisions
            .iter()
            .map(|d| format!("{:?} {:?}", d.side, d.verdict))
            .collect()
    };
    assert_eq!(
        votes(&calm),
        votes(&killed),
        "a rebuilt member says what it would have said"
    );
    let decision = &killed.rounds[0].decisions[0];
    let vote = decision
        .agreement
        .votes
        .iter()
        .find(|v| v.seat == Seat::new("elo"))
        .unwrap();
    assert_eq!(vote.restarts, 1, "the pick says so");
}

#[test]
fn actors_and_the_bare_loop_decide_alike() {
    let week = played(None).0;
    let round = &week.rounds[0];
    let rng = Seeds::new(SEED).derive("swarms/consensus/table", 1);
    let mut host = BareHost::new(&ROSTER, PoolSettings::default(), RiskLimits::default(), rng);
    let bare = host.hold(round.convened.clone()).unwrap();
    let text = |decisions| serde_json::to_string(decisions).unwrap();
    assert_eq!(text(&round.decisions), text(&bare.decisions));
    assert_eq!(
        serde_json::to_string(&round.messages).unwrap(),
        serde_json::to_string(&bare.messages).unwrap()
    );
}

#[test]
fn a_round_played_twice_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let heads = World::run(SEED, async |world| {
        let house = House::start(spec(store, world.clock()));
        let first = play(&house, &order(&archive, None)).await.unwrap();
        let second = play(&house, &order(&archive, None)).await.unwrap();
        house.stop().await;
        assert_eq!((first.n_known, second.n_known), (0, 1));
        [first.journal, second.journal]
    });
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn a_live_week_bets_a_market_once_however_often_it_looks() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let opens = archive.week(WEEK)[0].opens_at;
    let at = |hours| WeekOrder {
        as_of: AsOf::At(opens + chrono::TimeDelta::hours(hours)),
        ..order(&archive, None)
    };
    let (first, second) = World::run(SEED, async |world| {
        let house = House::start(spec(store, world.clock()));
        let weeks = (play(&house, &at(1)).await.unwrap(), play(&house, &at(2)).await.unwrap());
        house.stop().await;
        weeks
    });
    let bets = |week: &PlayedWeek| -> Vec<String> {
        let bets = week.rounds[0].decisions.iter().filter(|d| d.is_bet());
        bets.map(|d| format!("{} {}", d.agreement.game, d.agreement.market))
            .collect()
    };
    assert!(!bets(&first).is_empty(), "this league has something to bet");
    let again: Vec<String> = bets(&second).into_iter().filter(|b| bets(&first).contains(b)).collect();
    assert!(again.is_empty(), "bet twice: {again:?}");
    let stale = World::run(SEED, async |world| {
        let store = Store::open(&dir.path().join("huddle.db")).unwrap();
        play_once(&store, world.clock(), &at(30)).await
    });
    assert!(
        stale.rounds[0].decisions.iter().all(|d| d.offered.is_none()),
        "a price of yesterday is no price"
    );
}
