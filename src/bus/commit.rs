//! Group commit: what arrives while a commit runs is the next one, so that many share one sync to disk.

use super::actor::{Bus, MAX_BATCH, MAX_PENDING, Pending, Whose};
use super::journal::{Change, Dead, Epoch, Journal, JournalError, Outcome};
use super::post::{PostError, Posted};
use crate::actor::Ctx;
use crate::protocol::Written;
use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use chrono::{DateTime, Utc};
use std::sync::OnceLock;
use std::time::Duration;

/// The first rest after a commit that failed; doubled each time up to [`MAX_REST`]. A new letter does not wait for it.
const MIN_REST: Duration = Duration::from_millis(50);
/// A disk that was made free is noticed within this time.
const MAX_REST: Duration = Duration::from_secs(5);

impl<J: Journal> Bus<J> {
    /// Puts a change into the next commit.
    pub(super) fn write(&mut self, change: Change<J::Tx>, whose: Whose, ctx: &mut Ctx<Self>) {
        self.pending.push_back(Pending { change, whose });
        self.start_commit(ctx);
    }

    /// Keeps a dead letter, unless too much waits for the journal.
    pub(super) fn bury(&mut self, entry: Written, recipient: &str, reason: String, ctx: &mut Ctx<Self>) {
        log::warn!("dead letter {} for {recipient}: {reason}", entry.id);
        if self.pending.len() >= MAX_PENDING {
            self.status.n_unburied += 1;
            return;
        }
        let dead = Dead {
            entry,
            recipient: recipient.to_owned(),
            reason,
        };
        self.write(Change::Bury(dead), Whose::Nobody, ctx);
    }

    fn start_commit(&mut self, ctx: &mut Ctx<Self>) {
        let urgent = || self.pending.iter().any(|p| matches!(p.whose, Whose::Poster(_)));
        if self.committing || self.pending.is_empty() || (self.resting && !urgent()) {
            return;
        }
        self.committing = true;
        let n = self.pending.len().min(MAX_BATCH);
        let (changes, whose): (Vec<_>, Vec<_>) = self.pending.drain(..n).map(|p| (p.change, p.whose)).unzip();
        let (journal, generation) = (self.args.journal.clone(), self.args.generation.clone());
        let (incarnation, now) = (self.incarnation, self.args.clock.now());
        let job = move || {
            let done = commit(&journal, &generation, incarnation, now, &changes);
            (changes, done)
        };
        ctx.spawn(apart::<J, _>(job).into_actor(self).map(move |done, bus, ctx| {
            bus.committing = false;
            match done {
                Ok((changes, Ok(outcomes))) => bus.committed(changes, whose, outcomes, ctx),
                Ok((changes, Err(error))) => bus.not_committed(changes, whose, error, ctx),
                // The runtime is shutting down, or the journal panicked: the next incarnation reads what is there.
                Err(lost) => ctx.fail(format!("a commit was lost: {lost}")),
            }
        }));
    }

    fn committed(
        &mut self,
        changes: Vec<Change<J::Tx>>,
        whose: Vec<Whose>,
        outcomes: Vec<Outcome>,
        ctx: &mut Ctx<Self>,
    ) {
        self.status.n_commits += 1;
        self.status.n_changes += changes.len() as u64;
        self.n_failed_in_a_row = 0;
        self.resting = false;
        let mut grown = Vec::new();
        for ((change, whose), outcome) in changes.into_iter().zip(whose).zip(outcomes) {
            match (whose, change) {
                (Whose::Poster(poster), Change::Post(entry)) => {
                    // Whoever gave up asking posts again or does not care.
                    let _ = poster.send(posted(&outcome, &entry));
                    if matches!(outcome, Outcome::Posted(_)) {
                        grown.push(entry);
                    }
                }
                (Whose::Reader(path), _) => self.reader_committed(&path, &outcome, ctx),
                (Whose::Poster(_) | Whose::Nobody, _) => {}
            }
        }
        if !grown.is_empty() {
            self.journal_grew(|address| grown.iter().any(|entry| address.hears(entry)), ctx);
        }
        self.start_commit(ctx);
        self.look_for_quiet();
    }

    /// Posters are told and may post again; everything else is tried again after a rest.
    fn not_committed(
        &mut self,
        changes: Vec<Change<J::Tx>>,
        whose: Vec<Whose>,
        error: JournalError,
        ctx: &mut Ctx<Self>,
    ) {
        self.status.n_failed_commits += 1;
        if matches!(error, JournalError::Fenced { .. }) {
            ctx.fail(error.to_string());
            return;
        }
        log::error!("letters are not durable now: {error}");
        let mut again = Vec::new();
        for (change, whose) in changes.into_iter().zip(whose) {
            match whose {
                Whose::Poster(poster) => drop(poster.send(Err(PostError::Journal(error.clone())))),
                whose => again.push(Pending { change, whose }),
            }
        }
        // Those behind are told too: a commit that fails once for each of them would leave nobody in peace.
        for Pending { change, whose } in std::mem::take(&mut self.pending) {
            match whose {
                Whose::Poster(poster) => drop(poster.send(Err(PostError::Journal(error.clone())))),
                whose => again.push(Pending { change, whose }),
            }
        }
        self.pending.extend(again);
        let rest = (MIN_REST * 2_u32.pow(self.n_failed_in_a_row.min(10))).min(MAX_REST);
        self.n_failed_in_a_row += 1;
        if std::mem::replace(&mut self.resting, true) {
            return; // its timer runs
        }
        ctx.run_later(rest, |bus, ctx| {
            bus.resting = false;
            bus.start_commit(ctx);
        });
    }
}

/// Does a journal's work beside the arbiter, if it may block; why it was lost, if it was.
pub(super) async fn apart<J: Journal, R: Send + 'static>(
    job: impl FnOnce() -> R + Send + 'static,
) -> Result<R, String> {
    if J::BLOCKS {
        tokio::task::spawn_blocking(job).await.map_err(|e| e.to_string())
    } else {
        Ok(job())
    }
}

fn commit<J: Journal>(
    journal: &J,
    generation: &OnceLock<u64>,
    incarnation: u64,
    now: DateTime<Utc>,
    changes: &[Change<J::Tx>],
) -> Result<Vec<Outcome>, JournalError> {
    let generation = match generation.get() {
        Some(known) => *known,
        None => {
            let counted = journal.open()?;
            *generation.get_or_init(|| counted)
        }
    };
    let epoch = Epoch {
        generation,
        incarnation,
    };
    let outcomes = journal.commit(epoch, now, changes)?;
    debug_assert_eq!(outcomes.len(), changes.len(), "a journal answers for every change");
    Ok(outcomes)
}

fn posted(outcome: &Outcome, entry: &Written) -> Result<Posted, PostError> {
    match outcome {
        Outcome::Posted(seq) => Ok(Posted::Kept(*seq)),
        Outcome::Known(seq) => Ok(Posted::Before(*seq)),
        _ => Err(PostError::Conflict(entry.id.clone())),
    }
}
