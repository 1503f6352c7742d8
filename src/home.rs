//! Where Huddle keeps its files, and the lock that keeps a second writer out.
//!
//! Either one folder holds everything (`--home DIR` or `HUDDLE_HOME`), or the XDG base directories do: data, settings
//! and cache apart. The lock is advisory and dies with its process, so a crash leaves nothing to clean up.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The places of Huddle's files; nothing is created by naming them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    data: PathBuf,
    config: PathBuf,
    cache: PathBuf,
}

/// The exclusive right to write, until dropped.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

/// Why the home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Nothing says where the home is.
    #[error("there is no place for huddle's files: give --home DIR, or set HUDDLE_HOME or HOME")]
    Nowhere,
    /// A file stands where a folder is needed.
    #[error("{} is not a directory: choose another --home, or move the file away", .0.display())]
    NotADirectory(PathBuf),
    /// The folder or lock may not be written.
    #[error("no permission to write in {}: choose another --home, or change its owner", .0.display())]
    NoPermission(PathBuf),
    /// Another huddle is writing.
    #[error(
        "{} is in use by another huddle{}: stop it first, or use another --home",
        path.display(),
        pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
    )]
    InUse {
        /// The other's process id, when it could be read.
        pid: Option<u32>,
        /// The home.
        path: PathBuf,
    },
    /// A verb that only reads found nothing to read.
    #[error("there is no database at {}: run `huddle data import games FILE` first", .0.display())]
    NoDatabase(PathBuf),
    /// Any other failure of the file system.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl HomeError {
    fn of(path: &Path, source: std::io::Error) -> HomeError {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => HomeError::NoPermission(path),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => HomeError::NotADirectory(path),
            _ => HomeError::Io { path, source },
        }
    }
}

impl Home {
    /// Decides where the files are: the flag, else `HUDDLE_HOME`, else the XDG base directories. `env` reads a variable
    /// of the environment; relative XDG paths are ignored, as their specification demands.
    ///
    /// # Errors
    /// [`HomeError::Nowhere`] when neither flag nor variables name a place.
    pub fn resolve(flag: Option<PathBuf>, env: impl Fn(&str) -> Option<PathBuf>) -> Result<Home, HomeError> {
        let set = |name: &str| env(name).filter(|path| !path.as_os_str().is_empty());
        if let Some(folder) = flag.or_else(|| set("HUDDLE_HOME")) {
            return Ok(Home {
                cache: folder.join("cache"),
                config: folder.clone(),
                data: folder,
            });
        }
        let base = |name: &str, default: &str| {
            let xdg = set(name).filter(|path| path.is_absolute());
            let base = xdg.or_else(|| set("HOME").map(|home| home.join(default)));
            base.map(|base| base.join("huddle")).ok_or(HomeError::Nowhere)
        };
        Ok(Home {
            data: base("XDG_DATA_HOME", ".local/share")?,
            config: base("XDG_CONFIG_HOME", ".config")?,
            cache: base("XDG_CACHE_HOME", ".cache")?,
        })
    }

