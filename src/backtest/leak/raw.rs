//! The columns as published, so that the leak check can change them before anybody has concluded anything from them.
//!
//! A check that changed the stored archive would trust the time stamps the importer gave it, and would never see a close
//! that was dated as an opener. So the copies are made here, in front of the importer, and go through its own conversion.

use crate::domain::archive::{Archive, Told};
use crate::domain::game::{Game, GameId};
use crate::domain::team_week::TeamWeek;
use crate::feeds::nflverse_games::{self, GameRow};
use crate::feeds::odds::OddsRow;
use crate::feeds::sheet::SheetError;
use crate::feeds::{Corrections, Facts, Parsed, Times, book_closes, openers, team_stats};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows of the four files, each with its line, before conversion.
#[derive(Clone, Debug, Default)]
pub struct RawData {
    games: Vec<(u64, GameRow)>,
    openers: Vec<(u64, OddsRow)>,
    book_closes: Vec<(u64, OddsRow)>,
    team_stats: Vec<(u64, TeamWeek)>,
}

/// A market or row the importer left out: file, line, field. What a perturbation may never add to.
pub(super) type Quarantined = (&'static str, u64, String);

/// What the importer made of the rows.
pub(super) struct Imported {
    pub archive: Arc<Archive>,
    pub games: Vec<Game>,
    pub quarantined: BTreeSet<Quarantined>,
}

impl RawData {
    /// From parsed rows. Rows the importer leaves out as a whole, and second rows about one game, are left out here too:
    /// a perturbation that happened to repair one would add a game to the slate.
    pub fn new(
        games: Vec<(u64, GameRow)>,
        openers: Vec<(u64, OddsRow)>,
        book_closes: Vec<(u64, OddsRow)>,
    ) -> RawData {
        let imported = nflverse_games::facts(games.clone());
        let mut left: BTreeSet<GameId> = imported.games.into_iter().map(|g| g.fixture.id).collect();
        let games: Vec<(u64, GameRow)> = games
            .into_iter()
            .filter(|(_, row)| left.remove(&GameId::new(&row.game_id)))
            .collect();
        let known: BTreeSet<GameId> = games.iter().map(|(_, row)| GameId::new(&row.game_id)).collect();
        let of_known = |rows: Vec<(u64, OddsRow)>| rows.into_iter().filter(|(_, r)| known.contains(&r.game_id));
        RawData {
            openers: of_known(openers).collect(),
            book_closes: of_known(book_closes).collect(),
            team_stats: Vec::new(),
            games,
        }
    }

    /// The same with statistics of teams by week; those of no game here are left out.
    pub fn with_team_stats(mut self, rows: Vec<(u64, TeamWeek)>) -> RawData {
        let of_game = |stats: &TeamWeek| self.game_of(stats).is_some();
        self.team_stats = rows.into_iter().filter(|(_, stats)| of_game(stats)).collect();
        self
    }

    /// The game a team's statistics are of.
    pub(super) fn game_of(&self, stats: &TeamWeek) -> Option<&GameRow> {
        let mut rows = self.games.iter().map(|(_, row)| row);
        rows.find(|row| row.when() == stats.when && [row.home_team, row.away_team].contains(&stats.team))
    }

    /// From the bytes of the files; those beside the games may be missing.
    ///
    /// # Errors
    /// [`SheetError`] when a file as a whole cannot be used.
    pub fn read(
        games: &[u8],
        openers: Option<&[u8]>,
        book_closes: Option<&[u8]>,
        team_stats: Option<&[u8]>,
    ) -> Result<RawData, SheetError> {
        let games = nflverse_games::parse(games)?.rows;
        let openers = openers.map(openers::parse).transpose()?.map(|p| p.rows);
        let book_closes = book_closes.map(book_closes::parse).transpose()?.map(|p| p.rows);
        let team_stats = team_stats.map(team_stats::parse).transpose()?.map(|p| p.rows);
        let raw = RawData::new(games, openers.unwrap_or_default(), book_closes.unwrap_or_default());
        Ok(raw.with_team_stats(team_stats.unwrap_or_default()))
    }

    /// Rows of `games.csv` with their lines.
    pub fn games(&self) -> &[(u64, GameRow)] {
        &self.games
    }

    /// The row of a game.
    pub fn game(&self, id: &GameId) -> Option<&GameRow> {
        self.games
            .iter()
            .map(|(_, row)| row)
            .find(|row| row.game_id == id.as_str())
    }

    /// The same files without the rows of some games.
    pub fn without(&self, leave_out: impl Fn(&GameRow) -> bool) -> RawData {
        let games = self.games.iter().filter(|(_, row)| !leave_out(row)).cloned().collect();
        RawData::new(games, self.openers.clone(), self.book_closes.clone())
            .with_team_stats(self.team_stats.clone())
    }

    /// The archive the importer makes of these rows.
    pub fn archive(&self) -> Arc<Archive> {
        self.import().archive
    }

    pub(super) fn games_mut(&mut self) -> impl Iterator<Item = &mut GameRow> {
        self.games.iter_mut().map(|(_, row)| row)
    }

    pub(super) fn openers_mut(&mut self) -> impl Iterator<Item = &mut OddsRow> {
        self.openers.iter_mut().map(|(_, row)| row)
    }

    pub(super) fn book_closes_mut(&mut self) -> impl Iterator<Item = &mut OddsRow> {
        self.book_closes.iter_mut().map(|(_, row)| row)
    }

    pub(super) fn team_stats_mut(&mut self) -> impl Iterator<Item = &mut TeamWeek> {
        self.team_stats.iter_mut().map(|(_, row)| row)
    }

    /// Rows of the games file, the openers, the bookmakers' closes and the statistics.
    pub(super) fn n_rows(&self) -> [usize; 4] {
        [
            self.games.len(),
            self.openers.len(),
            self.book_closes.len(),
            self.team_stats.len(),
        ]
    }

    /// Converts everything by the feeds' own rules.
    pub(super) fn import(&self) -> Imported {
        let games = nflverse_games::facts(self.games.clone());
        let times: BTreeMap<GameId, Times> = games
            .games
            .iter()
            .map(|g| {
                let (opens_at, kickoff) = (g.fixture.opens_at, g.fixture.kickoff);
                (g.fixture.id.clone(), Times { opens_at, kickoff })
            })
            .collect();
        let open = openers::facts(parsed(&self.openers), &times);
        let close = book_closes::facts(parsed(&self.book_closes), &times);
        let mut quarantined = BTreeSet::new();
        for (file, facts) in [("games", &games), ("openers", &open), ("book_closes", &close)] {
            quarantined.extend(facts.rejected.iter().map(|r| (file, r.line, r.field.clone())));
        }
        let quotes = |facts: Facts| facts.quotes;
        let all = [games.quotes, quotes(open), quotes(close)].concat();
        Imported {
            archive: Arc::new(Archive::new(games.games.clone(), all).with(Told {
                team_weeks: self.team_stats.iter().map(|(_, row)| row.clone()).collect(),
                ..Told::default()
            })),
            games: games.games,
            quarantined,
        }
    }
}

fn parsed(rows: &[(u64, OddsRow)]) -> Parsed<OddsRow> {
    Parsed {
        rows: rows.to_vec(),
        rejected: Vec::new(),
        corrected: Corrections::default(),
        n_rows: rows.len() as u64,
    }
}
