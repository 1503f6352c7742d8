//! Keys: where they are looked for, and what keeps them out of every text.

use crate::api::{Headers, Provider, Reply};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What stands in place of a key.
const REDACTED: &str = "[redacted]";
/// No key is longer; a file named by mistake is not read whole.
const MAX_KEY_BYTES: u64 = 4_096;
/// A shorter text is no key, and to hide it would blot out half of every message.
const MIN_KEY_CHARS: usize = 8;

/// Why a key cannot be used. The key itself is never part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error("{provider} needs a key: set {variable}, or {variable}_FILE to a file that holds it")]
    Missing {
        /// Whose.
        provider: Provider,
        /// The variable to set.
        variable: &'static str,
    },
    /// It is empty, or has spaces or line breaks or anything but printable ASCII inside, or is too short.
    #[error("the key in {source_name} cannot be one: {reason}")]
    Malformed {
        /// The variable or the file.
        source_name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file that should hold it cannot be read.
    #[error("{variable} names {}, which cannot be read: {reason}", path.display())]
    File {
        /// The variable that names it.
        variable: String,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The names of a provider's key in the environment, the first being the one that is advised; none for free providers.
pub fn variables(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::OddsApi => &["HUDDLE_ODDS_API_KEY", "ODDS_API_KEY"],
        Provider::Anthropic => &["ANTHROPIC_API_KEY"],
        Provider::OpenAi => &["OPENAI_API_KEY"],
        Provider::Xai => &["XAI_API_KEY"],
        Provider::Espn | Provider::OpenMeteo | Provider::Nws | Provider::Nflverse | Provider::Ollama => &[],
    }
}

/// Whether a provider answers nobody without a key.
pub fn needs_key(provider: Provider) -> bool {
    !variables(provider).is_empty()
}

/// The keys that were found, and what is wrong with others. No output of it shows a key.
#[derive(Clone, Default)]
pub struct Secrets {
    found: BTreeMap<Provider, Result<SecretString, SecretError>>,
}

impl Secrets {
    /// Looks for every provider's key: in the environment, in the file `<NAME>_FILE` names, in the systemd credential of the
    /// same name in lower case. `env` reads a variable. What is wrong with one key is kept beside it and stops no other.
    pub fn load(env: impl Fn(&str) -> Option<String>) -> Secrets {
        let keyed = Provider::ALL.into_iter().filter(|p| needs_key(*p));
        let found = keyed.filter_map(|provider| Some((provider, look(provider, &env)?)));
        Secrets { found: found.collect() }
    }

    /// A provider's key.
    ///
    /// # Errors
    /// [`SecretError`] with what to do.
    pub fn key(&self, provider: Provider) -> Result<&SecretString, SecretError> {
        match self.found.get(&provider) {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => Err(error.clone()),
            None => Err(SecretError::Missing {
                provider,
                variable: variables(provider).first().copied().unwrap_or("nothing"),
            }),
        }
    }

    /// What is wrong with keys that are there and cannot be used.
    pub fn faults(&self) -> Vec<(Provider, &SecretError)> {
        let faults = self
            .found
            .iter()
            .filter_map(|(p, found)| Some((*p, found.as_ref().err()?)));
        faults.collect()
    }

    /// What replaces all of these keys in any text.
    pub fn redactor(&self) -> Redactor {
        let keys = self.found.values().filter_map(|found| found.as_ref().ok());
        Redactor::new(keys.map(ExposeSecret::expose_secret))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |found: &Result<SecretString, SecretError>| match found {
            Ok(_) => "present".to_owned(),
            Err(error) => error.to_string(),
        };
        f.debug_map()
            .entries(self.found.iter().map(|(p, found)| (p.name(), shown(found))))
            .finish()
    }
}

/// The first place that has something, good or not: a faulty key is not passed over for another.
fn look(provider: Provider, env: &impl Fn(&str) -> Option<String>) -> Option<Result<SecretString, SecretError>> {
    let names = variables(provider);
    for name in names {
        if let Some(value) = env(name) {
            return Some(checked(&value, name));
        }
    }
    for name in names {
        let variable = format!("{name}_FILE");
        if let Some(path) = env(&variable) {
            return Some(from_file(Path::new(path.trim()), &variable));
        }
    }
    let folder = env("CREDENTIALS_DIRECTORY")?;
    let paths = names.iter().map(|name| Path::new(&folder).join(credential(name)));
    let path = paths.into_iter().find(|path| path.exists())?;
    Some(from_file(&path, "CREDENTIALS_DIRECTORY"))
}

/// `HUDDLE_ODDS_API_KEY` is the credential `odds_api_key`.
fn credential(variable: &str) -> String {
    let name = variable.to_ascii_lowercase();
    name.strip_prefix("huddle_").map_or(name.clone(), str::to_owned)
}

fn from_file(path: &Path, variable: &str) -> Result<SecretString, SecretError> {
    let mut text = String::new();
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|file| file.take(MAX_KEY_BYTES + 1).read_to_string(&mut text));
    read.map_err(|e| SecretError::File {
        variable: variable.to_owned(),
        path: path.to_owned(),
        reason: e.to_string(),
    })?;
    checked(&text, &path.display().to_string())
}

