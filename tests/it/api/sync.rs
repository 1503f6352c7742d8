//! `huddle data sync` as a person runs it, against the scripted services: what it brings, whom it turns to when one fails,
//! what it says, and that the key shows nowhere.

use super::manager::KEY;
use super::server::Background;
use assert_cmd::Command;
use chrono::Utc;
use huddle::api::Provider;
use huddle::clock::Clock;
use huddle::sim::upstream::{Options, Upstream, World, current_season};
use huddle::upstream::{Door, Server};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// The services on a runtime of their own, and a home that knows where they are.
struct Stage {
    home: TempDir,
    server: Server,
    _background: Background,
}

/// A clock that people share: the simulated season lies around the present.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary under test reads the machine's clock, and the services must fit it"
)]
fn stage() -> Stage {
    let now = Utc::now();
    let (games, quotes) = current_season(4, now);
    let upstream = Upstream::new(World::new(&games, &quotes, 4), Options::default(), now);
    let (server, background) =
        Background::start(|| async { Server::start(Door::new(upstream, Clock::system()), 0).await.unwrap() });
    let home = TempDir::new().unwrap();
    let urls: String = server
        .base_urls()
        .iter()
        .map(|(provider, url)| format!("{provider} = \"{url}\"\n"))
        .collect();
    std::fs::write(home.path().join("config.toml"), format!("[api.base_urls]\n{urls}")).unwrap();
    Stage {
        home,
        server,
        _background: background,
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Stage {
    fn huddle(&self, args: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_huddle"))
            .args(args)
            .env_clear()
            .env("HUDDLE_HOME", self.home.path())
            .env("HUDDLE_LOG", "trace")
            .env("ODDS_API_KEY", KEY)
            .output()
            .unwrap();
        let said = Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(
            !said.out.contains(KEY) && !said.err.contains(KEY),
            "{args:?} shows the key"
        );
        said
    }

    fn sync(&self, args: &[&str]) -> Value {
        let said = self.huddle(&[&["data", "sync", "--json"], args].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.out))
    }

    fn faults(&self, plan: &str) {
        self.server.door().set_faults(plan.parse().unwrap());
    }
}

fn step<'a>(view: &'a Value, topic: &str) -> &'a Value {
    let steps = view["steps"].as_array().unwrap();
    steps
        .iter()
        .find(|s| s["topic"] == topic)
        .unwrap_or_else(|| panic!("no {topic} in {view}"))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn everything_is_brought_once_and_the_key_is_nowhere() {
    let stage = stage();
    let first = stage.sync(&[]);
    for (topic, source) in [
        ("schedule", "nflverse"),
        ("team_stats", "nflverse"),
        ("odds", "odds_api"),
        ("weather", "open_meteo"),
        ("injuries", "espn"),
        ("news", "espn"),
    ] {
        let step = step(&first, topic);
        // From March to September no week is open, and there is nothing to ask of some.
        if step["failed"] == Value::Bool(false) && !step["source"].is_null() {
            assert_eq!(
                (&step["source"], &step["freshness"]),
                (&source.into(), &"live".into()),
                "{step}"
            );
        }
    }
    assert_eq!(step(&first, "schedule")["failed"], Value::Bool(false));
    assert!(step(&first, "schedule")["stored"]["new"].as_u64() > Some(200));
    let credits = first["credits_left"].as_u64().unwrap();
    assert_eq!(credits, 500 - stage.server.door().counts().charged(Provider::OddsApi));
    let n_calls = |p| stage.server.door().counts().calls(p);
    let weather_calls = n_calls(Provider::OpenMeteo);
    assert!(weather_calls <= 1, "all places travel in one call: {weather_calls}");
    // Again within the minute: nothing is asked that is fresh, and nothing is paid.
    let calls = [Provider::Espn, Provider::OddsApi, Provider::OpenMeteo].map(n_calls);
    let again = stage.sync(&[]);
    assert_eq!(
        [Provider::Espn, Provider::OddsApi, Provider::OpenMeteo].map(n_calls),
        calls
    );
    assert_eq!(again["credits_left"].as_u64(), Some(credits));
    let changed = |topic: &str| step(&again, topic)["stored"]["new"].as_u64();
    assert_eq!(
        (changed("odds"), changed("weather"), changed("schedule")),
        (Some(0), Some(0), Some(0))
    );
    for verb in [
        ["api", "status"],
        ["api", "plan"],
        ["api", "health"],
        ["api", "cost"],
        ["data", "status"],
    ] {
        let text = stage.huddle(&verb);
        assert_eq!(text.code, Some(0), "{verb:?}: {}", text.err);
        let json = stage.huddle(&[&verb[..], &["--json"]].concat());
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert!(json["schema_version"].is_u64(), "{verb:?}");
    }
    stage.huddle(&["doctor"]);
    for file in files(stage.home.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let holds = bytes.windows(KEY.len()).any(|w| w == KEY.as_bytes());
        assert!(!holds, "{} holds the key", file.display());
    }
}

