//! A small provider on loopback that counts what it is asked, by call: the source of truth about what was charged.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How it is doing.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How long an answer takes.
    pub latency: Duration,
    /// What each answer charges, as its headers say.
    pub credits: u32,
}

/// What it was asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whole requests, by path and query without the key.
    pub by_call: BTreeMap<String, u32>,
    /// Credits charged.
    pub charged: u32,
    /// Requests being answered.
    pub in_flight: usize,
}

/// A runtime on a thread of its own, which ends with this.
pub struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Begins something there, and goes on running what it has spawned.
    pub fn start<T: Send + 'static, F: Future<Output = T>>(
        begin: impl FnOnce() -> F + Send + 'static,
    ) -> (T, Background) {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tell.send(begin().await).unwrap();
                stopped.await.ok();
            });
        });
        let background = Background {
            stop: Some(stop),
            thread: Some(thread),
        };
        (told.recv().unwrap(), background)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The provider, on a thread and a runtime of its own, so that it outlives every process under test.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Asked>>,
    _background: Background,
}

impl Server {
    /// Begins to listen.
    pub fn start(manner: Manner) -> Server {
        let asked = Arc::new(Mutex::new(Asked::default()));
        let shared = Arc::clone(&asked);
        let (address, background) = Background::start(move || async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, manner, Arc::clone(&shared)));
                }
            });
            address
        });
        Server {
            address,
            asked,
            _background: background,
        }
    }

    /// Its base URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Asked {
        self.asked.lock().clone()
    }
}

async fn serve(mut stream: tokio::net::TcpStream, manner: Manner, asked: Arc<Mutex<Asked>>) {
    let mut head = Vec::new();
    let mut buffer = [0u8; 4_096];
    loop {
        while !head.windows(4).any(|w| w == b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(n) => head.extend_from_slice(&buffer[..n]),
            }
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        head.clear();
        let target = text.split(' ').nth(1).unwrap_or_default();
        let call: Vec<&str> = target
            .split(['?', '&'])
            .filter(|part| !part.starts_with("apiKey="))
            .collect();
        {
            let mut asked = asked.lock();
            *asked.by_call.entry(call.join("&")).or_default() += 1;
            asked.charged += manner.credits;
            asked.in_flight += 1;
        }
        tokio::time::sleep(manner.latency).await;
        let (charged, last) = {
            let mut asked = asked.lock();
            asked.in_flight -= 1;
            (asked.charged, manner.credits)
        };
        let body = format!("[\"{}\"]", call.join("&").replace('"', ""));
        let left = 1_000_000 - charged;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-requests-used: {charged}\r\n\
             x-requests-remaining: {left}\r\nx-requests-last: {last}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
