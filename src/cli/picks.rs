//! `huddle picks`: hold the rounds of a week and print the slate, with the case for and against every pick.

mod portfolio;
mod text;
mod told;
mod view;

use super::minds::MindsArgs;
use super::output::emit;
use super::report::count_picks;
use super::session::{self, NetArgs, Session};
use super::sync::bring;
use super::{Failure, chain, words};
use crate::agents::specialists::data_engineer::AsOf;
use crate::app::conductor::portfolio as portfolio_of;
use crate::app::order::WeekOrder;
use crate::app::sync::Topic;
use crate::app::team::brief;
use crate::app::week::{PlayedWeek, WeekError, play};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::belief::Seat;
use crate::domain::calendar::eastern_label;
use crate::domain::game::SeasonWeek;
use crate::home::Home;
use crate::minds::quant::ROSTER;
use crate::swarms::guidance::Guidance;
use anyhow::anyhow;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use clap::Args;
pub use portfolio::PortfolioView;
use std::io::Write;
use std::sync::Arc;
pub use text::print;
pub use view::{LeanView, PickView, Slate};

/// Arguments of `huddle picks`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  huddle picks --season 2019 --week 5               past weeks are decided at the openers
  huddle picks --season 2019 --week 5 --as-of close
  huddle picks --season 2019 --week 5 --kill elo    a member is brought down in the middle of the round")]
