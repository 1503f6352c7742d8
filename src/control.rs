//! The way in to a home that another process has: one line of JSON asks for a verb, one line says what came of it.
//!
//! Only the owner of a home's lock listens, on a socket in the home that nobody but its user may open. Whoever finds nobody
//! listening has the home to itself, or is told by the lock who has it.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

/// The version of both lines; an owner of another one says so.
pub const VERSION: u32 = 1;
/// A command line is shorter; what is longer is not read on.
const MAX_ORDER: u64 = 64 * 1024;
/// The longest answer that is read: a slate with every pass is a megabyte.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;
/// Whoever connects and then says nothing is hung up on.
const TO_SPEAK: Duration = Duration::from_secs(5);

/// Orders in hand at once: a person and some scripts.
const MAX_AT_ONCE: usize = 8;

/// What is asked of the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// [`VERSION`].
    pub version: u32,
    /// The verb with its arguments, as on the command line.
    pub argv: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The exit code the verb would have had.
    pub code: u8,
    /// Its standard output.
    pub out: String,
    /// Why it was not done.
    pub error: Option<String>,
}

/// Why an owner could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("asking the huddle that has this home through {}: {source}", path.display())]
pub struct ControlError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Asks the owner of a home; `None` when nobody listens there.
///
/// # Errors
/// [`ControlError`] when the owner does not answer in time, or not in this language.
pub fn ask(path: &Path, argv: Vec<String>, patience: Duration) -> Result<Option<Said>, ControlError> {
    let failed = |source| ControlError {
        path: path.to_path_buf(),
        source,
    };
    let mut line = match UnixStream::connect(path) {
        Ok(line) => line,
        // No socket, or one that a killed process left behind, or a path too long for anybody to listen there.
        Err(error) if is_nobody(error.kind()) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let converse = || -> io::Result<Said> {
        line.set_read_timeout(Some(patience))?;
        line.set_write_timeout(Some(TO_SPEAK))?;
        let order = Order { version: VERSION, argv };
        writeln!(line, "{}", serde_json::to_string(&order)?)?;
        let mut answer = String::new();
        BufReader::new(&line).take(MAX_ANSWER).read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    };
    converse().map(Some).map_err(failed)
}

fn is_nobody(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
    )
}

/// The owner's ear.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Listens in a home whose lock the caller holds: a socket found there is a dead process's.
    ///
    /// # Errors
    /// What the system says, such as a path that is too long for a socket.
    pub fn bind(path: &Path) -> io::Result<Listener> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Listener {
            socket,
            path: path.to_path_buf(),
        })
    }

    /// Answers orders, up to [`MAX_AT_ONCE`] at once, for ever. What waits meanwhile is bounded by the system's queue of
    /// connections.
    pub async fn serve(&self, obey: impl AsyncFn(Order) -> Said) {
        let mut in_hand = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(()) = in_hand.next() => {}
                accepted = self.socket.accept(), if in_hand.len() < MAX_AT_ONCE => match accepted {
                    Ok((line, _)) => in_hand.push(exchange(line, &obey)),
                    Err(error) => {
                        log::warn!("the control socket took no call: {error}");
                        tokio::time::sleep(TO_SPEAK).await;
                    }
                },
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            log::warn!("{} stays behind: {error}", self.path.display());
        }
    }
}

/// Hears one order and answers it.
async fn exchange(mut line: tokio::net::UnixStream, obey: &impl AsyncFn(Order) -> Said) {
    let said = match hear(&mut line).await {
        // Whoever has gone away meanwhile wants nothing any more.
        Ok(_) if matches!(line.try_read(&mut [0]), Ok(0)) => return,
        Ok(order) => obey(order).await,
        Err(error) => refusal(&error),
    };
    if let Err(error) = answer(&mut line, &said).await {
        log::warn!("whoever asked through the control socket did not hear the answer: {error}");
    }
}

fn refusal(error: &io::Error) -> Said {
    Said {
        code: 2,
        out: String::new(),
        error: Some(format!("the order could not be read: {error}")),
    }
}

async fn hear(line: &mut tokio::net::UnixStream) -> io::Result<Order> {
    let mut said = String::new();
    let mut reader = tokio::io::BufReader::new(line).take(MAX_ORDER);
    let read = tokio::time::timeout(TO_SPEAK, reader.read_line(&mut said)).await;
    read.map_err(|_| io::Error::from(ErrorKind::TimedOut))??;
    if !said.ends_with('\n') {
        return Err(io::Error::new(ErrorKind::InvalidData, "no whole line"));
    }
    let order: Order = serde_json::from_str(&said)?;
    if order.version != VERSION {
        let text = format!("it is of version {}, this huddle speaks {VERSION}", order.version);
        return Err(io::Error::new(ErrorKind::InvalidData, text));
    }
    Ok(order)
}

async fn answer(line: &mut tokio::net::UnixStream, said: &Said) -> io::Result<()> {
    let text = serde_json::to_string(said)? + "\n";
    let sent = tokio::time::timeout(TO_SPEAK, line.write_all(text.as_bytes())).await;
    sent.map_err(|_| io::Error::from(ErrorKind::TimedOut))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks an owner that says back what it heard.
    fn exchange(raw: impl FnOnce(&Path) -> Option<String> + Send + 'static) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            // What a killed process left behind is in nobody's way.
            std::fs::write(&path, "").unwrap();
            let ear = Listener::bind(&path).unwrap();
            let asked = path.clone();
            let asking = tokio::task::spawn_blocking(move || raw(&asked));
            let echo = async |order: Order| Said {
                code: 7,
                out: order.argv.join(" "),
                error: None,
            };
            tokio::select! {
                said = asking => said.unwrap(),
                () = ear.serve(echo) => None,
            }
        })
    }

    #[test]
    fn an_order_gets_its_answer_and_nobody_listening_is_no_error() {
        let said = exchange(|path| {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
            let said = ask(path, vec!["halt".into(), "--json".into()], TO_SPEAK).unwrap();
            said.map(|said| format!("{} {}", said.code, said.out))
        });
        assert_eq!(said.as_deref(), Some("7 halt --json"));
        let folder = tempfile::tempdir().unwrap();
        let none = ask(&folder.path().join("none"), Vec::new(), TO_SPEAK).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn what_is_no_order_is_refused_and_the_next_one_is_heard() {
        let speak = |text: &'static [u8]| {
            exchange(move |path| {
                let mut line = UnixStream::connect(path).unwrap();
                line.write_all(text).unwrap();
                line.shutdown(std::net::Shutdown::Write).unwrap();
                let mut answer = String::new();
                line.read_to_string(&mut answer).unwrap();
                let next = ask(path, vec!["still".into()], TO_SPEAK).unwrap().unwrap();
                assert_eq!(next.out, "still");
                Some(serde_json::from_str::<Said>(&answer).unwrap().error.unwrap())
            })
            .unwrap()
        };
        assert!(speak(b"{}\n").contains("missing field"));
        assert!(speak(b"no line").contains("no whole line"));
        assert!(speak(b"").contains("no whole line"));
        let other = br#"{"version":9,"argv":[]}
"#;
        assert!(speak(other).contains("version 9"));
    }
}
