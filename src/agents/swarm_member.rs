//! A swarm member: a seat that studies a slate, and may give way a little when the table disagrees with it.

use super::held::Held;
use crate::domain::belief::{Answer, Basis, Opinion};
use crate::machine::{Machine, Turn};
use crate::minds::Forecaster;
use crate::minds::member::Member;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::{Dispute, Study};

/// What a member is.
pub const CARD: Card = Card {
    role: "swarm_member",
    level: Level::Swarm,
    tools: &["opinions", "deliberation"],
    memory: Memory::Rebuilt,
    reasoning: Reasoning::Quantitative,
};

/// What a member hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Study these games.
    Study(Study),
    /// The table disagrees with you on these.
    Revise(Dispute),
}

/// What a member says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Its opinions.
    Answered(Answer),
    /// The opinions it changed.
    Revised(Vec<Opinion>),
}

/// The machine of one seat.
pub struct SwarmMember {
    member: Member,
    /// The opinions of the last study.
    held: Held,
}

impl SwarmMember {
    /// A member that knows nothing yet; it learns all it may know from the view of each study.
    pub fn new(mind: impl Fn() -> Box<dyn Forecaster> + Send + 'static) -> SwarmMember {
        SwarmMember {
            member: Member::new(mind, Basis::Open),
            held: Held::default(),
        }
    }

    fn study(&mut self, study: &Study) -> Answer {
        let answer = self.member.study(&study.view, study.basis, &study.slate);
        self.held = Held::of(&study.slate, &answer.opinions);
        answer
    }
}

impl Machine for SwarmMember {
    type Input = Input;
    type Effect = Effect;
    /// A study after a rebuild replays every season: seconds in a debug build.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Study(study) => {
                let answer = self.study(&study);
                turn.emit(Effect::Answered(answer));
            }
            Input::Revise(dispute) => turn.emit(Effect::Revised(self.held.revise(&dispute))),
        }
    }
}
