//! `huddle report`: play seasons walk-forward through the actors, grade them, and print what there is to say about it.

use super::Failure;
use super::output::write_out;
use super::session::{self, NetArgs, Session};
use crate::actor::How;
use crate::agents::specialists::data_engineer::AsOf;
use crate::app::order::{CODE_VERSION, WeekOrder};
use crate::app::week::play;
use crate::backtest::report::{Report, ReportOptions, render_text};
use crate::config::Settings;
use crate::domain::game::SeasonWeek;
use crate::home::Home;
use crate::store::journal::Head;
use crate::store::keeper::{Do, Work};
use crate::store::trials::{self, Trial};
use crate::store::{Conn, StoreError, data_hash, journal, sha256};
use crate::swarms::round::Round;
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `huddle report`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Every look at seasons after 2017 is a trial and is counted; the same look twice counts once.

Examples:
  huddle report --seasons 2012-2017
  huddle report --seasons 2012-2021 --json"
)]
pub struct ReportArgs {
    /// The seasons, as FIRST-LAST or one.
    #[arg(long, value_parser = parse_seasons)]
    pub seasons: RangeInclusive<u16>,
    /// When bets are decided: open or close.
    #[arg(long, default_value = "open", value_parser = parse_moment)]
    pub as_of: AsOf,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The last season on which parameters were chosen.
pub const FROZEN_THROUGH: u16 = 2017;
/// Columns of the printed report.
const WIDTH: usize = 110;
/// Reading a fingerprint of everything takes a second in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);

/// `FIRST-LAST` or one season.
pub(super) fn parse_seasons(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(format!("`{text}` names no seasons: write 2012-2021 or 2016")),
    }
}

/// `open` or `close`.
pub(super) fn parse_moment(text: &str) -> Result<AsOf, String> {
    match text {
        "open" => Ok(AsOf::Open),
        "close" => Ok(AsOf::Close),
        _ => Err(format!("`{text}` is neither `open` nor `close`")),
    }
}

/// How many different configurations (data, settings, seed, source) have looked at seasons after those parameters were
/// chosen on. Looking again with the same one teaches nothing new to whoever tunes.
fn n_judged(trials: &[Trial]) -> u64 {
    let last = |t: &Trial| t.seasons.split_once('-').and_then(|(_, last)| last.parse::<u16>().ok());
    let judged = trials
        .iter()
        .filter(|t| last(t).is_some_and(|season| season > FROZEN_THROUGH));
    let configurations: BTreeSet<_> = judged
        .map(|t| (&t.data_hash, &t.settings_hash, t.seed, &t.code_version))
        .collect();
    configurations.len() as u64
}

/// Counts a look of `picks` at a week after those parameters were chosen on; earlier ones are no trials.
///
/// # Errors
/// [`Failure`] when the database does not answer.
pub async fn count_picks(session: &Session, when: SeasonWeek, now: DateTime<Utc>) -> Result<(), Failure> {
    if when.season <= FROZEN_THROUGH {
        return Ok(());
    }
    let trial = trial(
        &session.settings,
        &format!("picks of week {}", when.week),
        &(when.season..=when.season),
        now,
    );
    session
        .house
        .database
        .ask(Do(CountTrial(trial)), How::within(PATIENCE))
        .await
        .context("counting the look")??;
    Ok(())
}

/// Counts a look of a verb that plays seasons in a session, and tells the fingerprint of the facts. Looks at seasons
/// parameters were chosen on alone are no trials.
///
/// # Errors
/// [`Failure`] when the database does not answer.
pub async fn count_look(
    session: &Session,
    purpose: &str,
    seasons: &RangeInclusive<u16>,
    now: DateTime<Utc>,
) -> Result<String, Failure> {
    let trial = trial(&session.settings, purpose, seasons, now);
    let counted = session
        .house
        .database
        .ask(Do(CountTrial(trial)), How::within(PATIENCE))
        .await;
    let (_, data_hash) = counted.context("counting the look")??;
    Ok(data_hash)
}

/// Counts a look that plays nothing: of a verb that reads the past directly, such as `parlays`. `purpose` names all that
/// decides what is seen, so that another choice is another configuration. Returns the number of different looks so far.
///
/// # Errors
/// [`Failure`] when the home is in use or the database does not answer.
pub fn count_search(
    home: &Home,
    settings: &Settings,
    purpose: &str,
    seasons: &RangeInclusive<u16>,
    now: DateTime<Utc>,
) -> Result<u64, Failure> {
    let mut trial = trial(settings, purpose, seasons, now);
    trial.settings_hash = sha256(format!("{}/{purpose}", trial.settings_hash).as_bytes());
    session::writing(home, |conn| Ok(CountTrial(trial).run(conn)?.0))
}

