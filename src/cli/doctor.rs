//! `huddle doctor`: is everything there that picks need, and if not, what to do.

mod minds;

use super::output::emit;
use super::{Failure, agents};
use crate::api::Provider;
use crate::config::Settings;
use crate::domain::calendar::season_of;
use crate::home::{Home, HomeError};
use crate::store::status::{self, DataStatus};
use crate::store::{Conn, Store, journal, kpis, letters};
use crate::transport::Secrets;
use chrono::{DateTime, TimeZone, Utc};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;

/// Arguments of `huddle doctor`.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Nothing to do.
    Ok,
    /// Works, with less.
    Warn,
    /// Does not work.
    Fail,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do, when something is to be done.
    pub fix: Option<String>,
}

/// All checks.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The worst of all.
    pub health: Health,
    /// The checks.
    pub checks: Vec<Check>,
}

/// Exit code when a check failed.
const CHECK_FAILED: u8 = 5;
/// The release of this version's first code: a clock before it is wrong.
const BORN: (i32, u32, u32) = (2026, 11, 23);

/// Runs the verb.
///
/// # Errors
/// [`Failure`] when the output cannot be written; failed checks are the answer, with exit code 5.
pub fn run(args: &DoctorArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut checks = vec![home_check(home), settings_check(home)];
    checks.extend(database_checks(home, now));
    checks.push(clock_check(now));
    let secrets = Secrets::load(|name| std::env::var(name).ok());
    checks.push(keys_check(&secrets));
    if let Ok(settings) = Settings::load(&home.config_file()) {
        let mut conn = home
            .existing_database()
            .ok()
            .and_then(|path| Store::read_only(&path).ok());
        checks.extend(minds::checks(&settings, &secrets, conn.as_mut()));
    }
    let health = checks.iter().map(|c| c.health).max().unwrap_or(Health::Ok);
    let diagnosis = Diagnosis { health, checks };
    emit(args.json, out, &diagnosis, |out| {
        for c in &diagnosis.checks {
            let mark = match c.health {
                Health::Ok => "ok",
                Health::Warn => "warn",
                Health::Fail => "FAIL",
            };
            writeln!(out, "{mark:5} {:10} {}", c.name, c.found)?;
            if let Some(fix) = &c.fix {
                writeln!(out, "{:16} -> {fix}", "")?;
            }
        }
        Ok(())
    })?;
    Ok(if diagnosis.health == Health::Fail {
        CHECK_FAILED
    } else {
        0
    })
}

fn ok(name: &'static str, found: String) -> Check {
    Check {
        name,
        health: Health::Ok,
        found,
        fix: None,
    }
}

fn bad(name: &'static str, health: Health, found: String, fix: &str) -> Check {
    Check {
        name,
        health,
        found,
        fix: Some(fix.to_owned()),
    }
}

fn home_check(home: &Home) -> Check {
    let folder = home.data_dir().display();
    if !home.data_dir().exists() {
        return bad(
            "home",
            Health::Warn,
            format!("{folder} does not exist yet"),
            "`huddle data import` creates it, or name another with --home",
        );
    }
    match home.lock() {
        Ok(_) => ok("home", format!("{folder} is free and writable")),
        Err(HomeError::InUse { pid, .. }) => bad(
            "home",
            Health::Warn,
            format!(
                "{folder} is in use{}",
                pid.map_or_else(String::new, |p| format!(" by process {p}"))
            ),
            "verbs that write have to wait for it",
        ),
        Err(e) => bad("home", Health::Fail, e.to_string(), "choose another --home"),
    }
}

fn settings_check(home: &Home) -> Check {
    let file = home.config_file();
    match Settings::load(&file) {
        Ok(s) if file.exists() => ok(
            "settings",
            format!("{}, fingerprint {}", file.display(), s.fingerprint()),
        ),
        Ok(s) => ok(
            "settings",
            format!("defaults (no {}), fingerprint {}", file.display(), s.fingerprint()),
        ),
        Err(e) => bad(
            "settings",
            Health::Fail,
            e.to_string(),
            "correct the file or delete it to have the defaults",
        ),
    }
}

fn database_checks(home: &Home, now: DateTime<Utc>) -> Vec<Check> {
    let path = match home.existing_database() {
        Ok(path) => path,
        Err(e) => {
            let fix = "`huddle data import games FILE`, or `huddle demo` to look around without data";
            return vec![bad("database", Health::Fail, e.to_string(), fix)];
        }
    };
    let mut conn = match Store::read_only(&path) {
        Ok(conn) => conn,
        Err(e) => {
            return vec![bad(
                "database",
                Health::Fail,
                e.to_string(),
                "do what it says, restore a backup, or use another --home",
            )];
        }
    };
    let mut checks = vec![ok("database", path.display().to_string())];
    checks.push(match journal::verify(&mut conn) {
        Ok(head) => ok("journal", format!("{} entries, the chain holds", head.seq)),
        Err(e) => bad(
            "journal",
            Health::Fail,
            e.to_string(),
            "restore a backup; later entries cannot be trusted",
        ),
    });
    checks.extend(letter_checks(&mut conn));
    checks.push(specialists_check(&mut conn));
    match status::status(&mut conn, now) {
        Ok(status) => checks.extend(data_checks(&status, now)),
        Err(e) => checks.push(bad("data", Health::Fail, e.to_string(), "restore a backup")),
    }
    checks
}

