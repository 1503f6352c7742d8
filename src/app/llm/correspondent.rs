//! The hands of the strategist who asks a language model: before it is to think of strategies, a model is asked for some.

use super::Ground;
use super::desk::Desk;
use crate::app::panel::Prepare;
use crate::minds::llm::MindSettings;
use crate::minds::llm::Slot;
use crate::minds::llm::correspondence::{Correspondence, Next, Proposals};
use crate::minds::llm::ideas::Wanted;
use crate::minds::strategists::correspondent::SEAT;
use crate::protocol::question::RoundId;
use crate::protocol::research::{Assignment, Bench, Task};
use crate::swarms::generation::Generation;
use chrono::NaiveDate;
use std::sync::Arc;
use std::time::Duration;

/// A step of the swarm lasts two minutes, and the seat has to score what was proposed.
const PATIENCE: Duration = Duration::from_secs(90);
/// Seasons begin in September.
const FIRST_MONTH: u32 = 9;

/// Adds to the seat's ideation what a model proposes; none when no model thinks of strategies.
pub(in crate::app) fn correspondent(settings: &MindSettings, ground: &Ground) -> Option<Prepare<Generation>> {
    let chain = settings.strategists();
    if chain.is_empty() {
        return None;
    }
    let desk = Desk::new(SEAT, settings, Arc::clone(&chain), ground);
    Some(Arc::new(move |round, question| {
        let (desk, chain) = (desk.clone(), Arc::clone(&chain));
        Box::pin(async move { prepared(&desk, chain, round, question).await })
    }))
}

async fn prepared(desk: &Desk, chain: Arc<[Slot]>, round: RoundId, mut question: Assignment) -> Assignment {
    let (wanted, judged_from) = wanted(&question.bench);
    if let Task::Ideate { proposed, .. } = &mut question.task {
        let asked = tokio::time::timeout(PATIENCE, propose(desk, chain, &round, wanted, judged_from));
        let proposals = asked.await.unwrap_or_else(|_| Proposals {
            failures: vec!["it had not answered in time".to_owned()],
            ..Proposals::default()
        });
        log::info!(
            "{}: {SEAT} was proposed {} strategies, {} were none after a repair{}",
            round.0,
            proposals.strategies.len(),
            proposals.n_dropped,
            proposals
                .failures
                .iter()
                .map(|why| format!("; {why}"))
                .collect::<String>()
        );
        *proposed = proposals.strategies;
    }
    question
}

/// What is wanted for a bench, and the first day of the season after it, which is the next to judge.
fn wanted(bench: &Bench) -> (Wanted, NaiveDate) {
    let table = bench.table();
    let last = table.seasons().last().copied().unwrap_or_default();
    let wanted = Wanted {
        at: table.at(),
        sources: table.sources(),
    };
    let from = NaiveDate::from_ymd_opt(i32::from(last) + 1, FIRST_MONTH, 1);
    (wanted, from.unwrap_or(NaiveDate::MIN))
}

async fn propose(
    desk: &Desk,
    chain: Arc<[Slot]>,
    round: &RoundId,
    wanted: Wanted,
    judged_from: NaiveDate,
) -> Proposals {
    let (mut talk, mut next) = Correspondence::begin(chain, wanted, judged_from);
    loop {
        match next {
            Next::Done(proposals) => return proposals,
            Next::Ask(errand) => {
                let outcome = desk.perform(round, errand).await;
                next = match outcome {
                    Ok(body) => talk.heard(Ok(&body)),
                    Err(trouble) => talk.heard(Err(trouble)),
                };
            }
        }
    }
}
