//! The answer a model must give, and everything that may be wrong with one.
//!
//! There is no field for a stake, a tool or an address, and fields nobody asked for are refused: a model that obeys a text
//! it was to judge gives an answer that does not count.

use super::question::{Asked, inert};
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use serde::Deserialize;
use std::collections::BTreeSet;

/// An answer longer than this is none, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1_024;
/// The least and the most a probability may be: nobody is surer of a game.
pub const P_RANGE: [f64; 2] = [0.02, 0.98];
/// The most reasons for one view.
pub const MAX_REASONS: usize = 3;
/// The longest reason in characters; the question asks for somewhat less.
pub const MAX_REASON_CHARS: usize = 200;
/// Faults that are named; a model that makes more learns nothing from them.
const MAX_FAULTS: usize = 8;
/// What of a foreign text is repeated in a fault.
const MAX_QUOTED: usize = 120;

/// A view of one market, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// Probability of home or over, given no push; within [`P_RANGE`].
    pub p_first: f64,
    /// How sure it is of that, 0 to 1.
    pub confidence: f64,
    /// One to three reasons.
    pub reasons: Vec<String>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing came that could be an answer.
    #[error("{0}")]
    NoText(String),
    /// It is longer than any honest one.
    #[error("it has {0} bytes, {MAX_ANSWER_BYTES} are allowed")]
    TooLong(usize),
    /// It is not the JSON that was asked for, or has a field nobody asked for.
    #[error("it is not the JSON that was asked for: {0}")]
    NotTheForm(String),
    /// A game or market that was not asked.
    #[error("{market} of {game} was not asked")]
    NotAsked {
        /// Its name.
        game: String,
        /// The market.
        market: Market,
    },
    /// A market was answered twice.
    #[error("{market} of {game} is answered twice")]
    Twice {
        /// Its name.
        game: String,
        /// The market.
        market: Market,
    },
    /// A probability no game has.
    #[error("p_first of {market} of {game} must be from 0.02 to 0.98")]
    Probability {
        /// Its name.
        game: String,
        /// The market.
        market: Market,
    },
    /// A confidence that is none.
    #[error("confidence of {market} of {game} must be from 0 to 1")]
    Confidence {
        /// Its name.
        game: String,
        /// The market.
        market: Market,
    },
    /// None, too many, empty or too long.
    #[error("{market} of {game} needs one to three reasons of at most 160 characters")]
    Reasons {
        /// Its name.
        game: String,
        /// The market.
        market: Market,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heard {
    views: Vec<HeardView>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeardView {
    game: String,
    market: Market,
    p_first: f64,
    confidence: f64,
    reasons: Vec<String>,
}

/// Checks an answer against what was asked.
///
/// # Errors
/// What is wrong with it, the first eight faults; then nothing of it counts.
pub fn read(text: &str, asked: &[Asked]) -> Result<Vec<Said>, Vec<Fault>> {
    if text.len() > MAX_ANSWER_BYTES {
        return Err(vec![Fault::TooLong(text.len())]);
    }
    let heard: Heard = serde_json::from_str(text.trim())
        .map_err(|e| vec![Fault::NotTheForm(inert(&e.to_string(), MAX_QUOTED))])?;
    let (mut said, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for view in heard.views {
        match check(view, asked, &mut seen) {
            Ok(view) => said.push(view),
            Err(fault) => faults.push(fault),
        }
        if faults.len() == MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(said) } else { Err(faults) }
}

fn check(view: HeardView, asked: &[Asked], seen: &mut BTreeSet<(GameId, Market)>) -> Result<Said, Fault> {
    let (game, market) = (inert(&view.game, MAX_QUOTED), view.market);
    let Some(known) = asked.iter().find(|a| a.handle == view.game && a.market == market) else {
        return Err(Fault::NotAsked { game, market });
    };
    if !seen.insert((known.game.clone(), market)) {
        return Err(Fault::Twice { game, market });
    }
    let [least, most] = P_RANGE;
    if !(view.p_first >= least && view.p_first <= most) {
        return Err(Fault::Probability { game, market });
    }
    if !(0.0..=1.0).contains(&view.confidence) {
        return Err(Fault::Confidence { game, market });
    }
    let short = |reason: &String| !reason.trim().is_empty() && reason.chars().count() <= MAX_REASON_CHARS;
    if view.reasons.is_empty() || view.reasons.len() > MAX_REASONS || !view.reasons.iter().all(short) {
        return Err(Fault::Reasons { game, market });
    }
    Ok(Said {
        game: known.game.clone(),
        market,
        p_first: view.p_first,
        confidence: view.confidence,
        // They are printed: no control character gets through.
        reasons: view
            .reasons
            .iter()
            .map(|r| super::question::cut(r, MAX_REASON_CHARS))
            .collect(),
    })
}
