//! `[minds]`: which models may be asked, in which order, and for how much. Without a slot there is no such mind.

use super::budget::Caps;
use super::question::{Form, MAX_GAMES};
use super::slot::{Dialect, Slot, Structured};
use crate::api::{Provider, TokenPrice};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a person may set below `[minds]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MindSettings {
    /// The models.
    pub slots: Vec<SlotSettings>,
    /// Names of slots in the order they are asked, when one cannot answer; all slots in their order when empty.
    pub chain: Vec<String>,
    /// Which slots whoever asks models asks in turn, where not those of `chain`.
    pub agents: AgentChains,
    /// Whether models are told who plays and when: `named`, or `anonymous`.
    pub form: Form,
    /// Dollars a round of the table may cost.
    pub round_usd: f64,
    /// Dollars a UTC day may cost.
    pub day_usd: f64,
    /// Dollars a UTC month may cost.
    pub month_usd: f64,
    /// True when models answer with what was kept of them alone, and nobody is asked; of a process, not of a file.
    #[serde(skip)]
    pub kept_only: bool,
}

impl Default for MindSettings {
    /// No slot, and the caps a first slot starts with: a cup of coffee a month.
    fn default() -> MindSettings {
        MindSettings {
            slots: Vec::new(),
            chain: Vec::new(),
            agents: AgentChains::default(),
            form: Form::Named,
            round_usd: 0.10,
            day_usd: 0.25,
            month_usd: 3.0,
            kept_only: false,
        }
    }
}

/// `[minds.agents]`: names of slots, in the order they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentChains {
    /// Who reads the market: the seat at the table. `chain` when empty.
    pub market_intelligence: Vec<String>,
    /// Who thinks of strategies: a seat of the generation swarm. There is none when empty.
    pub strategy_analyst: Vec<String>,
}

/// One `[[minds.slots]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotSettings {
    /// Its name, for `chain` and for reasons.
    pub name: String,
    /// `anthropic`, `openai`, `xai` or `ollama`. With `base_url` alone: a server without a key that speaks as OpenAI does.
    pub provider: Option<Provider>,
    /// Where it is, when not at the provider's own address.
    pub base_url: Option<String>,
    /// The provider's name of the model.
    pub model: String,
    /// Dollars per million tokens read.
    #[serde(default)]
    pub input_usd: f64,
    /// Dollars per million tokens written.
    #[serde(default)]
    pub output_usd: f64,
    /// The longest answer, in tokens.
    #[serde(default = "max_tokens")]
    pub max_tokens: u32,
    /// Games asked about at once, in slate order; about the others it is silent.
    #[serde(default = "max_games")]
    pub max_games: usize,
    /// How the form of an answer is told to chat completions: `json_schema`, or `json_object`.
    #[serde(default)]
    pub structured: Structured,
    /// The day its training ended, such as `2025-07-31`.
    pub cutoff: NaiveDate,
    /// Seconds an answer may take.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
}

/// Sixteen games with three markets and their reasons.
fn max_tokens() -> u32 {
    6_000
}

fn max_games() -> usize {
    MAX_GAMES
}

fn timeout_s() -> u64 {
    60
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct BadMinds(pub Vec<String>);

/// The dearest price of a million tokens that is no typing error.
const MAX_USD_PER_MILLION: f64 = 1_000.0;
/// The largest cap that is no typing error.
const MAX_CAP_USD: f64 = 10_000.0;
/// A slot may be asked longer than this only if the round waits for it.
const MAX_TIMEOUT_S: u64 = 100;
const MAX_TOKENS: u32 = 64_000;
/// One question goes through this many slots at most.
const MAX_CHAIN: usize = 5;

impl SlotSettings {
    /// Whose account it uses, and how it is spoken to.
    pub(super) fn line(&self) -> (Provider, Dialect) {
        match (self.provider, &self.base_url) {
            // A server nobody has a key for stands where Ollama would: free, on this machine, one call at a time.
            (None, _) => (Provider::Ollama, Dialect::Compatible),
            (Some(Provider::OpenAi), Some(_)) => (Provider::OpenAi, Dialect::Compatible),
            (Some(Provider::Anthropic), _) => (Provider::Anthropic, Dialect::Anthropic),
            (Some(Provider::Xai), _) => (Provider::Xai, Dialect::Xai),
            (Some(Provider::Ollama), _) => (Provider::Ollama, Dialect::Ollama),
            (Some(other), _) => (other, Dialect::OpenAi),
        }
    }

    /// The base without the `/v1` that every path begins with.
    pub(super) fn base(&self) -> Option<String> {
        let url = self.base_url.as_deref()?.trim().trim_end_matches('/');
        Some(url.strip_suffix("/v1").unwrap_or(url).to_owned())
    }

    fn slot(&self) -> Slot {
        let (provider, dialect) = self.line();
        Slot {
            name: self.name.as_str().into(),
            provider,
            dialect,
            model: self.model.clone(),
            price: TokenPrice {
                input_nanos: nanos(self.input_usd),
                output_nanos: nanos(self.output_usd),
            },
            max_tokens: self.max_tokens,
            max_games: self.max_games,
            structured: self.structured,
            cutoff: self.cutoff,
            timeout: Duration::from_secs(self.timeout_s),
        }
    }

    fn faults(&self, wrong: &mut Vec<String>) {
        let mut must = |holds: bool, field: &str, must: &str| {
            if !holds {
                wrong.push(format!("minds.slots {}: {field}: {must}", self.name));
            }
        };
        let named = !self.name.is_empty()
            && self.name.len() <= 40
            && self
                .name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        must(
            named,
            "name",
            "at most 40 letters, digits, dots, hyphens and underscores",
        );
        must(
            self.provider.is_some() || self.base_url.is_some(),
            "provider",
            "name one, or a base_url",
        );
        must(
            self.provider.is_none_or(Provider::is_llm),
            "provider",
            "one of anthropic, openai, xai and ollama",
        );
        let url = |u: &String| u.starts_with("http://") || u.starts_with("https://");
        must(
            self.base_url.as_ref().is_none_or(url),
            "base_url",
            "it begins with http:// or https://",
        );
        must(!self.model.trim().is_empty(), "model", "it must be named");
        let priced = |usd: f64| (0.0..=MAX_USD_PER_MILLION).contains(&usd);
        let price = "dollars per million tokens, from 0 to 1000";
        must(priced(self.input_usd), "input_usd", price);
        must(priced(self.output_usd), "output_usd", price);
        must(
            (1..=MAX_TOKENS).contains(&self.max_tokens),
            "max_tokens",
            "from 1 to 64000",
        );
        must((1..=MAX_GAMES).contains(&self.max_games), "max_games", "from 1 to 20");
        must(
            (1..=MAX_TIMEOUT_S).contains(&self.timeout_s),
            "timeout_s",
            "from 1 to 100: the table does not wait longer",
        );
        let billed = !matches!(self.provider, None | Some(Provider::Ollama));
        must(
            !billed || self.base_url.is_some() || (self.input_usd > 0.0 && self.output_usd > 0.0),
            "input_usd",
            "a billed model needs both prices, or no cap can hold",
        );
    }
}

/// Billionths of a dollar a token, rounded up: a price is never understated.
fn nanos(usd_per_million: f64) -> u64 {
    (usd_per_million * 1_000.0).ceil() as u64
}

fn micros(usd: f64) -> u64 {
    (usd * 1e6).floor() as u64
}

impl MindSettings {
    /// True when there is no model to ask.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Refuses what cannot be asked or paid; `taken` are base URLs set elsewhere.
    ///
    /// # Errors
    /// [`BadMinds`] with every mistake.
    pub fn check(&self, taken: &BTreeMap<Provider, String>) -> Result<(), BadMinds> {
        let mut wrong = Vec::new();
        let mut names = BTreeSet::new();
        for slot in &self.slots {
            slot.faults(&mut wrong);
            if !names.insert(slot.name.as_str()) {
                wrong.push(format!("minds.slots {}: there are two of that name", slot.name));
            }
        }
        let chains = [
            ("chain", &self.chain),
            ("agents.market_intelligence", &self.agents.market_intelligence),
            ("agents.strategy_analyst", &self.agents.strategy_analyst),
        ];
        for (field, chain) in chains {
            for name in chain.iter().filter(|name| !names.contains(name.as_str())) {
                wrong.push(format!("minds.{field}: there is no slot {name}"));
            }
            if chain.len() > MAX_CHAIN {
                wrong.push(format!("minds.{field}: at most {MAX_CHAIN} slots are asked in turn"));
            }
        }
        if self.names().len() > MAX_CHAIN {
            wrong.push(format!("minds.chain: at most {MAX_CHAIN} slots are asked in turn"));
        }
        let caps = [
            ("round_usd", self.round_usd),
            ("day_usd", self.day_usd),
            ("month_usd", self.month_usd),
        ];
        for (name, usd) in caps {
            if !(0.0..=MAX_CAP_USD).contains(&usd) {
                wrong.push(format!("minds.{name} = {usd}: dollars, from 0 to 10000"));
            }
        }
        if self.round_usd > self.day_usd || self.day_usd > self.month_usd {
            wrong.push("minds: a round may not cost more than a day, nor a day more than a month".to_owned());
        }
        self.conflicts(taken, &mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(BadMinds(wrong)) }
    }

    /// One account has one address: its limits and its breaker are those of one server.
    fn conflicts(&self, taken: &BTreeMap<Provider, String>, wrong: &mut Vec<String>) {
        let mut at: BTreeMap<Provider, Option<String>> = taken
            .iter()
            .map(|(provider, url)| (*provider, Some(url.clone())))
            .collect();
        for slot in &self.slots {
            let (provider, _) = slot.line();
            let base = slot.base();
            // A slot without an address of its own goes to wherever its provider is set to be.
            if base.is_none() && taken.contains_key(&provider) {
                continue;
            }
            let known = at.entry(provider).or_insert_with(|| base.clone());
            if *known != base {
                let name = &slot.name;
                wrong.push(format!(
                    "minds.slots {name}: base_url: {provider} has another address already, and can have one only"
                ));
            }
        }
    }

    /// Where slots say their providers are.
    pub fn base_urls(&self) -> BTreeMap<Provider, String> {
        let of = |slot: &SlotSettings| Some((slot.line().0, slot.base()?));
        self.slots.iter().filter_map(of).collect()
    }

    fn names(&self) -> Vec<&str> {
        let own = &self.agents.market_intelligence;
        let chain = if own.is_empty() { &self.chain } else { own };
        if chain.is_empty() {
            self.slots.iter().map(|slot| slot.name.as_str()).collect()
        } else {
            chain.iter().map(String::as_str).collect()
        }
    }

    fn named(&self, names: &[&str]) -> Arc<[Slot]> {
        let slot = |name: &&str| self.slots.iter().find(|slot| slot.name == *name);
        let chain = names.iter().filter_map(slot);
        chain.map(SlotSettings::slot).collect()
    }

    /// The slots the seat at the table asks, in their order.
    pub fn chain(&self) -> Arc<[Slot]> {
        self.named(&self.names())
    }

    /// The slots the seat of the generation swarm asks, in their order; none when there is no such seat.
    pub fn strategists(&self) -> Arc<[Slot]> {
        let names: Vec<&str> = self.agents.strategy_analyst.iter().map(String::as_str).collect();
        self.named(&names)
    }

    /// What may be spent.
    pub fn caps(&self) -> Caps {
        Caps {
            round_micros: micros(self.round_usd),
            day_micros: micros(self.day_usd),
            month_micros: micros(self.month_usd),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::minds::llm) fn slot(
        name: &str,
        provider: Option<Provider>,
        base_url: Option<&str>,
    ) -> SlotSettings {
        SlotSettings {
            name: name.to_owned(),
            provider,
            base_url: base_url.map(str::to_owned),
            model: "m".to_owned(),
            input_usd: 3.0,
            output_usd: 15.0,
            max_tokens: max_tokens(),
            max_games: max_games(),
            structured: Structured::JsonSchema,
            cutoff: "2025-07-31".parse().unwrap(),
            timeout_s: timeout_s(),
        }
    }

    pub(in crate::minds::llm) fn settings(slots: Vec<SlotSettings>) -> MindSettings {
        MindSettings {
            slots,
            ..MindSettings::default()
        }
    }

    fn wrong(settings: &MindSettings) -> Vec<String> {
        settings.check(&BTreeMap::new()).unwrap_err().0
    }

    #[test]
    fn nothing_set_is_nothing_asked() {
        let none = MindSettings::default();
        assert!(none.is_empty() && none.chain().is_empty() && none.check(&BTreeMap::new()).is_ok());
    }

    #[test]
    fn every_mistake_is_named() {
        let bad = SlotSettings {
            name: "two words".to_owned(),
            model: " ".to_owned(),
            input_usd: f64::NAN,
            max_tokens: 0,
            max_games: 0,
            timeout_s: 0,
            ..slot("", Some(Provider::Espn), Some("ftp://x"))
        };
        let all = MindSettings {
            chain: vec!["nobody".to_owned()],
            agents: AgentChains {
                strategy_analyst: vec!["no-one".to_owned()],
                ..AgentChains::default()
            },
            day_usd: -1.0,
            ..settings(vec![bad, slot("a", None, None), slot("a", None, None)])
        };
        let said = wrong(&all).join("\n");
        for part in [
            "two words: name:",
            "two words: provider: one of",
            "base_url: it begins",
            "model:",
            "input_usd: dollars",
            "max_tokens:",
            "max_games:",
            "timeout_s:",
            "a: provider: name one",
            "a: there are two",
            "chain: there is no slot nobody",
            "agents.strategy_analyst: there is no slot no-one",
            "minds.day_usd = -1",
            "a round may not cost more",
        ] {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
    }

    #[test]
    fn an_account_has_one_address() {
        let two = settings(vec![
            slot("a", None, Some("http://127.0.0.1:8080/v1")),
            slot("b", None, Some("http://127.0.0.1:8080/")),
            slot("c", None, Some("http://127.0.0.1:9090")),
        ]);
        assert_eq!(wrong(&two).len(), 1, "{:?}", wrong(&two));
        let one = settings(vec![slot("a", Some(Provider::Xai), Some("https://x.example/v1"))]);
        let elsewhere = BTreeMap::from([(Provider::Xai, "https://y.example".to_owned())]);
        assert!(one.check(&elsewhere).is_err());
        assert!(
            settings(vec![slot("a", Some(Provider::Xai), None)])
                .check(&elsewhere)
                .is_ok()
        );
        assert_eq!(
            one.base_urls().get(&Provider::Xai).map(String::as_str),
            Some("https://x.example")
        );
    }

    #[test]
    fn the_chain_is_in_the_order_asked_for_and_a_slot_may_be_in_it_twice() {
        let two = MindSettings {
            chain: vec!["b".to_owned(), "b".to_owned(), "a".to_owned()],
            ..settings(vec![
                slot("a", Some(Provider::Anthropic), None),
                slot("b", Some(Provider::OpenAi), Some("https://compatible.example")),
            ])
        };
        assert_eq!(two.check(&BTreeMap::new()), Ok(()));
        let chain = two.chain();
        let names: Vec<&str> = chain.iter().map(|s| &*s.name).collect();
        assert_eq!(names, ["b", "b", "a"]);
        assert_eq!(chain[0].dialect, Dialect::Compatible);
        assert_eq!(chain[2].price.output_nanos, 15_000);
        assert_eq!(two.caps().round_micros, 100_000);
    }
}
