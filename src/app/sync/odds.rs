//! Prices: many books from The Odds API, the one ESPN shows when they cannot be had, held against one another, and what
//! moved since the last look.

use super::{Papers, Step, Sync, SyncError};
use crate::api::{Answer, Call, Tolerance};
use crate::domain::game::Fixture;
use crate::domain::movement::{Movement, Settings};
use crate::domain::quote::Quote;
use crate::domain::source::Source;
use crate::feeds::odds_api::{OddsFormat, OddsQuestion, odds_call};
use crate::feeds::offers::{self, Offer};
use crate::feeds::{Parsed, espn, odds_api, sanity};
use crate::store::facts::{line_moves, live_quotes};
use crate::store::quotes;
use chrono::TimeDelta;

/// Lines are out a week ahead.
const AHEAD: TimeDelta = TimeDelta::days(8);
/// What moved is judged against the looks of so long before; steam takes half an hour.
const MEMORY: TimeDelta = TimeDelta::hours(36);

impl Sync<'_> {
    pub(super) async fn odds(&self, step: &mut Step) -> Result<(), SyncError> {
        let fixtures = self.fixtures().await?;
        let call = odds_call(&OddsQuestion::slate());
        let told = match self.get(call.clone(), Tolerance::Decision).await {
            Ok(answer) => read_odds_api(&answer).map(|offers| (Source::OddsApi, call, answer, offers)),
            Err(error) => Err(error),
        };
        let (source, call, answer, offers) = match told {
            Ok(told) => told,
            Err(error) => {
                step.note(error.to_string());
                self.ask_espn(&fixtures).await?
            }
        };
        step.took(source, &answer);
        let n_rows = offers.n_rows;
        // Prices are judged against the moment of the answer: an old answer from the cache is not made younger by that.
        let quotes = sanity::check(
            offers::quotes(offers, &fixtures),
            answer.fetched_at,
            &sanity::Limits::default(),
        );
        let papers = Papers::of(source, &call, &answer);
        let rejected = quotes.rejected.clone();
        let said: Vec<Quote> = quotes.rows.iter().map(|(_, quote)| quote.clone()).collect();
        let since = self.now() - MEMORY;
        let before = self.store(move |conn| quotes::live_since(conn, since)).await?;
        let counts = self
            .store(move |conn| live_quotes(conn, &papers.told(), &quotes))
            .await?;
        step.add(n_rows, &rejected, counts);
        let mut movement = Movement::new(Settings::default());
        movement.observe(&before);
        let moves = movement.observe(&said);
        let n_steam = moves.iter().filter(|m| m.steam).count();
        if !moves.is_empty() {
            step.note(format!(
                "{} lines moved, {n_steam} of them with three books or more",
                moves.len()
            ));
        }
        self.store(move |conn| line_moves::store(conn, &moves)).await?;
        Ok(())
    }

    async fn ask_espn(&self, fixtures: &[Fixture]) -> Result<(Source, Call, Answer, Parsed<Offer>), SyncError> {
        let now = self.now();
        let ahead = |f: &&Fixture| f.kickoff > now && f.kickoff - now <= AHEAD;
        let days: Vec<_> = fixtures.iter().filter(ahead).map(Fixture::day).collect();
        let first = days.iter().min().copied().unwrap_or_else(|| now.date_naive());
        let last = days.iter().max().copied().unwrap_or(first);
        let call = espn::range_call(first, last);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        let board = espn::scoreboard(&answer.body, answer.fetched_at)?;
        Ok((Source::Espn, call, answer, board.offers))
    }
}

fn read_odds_api(answer: &Answer) -> Result<Parsed<Offer>, SyncError> {
    Ok(odds_api::odds(&answer.body, OddsFormat::American, answer.fetched_at)?.offers)
}
