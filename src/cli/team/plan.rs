//! `huddle team plan`: the season week by week, and who would get how much of dollars, API credits and CPU minutes.

use super::list::by_subject;
use crate::agents::orchestrator::allocation::{Allotment, Claim, allot};
use crate::agents::orchestrator::manager::{Ranked, rank};
use crate::agents::orchestrator::season_plan::{PlannedWeek, SCORES_NEEDED, Season, plan};
use crate::cli::output::emit;
use crate::cli::{Failure, session};
use crate::config::Settings;
use crate::domain::calendar::season_of;
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::home::Home;
use crate::store::games;
use crate::store::team::{self, standings};
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Arguments of `huddle team plan`.
#[derive(Clone, Copy, Debug, Args)]
pub struct PlanArgs {
    /// The season; the current one without it.
    #[arg(long)]
    pub season: Option<u16>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A budget and how it would be shared out.
#[derive(Serialize)]
struct Shared {
    what: &'static str,
    claims: Vec<Claim>,
    #[serde(flatten)]
    allotment: Allotment,
}

#[derive(Serialize)]
struct Planned {
    season: u16,
    bankroll: Cents,
    left: Cents,
    /// Whether the caps bind: the setting `orchestrator.plan_caps`.
    enforced: bool,
    weeks: Vec<PlannedWeek>,
    /// Shown, not enforced.
    budgets: Vec<Shared>,
}

/// Credits of the Odds API's free tier in a month.
const CREDITS: u64 = 500;
/// Feeds that cost credits or calls, with the seats that live on each.
const FEEDS: [(&str, &[&str]); 3] = [
    (
        "odds",
        &["line_moves", "market_anchor", "market_rating", "stack", "situational"],
    ),
    ("team statistics", &["epa_ridge", "quarterback"]),
    ("weather", &["weather"]),
];

/// Prints the plan.
pub(super) fn run(args: PlanArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    let season = args.season.unwrap_or_else(|| season_of(now));
    let mut conn = session::reading(home)?;
    let mut weeks: BTreeMap<SeasonWeek, usize> = BTreeMap::new();
    for game in games::all(&mut conn)?
        .iter()
        .filter(|g| g.fixture.when.season == season)
    {
        *weeks.entry(game.fixture.when).or_default() += 1;
    }
    if weeks.is_empty() {
        let error =
            anyhow!("no games of {season} are stored; see `huddle data status`, or name a season with --season");
        return Err(Failure::new(6, error));
    }
    let first = settings.bankroll()?;
    let left = first + team::profit(&mut conn, season, &settings.fingerprint(), now)?;
    let weeks = plan(&Season {
        weeks: weeks.into_iter().collect(),
        first,
        left,
        per_game: settings.risk.per_game,
        per_week: settings.risk.per_week,
    });
    let ranked = rank(&by_subject(&standings::scores(&mut conn)?));
    let minutes = weeks.iter().map(|week| week.research_minutes).max().unwrap_or_default();
    let planned = Planned {
        season,
        bankroll: first,
        left,
        enforced: settings.orchestrator.plan_caps,
        budgets: budgets(&settings, &ranked, minutes),
        weeks,
    };
    Ok(emit(args.json, out, &planned, |out| print(out, &planned))?)
}

fn budgets(settings: &Settings, ranked: &[Ranked], minutes: u64) -> Vec<Shared> {
    let shared = |what, budget, claims: Vec<Claim>| Shared {
        what,
        allotment: allot(budget, &claims),
        claims,
    };
    let unknown = |who: &str| Claim {
        who: who.to_owned(),
        value: None,
        se: 0.0,
        n: 0,
    };
    let slots = settings.minds.slots.iter().map(|slot| {
        let of_model = pooled(ranked, &["llm"]);
        Claim {
            who: slot.name.clone(),
            ..of_model.unwrap_or_else(|| unknown(&slot.name))
        }
    });
    let feeds = FEEDS.map(|(who, seats)| Claim {
        who: who.to_owned(),
        ..pooled(ranked, seats).unwrap_or_else(|| unknown(who))
    });
    let cents = settings.minds.caps().month_micros / 10_000;
    vec![
        shared("dollar cents a month, models", cents, slots.collect()),
        shared("API credits a month, feeds", CREDITS, feeds.to_vec()),
        shared(
            "CPU minutes a week, research",
            minutes,
            vec![unknown("generation"), unknown("validation")],
        ),
    ]
}

/// The mean score of some seats, each score counting once; none when they have none.
fn pooled(ranked: &[Ranked], seats: &[&str]) -> Option<Claim> {
    let of = ranked.iter().filter(|r| seats.contains(&r.subject.as_str()));
    let (mut n, mut sum, mut variance) = (0_u64, 0.0, 0.0);
    for (r, (mean, se)) in of.filter_map(|r| Some((r, r.mean?))) {
        n += r.n;
        sum += r.n as f64 * mean;
        variance += (r.n as f64 * se).powi(2);
    }
    (n > 0).then(|| Claim {
        who: String::new(),
        value: Some(sum / n as f64),
        se: variance.sqrt() / n as f64,
        n,
    })
}

fn print(out: &mut dyn Write, planned: &Planned) -> io::Result<()> {
    let binds = if planned.enforced {
        "the caps bind"
    } else {
        "shown, not enforced: set orchestrator.plan_caps"
    };
    writeln!(
        out,
        "{}: bankroll {}, now {}; {binds}",
        planned.season, planned.bankroll, planned.left
    )?;
    writeln!(
        out,
        "week  games  bets expected  cap        drawdown step  research  scores"
    )?;
    for w in &planned.weeks {
        writeln!(
            out,
            "{:>4}  {:>5}  {:>13.1}  {:>9}  {:>13.2}  {:>4} min  {:>6}",
            w.when.week,
            w.n_games,
            w.expected_bets,
            w.cap.to_string(),
            w.step,
            w.research_minutes,
            w.scores
        )?;
    }
    writeln!(
        out,
        "consensus runs every week, generation and validation between its rounds; a standing needs {SCORES_NEEDED} scores"
    )?;
    for budget in &planned.budgets {
        let Allotment {
            budget: units,
            kept_back,
            ..
        } = &budget.allotment;
        writeln!(
            out,
            "{}: {units}, {kept_back} kept back (shown, not enforced)",
            budget.what
        )?;
        for (claim, units) in budget.claims.iter().zip(&budget.allotment.units) {
            let value = claim.value.map_or("not measured".to_owned(), |value| {
                format!(
                    "{:+.2} points beside the others, standard error {:.2}, n {}",
                    100.0 * value,
                    100.0 * claim.se,
                    claim.n
                )
            });
            writeln!(out, "  {:16} {units:>6}  {value}", claim.who)?;
        }
    }
    Ok(())
}
