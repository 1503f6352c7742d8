//! A folder that is gone with whoever made it.

use super::Failure;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
        let n = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = format!("huddle-{purpose}-{}-{n}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
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
