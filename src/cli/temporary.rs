//! A folder that is gone with whoever made it.

use super::Failure;
use anyhow::Context as _;
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Names are tried so often: more of them taken is no accident.
const MAX_TRIES: u32 = 100;

/// Below the system's folder for such things.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// Makes it, with what it is for in its name.
    ///
    /// # Errors
    /// [`Failure`] when the system's folder cannot be written.
    pub fn new(purpose: &str) -> Result<Temporary, Failure> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let mut path = PathBuf::new();
        let mut made = Ok(());
        for _ in 0..MAX_TRIES {
            let n = SERIAL.fetch_add(1, Ordering::Relaxed);
            path = std::env::temp_dir().join(format!("huddle-{purpose}-{}-{n}", std::process::id()));
            // One that is there already is somebody else's, or a dead process's of the same number.
            made = DirBuilder::new().mode(0o700).create(&path);
            if !matches!(&made, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
                break;
            }
        }
        made.with_context(|| format!("creating {}", path.display()))?;
        Ok(Temporary(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("{} stays behind: {error}", self.0.display());
        }
    }
}
