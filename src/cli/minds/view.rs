//! Calls to models as they are shown: without bytes, with the words of prompt and reply, and what the seat made of them.

use crate::cli::Failure;
use crate::minds::llm::Dialect;
use crate::minds::llm::budget::AGENT;
use crate::minds::llm::transcript::{Judged, Words, judged, words};
use crate::store::model_calls::{self, ModelCall};
use crate::store::{Conn, decisions};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Calls to models.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The newest first.
    pub calls: Vec<Called>,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Called {
    /// The round it was made for.
    pub round: String,
    /// Who asked.
    pub asked_by: String,
    /// The slot.
    pub slot: String,
    /// The provider's name of the model.
    pub model: String,
    /// How it was spoken to.
    pub dialect: String,
    /// Whether it was asked without names.
    pub anonymous: bool,
    /// `answered`, or the kind of its trouble.
    pub outcome: String,
    /// Its trouble in words.
    pub trouble: Option<String>,
    /// Tokens read, where the reply says so.
    pub input_tokens: Option<i64>,
    /// Tokens written, where the reply says so.
    pub output_tokens: Option<i64>,
    /// What it counts for, in millionths of a dollar.
    pub usd_micros: i64,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// How long it took.
    pub took_ms: i64,
}

/// A call with its words.
#[derive(Clone, Debug, Serialize)]
pub struct Spoken {
    /// The call.
    #[serde(flatten)]
    pub call: Called,
    /// The words of the question.
    pub words: Option<Words>,
    /// The text of the reply.
    pub reply: Option<String>,
    /// What the reply was worth; none without one, and for questions that are not about games.
    pub judged: Option<Judged>,
}

/// What the seat thought of one market.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// The game.
    pub game: String,
    /// The market.
    pub market: String,
    /// Its probability of home or over, levelled off.
    pub p_first: Option<f64>,
    /// Why it has none.
    pub abstained: Option<String>,
    /// Its reasons.
    pub reasons: Vec<String>,
    /// The side it voted for; none without a vote, or when it was not at the table.
    pub voted: Option<String>,
    /// What its vote weighed; none when it was not at the table.
    pub weight: Option<f64>,
}

/// What was said in a round.
#[derive(Clone, Debug, Serialize)]
pub struct Transcript {
    /// The round.
    pub round: String,
    /// The instant nothing later than was known; none when the round is not stored.
    pub as_of: Option<DateTime<Utc>>,
    /// Its calls, in the order they were made.
    pub calls: Vec<Spoken>,
    /// What the seat made of them, in the order of games and markets.
    pub views: Vec<View>,
    /// Bets of the round.
    pub n_picks: usize,
    /// Passes of the round.
    pub n_passes: usize,
}

impl Called {
    fn of(call: &ModelCall) -> Called {
        Called {
            round: call.round_id.clone(),
            asked_by: call.asked_by.clone(),
            slot: call.slot.clone(),
            model: call.model.clone(),
            dialect: call.dialect.clone(),
            anonymous: call.anonymous,
            outcome: call.outcome.clone(),
            trouble: call.trouble.clone(),
            input_tokens: call.input_tokens,
            output_tokens: call.output_tokens,
            usd_micros: call.usd_micros,
            asked_at: call.asked_at.and_utc(),
            took_ms: call.took_ms,
        }
    }
}

impl Listed {
    /// Of calls, in their order.
    pub fn of(calls: &[ModelCall]) -> Listed {
        Listed {
            calls: calls.iter().map(Called::of).collect(),
        }
    }
}

impl Spoken {
    fn of(call: &ModelCall) -> Spoken {
        let dialect = Dialect::of_name(&call.dialect);
        let about_games = call.asked_by == seat_agent();
        let read = dialect.zip(call.reply.as_deref());
        let read = read.map(|(dialect, reply)| judged(dialect, &call.request, reply));
        let (reply, judged) = read.map_or((None, None), |(text, judged)| (text, Some(judged)));
        Spoken {
            call: Called::of(call),
            words: dialect.and_then(|dialect| words(dialect, &call.request)),
            reply,
            judged: judged.filter(|_| about_games),
        }
    }
}

/// The name under which the seat at the table asks.
fn seat_agent() -> String {
    format!("{AGENT}{}", crate::app::llm::SEAT)
}

impl Transcript {
    /// Of a round's calls, and its opinions and votes where it is stored.
    ///
    /// # Errors
    /// [`Failure`] when reading fails.
    pub fn read(conn: &mut Conn, round: &str) -> Result<Transcript, Failure> {
        let calls = model_calls::of_round(conn, round)?;
        let stored = decisions::round(conn, round)?;
        let seat = crate::app::llm::SEAT;
        let votes = decisions::votes_of(conn, round)?;
        let opinions = decisions::opinions_of(conn, round)?;
        let own = opinions.iter().filter(|o| o.seat == seat && o.phase == 1);
        let views = own.map(|o| {
            let same = |v: &&decisions::Vote| v.seat == seat && v.game_id == o.game_id && v.market == o.market;
            let vote = votes.iter().find(same);
            let evidence: Vec<(String, f64)> = serde_json::from_str(&o.evidence).unwrap_or_default();
            View {
                game: o.game_id.clone(),
                market: o.market.clone(),
                p_first: o.p_first,
                abstained: o.abstained.clone(),
                reasons: evidence.into_iter().map(|(text, _)| text).collect(),
                voted: vote.and_then(|v| v.side.clone()),
                weight: vote.map(|v| v.weight),
            }
        });
        let picks = decisions::picks_of(conn, round)?;
        let n_picks = picks.iter().filter(|p| p.status == "pick").count();
        Ok(Transcript {
            round: round.to_owned(),
            as_of: stored.map(|round| round.as_of.and_utc()),
            calls: calls.iter().map(Spoken::of).collect(),
            views: views.collect(),
            n_picks,
            n_passes: picks.len() - n_picks,
        })
    }
}
