//! From hours at places to the weather of games: where a game is played under the sky, and which hour is its kickoff's.

use super::{Corrections, Parsed, Rejected};
use crate::domain::game::{Fixture, GameId, Roof};
use crate::domain::team::Place;
use crate::domain::weather::Forecast;

/// Where the weather of a game is to be asked for. `None` under a fixed roof, where there is none, and at a neutral site,
/// whose stadium is known by name only: the nominal home team's weather would be that of another city.
pub fn place(fixture: &Fixture) -> Option<Place> {
    let outdoors = fixture.roof != Some(Roof::Dome) && !fixture.neutral;
    outdoors.then(|| fixture.home.home_in(fixture.when.season))
}

/// The forecast of the hour of each game's kickoff, out of the hours of its place. A game whose hour is not among them is
/// one rejected row, and the hours that could not be read stay rejected, so that nothing is dropped unseen.
pub fn forecasts<'a>(
    answers: impl IntoIterator<Item = (&'a Fixture, &'a Parsed<Forecast>)>,
) -> Parsed<(GameId, Forecast)> {
    let mut parsed = Parsed {
        rows: Vec::new(),
        rejected: Vec::new(),
        corrected: Corrections::default(),
        n_rows: 0,
    };
    for (line, (fixture, hours)) in (1u64..).zip(answers) {
        let known: Vec<Forecast> = hours.rows.iter().map(|(_, hour)| *hour).collect();
        match Forecast::at(&known, fixture.kickoff) {
            Some(forecast) => parsed.rows.push((line, (fixture.id.clone(), *forecast))),
            None => parsed.rejected.push(Rejected {
                line,
                game_id: Some(fixture.id.as_str().to_owned()),
                field: "hour".to_owned(),
                reason: format!(
                    "no forecast for kickoff: {} hours, none of {}",
                    known.len(),
                    fixture.kickoff
                ),
                raw: format!("{} {}", fixture.id, fixture.kickoff),
            }),
        }
        parsed.n_rows += 1 + hours.rejected.len() as u64;
        parsed
            .rejected
            .extend(hours.rejected.iter().cloned().map(|hour| Rejected {
                game_id: Some(fixture.id.as_str().to_owned()),
                ..hour
            }));
        for (kind, correction) in &hours.corrected.0 {
            (0..correction.count).for_each(|_| parsed.corrected.note(kind, line));
        }
    }
    parsed
}
