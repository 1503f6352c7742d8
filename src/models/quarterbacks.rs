//! What a quarterback is worth to his team's passing game, from the expected points of the games he started.
//!
//! A game's value is the passing EPA of his team, minus half of what its opponent lately allowed beyond the average. A
//! player's value is the mean of his games, newer ones counting more, held at a backup's by a few imaginary games.

use super::season_time::{rating_week, weekly_decay};
use crate::domain::game::SeasonWeek;
use crate::domain::team::Team;
use std::collections::BTreeMap;

/// A game counts half after this many weeks of play: careers change slowly.
const PLAYER_HALF_LIFE_WEEKS: f64 = 40.0;
/// A rating of a team has forgotten half of a game after this many.
const TEAM_HALF_LIFE_WEEKS: f64 = 6.0;
/// What a backup adds a game, in expected points, and how many games of his a newcomer is credited with.
const BACKUP_EPA: f64 = -3.0;
const BACKUP_GAMES: f64 = 6.0;
/// How many average games a team is credited with.
const TEAM_GAMES: f64 = 1.0;
/// One game beyond this is a blow-out and says no more.
const CLIP_EPA: f64 = 25.0;
/// The share of an opponent's record that is its defence and not chance.
const OPPONENT_SHARE: f64 = 0.5;

/// A mean that forgets by weeks of play.
#[derive(Clone, Copy, Debug, Default)]
struct Fading {
    sum: f64,
    weight: f64,
    week: f64,
}

impl Fading {
    fn add(&mut self, week: f64, value: f64, half_life_weeks: f64) {
        let fade = weekly_decay(half_life_weeks).powf((week - self.week).max(0.0));
        self.sum = self.sum * fade + value;
        self.weight = self.weight * fade + 1.0;
        self.week = self.week.max(week);
    }

    fn mean(&self, prior: f64, n_prior: f64) -> f64 {
        (self.sum + prior * n_prior) / (self.weight + n_prior)
    }
}

/// Values of all quarterbacks who started a counted game.
#[derive(Clone, Debug, Default)]
pub struct Quarterbacks {
    players: BTreeMap<String, Fading>,
    /// Passing EPA each team made, and allowed.
    made: [Fading; 32],
    allowed: [Fading; 32],
    /// Who started each team's last game.
    last: BTreeMap<Team, String>,
}

/// What a team's previous starter means against what ratings of the team have seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passer {
    /// His value, in expected points a game.
    pub value: f64,
    /// His value minus the team's lately: what a rating of the team has not seen yet.
    pub unseen: f64,
}

impl Quarterbacks {
    /// Learns who started a game for a team.
    pub fn started(&mut self, team: Team, player: &str) {
        self.last.insert(team, player.to_owned());
    }

    /// Learns what a team's passing game made, in expected points, against an opponent; its last starter is credited.
    pub fn count(&mut self, when: SeasonWeek, team: Team, opponent: Team, passing_epa: f64) {
        let week = rating_week(when);
        let lenient = self.allowed[opponent.index()].mean(0.0, TEAM_GAMES);
        let value = passing_epa.clamp(-CLIP_EPA, CLIP_EPA);
        let adjusted = value - OPPONENT_SHARE * lenient;
        if let Some(player) = self.last.get(&team) {
            self.players
                .entry(player.clone())
                .or_default()
                .add(week, adjusted, PLAYER_HALF_LIFE_WEEKS);
        }
        self.made[team.index()].add(week, adjusted, TEAM_HALF_LIFE_WEEKS);
        self.allowed[opponent.index()].add(week, value, TEAM_HALF_LIFE_WEEKS);
    }

    /// A team's previous starter; `None` before its first game.
    pub fn previous(&self, team: Team) -> Option<Passer> {
        let player = self.last.get(&team)?;
        let value = self
            .players
            .get(player)
            .map_or(BACKUP_EPA, |games| games.mean(BACKUP_EPA, BACKUP_GAMES));
        Some(Passer {
            value,
            unseen: value - self.made[team.index()].mean(0.0, TEAM_GAMES),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_who_comes_in_is_worth_less_than_his_team_was() {
        let mut all = Quarterbacks::default();
        assert_eq!(all.previous(Team::KC), None);
        for week in 1..=10 {
            all.started(Team::KC, "star");
            all.count(SeasonWeek { season: 2016, week }, Team::KC, Team::DEN, 10.0);
        }
        let star = all.previous(Team::KC).unwrap();
        all.started(Team::KC, "backup");
        let backup = all.previous(Team::KC).unwrap();
        assert_eq!(backup.value, BACKUP_EPA);
        assert!(
            star.value > 0.0 && backup.unseen < -3.0 && star.unseen > backup.unseen,
            "{star:?} {backup:?}"
        );
    }
}
