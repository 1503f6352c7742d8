//! Why an incarnation ended, as one value that supervisors decide on, askers receive and logs print.

use std::{fmt, sync::Arc};

/// The end of one incarnation of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It stopped by its own decision.
    Normal,
    /// Its supervisor asked it to stop.
    Shutdown,
    /// It could not start, or gave up with a reason of its own.
    Failed(Arc<Fault>),
    /// Its code panicked.
    Panicked(Arc<Fault>),
    /// It made no progress for longer than its limit, and was replaced while its code ran on.
    Hung(Arc<Fault>),
    /// It did not stop by its deadline and was cut off, or its supervisor died.
    Killed,
    /// The thread that ran it ended.
    ArbiterLost,
    /// A supervisor gave up: its children failed more often than its intensity allows.
    Escalated(Arc<Fault>),
    /// Only a new process helps, for example because too many threads hang: every supervisor passes it on to the root.
    Fatal(Arc<Fault>),
}

impl Exit {
    /// Whether a transient child is restarted after it: everything but [`Exit::Normal`] and [`Exit::Shutdown`].
    pub fn abnormal(&self) -> bool {
        !matches!(self, Exit::Normal | Exit::Shutdown)
    }

    /// What went wrong, where the exit carries it.
    pub fn fault(&self) -> Option<&Arc<Fault>> {
        match self {
            Exit::Failed(fault)
            | Exit::Panicked(fault)
            | Exit::Hung(fault)
            | Exit::Escalated(fault)
            | Exit::Fatal(fault) => Some(fault),
            Exit::Normal | Exit::Shutdown | Exit::Killed | Exit::ArbiterLost => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Normal => f.write_str("finished"),
            Exit::Shutdown => f.write_str("was shut down"),
            Exit::Failed(fault) => write!(f, "failed: {fault}"),
            Exit::Panicked(fault) => write!(f, "panicked: {fault}"),
            Exit::Hung(fault) => write!(f, "hung: {fault}"),
            Exit::Killed => f.write_str("was killed"),
            Exit::ArbiterLost => f.write_str("lost its arbiter"),
            Exit::Escalated(fault) => write!(f, "escalated: {fault}"),
            Exit::Fatal(fault) => write!(f, "needs a new process: {fault}"),
        }
    }
}

/// What went wrong, where, and while doing what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The panic message or the error.
    pub text: String,
    /// `file:line:column` of a panic; none for a returned error.
    pub location: Option<String>,
    /// What was being done, for example `message huddle::shell::Hear<..>`.
    pub during: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (during {}", self.text, self.during)?;
        if let Some(location) = &self.location {
            write!(f, ", at {location}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_normal_and_shutdown_are_quiet_ends() {
        let fault = Arc::new(Fault {
            text: "x".into(),
            location: None,
            during: "y".into(),
        });
        for exit in [Exit::Normal, Exit::Shutdown] {
            assert!(!exit.abnormal() && exit.fault().is_none());
        }
        for exit in [Exit::Killed, Exit::ArbiterLost] {
            assert!(exit.abnormal() && exit.fault().is_none());
        }
        for exit in [
            Exit::Failed(fault.clone()),
            Exit::Panicked(fault.clone()),
            Exit::Hung(fault.clone()),
            Exit::Escalated(fault.clone()),
            Exit::Fatal(fault.clone()),
        ] {
            assert!(exit.abnormal());
            assert_eq!(exit.fault(), Some(&fault));
        }
    }

    #[test]
    fn a_fault_reads_as_one_line() {
        let mut fault = Fault {
            text: "boom".into(),
            location: None,
            during: "message Tick".into(),
        };
        assert_eq!(fault.to_string(), "boom (during message Tick)");
        fault.location = Some("a.rs:1:2".into());
        assert_eq!(
            Exit::Panicked(Arc::new(fault)).to_string(),
            "panicked: boom (during message Tick, at a.rs:1:2)"
        );
    }
}
