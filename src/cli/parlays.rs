//! `huddle parlays`: what goes together in past games, which of it survives on seasons held back, and what pairs of legs
//! on one game are worth.

mod text;

use super::output::emit;
use super::report::{FROZEN_THROUGH, count_search, n_looks, parse_moment, parse_seasons};
use super::{Failure, session};
use crate::agents::specialists::data_engineer::AsOf;
use crate::clock::Seeds;
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::quote::Moment;
use crate::home::Home;
use crate::parlay::items::{GameFacts, Item, ItemOptions, Kind, facts};
use crate::parlay::itemsets::{Baskets, Bounds, Itemsets, MAX_LENGTH, MiningError};
use crate::parlay::rules::{Permille, Rule};
use crate::parlay::templates::{Held, Template, templates};
use crate::parlay::validate::{LEVEL, N_DRAWS, Trial, Verdict, baskets, trial};
use crate::parlay::vertical::Cores;
use crate::parlay::{fp_growth, vertical};
use crate::store::load_archive;
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Arguments of `huddle parlays`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Every search that holds back seasons after 2017 is a trial and is counted; the same one twice counts once.

Examples:
  huddle parlays
  huddle parlays --train 1999-2015 --hold-out 2016-2017 --support 0.015
  huddle parlays --as-of open --train 2007-2013 --json"
)]
pub struct ParlaysArgs {
    /// The seasons patterns are found on, as FIRST-LAST or one.
    #[arg(long, default_value = "1999-2013", value_parser = parse_seasons)]
    pub train: RangeInclusive<u16>,
    /// The seasons they are tried on, all after those.
    #[arg(long, default_value = "2014-2017", value_parser = parse_seasons)]
    pub hold_out: RangeInclusive<u16>,
    /// Share of training games a set of facts must hold in, above 0 and at most 1.
    #[arg(long, default_value_t = 0.01, value_parser = parse_support)]
    pub support: f64,
    /// Facts in a set, the bet included.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=MAX_LENGTH as i64))]
    pub max_length: u8,
    /// How sets are found; both find the same.
    #[arg(long, value_enum, default_value_t = Miner::Vertical)]
    pub miner: Miner,
    /// Whose lines: open or close.
    #[arg(long, default_value = "close", value_parser = parse_moment)]
    pub as_of: AsOf,
    /// Describe the weather measured at the games, too. It is no condition of a bet: nobody knew it before kickoff.
    #[arg(long)]
    pub observed_weather: bool,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A way to find frequent sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Miner {
    /// On columns of bits, on all cores.
    Vertical,
    /// FP-growth.
    FpGrowth,
}

impl Miner {
    fn mine(self, baskets: &Baskets, bounds: Bounds) -> Result<Itemsets, MiningError> {
        match self {
            Miner::Vertical => vertical::mine(baskets, bounds, Cores::All),
            Miner::FpGrowth => fp_growth::mine(baskets, bounds),
        }
    }
}

fn parse_support(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|s| *s > 0.0 && *s <= 1.0);
    share.ok_or_else(|| format!("`{text}` is no share of games: write 0.01 for one in a hundred"))
}

/// A rule that describes how games of some kind ended.
#[derive(Clone, Debug, Serialize)]
struct Described {
    given: Vec<Item>,
    follows: Vec<Item>,
    n_both: u32,
    n_given: u32,
    confidence: f64,
    lift: f64,
    leverage: f64,
}

/// A template and how it did on the seasons held back.
#[derive(Clone, Debug, Serialize)]
struct Tested {
    #[serde(flatten)]
    template: Template,
    held: Held,
}

/// What the verb prints.
#[derive(Clone, Debug, Serialize)]
struct Answer {
    train: String,
    hold_out: String,
    as_of: String,
    miner: Miner,
    min_count: u32,
    /// Games of these seasons without both lines.
    n_without_line: usize,
    n_sets: usize,
    n_rules: usize,
    described: Vec<Described>,
    verdict: Verdict,
    nothing_survives: bool,
    templates: Vec<Tested>,
    /// Different looks at seasons after those parameters were chosen on, this one included.
    n_trials: u64,
    unknown: Vec<&'static str>,
}

/// A rule less sure than this describes little.
const MIN_CONFIDENCE: Permille = Permille(600);
/// Shown of the rules that describe.
const N_DESCRIBED: usize = 5;

/// What no figure of this verb knows.
const UNKNOWN: [&str; 5] = [
    "prices: records are at -110 a leg, and books pay less than the product where legs help each other",
    "weather before kickoff, injuries and quarterbacks: no pattern can speak of them",
    "lines that moved: a template is about games at the market's own lines, not about alternative ones",
    "how many patterns other people tried on the same games",
    "whether the game has changed since: rules of play and of bookmaking are those of the seasons shown",
];

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 2 when the seasons overlap or the search is too wide, 3 when home, settings or database cannot be used, 6
/// when there is no database or no game of the seasons asked for.
pub fn run(args: &ParlaysArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    if args.hold_out.start() <= args.train.end() {
        let why = "the seasons held back must come after the ones patterns are found on";
        return Err(Failure::new(2, anyhow!("{why}: change --train or --hold-out")));
    }
    let mut settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    settings.seed = args.seed.unwrap_or(settings.seed);
    let n_trials = count(args, home, &settings, now)?;
    let archive = Arc::new(load_archive(&mut session::reading(home)?)?);
    let answer = search(args, &archive, settings.seed, n_trials, now)?;
    emit(args.json, out, &answer, |out| text::print(out, &answer))?;
    Ok(0)
}

