//! The games that strategies on record are followed on, as columns; nothing is computed when there are none.

use crate::agents::specialists::strategy_analyst::{OnRecord, Tables};
use crate::backtest::features::table_of;
use crate::backtest::openers::OpenerReport;
use crate::domain::archive::Archive;
use crate::domain::calendar::season_of;
use crate::domain::game::SeasonWeek;
use crate::minds::quant::ROSTER;
use crate::strategy::feature::Known;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A table for each moment that strategies bet at, of the games since the oldest of them was put on record. Seats go through the
/// whole past before they answer, so this may take a minute, on a thread of its own.
pub(super) async fn since(archive: &Arc<Archive>, strategies: &[OnRecord], now: DateTime<Utc>) -> Tables {
    let Some(oldest) = strategies.iter().map(|on| on.since).min() else {
        return Vec::new();
    };
    let moments: BTreeSet<Known> = strategies.iter().map(|on| on.strategy.at()).collect();
    let archive = Arc::clone(archive);
    let built = tokio::task::spawn_blocking(move || {
        let weeks = weeks(&archive, oldest, now);
        let quarantine = OpenerReport::of(&archive).quarantine();
        let table = |at| match table_of(&archive, &weeks, at, &ROSTER, &quarantine, &mut |_, _| {}) {
            Ok(table) => Some(Arc::new(table)),
            Err(error) => {
                log::warn!(
                    "strategies that bet at the {} are not followed this week: {error}",
                    at.name()
                );
                None
            }
        };
        moments.into_iter().filter_map(table).collect()
    });
    built.await.unwrap_or_else(|error| {
        log::warn!("strategies are not followed this week, their table failed: {error}");
        Vec::new()
    })
}

/// The weeks that were played in between.
fn weeks(archive: &Archive, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<SeasonWeek> {
    let near = |when: &SeasonWeek| when.season >= season_of(from) && when.season <= season_of(to);
    let inside = |when: &SeasonWeek| {
        archive
            .week(*when)
            .iter()
            .any(|f| f.kickoff > from && f.settles_at() <= to)
    };
    archive.weeks().into_iter().filter(near).filter(inside).collect()
}
