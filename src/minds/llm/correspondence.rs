//! A question for strategies to a chain of slots: asked, repaired once, handed on when a slot cannot answer, and ended.
//!
//! A model that was trained when the season that is to judge had begun may have read what won in it, so it is not asked.

use super::conversation::Errand;
use super::ideas::{self, Unfit, Wanted};
use super::slot::Slot;
use super::trouble::{Then, Trouble};
use super::wire::{self, Unread};
use crate::strategy::rule::Strategy;
use chrono::NaiveDate;
use std::sync::Arc;

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Make this call.
    Ask(Errand),
    /// It is over.
    Done(Proposals),
}

/// What a model proposed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposals {
    /// Strategies, in its order.
    pub strategies: Vec<Strategy>,
    /// Proposals that were no strategies after one repair.
    pub n_dropped: usize,
    /// What became of slots that did not answer.
    pub failures: Vec<String>,
}

/// One question under way.
#[derive(Clone, Debug)]
pub struct Correspondence {
    chain: Arc<[Slot]>,
    wanted: Wanted,
    judged_from: NaiveDate,
    at: usize,
    repaired: bool,
    proposals: Proposals,
}

impl Correspondence {
    /// Begins with the first slot of a chain that may be asked. `judged_from` is the first day of the season that will judge.
    pub fn begin(chain: Arc<[Slot]>, wanted: Wanted, judged_from: NaiveDate) -> (Correspondence, Next) {
        let mut talk = Correspondence {
            chain,
            wanted,
            judged_from,
            at: 0,
            repaired: false,
            proposals: Proposals::default(),
        };
        let next = talk.ask_from(0, 0);
        (talk, next)
    }

    /// The last call brought a body, or nothing.
    pub fn heard(&mut self, outcome: Result<&[u8], Trouble>) -> Next {
        let body = match outcome {
            Ok(body) => body,
            Err(trouble) => return self.fail(&trouble.to_string(), trouble.then()),
        };
        let Some(dialect) = self.chain.get(self.at).map(|slot| slot.dialect) else {
            return self.done();
        };
        match wire::read(dialect, body) {
            Ok(text) => self.read(&text),
            Err(why @ Unread::Declined) => self.fail(&why.to_string(), Then::Stop),
            Err(why @ Unread::Truncated) => self.fail(&why.to_string(), Then::Longer),
            Err(why @ Unread::Malformed(_)) => self.fail(&why.to_string(), Then::Next),
        }
    }

    fn read(&mut self, text: &str) -> Next {
        let (fit, unfit) = ideas::read(text, &self.wanted);
        for strategy in fit {
            if !self.proposals.strategies.contains(&strategy) {
                self.proposals.strategies.push(strategy);
            }
        }
        if unfit.is_empty() {
            return self.done();
        }
        if self.repaired {
            self.proposals.n_dropped = unfit.len();
            return self.done();
        }
        self.repaired = true;
        match self.errand(self.at, &unfit) {
            Some(errand) => Next::Ask(errand),
            None => self.done(),
        }
    }

    fn fail(&mut self, why: &str, then: Then) -> Next {
        let slot = self.chain.get(self.at);
        let least_tokens = match then {
            Then::Next => 0,
            Then::Longer => slot.map_or(0, |slot| slot.max_tokens.saturating_add(1)),
            Then::Stop => u32::MAX,
        };
        if let Some(slot) = slot {
            let failure = format!("{slot}: {why}");
            self.proposals.failures.push(failure);
        }
        // A slot that answered once has said what it had to; another is asked only where nothing came.
        if then == Then::Stop || !self.proposals.strategies.is_empty() {
            return self.done();
        }
        self.ask_from(self.at + 1, least_tokens)
    }

    fn ask_from(&mut self, from: usize, least_tokens: u32) -> Next {
        for at in from..self.chain.len() {
            let slot = &self.chain[at];
            if slot.cutoff >= self.judged_from {
                let failure = format!(
                    "{slot}: it was trained until {} and may know the season from {} that is to judge",
                    slot.cutoff, self.judged_from
                );
                self.proposals.failures.push(failure);
            } else if slot.max_tokens >= least_tokens
                && let Some(errand) = self.errand(at, &[])
            {
                self.at = at;
                return Next::Ask(errand);
            }
        }
        self.done()
    }

    fn errand(&self, at: usize, unfit: &[Unfit]) -> Option<Errand> {
        let slot = self.chain.get(at)?;
        Some(Errand {
            slot: at,
            call: wire::call(slot, &ideas::pose(&self.wanted, unfit)),
            timeout: slot.timeout,
        })
    }

    fn done(&self) -> Next {
        Next::Done(self.proposals.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minds::llm::slot::Dialect;
    use crate::minds::llm::tests::{reply, slot, whole};
    use crate::strategy::feature::{Known, Source};
    use serde_json::json;

    const GOOD: &str = "spread at open when edge(elo) >= 1.5 and underdog stake flat 1%";

    fn begin(judged_from: &str) -> (Correspondence, Next) {
        let chain = [slot(Dialect::Anthropic), slot(Dialect::OpenAi)];
        let wanted = Wanted {
            at: Known::Open,
            sources: vec![Source::new("elo").unwrap()],
        };
        Correspondence::begin(chain.into(), wanted, judged_from.parse().unwrap())
    }

    fn says(dialect: Dialect, strategies: &[&str]) -> Vec<u8> {
        reply(dialect, &json!({"strategies": strategies}).to_string(), whole(dialect))
    }

    fn place(next: &Next) -> usize {
        match next {
            Next::Ask(errand) => errand.slot,
            Next::Done(done) => panic!("it is over: {done:?}"),
        }
    }

    fn done(next: Next) -> Proposals {
        match next {
            Next::Done(done) => done,
            Next::Ask(errand) => panic!("it goes on: {errand:?}"),
        }
    }

    #[test]
    fn a_bad_proposal_is_repaired_once_then_dropped_and_counted() {
        let (mut talk, first) = begin("2050-09-01");
        assert_eq!(place(&first), 0);
        let repair = talk.heard(Ok(&says(Dialect::Anthropic, &[GOOD, "bet it all"])));
        assert_eq!(place(&repair), 0);
        let over = done(talk.heard(Ok(&says(Dialect::Anthropic, &["bet it all", "and more"]))));
        assert_eq!((over.strategies, over.n_dropped), (vec![GOOD.parse().unwrap()], 2));
    }

    #[test]
    fn the_next_slot_is_asked_and_a_refusal_ends_it() {
        let (mut talk, _) = begin("2050-09-01");
        let next = talk.heard(Err(Trouble::Lost("nobody answered".to_owned())));
        assert_eq!(place(&next), 1);
        let over = done(talk.heard(Ok(&says(Dialect::OpenAi, &[GOOD]))));
        assert_eq!((over.strategies.len(), over.failures.len()), (1, 1));
        let (mut talk, _) = begin("2050-09-01");
        let over = done(talk.heard(Ok(&reply(Dialect::Anthropic, "no", "refusal"))));
        assert!(
            over.strategies.is_empty() && over.failures[0].contains("declined"),
            "{over:?}"
        );
    }

    #[test]
    fn a_model_that_may_know_the_season_that_judges_is_not_asked() {
        let over = done(begin("2049-09-01").1);
        assert_eq!(over.failures.len(), 2);
        assert!(
            over.failures[0].contains("may know the season from 2049-09-01"),
            "{over:?}"
        );
    }
}
