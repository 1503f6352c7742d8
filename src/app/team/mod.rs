//! The manager in the house: hung up as a child of the root, briefed from what is on disk before a round, and taught after
//! a week's last grade.

mod brief;
mod conflicts;
pub mod learn;

pub use brief::{Briefing, effective, overrides_of};
pub use conflicts::keep_resolutions;

use super::week::WeekError;
use super::{House, unattended::With};
use crate::actor::How;
use crate::agents::orchestrator::manager::{Effect, Input, Manager};
use crate::clock::{Clock, Seeds};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::game::SeasonWeek;
use crate::shell::{Consult, Mute, Shell, ShellArgs, ShellRef};
use crate::store::keeper::Do;
use crate::store::{Conn, StoreError};
use crate::supervision::ChildSpec;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// The handle of the manager.
pub type ManagerRef = ShellRef<Manager, Mute>;

/// Reading ten seasons of scores, and ranking everybody by them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hangs the manager up.
pub(super) fn hang_up(clock: &Clock, seeds: Seeds) -> (ChildSpec, ManagerRef) {
    let args = ShellArgs::mute("manager", clock.clone(), seeds, |_| Manager);
    ChildSpec::of::<Shell<Manager, Mute>>("manager", args)
}

/// What the orchestrator says of a round that is decided now.
///
/// # Errors
/// [`WeekError`] when the database or its actor fails.
pub async fn brief(
    house: &House,
    settings: &Settings,
    archive: &Archive,
    when: SeasonWeek,
    now: DateTime<Utc>,
) -> Result<Briefing, WeekError> {
    let base = house.pool;
    let planned_by = settings.orchestrator.plan_caps.then(|| settings.fingerprint());
    let read = move |conn: &mut Conn| brief::Known::read(conn, when.season, planned_by.as_deref(), now);
    let known = stored(house, read).await?;
    Ok(known.briefing(settings, archive, when, base, now)?)
}

/// Asks the manager.
async fn ask(house: &House, input: Input) -> Result<Option<Effect>, WeekError> {
    let said = house.manager.ask(Consult(input), How::within(PATIENCE)).await;
    let said = said.map_err(|source| WeekError::NoAnswer {
        who: "the manager",
        source,
    })?;
    Ok(said.into_iter().next())
}

/// Works on the database.
async fn stored<T: Send + 'static>(
    house: &House,
    work: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, WeekError> {
    let answer = house.database.ask(Do(With(work)), How::within(PATIENCE)).await;
    let answer = answer.map_err(|source| WeekError::NoAnswer {
        who: "the database",
        source,
    })?;
    Ok(answer?)
}
