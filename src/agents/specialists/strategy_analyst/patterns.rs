//! Pattern mining, once a season: rules found on all seasons before are tried on the one that has just ended.

use super::{CARD, Study};
use crate::agents::specialists::stock::{Figures, stream};
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::quote::Moment;
use crate::parlay::fp_growth;
use crate::parlay::items::{GameFacts, ItemOptions, facts};
use crate::parlay::itemsets::Bounds;
use crate::parlay::validate::{LEVEL, N_DRAWS, Trial, trial};

/// Fewer games hold no pattern that is worth a trial: a season and a half.
const MIN_GAMES: usize = 400;
/// A condition that holds in fewer games than one in fifty is a coincidence of names.
const MIN_SUPPORT: f64 = 0.02;
/// Facts of a condition at most: every further one multiplies what luck can find.
const MAX_FACTS: usize = 2;

/// How often the bets of patterns won on the last season that were striking on the earlier ones, by family of bets.
pub(super) fn kpis(study: &Study) -> Vec<Kpi> {
    let figures = Figures {
        agent: CARD.role,
        at: study.view.at(),
    };
    let name = "pattern_win_rate";
    let options = ItemOptions {
        moment: Moment::Open,
        observed_weather: false,
    };
    let (games, _) = facts(&study.view, options);
    let (held, earlier): (Vec<GameFacts>, Vec<GameFacts>) = games
        .into_iter()
        .filter(|g| g.when.season <= study.when.season)
        .partition(|g| g.when.season == study.when.season);
    if earlier.len() < MIN_GAMES || held.is_empty() {
        let why = format!(
            "{} earlier games with openers, a search takes {MIN_GAMES}",
            earlier.len()
        );
        return vec![figures.none(name, Unit::Share, 0, &why)];
    }
    let least = (MIN_SUPPORT * earlier.len() as f64).ceil() as u32;
    let how = Trial {
        bounds: Bounds::new(least, MAX_FACTS),
        level: LEVEL,
        n_draws: N_DRAWS,
    };
    match trial(&earlier, &held, &how, fp_growth::mine, &mut stream(study.seed)) {
        Err(error) => vec![figures.none(name, Unit::Share, 0, &error.to_string())],
        Ok(verdict) => verdict
            .families
            .iter()
            .map(|family| {
                let name = format!("{name}.{}", family.family.name().replace(' ', "_"));
                figures.rate(
                    &name,
                    family.striking_held,
                    "no pattern was striking on earlier seasons",
                )
            })
            .collect(),
    }
}
