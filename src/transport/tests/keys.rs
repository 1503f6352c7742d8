//! A key is in the request and nowhere else.

use super::{Act, KEY, LONG, Server, answer, keys, once, transport};
use crate::api::{Call, Endpoint, Provider, WireError, classify};
use crate::transport::secrets::{SecretError, Secrets};
use crate::transport::{Transport, TransportSettings};
use std::collections::BTreeMap;

fn odds() -> Call {
    Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("markets", "h2h")])
}

fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
}

#[tokio::test]
async fn each_provider_is_shown_its_key_in_its_own_way() {
    for (provider, shown) in [
        (Provider::OddsApi, format!("apiKey={KEY} HTTP/1.1\r\n")),
        (Provider::Anthropic, format!("x-api-key: {KEY}\r\n")),
        (Provider::OpenAi, format!("authorization: Bearer {KEY}\r\n")),
        (Provider::Xai, format!("authorization: Bearer {KEY}\r\n")),
    ] {
        let mut server = Server::start(vec![Act::Write(answer("200 OK", &[], b"{}"))]).await;
        let call = Call::get(provider, Endpoint::Models, "/v1/models", &[]);
        server.transport(provider).perform(&call, None, LONG).await.unwrap();
        let head = server.requests.recv().await.unwrap();
        assert!(head.contains(&shown), "{head}");
        assert_eq!(head.matches(KEY).count(), 1, "{head}");
    }
}

#[tokio::test]
async fn no_outcome_repeats_a_key() {
    let echo = format!("{{\"message\":\"no such key: {KEY}\"}}");
    let acts = [
        Act::Reset,
        Act::WriteClose(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()),
        Act::Write(answer(
            "302 Found",
            &[&format!("Location: http://{KEY}.example.org/?apiKey={KEY}")],
            b"",
        )),
        Act::Write(answer("401 No", &[&format!("X-Echo: {KEY}")], echo.as_bytes())),
        Act::WriteClose(format!("{KEY} 200 OK\r\n\r\n").into_bytes()),
        Act::Write(answer("200 OK", &["Content-Encoding: gzip"], KEY.as_bytes())),
    ];
    for act in acts {
        let outcome = once(act, &odds()).await;
        let verdict = classify(
            Provider::OddsApi,
            Endpoint::Odds,
            &outcome,
            "2026-12-20T18:00:00Z".parse().unwrap(),
        );
        let error = outcome
            .as_ref()
            .map_or_else(ToString::to_string, |r| String::from_utf8_lossy(&r.body).into_owned());
        for text in [format!("{outcome:?}"), error, verdict.message] {
            assert!(!text.contains(KEY), "{text}");
        }
    }
    let port_of_nobody = "http://127.0.0.1:1";
    let outcome = transport(Provider::OddsApi, port_of_nobody)
        .perform(&odds(), None, LONG)
        .await;
    assert!(!format!("{outcome:?}").contains(KEY) && outcome.is_err(), "{outcome:?}");
    let transport = transport(Provider::OddsApi, port_of_nobody);
    for text in [
        format!("{transport:?}"),
        format!("{:?}", keys()),
        format!("{:?}", keys().redactor()),
    ] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_and_it_is_said_what_to_do() {
    let none = Transport::new(&TransportSettings::default(), Secrets::default()).unwrap();
    let outcome = none.perform(&odds(), None, LONG).await;
    let expected =
        "odds_api needs a key: set HUDDLE_ODDS_API_KEY, or HUDDLE_ODDS_API_KEY_FILE to a file that holds it";
    assert_eq!(outcome, Err(WireError::NoKey(expected.to_owned())));
    assert_eq!(none.check_key(Provider::Espn), Ok(()));
    let server = Server::start(vec![Act::Write(answer("401 No", &[], b"{}"))]).await;
    let settings = TransportSettings {
        base_urls: BTreeMap::from([(Provider::OddsApi, server.base())]),
        ..TransportSettings::default()
    };
    let local = Transport::new(&settings, Secrets::default()).unwrap();
    assert_eq!(
        local.perform(&odds(), None, LONG).await.unwrap().status,
        401,
        "a server on this machine is asked"
    );
}

#[test]
fn keys_are_found_in_the_environment_in_files_and_in_credentials() {
    use secrecy::ExposeSecret;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.txt");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    std::fs::write(folder.path().join("odds_api_key"), "credential-1\n").unwrap();
    let (file, folder) = (file.to_str().unwrap(), folder.path().to_str().unwrap());
    let found = |pairs: &[(&str, &str)], provider| {
        let secrets = Secrets::load(env(pairs));
        secrets.key(provider).map(|key| key.expose_secret().to_owned())
    };
    let credentials = ("CREDENTIALS_DIRECTORY", folder);
    for (pairs, expected) in [
        (
            vec![("HUDDLE_ODDS_API_KEY", " first-key \n"), ("ODDS_API_KEY", "other-key")],
            "first-key",
        ),
        (
            vec![("ODDS_API_KEY", "other-key"), ("HUDDLE_ODDS_API_KEY_FILE", file)],
            "other-key",
        ),
        (vec![("ODDS_API_KEY_FILE", file), credentials], KEY),
        (vec![credentials], "credential-1"),
    ] {
        assert_eq!(found(&pairs, Provider::OddsApi).as_deref(), Ok(expected));
    }
    let missing = found(&[credentials], Provider::Xai).unwrap_err();
    assert!(matches!(missing, SecretError::Missing { .. }), "{missing}");
}

#[test]
fn a_faulty_key_is_named_by_its_place_and_stops_no_other() {
    let pairs = [
        ("OPENAI_API_KEY", "secret one"),
        ("XAI_API_KEY", "  "),
        ("ANTHROPIC_API_KEY_FILE", "/nowhere/at/all"),
        ("ODDS_API_KEY", KEY),
    ];
    let secrets = Secrets::load(env(&pairs));
    let faults: Vec<String> = secrets.faults().iter().map(|(_, e)| e.to_string()).collect();
    assert_eq!(faults.len(), 3);
    assert!(faults[0].starts_with("ANTHROPIC_API_KEY_FILE names /nowhere/at/all, which cannot be read: "));
    assert_eq!(
        faults[1],
        "the key in OPENAI_API_KEY cannot be one: it has spaces or line breaks inside"
    );
    assert_eq!(faults[2], "the key in XAI_API_KEY cannot be one: it is empty");
    assert!(secrets.key(Provider::OddsApi).is_ok());
}

#[test]
fn a_key_is_found_however_it_is_escaped() {
    let key = "a+b/c=d~e*f-1234";
    let redactor = Secrets::load(env(&[("XAI_API_KEY", key)])).redactor();
    for text in [
        key,
        "a%2Bb%2Fc%3Dd~e%2Af-1234",
        "a%2bb%2fc%3dd%7ee*f-1234",
        "a%2Bb%2Fc%3Dd%7Ee*f-1234",
    ] {
        assert_eq!(redactor.text(&format!("<{text}>")), "<[redacted]>");
    }
    assert_eq!(redactor.text("nothing"), "nothing");
}
