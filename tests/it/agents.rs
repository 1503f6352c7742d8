//! The five specialists in the house: they look at a week and take stock of it, one is killed and comes back with its queue,
//! stock is taken once, and the verbs show what a season played by itself left behind.

use super::house::{order, spec, store};
use assert_cmd::Command;
use huddle::actor::{How, Lane};
use huddle::agents::specialists::data_engineer::AsOf;
use huddle::agents::specialists::market_intelligence::{self, Watch};
use huddle::app::House;
use huddle::app::grading::grade_all;
use huddle::app::learning::{Standpoint, learn, watch};
use huddle::app::order::WeekOrder;
use huddle::app::week::play;
use huddle::clock::VirtualClock;
use huddle::config::Settings;
use huddle::domain::archive::Archive;
use huddle::domain::game::SeasonWeek;
use huddle::domain::memory::Memories;
use huddle::shell::{Consult, Sabotage};
use huddle::store::{Store, journal, kpis, memories};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const FIVE: [&str; 5] = [
    "strategy_analyst",
    "market_intelligence",
    "data_engineer",
    "risk_manager",
    "performance_analyst",
];

/// Holds a round of the week a day after its lines open, and takes stock when its last game is over.
async fn a_week(store: &Store, archive: &Arc<Archive>) -> [bool; 3] {
    let when = order(archive, None).when;
    let week = archive.week(when);
    let opens = week.iter().map(|f| f.opens_at).min().unwrap();
    let over = week.iter().map(|f| f.settles_at()).max().unwrap();
    let clock = VirtualClock::starting(opens + chrono::TimeDelta::hours(1));
    let house = House::start(spec(store.clone(), clock.clock()));
    let settings = Settings::default();
    let at = |now| Standpoint {
        archive,
        when,
        now,
        settings: &settings,
    };
    let now = clock.clock().now();
    watch(&house, &at(now)).await.unwrap();
    let order = WeekOrder {
        as_of: AsOf::At(now),
        now,
        ..order(archive, None)
    };
    play(&house, &order).await.unwrap();
    let early = learn(&house, &at(now)).await.unwrap();
    clock.set(over);
    grade_all(&house, archive, over).await.unwrap();
    let first = learn(&house, &at(over)).await.unwrap();
    let again = learn(&house, &at(over)).await.unwrap();
    assert_eq!(house.stop().await.code(), 0);
    [early, first, again]
}

#[test]
fn stock_is_taken_once_when_the_week_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    let taken = actix::System::new().block_on(a_week(&store, &archive));
    assert_eq!(taken, [false, true, false]);
    let conn = &mut *store.conn().unwrap();
    journal::verify(conn).unwrap();
    let entries = journal::after(conn, 0, 10_000).unwrap();
    let learnt: Vec<_> = entries
        .iter()
        .filter(|e| e.body.contains("\"fact\":\"learned\""))
        .collect();
    assert_eq!(learnt.len(), 5, "one word each");
    for role in FIVE {
        let figures = kpis::history(conn, role, 1_000).unwrap();
        assert!(!figures.is_empty(), "{role}");
        for kpi in &figures {
            assert_eq!(kpi.value.is_none(), kpi.why_none.is_some(), "{kpi:?}");
        }
    }
    let of = |conn: &mut _, role: &str, name: &str| {
        let figures = kpis::history(conn, role, 1_000).unwrap();
        figures.into_iter().find(|k| k.name == name).unwrap()
    };
    let tracking = of(conn, "performance_analyst", "tracking_accuracy");
    assert!(tracking.n > 0 && tracking.value == Some(1.0), "{tracking:?}");
    assert_eq!(of(conn, "risk_manager", "max_drawdown").n, tracking.n);
    assert!(of(conn, "market_intelligence", "sentiment_correlation").lacks_source());
    let parts = kpis::history(conn, "performance_analyst", 1_000).unwrap();
    let profit = |of: &str| -> f64 {
        parts
            .iter()
            .filter(|k| k.name.starts_with(of))
            .filter_map(|k| k.value)
            .sum()
    };
    for dimension in ["market", "tier", "side", "origin", "seat"] {
        let whole = parts.iter().find(|k| k.name == "profit").unwrap().value.unwrap();
        assert_eq!(profit(&format!("profit.{dimension}.")), whole, "{dimension}");
    }
}

