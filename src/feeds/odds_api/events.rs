//! The list of sports, the list of coming games, and scores.

use super::odds::sides;
use crate::domain::event::{Event, EventStatus};
use crate::domain::game::Score;
use crate::domain::source::Source;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use crate::feeds::{Parsed, sheet};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Beyond any football score; the record is 113 points of both teams.
const MAX_POINTS: i32 = 150;

/// Keys of the sports that are in season now.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn sports(bytes: &[u8]) -> Result<Parsed<String>, FeedError> {
    const FEED: &str = "The Odds API sports";
    let answer = json::parse(FEED, bytes)?;
    let mut harvest = Harvest::new(FEED);
    for (place, sport) in (1u64..).zip(json::array(FEED, &answer, Some(&answer), "an array of sports")?) {
        let row = json::words_at(sport, &["key"]).ok_or_else(|| Fault::new("key", "a sport without a key"));
        harvest.take(place, sport, row)?;
    }
    Ok(harvest.done())
}

/// Coming games, without prices.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn events(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Parsed<Event>, FeedError> {
    let read = |game: &Value| {
        let mut event = event(game, received_at)?;
        event.status = EventStatus::Scheduled;
        Ok(event)
    };
    each("The Odds API events", bytes, read)
}

/// Games with their scores, running ones included.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn scores(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Parsed<Event>, FeedError> {
    each("The Odds API scores", bytes, |game| scored(game, received_at))
}

fn each(
    feed: &'static str,
    bytes: &[u8],
    read: impl Fn(&Value) -> Result<Event, Fault>,
) -> Result<Parsed<Event>, FeedError> {
    let answer = json::parse(feed, bytes)?;
    let mut harvest = Harvest::new(feed);
    let list = if answer.is_array() {
        Some(&answer)
    } else {
        answer.get("data")
    };
    for (place, game) in (1u64..).zip(json::array(feed, &answer, list, "an array of games")?) {
        harvest.take(place, game, read(game))?;
    }
    Ok(harvest.done())
}

fn event(game: &Value, received_at: DateTime<Utc>) -> Result<Event, Fault> {
    let sides = sides(game)?;
    Ok(Event {
        id: sheet::cut(sides.id),
        home: sides.home,
        away: sides.away,
        kickoff: sides.kickoff,
        status: EventStatus::Unknown,
        score: None,
        neutral: None,
        venue: None,
        indoor: None,
        as_of: json::instant(game.get("last_update")).unwrap_or(received_at),
        source: Source::OddsApi,
    })
}

fn scored(game: &Value, received_at: DateTime<Utc>) -> Result<Event, Fault> {
    let sides = sides(game)?;
    let mut points = [None, None];
    match game.get("scores") {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            for entry in list {
                let name = json::text_at(entry, &["name"]).unwrap_or_default();
                let side = match name {
                    _ if name.eq_ignore_ascii_case(sides.home_name) => 0,
                    _ if name.eq_ignore_ascii_case(sides.away_name) => 1,
                    _ => return Err(Fault::new("scores", format!("a score of neither team: `{name}`"))),
                };
                let score = json::whole(entry.get("score"), "score", 0, MAX_POINTS);
                points[side] = score.map_err(|why| Fault::new("scores", why))?;
            }
        }
        Some(_) => return Err(Fault::new("scores", "not an array: scores")),
    }
    let score = match points {
        [Some(home), Some(away)] => Some(Score {
            home: home.unsigned_abs() as u16,
            away: away.unsigned_abs() as u16,
        }),
        [None, None] => None,
        _ => return Err(Fault::new("scores", "the score of one team only")),
    };
    let completed = game.get("completed").and_then(Value::as_bool).unwrap_or(false);
    let status = match (completed, score) {
        (true, Some(_)) => EventStatus::Final,
        (true, None) => return Err(Fault::new("scores", "over, but without a score")),
        (false, Some(_)) => EventStatus::InPlay,
        (false, None) => EventStatus::Scheduled,
    };
    Ok(Event {
        status,
        score,
        ..event(game, received_at)?
    })
}
