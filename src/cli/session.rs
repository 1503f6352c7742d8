//! A verb's session with the house: home locked, settings read, database open, actors running; everything down again
//! when the verb is done or interrupted.

use super::Failure;
use crate::actor::How;
use crate::app::{House, HouseSpec};
use crate::clock::{Clock, Seeds};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::home::{Home, HomeError};
use crate::logging;
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, Store, StoreError, load_archive};
use crate::swarms::pool::PoolSettings;
use crate::transport::{Offline, Secrets, Transport, TransportSettings, Wire};
use anyhow::Context as _;
use clap::Args;
use clap::builder::FalseyValueParser;
use parking_lot::Mutex;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Reads everything stored.
struct LoadArchive;

impl Work for LoadArchive {
    type Output = Archive;

    fn run(self, conn: &mut Conn) -> Result<Archive, StoreError> {
        load_archive(conn)
    }
}

/// Loading seventy thousand rows takes a second in a debug build.
const LOAD_PATIENCE: Duration = Duration::from_secs(60);
/// A line about the log is not worth a longer wait; only a logger that crashed lately needs one.
const SUMMARY_PATIENCE: Duration = Duration::from_secs(1);

/// What a verb works with.
pub struct Session {
    /// The running house.
    pub house: House,
    /// Everything stored.
    pub archive: Arc<Archive>,
    /// The settings.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
}

impl Session {
    /// Everything stored, read again after something was brought.
    ///
    /// # Errors
    /// [`Failure`] of the database or its actor.
    pub async fn reload(&self) -> Result<Arc<Archive>, Failure> {
        load(&self.house).await
    }
}

async fn load(house: &House) -> Result<Arc<Archive>, Failure> {
    let loaded = house.database.ask(Do(LoadArchive), How::within(LOAD_PATIENCE)).await;
    Ok(Arc::new(
        loaded.context("the database actor did not load what is stored")??,
    ))
}

/// Whether services may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct NetArgs {
    /// Ask no service: work with what is stored.
    #[arg(long, env = "HUDDLE_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
}

/// What performs calls under these settings: the network with the keys of the environment, or nothing.
///
/// # Errors
/// [`Failure`] (3) for settings that cannot be used. A missing or unusable key is none: whoever needs it goes without.
pub fn wire(settings: &Settings, net: NetArgs) -> Result<Arc<dyn Wire>, Failure> {
    if net.offline {
        return Ok(Arc::new(Offline));
    }
    let secrets = Secrets::load(|name| std::env::var(name).ok());
    for (provider, fault) in secrets.faults() {
        log::warn!("{provider}: {fault}");
    }
    let transport = TransportSettings {
        base_urls: settings.base_urls(),
        contact: settings.api.contact.clone(),
        ..TransportSettings::default()
    };
    let transport = Transport::new(&transport, secrets).map_err(|e| Failure::new(3, e))?;
    Ok(Arc::new(transport))
}

/// Exit code of a run stopped by Ctrl-C, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// Runs `work` in a house over a home's database, holding the home's lock. Services are asked as `net` says.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database), of the settings (3), or of `work`.
pub fn in_home<T>(
    home: &Home,
    net: NetArgs,
    adjust: impl FnOnce(&mut Settings) -> Result<(), Failure>,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    in_database(home, &existing(home)?, net, adjust, work)
}

/// [`in_home`] over a database that is made when there is none yet.
///
/// # Errors
/// As [`in_home`], but for a missing database.
pub fn in_new_home<T>(
    home: &Home,
    net: NetArgs,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    in_new_home_with(home, net, |_| Ok(()), work)
}

/// [`in_new_home`] with settings adjusted.
///
/// # Errors
/// As [`in_new_home`], and those of `adjust`.
pub fn in_new_home_with<T>(
    home: &Home,
    net: NetArgs,
    adjust: impl FnOnce(&mut Settings) -> Result<(), Failure>,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    in_database(home, &home.database(), net, adjust, work)
}