pub struct PicksArgs {
    /// The season; without season and week the current week.
    #[arg(long, requires = "week")]
    pub season: Option<u16>,
    /// The week, 1 to 22.
    #[arg(long, requires = "season")]
    pub week: Option<u8>,
    /// When to decide: open, close, or a time such as 2019-10-04T12:00:00Z.
    #[arg(long, value_parser = parse_as_of)]
    pub as_of: Option<AsOf>,
    /// The paper bankroll.
    #[arg(long, allow_hyphen_values = true)]
    pub bankroll: Option<String>,
    /// Books you can bet at, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub books: Vec<String>,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Bring a member down in the middle of the round, to see it come back.
    #[arg(long, value_parser = parse_seat, value_name = "SEAT")]
    pub kill: Option<Seat>,
    /// List every pass with its reason.
    #[arg(long)]
    pub all: bool,
    /// Whether services are asked first, for a week that is still open.
    #[command(flatten)]
    pub net: NetArgs,
    /// Which language models are asked.
    #[command(flatten)]
    pub minds: MindsArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What a live week is decided on.
const LIVE: [Topic; 5] = [
    Topic::Schedule,
    Topic::Results,
    Topic::Odds,
    Topic::Weather,
    Topic::Injuries,
];

fn parse_as_of(text: &str) -> Result<AsOf, String> {
    match text {
        "open" => Ok(AsOf::Open),
        "close" => Ok(AsOf::Close),
        _ => text.parse().map(AsOf::At).map_err(|_| {
            format!("`{text}` is neither `open` nor `close` nor a time such as 2019-10-04T12:00:00Z")
        }),
    }
}

/// Reads the name of a seat at the table.
///
/// # Errors
/// A message with the names there are.
pub fn parse_seat(text: &str) -> Result<Seat, String> {
    let names: Vec<&str> = ROSTER.iter().map(|r| r.0).collect();
    if names.contains(&text) {
        Ok(Seat::new(text))
    } else {
        Err(format!(
            "`{text}` has no seat at the table; seats: {}",
            names.join(", ")
        ))
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session; 6 when the week is not stored.
pub fn run(args: &PicksArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let adjust = |settings: &mut Settings| {
        if let Some(bankroll) = &args.bankroll {
            settings.bankroll.clone_from(bankroll);
        }
        if !args.books.is_empty() {
            settings.books.clone_from(&args.books);
        }
        settings.seed = args.seed.unwrap_or(settings.seed);
        args.minds.adjust(settings)
    };
    let slate = session::in_home(home, args.net, adjust, async |session: &Session| {
        let past = matches!(choose(args, &session.archive, now), Ok((_, AsOf::Open)));
        let live = !past && args.as_of.is_none() && !args.net.offline;
        let (archive, now) = if live {
            let mut topics = LIVE.to_vec();
            // Only models read headlines.
            if !session.settings.minds.is_empty() {
                topics.push(Topic::News);
            }
            bring(session, &topics, "picks").await;
            // What was just brought is known from now on, not from when the verb began.
            let now = session.clock.now() + TimeDelta::milliseconds(999);
            (session.reload().await?, now.trunc_subsecs(0))
        } else {
            (Arc::clone(&session.archive), now)
        };
        let (when, default) = choose(args, &archive, now)?;
        let briefing = brief(&session.house, &session.settings, &archive, when, now).await?;
        // A shadow is for the house that works by itself.
        let guidance = Arc::new(Guidance {
            shadow: None,
            ..(*briefing.guidance).clone()
        });
        let order = WeekOrder {
            archive,
            when,
            as_of: args.as_of.unwrap_or(default),
            settings: session.settings.clone(),
            now,
            keep: true,
            kill: args.kill.clone(),
            guidance,
        };
        if let Some(why) = &order.guidance.paused {
            return Err(Failure::new(5, WeekError::Paused(why.clone())));
        }
        count_picks(session, when, now).await?;
        let played: PlayedWeek = play(&session.house, &order).await?;
        let mut slate = Slate::of(&played, &order)?;
        // The picks are stored by now and must be seen, whatever becomes of the portfolio.
        match portfolio_of(&session.house, &order, &played).await {
            Ok(made) => {
                slate.portfolio = made.map(|made| PortfolioView::of(&made, &order.archive.week(when)));
            }
            Err(error) => slate.portfolio_fault = Some(chain(&error.into())),
        }
        Ok(slate)
    })?;
    emit(args.json, out, &slate, |out| print(out, &slate, args.all))?;
    Ok(0)
}

/// The week asked for, and when it is decided by default.
fn choose(args: &PicksArgs, archive: &Archive, now: DateTime<Utc>) -> Result<(SeasonWeek, AsOf), Failure> {
    let asked = args.season.zip(args.week);
    let asked = asked.map(|(season, week)| SeasonWeek { season, week });
    let (when, default) = week_or_current(asked, archive, now)?;
    if asked.is_some()
        && let Some(opens) = not_open_yet(args, archive, when, now)
    {
        return Err(Failure::new(
            6,
            anyhow!("{when} opens on {opens}: before that no line is known; come back then"),
        ));
    }
    Ok((when, default))
}

/// A week that is stored, or the one that is open now, and when it is decided by default: past weeks at their openers, the
/// current one now.
///
/// # Errors
/// [`Failure`] (6) when there is none.
pub fn week_or_current(
    asked: Option<SeasonWeek>,
    archive: &Archive,
    now: DateTime<Utc>,
) -> Result<(SeasonWeek, AsOf), Failure> {
    let is_past = |when| archive.week(when).iter().all(|f| f.settles_at() <= now);
    if let Some(when) = asked {
        if archive.week(when).is_empty() {
            let weeks = archive.weeks();
            let stored = weeks.first().zip(weeks.last());
            let stored = stored.map_or("nothing is stored".to_owned(), |(a, b)| {
                format!("stored are {a} to {b}")
            });
            return Err(Failure::new(
                6,
                anyhow!("no games of {when}: {stored}; see `huddle data status`"),
            ));
        }
        return Ok((when, if is_past(when) { AsOf::Open } else { AsOf::At(now) }));
    }
    let open = |when: &SeasonWeek| {
        let games = archive.week(*when);
        games.iter().any(|f| f.opens_at <= now) && games.iter().any(|f| f.settles_at() > now)
    };
    match archive.weeks().into_iter().find(open) {
        Some(when) => Ok((when, AsOf::At(now))),
        None => Err(Failure::new(
            6,
            anyhow!(
                "no stored week is open at {}: `huddle data sync` brings the schedule, or name a past week with --season and --week",
                words::local(now)
            ),
        )),
    }
}

/// When a week that has not opened will open; a moment asked for by name is the asker's own affair.
fn not_open_yet(args: &PicksArgs, archive: &Archive, when: SeasonWeek, now: DateTime<Utc>) -> Option<String> {
    let opens_at = archive.week(when).iter().map(|f| f.opens_at).min()?;
    (args.as_of.is_none() && opens_at > now).then(|| eastern_label(opens_at))
}
