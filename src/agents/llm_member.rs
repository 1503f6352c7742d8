//! A seat that asks a language model: it turns a study into a question, waits for what the call brings, and answers.
//!
//! It says which call it wants and hears what came of it; who makes the call and pays for it is outside. Whatever happens
//! it answers a study once: with opinions, or with silence and its reason. A round it forgot in a crash is the table's loss.

use super::held::Held;
use crate::domain::belief::{Answer, Opinion, Track};
use crate::machine::{Machine, Turn};
use crate::market::shapes::Shapes;
use crate::minds::llm::record::{Stated, record};
use crate::minds::llm::{Conversation, Errand, Form, Slot, Step, Subject, Trouble};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::{Dispute, RoundId, Study};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;

/// What a member that asks a model is.
pub const CARD: Card = Card {
    role: "llm_member",
    level: Level::Swarm,
    tools: &["opinions", "deliberation"],
    memory: Memory::None,
    reasoning: Reasoning::LanguageModel,
};

/// All calls of one study together take no longer; the table waits twenty seconds more.
pub const STUDY_LIMIT: Duration = Duration::from_secs(100);
/// No model answers in less: with less than this left there is no point in asking.
const LEAST_TIME: Duration = Duration::from_secs(1);

/// What the seat hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Study these games; this is what the seat said in earlier rounds.
    Study(Study, Vec<Stated>),
    /// A call ended.
    Replied {
        /// The round it was made for.
        round: RoundId,
        /// Its number, as it was asked for.
        number: u64,
        /// The body of the reply, or why there is none.
        outcome: Result<Arc<[u8]>, Trouble>,
    },
    /// The time for a round is up.
    Late(RoundId),
    /// The table disagrees with you on these.
    Revise(Dispute),
}

/// What the seat says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Make this call, and say what came of it.
    Call {
        /// The round it is for.
        round: RoundId,
        /// Its number, to be said with the reply.
        number: u64,
        /// The call.
        errand: Errand,
    },
    /// Its opinions on a study.
    Answered {
        /// The round.
        round: RoundId,
        /// What it says.
        answer: Answer,
    },
    /// The opinions a dispute changed.
    Revised(Vec<Opinion>),
}

/// The machine of the seat.
pub struct LlmMember {
    chain: Arc<[Slot]>,
    form: Form,
    shapes: Option<Shapes>,
    n_calls: u64,
    under_way: Option<UnderWay>,
    held: Held,
}

/// A study that is not answered yet.
struct UnderWay {
    study: Study,
    record: Arc<Vec<Track>>,
    conversation: Conversation,
    /// The number of the call that is out.
    number: u64,
    deadline: DateTime<Utc>,
}

impl LlmMember {
    /// A seat that asks the slots of a chain in turn, telling them as much as `form` says.
    pub fn new(chain: Arc<[Slot]>, form: Form) -> LlmMember {
        LlmMember {
            chain,
            form,
            shapes: None,
            n_calls: 0,
            under_way: None,
            held: Held::default(),
        }
    }

    fn study(&mut self, study: Study, past: &[Stated], turn: &mut Turn<Effect>) {
        let season = study.slate.first().map_or(study.when.season, |o| o.fixture.when.season);
        let shapes = Shapes::of_season(self.shapes.take(), &study.view, season);
        self.shapes = Some(shapes.clone());
        let subjects = study
            .slate
            .iter()
            .map(|offer| Subject::of(&study.view, offer))
            .collect();
        let (conversation, step) = Conversation::begin(Arc::clone(&self.chain), self.form, subjects, shapes);
        let limit = TimeDelta::from_std(STUDY_LIMIT).expect("a hundred seconds are a span of time");
        // A round that is studied anew, or another, takes the place of one that nobody waits for any more.
        self.under_way = Some(UnderWay {
            record: Arc::new(record(past, &self.chain, &study.view)),
            study,
            conversation,
            number: 0,
            deadline: turn.now() + limit,
        });
        self.go_on(step, turn);
    }

    fn replied(
        &mut self,
        round: &RoundId,
        number: u64,
        outcome: Result<Arc<[u8]>, Trouble>,
        turn: &mut Turn<Effect>,
    ) {
        let wanted = |now: &&mut UnderWay| now.study.round == *round && now.number == number;
        let Some(now) = self.under_way.as_mut().filter(wanted) else {
            return;
        };
        let step = match &outcome {
            Ok(body) => now.conversation.heard(Ok(body)),
            Err(trouble) => now.conversation.heard(Err(trouble.clone())),
        };
        self.go_on(step, turn);
    }

    fn go_on(&mut self, step: Step, turn: &mut Turn<Effect>) {
        let Some(now) = &mut self.under_way else { return };
        let mut errand = match step {
            Step::Ask(errand) | Step::Repair(errand) | Step::Fallback(errand) => errand,
            Step::Done(opinions) => return self.answer(opinions, turn),
        };
        let left = (now.deadline - turn.now()).to_std().unwrap_or_default();
        if left < LEAST_TIME {
            let opinions = now.conversation.late();
            return self.answer(opinions, turn);
        }
        errand.timeout = errand.timeout.min(left);
        self.n_calls += 1;
        now.number = self.n_calls;
        turn.emit(Effect::Call {
            round: now.study.round.clone(),
            number: now.number,
            errand,
        });
    }

    fn late(&mut self, round: &RoundId, turn: &mut Turn<Effect>) {
        if let Some(now) = self.under_way.as_mut().filter(|now| now.study.round == *round) {
            let opinions = now.conversation.late();
            self.answer(opinions, turn);
        }
    }

    fn answer(&mut self, opinions: Vec<Opinion>, turn: &mut Turn<Effect>) {
        let Some(UnderWay { study, record, .. }) = self.under_way.take() else {
            return;
        };
        self.held = Held::of(&study.slate, &opinions);
        // It looked at the lines, so it has no estimate that could be scored against them.
        let forecasts = study.slate.iter().map(|o| (o.fixture.id.clone(), None, None));
        // A record is no reason to keep a seat that says nothing at the table in place of one that does.
        let silent = opinions.iter().all(|o| o.stance.is_err());
        let answer = Answer {
            opinions,
            record: if silent { Arc::default() } else { record },
            forecasts: forecasts.collect(),
        };
        turn.emit(Effect::Answered {
            round: study.round,
            answer,
        });
    }
}

impl Machine for LlmMember {
    type Input = Input;
    type Effect = Effect;
    /// The shapes of a season are fitted on every game before it.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Study(study, past) => self.study(study, &past, turn),
            Input::Replied { round, number, outcome } => self.replied(&round, number, outcome, turn),
            Input::Late(round) => self.late(&round, turn),
            Input::Revise(dispute) => turn.emit(Effect::Revised(self.held.revise(&dispute))),
        }
    }
}

#[cfg(test)]
mod tests;
