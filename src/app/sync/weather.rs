//! Forecasts for the hour of kickoff: every stadium from Open-Meteo in one joined call, one by one from the US National
//! Weather Service where that fails.

use super::{Papers, Step, Sync, SyncError};
use crate::api::{Answer, Call, Tolerance};
use crate::domain::game::{Fixture, GameId, Roof};
use crate::domain::source::Source;
use crate::domain::team::Place;
use crate::domain::weather::Forecast;
use crate::feeds::{Corrections, Parsed, nws, open_meteo};
use crate::store::facts::weather;
use chrono::TimeDelta;
use futures_util::future::join_all;

/// Forecasts reach so far, and say little at the end of it.
const AHEAD: TimeDelta = TimeDelta::days(10);

/// A forecast of one game, with its papers.
struct Found {
    papers: Papers,
    answer: Answer,
    game: GameId,
    forecast: Option<Forecast>,
}

impl Sync<'_> {
    pub(super) async fn weather(&self, step: &mut Step) -> Result<(), SyncError> {
        let now = self.now();
        let fixtures = self.fixtures().await?;
        let ahead = |f: &&Fixture| f.kickoff > now && f.kickoff - now <= AHEAD;
        let (under_roofs, rest): (Vec<&Fixture>, Vec<&Fixture>) =
            fixtures.iter().filter(ahead).partition(|f| f.roof == Some(Roof::Dome));
        // The schedule names stadiums of neutral sites but not their places.
        let (abroad, open): (Vec<&Fixture>, Vec<&Fixture>) = rest.into_iter().partition(|f| f.neutral);
        if open.is_empty() {
            step.note(format!("no game in the open within {} days", AHEAD.num_days()));
            return Ok(());
        }
        for (n, why) in [
            (under_roofs.len(), "under a roof"),
            (abroad.len(), "at a neutral site whose place is not known"),
        ] {
            if n > 0 {
                step.note(format!("{n} games {why}, not asked for"));
            }
        }
        // All at once, so that they travel in one call.
        let asked = join_all(open.iter().map(|f| self.forecast(f))).await;
        let mut failures: Vec<String> = Vec::new();
        let mut n_stored = 0;
        for (fixture, found) in open.iter().zip(asked) {
            match found {
                Ok((found, failed)) => {
                    if let Some(error) = failed {
                        failures.push(error);
                    }
                    step.took(found.papers.source, &found.answer);
                    self.keep(found, step).await?;
                    n_stored += 1;
                }
                Err(error) => failures.push(format!("{}: {error}", fixture.label())),
            }
        }
        failures.sort();
        failures.dedup();
        failures.into_iter().take(4).for_each(|failure| step.note(failure));
        step.failed = n_stored == 0;
        Ok(())
    }

    /// The forecast of one game, and why the first source could not tell.
    async fn forecast(&self, fixture: &Fixture) -> Result<(Found, Option<String>), SyncError> {
        let place = fixture.home.home_in(fixture.when.season);
        match self.from_open_meteo(fixture, &place).await {
            Ok(found) => Ok((found, None)),
            Err(error) => {
                let failed = format!("{}: {error}", Source::OpenMeteo);
                Ok((self.from_nws(fixture, &place).await?, Some(failed)))
            }
        }
    }

    async fn from_open_meteo(&self, fixture: &Fixture, place: &Place) -> Result<Found, SyncError> {
        let call = open_meteo::call(place);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        let places = open_meteo::forecasts(&answer.body, answer.fetched_at)?;
        let forecast = places.first().and_then(|place| place.at(fixture.kickoff));
        Ok(found(Source::OpenMeteo, &call, answer, fixture, forecast))
    }

    async fn from_nws(&self, fixture: &Fixture, place: &Place) -> Result<Found, SyncError> {
        let points = self.get(nws::points_call(place), Tolerance::Policy).await?;
        let base = self.order.nws_base.as_deref().unwrap_or(nws::HOST);
        let cell = nws::points(&points.body, base)?;
        let call = nws::hourly_call(&cell);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        let hours: Parsed<Forecast> = nws::forecasts(&answer.body, answer.fetched_at)?;
        let hours: Vec<Forecast> = hours.rows.into_iter().map(|(_, hour)| hour).collect();
        let forecast = Forecast::at(&hours, fixture.kickoff).copied();
        Ok(found(Source::Nws, &call, answer, fixture, forecast))
    }

    async fn keep(&self, found: Found, step: &mut Step) -> Result<(), SyncError> {
        let Some(forecast) = found.forecast else {
            step.note(format!("{}: the forecast does not reach kickoff", found.game));
            return Ok(());
        };
        let said = Parsed {
            rows: vec![(1, (found.game, forecast))],
            rejected: Vec::new(),
            corrected: Corrections::default(),
            n_rows: 1,
        };
        let papers = found.papers;
        let counts = self
            .store(move |conn| weather::store(conn, &papers.told(), &said))
            .await?;
        step.add(1, &[], counts);
        Ok(())
    }
}

fn found(source: Source, call: &Call, answer: Answer, fixture: &Fixture, forecast: Option<Forecast>) -> Found {
    Found {
        papers: Papers::of(source, call, &answer),
        answer,
        game: fixture.id.clone(),
        forecast,
    }
}