/// How many different looks there have been so far.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub fn n_looks(conn: &mut Conn) -> Result<u64, StoreError> {
    Ok(n_judged(&trials::all(conn)?))
}

pub(super) fn trial(
    settings: &Settings,
    purpose: &str,
    seasons: &RangeInclusive<u16>,
    now: DateTime<Utc>,
) -> Trial {
    let seed = settings.seed;
    let settings = settings.fingerprint();
    let text = format!("{purpose}/{seasons:?}/{settings}/{now}");
    Trial {
        id: Sha256::digest(text)
            .iter()
            .take(6)
            .map(|b| format!("{b:02x}"))
            .collect(),
        at: now.naive_utc(),
        purpose: purpose.to_owned(),
        seasons: format!("{}-{}", seasons.start(), seasons.end()),
        settings_hash: settings,
        data_hash: String::new(),
        code_version: CODE_VERSION.to_owned(),
        seed: seed.cast_signed(),
        journal_head: String::new(),
    }
}

/// Counts a look at seasons, and how many different ones there have been.
pub(super) struct CountTrial(pub(super) Trial);

impl Work for CountTrial {
    /// The number of different looks at seasons after those parameters were chosen on, and the fingerprint of the data.
    type Output = (u64, String);

    fn run(mut self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        self.0.data_hash = data_hash(conn)?;
        self.0.journal_head = journal::head(conn)?.hash;
        trials::record(conn, &self.0)?;
        let n = n_judged(&trials::all(conn)?);
        Ok((n, self.0.data_hash.clone()))
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session or of a week; 6 when none of the seasons is stored.
pub fn run(args: &ReportArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let adjust = |settings: &mut crate::config::Settings| {
        settings.seed = args.seed.unwrap_or(settings.seed);
        Ok(())
    };
    let report = session::in_home(home, NetArgs { offline: true }, adjust, async |session: &Session| {
        report(session, args, now).await
    })?;
    // The report carries its own schema version.
    let text = if args.json {
        serde_json::to_string(&report).context("writing the report")? + "\n"
    } else {
        render_text(&report, WIDTH)
    };
    write_out(out, &text)?;
    Ok(0)
}

async fn report(session: &Session, args: &ReportArgs, now: DateTime<Utc>) -> Result<Report, Failure> {
    let asked = |w: &SeasonWeek| args.seasons.contains(&w.season);
    let weeks: Vec<SeasonWeek> = session.archive.weeks().into_iter().filter(asked).collect();
    if weeks.is_empty() {
        let (a, b) = (args.seasons.start(), args.seasons.end());
        return Err(Failure::new(
            6,
            anyhow!("no games of {a}-{b} are stored; see `huddle data status`"),
        ));
    }
    let settings = &session.settings;
    let trial = trial(
        &session.settings,
        &format!("report at the {}", args.as_of.name()),
        &args.seasons,
        now,
    );
    // Counted before it is played: a look that was broken off was a look.
    let counted = session
        .house
        .database
        .ask(Do(CountTrial(trial)), How::within(PATIENCE))
        .await;
    let (n_trials, data_hash) = counted.context("the database did not answer")??;
    let (rounds, journal) = play_all(session, args, &weeks, now).await?;
    let options = ReportOptions {
        seed: settings.seed,
        seasons: args.seasons.clone().collect(),
        frozen_through: FROZEN_THROUGH,
        n_trials,
        unit_share: settings.risk.unit,
        data_hash,
        settings_hash: settings.fingerprint(),
        code_version: CODE_VERSION.to_owned(),
        journal_head: Some(journal.hash),
    };
    Ok(Report::of(&rounds, &session.archive, options))
}

async fn play_all(
    session: &Session,
    args: &ReportArgs,
    weeks: &[SeasonWeek],
    now: DateTime<Utc>,
) -> Result<(Vec<Round>, Head), Failure> {
    let bar = ProgressBar::with_draw_target(Some(weeks.len() as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} weeks, {msg}, {eta} left") {
        bar.set_style(style);
    }
    let mut rounds = Vec::new();
    let mut journal = Head::none();
    for when in weeks {
        bar.set_message(when.to_string());
        if bar.is_hidden() && when.week == 1 {
            // A closed standard error stops no report.
            let _ = writeln!(std::io::stderr(), "playing {}", when.season);
        }
        let order = WeekOrder {
            archive: Arc::clone(&session.archive),
            when: *when,
            as_of: args.as_of,
            settings: session.settings.clone(),
            now,
            keep: false,
            kill: None,
            guidance: Arc::default(),
        };
        let played = play(&session.house, &order).await?;
        rounds.extend(played.rounds);
        let text = format!("{}{}", journal.hash, played.journal.hash);
        journal = Head {
            seq: journal.seq + played.journal.seq,
            hash: sha256(text.as_bytes()),
        };
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((rounds, journal))
}
