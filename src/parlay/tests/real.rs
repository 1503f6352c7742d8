//! The mining task of the research on the real past: thousands of patterns, and none survives. Skipped with a printed reason
//! where the developers' files are absent.

use crate::domain::archive::Archive;
use crate::domain::quote::Moment;
use crate::feeds::nflverse_games;
use crate::parlay::bets::Family;
use crate::parlay::items::{GameFacts, ItemOptions, Kind, facts};
use crate::parlay::itemsets::Bounds;
use crate::parlay::validate::{LEVEL, Trial, trial};
use crate::parlay::vertical::{Cores, mine};
use chrono::{TimeZone, Utc};
use rand_pcg::Pcg64Mcg;
use std::path::PathBuf;
use std::sync::Arc;

/// The real games with their closing lines, or none with the reason printed.
pub(super) fn real_games(observed_weather: bool) -> Option<Vec<GameFacts>> {
    let folder = std::env::var_os("HUDDLE_NFL_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/nfl")),
        PathBuf::from,
    );
    let path = folder.join("games.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: {} is absent", path.display());
        return None;
    };
    let read = nflverse_games::read(&bytes).unwrap();
    let archive = Arc::new(Archive::new(read.games, read.quotes));
    let view = archive.as_of(Utc.with_ymd_and_hms(2022, 7, 1, 0, 0, 0).unwrap());
    let options = ItemOptions {
        moment: Moment::Close,
        observed_weather,
    };
    Some(facts(&view, options).0)
}

#[test]
fn nothing_survives_on_the_real_past() {
    let Some(games) = real_games(true) else { return };
    let of = |from: u16, to: u16| -> Vec<GameFacts> {
        let within = |g: &&GameFacts| (from..=to).contains(&g.when.season);
        games.iter().filter(within).cloned().collect()
    };
    let (train, held) = (of(1999, 2015), of(2016, 2017));
    for level in [LEVEL, 0.10] {
        let how = Trial {
            bounds: Bounds::new(60, 3),
            level,
            n_draws: 208,
        };
        let mine = |b: &_, bounds| mine(b, bounds, Cores::One);
        let verdict = trial(&train, &held, &how, mine, &mut Pcg64Mcg::new(5)).unwrap();
        println!("{} conditions on {} games", verdict.n_conditions, verdict.n_train);
        for f in &verdict.families {
            println!("{f:?}");
        }
        let singles = verdict.families.iter().filter(|f| f.family != Family::SpreadAndTotal);
        let n_rules: usize = singles.clone().map(|f| f.n_tried).sum();
        assert!((4_500..6_500).contains(&n_rules), "{n_rules} rules on two targets");
        assert!(
            singles
                .clone()
                .all(|f| f.n_significant == 0 && f.reality_check.unwrap() > 0.2)
        );
        assert_eq!(verdict.survivors, []);
        let conditions = verdict.best_in_training.iter().flat_map(|p| &p.given);
        assert!(
            conditions.into_iter().all(|i| i.kind == Kind::Known),
            "measured weather is no condition"
        );
    }
}
