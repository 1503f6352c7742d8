//! One client a provider: its connections, its roots of trust, and where it lets itself be sent.

use super::settings::{TransportSettings, is_loopback};
use crate::api::{Provider, WireError};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, ClientBuilder, Url};
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

/// Release files take one redirect; more than a few go round.
const MAX_REDIRECTS: usize = 5;
/// No provider is asked more at once.
const MAX_IDLE_CONNECTIONS: usize = 8;
/// Most servers close an idle connection after a minute or more; one that is closed while we send costs a call.
const IDLE: Duration = Duration::from_secs(50);
/// Where GitHub keeps the files of releases.
const GITHUB_FILES: [&str; 2] = ["release-assets.githubusercontent.com", "objects.githubusercontent.com"];

/// A provider with its base URL and its client.
pub(super) struct Line {
    /// Whom.
    pub provider: Provider,
    /// Below it are the paths of calls.
    pub base: Url,
    /// Whether it is on this machine.
    pub local: bool,
    /// Who we say we are.
    pub user_agent: String,
    redirects: Redirects,
    connect_timeout: Duration,
    proxy: bool,
    client: OnceLock<Client>,
}

impl Line {
    pub fn new(provider: Provider, base: Url, is_own_base: bool, settings: &TransportSettings) -> Line {
        let also: &[&str] = match provider {
            Provider::Nflverse if is_own_base => &GITHUB_FILES,
            _ => &[],
        };
        Line {
            provider,
            redirects: Redirects {
                // A prompt that is sent on is billed elsewhere, or twice.
                allowed: !provider.is_llm(),
                base: base.clone(),
                also,
            },
            local: is_loopback(&base),
            base,
            user_agent: settings.user_agent(),
            connect_timeout: Duration::from_millis(settings.connect_timeout_ms),
            proxy: settings.proxy_from_environment,
            client: OnceLock::new(),
        }
    }

    /// The client, made at its first use: reading the system's certificates takes some milliseconds for each.
    pub fn client(&self) -> Result<&Client, WireError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = if self.base.scheme() == "http" {
            // Plain http needs no certificates, and works on a machine that has none.
            self.builder().tls_certs_only([]).build()
        } else {
            self.builder().build().or_else(|_| self.embedded())
        };
        let made = made.map_err(|e| {
            WireError::Connect(format!(
                "no TLS client: {}; install the package ca-certificates or set SSL_CERT_FILE",
                super::faults::chain(&e.without_url())
            ))
        })?;
        Ok(self.client.get_or_init(|| made))
    }

    /// Where the system has no certificates, as in a container with nothing but this program, Mozilla's roots as they were
    /// when it was built.
    pub fn embedded(&self) -> reqwest::Result<Client> {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let roots: Result<Vec<_>, _> = roots.iter().map(|der| reqwest::Certificate::from_der(der)).collect();
        self.builder().tls_certs_only(roots?).build()
    }

    fn builder(&self) -> ClientBuilder {
        let redirects = self.redirects.clone();
        let builder = Client::builder()
            .user_agent(&self.user_agent)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .gzip(true)
            // The address of a call may hold a key, and a referer would repeat it.
            .referer(false)
            // Attempts are counted and billed one by one, so none may be made unseen.
            .retry(reqwest::retry::never())
            .https_only(self.base.scheme() == "https")
            .redirect(Policy::custom(move |attempt| redirects.judge(attempt)));
        if self.proxy { builder } else { builder.no_proxy() }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("provider", &self.provider)
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// Where a provider may send us.
#[derive(Clone, Debug)]
struct Redirects {
    allowed: bool,
    base: Url,
    also: &'static [&'static str],
}

/// Why a redirect was not followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Astray {
    #[error("to {0}, which is no host of this provider")]
    Host(String),
    #[error("more than {MAX_REDIRECTS} in a row")]
    Round,
    #[error("this provider is not expected to redirect")]
    Unexpected,
}

impl Redirects {
    fn judge(&self, attempt: Attempt<'_>) -> Action {
        if !self.allowed {
            return attempt.error(Astray::Unexpected);
        }
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error(Astray::Round);
        }
        if self.may_go(attempt.url()) {
            return attempt.follow();
        }
        let host = attempt.url().host_str().unwrap_or("nowhere").to_owned();
        attempt.error(Astray::Host(host))
    }

    /// The base's own scheme, host and port, or one of the provider's other hosts over https.
    pub fn may_go(&self, url: &Url) -> bool {
        let place = |url: &Url| {
            (
                url.scheme().to_owned(),
                url.host_str().map(str::to_owned),
                url.port_or_known_default(),
            )
        };
        if place(url) == place(&self.base) {
            return true;
        }
        let also = url.host_str().is_some_and(|host| self.also.contains(&host));
        also && url.scheme() == "https" && url.port_or_known_default() == Some(443)
    }
}

/// Names ring as the process's cryptography, once; whoever did so before is left in place.
pub(super) fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody else may be faster; then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(provider: Provider, base: Option<&str>) -> Line {
        let own = crate::transport::settings::own_base(provider);
        let base = base.unwrap_or(own);
        Line::new(
            provider,
            Url::parse(base).unwrap(),
            base == own,
            &TransportSettings::default(),
        )
    }

    #[test]
    fn a_provider_sends_us_to_its_own_hosts_only() {
        let may = |line: &Line, url: &str| line.redirects.may_go(&Url::parse(url).unwrap());
        let github = line(Provider::Nflverse, None);
        for (url, expected) in [
            ("https://github.com/x", true),
            ("https://release-assets.githubusercontent.com/x?sig=1", true),
            ("https://objects.githubusercontent.com/x", true),
            ("http://objects.githubusercontent.com/x", false),
            ("https://objects.githubusercontent.com:8443/x", false),
            ("http://github.com/x", false),
            ("https://github.com.example.org/x", false),
            ("https://raw.githubusercontent.com/x", false),
        ] {
            assert_eq!(may(&github, url), expected, "{url}");
        }
        let mirror = line(Provider::Nflverse, Some("http://127.0.0.1:8080/nflverse"));
        assert!(may(&mirror, "http://127.0.0.1:8080/other"));
        assert!(!may(&mirror, "http://127.0.0.1:8081/other"));
        assert!(!may(&mirror, "https://objects.githubusercontent.com/x"));
        assert!(!may(
            &line(Provider::Espn, None),
            "https://objects.githubusercontent.com/x"
        ));
    }

    #[test]
    fn a_machine_without_certificates_gets_a_client_as_well() {
        install_crypto();
        let line = line(Provider::OddsApi, None);
        line.embedded().unwrap();
        line.client().unwrap();
    }
}
