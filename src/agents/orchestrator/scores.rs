//! Who took the winning side, beside the others who spoke of the same market: one score a member and market.

use crate::domain::game::GameId;
use crate::domain::quote::Market;
use std::collections::BTreeMap;

/// A side somebody took, and whether it won.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The seat or model.
    pub subject: String,
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// Whether the side won; pushes are not handed in.
    pub won: bool,
}

/// A member's success in one market beside that of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The seat or model.
    pub subject: String,
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// 1 for the winning side, else 0.
    pub hit: f64,
    /// The share of the others who had it.
    pub others: f64,
    /// How many others spoke.
    pub n_others: usize,
}

impl Score {
    /// How much more often it was right than the others: between -1 and 1.
    pub fn relative(&self) -> f64 {
        self.hit - self.others
    }
}

/// Fewer others than this are no yardstick.
const MIN_OTHERS: usize = 3;

/// Scores of all who took a side. The moneyline is left out: it is the spread's view of the margin once more.
pub fn scores(taken: &[Taken]) -> Vec<Score> {
    let mut markets: BTreeMap<(&GameId, Market), BTreeMap<&str, bool>> = BTreeMap::new();
    for t in taken.iter().filter(|t| t.market != Market::Moneyline) {
        markets
            .entry((&t.game, t.market))
            .or_default()
            .insert(&t.subject, t.won);
    }
    let mut scores = Vec::new();
    for ((game, market), sides) in markets {
        let n_others = sides.len() - 1;
        if n_others < MIN_OTHERS {
            continue;
        }
        let n_hits = sides.values().filter(|won| **won).count();
        scores.extend(sides.iter().map(|(subject, won)| Score {
            subject: (*subject).to_owned(),
            game: game.clone(),
            market,
            hit: f64::from(u8::from(*won)),
            others: (n_hits - usize::from(*won)) as f64 / n_others as f64,
            n_others,
        }));
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_beside_the_others_and_cancel() {
        let taken = |subject: &str, market, won| Taken {
            subject: subject.to_owned(),
            game: GameId::new("2016_01_A_B"),
            market,
            won,
        };
        let spread = |(s, won)| taken(s, Market::Spread, won);
        let mut all: Vec<Taken> = [("a", true), ("b", false), ("c", true), ("d", false)]
            .map(spread)
            .to_vec();
        all.push(taken("a", Market::Total, true));
        all.extend(["a", "b", "c", "d"].map(|s| taken(s, Market::Moneyline, true)));
        let scores = scores(&all);
        assert_eq!(scores.len(), 4, "a total alone and moneylines are no yardstick");
        assert!((scores[0].relative() - 2.0 / 3.0).abs() < 1e-12);
        assert!(scores.iter().map(Score::relative).sum::<f64>().abs() < 1e-12);
        assert!(super::scores(&[]).is_empty());
    }
}
