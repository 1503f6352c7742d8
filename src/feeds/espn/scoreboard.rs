//! Games with status and score, and the one bookmaker's odds that ESPN shows beside them.

use super::team;
use crate::domain::event::{Event, EventStatus};
use crate::domain::game::Score;
use crate::domain::quote::{Book, Market};
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use crate::feeds::market::Raw;
use crate::feeds::offers::Offer;
use crate::feeds::{Parsed, sheet};
use chrono::{DateTime, Utc};
use serde_json::Value;

const FEED: &str = "ESPN scoreboard";
/// Beyond any football score; the record is 113 points of both teams.
const MAX_POINTS: i32 = 150;
/// Kind of correction: after kickoff the block keeps showing a line that nobody offers any more.
const BEGUN: &str = "odds of a game that has begun, not taken";
/// Kind of correction: the league has not said when the game begins, and the hour is a placeholder.
const NO_HOUR: &str = "kickoff hour not set yet";

/// What a scoreboard says.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// The games.
    pub events: Parsed<Event>,
    /// The odds beside games that have not begun, one row a market, under a book named `espn:` and whose odds they are.
    /// The service does not date them, so they are dated by the answer.
    pub offers: Parsed<Offer>,
}

/// Reads a scoreboard.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn scoreboard(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Board, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let list = json::array(FEED, &answer, answer.get("events"), "an array `events`")?;
    let (mut events, mut offers) = (Harvest::new(FEED), Harvest::new(FEED));
    for (place, value) in (1u64..).zip(list) {
        let competition = value.pointer("/competitions/0").unwrap_or(value);
        let row = event(value, competition, received_at);
        if let Ok(event) = &row {
            if competition.get("timeValid") == Some(&Value::Bool(false)) {
                events.note(NO_HOUR, place);
            }
            // A null stands here for games without odds.
            for odds in json::rows_at(competition, &["odds"]).iter().filter(|o| !o.is_null()) {
                if event.status == EventStatus::Scheduled {
                    take_odds(&mut offers, place, event, odds)?;
                } else {
                    offers.note(BEGUN, place);
                }
            }
        }
        events.take(place, value, row)?;
    }
    Ok(Board {
        events: events.done(),
        offers: offers.done(),
    })
}

fn event(value: &Value, competition: &Value, received_at: DateTime<Utc>) -> Result<Event, Fault> {
    let competitors = json::rows_at(competition, &["competitors"]);
    let side = |name: &str| {
        let mut found = competitors
            .iter()
            .filter(|c| json::text_at(c, &["homeAway"]) == Some(name));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Fault::new("competitors", format!("no {name} team"))),
            (Some(_), Some(_)) => Err(Fault::new("competitors", format!("two {name} teams"))),
        }
    };
    let (home, away) = (side("home")?, side("away")?);
    let whose = |c: &Value| team(c.get("team").unwrap_or(&Value::Null));
    let (home_team, away_team) = (whose(home)?, whose(away)?);
    if home_team == away_team {
        return Err(Fault::new(
            "competitors",
            format!("a team against itself: {}", home_team.code()),
        ));
    }
    let kickoff = json::instant(competition.get("date"))
        .or_else(|| json::instant(value.get("date")))
        .ok_or_else(|| Fault::new("date", "no kickoff"))?;
    let status = status(
        competition
            .get("status")
            .or_else(|| value.get("status"))
            .unwrap_or(&Value::Null),
    );
    let score = match status {
        EventStatus::InPlay | EventStatus::Final => score(home, away)?,
        _ => None,
    };
    if status == EventStatus::Final && score.is_none() {
        return Err(Fault::new("score", "over, but without a score"));
    }
    Ok(Event {
        id: json::words_at(value, &["id"]).unwrap_or_default(),
        home: home_team,
        away: away_team,
        kickoff,
        status,
        score,
        neutral: competition.get("neutralSite").and_then(Value::as_bool),
        venue: json::words_at(competition, &["venue", "fullName"]),
        indoor: json::at(competition, &["venue", "indoor"]).and_then(Value::as_bool),
        as_of: received_at,
        source: Source::Espn,
    })
}

