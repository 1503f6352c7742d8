//! From a row as published to a game and its closing quotes, with every known fault put right and counted.

use super::{GameRow, kickoff};
use crate::domain::calendar::eastern;
use crate::domain::game::{Conditions, Fixture, Game, GameId, Roof, Score, Starters};
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::team::Team;
use crate::feeds::Rejected;
use crate::feeds::market::Raw;
use crate::feeds::odds::{quote, rejection};
use chrono::{DateTime, Utc};

/// What one row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The game.
    pub game: Game,
    /// Its closing quotes under the book `nflverse`, one a market at most, dated kickoff.
    pub quotes: Vec<Quote>,
    /// Markets that were left out; the row is kept.
    pub rejected: Vec<Rejected>,
    /// Kinds of corrections made.
    pub corrected: Vec<&'static str>,
}

/// Until this season the columns `over_odds` and `under_odds` hold each other's prices: against Pinnacle's closes they
/// correlate at -1.00 in 2018-19 and +0.98 in 2020.
const LAST_SWAPPED_SEASON: u16 = 2019;
/// Stronger winds in the file are typing errors (40 for 14, 71 for 7, ...).
const MAX_WIND_MPH: i16 = 35;

impl GameRow {
    /// Converts the row. `line` is its line in the file, for rejections; `opens_at` is the Tuesday noon of its week.
    ///
    /// # Errors
    /// A [`Rejected`] when the row contradicts itself or its kickoff is impossible. A market that is not believable is
    /// left out and reported in [`Converted::rejected`] instead.
    pub fn into_facts(self, line: u64, opens_at: DateTime<Utc>) -> Result<Converted, Rejected> {
        let id = GameId::new(&self.game_id);
        let reject = |field: &str, reason: String| rejection(line, &id, field, reason);
        self.check_id().map_err(|why| reject("game_id", why))?;
        let score = self.score().map_err(|why| reject("result", why))?;
        let start = kickoff::kickoff(&self).map_err(|why| reject("gametime", why))?;
        let mut corrected: Vec<&'static str> = start.corrected.into_iter().collect();
        let kickoff = eastern(start.local);
        let roof = self.roof().map_err(|why| reject("roof", why))?;
        let conditions = self.conditions(&mut corrected);
        let mut rejected = Vec::new();
        let when = self.when();
        let quotes = self.quotes(kickoff, line, &mut rejected, &mut corrected);
        let starters = (self.home_qb_id.is_some() || self.away_qb_id.is_some()).then_some(Starters {
            home_qb: self.home_qb_id,
            away_qb: self.away_qb_id,
        });
        let fixture = Fixture {
            id,
            when,
            phase: self.game_type,
            kickoff,
            kickoff_exact: start.exact,
            opens_at,
            home: self.home_team,
            away: self.away_team,
            neutral: self.neutral,
            home_rest: self.home_rest,
            away_rest: self.away_rest,
            division: self.div_game,
            roof,
            stadium: self.stadium.unwrap_or_default(),
        };
        let game = Game {
            fixture,
            score,
            conditions,
            starters,
        };
        Ok(Converted {
            game,
            quotes,
            rejected,
            corrected,
        })
    }

    /// The id must say what the columns say; franchises may go by any code they ever had.
    fn check_id(&self) -> Result<(), String> {
        let mut parts = self.game_id.split('_');
        let (season, week) = (parts.next(), parts.next());
        let away = parts.next().and_then(|code| Team::parse(code).ok());
        let home = parts.next().and_then(|code| Team::parse(code).ok());
        let agrees = season.and_then(|s| s.parse().ok()) == Some(self.season)
            && week.and_then(|w| w.parse().ok()) == Some(self.week)
            && (away, home) == (Some(self.away_team), Some(self.home_team))
            && parts.next().is_none();
        if self.home_team == self.away_team {
            return Err(format!("a team cannot play itself: {}", self.home_team.code()));
        }
        if agrees {
            return Ok(());
        }
        let (away, home) = (self.away_team.code_in(self.season), self.home_team.code_in(self.season));
        Err(format!(
            "game_id disagrees with its columns: {} is not {}_{:02}_{away}_{home}",
            self.game_id, self.season, self.week
        ))
    }

    fn score(&self) -> Result<Option<Score>, String> {
        let (home, away) = match (self.home_score, self.away_score) {
            (Some(home), Some(away)) => (home, away),
            (None, None) if self.result.is_none() && self.total.is_none() => return Ok(None),
            (None, None) => return Err("result or total without scores".to_owned()),
            (Some(_), None) => return Err("score of one team only: away_score is empty".to_owned()),
            (None, Some(_)) => return Err("score of one team only: home_score is empty".to_owned()),
        };
        let score = Score { home, away };
        let (margin, total) = (score.margin(), score.total());
        match (self.result, self.total) {
            (Some(m), Some(t)) if (m, t) == (margin, total) => Ok(Some(score)),
            (m, t) => {
                let text = |n: Option<i32>| n.map_or_else(|| "empty".to_owned(), |n| n.to_string());
                Err(format!(
                    "scores disagree with result and total: {home}-{away} makes {margin} and {total}, not {} and {}",
                    text(m),
                    text(t)
                ))
            }
        }
    }

    /// Whether a retractable roof was open is seen on the day only, so both states are one.
    fn roof(&self) -> Result<Option<Roof>, String> {
        match self.roof.as_deref() {
            None => Ok(None),
            Some("outdoors") => Ok(Some(Roof::Outdoors)),
            Some("dome") => Ok(Some(Roof::Dome)),
            Some("open" | "closed" | "retractable") => Ok(Some(Roof::Retractable)),
            Some(other) => Err(format!(
                "unknown value: `{other}` is none of outdoors, dome, open, closed"
            )),
        }
    }

    fn conditions(&self, corrected: &mut Vec<&'static str>) -> Option<Conditions> {
        let wind_mph = self.wind.filter(|wind| *wind <= MAX_WIND_MPH);
        if wind_mph != self.wind {
            corrected.push("wind typo (above 35 mph), taken as missing");
        }
        (self.temp.is_some() || wind_mph.is_some()).then_some(Conditions {
            temperature_f: self.temp,
            wind_mph,
        })
    }

    fn quotes(
        &self,
        kickoff: DateTime<Utc>,
        line: u64,
        rejected: &mut Vec<Rejected>,
        corrected: &mut Vec<&'static str>,
    ) -> Vec<Quote> {
        let swapped = self.season <= LAST_SWAPPED_SEASON;
        if swapped && (self.over_odds.is_some() || self.under_odds.is_some()) {
            corrected.push("over and under prices swapped back (seasons up to 2019)");
        }
        let (over, under) = if swapped {
            (self.under_odds, self.over_odds)
        } else {
            (self.over_odds, self.under_odds)
        };
        let markets = [
            (
                Market::Spread,
                self.spread_line,
                self.home_spread_odds,
                self.away_spread_odds,
            ),
            (Market::Total, self.total_line, over, under),
            (Market::Moneyline, None, self.home_moneyline, self.away_moneyline),
        ];
        let id = GameId::new(&self.game_id);
        let book = Book::new(Book::NFLVERSE);
        let mut quotes = Vec::new();
        for (market, points, first, second) in markets {
            let raw = Raw {
                market,
                line: points,
                first,
                second,
            };
            match raw.check() {
                Ok(None) => {}
                Ok(Some(checked)) => quotes.push(quote(&id, &book, checked, Moment::Close, kickoff)),
                Err(why) => rejected.push(rejection(line, &id, market.name(), why)),
            }
        }
        quotes
    }
}
