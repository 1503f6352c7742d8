//! What a dishonest, broken or slow server does, and that each is told apart.

use super::{Act, LONG, Server, answer, news, once};
use crate::api::{Call, Endpoint, Provider, WireError};
use std::time::Duration;

fn timestamp() -> Call {
    Call::get(Provider::Nflverse, Endpoint::Timestamp, "/timestamp.json", &[])
}

#[tokio::test]
async fn a_body_larger_than_any_honest_one_is_not_read() {
    let big = vec![b' '; 70 * 1_024];
    let announced = once(Act::WriteClose(answer("200 OK", &[], &big)), &timestamp()).await;
    assert_eq!(announced, Err(WireError::TooLarge(65_536)));
    let unannounced = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".as_slice(), &big].concat();
    let unannounced = once(Act::WriteClose(unannounced), &timestamp()).await;
    assert_eq!(unannounced, Err(WireError::TooLarge(65_536)));
}

#[tokio::test]
async fn a_small_body_that_unpacks_into_a_large_one_is_not_read() {
    let bomb = bomb();
    assert!(bomb.len() < 1_024);
    let bytes = answer("200 OK", &["Content-Encoding: gzip"], &bomb);
    let outcome = once(Act::WriteClose(bytes), &timestamp()).await;
    assert_eq!(outcome, Err(WireError::TooLarge(65_536)));
}

#[tokio::test]
async fn of_an_error_page_only_the_beginning_is_read() {
    let big = vec![b'x'; 100 * 1_024];
    let reply = once(Act::WriteClose(answer("503 Busy", &[], &big)), &timestamp())
        .await
        .unwrap();
    assert_eq!((reply.status, reply.body.len()), (503, 65_536));
}

#[tokio::test]
async fn a_body_that_does_not_end_in_time_is_given_up() {
    let short = Duration::from_millis(100);
    let silent = Act::WriteHang(Vec::new());
    let slow = Act::WriteHang(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec());
    for act in [silent, slow] {
        let server = Server::start(vec![act]).await;
        let outcome = server.transport(Provider::Espn).perform(&news(), None, short).await;
        assert_eq!(outcome, Err(WireError::Timeout(short)));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_from_a_body_that_makes_no_sense() {
    let cut = |bytes: &[u8]| Act::WriteClose(bytes.to_vec());
    let half = answer("200 OK", &[], b"{\"a\":1}");
    for act in [
        Act::Reset,
        cut(b""),
        cut(b"HTTP/1.1 200"),
        cut(&half[..half.len() - 3]),
        cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        cut(b"SSH-2.0-OpenSSH\r\n"),
    ] {
        let outcome = once(act, &news()).await;
        let Err(WireError::Broken(text)) = &outcome else {
            panic!("{outcome:?}");
        };
        assert!(!text.is_empty() && !text.contains("127.0.0.1"), "{text}");
    }
    let garbage = answer("200 OK", &["Content-Encoding: gzip"], b"no gzip at all, just some text");
    let outcome = once(Act::Write(garbage), &news()).await;
    assert!(matches!(outcome, Err(WireError::Decode(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_compressed_body_that_breaks_off_is_broken() {
    let bomb = bomb();
    let whole = answer("200 OK", &["Content-Encoding: gzip"], &bomb);
    let outcome = once(Act::WriteClose(whole[..whole.len() - 40].to_vec()), &news()).await;
    assert!(matches!(outcome, Err(WireError::Broken(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_redirect_to_somebody_else_is_refused() {
    let mut other = Server::start(vec![Act::Write(answer("200 OK", &[], b"{}"))]).await;
    for location in [
        format!("{}/x", other.base()),
        "http://example.org/x".to_owned(),
        "https://objects.githubusercontent.com/x".to_owned(),
    ] {
        let moved = answer("302 Found", &[&format!("Location: {location}")], b"");
        let call = Call::get(Provider::Nflverse, Endpoint::Games, "/games.csv", &[]);
        let outcome = once(Act::Write(moved), &call).await;
        let Err(WireError::Redirect(text)) = &outcome else {
            panic!("{location}: {outcome:?}");
        };
        assert!(text.contains("no host of this provider"), "{text}");
    }
    assert!(other.connections.try_recv().is_err(), "nobody called the other server");
    let nowhere = answer("302 Found", &["Location: file:///etc/passwd"], b"");
    let outcome = once(Act::Write(nowhere), &news()).await;
    assert!(matches!(outcome, Err(WireError::Redirect(_))), "{outcome:?}");
}

#[tokio::test]
async fn redirects_that_go_round_end() {
    let moved = || Act::Write(answer("302 Found", &["Location: /again"], b""));
    let mut server = Server::start((0..20).map(|_| moved()).collect()).await;
    let call = Call::get(Provider::Nflverse, Endpoint::Games, "/games.csv", &[]);
    let outcome = server.transport(Provider::Nflverse).perform(&call, None, LONG).await;
    assert!(matches!(outcome, Err(WireError::Redirect(_))), "{outcome:?}");
    let mut n_requests = 0;
    while server.requests.try_recv().is_ok() {
        n_requests += 1;
    }
    assert_eq!(n_requests, 6);
}

#[tokio::test]
async fn a_prompt_is_not_sent_on() {
    let moved = answer("307 Temporary Redirect", &["Location: /again"], b"");
    let call = Call::get(Provider::OpenAi, Endpoint::Completion, "/v1/responses", &[]);
    let outcome = once(Act::Write(moved), &call).await;
    let expected = "this provider is not expected to redirect";
    assert_eq!(outcome, Err(WireError::Redirect(expected.to_owned())));
}

/// 70 KiB of zeros, packed by gzip.
fn bomb() -> Vec<u8> {
    const HEAD: [u8; 25] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 1, 13, 0, 0, 0, 194, 160, 247, 79, 109, 15, 7, 20,
    ];
    const TAIL: [u8; 10] = [143, 6, 101, 56, 196, 91, 0, 24, 1, 0];
    [HEAD.as_slice(), &[0; 69], &TAIL].concat()
}
