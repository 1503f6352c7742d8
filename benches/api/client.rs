//! Whoever is measured: Huddle's API manager with its transport and its database, and a bare reqwest client.

use crate::server::Server;
use huddle::actor::{ActorRef, LaneBounds};
use huddle::api::bucket::WindowLimit;
use huddle::api::{Call, Endpoint, Provider, ProviderPolicy, Tolerance};
use huddle::app::api_manager::{ApiManager, ApiManagerArgs, Fetch};
use huddle::clock::{Clock, Seeds};
use huddle::store::Store;
use huddle::store::keeper::Database;
use huddle::supervision::{ChildSpec, Root, SupervisorSpec};
use huddle::transport::{Secrets, Transport, TransportSettings, Wire};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The provider all of it plays; its policy is data.
pub const PROVIDER: Provider = Provider::Espn;
/// An answer that takes longer is a failure of the measurement.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Above what all askers have on their way together: what is measured is the price of an answer, not that of a refusal.
const WIDE: LaneBounds = LaneBounds {
    control: 4_096,
    high: 1_024,
    normal: 65_536,
    bulk: 256,
};

/// One way to get a path.
pub trait Client: Clone + 'static {
    /// The whole body is there, or why not.
    fn get(&self, path: &str) -> impl Future<Output = Result<(), String>>;
}

/// A policy whose windows bar nothing.
pub fn generous(max_concurrency: u32) -> ProviderPolicy {
    ProviderPolicy {
        windows: vec![WindowLimit {
            limit: 2_000_000_000,
            per_s: 1,
            burst: 1_000_000_000,
        }],
        max_concurrency,
        attempt_timeout: PATIENCE,
        ..ProviderPolicy::of(PROVIDER)
    }
}

/// The wire to a server.
pub fn transport(base: &str) -> Transport {
    let settings = TransportSettings {
        base_urls: BTreeMap::from([(PROVIDER, base.to_owned())]),
        ..TransportSettings::default()
    };
    Transport::new(&settings, Secrets::load(|_| None)).expect("a loopback URL is sound")
}

/// The API manager as the house runs it: supervised, with a database on disk, on the asker's arbiter.
#[derive(Clone)]
pub struct Huddle {
    /// The actor.
    pub manager: ActorRef<ApiManager>,
    /// What age will do.
    pub tolerance: Tolerance,
    _house: Arc<(Root, tempfile::TempDir)>,
}

impl Huddle {
    /// Starts over a wire.
    pub fn over(wire: Arc<dyn Wire>, policy: ProviderPolicy) -> Huddle {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = Store::open(&folder.path().join("huddle.db")).expect("an empty database can be made");
        let (database_spec, database) = ChildSpec::of::<Database>("database", store);
        let args = ApiManagerArgs {
            database,
            wire,
            policies: BTreeMap::from([(PROVIDER, policy)]),
            clock: Clock::system(),
            seeds: Seeds::new(1),
        };
        let (manager_spec, manager) = ChildSpec::of::<ApiManager>("api_manager", args);
        let specs = vec![database_spec.lanes(WIDE), manager_spec.lanes(WIDE)];
        let root = Root::start(SupervisorSpec::new(specs));
        Huddle {
            manager,
            tolerance: Tolerance::Live,
            _house: Arc::new((root, folder)),
        }
    }

    /// Starts over the network.
    pub fn at(server: &Server, max_concurrency: u32) -> Huddle {
        Huddle::over(Arc::new(transport(&server.base)), generous(max_concurrency))
    }

    /// The same, taking answers from the cache.
    pub fn cached(self) -> Huddle {
        Huddle {
            tolerance: Tolerance::Policy,
            ..self
        }
    }
}

impl Client for Huddle {
    async fn get(&self, path: &str) -> Result<(), String> {
        let fetch = Fetch::new(call(path), "bench", PATIENCE).with(|r| r.tolerance(self.tolerance));
        let how = fetch.how();
        match self.manager.ask(fetch, how).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The call that gets a path with its parameters.
pub fn call(path: &str) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    Call::get(PROVIDER, Endpoint::News, path, &query)
}

/// Reqwest with nothing around it but the same options for connections.
#[derive(Clone)]
pub struct Bare {
    client: reqwest::Client,
    base: String,
}

impl Bare {
    /// A client to a server. The cryptography is named first, because reqwest wants it even where there is none.
    pub fn to(base: &str) -> Bare {
        drop(transport(base));
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .expect("a plain client can be made");
        Bare {
            client,
            base: base.to_owned(),
        }
    }
}

impl Client for Bare {
    async fn get(&self, path: &str) -> Result<(), String> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        let answer = answer
            .map_err(|e| e.to_string())?
            .error_for_status()
            .map_err(|e| e.to_string())?;
        answer.bytes().await.map(drop).map_err(|e| e.to_string())
    }
}
