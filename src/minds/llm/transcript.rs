//! A kept call read back: what was asked, what was said, and whether that was an answer. Nothing beside the call is needed.

use super::answer;
use super::question::Asked;
use super::slot::Dialect;
use super::wire;
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use serde::Serialize;
use serde_json::Value;

/// The words of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Who the model was to be, and the rules.
    pub system: String,
    /// The question.
    pub user: String,
}

/// What a reply was worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// An answer of so many views.
    Valid {
        /// How many.
        n_views: usize,
    },
    /// An answer with faults; none of it counts.
    Refused {
        /// What is wrong with it.
        faults: Vec<String>,
    },
    /// No answer.
    NoText {
        /// Why.
        why: String,
    },
}

/// The words of a request's body; none when it is no request of the dialect.
pub fn words(dialect: Dialect, request: &str) -> Option<Words> {
    let body: Value = serde_json::from_str(request).ok()?;
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let (system, user) = match dialect {
        Dialect::Anthropic => (text("/system"), text("/messages/0/content")),
        Dialect::OpenAi | Dialect::Xai | Dialect::Ollama | Dialect::Compatible => {
            (text("/messages/0/content"), text("/messages/1/content"))
        }
    };
    Some(Words {
        system: system?,
        user: user?,
    })
}

/// The markets a question asks about, by the names it gives its games.
fn asked(user: &str) -> Vec<Asked> {
    let data = user
        .strip_prefix("<data>\n")
        .and_then(|rest| rest.split_once("</data>"));
    let rows = data.map_or("", |(rows, _)| rows).lines();
    let mut asked = Vec::new();
    for row in rows.filter_map(|row| serde_json::from_str::<Value>(row).ok()) {
        let Some(handle) = row.get("game").and_then(Value::as_str) else {
            continue;
        };
        let lines = |market: &Market| {
            row.pointer("/lines")
                .is_some_and(|lines| lines.get(market.name()).is_some())
        };
        asked.extend(Market::ALL.into_iter().filter(lines).map(|market| Asked {
            handle: handle.to_owned(),
            game: GameId::new(handle),
            market,
        }));
    }
    asked
}

/// The text of a reply, and what it is worth as an answer to a request about games.
pub fn judged(dialect: Dialect, request: &str, reply: &[u8]) -> (Option<String>, Judged) {
    let text = match wire::read(dialect, reply) {
        Ok(text) => text,
        Err(why) => return (None, Judged::NoText { why: why.to_string() }),
    };
    let user = words(dialect, request).map(|words| words.user).unwrap_or_default();
    let judged = match answer::read(&text, &asked(&user)) {
        Ok(said) => Judged::Valid { n_views: said.len() },
        Err(faults) => Judged::Refused {
            faults: faults.iter().map(ToString::to_string).collect(),
        },
    };
    (Some(text), judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minds::llm::tests::{answer, posed, reply, slot, whole};

    #[test]
    fn what_was_said_is_judged_again_as_it_was_then() {
        for dialect in Dialect::ALL {
            let prompt = posed().prompt.unwrap();
            let call = wire::call(&slot(dialect), &prompt);
            let request = String::from_utf8(call.body.unwrap().to_vec()).unwrap();
            let words = words(dialect, &request).unwrap();
            assert_eq!((&words.system, &words.user), (&prompt.system, &prompt.user));
            assert_eq!(asked(&words.user).len(), posed().asked.len());
            let said = |text: &str| judged(dialect, &request, &reply(dialect, text, whole(dialect))).1;
            assert_eq!(said(&answer(0.6)), Judged::Valid { n_views: 1 });
            assert!(matches!(said(&answer(6.0)), Judged::Refused { .. }));
            assert!(matches!(
                judged(dialect, &request, b"<html>"),
                (None, Judged::NoText { .. })
            ));
        }
    }

    #[test]
    fn what_is_no_request_has_no_words() {
        assert_eq!(words(Dialect::OpenAi, "{}"), None);
        assert_eq!(words(Dialect::OpenAi, "no"), None);
        assert!(asked("nothing").is_empty());
    }
}
