//! Final scores of services, for games nflverse has none of yet; who told a score stays on record beside it.

use super::{Answer, Left, record, source_of, tally};
use crate::domain::event::Event;
use crate::domain::game::{Fixture, Game, GameId, Score};
use crate::domain::source::Source;
use crate::feeds::sources::FactKind;
use crate::feeds::{Parsed, Rejected, offers};
use crate::store::imports::Counts;
use crate::store::schema::games as table;
use crate::store::{Conn, StoreError, Stored, games, immediate};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Stores the final scores among events; those that are not over are passed by. A score of a source that is believed
/// more stays, and one that contradicts it is left out and shown.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn store(conn: &mut Conn, answer: &Answer<'_>, said: &Parsed<Event>) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let stored = games::all(conn)?;
        let sources = games::score_sources(conn)?;
        let fixtures: Vec<Fixture> = stored.iter().map(|g| g.fixture.clone()).collect();
        let scores: BTreeMap<&GameId, &Game> = stored.iter().map(|g| (&g.fixture.id, g)).collect();
        let mut rejected = said.rejected.clone();
        let mut counts = Counts::default();
        for (line, event) in &said.rows {
            let Some(score) = event.result() else { continue };
            let found = match told(&fixtures, event, score) {
                Ok(found) => found,
                Err(reason) => {
                    rejected.push(reject(*line, event, score, reason));
                    continue;
                }
            };
            let (fixture, score) = found;
            let believed = match sources.get(fixture.id.as_str()) {
                Some(name) => source_of(name, "games")?,
                None => Source::Nflverse,
            };
            let before = scores.get(&fixture.id).and_then(|g| g.score);
            match before {
                Some(before) if before == score => tally(&mut counts, Stored::Unchanged),
                Some(before) if rank(event.source) > rank(believed) => {
                    let reason = format!(
                        "contradicts a source believed more: {believed} has {} to {} of {}",
                        before.home, before.away, fixture.id
                    );
                    rejected.push(reject(*line, event, score, reason));
                }
                _ => {
                    write(conn, &fixture.id, score, event.source)?;
                    tally(
                        &mut counts,
                        if before.is_some() { Stored::Revised } else { Stored::New },
                    );
                }
            }
        }
        let left = Left {
            rejected: &rejected,
            ..Left::of(said)
        };
        record(conn, answer, &left, counts)?;
        Ok(counts)
    })
}

/// Which stored game a final score belongs to, with home and away as that game has them.
fn told<'a>(fixtures: &'a [Fixture], event: &Event, score: Score) -> Result<(&'a Fixture, Score), String> {
    let found = offers::find(fixtures, event.home, event.away, event.kickoff).map_err(|e| e.to_string())?;
    if event.as_of < found.fixture.kickoff {
        return Err(format!("over before kickoff: {} has not begun", found.fixture.id));
    }
    let score = if found.turned {
        Score {
            home: score.away,
            away: score.home,
        }
    } else {
        score
    };
    Ok((found.fixture, score))
}

fn rank(source: Source) -> usize {
    FactKind::Results.rank(source).unwrap_or(usize::MAX)
}

fn write(conn: &mut Conn, game: &GameId, score: Score, source: Source) -> Result<(), StoreError> {
    let told = (source != Source::Nflverse).then(|| source.name());
    diesel::update(table::table.find(game.as_str()))
        .set((
            table::home_score.eq(Some(i32::from(score.home))),
            table::away_score.eq(Some(i32::from(score.away))),
            table::score_source.eq(told),
        ))
        .execute(conn)?;
    Ok(())
}

/// Who told a game's score; `None` when there is none.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn source(conn: &mut Conn, game: &GameId) -> Result<Option<Source>, StoreError> {
    let row: Option<(Option<i32>, Option<String>)> = table::table
        .find(game.as_str())
        .select((table::home_score, table::score_source))
        .first(conn)
        .optional()?;
    match row {
        Some((Some(_), Some(name))) => source_of(&name, "games").map(Some),
        Some((Some(_), None)) => Ok(Some(Source::Nflverse)),
        Some((None, _)) | None => Ok(None),
    }
}

fn reject(line: u64, event: &Event, score: Score, reason: String) -> Rejected {
    Rejected {
        line,
        game_id: None,
        field: "score".to_owned(),
        reason,
        raw: format!(
            "{} {} at {} {} {}",
            event.away, score.away, event.home, score.home, event.kickoff
        ),
    }
}
