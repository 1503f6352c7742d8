//! `huddle data sync`: bring games, results, statistics, odds, weather, injuries and news from their services, and say for
//! each whose answer was taken and how old it is.

use super::Failure;
use super::output::emit;
use super::session::{self, NetArgs, Session};
use crate::actor::How;
use crate::api::Provider;
use crate::app::api_manager::GetApiStats;
use crate::app::sync::{Step, SyncOrder, Topic, month_plan, sync, tell_plan};
use crate::domain::game::Fixture;
use crate::home::Home;
use crate::store::games;
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError};
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::time::Duration;

/// Arguments of `huddle data sync`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  huddle data sync                          everything; 3 credits of The Odds API where a key is set
  huddle data sync --only schedule,results  free
  huddle api plan                           what the month costs, before it is spent

Keys: ODDS_API_KEY, or HUDDLE_ODDS_API_KEY, or either with _FILE at its end naming a file. Without it odds come from ESPN.")]
pub struct SyncArgs {
    /// Only these, separated by commas: schedule, results, team-stats, odds, weather, injuries, news.
    #[arg(long, value_delimiter = ',', value_parser = parse_topic)]
    pub only: Vec<Topic>,
    /// Whether services are asked at all.
    #[command(flatten)]
    pub net: NetArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn parse_topic(text: &str) -> Result<Topic, String> {
    Topic::of_name(text).ok_or_else(|| {
        let names: Vec<&str> = Topic::ALL.iter().map(|t| t.name()).collect();
        format!("`{text}` is nothing that can be brought: {}", names.join(", "))
    })
}

/// What `huddle data sync` shows.
#[derive(Clone, Debug, Serialize)]
struct SyncView {
    steps: Vec<Step>,
    /// Credits spent this month, and left, where a plan is metered.
    credits_left: Option<u32>,
    /// Topics that nobody could tell anything of.
    n_failed: usize,
}

/// Exit code when nothing at all could be brought.
const NOTHING: u8 = 6;
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session. A topic that could not be brought is part of the answer; 6 when none could.
pub fn run(args: &SyncArgs, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let view = session::in_new_home(home, args.net, async |s: &Session| brought(args, s).await)?;
    show(args, &view, out)
}

/// Does the verb in a house that runs already.
///
/// # Errors
/// [`Failure`] of an actor.
pub async fn in_session(args: &SyncArgs, session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    if args.net.offline {
        let error = anyhow!("nothing was brought: with --offline no service may be asked");
        return Err(Failure::new(NOTHING, error));
    }
    show(args, &brought(args, session).await?, out)
}

async fn brought(args: &SyncArgs, s: &Session) -> Result<SyncView, Failure> {
    let topics = if args.only.is_empty() {
        Topic::ALL.to_vec()
    } else {
        args.only.clone()
    };
    plan_ahead(s).await?;
    let steps = bring(s, &topics, "data_sync").await;
    let stats = s.house.api.ask(GetApiStats, How::within(PATIENCE)).await?;
    let odds = stats.providers.iter().find(|p| p.provider == Provider::OddsApi);
    Ok(SyncView {
        n_failed: steps.iter().filter(|step| step.failed).count(),
        credits_left: odds.and_then(|p| p.credits.as_ref()).map(|c| c.remaining),
        steps,
    })
}

fn show(args: &SyncArgs, view: &SyncView, out: &mut dyn Write) -> Result<u8, Failure> {
    emit(args.json, out, view, |out| {
        print_steps(out, &view.steps)?;
        if let Some(left) = view.credits_left {
            writeln!(out, "The Odds API: {left} credits left")?;
        }
        Ok(())
    })?;
    let nothing = view.n_failed > 0 && view.steps.iter().all(|step| step.source.is_none());
    Ok(if nothing { NOTHING } else { 0 })
}

/// Brings topics, with a line for each on standard error as it ends.
pub async fn bring(session: &Session, topics: &[Topic], agent: &'static str) -> Vec<Step> {
    let mut order = SyncOrder::of(topics, agent);
    order.nws_base = session.settings.api.base_urls.get(&Provider::Nws).cloned();
    sync(&session.house, &order, &session.clock, |step| {
        let what = if step.failed {
            format!("not brought: {}", step.notes.join("; "))
        } else if step.source.is_none() {
            "nothing to ask".to_owned()
        } else {
            "brought".to_owned()
        };
        // A closed standard error must not turn a finished verb into a panic.
        let _ = writeln!(std::io::stderr(), "{}: {what}", step.topic.name());
    })
    .await
}

/// A line for each topic, and what there is to say about it.
///
/// # Errors
/// Whatever the sink reports.
pub fn print_steps(out: &mut dyn Write, steps: &[Step]) -> std::io::Result<()> {
    for step in steps {
        writeln!(out, "{}", line(step))?;
        for note in &step.notes {
            writeln!(out, "{:11} {note}", "")?;
        }
    }
    Ok(())
}

/// Every stored fixture.
struct Fixtures;

impl Work for Fixtures {
    type Output = Vec<Fixture>;
    fn run(self, conn: &mut Conn) -> Result<Vec<Fixture>, StoreError> {
        Ok(games::all(conn)?.into_iter().map(|g| g.fixture).collect())
    }
}

/// Plans the month and tells the API manager, so that a sync cannot take what the closing lines will need.
async fn plan_ahead(session: &Session) -> Result<(), Failure> {
    let fixtures = session
        .house
        .database
        .ask(Do(Fixtures), How::within(PATIENCE))
        .await??;
    let stats = session.house.api.ask(GetApiStats, How::within(PATIENCE)).await?;
    let credits = stats.providers.iter().find_map(|p| p.credits.clone());
    if let Some(credits) = credits {
        let (now, quota) = (session.clock.now(), session.settings.api.credits);
        let month = month_plan(&fixtures, &quota, now, credits.resets_at, credits.remaining);
        tell_plan(&session.house, &month.plan);
    }
    Ok(())
}

fn line(step: &Step) -> String {
    let Some(source) = step.source else {
        return format!(
            "{:11} {}",
            step.topic.name(),
            if step.failed { "nothing" } else { "nothing to ask" }
        );
    };
    let age = match step.age_s {
        Some(age) if step.freshness != "live" => format!(", {} old", age_text(age)),
        _ => String::new(),
    };
    let quarantined = match step.n_quarantined {
        0 => String::new(),
        n => format!(", {n} left out (huddle data quarantine)"),
    };
    format!(
        "{:11} from {source} ({}{age}): {} new, {} changed, {} unchanged{quarantined}",
        step.topic.name(),
        step.freshness,
        step.stored.new,
        step.stored.changed,
        step.stored.unchanged,
    )
}

/// `40 s`, `12 min`, `3 h`, `2 d`.
fn age_text(secs: u64) -> String {
    match secs {
        0..120 => format!("{secs} s"),
        120..7_200 => format!("{} min", secs / 60),
        7_200..172_800 => format!("{} h", secs / 3_600),
        _ => format!("{} d", secs / 86_400),
    }
}