fn in_database<T>(
    home: &Home,
    database: &Path,
    net: NetArgs,
    adjust: impl FnOnce(&mut Settings) -> Result<(), Failure>,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _lock = home.lock().map_err(|e| Failure::new(3, e))?;
    let mut settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    adjust(&mut settings)?;
    settings.check().map_err(|e| Failure::new(3, e))?;
    let store = Store::open(database).map_err(|e| Failure::new(e.exit_code(), e))?;
    let wire = wire(&settings, net)?;
    in_house(store, settings, wire, work)
}

/// Opens a home's database for reading alone.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database) or of the database (3).
pub fn reading(home: &Home) -> Result<Conn, Failure> {
    let database = existing(home)?;
    Store::read_only(&database).map_err(|e| Failure::new(e.exit_code(), e))
}

/// A home whose lock this process holds, with its database.
static OWNED: Mutex<Option<(PathBuf, Store)>> = Mutex::new(None);

/// While it lives, [`writing`] in this process uses the house's own database: the lock is held, and by us.
#[derive(Debug)]
pub struct Owning(());

impl Owning {
    /// The home is owned from now on.
    pub fn begin(home: &Home, store: &Store) -> Owning {
        *OWNED.lock() = Some((home.database(), store.clone()));
        Owning(())
    }
}

impl Drop for Owning {
    fn drop(&mut self) {
        *OWNED.lock() = None;
    }
}

/// Runs `work` on a home's database, holding the home's lock.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database), of the database (3), or of `work`.
pub fn writing<T>(home: &Home, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Failure> {
    let owned = OWNED
        .lock()
        .clone()
        .filter(|(database, _)| *database == home.database());
    if let Some((_, store)) = owned {
        return work(&mut *store.conn()?);
    }
    let database = existing(home)?;
    let _lock = home.lock().map_err(|e| Failure::new(3, e))?;
    let store = Store::open(&database).map_err(|e| Failure::new(e.exit_code(), e))?;
    work(&mut *store.conn()?)
}

fn existing(home: &Home) -> Result<std::path::PathBuf, Failure> {
    home.existing_database().map_err(|e| {
        let code = if matches!(e, HomeError::NoDatabase(_)) { 6 } else { 3 };
        Failure::new(code, e)
    })
}

/// Runs `work` in a house over an open database.
///
/// # Errors
/// [`Failure`] of `work`, of an actor, or 130 when interrupted.
pub fn in_house<T>(
    store: Store,
    settings: Settings,
    wire: Arc<dyn Wire>,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    actix_rt::System::new().block_on(async {
        let clock = Clock::system();
        let house = House::start(HouseSpec {
            store: store.clone(),
            clock: clock.clone(),
            seeds: Seeds::new(settings.seed),
            limits: settings.risk,
            pool: PoolSettings::default(),
            policies: settings.policies(),
            wire,
            minds: settings.minds.clone(),
        });
        let mut signals = Signals::new().context("listening for Ctrl-C and SIGTERM")?;
        let log = logging::connect(&house.logger, &clock);
        let archive = load(&house).await?;
        let session = Session {
            house,
            archive,
            settings,
            clock,
            store,
        };
        let done = tokio::select! {
            biased;
            () = signals.next() => {
                Err(Failure::new(INTERRUPTED, anyhow::anyhow!("interrupted; nothing was left half done")))
            }
            done = work(&session) => done,
        };
        let line = match &log {
            Some(log) => log.closing_line(SUMMARY_PATIENCE).await,
            None => None,
        };
        drop(log);
        let end = tokio::select! {
            end = session.house.stop() => end,
            () = signals.next() => {
                // What a call may cost was booked before it was sent, so nothing on disk is wrong if we go at once.
                std::process::exit(i32::from(INTERRUPTED));
            }
        };
        if end.code() != 0 {
            log::error!("the house did not close in order: {:?}", end.exit);
        }
        if let Some(line) = line {
            // A closed standard error must not turn a finished verb into a panic.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        done
    })
}

/// Ctrl-C and the service manager's stop, as one stream.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
