//! The invented statistics of finished games, in the columns of nflverse's `stats_team_week` files.
//!
//! Numbers lie where real ones usually do, agree with one another where they must (what was thrown was caught), and grow
//! with the points a team scored; beyond that they mean nothing.

use super::chance::Chance;
use super::world::{Stage, Staged, World};
use crate::domain::game::Phase;
use crate::domain::team::Team;
use chrono::{DateTime, Utc};

/// The columns of the published file, in its order.
const COLUMNS: &str = "season,week,team,season_type,opponent_team,completions,attempts,passing_yards,passing_tds,\
passing_interceptions,sacks_suffered,sack_yards_lost,sack_fumbles,sack_fumbles_lost,passing_air_yards,\
passing_yards_after_catch,passing_first_downs,passing_epa,passing_cpoe,passing_2pt_conversions,carries,\
rushing_yards,rushing_tds,rushing_fumbles,rushing_fumbles_lost,rushing_first_downs,rushing_epa,\
rushing_2pt_conversions,receptions,targets,receiving_yards,receiving_tds,receiving_fumbles,\
receiving_fumbles_lost,receiving_air_yards,receiving_yards_after_catch,receiving_first_downs,\
receiving_epa,receiving_2pt_conversions,special_teams_tds,def_tackles_solo,def_tackles_with_assist,\
def_tackle_assists,def_tackles_for_loss,def_tackles_for_loss_yards,def_fumbles_forced,def_sacks,\
def_sack_yards,def_qb_hits,def_interceptions,def_interception_yards,def_pass_defended,def_tds,\
def_fumbles,def_safeties,misc_yards,fumble_recovery_own,fumble_recovery_yards_own,fumble_recovery_opp,\
fumble_recovery_yards_opp,fumble_recovery_tds,penalties,penalty_yards,timeouts,punt_returns,\
punt_return_yards,kickoff_returns,kickoff_return_yards,fg_made,fg_att,fg_missed,fg_blocked,fg_long,\
fg_pct,fg_made_0_19,fg_made_20_29,fg_made_30_39,fg_made_40_49,fg_made_50_59,fg_made_60_,\
fg_missed_0_19,fg_missed_20_29,fg_missed_30_39,fg_missed_40_49,fg_missed_50_59,fg_missed_60_,\
fg_made_list,fg_missed_list,fg_blocked_list,fg_made_distance,fg_missed_distance,fg_blocked_distance,\
pat_made,pat_att,pat_missed,pat_blocked,pat_pct,gwfg_made,gwfg_att,gwfg_missed,gwfg_blocked,\
gwfg_distance";

/// Where nine real values in ten of a column lie; columns that are in no list are 0.
const RANGES: [(&str, i64, i64); 48] = [
    ("passing_interceptions", 0, 3),
    ("sacks_suffered", 0, 5),
    ("sack_yards_lost", -36, 0),
    ("sack_fumbles", 0, 1),
    ("sack_fumbles_lost", 0, 1),
    ("passing_2pt_conversions", 0, 1),
    ("carries", 14, 39),
    ("rushing_yards", 40, 208),
    ("rushing_fumbles", 0, 2),
    ("rushing_fumbles_lost", 0, 1),
    ("rushing_first_downs", 2, 11),
    ("receiving_fumbles", 0, 1),
    ("receiving_fumbles_lost", 0, 1),
    ("receiving_2pt_conversions", 0, 1),
    ("def_tackles_solo", 29, 55),
    ("def_tackles_with_assist", 0, 16),
    ("def_tackle_assists", 4, 36),
    ("def_tackles_for_loss", 1, 8),
    ("def_tackles_for_loss_yards", 2, 39),
    ("def_fumbles_forced", 0, 3),
    ("def_sacks", 0, 5),
    ("def_sack_yards", 0, 36),
    ("def_qb_hits", 1, 11),
    ("def_interceptions", 0, 3),
    ("def_interception_yards", 0, 58),
    ("def_pass_defended", 1, 9),
    ("def_tds", 0, 1),
    ("def_fumbles", 0, 1),
    ("fumble_recovery_own", 0, 2),
    ("fumble_recovery_yards_own", 0, 3),
    ("fumble_recovery_opp", 0, 2),
    ("fumble_recovery_yards_opp", 0, 2),
    ("penalties", 3, 12),
    ("penalty_yards", 16, 111),
    ("timeouts", 1, 6),
    ("punt_returns", 0, 4),
    ("punt_return_yards", 0, 51),
    ("kickoff_returns", 0, 5),
    ("kickoff_return_yards", 0, 115),
    ("fg_long", 24, 54),
    ("fg_made_20_29", 0, 2),
    ("fg_made_30_39", 0, 2),
    ("fg_made_40_49", 0, 2),
    ("fg_made_50_59", 0, 1),
    ("fg_missed_40_49", 0, 1),
    ("fg_missed_50_59", 0, 1),
    ("fg_made_distance", 0, 147),
    ("fg_missed_distance", 0, 55),
];

