//! What an honest server answers.

use super::{Act, KEY, LONG, Server, answer, news, once, transport};
use crate::api::{Call, Endpoint, Method, Provider, Validators, WireError};
use crate::transport::{Transport, TransportSettings, Wire};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `{"a":1}` as gzip wrote it.
const GZIPPED: [u8; 27] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0, 0, 0,
];

#[tokio::test]
async fn a_call_is_sent_as_described_and_its_answer_read_whole() {
    let bytes = answer("200 OK", &["X-Requests-Remaining: 471", "ETag: \"a\""], b"{}");
    let mut server = Server::start(vec![Act::Write(bytes)]).await;
    let base = format!("{}/prefix/", server.base());
    let call = Call::get(Provider::Nws, Endpoint::Points, "/points/39.1,-94.5", &[("q", "a b&c")]);
    let reply = transport(Provider::Nws, &base)
        .perform(&call, None, LONG)
        .await
        .unwrap();
    assert_eq!((reply.status, &*reply.body), (200, b"{}".as_slice()));
    assert_eq!(reply.headers.get("x-requests-remaining"), Some("471"));
    assert_eq!(reply.headers.get("etag"), Some("\"a\""));
    let head = server.requests.recv().await.unwrap();
    assert!(
        head.starts_with("GET /prefix/points/39.1,-94.5?q=a+b%26c HTTP/1.1\r\n"),
        "{head}"
    );
    let agent = format!("user-agent: huddle/{} (ops@example.org)\r\n", env!("CARGO_PKG_VERSION"));
    for line in [
        agent.as_str(),
        "accept: application/geo+json\r\n",
        "accept-encoding: gzip\r\n",
    ] {
        assert!(head.contains(line), "{line} is not in {head}");
    }
    assert!(!head.contains(KEY) && !head.contains("referer"), "{head}");
}

#[tokio::test]
async fn a_compressed_body_arrives_as_it_was() {
    let bytes = answer("200 OK", &["Content-Encoding: gzip"], &GZIPPED);
    let reply = once(Act::Write(bytes), &news()).await.unwrap();
    assert_eq!(&*reply.body, b"{\"a\":1}");
}

#[tokio::test]
async fn a_conditional_call_may_be_told_that_nothing_changed() {
    let mut server = Server::start(vec![Act::Write(answer("304 Not Modified", &["ETag: \"v1\""], b""))]).await;
    let validators = Validators {
        etag: Some("\"v1\"".to_owned()),
        last_modified: Some("Sun, 20 Dec 2026 17:00:00 GMT".to_owned()),
    };
    let transport: Arc<dyn Wire> = Arc::new(server.transport(Provider::Espn));
    let reply = transport.perform(news(), Some(validators), LONG).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (304, 0));
    let head = server.requests.recv().await.unwrap();
    assert!(head.contains("if-none-match: \"v1\"\r\n"), "{head}");
    assert!(
        head.contains("if-modified-since: Sun, 20 Dec 2026 17:00:00 GMT\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let ok = || Act::Write(answer("200 OK", &[], b"{}"));
    let mut server = Server::start(vec![ok(), ok(), ok()]).await;
    let transport = server.transport(Provider::Espn);
    for _ in 0..3 {
        transport.perform(&news(), None, LONG).await.unwrap();
    }
    drop(transport);
    let mut n_connections = 0;
    while server.connections.try_recv().is_ok() {
        n_connections += 1;
    }
    assert_eq!(n_connections, 1);
}

#[tokio::test]
async fn a_prompt_is_posted_with_its_body() {
    let mut server = Server::start(vec![Act::Write(answer("200 OK", &[], b"{}"))]).await;
    let call = Call {
        method: Method::Post,
        body: Some(b"{\"model\":\"m\"}".as_slice().into()),
        ..Call::get(Provider::Anthropic, Endpoint::Completion, "/v1/messages", &[])
    };
    server
        .transport(Provider::Anthropic)
        .perform(&call, None, LONG)
        .await
        .unwrap();
    let head = server.requests.recv().await.unwrap();
    assert!(head.starts_with("POST /v1/messages HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert!(head.contains("anthropic-version: 2023-06-01\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n{\"model\":\"m\"}"), "{head}");
}

#[tokio::test]
async fn a_redirect_within_the_provider_is_followed() {
    let moved = answer("302 Found", &["Location: /elsewhere?sig=1"], b"");
    let acts = vec![Act::Write(moved), Act::Write(answer("200 OK", &[], b"a,b\n"))];
    let mut server = Server::start(acts).await;
    let call = Call::get(Provider::Nflverse, Endpoint::Games, "/games.csv", &[]);
    let reply = server
        .transport(Provider::Nflverse)
        .perform(&call, None, LONG)
        .await
        .unwrap();
    assert_eq!(&*reply.body, b"a,b\n");
    server.requests.recv().await.unwrap();
    let second = server.requests.recv().await.unwrap();
    assert!(second.starts_with("GET /elsewhere?sig=1 "), "{second}");
}

#[test]
fn base_urls_are_https_or_of_this_machine() {
    let settings = |base: &str| TransportSettings {
        base_urls: BTreeMap::from([(Provider::Espn, base.to_owned())]),
        ..TransportSettings::default()
    };
    let refused = |base: &str| {
        Transport::new(&settings(base), super::keys())
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    for base in [
        "https://example.org/x",
        "http://localhost:1",
        "http://[::1]:1/",
        "http://127.9.9.9",
    ] {
        Transport::new(&settings(base), super::keys()).unwrap();
    }
    assert!(refused("http://example.org").contains("espn: http is for this machine only"));
    assert!(refused("http://127.0.0.1.example.org").contains("use https"));
    assert!(refused("ftp://example.org").contains("scheme `ftp`"));
    assert!(refused("https://example.org?apiKey=x").contains("has a query"));
    let message = refused("https://user:hunter22@example.org");
    assert!(
        message.contains("user name or password") && !message.contains("hunter22"),
        "{message}"
    );
}

#[test]
fn settings_name_providers_as_the_ledger_does() {
    let read = |text: &str| toml::from_str::<TransportSettings>(text);
    let settings = read("contact = \"me@example.org\"\n[base_urls]\nopenai = \"http://127.0.0.1:8000\"").unwrap();
    assert_eq!(
        settings.base_urls.get(&Provider::OpenAi).map(String::as_str),
        Some("http://127.0.0.1:8000")
    );
    assert_eq!(settings.connect_timeout_ms, 10_000);
    let message = read("[base_urls]\nopen_ai = \"x\"").unwrap_err().to_string();
    assert!(
        message.contains("no provider is called `open_ai`: use one of odds_api,"),
        "{message}"
    );
}

#[tokio::test]
async fn nothing_is_sent_where_nobody_listens() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let outcome = transport(Provider::Espn, &format!("http://127.0.0.1:{port}"))
        .perform(&news(), None, LONG)
        .await;
    let Err(error @ WireError::Connect(_)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(!error.may_have_been_billed());
    assert!(!error.to_string().contains("http://"), "{error}");
}