    /// The folder of the database and the lock.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("huddle.db")
    }

    /// The settings file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder of what may be deleted at any time.
    pub fn cache_dir(&self) -> &Path {
        &self.cache
    }

    /// The socket through which the home's owner is asked.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("huddle.sock")
    }

    /// The lock file.
    pub fn lock_file(&self) -> PathBuf {
        self.data.join("huddle.lock")
    }

    /// Creates the folders with their parents, for verbs that write.
    ///
    /// # Errors
    /// [`HomeError`] naming the folder that cannot be.
    pub fn create(&self) -> Result<(), HomeError> {
        for folder in [&self.data, &self.config, &self.cache] {
            fs::create_dir_all(folder).map_err(|e| HomeError::of(folder, e))?;
        }
        Ok(())
    }

    /// The database file of a home that must have one, for verbs that only read.
    ///
    /// # Errors
    /// [`HomeError::NoDatabase`] when it is not there, [`HomeError::NotADirectory`] when the home is a file.
    pub fn existing_database(&self) -> Result<PathBuf, HomeError> {
        let path = self.database();
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => Ok(path),
            Ok(_) => {
                let source = std::io::Error::from(ErrorKind::IsADirectory);
                Err(HomeError::Io { path, source })
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Err(HomeError::NoDatabase(path)),
            Err(e) if e.kind() == ErrorKind::NotADirectory => Err(HomeError::NotADirectory(self.data.clone())),
            Err(e) => Err(HomeError::of(&path, e)),
        }
    }

    /// Takes the exclusive right to write, creating the folders. It is given back when the lock is dropped or the
    /// process ends, however it ends.
    ///
    /// # Errors
    /// [`HomeError::InUse`] when another process has it; others as [`Home::create`].
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        self.create()?;
        let path = self.lock_file();
        let failed = |e| HomeError::of(&path, e);
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // A bound, because the file may be anybody's; an unreadable pid is simply not named.
                let _ = (&file).take(32).read_to_string(&mut text);
                return Err(HomeError::InUse {
                    pid: text.trim().parse().ok(),
                    path: self.data.clone(),
                });
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        file.flush().map_err(failed)?;
        Ok(HomeLock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flag: Option<&str>, env: &[(&str, &str)]) -> Result<Home, HomeError> {
        let env: std::collections::BTreeMap<String, String> =
            env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Home::resolve(flag.map(PathBuf::from), |name| env.get(name).map(PathBuf::from))
    }

    fn at(folder: &Path) -> Home {
        Home::resolve(Some(folder.to_owned()), |_| None).unwrap()
    }

    #[test]
    fn the_flag_beats_the_variable_beats_xdg() {
        let one = resolve(Some("/a"), &[("HUDDLE_HOME", "/b"), ("HOME", "/h")]).unwrap();
        assert_eq!(one.database(), Path::new("/a/huddle.db"));
        assert_eq!(
            (one.config_file(), one.cache_dir()),
            ("/a/config.toml".into(), Path::new("/a/cache"))
        );
        let variable = resolve(None, &[("HUDDLE_HOME", "/b"), ("HOME", "/h")]).unwrap();
        assert_eq!(variable.lock_file(), Path::new("/b/huddle.lock"));
        let xdg = resolve(
            None,
            &[("XDG_DATA_HOME", "/x"), ("XDG_CACHE_HOME", "relative"), ("HOME", "/h")],
        )
        .unwrap();
        assert_eq!(xdg.database(), Path::new("/x/huddle/huddle.db"));
        assert_eq!(xdg.cache_dir(), Path::new("/h/.cache/huddle"));
        assert_eq!(xdg.config_file(), Path::new("/h/.config/huddle/config.toml"));
        let message = resolve(None, &[("HUDDLE_HOME", "")]).unwrap_err().to_string();
        assert_eq!(
            message,
            "there is no place for huddle's files: give --home DIR, or set HUDDLE_HOME or HOME"
        );
    }

    #[test]
    fn a_second_writer_is_told_who_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let home = at(&folder.path().join("new/home"));
        let lock = home.lock().unwrap();
        let expected = format!(
            "{} is in use by another huddle (process {}): stop it first, or use another --home",
            home.data_dir().display(),
            std::process::id()
        );
        assert_eq!(home.lock().unwrap_err().to_string(), expected);
        drop(lock);
        home.lock().unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        for home in [at(&file), at(&file.join("below"))] {
            let message = home.lock().unwrap_err().to_string();
            assert!(
                message.contains("is not a directory: choose another --home"),
                "{message}"
            );
        }
        assert!(matches!(
            at(&file).existing_database(),
            Err(HomeError::NotADirectory(_))
        ));
    }

    #[test]
    fn reading_creates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = at(&folder.path().join("none"));
        let message = home.existing_database().unwrap_err().to_string();
        assert!(message.starts_with("there is no database at "), "{message}");
        assert!(
            message.ends_with("run `huddle data import games FILE` first"),
            "{message}"
        );
        assert!(!home.data_dir().exists());
    }
}
