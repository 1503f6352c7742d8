//! The word of an incarnation to its supervisor: up once, down once, and never silence.

use super::exit::Exit;

/// What a runner tells its supervisor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// Created and started.
    Up,
    /// Met with this fault and goes on with its state, as its specification says.
    Resumed(Exit),
    /// Ended; always the last notice of an incarnation, sent exactly once.
    Down(Exit),
}

/// Carries the notices of one incarnation to its supervisor; dropped without a last word it reports the arbiter as lost.
pub(crate) struct Reporter {
    send: Box<dyn Fn(Notice) + Send>,
    silent: bool,
}

impl Reporter {
    pub(crate) fn new(send: impl Fn(Notice) + Send + 'static) -> Reporter {
        Reporter {
            send: Box::new(send),
            silent: false,
        }
    }

    pub(super) fn up(&self) {
        if !self.silent {
            (self.send)(Notice::Up);
        }
    }

    pub(super) fn resumed(&self, exit: Exit) {
        if !self.silent {
            (self.send)(Notice::Resumed(exit));
        }
    }

    pub(super) fn down(&mut self, exit: Exit) {
        if !std::mem::replace(&mut self.silent, true) {
            (self.send)(Notice::Down(exit));
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.down(Exit::ArbiterLost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::sync::Arc;

    fn check(tell: impl FnOnce(&mut Reporter)) -> Vec<Notice> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let mut reporter = Reporter::new(move |notice| ear.lock().push(notice));
        tell(&mut reporter);
        drop(reporter);
        std::mem::take(&mut heard.lock())
    }

    #[test]
    fn the_end_is_reported_exactly_once() {
        assert_eq!(check(|_| ()), [Notice::Down(Exit::ArbiterLost)]);
        let ended = check(|reporter| {
            reporter.up();
            reporter.down(Exit::Normal);
            reporter.down(Exit::Killed);
            reporter.up();
        });
        assert_eq!(ended, [Notice::Up, Notice::Down(Exit::Normal)]);
    }
}
