//! The wire against raw loopback sockets that answer byte by byte what a test says, and misbehave as it says.

mod answers;
mod keys;
mod misbehaviour;

use super::{Secrets, Transport, TransportSettings};
use crate::api::{Call, Endpoint, Provider, Reply, WireError};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A key that could be one.
pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// Long enough for a loaded machine; what is to time out brings a shorter one.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// What a server does with one connection after it has read a request.
#[derive(Clone)]
pub(super) enum Act {
    /// Writes these bytes, and waits for the next request.
    Write(Vec<u8>),
    /// Writes these bytes and closes.
    WriteClose(Vec<u8>),
    /// Writes these bytes and then nothing, with the connection open.
    WriteHang(Vec<u8>),
    /// Resets the connection.
    Reset,
}

/// A server on a port of its own that acts once for each request it gets and shows their heads.
pub(super) struct Server {
    pub port: u16,
    pub requests: mpsc::UnboundedReceiver<String>,
    pub connections: mpsc::UnboundedReceiver<()>,
}

impl Server {
    pub async fn start(acts: Vec<Act>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heads, requests) = mpsc::unbounded_channel();
        let (opened, connections) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut acts = acts.into_iter();
            while let Ok((socket, _)) = listener.accept().await {
                let _ = opened.send(());
                serve(socket, &mut acts, &heads).await;
            }
        });
        Server {
            port,
            requests,
            connections,
        }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A transport for which this server is a provider, with a key for it.
    pub fn transport(&self, provider: Provider) -> Transport {
        transport(provider, &self.base())
    }
}

async fn serve(
    mut socket: TcpStream,
    acts: &mut impl Iterator<Item = Act>,
    heads: &mpsc::UnboundedSender<String>,
) {
    while let Some(head) = head(&mut socket).await {
        let _ = heads.send(head);
        match acts.next() {
            Some(Act::Write(bytes)) => socket.write_all(&bytes).await.unwrap(),
            Some(Act::WriteClose(bytes)) => {
                // Who gets enough may hang up before all of it is written.
                let _ = socket.write_all(&bytes).await;
                return;
            }
            Some(Act::WriteHang(bytes)) => {
                let _ = socket.write_all(&bytes).await;
                let mut rest = Vec::new();
                let _ = socket.read_to_end(&mut rest).await;
                return;
            }
            Some(Act::Reset) => {
                socket.set_zero_linger().unwrap();
                return;
            }
            None => return,
        }
    }
}

/// A request up to the empty line, and the body its length announces.
async fn head(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0usize) {
                return Some(text);
            }
        }
        match socket.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}

pub(super) fn keys() -> Secrets {
    Secrets::load(|name| name.ends_with("_API_KEY").then(|| KEY.to_owned()))
}

pub(super) fn transport(provider: Provider, base: &str) -> Transport {
    let settings = TransportSettings {
        base_urls: BTreeMap::from([(provider, base.to_owned())]),
        contact: Some("ops@example.org".to_owned()),
        ..TransportSettings::default()
    };
    Transport::new(&settings, keys()).unwrap()
}

/// An answer in HTTP/1.1 with its length.
pub(super) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(super) fn news() -> Call {
    Call::get(Provider::Espn, Endpoint::News, "/news", &[("limit", "5")])
}

/// Performs a call against a server that acts once.
pub(super) async fn once(act: Act, call: &Call) -> Result<Reply, WireError> {
    let server = Server::start(vec![act]).await;
    server.transport(call.provider).perform(call, None, LONG).await
}
