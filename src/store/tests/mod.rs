//! The database against invented games: repeatability, refusals, the chain, and the real files where present.

mod api;
mod decisions;
mod experts;
mod facts;
mod imports;
mod letters;
mod model_calls;
mod opening;
mod research;

use super::{Loan, Store};
use crate::feeds::nflverse_games;
use chrono::{DateTime, Utc};
use diesel::migration::MigrationSource;
use tempfile::TempDir;

/// A database in a folder of its own, which lives as long as this.
pub(super) struct Fixture {
    pub folder: TempDir,
    pub store: Store,
}

impl Fixture {
    pub fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("huddle.db")).unwrap();
        Fixture { folder, store }
    }

    pub fn conn(&self) -> Loan {
        self.store.conn().unwrap()
    }
}

/// The version of the newest migration of this program.
pub(super) fn newest() -> String {
    let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&super::MIGRATIONS).unwrap();
    let versions = all.iter().map(|m| m.name().version().to_string());
    versions.max().unwrap()
}

pub(super) fn now() -> DateTime<Utc> {
    "2020-11-20T12:00:00Z".parse().unwrap()
}

/// Two invented games of one week, the second one not played yet.
pub(super) fn games_csv() -> String {
    let played = "2020_09_DEN_KC,2020,REG,9,2020-11-08,16:25,DEN,20,KC,24,Home,4,44,7,7,240,-280,6.5,-102,-108,45.5,\
                  105,-115,1,outdoors,51,9,00-1,00-2,KAN00,Invented Field";
    let open = "2020_09_LV_LAC,2020,REG,9,2020-11-09,20:15,LV,,LAC,,Home,,,7,7,,,-1.0,,,52.0,,,1,closed,,,,,LAX01,\
                Invented Dome";
    format!("{}\n{played}\n{open}\n", nflverse_games::COLUMNS.join(","))
}

pub(super) const OPENERS: &str = "game_id,open_spread,open_home_spread_price,open_away_spread_price,open_total,\
    open_over_price,open_under_price,open_home_ml,open_away_ml,open_source\n\
    2020_09_DEN_KC,7.0,-105,-111,46.0,,,,,feed\n2020_09_NE_NYJ,3.0,,,,,,,,feed\n";