/// What specialists go without, by name.
fn specialists_check(conn: &mut Conn) -> Check {
    let mut lacks = Vec::new();
    for card in agents::SPECIALISTS {
        match kpis::history(conn, card.role, 1_000) {
            Ok(history) => lacks.extend(agents::degraded(&history)),
            Err(e) => return bad("agents", Health::Warn, e.to_string(), "look at `huddle agents`"),
        }
    }
    if lacks.is_empty() {
        return ok(
            "agents",
            "no specialist has said that it goes without a source".to_owned(),
        );
    }
    let fix = "set the key or sync the topic it names, or leave it: the rest works without";
    bad("agents", Health::Warn, lacks.join("; "), fix)
}

fn letter_checks(conn: &mut Conn) -> Vec<Check> {
    let read = letters::counts(conn).and_then(|counts| Ok((counts, letters::counted(conn)?)));
    let (counts, counted) = match read {
        Ok(read) => read,
        Err(e) => return vec![bad("letters", Health::Fail, e.to_string(), "restore a backup")],
    };
    let found = format!(
        "{} journaled, {} waiting, {} quarantined, {} dead",
        counts.n_journaled, counts.n_waiting, counts.n_quarantined, counts.n_dead
    );
    let letters = if counts.n_quarantined > 0 {
        let fix = "`huddle letters list --quarantined` says why; release or discard each";
        bad("letters", Health::Warn, found, fix)
    } else {
        ok("letters", found)
    };
    let n: i64 = counted.iter().map(|line| line.n).sum();
    let senders: BTreeSet<&str> = counted.iter().map(|line| line.sender.as_str()).collect();
    let read = format!("the audit clerk has counted {n} letters of {} senders", senders.len());
    vec![letters, ok("audit", read)]
}

fn data_checks(status: &DataStatus, now: DateTime<Utc>) -> Vec<Check> {
    let seasons = status.seasons.first().zip(status.seasons.last());
    let Some((first, last)) = seasons else {
        return vec![bad(
            "data",
            Health::Fail,
            "no games".to_owned(),
            "`huddle data import games FILE`",
        )];
    };
    let (a, b) = (first.season, last.season);
    let mut checks = vec![ok(
        "data",
        format!("{} games of {a}-{b}, {} quotes", status.n_games, status.n_quotes),
    )];
    let current = season_of(now);
    if b < current {
        let found = format!("the latest season is {b}, the current one is {current}: no week is open to pick");
        checks.push(bad(
            "season",
            Health::Warn,
            found,
            "`huddle data sync` brings it; past weeks can be picked as they are",
        ));
    }
    if !status.quotes.iter().any(|q| q.moment == "open") {
        let found = "no openers: past weeks cannot be decided at the open".to_owned();
        checks.push(bad(
            "openers",
            Health::Warn,
            found,
            "`huddle data import odds FILE`, or use --as-of close",
        ));
    }
    if status.n_overdue > 0 {
        let found = format!("{} games should be over and have no score", status.n_overdue);
        checks.push(bad(
            "results",
            Health::Warn,
            found,
            "`huddle data sync --only schedule,results`, or import a newer games file",
        ));
    }
    if status.n_quarantined > 0 {
        let found = format!("{} rows are quarantined", status.n_quarantined);
        checks.push(bad(
            "quarantine",
            Health::Warn,
            found,
            "`huddle data quarantine` shows file, line and reason",
        ));
    }
    checks
}

fn clock_check(now: DateTime<Utc>) -> Check {
    let (y, m, d) = BORN;
    let born = Utc.with_ymd_and_hms(y, m, d, 0, 0, 0).single();
    if born.is_some_and(|born| now < born) {
        let found = format!("the clock says {}", now.to_rfc3339());
        return bad(
            "clock",
            Health::Fail,
            found,
            "it is before this program was written: set the clock",
        );
    }
    ok("clock", format!("{} UTC", now.format("%Y-%m-%d %H:%M:%S")))
}

/// Only the odds need a key; without it one book's prices come from elsewhere.
fn keys_check(secrets: &Secrets) -> Check {
    match secrets.key(Provider::OddsApi) {
        Ok(_) => ok(
            "keys",
            "The Odds API's key is set; `huddle api plan` shows what it is spent on".to_owned(),
        ),
        Err(error) => bad(
            "keys",
            Health::Warn,
            format!("{}: {error}", Provider::OddsApi),
            "without it odds come from ESPN, which shows one book; minds are local and need none",
        ),
    }
}
