//! One client's connection: requests one after the other until one of the two has had enough.

use super::control;
use super::door::Door;
use super::head::{self, Bad, Head};
use super::write::{self, Manner, Then};
use crate::sim::upstream::{Scripted, Ticket, Wire};
use serde_json::json;
use std::io;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// A connection that says nothing for so long is closed; clients keep idle ones for 90 seconds at most.
const IDLE: Duration = Duration::from_secs(100);
/// A request that has begun must be complete within this time.
const REQUEST_PATIENCE: Duration = Duration::from_secs(15);
const READ_BYTES: usize = 8 * 1024;

/// Serves a connection to its end. Errors of the wire end it and are nobody's business: the client sees them.
pub(super) async fn serve(mut stream: TcpStream, door: Door, mut stopped: watch::Receiver<bool>) {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let mut unread = Vec::new();
    loop {
        let taken = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => return,
            taken = request(&mut stream, &mut unread) => taken,
        };
        let then = match taken {
            Ok(Taken::Request(head)) => respond(&mut stream, &door, *head).await,
            Ok(Taken::Bad(bad)) => refuse(&mut stream, &bad).await,
            Ok(Taken::Nothing) | Err(_) => return,
        };
        if !matches!(then, Ok(Then::Next)) {
            return;
        }
    }
}

enum Taken {
    Request(Box<Head>),
    Bad(Bad),
    /// The client closed, or was silent for too long.
    Nothing,
}

/// Reads one request with its body; what follows it stays in `unread`.
async fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Taken> {
    if unread.is_empty() {
        match timeout(IDLE, more(stream, unread)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0)) | Err(_) => return Ok(Taken::Nothing),
            Ok(Err(error)) => return Err(error),
        }
    }
    match timeout(REQUEST_PATIENCE, rest(stream, unread)).await {
        Ok(taken) => taken,
        Err(_) => Ok(Taken::Nothing),
    }
}

async fn rest(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Taken> {
    let mut head = loop {
        match head::read(unread) {
            Ok(Some(head)) => break head,
            Err(bad) => return Ok(Taken::Bad(bad)),
            Ok(None) => {}
        }
        if more(stream, unread).await? == 0 {
            return Ok(Taken::Nothing);
        }
    };
    let end = head.n_bytes + head.n_body;
    while unread.len() < end {
        if more(stream, unread).await? == 0 {
            return Ok(Taken::Nothing);
        }
    }
    head.request.body = unread[head.n_bytes..end].to_vec();
    unread.drain(..end);
    Ok(Taken::Request(Box::new(head)))
}

async fn more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<usize> {
    let mut bytes = [0_u8; READ_BYTES];
    let n = stream.read(&mut bytes).await?;
    unread.extend_from_slice(&bytes[..n]);
    Ok(n)
}

/// Closes its call however the connection ends.
struct Running<'a>(&'a Door, Ticket);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.close(self.1);
    }
}

async fn respond(stream: &mut TcpStream, door: &Door, head: Head) -> io::Result<Then> {
    let manner = Manner {
        gzip: head.gzip,
        keep_alive: head.keep_alive,
        head_only: head.request.method == "HEAD",
    };
    if let Some(answer) = control::answer(door, &head.request) {
        return write::answer(stream, answer, manner).await;
    }
    let (answer, ticket) = door.open(&head.request);
    let _running = Running(door, ticket);
    if !answer.delay.is_zero() {
        tokio::select! {
            biased;
            () = tokio::time::sleep(answer.delay) => {}
            () = closed(stream) => return Ok(Then::Close),
        }
    }
    write::answer(stream, answer, manner).await
}

/// Returns when the client has closed its side while it waits; a request sent ahead is left where it is.
async fn closed(stream: &TcpStream) {
    let mut byte = [0_u8; 1];
    if let Ok(1..) = stream.peek(&mut byte).await {
        std::future::pending::<()>().await;
    }
}

async fn refuse(stream: &mut TcpStream, bad: &Bad) -> io::Result<Then> {
    let answer = Scripted {
        status: bad.status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({"message": bad.why}).to_string().into_bytes(),
        delay: Duration::ZERO,
        wire: Wire::Whole,
    };
    let manner = Manner {
        gzip: false,
        keep_alive: false,
        head_only: false,
    };
    write::answer(stream, answer, manner).await
}
