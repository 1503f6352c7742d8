//! Answers onto the wire, whole or as badly as the script wants it.

use crate::sim::upstream::{Scripted, Wire};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Shorter bodies are sent as they are: gzip's own head and tail would eat what it saves.
const MIN_GZIP_BYTES: usize = 200;

/// What the connection can still be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The next request.
    Next,
    /// Nothing.
    Close,
}

/// How the answer is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub gzip: bool,
    pub keep_alive: bool,
    /// The request was `HEAD`: the body is counted and not sent.
    pub head_only: bool,
}

/// Sends an answer. Returns at once with `Close` when the client is gone.
pub(super) async fn answer(stream: &mut TcpStream, mut answer: Scripted, manner: Manner) -> io::Result<Then> {
    match answer.wire {
        Wire::Reset => {
            // Zero linger throws away what was not sent and answers the client with RST when the socket is dropped.
            stream.set_zero_linger()?;
            return Ok(Then::Close);
        }
        Wire::Hang => {
            gone(stream).await;
            return Ok(Then::Close);
        }
        Wire::Whole | Wire::Truncated { .. } | Wire::Drip { .. } => {}
    }
    if manner.gzip && answer.body.len() >= MIN_GZIP_BYTES {
        answer.body = gzipped(&answer.body)?;
        answer.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        answer.headers.push(("vary".to_owned(), "accept-encoding".to_owned()));
    }
    let whole = matches!(answer.wire, Wire::Whole | Wire::Drip { .. });
    let keep_alive = manner.keep_alive && whole;
    let mut bytes = head(&answer, keep_alive);
    let body = if manner.head_only { &[][..] } else { &answer.body[..] };
    match answer.wire {
        Wire::Truncated { after_bytes } => {
            // Counted on what is sent: a packed body has fewer bytes than the script knew of, and half of it is half still.
            let part = after_bytes.min(body.len() / 2);
            bytes.extend_from_slice(&body[..part]);
            stream.write_all(&bytes).await?;
        }
        Wire::Drip { bytes_per_chunk, every } => {
            stream.write_all(&bytes).await?;
            for chunk in body.chunks(bytes_per_chunk.max(1)) {
                tokio::select! {
                    () = gone(stream) => return Ok(Then::Close),
                    () = tokio::time::sleep(every) => {}
                }
                stream.write_all(chunk).await?;
            }
        }
        Wire::Whole | Wire::Reset | Wire::Hang => {
            bytes.extend_from_slice(body);
            stream.write_all(&bytes).await?;
        }
    }
    stream.flush().await?;
    if keep_alive {
        return Ok(Then::Next);
    }
    stream.shutdown().await?;
    Ok(Then::Close)
}

/// Returns when the client has closed its side. What it sends meanwhile is thrown away: nobody pipelines behind an answer
/// that does not come.
pub(super) async fn gone(stream: &mut TcpStream) {
    let mut thrown = [0_u8; 1_024];
    while matches!(stream.read(&mut thrown).await, Ok(1..)) {}
}

fn head(answer: &Scripted, keep_alive: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        // Scripts quote what clients sent, and a line end in it would end the field.
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if answer.status != 304 {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    head.push_str(if keep_alive {
        "connection: keep-alive\r\n\r\n"
    } else {
        "connection: close\r\n\r\n"
    });
    head.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn gzipped(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
