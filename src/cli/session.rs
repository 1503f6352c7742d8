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
use anyhow::Context as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

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
}

/// Exit code of a run stopped by Ctrl-C, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// Runs `work` in a house over a home's database, holding the home's lock.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database), of the settings (3), or of `work`.
pub fn in_home<T>(
    home: &Home,
    adjust: impl FnOnce(&mut Settings) -> Result<(), Failure>,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let database = existing(home)?;
    let _lock = home.lock().map_err(|e| Failure::new(3, e))?;
    let mut settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    adjust(&mut settings)?;
    settings.check().map_err(|e| Failure::new(3, e))?;
    let store = Store::open(&database).map_err(|e| Failure::new(e.exit_code(), e))?;
    in_house(store, settings, work)
}

/// Opens a home's database for reading alone.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database) or of the database (3).
pub fn reading(home: &Home) -> Result<Conn, Failure> {
    let database = existing(home)?;
    Store::read_only(&database).map_err(|e| Failure::new(e.exit_code(), e))
}

/// Runs `work` on a home's database, holding the home's lock.
///
/// # Errors
/// [`Failure`] of the home (3 when it cannot be used, 6 without a database), of the database (3), or of `work`.
pub fn writing<T>(home: &Home, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Failure> {
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
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    actix_rt::System::new().block_on(async {
        let clock = Clock::system();
        let house = House::start(HouseSpec {
            store,
            clock: clock.clone(),
            seeds: Seeds::new(settings.seed),
            limits: settings.risk,
            pool: PoolSettings::default(),
        });
        let log = logging::connect(&house.logger, &clock);
        let loaded = house.database.ask(Do(LoadArchive), How::within(LOAD_PATIENCE)).await;
        let archive = Arc::new(loaded.context("the database actor did not load what is stored")??);
        let session = Session {
            house,
            archive,
            settings,
        };
        let done = tokio::select! {
            biased;
            signal = tokio::signal::ctrl_c() => {
                signal.context("waiting for Ctrl-C")?;
                Err(Failure::new(INTERRUPTED, anyhow::anyhow!("interrupted; nothing was left half done")))
            }
            done = work(&session) => done,
        };
        let line = match &log {
            Some(log) => log.closing_line(SUMMARY_PATIENCE).await,
            None => None,
        };
        drop(log);
        let end = session.house.stop().await;
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
