//! The scripted upstream on a wire: an HTTP/1.1 server on loopback that hosts [`crate::sim::upstream`] and misbehaves for
//! real where the script says so.
//!
//! Hand-made, because no server library resets a connection, promises more bytes than it sends, or hangs on purpose. It
//! listens on 127.0.0.1 and nowhere else. Clients that live in the same process can do without sockets: [`Door`].

mod connection;
mod control;
mod door;
mod head;
mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use door::{ClockError, ClockOrder, Door};
pub use wire::IN_PROCESS;

use crate::api::Provider;
use crate::sim::upstream::{SERVED, prefix};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Connections served at once: more than any client of ours opens, fewer than a process may have files. Others wait.
const MAX_CONNECTIONS: usize = 512;
/// How long connections may take to finish what they are sending once the server is told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// After a failed accept, such as for want of files, the listener rests this long instead of spinning.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// A running server. Dropping it stops it without waiting for its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    door: Door,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Server {
    /// Starts serving on 127.0.0.1; port 0 takes any that is free. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the system says when the port cannot be had.
    pub async fn start(door: Door, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let listening = tokio::spawn(listen(listener, door.clone(), stopped));
        Ok(Server {
            address,
            door,
            stop,
            listening,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way in without a socket, to the same services.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The base URL of a provider, such as `http://127.0.0.1:4000/odds-api`; for one that is not served, of the server.
    pub fn base_url(&self, provider: Provider) -> String {
        format!("http://{}{}", self.address, prefix(provider))
    }

    /// The base URLs of all providers served.
    pub fn base_urls(&self) -> BTreeMap<Provider, String> {
        SERVED.map(|p| (p, self.base_url(p))).into_iter().collect()
    }

    /// Stops: no further connection or request is taken, answers under way get two seconds, what hangs is cut off.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.listening).await {
            log::error!("the scripted upstream's listener did not end in order: {error}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, door: Door, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            _ = stopped.changed() => break,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        let (Ok(place), Ok((stream, _))) = accepted else {
            tokio::time::sleep(ACCEPT_REST).await;
            continue;
        };
        let (door, stopped) = (door.clone(), stopped.clone());
        connections.spawn(async move {
            connection::serve(stream, door, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(STOP_PATIENCE, all).await;
    // What is left hangs on purpose; dropping the set ends it.
}