/// Pairs of columns that say the same thing of thrower and catcher.
const SAME: [(&str, &str); 6] = [
    ("receptions", "completions"),
    ("receiving_yards", "passing_yards"),
    ("receiving_tds", "passing_tds"),
    ("receiving_air_yards", "passing_air_yards"),
    ("receiving_yards_after_catch", "passing_yards_after_catch"),
    ("receiving_first_downs", "passing_first_downs"),
];

/// A season's file as of a build; `None` when the world has no game of the season that is over.
pub(super) fn csv(world: &World, season: u16, built: DateTime<Utc>) -> Option<Vec<u8>> {
    let columns: Vec<&str> = COLUMNS.split(',').collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut n_rows = 0;
    writer.write_record(&columns).expect("a vector takes every row");
    for game in world.games.iter().filter(|s| s.season() == season) {
        let Stage::Final(score) = game.stage(built) else {
            continue;
        };
        for (team, is_home) in game.sides() {
            let points = if is_home { score.home } else { score.away };
            let side = Side {
                game,
                team,
                points,
                chance: world
                    .chance
                    .on("stats")
                    .on(game.game.fixture.id.as_str())
                    .on(team.code()),
            };
            let cells = columns.iter().map(|column| side.cell(column));
            writer
                .write_record(cells)
                .expect("a vector takes every row, and all are as long");
            n_rows += 1;
        }
    }
    (n_rows > 0).then(|| writer.into_inner().expect("a vector can always be flushed"))
}

/// One team in one game.
struct Side<'a> {
    game: &'a Staged,
    team: Team,
    points: u16,
    chance: Chance,
}

impl Side<'_> {
    fn cell(&self, column: &str) -> String {
        let f = &self.game.game.fixture;
        let column = SAME.iter().find(|(a, _)| *a == column).map_or(column, |(_, b)| b);
        let own = self.chance.on(column);
        let touchdowns = i64::from(self.points / 8);
        let goals = i64::from(self.points % 8 / 3);
        match column {
            "season" => f.when.season.to_string(),
            "week" => f.when.week.to_string(),
            "team" => self.team.code_in(f.when.season).to_owned(),
            "season_type" => if f.phase == Phase::Regular { "REG" } else { "POST" }.to_owned(),
            "opponent_team" => {
                let other = if self.team == f.home { f.away } else { f.home };
                other.code_in(f.when.season).to_owned()
            }
            "passing_epa" | "receiving_epa" | "rushing_epa" => {
                let centre = 0.4 * (f64::from(self.points) - 22.0);
                format!("{:.6}", centre + 5.0 * own.normal())
            }
            "passing_cpoe" => format!("{:.6}", 7.0 * own.normal()),
            "attempts" => (self.completions() + own.between(5, 16)).to_string(),
            "targets" => (self.completions() + self.chance.on("attempts").between(5, 16) - 1).to_string(),
            "completions" => self.completions().to_string(),
            "passing_yards" => (120 + 5 * i64::from(self.points) + own.between(-20, 90)).to_string(),
            "passing_air_yards" => own.between(157, 473).to_string(),
            "passing_yards_after_catch" => own.between(53, 186).to_string(),
            "passing_first_downs" => own.between(7, 19).to_string(),
            "passing_tds" => (touchdowns - touchdowns / 3).to_string(),
            "rushing_tds" => (touchdowns / 3).to_string(),
            "fg_made" | "fg_att" => goals.to_string(),
            "pat_made" | "pat_att" => touchdowns.to_string(),
            "fg_pct" => if goals > 0 { "1.0" } else { "" }.to_owned(),
            "pat_pct" => if touchdowns > 0 { "1.0" } else { "" }.to_owned(),
            _ if column.ends_with("_list") => String::new(),
            _ => match RANGES.iter().find(|(name, ..)| *name == column) {
                Some((_, low, high)) => own.between(*low, *high).to_string(),
                None => "0".to_owned(),
            },
        }
    }

    fn completions(&self) -> i64 {
        self.chance.on("completions").between(14, 32)
    }
}
