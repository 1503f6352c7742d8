//! What a decision could have known, said from what columns mean and when games were played.
//!
//! Nothing here asks the importer when something became known: that is what is under test. The only facts used are the
//! schedule (who plays in which week, and when the ball was kicked off) and four sentences: a result, the weather and the
//! starters are known when the game is over; a closing line is known at kickoff; an opener is known from the Tuesday noon
//! of its week; a week's schedule is as it stands when the week opens.

use super::raw::RawData;
use crate::agents::specialists::data_engineer::{AsOf, Planned};
use crate::domain::calendar;
use crate::domain::game::{Game, GameId, SeasonWeek};
use crate::feeds::nflverse_games::GameRow;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A game takes three hours and a quarter, with overtime up to four. Stated here again, because a check that took the
/// importer's figure would agree with any mistake in it.
const GAME_LASTS: TimeDelta = TimeDelta::hours(4);

/// The line between what a decision round could know and what it could not.
pub(super) struct Horizon {
    at: DateTime<Utc>,
    when: SeasonWeek,
    as_of: AsOf,
    decided: BTreeSet<GameId>,
    kickoffs: BTreeMap<GameId, DateTime<Utc>>,
    /// Weeks after the decided one whose Tuesday noon had not come.
    unopened: BTreeSet<SeasonWeek>,
}

impl Horizon {
    /// Of a round; `games` are the unperturbed ones, for their kickoffs.
    pub(super) fn of(raw: &RawData, games: &[Game], planned: &Planned, as_of: AsOf) -> Horizon {
        let mut first_days: BTreeMap<SeasonWeek, NaiveDate> = BTreeMap::new();
        for (_, row) in raw.games() {
            let day = first_days.entry(row.when()).or_insert(row.gameday);
            *day = row.gameday.min(*day);
        }
        let unopened = first_days
            .into_iter()
            .filter(|(when, day)| *when > planned.when && calendar::opens_at(*day) > planned.at)
            .map(|(when, _)| when)
            .collect();
        Horizon {
            at: planned.at,
            when: planned.when,
            as_of,
            decided: planned.fixtures.iter().map(|f| f.id.clone()).collect(),
            kickoffs: games
                .iter()
                .map(|g| (g.fixture.id.clone(), g.fixture.kickoff))
                .collect(),
            unopened,
        }
    }

    /// The game is one of those being decided.
    pub(super) fn is_decided(&self, game: &GameId) -> bool {
        self.decided.contains(game)
    }

    /// The game's week had not opened: its openers and its schedule's fine print were not out.
    pub(super) fn is_unopened(&self, when: SeasonWeek) -> bool {
        self.unopened.contains(&when)
    }

    /// The game had begun, so its closing line could be known.
    pub(super) fn has_begun(&self, row: &GameRow) -> bool {
        !self.must_be_ahead(row) && self.kickoff(row).is_some_and(|t| t <= self.at)
    }

    /// The game was over, so its result, weather and starters could be known.
    pub(super) fn is_over(&self, row: &GameRow) -> bool {
        let bet_before = self.is_decided(&GameId::new(&row.game_id)) && !matches!(self.as_of, AsOf::At(_));
        !bet_before && !self.must_be_ahead(row) && self.kickoff(row).is_some_and(|t| t + GAME_LASTS <= self.at)
    }

    /// Ahead by what the words mean, whatever instant the program claims to decide at: who bets a week's openers has
    /// seen none of its games, and a week that has not opened has not been played.
    fn must_be_ahead(&self, row: &GameRow) -> bool {
        let own_week = row.when() == self.when && self.as_of == AsOf::Open;
        own_week || self.is_unopened(row.when())
    }

    fn kickoff(&self, row: &GameRow) -> Option<DateTime<Utc>> {
        self.kickoffs.get(&GameId::new(&row.game_id)).copied()
    }
}
