//! One question to a chain of slots: asked, repaired once, handed on when a slot cannot answer, and always brought to an end.
//!
//! It makes at most one call a slot and one more. What the calls bring comes in, what to do next goes out; who performs
//! them, and pays, is somebody else.

use super::answer::{self, Fault, Said};
use super::question::{Form, Posed, Subject, pose};
use super::slot::Slot;
use super::stance::stance;
use super::trouble::{Then, Trouble};
use super::wire::{self, Unread};
use crate::api::Call;
use crate::domain::belief::{Abstention, Belief, Opinion};
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use crate::market::shapes::Shapes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A call to be made for a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The slot's place in the chain.
    pub slot: usize,
    /// The call.
    pub call: Call,
    /// How long its answer is of use.
    pub timeout: Duration,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask.
    Ask(Errand),
    /// Ask the same slot again, with the faults of its answer named.
    Repair(Errand),
    /// Ask the next slot that may be asked.
    Fallback(Errand),
    /// It is over: one opinion for each game and market, in slate order.
    Done(Vec<Opinion>),
}

/// One question under way.
#[derive(Clone, Debug)]
pub struct Conversation {
    chain: Arc<[Slot]>,
    form: Form,
    subjects: Vec<Subject>,
    shapes: Shapes,
    /// The slot that is asked now.
    at: usize,
    posed: Posed,
    repaired: bool,
    n_calls: usize,
    /// What became of each slot that did not answer.
    failures: Vec<String>,
}

impl Conversation {
    /// Begins with the first slot of a chain that may be asked. `shapes` turn what it says into opinions.
    pub fn begin(chain: Arc<[Slot]>, form: Form, subjects: Vec<Subject>, shapes: Shapes) -> (Conversation, Step) {
        let mut conversation = Conversation {
            chain,
            form,
            subjects,
            shapes,
            at: 0,
            posed: Posed {
                prompt: None,
                asked: Vec::new(),
                unasked: Vec::new(),
            },
            repaired: false,
            n_calls: 0,
            failures: Vec::new(),
        };
        let step = match conversation.ask_from(0, 0) {
            Some(errand) => Step::Ask(errand),
            None => conversation.silence(),
        };
        (conversation, step)
    }

    /// The slot that is asked now.
    pub fn slot(&self) -> Option<&Slot> {
        self.chain.get(self.at)
    }

    /// Calls made so far.
    pub fn n_calls(&self) -> usize {
        self.n_calls
    }

    /// The last call brought a body, or nothing.
    pub fn heard(&mut self, outcome: Result<&[u8], Trouble>) -> Step {
        let body = match outcome {
            Ok(body) => body,
            Err(trouble) => return self.fail(trouble.to_string(), trouble.then()),
        };
        let Some(dialect) = self.slot().map(|slot| slot.dialect) else {
            return self.silence();
        };
        let read = match wire::read(dialect, body) {
            Ok(text) => answer::read(&text, &self.posed.asked),
            Err(why @ Unread::Declined) => return self.fail(why.to_string(), Then::Stop),
            Err(why @ Unread::Truncated) => return self.fail(why.to_string(), Then::Longer),
            Err(why @ Unread::Malformed(_)) => Err(vec![Fault::NoText(why.to_string())]),
        };
        match read {
            Ok(said) => Step::Done(self.opinions(&said)),
            Err(faults) => self.repair(faults),
        }
    }

    /// Time is up: silence, whatever is still to come.
    pub fn late(&mut self) -> Vec<Opinion> {
        self.note("had not answered in time".to_owned());
        self.silent()
    }

    /// Asks the same slot once more, with what was wrong; the second time it is silence.
    fn repair(&mut self, faults: Vec<Fault>) -> Step {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        if self.repaired {
            return self.fail(format!("its answer was refused twice: {first}"), Then::Stop);
        }
        self.repaired = true;
        match self.ask(self.at, &faults) {
            Some(errand) => Step::Repair(errand),
            None => self.fail(format!("its answer was refused: {first}"), Then::Stop),
        }
    }

    fn fail(&mut self, why: String, then: Then) -> Step {
        let least_tokens = match then {
            Then::Next => 0,
            Then::Longer => self.slot().map_or(0, |slot| slot.max_tokens.saturating_add(1)),
            Then::Stop => u32::MAX,
        };
        self.note(why);
        let next = if then == Then::Stop {
            None
        } else {
            self.ask_from(self.at + 1, least_tokens)
        };
        next.map_or_else(|| self.silence(), Step::Fallback)
    }

    fn note(&mut self, why: String) {
        if let Some(slot) = self.slot() {
            let note = format!("{slot}: {why}");
            self.failures.push(note);
        }
    }

    /// The question to the first slot from `from` on that has anything it may be asked.
    fn ask_from(&mut self, from: usize, least_tokens: u32) -> Option<Errand> {
        let fitting = (from..self.chain.len()).filter(|i| self.chain[*i].max_tokens >= least_tokens);
        let fitting: Vec<usize> = fitting.collect();
        fitting.into_iter().find_map(|i| self.ask(i, &[]))
    }

    fn ask(&mut self, slot: usize, faults: &[Fault]) -> Option<Errand> {
        assert!(
            self.n_calls <= self.chain.len(),
            "one call a slot and one repair are all there is"
        );
        let asked = self.chain.get(slot)?;
        let posed = pose(asked, self.form, &self.subjects, faults);
        let errand = posed.prompt.as_ref().map(|prompt| Errand {
            slot,
            call: wire::call(asked, prompt),
            timeout: asked.timeout,
        });
        // When no slot may be asked anything, the reason given is the first one's.
        if errand.is_some() || (self.n_calls == 0 && self.posed.unasked.is_empty()) {
            self.posed = posed;
            self.at = slot;
        }
        self.n_calls += usize::from(errand.is_some());
        errand
    }

    fn silence(&mut self) -> Step {
        Step::Done(self.silent())
    }

    fn silent(&self) -> Vec<Opinion> {
        let reason = if self.failures.is_empty() {
            "no model is configured".to_owned()
        } else {
            self.failures.join("; ")
        };
        self.fill(|_, _| Err(Abstention::Absent { reason: reason.clone() }))
    }

    fn opinions(&self, said: &[Said]) -> Vec<Opinion> {
        let by_market: BTreeMap<(&GameId, Market), &Said> =
            said.iter().map(|s| ((&s.game, s.market), s)).collect();
        self.fill(
            |subject, market| match by_market.get(&(&subject.offer.fixture.id, market)) {
                Some(said) => stance(said, &subject.offer, &self.shapes),
                None => Err(Abstention::NoEdge),
            },
        )
    }

    /// One opinion for each game and market: why it was not asked, or what `say` says.
    fn fill(&self, say: impl Fn(&Subject, Market) -> Result<Belief, Abstention>) -> Vec<Opinion> {
        let unasked: BTreeMap<(&GameId, Market), &Abstention> = self
            .posed
            .unasked
            .iter()
            .map(|(game, market, why)| ((game, *market), why))
            .collect();
        let mut opinions = Vec::with_capacity(self.subjects.len() * Market::ALL.len());
        for subject in &self.subjects {
            let game = &subject.offer.fixture.id;
            for market in Market::ALL {
                let stance = match unasked.get(&(game, market)) {
                    Some(why) => Err((*why).clone()),
                    None => say(subject, market),
                };
                opinions.push(Opinion {
                    game: game.clone(),
                    market,
                    stance,
                });
            }
        }
        opinions
    }
}