/// Counts the search if it looks at judged seasons, before it does.
fn count(args: &ParlaysArgs, home: &Home, settings: &Settings, now: DateTime<Utc>) -> Result<u64, Failure> {
    if *args.hold_out.end() <= FROZEN_THROUGH {
        return Ok(n_looks(&mut session::reading(home)?)?);
    }
    let purpose = format!(
        "parlays of {:?}, support {}, length {}, at the {}",
        args.train,
        args.support,
        args.max_length,
        args.as_of.name()
    );
    count_search(home, settings, &purpose, &args.hold_out, now)
}

fn search(
    args: &ParlaysArgs,
    archive: &Arc<Archive>,
    seed: u64,
    n_trials: u64,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let (train, mut n_without_line) = games(args, archive, &args.train, now)?;
    let (held, n) = games(args, archive, &args.hold_out, now)?;
    n_without_line += n;
    let min_count = (args.support * train.len() as f64).ceil() as u32;
    let too_wide = |e: anyhow::Error| Failure::new(2, e);
    let (items, all) = baskets(&train, |_| true).map_err(|e| too_wide(e.into()))?;
    let bounds = Bounds::new(min_count, usize::from(args.max_length));
    let sets = args.miner.mine(&all, bounds).map_err(|e| too_wide(e.into()))?;
    let rules = sets.rules(MIN_CONFIDENCE);
    let how = Trial {
        bounds: Bounds::new(min_count, usize::from(args.max_length) - 1),
        level: LEVEL,
        n_draws: N_DRAWS,
    };
    let seeds = Seeds::new(seed);
    let mine = |baskets: &Baskets, bounds| args.miner.mine(baskets, bounds);
    let verdict = trial(&train, &held, &how, mine, &mut seeds.derive("parlays/trial", 0));
    let verdict = verdict.map_err(|e| too_wide(e.into()))?;
    let templates = templates(&train, &mut seeds.derive("parlays/templates", 0));
    Ok(Answer {
        train: format!("{}-{}", args.train.start(), args.train.end()),
        hold_out: format!("{}-{}", args.hold_out.start(), args.hold_out.end()),
        as_of: args.as_of.name(),
        miner: args.miner,
        min_count,
        n_without_line,
        n_sets: sets.len(),
        n_rules: rules.len(),
        described: described(&sets, &items, rules),
        nothing_survives: verdict.survivors.is_empty(),
        verdict,
        templates: templates
            .into_iter()
            .map(|template| Tested {
                held: template.hold(&held),
                template,
            })
            .collect(),
        n_trials,
        unknown: UNKNOWN.to_vec(),
    })
}

/// The settled games of some seasons, as they were known when the season after them opened, or now; and how many had no
/// lines.
fn games(
    args: &ParlaysArgs,
    archive: &Arc<Archive>,
    seasons: &RangeInclusive<u16>,
    now: DateTime<Utc>,
) -> Result<(Vec<GameFacts>, usize), Failure> {
    let next = archive.weeks().into_iter().find(|when| when.season > *seasons.end());
    let opening = next.and_then(|when| archive.week(when).iter().map(|f| f.opens_at).min());
    let view = archive.as_of(opening.map_or(now, |at| at.min(now)));
    let options = ItemOptions {
        moment: if args.as_of == AsOf::Open {
            Moment::Open
        } else {
            Moment::Close
        },
        observed_weather: args.observed_weather,
    };
    let settled = view
        .results(0)
        .filter(|g| seasons.contains(&g.fixture.when.season))
        .count();
    let (mut games, _) = facts(&view, options);
    games.retain(|g| seasons.contains(&g.when.season));
    if games.is_empty() {
        let (a, b) = (seasons.start(), seasons.end());
        return Err(Failure::new(
            6,
            anyhow!("no settled games of {a}-{b} with both lines are stored; see `huddle data status`"),
        ));
    }
    let n_without_line = settled - games.len();
    Ok((games, n_without_line))
}

/// Of the rules from what is no outcome to outcomes alone, those with the greatest lift.
fn described(sets: &Itemsets, items: &[Item], mut rules: Vec<Rule>) -> Vec<Described> {
    let n = sets.n_baskets();
    rules.sort_by(|a, b| b.lift(n).total_cmp(&a.lift(n)));
    let of = |rule: Rule| {
        let (given, follows) = sets.sides(&rule);
        let named = |side: Vec<u16>| side.into_iter().map(|i| items[usize::from(i)]).collect::<Vec<Item>>();
        let (given, follows) = (named(given), named(follows));
        let tells =
            given.iter().all(|i| i.kind != Kind::Outcome) && follows.iter().all(|i| i.kind == Kind::Outcome);
        tells.then(|| Described {
            n_both: rule.n_both,
            n_given: rule.n_given,
            confidence: rule.confidence(),
            lift: rule.lift(n),
            leverage: rule.leverage(n),
            given,
            follows,
        })
    };
    rules.into_iter().filter_map(of).take(N_DESCRIBED).collect()
}
