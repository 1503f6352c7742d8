//! Who is hurt and what is said: ESPN's injury reports and headlines.

use super::{Papers, Step, Sync, SyncError};
use crate::api::Tolerance;
use crate::domain::source::Source;
use crate::feeds::espn;
use crate::store::facts::{headlines, injuries};

impl Sync<'_> {
    pub(super) async fn injuries(&self, step: &mut Step) -> Result<(), SyncError> {
        let call = espn::injuries_call();
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        step.took(Source::Espn, &answer);
        let said = espn::injuries(&answer.body, answer.fetched_at)?;
        let papers = Papers::of(Source::Espn, &call, &answer);
        let (n_rows, rejected) = (said.n_rows, said.rejected.clone());
        let counts = self
            .store(move |conn| injuries::store(conn, &papers.told(), &said))
            .await?;
        step.add(n_rows, &rejected, counts);
        Ok(())
    }

    pub(super) async fn news(&self, step: &mut Step) -> Result<(), SyncError> {
        let call = espn::news_call();
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        step.took(Source::Espn, &answer);
        let said = espn::news(&answer.body, answer.fetched_at)?;
        let papers = Papers::of(Source::Espn, &call, &answer);
        let (n_rows, rejected) = (said.n_rows, said.rejected.clone());
        let counts = self
            .store(move |conn| headlines::store(conn, &papers.told(), &said))
            .await?;
        step.add(n_rows, &rejected, counts);
        Ok(())
    }
}
