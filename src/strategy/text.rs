//! The text form of a strategy: read with errors that name the token and its column, written in canonical form.
//!
//! ```text
//! strategy  = market "at" ("open" | "close") [ "when" condition { "and" condition } ] "stake" stake
//! market    = "spread" | "total" | "moneyline"
//! condition = feature ( ">=" number | "<=" number | "in" number ".." number ) | [ "not" ] flag
//! feature   = ("edge" | "value") "(" source ")" | "votes" | "against" | "line" | "spread" | "total" | "price" | "week" | ...
//! flag      = "home" | "away" | "over" | "under" | "favourite" | "underdog" | "division" | "neutral" | "dome" | ...
//! stake     = "flat" number "%" | "kelly" "(" source ")" number "%" "cap" number "%"
//! ```

use super::condition::{Condition, Hundredths};
use super::feature::{FLAGS, Feature, Flag, Known, SOURCED, Source};
use super::rule::{Strategy, Unsound};
use super::stake::Stake;
use crate::domain::quote::Market;
use std::fmt;
use std::str::FromStr;

/// Why a text is no strategy: where, what stood there, and what would have been right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {found}: {problem}")]
pub struct SyntaxError {
    /// Column of the token, from 1, in characters.
    pub column: usize,
    /// The token.
    pub found: Found,
    /// What is wrong with it and what to write.
    pub problem: String,
}

/// A token as it is quoted in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A word, number or sign.
    Token(String),
    /// The text was over.
    End,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Token(token) => write!(f, "`{token}`"),
            Found::End => f.write_str("end of text"),
        }
    }
}

/// Longer texts are no strategy: the longest canonical one has some 400 characters.
pub const MAX_CHARS: usize = 2_000;

impl FromStr for Strategy {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Strategy, SyntaxError> {
        let tokens = lex(text)?;
        let end = text.chars().count() + 1;
        Reader { tokens, at: 0, end }.strategy()
    }
}

impl TryFrom<String> for Strategy {
    type Error = SyntaxError;

    fn try_from(text: String) -> Result<Strategy, SyntaxError> {
        text.parse()
    }
}

impl From<Strategy> for String {
    fn from(strategy: Strategy) -> String {
        strategy.to_string()
    }
}

#[derive(Clone, Debug)]
struct Token {
    column: usize,
    text: String,
}

/// Words, numbers, and the signs of the language; anything else is named with its column.
fn lex(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let fault = |at: usize, found: String, problem: &str| SyntaxError {
        column: at + 1,
        found: Found::Token(found),
        problem: problem.to_owned(),
    };
    if chars.len() > MAX_CHARS {
        let problem = format!("a strategy has at most {MAX_CHARS} characters");
        return Err(fault(MAX_CHARS, chars[MAX_CHARS].to_string(), &problem));
    }
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let c = chars[i];
        let next = chars.get(i + 1).copied();
        if c.is_whitespace() {
            i += 1;
            continue;
        } else if c.is_ascii_alphabetic() {
            while i < chars.len() && (chars[i].is_ascii_alphanumeric() || chars[i] == '_') {
                i += 1;
            }
        } else if c.is_ascii_digit() || (c == '-' && next.is_some_and(|n| n.is_ascii_digit())) {
            i += 1;
            while i < chars.len() && chars[i].is_ascii_digit() {
                i += 1;
            }
            let fraction = chars.get(i) == Some(&'.') && chars.get(i + 1).is_some_and(char::is_ascii_digit);
            if fraction {
                i += 1;
                while i < chars.len() && chars[i].is_ascii_digit() {
                    i += 1;
                }
            }
        } else if matches!((c, next), ('>' | '<', Some('=')) | ('.', Some('.'))) {
            i += 2;
        } else if matches!(c, '(' | ')' | '%') {
            i += 1;
        } else if matches!(c, '>' | '<' | '=') {
            return Err(fault(
                start,
                c.to_string(),
                "bounds include their ends: write `>=`, `<=` or `in A..B`",
            ));
        } else {
            return Err(fault(start, c.to_string(), "no word of the language begins so"));
        }
        tokens.push(Token {
            column: start + 1,
            text: chars[start..i].iter().collect(),
        });
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
}

type Read<T> = Result<T, SyntaxError>;

impl Reader {
    fn strategy(mut self) -> Read<Strategy> {
        let word = self.next();
        let market = match word.as_ref().map(|t| t.text.as_str()) {
            Some("spread") => Market::Spread,
            Some("total") => Market::Total,
            Some("moneyline") => Market::Moneyline,
            _ => return Err(self.expected_before("a strategy begins with its market: spread, total or moneyline")),
        };
        self.word("at", "then comes `at open` or `at close`")?;
        let at = match self.next().as_ref().map(|t| t.text.as_str()) {
            Some("open") => Known::Open,
            Some("close") => Known::Close,
            _ => return Err(self.expected_before("a bet is made at `open` or at `close`")),
        };
        let mut conditions = Vec::new();
        let mut places = Vec::new();
        if self.peek() == Some("when") {
            self.at += 1;
            loop {
                places.push(self.column());
                conditions.push(self.condition()?);
                if self.peek() != Some("and") {
                    break;
                }
                self.at += 1;
            }
        }
        self.word("stake", "then comes `and` with another condition, or `stake`")?;
        let place = self.column();
        let stake = self.stake()?;
        if let Some(token) = self.next() {
            return Err(fault_at(&token, "the strategy is over before this"));
        }
        self.build(market, at, conditions, &places, (stake, place))
    }

