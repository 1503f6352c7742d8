//! A fast HTTP server on loopback, the same for everybody measured: a thread a connection, a body of 512 bytes, and the only
//! one who knows how many calls there were.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How long `/slow` takes to answer.
pub const SLOW: Duration = Duration::from_millis(200);

/// A running server; its threads end with the process.
#[derive(Clone)]
pub struct Server {
    /// `http://127.0.0.1:port`.
    pub base: String,
    n_calls: Arc<AtomicU64>,
}

impl Server {
    /// Starts on any free port.
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let n_calls = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&n_calls);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || serve(stream, &count));
            }
        });
        Server { base, n_calls }
    }

    /// Calls so far.
    pub fn n_calls(&self) -> u64 {
        self.n_calls.load(Relaxed)
    }
}

fn serve(mut stream: TcpStream, n_calls: &AtomicU64) {
    stream.set_nodelay(true).expect("a TCP stream takes it");
    let body = format!("{{\"id\":\"odds\",\"pad\":\"{}\"}}", "x".repeat(512 - 22));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (mut buffer, mut piece) = (Vec::with_capacity(8_192), [0; 8_192]);
    loop {
        while let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let slow = buffer.starts_with(b"GET /slow");
            buffer.drain(..end + 4);
            n_calls.fetch_add(1, Relaxed);
            if slow {
                std::thread::sleep(SLOW);
            }
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(n) => buffer.extend_from_slice(&piece[..n]),
        }
    }
}
