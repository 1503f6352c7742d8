//! Forecasts for the hour of kickoff: every stadium from Open-Meteo in one joined call, one by one from the US National
//! Weather Service where that fails.

use super::{Papers, Step, Sync, SyncError};
use crate::api::{Answer, Call, Tolerance};
use crate::domain::game::Fixture;
use crate::domain::source::Source;
use crate::domain::team::Place;
use crate::domain::weather::Forecast;
use crate::feeds::{Parsed, kickoffs, nws, open_meteo};
use crate::store::facts::weather;
use chrono::TimeDelta;
use futures_util::future::join_all;

/// Forecasts reach so far, and say little at the end of it.
const AHEAD: TimeDelta = TimeDelta::days(10);

/// The hours at one game's place, with their papers.
struct Found {
    papers: Papers,
    answer: Answer,
    hours: Parsed<Forecast>,
}

impl Sync<'_> {
    pub(super) async fn weather(&self, step: &mut Step) -> Result<(), SyncError> {
        let now = self.now();
        let fixtures = self.fixtures().await?;
        let ahead: Vec<&Fixture> = fixtures
            .iter()
            .filter(|f| f.kickoff > now && f.kickoff - now <= AHEAD)
            .collect();
        let open: Vec<(&Fixture, Place)> = ahead.iter().filter_map(|f| Some((*f, kickoffs::place(f)?))).collect();
        let n_left_out = ahead.len() - open.len();
        if n_left_out > 0 {
            step.note(format!(
                "{n_left_out} games under a roof or at a neutral site are not asked for"
            ));
        }
        if open.is_empty() {
            step.note(format!("no game in the open within {} days", AHEAD.num_days()));
            return Ok(());
        }
        // All at once, so that they travel in one call.
        let asked = join_all(open.iter().map(|(_, place)| self.hours(place))).await;
        let mut failures: Vec<String> = Vec::new();
        let mut n_stored = 0;
        for ((fixture, _), found) in open.iter().zip(asked) {
            match found {
                Ok((found, failed)) => {
                    failures.extend(failed);
                    step.took(found.papers.source, &found.answer);
                    self.keep(fixture, found, step).await?;
                    n_stored += 1;
                }
                Err(error) => failures.push(format!("{}: {error}", fixture.label())),
            }
        }
        failures.sort();
        failures.dedup();
        failures
            .into_iter()
            .take(MAX_NOTES)
            .for_each(|failure| step.note(failure));
        step.failed = n_stored == 0;
        Ok(())
    }

    /// The forecast of one place, and why the first source could not tell.
    async fn hours(&self, place: &Place) -> Result<(Found, Option<String>), SyncError> {
        match self.ask_open_meteo(place).await {
            Ok(found) => Ok((found, None)),
            Err(error) => Ok((self.ask_nws(place).await?, Some(error.to_string()))),
        }
    }

    async fn ask_open_meteo(&self, place: &Place) -> Result<Found, SyncError> {
        let call = open_meteo::call(place);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        let mut places = open_meteo::forecasts(&answer.body, answer.fetched_at)?;
        if places.is_empty() {
            return Err(SyncError::Lost("its answer holds no place".to_owned()));
        }
        Ok(found(Source::OpenMeteo, &call, answer, places.swap_remove(0).hours))
    }

    async fn ask_nws(&self, place: &Place) -> Result<Found, SyncError> {
        let points = self.get(nws::points_call(place), Tolerance::Policy).await?;
        let base = self.order.nws_base.as_deref().unwrap_or(nws::HOST);
        let call = nws::hourly_call(&nws::points(&points.body, base)?);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        let hours = nws::forecasts(&answer.body, answer.fetched_at)?;
        Ok(found(Source::Nws, &call, answer, hours))
    }

    async fn keep(&self, fixture: &Fixture, found: Found, step: &mut Step) -> Result<(), SyncError> {
        let said = kickoffs::forecasts([(fixture, &found.hours)]);
        // One call tells of one place, which several games may share: each keeps a record of its own.
        let mut papers = found.papers;
        papers.key = format!("{} for {}", papers.key, fixture.id);
        let (n_rows, rejected) = (said.n_rows, said.rejected.clone());
        let counts = self
            .store(move |conn| weather::store(conn, &papers.told(), &said))
            .await?;
        step.add(n_rows, &rejected, counts);
        Ok(())
    }
}

/// Failures shown of one topic; the rest are of the same kinds.
const MAX_NOTES: usize = 4;

fn found(source: Source, call: &Call, answer: Answer, hours: Parsed<Forecast>) -> Found {
    Found {
        papers: Papers::of(source, call, &answer),
        answer,
        hours,
    }
}