fn status(value: &Value) -> EventStatus {
    let name = json::text_at(value, &["type", "name"]).unwrap_or_default();
    let completed = json::at(value, &["type", "completed"]).and_then(Value::as_bool) == Some(true);
    match (name, json::text_at(value, &["type", "state"])) {
        ("STATUS_POSTPONED" | "STATUS_SUSPENDED" | "STATUS_DELAYED", _) => EventStatus::Postponed,
        ("STATUS_CANCELED" | "STATUS_FORFEIT", _) => EventStatus::Canceled,
        (_, Some("pre")) => EventStatus::Scheduled,
        (_, Some("in")) => EventStatus::InPlay,
        (_, Some("post")) if completed => EventStatus::Final,
        _ => EventStatus::Unknown,
    }
}

fn score(home: &Value, away: &Value) -> Result<Option<Score>, Fault> {
    let points = |side: &Value| {
        let score = side.get("score");
        let score = score.and_then(|s| s.get("value")).or(score);
        json::whole(score, "score", 0, MAX_POINTS).map_err(|why| Fault::new("score", why))
    };
    match (points(home)?, points(away)?) {
        (Some(home), Some(away)) => Ok(Some(Score {
            home: home.unsigned_abs() as u16,
            away: away.unsigned_abs() as u16,
        })),
        (None, None) => Ok(None),
        _ => Err(Fault::new("score", "the score of one team only")),
    }
}

fn take_odds(offers: &mut Harvest<Offer>, place: u64, event: &Event, odds: &Value) -> Result<(), FeedError> {
    let Some(provider) = json::text_at(odds, &["provider", "name"]) else {
        return offers.take(place, odds, Err(Fault::new("odds", "odds of nobody: no provider")));
    };
    let book = Book::new(&format!("espn:{}", sheet::cut(provider)));
    for market in Market::ALL {
        let checked = raw(market, event, odds).and_then(Raw::check);
        let row = match checked {
            Ok(None) => continue,
            Ok(Some(checked)) => Ok(Offer {
                event: event.id.clone(),
                home: event.home,
                away: event.away,
                kickoff: event.kickoff,
                book: book.clone(),
                market,
                line: checked.line,
                first: checked.first,
                second: checked.second,
                as_of: event.as_of,
                source: Source::Espn,
            }),
            Err(why) => Err(Fault::new(market.name(), why)),
        };
        offers.take(place, odds, row)?;
    }
    Ok(())
}

fn raw(market: Market, event: &Event, odds: &Value) -> Result<Raw, String> {
    let price = |path: &[&str]| json::number(json::at(odds, path), &path.join("."));
    let (line, first, second) = match market {
        Market::Spread => (
            spread(event, odds)?,
            price(&["homeTeamOdds", "spreadOdds"])?,
            price(&["awayTeamOdds", "spreadOdds"])?,
        ),
        Market::Total => (price(&["overUnder"])?, price(&["overOdds"])?, price(&["underOdds"])?),
        Market::Moneyline => (
            None,
            price(&["homeTeamOdds", "moneyLine"])?,
            price(&["awayTeamOdds", "moneyLine"])?,
        ),
    };
    // Zero stands for a price that is not set.
    let set = |price: Option<f64>| price.filter(|p| *p != 0.0);
    Ok(Raw {
        market,
        line,
        first: set(first),
        second: set(second),
    })
}

/// The spread as seen from the home team's favour. `details` names the favourite, `WSH -5.5`; `spread` is the home team's
/// handicap, without a name that would prove it, so it only stands in and must not contradict.
fn spread(event: &Event, odds: &Value) -> Result<Option<f64>, String> {
    let handicap = json::number(odds.get("spread"), "spread")?;
    let Some(details) = json::text_at(odds, &["details"]) else {
        return Ok(handicap.map(|home| 0.0 - home));
    };
    if ["EVEN", "PK", "PICK"]
        .iter()
        .any(|word| details.eq_ignore_ascii_case(word))
    {
        return Ok(Some(0.0));
    }
    let named = details
        .rsplit_once(' ')
        .and_then(|(team, points)| Some((Team::parse(team).ok()?, points.parse::<f64>().ok()?)));
    let Some((favourite, points)) = named.filter(|(_, points)| points.is_finite()) else {
        return Err(format!("no favourite and number: `{}`", sheet::cut(details)));
    };
    let line = match favourite {
        _ if favourite == event.home => 0.0 - points,
        _ if favourite == event.away => points,
        _ => return Err(format!("a favourite that does not play: {}", favourite.code())),
    };
    match handicap {
        Some(home) if home != 0.0 && home == line => {
            Err(format!("details and spread contradict: `{details}` and {home}"))
        }
        _ => Ok(Some(line)),
    }
}
