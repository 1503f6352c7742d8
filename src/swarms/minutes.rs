//! The minutes of a round: everything that was said, as messages in causal order.
//!
//! They are written at the end, seat by seat, from what was answered; so the order in which answers happened to arrive
//! on a busy machine leaves no trace, and the same round gives the same journal.

use super::round::Round;
use crate::domain::belief::{Opinion, Seat};
use crate::domain::pick::Verdict;
use crate::domain::standing::Standing;
use crate::protocol::question::RoundId;
use crate::protocol::{
    AgentMessage, AgreedLine, DecisionLine, Fact, Kind, MessageId, OpinionLine, Priority, RankedLine, To,
};
use sha2::{Digest, Sha256};

/// Where the swarm sits in the tree.
pub const SWARM_PATH: &str = "/swarms/consensus";

/// The name under which a round's decisions are said.
pub const DECIDED: &str = "decided";
/// The name under which a round's observation is said: the head of its thread.
pub const OBSERVED: &str = "observed";

/// Writes the messages of a round.
pub fn write(round: &Round) -> Vec<AgentMessage> {
    let id = &round.convened.round;
    let mut minutes = Minutes {
        at: round.convened.view.at(),
        round: id,
        messages: Vec::new(),
    };
    let engineer = "/specialists/data_engineer";
    let observed = minutes.say(
        OBSERVED,
        engineer,
        To::Group("swarm".into()),
        Kind::Alert,
        None,
        observed(round),
    );
    let mut last = observed.clone();
    minutes.ranked(round, &observed);
    let to_swarm = || To::One(SWARM_PATH.into());
    for (seat, log) in &round.seats {
        let opinions = log.answer.as_ref().map_or(&[][..], |a| &a.opinions);
        let body = opined(
            seat,
            1,
            log.incarnation,
            log.absent.as_ref().or(log.stood_down.as_ref()).cloned(),
            opinions,
        );
        let name = format!("opined/{seat}/1");
        last = minutes.say(&name, &path(seat), to_swarm(), Kind::Vote, Some(&observed), body);
    }
    for (seat, log) in round.seats.iter().filter(|(_, l)| !l.revised.is_empty()) {
        let body = opined(seat, 2, log.incarnation, None, &log.revised);
        let name = format!("opined/{seat}/2");
        last = minutes.say(&name, &path(seat), to_swarm(), Kind::Vote, Some(&last), body);
    }
    let to_risk = To::One(RISK_PATH.into());
    let agreed = minutes.say(
        "agreed",
        SWARM_PATH,
        to_risk,
        Kind::Proposal,
        Some(&last),
        agreed(round),
    );
    let decided = minutes.say(
        DECIDED,
        RISK_PATH,
        To::All,
        Kind::Command,
        Some(&agreed),
        decided(round),
    );
    let bets = || round.decisions.iter().filter(|d| d.is_bet());
    let acted = Fact::Acted {
        n_bets: bets().count(),
        staked: bets().map(|d| d.stake()).sum(),
    };
    minutes.say(
        "acted",
        "/platform/database",
        To::All,
        Kind::Alert,
        Some(&decided),
        acted,
    );
    minutes.messages
}

/// Where the manager sits in the tree.
pub const MANAGER_PATH: &str = "/manager";
/// Where the risk manager sits in the tree.
pub const RISK_PATH: &str = "/specialists/risk_manager";

fn path(seat: &Seat) -> String {
    format!("{SWARM_PATH}/{seat}")
}

struct Minutes<'a> {
    at: chrono::DateTime<chrono::Utc>,
    round: &'a RoundId,
    messages: Vec<AgentMessage>,
}

impl Minutes<'_> {
    /// What the orchestrator told the round, if anything.
    fn ranked(&mut self, round: &Round, observed: &MessageId) {
        if let Some(ranked) = ranked(round) {
            let to = To::Group("swarm".into());
            self.say("ranked", MANAGER_PATH, to, Kind::Alert, Some(observed), ranked);
        }
    }

    fn say(
        &mut self,
        name: &str,
        from: &str,
        to: To,
        kind: Kind,
        parent_id: Option<&MessageId>,
        body: Fact,
    ) -> MessageId {
        let id = MessageId::of(self.round, name);
        let priority = if kind == Kind::Command {
            Priority::High
        } else {
            Priority::Normal
        };
        self.messages.push(AgentMessage {
            id: id.clone(),
            thread: MessageId::of(self.round, OBSERVED),
            parent_id: parent_id.cloned(),
            from: from.to_owned(),
            to,
            kind,
            priority,
            at: self.at,
            deadline: None,
            body: body.into(),
            incarnation: 0,
        });
        id
    }
}

/// The standings and settings that held, when any were not as usual.
fn ranked(round: &Round) -> Option<Fact> {
    let guidance = &round.convened.guidance;
    let seats = guidance.standings.iter().map(|(seat, stands)| RankedLine {
        subject: seat.to_string(),
        standing: stands.standing,
        reason: stands.reason.clone(),
    });
    let swarm = |reason: String| RankedLine {
        subject: "consensus".to_owned(),
        standing: Standing::Full,
        reason,
    };
    let pool = guidance
        .pool
        .map(|pool| swarm(format!("settings by experiment: {pool:?}")));
    let cap = guidance.week_cap.map(|cap| swarm(format!("at most {cap} a week")));
    let lines: Vec<RankedLine> = seats.chain(pool).chain(cap).collect();
    (!lines.is_empty()).then_some(Fact::Ranked { lines })
}

fn observed(round: &Round) -> Fact {
    let slate = &round.convened.slate;
    let mut hash = Sha256::new();
    for offer in slate.iter() {
        // The debug form is complete and stable within a version of the program, which the round's id names.
        hash.update(format!("{offer:?}\n"));
    }
    let slate_hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Fact::Observed {
        when: round.convened.when,
        basis: round.convened.basis,
        as_of: round.convened.view.at(),
        n_games: slate.len(),
        n_quotes: slate.iter().map(|o| o.prices.len()).sum(),
        n_results: round.convened.view.n_results(),
        slate_hash,
    }
}

fn opined(seat: &Seat, round: u8, incarnation: u64, absent: Option<String>, opinions: &[Opinion]) -> Fact {
    let opinions = opinions
        .iter()
        .map(|o| OpinionLine {
            game: o.game.clone(),
            market: o.market,
            p_first: o.stance.as_ref().ok().map(|b| b.p_first.get()),
            abstained: o.stance.as_ref().err().map(ToString::to_string),
        })
        .collect();
    Fact::Opined {
        seat: seat.clone(),
        round,
        incarnation,
        absent,
        opinions,
    }
}

fn agreed(round: &Round) -> Fact {
    let lines = round
        .decisions
        .iter()
        .map(|d| AgreedLine {
            game: d.agreement.game.clone(),
            market: d.agreement.market,
            side: d.agreement.side,
            consensus: d.agreement.consensus,
            equal_consensus: d.agreement.equal_consensus,
            p_first: d.agreement.p_first.get(),
        })
        .collect();
    Fact::Agreed { lines }
}

fn decided(round: &Round) -> Fact {
    let lines = round
        .decisions
        .iter()
        .map(|d| DecisionLine {
            id: d.id.clone(),
            game: d.agreement.game.clone(),
            market: d.agreement.market,
            side: d.side,
            stake: d.stake(),
            pass: match &d.verdict {
                Verdict::Pass(why) => Some(why.to_string()),
                Verdict::Bet { .. } => None,
            },
        })
        .collect();
    Fact::Decided { lines }
}