#[test]
fn a_specialist_that_is_killed_comes_back_with_its_queue() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = store(&dir);
    huddle::world::World::run(1, async |world| {
        world.expect_fault("market_intelligence #1 panicked");
        let house = House::start(spec(store.clone(), world.clock()));
        let when: SeasonWeek = order(&archive, None).when;
        let question = || {
            let fixtures: Vec<_> = archive.week(when).into_iter().cloned().collect();
            Consult(market_intelligence::Input::TakeStock(Box::new(Watch {
                view: archive.as_of(fixtures[0].settles_at()),
                when,
                fixtures,
                headlines: Arc::default(),
                memories: Memories::default(),
            })))
        };
        house
            .market_intelligence
            .tell(Sabotage("on purpose".to_owned()), Lane::Normal)
            .unwrap();
        let how = How::within(Duration::from_secs(60));
        let asked: Vec<_> = (0..3).map(|_| house.market_intelligence.ask(question(), how)).collect();
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(
                answer.unwrap().len(),
                1,
                "what was queued is answered by the next incarnation"
            );
        }
        let tree = house.root.tree(Duration::from_secs(5)).await.unwrap();
        assert_eq!(tree.find("market_intelligence").unwrap().vitals.restarts, 1);
        assert_eq!(house.stop().await.code(), 0);
    });
}

fn huddle(home: &std::path::Path, args: &[&str], code: i32) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .env_clear()
        .env("HUDDLE_HOME", home)
        .env("HUDDLE_OFFLINE", "1")
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_a_season_taught_is_shown() {
    let home = tempfile::tempdir().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        huddle(home.path(), &["data", "import", kind, path.to_str().unwrap()], 0);
    }
    assert!(huddle(home.path(), &["agents"], 0).contains("no figures yet"));
    huddle(home.path(), &["agents", "scorecard", "--season", "2017"], 6);
    huddle(home.path(), &["agents", "show", "nobody"], 6);
    let played = huddle(
        home.path(),
        &["replay", "--season", "2017", "--weeks", "3-4", "--json"],
        0,
    );
    let played: Value = serde_json::from_str(&played).unwrap();
    let own = std::path::PathBuf::from(played["home"].as_str().unwrap());
    let json = |args: &[&str]| -> Value { serde_json::from_str(&huddle(&own, args, 0)).unwrap() };
    let list = json(&["agents", "--json"]);
    assert_eq!(
        (&list["schema_version"], list["agents"].as_array().unwrap().len()),
        (&1.into(), 5)
    );
    for agent in list["agents"].as_array().unwrap() {
        assert!(!agent["figures"].as_array().unwrap().is_empty(), "{agent}");
    }
    let intelligence = json(&["agents", "show", "market_intelligence", "--json"]);
    assert_eq!(
        intelligence["figures"]["clv_accuracy"].as_array().unwrap().len(),
        2,
        "one a week"
    );
    let claims = &intelligence["claims"];
    assert_eq!(claims["n_pending"], 0, "every game has closed: {claims}");
    let cards = json(&["agents", "scorecard", "--season", "2017", "--json"]);
    let seats = cards["seats"].as_array().unwrap();
    assert!(seats.len() >= 9, "{cards}");
    assert!(cards["n_markets"].as_u64() > Some(0) && cards["n_open"] == 0, "{cards}");
    for seat in seats {
        let of = |name: &str| seat[name].as_u64().unwrap();
        assert_eq!(of("n_directional") + of("n_abstained"), of("n_asked"), "{seat}");
    }
    assert!(huddle(&own, &["agents"], 0).contains("goes without: market_intelligence: no headlines stored"));
    assert!(huddle(&own, &["agents", "scorecard", "--season", "2017"], 0).contains("unattributed"));
    assert!(huddle(&own, &["doctor"], 0).contains("no headlines stored"));
    let conn = &mut Store::read_only(&own.join("huddle.db")).unwrap();
    assert!(memories::of_agent(conn, "market_intelligence").is_ok());
}
