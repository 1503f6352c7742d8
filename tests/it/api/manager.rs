//! The API manager in a small tree: a database, the manager, and the wire.

use super::server::{Manner, Server};
use huddle::actor::{ActorRef, AskError};
use huddle::api::bucket::WindowLimit;
use huddle::api::quota::QuotaPolicy;
use huddle::api::{Answer, ApiError, ApiSettings, Call, Endpoint, Freshness, Provider, ProviderPolicy, Tolerance};
use huddle::app::api_manager::{ApiManager, ApiManagerArgs, Fetch, GetApiStats};
use huddle::clock::{Clock, Seeds};
use huddle::shell::Sabotage;
use huddle::store::Store;
use huddle::store::api::ledger;
use huddle::store::keeper::Database;
use huddle::supervision::{ChildSpec, Root};
use huddle::transport::{Secrets, Transport, TransportSettings};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What every test's key is; no output may hold it.
pub const KEY: &str = "k-5e1f-not-to-be-seen";

/// A tree with an API manager.
pub struct Tree {
    /// The tree.
    pub root: Root,
    /// The manager.
    pub api: ActorRef<ApiManager>,
}

/// Wide limits, so that only what a test is about holds a call.
pub fn wide() -> BTreeMap<Provider, ProviderPolicy> {
    let settings = ApiSettings {
        credits: QuotaPolicy {
            monthly: 1_000_000,
            ..QuotaPolicy::default()
        },
        windows: BTreeMap::from([(
            Provider::OddsApi,
            vec![WindowLimit {
                limit: 20_000,
                per_s: 1,
                burst: 10_000,
            }],
        )]),
        ..ApiSettings::default()
    };
    let mut policies = settings.policies();
    if let Some(policy) = policies.get_mut(&Provider::OddsApi) {
        policy.max_concurrency = 8;
    }
    policies
}

/// Starts a tree over a database and a provider; must be called inside an actix system.
pub fn start(folder: &Path, base: &str, policies: BTreeMap<Provider, ProviderPolicy>) -> Tree {
    let store = Store::open(&folder.join("huddle.db")).unwrap();
    let secrets = Secrets::load(|name| (name == "ODDS_API_KEY").then(|| KEY.to_owned()));
    let settings = TransportSettings {
        base_urls: BTreeMap::from([(Provider::OddsApi, base.to_owned())]),
        ..TransportSettings::default()
    };
    let (database_spec, database) = ChildSpec::of::<Database>("database", store);
    let args = ApiManagerArgs {
        database,
        wire: Arc::new(Transport::new(&settings, secrets).unwrap()),
        policies,
        clock: Clock::system(),
        seeds: Seeds::new(1),
    };
    let (api_spec, api) = ChildSpec::of::<ApiManager>("api_manager", args);
    let root = Root::start(vec![database_spec, api_spec]);
    Tree { root, api }
}

/// The `n`-th of many different metered calls.
pub fn odds(n: usize) -> Call {
    let n = n.to_string();
    Call::get(
        Provider::OddsApi,
        Endpoint::Odds,
        "/v4/sports/americanfootball_nfl/odds",
        &[("n", &n)],
    )
    .credits(3)
}

/// Asks for a call.
pub async fn ask(
    api: &ActorRef<ApiManager>,
    call: Call,
    within: Duration,
) -> Result<Result<Answer, ApiError>, AskError> {
    let fetch = Fetch::new(call, "test", within);
    let how = fetch.how();
    api.ask(fetch, how).await
}

const WITHIN: Duration = Duration::from_secs(20);

#[test]
fn a_call_is_booked_sent_settled_kept_and_then_served_from_what_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manner {
        latency: Duration::ZERO,
        credits: 3,
    });
    let first = actix::System::new().block_on(async {
        let tree = start(folder.path(), &server.base(), wide());
        let answer = ask(&tree.api, odds(1), WITHIN).await.unwrap().unwrap();
        assert_eq!(answer.freshness, Freshness::Live);
        let stats = tree
            .api
            .ask(GetApiStats, huddle::actor::How::within(WITHIN))
            .await
            .unwrap();
        let metered = stats
            .providers
            .iter()
            .find(|p| p.provider == Provider::OddsApi)
            .unwrap();
        assert_eq!(metered.credits.as_ref().map(|c| c.remaining), Some(1_000_000 - 3));
        // A crash loses nothing that was kept.
        tree.api
            .ask(Sabotage("on purpose".into()), huddle::actor::How::within(WITHIN))
            .await
            .unwrap_err();
        let again = ask(&tree.api, odds(1), WITHIN).await.unwrap().unwrap();
        assert_eq!(again.freshness, Freshness::Fresh);
        assert_eq!(tree.root.shutdown(Duration::from_secs(24)).await.code(), 0);
        answer
    });
    // Nor does the end of the process.
    let kept = actix::System::new().block_on(async {
        let tree = start(folder.path(), &server.base(), wide());
        let kept = ask(&tree.api, odds(1), WITHIN).await.unwrap().unwrap();
        tree.root.shutdown(Duration::from_secs(24)).await;
        kept
    });
    assert_eq!((kept.freshness, &kept.body), (Freshness::Fresh, &first.body));
    assert_eq!(server.asked().charged, 3, "asked and charged once");
    let rows = ledger::latest(
        &mut Store::open(&folder.path().join("huddle.db")).unwrap().conn().unwrap(),
        10,
    )
    .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].credits, rows[0].outcome.as_str(), &*rows[0].agent),
        (3, "success", "test")
    );
}

#[test]
fn a_hundred_askers_share_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manner {
        latency: Duration::from_millis(50),
        credits: 3,
    });
    actix::System::new().block_on(async {
        let tree = start(folder.path(), &server.base(), wide());
        let asked = (0..100).map(|_| ask(&tree.api, odds(1), WITHIN));
        let answers = futures_util::future::join_all(asked).await;
        assert!(answers.iter().all(|a| matches!(a, Ok(Ok(_)))));
        tree.root.shutdown(Duration::from_secs(24)).await;
    });
    assert_eq!(server.asked().charged, 3);
}

#[test]
fn a_provider_that_is_not_there_is_an_error_that_says_so_and_holds_no_key() {
    let folder = tempfile::tempdir().unwrap();
    actix::System::new().block_on(async {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let tree = start(folder.path(), &format!("http://127.0.0.1:{port}"), wide());
        let fetch = Fetch::new(odds(1), "test", Duration::from_secs(5)).with(|r| r.tolerance(Tolerance::Live));
        let how = fetch.how();
        let error = tree.api.ask(fetch, how).await.unwrap().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("no connection") && !text.contains(KEY), "{text}");
        tree.root.shutdown(Duration::from_secs(24)).await;
    });
}
