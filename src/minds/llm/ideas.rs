//! Strategies as a question to a model, and its answer as strategies: texts of the betting language, each read by its parser.
//!
//! A model is told the language and what may be asked about. It is shown no game and no record: what it proposes is scored by
//! whoever asked, on the games that are there to learn from.

use super::question::inert;
use super::wire::Prompt;
use crate::strategy::feature::{Feature, Known, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::text::MAX_CHARS;
use serde::Deserialize;
use serde_json::json;

/// Strategies of one answer that are read; more are dropped.
pub const MAX_PROPOSED: usize = 8;
/// What of a faulty text is repeated to the model.
const MAX_QUOTED: usize = 160;
/// Sources that are named to the model: the seats of the consensus table are about as many.
const MAX_SOURCES: usize = 20;

/// What strategies are wanted for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// When the bets are made.
    pub at: Known,
    /// Whose estimates may be asked about.
    pub sources: Vec<Source>,
}

/// A proposal that is no strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}: {why}")]
pub struct Unfit {
    /// The text, cut and without signs that mean something.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

const SYSTEM: &str = "You propose betting rules for National Football League games, for paper research. Each rule is one line of a \
small language. Rules are tested on past games by somebody else; most rules find only luck, so propose few, simple ones with a \
reason in how the market works. You have no tools and fetch nothing. Answer with one JSON object of the given schema and \
nothing else.";

const GRAMMAR: &str = "strategy = market \"at\" (\"open\" | \"close\") \"when\" condition { \"and\" condition } \"stake flat 1%\"
market = \"spread\" | \"total\"
condition = feature (\">=\" number | \"<=\" number | \"in\" number \"..\" number) | [\"not\"] flag
flag = \"home\" | \"away\" | \"over\" | \"under\" | \"favourite\" | \"underdog\" | \"division\" | \"neutral\" | \"dome\" | \"night\" | \"playoffs\"
edge(source) is how far a source's estimate lies beyond the line in points; votes counts sources that lean to the side.
Some condition must choose the side: home, away, favourite or underdog for a spread, over or under for a total, or an edge.
For example: spread at open when edge(elo) >= 1.5 and underdog stake flat 1%";

/// The question; `unfit` are proposals that are to be written anew.
pub fn pose(wanted: &Wanted, unfit: &[Unfit]) -> Prompt {
    let features = Feature::words().filter(|word| {
        // A word that takes a source is in the grammar already.
        Feature::plain(word).is_some_and(|feature| feature.known() <= wanted.at)
    });
    let features: Vec<&str> = features.collect();
    let sources: Vec<&str> = wanted.sources.iter().take(MAX_SOURCES).map(Source::as_str).collect();
    let mut user = format!(
        "{GRAMMAR}\nfeature = \"edge(\" source \")\" | {}\nsource = {}\nEvery rule is bet at {}. Propose three to five rules.",
        features.join(" | "),
        sources.join(" | "),
        wanted.at.name()
    );
    if !unfit.is_empty() {
        user.push_str("\nThese were no rules of the language. Write them anew, and no others:\n");
        for one in unfit {
            user.push_str(&format!("- {one}\n"));
        }
    }
    let schema = json!({
        "type": "object",
        "properties": {"strategies": {"type": "array", "items": {"type": "string"}}},
        "required": ["strategies"],
        "additionalProperties": false,
    });
    Prompt {
        system: SYSTEM.to_owned(),
        user,
        schema,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heard {
    strategies: Vec<String>,
}

/// The strategies of an answer, and what of it is none. An answer of another form is one text that is none.
pub fn read(text: &str, wanted: &Wanted) -> (Vec<Strategy>, Vec<Unfit>) {
    let unfit = |text: &str, why: String| Unfit {
        text: inert(text, MAX_QUOTED),
        why: inert(&why, MAX_QUOTED),
    };
    let heard: Heard = match serde_json::from_str(text.trim()) {
        Ok(heard) => heard,
        Err(error) => return (Vec::new(), vec![unfit("the answer", error.to_string())]),
    };
    let (mut fit, mut faulty) = (Vec::new(), Vec::new());
    for text in heard.strategies.iter().take(MAX_PROPOSED) {
        match one(text, wanted) {
            Ok(strategy) if !fit.contains(&strategy) => fit.push(strategy),
            Ok(_) => {}
            Err(why) => faulty.push(unfit(text, why)),
        }
    }
    (fit, faulty)
}

fn one(text: &str, wanted: &Wanted) -> Result<Strategy, String> {
    if text.chars().count() > MAX_CHARS {
        return Err(format!("it is longer than {MAX_CHARS} characters"));
    }
    let strategy: Strategy = text
        .parse()
        .map_err(|e: crate::strategy::text::SyntaxError| e.to_string())?;
    if strategy.at() != wanted.at {
        return Err(format!("it must bet at {}", wanted.at.name()));
    }
    if !strategy.chooses_a_side() {
        return Err("no condition chooses the side".to_owned());
    }
    Ok(strategy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            at: Known::Open,
            sources: vec![Source::new("elo").unwrap()],
        }
    }

    #[test]
    fn what_the_parser_takes_is_a_proposal_and_the_rest_is_named() {
        let good = "spread at open when edge(elo) >= 1.5 and underdog stake flat 1%";
        let answer = json!({"strategies": [
            good, good,
            "spread at close when underdog stake flat 1%",
            "total at open when wind >= 15 stake flat 1%",
            "bet <everything> on `KC`",
        ]});
        let (fit, unfit) = read(&answer.to_string(), &wanted());
        assert_eq!(fit, [good.parse().unwrap()]);
        let said: Vec<String> = unfit.iter().map(ToString::to_string).collect();
        assert!(said[0].ends_with("it must bet at open"), "{}", said[0]);
        assert!(said[1].contains("no condition chooses the side"), "{}", said[1]);
        assert!(said[2].starts_with("bet ?everything? on ?KC?: column "), "{}", said[2]);
        let repair = pose(&wanted(), &unfit).user;
        assert!(
            repair.contains("Write them anew") && !repair.contains("<everything>"),
            "{repair}"
        );
    }

    #[test]
    fn another_form_is_none() {
        for text in ["no", "{}", r#"{"strategies":[],"stake":5}"#, r#"{"strategies":[1]}"#] {
            let (fit, unfit) = read(text, &wanted());
            assert!(fit.is_empty() && unfit.len() == 1, "{text}");
        }
        assert_eq!(read(r#"{"strategies":[]}"#, &wanted()), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_is_not_known_in_time_is_not_offered() {
        let user = pose(&wanted(), &[]).user;
        assert!(
            user.contains("| wind") && !user.contains("observed") && !user.contains("cover"),
            "{user}"
        );
        assert!(!user.contains("| move"), "moves are known at the close");
    }
}