    /// Adds one condition after the other, so that a fault is told at the condition that makes it.
    fn build(
        &self,
        market: Market,
        at: Known,
        conditions: Vec<Condition>,
        places: &[usize],
        (stake, place): (Stake, usize),
    ) -> Read<Strategy> {
        let mut sound = Vec::new();
        for (condition, column) in conditions.into_iter().zip(places) {
            sound.push(condition);
            Strategy::new(market, at, sound.clone(), Stake::one_percent())
                .map_err(|unsound| self.told(*column, &unsound))?;
        }
        Strategy::new(market, at, sound, stake).map_err(|unsound| self.told(place, &unsound))
    }

    fn told(&self, column: usize, unsound: &Unsound) -> SyntaxError {
        let token = self.tokens.iter().find(|t| t.column == column);
        SyntaxError {
            column,
            found: token.map_or(Found::End, |t| Found::Token(t.text.clone())),
            problem: unsound.to_string(),
        }
    }

    fn condition(&mut self) -> Read<Condition> {
        let denied = self.peek() == Some("not");
        if denied {
            self.at += 1;
        }
        let Some(token) = self.next() else {
            return Err(self.expected_before("a condition is missing"));
        };
        if let Some((flag, up)) = flag(&token.text) {
            return Ok(Condition::Is { flag, up: up != denied });
        }
        if denied {
            return Err(fault_at(&token, "`not` stands before a flag, such as `not division`"));
        }
        let feature = self.feature(&token)?;
        self.bounds(feature)
    }

    fn feature(&mut self, token: &Token) -> Read<Feature> {
        if SOURCED.contains(&token.text.as_str()) {
            let source = self.source()?;
            let feature = Feature::sourced(&token.text, source);
            return feature.ok_or_else(|| fault_at(token, "it takes no source"));
        }
        Feature::plain(&token.text).ok_or_else(|| {
            let words: Vec<&str> = Feature::words().chain(FLAGS.iter().map(|(_, word, _)| *word)).collect();
            fault_at(
                token,
                &format!("there is no such feature or flag; there are {}", words.join(", ")),
            )
        })
    }

    fn source(&mut self) -> Read<Source> {
        self.word("(", "then comes a source in brackets, such as `(market_rating)`")?;
        let name = self.next();
        let source = name.as_ref().and_then(|t| Source::new(&t.text));
        let Some(source) = source else {
            return Err(self.expected_before("a source is a seat's name in lower case, or `swarm`"));
        };
        self.word(")", "the bracket is not closed")?;
        Ok(source)
    }

    fn bounds(&mut self, feature: Feature) -> Read<Condition> {
        let sign = self.next();
        match sign.as_ref().map(|t| t.text.as_str()) {
            Some(">=") => {
                let (low, high) = (Some(self.number()?), None);
                Ok(Condition::Within { feature, low, high })
            }
            Some("<=") => {
                let (low, high) = (None, Some(self.number()?));
                Ok(Condition::Within { feature, low, high })
            }
            Some("in") => {
                let low = Some(self.number()?);
                self.word("..", "a range is written `in 3..7`")?;
                let high = Some(self.number()?);
                Ok(Condition::Within { feature, low, high })
            }
            _ => Err(self.expected_before(&format!("{feature} needs a bound: `>= 1`, `<= 1` or `in 1..2`"))),
        }
    }

    fn stake(&mut self) -> Read<Stake> {
        match self.next().as_ref().map(|t| t.text.as_str()) {
            Some("flat") => Ok(Stake::Flat {
                percent: self.percent()?,
            }),
            Some("kelly") => {
                let source = self.source()?;
                let percent = self.percent()?;
                self.word("cap", "a Kelly stake has a cap: `cap 2%`")?;
                let cap = self.percent()?;
                Ok(Stake::Kelly { source, percent, cap })
            }
            _ => Err(self.expected_before("a stake is `flat 1%` or `kelly(swarm) 25% cap 2%`")),
        }
    }

    fn percent(&mut self) -> Read<Hundredths> {
        let number = self.number()?;
        self.word("%", "a share is written with `%`")?;
        Ok(number)
    }

    fn number(&mut self) -> Read<Hundredths> {
        let token = self.next();
        let number = token.as_ref().and_then(|t| hundredths(&t.text));
        number.ok_or_else(|| self.expected_before("a number with at most two decimals is expected, such as `2.5`"))
    }

    fn word(&mut self, word: &str, problem: &str) -> Read<()> {
        let fits = self.next().is_some_and(|t| t.text == word);
        if fits {
            Ok(())
        } else {
            Err(self.expected_before(problem))
        }
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(|t| t.text.as_str())
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |t| t.column)
    }

    /// The next token. Reading past the end moves on too, so that [`Reader::expected_before`] can tell.
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// The fault of the token just read.
    fn expected_before(&self, problem: &str) -> SyntaxError {
        match self.tokens.get(self.at.saturating_sub(1)) {
            Some(token) => fault_at(token, problem),
            None => SyntaxError {
                column: self.end,
                found: Found::End,
                problem: problem.to_owned(),
            },
        }
    }
}

fn fault_at(token: &Token, problem: &str) -> SyntaxError {
    SyntaxError {
        column: token.column,
        found: Found::Token(token.text.clone()),
        problem: problem.to_owned(),
    }
}

fn flag(word: &str) -> Option<(Flag, bool)> {
    FLAGS.iter().find_map(|(flag, name, contrary)| {
        if *name == word {
            Some((*flag, true))
        } else {
            (*contrary == Some(word)).then_some((*flag, false))
        }
    })
}

/// `-2.5` as -250; `None` for more than two decimals or beyond any number of the language.
fn hundredths(text: &str) -> Option<Hundredths> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 2 || whole.is_empty() || whole.len() > 6 {
        return None;
    }
    let whole: i32 = whole.parse().ok()?;
    let fraction: i32 = format!("{fraction:0<2}").parse().ok()?;
    Some(Hundredths(sign * (whole * 100 + fraction)))
}
