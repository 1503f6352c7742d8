//! Settings a person may change, with the defaults of production, and the fingerprint that names them in every result.

use crate::agents::orchestrator::OrchestratorSettings;
use crate::agents::specialists::risk_manager::RiskLimits;
use crate::api::policy::{ApiSettings, BadApiSetting};
use crate::api::{Provider, ProviderPolicy};
use crate::domain::money::{Cents, MoneyError};
use crate::domain::quote::Book;
use crate::minds::llm::{BadMinds, MindSettings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The paper bankroll, as `1000.00`; one unit is 1% of it.
    pub bankroll: String,
    /// Books you can bet at, by name; every known price counts when none are named.
    pub books: Vec<String>,
    /// The seed of every random stream.
    pub seed: u64,
    /// Limits on stakes and exposure.
    pub risk: RiskLimits,
    /// Where the services are, and how often they may be asked.
    pub api: ApiSettings,
    /// Which language models sit at the table, and for how much; none when there is no slot.
    pub minds: MindSettings,
    /// What the orchestrator may do by itself.
    pub orchestrator: OrchestratorSettings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            bankroll: "1000.00".to_owned(),
            books: Vec::new(),
            seed: 1,
            risk: RiskLimits::default(),
            api: ApiSettings::default(),
            minds: MindSettings::default(),
            orchestrator: OrchestratorSettings::default(),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the settings cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not valid TOML, or names something that is no setting.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, column and what is wrong there.
        reason: String,
    },
    /// A value is out of range.
    #[error("{name} = {value}: {must}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        must: &'static str,
    },
    /// Something below `[api]` cannot be used.
    #[error(transparent)]
    Api(#[from] BadApiSetting),
    /// Something below `[minds]` cannot be used.
    #[error(transparent)]
    Minds(#[from] BadMinds),
    /// The bankroll is no amount.
    #[error("bankroll: {0}")]
    Bankroll(#[from] MoneyError),
}

impl Settings {
    /// The settings of a file; the defaults when there is none.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, line and setting.
    pub fn load(path: &Path) -> Result<Settings, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let settings: Settings = toml::from_str(&text).map_err(|e| ConfigError::Invalid {
            path: path.to_owned(),
            reason: e.to_string(),
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// Refuses values no table could play with.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first one.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.bankroll()? <= Cents::ZERO {
            let must = "the bankroll must be above zero";
            return Err(ConfigError::Value {
                name: "bankroll",
                value: self.bankroll.clone(),
                must,
            });
        }
        let r = &self.risk;
        let shares = [
            ("risk.kelly_fraction", r.kelly_fraction),
            ("risk.per_game", r.per_game),
            ("risk.per_day", r.per_day),
            ("risk.per_week", r.per_week),
            ("risk.unit", r.unit),
        ];
        for (name, value) in shares {
            if !(value > 0.0 && value <= 1.0) {
                let must = "it is a share of the bankroll: above 0 and at most 1";
                return Err(ConfigError::Value {
                    name,
                    value: value.to_string(),
                    must,
                });
            }
        }
        if !(r.min_units >= 0.0 && r.min_units.is_finite()) {
            let must = "it is a number of units, zero or more";
            return Err(ConfigError::Value {
                name: "risk.min_units",
                value: r.min_units.to_string(),
                must,
            });
        }
        self.api.check()?;
        Ok(self.minds.check(&self.api.base_urls)?)
    }

    /// Where providers are that are not at their own address.
    pub fn base_urls(&self) -> BTreeMap<Provider, String> {
        let mut urls = self.minds.base_urls();
        urls.extend(self.api.base_urls.clone());
        urls
    }

    /// How each provider is asked. A model that sits at the table is tried once a call: who may be asked next, and what is
    /// left for it, is decided by the one who asks.
    pub fn policies(&self) -> BTreeMap<Provider, ProviderPolicy> {
        let mut policies = self.api.policies();
        let strategists = self.minds.strategists();
        for slot in self.minds.chain().iter().chain(strategists.iter()) {
            if let Some(policy) = policies.get_mut(&slot.provider) {
                policy.retry.max_attempts = 1;
            }
        }
        policies
    }

    /// The bankroll.
    ///
    /// # Errors
    /// [`MoneyError`] when it is no amount of money.
    pub fn bankroll(&self) -> Result<Cents, MoneyError> {
        Cents::parse(&self.bankroll)
    }

    /// The books, when any are named.
    pub fn books(&self) -> Option<Vec<Book>> {
        (!self.books.is_empty()).then(|| self.books.iter().map(|b| Book::new(b)).collect())
    }

    /// Ten hexadecimal digits that change when any setting does that bears on a decision. Where answers come from does not;
    /// what they said is in the data's own hash.
    pub fn fingerprint(&self) -> String {
        // The bankroll counts as an amount: `1000` and `1,000.00` are one setting.
        let mut text = format!("{:?}/{:?}/{}/{:?}", self.bankroll(), self.books(), self.seed, self.risk);
        // Where a model is decides nothing, which one it is does; without one the text is as it was before there were any.
        if !self.minds.is_empty() {
            let minds = &self.minds;
            text.push_str(&format!("/{:?}/{:?}/{:?}", minds.chain(), minds.form, minds.caps()));
        }
        // Experiments bear on nothing until they are kept, and a round's id says so then.
        if self.orchestrator.plan_caps {
            text.push_str("/plan_caps");
        }
        Sha256::digest(text)
            .iter()
            .take(5)
            .map(|b| format!("{b:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let load = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Settings::load(&path).map_err(|e| e.to_string())
        };
        assert_eq!(load(""), Ok(Settings::default()));
        assert!(load("bankrol = \"5\"").unwrap_err().contains("unknown field `bankrol`"));
        assert!(
            load("[risk]\nper_game = 2.0")
                .unwrap_err()
                .starts_with("risk.per_game = 2")
        );
        assert!(
            load("bankroll = \"a lot\"")
                .unwrap_err()
                .contains("not an amount of money")
        );
        let slot = "[[minds.slots]]\nname = \"a\"\nprovider = \"espn\"\nmodel = \"\"\ncutoff = \"2025-01-31\"";
        let said = load(slot).unwrap_err();
        assert!(
            said.contains("a: provider: one of") && said.contains("a: model:"),
            "{said}"
        );
        let books = load("books = [\"Pinnacle\"]").unwrap().books().unwrap();
        assert_eq!(books[0].as_str(), "pinnacle");
    }

    #[test]
    fn a_model_at_the_table_changes_the_fingerprint_and_none_does_not() {
        let without: Settings = toml::from_str("[minds]\nday_usd = 1.0").unwrap();
        assert_eq!(without.fingerprint(), Settings::default().fingerprint());
        assert_eq!(without.policies(), Settings::default().policies());
        let text = "[[minds.slots]]\nname = \"local\"\nbase_url = \"http://127.0.0.1:8080/v1\"\nmodel = \"m\"\n\
                    cutoff = \"2025-01-31\"\n[minds]\nday_usd = 1.0";
        let with: Settings = toml::from_str(text).unwrap();
        assert!(with.check().is_ok());
        assert_ne!(with.fingerprint(), Settings::default().fingerprint());
        assert_eq!(with.policies()[&Provider::Ollama].retry.max_attempts, 1);
        assert_eq!(with.base_urls()[&Provider::Ollama], "http://127.0.0.1:8080");
    }
}
