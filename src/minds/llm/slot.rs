//! A slot: one model at one place, with its price and the day its knowledge ends.

use crate::api::{Provider, TokenPrice};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a model is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's chat completions.
    OpenAi,
    /// xAI's chat completions.
    Xai,
    /// Ollama's chat.
    Ollama,
    /// Chat completions as other servers offer them, which still call the limit of an answer `max_tokens`.
    Compatible,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Dialect; 5] = [
        Dialect::Anthropic,
        Dialect::OpenAi,
        Dialect::Xai,
        Dialect::Ollama,
        Dialect::Compatible,
    ];

    /// Its word where calls are kept.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Anthropic => "anthropic",
            Dialect::OpenAi => "openai",
            Dialect::Xai => "xai",
            Dialect::Ollama => "ollama",
            Dialect::Compatible => "compatible",
        }
    }

    /// The one of a [`Dialect::name`].
    pub fn of_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The path below a base URL.
    pub fn path(self) -> &'static str {
        match self {
            Dialect::Anthropic => "/v1/messages",
            Dialect::OpenAi | Dialect::Xai | Dialect::Compatible => "/v1/chat/completions",
            Dialect::Ollama => "/api/chat",
        }
    }
}

/// How chat completions are told the form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// `response_format` of the type `json_schema`, as OpenAI has it and most servers do.
    #[default]
    JsonSchema,
    /// `response_format` of the type `json_object` with the schema beside it, as llama.cpp's older servers have it.
    JsonObject,
}

/// A model that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name in settings, reasons and output.
    pub name: Arc<str>,
    /// Whose account, limits and key it uses.
    pub provider: Provider,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The provider's name of the model.
    pub model: String,
    /// What its tokens cost.
    pub price: TokenPrice,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// Games asked about at once: a small model's window holds few.
    pub max_games: usize,
    /// How it is told the form of an answer, where its dialect has more than one way.
    pub structured: Structured,
    /// The day its training ended: it may know how games before that day ended.
    pub cutoff: NaiveDate,
    /// How long one answer may take.
    pub timeout: Duration,
}

impl Slot {
    /// Whether the model may have read how a game ended.
    pub fn may_know(&self, kickoff: DateTime<Utc>) -> bool {
        kickoff < self.cutoff.and_time(NaiveTime::MIN).and_utc()
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}