fn checked(text: &str, source_name: &str) -> Result<SecretString, SecretError> {
    let key = text.trim();
    let reason = match () {
        () if key.is_empty() => "it is empty",
        () if key.len() as u64 > MAX_KEY_BYTES => "it is longer than 4096 characters",
        () if key.contains(char::is_whitespace) => "it has spaces or line breaks inside",
        () if !key.bytes().all(|b| b.is_ascii_graphic()) => "it has characters that are not printable ASCII",
        () if key.len() < MIN_KEY_CHARS => "it is shorter than 8 characters",
        () => return Ok(SecretString::from(key)),
    };
    Err(SecretError::Malformed {
        source_name: source_name.to_owned(),
        reason,
    })
}

/// Replaces every known key in texts, as it is and as it stands in an address.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Vec<SecretString>,
}

impl Redactor {
    fn new<'a>(keys: impl Iterator<Item = &'a str>) -> Redactor {
        let mut needles: Vec<String> = Vec::new();
        for key in keys {
            let kept = |b: u8, extra: &[u8]| b.is_ascii_alphanumeric() || extra.contains(&b);
            let escaped = |extra: &'static [u8], lower: bool| -> String {
                let escape = |b: u8| match (kept(b, extra), lower) {
                    (true, _) => char::from(b).to_string(),
                    (false, false) => format!("%{b:02X}"),
                    (false, true) => format!("%{b:02x}"),
                };
                key.bytes().map(escape).collect()
            };
            needles.push(key.to_owned());
            // RFC 3986, HTML forms, and either in lower case.
            for extra in [b"-._~".as_slice(), b"-._*"] {
                needles.extend([escaped(extra, false), escaped(extra, true)]);
            }
        }
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        needles.dedup();
        Redactor {
            needles: needles.into_iter().map(SecretString::from).collect(),
        }
    }

    /// The text without keys.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in &self.needles {
            if text.contains(needle.expose_secret()) {
                text = text.replace(needle.expose_secret(), REDACTED);
            }
        }
        text
    }

    /// A reply without keys: error bodies and headers may repeat what was sent. The body of a success is left as it is.
    pub(super) fn reply(&self, reply: Reply) -> Reply {
        let headers = reply.headers.0.into_iter().map(|(n, v)| (n, self.text(&v))).collect();
        let body = match std::str::from_utf8(&reply.body) {
            Ok(text) if reply.status >= 400 && self.is_in(text) => self.text(text).into_bytes().into(),
            _ => reply.body,
        };
        Reply {
            status: reply.status,
            headers: Headers(headers),
            body,
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.needles.iter().any(|needle| text.contains(needle.expose_secret()))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("n_needles", &self.needles.len())
            .finish()
    }
}