#[test]
fn a_service_that_fails_hands_over_and_what_nobody_can_tell_stops_nothing() {
    let stage = stage();
    stage.faults("odds/http_503,open_meteo/http_500,espn:injuries/garbage");
    let view = stage.sync(&[]);
    let odds = step(&view, "odds");
    if odds["failed"] == Value::Bool(false) {
        assert_eq!(odds["source"], "espn", "{odds}");
        assert!(odds["notes"].to_string().contains("odds_api"), "{odds}");
    }
    let weather = step(&view, "weather");
    if !weather["source"].is_null() {
        assert_eq!(weather["source"], "nws", "{weather}");
    }
    let injuries = step(&view, "injuries");
    assert_eq!(injuries["failed"], Value::Bool(true), "{injuries}");
    assert_eq!(step(&view, "news")["failed"], Value::Bool(false));
    // The quota's end is a reason, not an outage, and is not asked about again.
    stage.faults("odds:odds/quota_401");
    stage.sync(&["--only", "odds"]);
    let calls = stage
        .server
        .door()
        .counts()
        .of(Provider::OddsApi, huddle::api::Endpoint::Odds)
        .calls;
    stage.sync(&["--only", "odds"]);
    let later = stage
        .server
        .door()
        .counts()
        .of(Provider::OddsApi, huddle::api::Endpoint::Odds)
        .calls;
    assert_eq!(later, calls, "a used-up quota is remembered across processes");
    let status = stage.huddle(&["api", "status"]);
    assert!(status.out.contains("quota exhausted"), "{}", status.out);
}

#[test]
fn offline_nothing_is_asked_and_it_says_so() {
    let stage = stage();
    let said = stage.huddle(&["data", "sync", "--offline"]);
    assert_eq!(said.code, Some(6), "{}", said.out);
    assert!(said.err.contains("the network is not to be used"), "{}", said.err);
    assert_eq!(stage.server.door().counts().calls(Provider::Nflverse), 0);
}

#[test]
fn a_second_signal_ends_a_hanging_run_at_once() {
    use std::process::{Command, Stdio};
    let stage = stage();
    stage.faults("nflverse/hang");
    let mut child = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .args(["data", "sync"])
        .env_clear()
        .env("HUDDLE_HOME", stage.home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let pause = || runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(20)).await });
    while stage.server.door().counts().calls(Provider::Nflverse) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        pause();
    }
    let terminate = || {
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    };
    terminate();
    for _ in 0..10 {
        pause();
    }
    assert!(
        Command::new("kill")
            .args(["-0", &child.id().to_string()])
            .status()
            .unwrap()
            .success(),
        "after the first it waits for what is in flight"
    );
    terminate();
    let mut n_looks = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        n_looks += 1;
        // The drain would take twenty seconds; a loaded machine may need a few to end a process.
        assert!(n_looks < 400, "it is still there eight seconds after the second signal");
        pause();
    };
    assert_eq!(status.code(), Some(130));
}
