//! Rounds held again: a house over a copy of a home's database, which asks no service, so that what was decided can be
//! decided once more by the same actors and nothing of it mixes with what is stored.

use super::Failure;
use super::session::{Session, in_house};
use super::temporary::Temporary;
use crate::agents::specialists::data_engineer::AsOf;
use crate::app::order::WeekOrder;
use crate::app::team::brief;
use crate::app::week::{PlayedWeek, play};
use crate::config::Settings;
use crate::domain::game::SeasonWeek;
use crate::minds::llm::Mode;
use crate::store::decisions::Round;
use crate::store::{Conn, Store, copy_into};
use crate::swarms::guidance::Guidance;
use crate::transport::Offline;
use anyhow::{Context as _, anyhow};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Runs `work` in a house over a copy of the database that `conn` reads.
///
/// # Errors
/// [`Failure`] when it cannot be copied, and those of `work`.
pub fn on_a_copy<T>(
    conn: &mut Conn,
    mut settings: Settings,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // Models are not asked: what they said is kept.
    settings.minds = settings.minds.clone().under(Mode::Replay, &BTreeMap::new());
    let folder = Temporary::new("again")?;
    let file = folder.path().join("huddle.db");
    copy_into(conn, &file).context("copying the database")?;
    in_house(Store::open(&file)?, settings, Arc::new(Offline), work)
}

/// Holds the rounds again that were held when a stored one was, at the same instant and under the settings of the session;
/// nothing is kept.
///
/// # Errors
/// [`Failure`] of the week, or when the row names no moment.
pub async fn hold_again(session: &Session, row: &Round) -> Result<(WeekOrder, PlayedWeek), Failure> {
    let moment = match row.basis.as_str() {
        "open" => AsOf::Open,
        "close" => AsOf::Close,
        at => AsOf::At(
            at.parse()
                .with_context(|| format!("round {} says it was held at `{at}`", row.id))?,
        ),
    };
    let when = when(row)?;
    // What the orchestrator said of the round then.
    let at = row.as_of.and_utc();
    let briefing = brief(&session.house, &session.settings, &session.archive, when, at).await?;
    hold(session, when, moment, row, briefing.guidance).await
}

/// Holds the rounds of a week at the openers, as a backtest does.
///
/// # Errors
/// [`Failure`] of the week.
pub async fn backtest(session: &Session, row: &Round) -> Result<(WeekOrder, PlayedWeek), Failure> {
    // A backtest is told nothing by the orchestrator.
    hold(session, when(row)?, AsOf::Open, row, Arc::default()).await
}

async fn hold(
    session: &Session,
    when: SeasonWeek,
    as_of: AsOf,
    row: &Round,
    guidance: Arc<Guidance>,
) -> Result<(WeekOrder, PlayedWeek), Failure> {
    let mut settings = session.settings.clone();
    settings.seed = row.seed.cast_unsigned();
    let order = WeekOrder {
        archive: Arc::clone(&session.archive),
        when,
        as_of,
        settings,
        now: row.created_at.and_utc(),
        keep: false,
        kill: None,
        guidance,
    };
    let played = play(&session.house, &order).await?;
    Ok((order, played))
}

/// The week of a stored round.
///
/// # Errors
/// [`Failure`] when its row holds no week.
pub fn when(row: &Round) -> Result<SeasonWeek, Failure> {
    let week = u16::try_from(row.season).ok().zip(u8::try_from(row.week).ok());
    let week = week.map(|(season, week)| SeasonWeek { season, week });
    Ok(week.ok_or_else(|| anyhow!("round {} names no week", row.id))?)
}
