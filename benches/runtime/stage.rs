//! The threads of a measurement: one that hosts the actor, two that send. The main thread only starts and waits.

use actix_rt::Arbiter;
use tokio::sync::oneshot;

/// Three arbiters that live as long as the run, so that no measurement pays for starting a thread.
pub struct Stage {
    /// Hosts the actor when senders are on other threads.
    pub host: Arbiter,
    /// Hosts the senders; the actor too in scenarios on one arbiter. The second sends in scenarios with two threads.
    pub senders: [Arbiter; 2],
}

impl Stage {
    /// Starts the threads. Must be called inside an actix system.
    pub fn new() -> Stage {
        Stage {
            host: Arbiter::new(),
            senders: [Arbiter::new(), Arbiter::new()],
        }
    }
}

/// Runs `work` on `arbiter` from now on; await the receiver for its result.
pub fn on<Work, T>(arbiter: &Arbiter, work: impl FnOnce() -> Work + Send + 'static) -> oneshot::Receiver<T>
where
    Work: Future<Output = T> + 'static,
    T: Send + 'static,
{
    let (send, receive) = oneshot::channel();
    arbiter.spawn_fn(move || {
        actix_rt::spawn(async move {
            // Nobody waits for it if the measurement was given up.
            let _ = send.send(work().await);
        });
    });
    receive
}
