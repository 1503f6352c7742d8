//! What the seat said in earlier rounds, read from what is stored of them.

use super::SEAT;
use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::minds::llm::record::Stated;
use crate::store::keeper::Work;
use crate::store::{Conn, StoreError, decisions, model_calls};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A season of ten rounds a week: what is older weighs little.
const MAX_ROUNDS: u32 = 220;

/// Reads the opinions of rounds that knew less than `before`.
pub(super) struct ReadPast {
    pub(super) before: DateTime<Utc>,
}

/// Of a stored decision what an opinion is graded against.
#[derive(Deserialize)]
struct Decided {
    agreement: Agreed,
}

#[derive(Deserialize)]
struct Agreed {
    fair: Probability,
}

impl Work for ReadPast {
    type Output = Vec<Stated>;

    fn run(self, conn: &mut Conn) -> Result<Vec<Stated>, StoreError> {
        let mut past = Vec::new();
        for round in decisions::rounds_with(conn, SEAT, self.before.naive_utc(), MAX_ROUNDS)? {
            // Whoever answered last is who said it; what nobody knows the author of is nobody's record.
            let calls = model_calls::of_round(conn, &round.id)?;
            let Some(author) = calls.iter().rev().find(|call| call.is_answered()) else {
                continue;
            };
            let mut fair: BTreeMap<(String, String), Probability> = BTreeMap::new();
            for pick in decisions::picks_of(conn, &round.id)? {
                if let Ok(decided) = serde_json::from_str::<Decided>(&pick.body) {
                    fair.insert((pick.game_id, pick.market), decided.agreement.fair);
                }
            }
            let own = decisions::opinions_of(conn, &round.id)?;
            for o in own.into_iter().filter(|o| o.seat == SEAT && o.phase == 1) {
                let market = Market::ALL.into_iter().find(|market| market.name() == o.market);
                let (Some(market), Some(p_first)) = (market, o.p_first) else {
                    continue;
                };
                let Some(fair) = fair.get(&(o.game_id.clone(), o.market)) else {
                    continue;
                };
                past.push(Stated {
                    game: GameId::new(&o.game_id),
                    market,
                    line: o.line_half.and_then(|half| i16::try_from(half).ok()).map(HalfPoints),
                    fair: *fair,
                    p_first: Probability::clamped(p_first),
                    mean: o.mean.unwrap_or_default(),
                    at: round.as_of.and_utc(),
                    model: author.model.clone(),
                    anonymous: author.anonymous,
                });
            }
        }
        Ok(past)
    }
}
