//! A strategy in production and the swarm make one portfolio; without one the slate is what it was; the conductor gives a
//! swarm leave or says why not, and a crash costs it nothing but what it remembers.

use super::house;
use assert_cmd::Command;
use huddle::actor::{How, Lane};
use huddle::app::House;
use huddle::app::conductor::timetable;
use huddle::app::week::{WeekError, play};
use huddle::protocol::question::RoundId;
use huddle::shell::{Consult, Sabotage};
use huddle::store::Store;
use huddle::store::research::strategies::{self, Event, Standing};
use huddle::strategy::rule::Strategy;
use huddle::swarms::conductor::life::{Life, Swarm};
use huddle::swarms::conductor::{Effect, Input};
use huddle::world::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tempfile::TempDir;

pub fn huddle(home: &TempDir, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1")
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn league() -> TempDir {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        huddle(&home, &["data", "import", kind, path.to_str().unwrap()]);
    }
    home
}

/// Puts a strategy on record as deployed, as a promotion does.
pub fn deploy(home: &TempDir, text: &str) -> Strategy {
    let strategy: Strategy = text.parse().unwrap();
    let mut conn = Store::open(&home.path().join("huddle.db")).unwrap().conn().unwrap();
    let at = "2020-01-01T00:00:00".parse().unwrap();
    strategies::add(&mut conn, &strategy, "a test", &[], at).unwrap();
    let event = Event {
        cause: format!("test/{}", strategy.id()),
        strategy: strategy.id(),
        at,
        status: Standing::Deployed,
        actor: "a test".to_owned(),
        reason: "to see what it bets".to_owned(),
        evidence: Value::Null,
    };
    strategies::change(&mut conn, &event).unwrap();
    strategy
}

pub const WEEK: [&str; 5] = ["picks", "--season", "2018", "--week", "7"];

pub fn slate(home: &TempDir) -> Value {
    let mut args = WEEK.to_vec();
    args.push("--json");
    serde_json::from_str(&huddle(home, &args)).unwrap()
}

fn texts(values: &Value) -> Vec<String> {
    let texts = values.as_array().unwrap().iter();
    texts.map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_strategy_in_production_and_the_swarm_make_one_portfolio() {
    let home = league();
    let before = slate(&home);
    assert_eq!(before["portfolio"], Value::Null, "nothing is in production");
    let without = huddle(&home, &WEEK);
    let overs = deploy(&home, "total at open when over stake flat 1.5%");
    let late = deploy(&home, "total at close when over stake flat 1%");
    let mut after = slate(&home);
    let portfolio = after.as_object_mut().unwrap().remove("portfolio").unwrap();
    assert_eq!(before, after, "the picks themselves are what they were");

    let n_games = usize::try_from(before["n_games"].as_u64().unwrap()).unwrap();
    assert_eq!(portfolio["n_strategies"], 2);
    let [bets, drops, unserved] = ["bets", "drops", "unserved"].map(|part| portfolio[part].as_array().unwrap());
    let picks: BTreeSet<String> = before["picks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| format!("swarm {}", p["id"].as_str().unwrap()))
        .collect();
    let mut told: Vec<String> = bets.iter().flat_map(|bet| texts(&bet["origins"])).collect();
    told.extend(drops.iter().map(|d| d["origin"].as_str().unwrap().to_owned()));
    let (swarm, strategy): (Vec<String>, Vec<String>) = told.into_iter().partition(|o| o.starts_with("swarm"));
    assert_eq!(
        swarm.into_iter().collect::<BTreeSet<_>>(),
        picks,
        "every pick is in it or has a reason"
    );
    assert_eq!(
        strategy,
        vec![format!("strategy {}", overs.id()); n_games],
        "and so has every game of the strategy"
    );
    let staked: i64 = bets.iter().map(|bet| bet["stake_cents"].as_i64().unwrap()).sum();
    let bankroll = before["bankroll_cents"].as_i64().unwrap();
    assert!(
        0 < staked && staked <= bankroll / 4,
        "{staked}: a week's limit is a quarter"
    );
    assert!(
        drops
            .iter()
            .any(|d| d["reason"].as_str().unwrap().contains("limit of its")),
        "so many overs do not fit"
    );
    let [none] = unserved.as_slice() else {
        panic!("{unserved:?}")
    };
    assert_eq!(none["strategy"], late.id().to_string());
    assert!(none["reason"].as_str().unwrap().contains("bets at the close"));

    let text = huddle(&home, &WEEK);
    assert!(
        text.contains("portfolio of the swarm and 2 strategies in production"),
        "{text}"
    );
    let start = text.find("\nportfolio of").unwrap();
    let end = text.find("\nnearest leans").unwrap();
    // But for the journal, which has the conflicts now.
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("journal "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(
        plain(&format!("{}{}", &text[..start], &text[end..])),
        plain(&without),
        "the rest of the slate is what it was"
    );
}

#[test]
fn the_timetable_says_which_swarm_runs_when() {
    let home = league();
    let args = ["timetable", "--season", "2018", "--week", "7", "--json"];
    let table: Value = serde_json::from_str(&huddle(&home, &args)).unwrap();
    let appointments = table["appointments"].as_array().unwrap();
    let of = |swarm: &str| appointments.iter().filter(|a| a["swarm"] == swarm).count();
    assert_eq!((of("generation"), of("validation")), (1, 1));
    assert!(of("consensus") >= 3, "{appointments:?}");
    assert_eq!(appointments[0]["occasion"], "open");
    assert!(huddle(&home, &args[..5]).contains("2018 week 7: which swarm runs when"));
}

#[test]
fn a_suspended_swarm_gets_no_round_and_a_conductor_that_crashed_gives_leave_again() {
    let dir = tempfile::tempdir().unwrap();
    let (store, archive) = house::store(&dir);
    World::run(1, async |world| {
        world.expect_fault("conductor #1 panicked");
        let house = House::start(house::spec(store.clone(), world.clock()));
        let order = house::order(&archive, None);
        let appointments = timetable(&house, &archive, order.when).await.unwrap();
        assert!(appointments.iter().any(|a| a.swarm == Swarm::Generation));
        let consult = async |input| {
            let said = house
                .conductor
                .ask(Consult(input), How::within(Duration::from_secs(5)))
                .await;
            said.unwrap().pop().unwrap()
        };
        let (swarm, reason) = (Swarm::Consensus, "its votes look odd".to_owned());
        consult(Input::Suspend { swarm, reason }).await;
        let refused = play(&house, &order).await.unwrap_err();
        assert!(matches!(refused, WeekError::NoLeave(_)), "{refused}");
        assert_eq!(consult(Input::Resume(swarm)).await, Effect::Noted(swarm, Life::Idle));
        let round = RoundId("cut off".to_owned());
        assert_eq!(consult(Input::Leave { swarm, round }).await, Effect::Leave(Ok(())));
        house
            .conductor
            .tell(Sabotage("brought down on purpose".to_owned()), Lane::Control)
            .unwrap();
        let week = play(&house, &order).await.unwrap();
        assert!(!week.rounds.is_empty());
        assert_eq!(house.conductor.vitals().incarnation, 2);
        let round = RoundId("next".to_owned());
        assert_eq!(
            consult(Input::Leave { swarm, round }).await,
            Effect::Leave(Ok(())),
            "the rounds before it have ended"
        );
        assert_eq!(house.stop().await.code(), 0);
    });
}
