//! The risk manager: what the swarm agreed on becomes a stake within every limit, or a pass with its reason.
//!
//! It never changes an opinion. Stakes are a fraction of Kelly on the pooled probability, sized for all bets of the slate
//! at once, then capped by tier, by exposure on the game, the US Eastern day and the week. Freed exposure is not handed to other picks.

pub mod bankroll;

use super::price_shopping::{Valued, best};
use super::stock::Stock;
use crate::domain::belief::Offer;
use crate::domain::game::GameId;
use crate::domain::money::Cents;
use crate::domain::pick::{Agreement, Decision, Limit, Pass, Tier, Verdict, quorate};
use crate::domain::quote::Market;
use crate::machine::{Machine, Turn};
use crate::market::kelly::{Wager, simultaneous};
use crate::market::shapes::Shapes;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::question::Review;
use bankroll::Appraisal;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Limits on what may be at stake, as shares of the bankroll.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RiskLimits {
    /// Share of full Kelly staked.
    pub kelly_fraction: f64,
    /// Most at stake on one game.
    pub per_game: f64,
    /// Most at stake on games of one US Eastern day.
    pub per_day: f64,
    /// Most at stake on games of one week.
    pub per_week: f64,
    /// One unit.
    pub unit: f64,
    /// A stake under this many units is not worth a bet.
    pub min_units: f64,
}

impl Default for RiskLimits {
    fn default() -> RiskLimits {
        RiskLimits {
            kelly_fraction: 0.25,
            per_game: 0.05,
            per_day: 0.15,
            per_week: 0.25,
            unit: 0.01,
            min_units: 0.1,
        }
    }
}

/// What the risk manager is.
pub const CARD: Card = Card {
    role: "risk_manager",
    level: Level::Specialist,
    tools: &[
        "price_shopping",
        "staking",
        "exposure_limits",
        "monte_carlo",
        "value_at_risk",
    ],
    memory: Memory::None,
    reasoning: Reasoning::Quantitative,
};

/// What the risk manager hears.
#[derive(Debug)]
pub enum Input {
    /// Decide on these agreements.
    Review(Box<Review>),
    /// The week is over: what did the bankroll go through, and what may come?
    TakeStock(Box<Appraisal>),
}

/// What the risk manager says.
#[derive(Debug)]
pub enum Effect {
    /// Bets and passes, in the order of the agreements.
    Decided(Vec<Decision>),
    /// Its figures.
    TookStock(Stock),
}

/// The machine.
pub struct RiskManager {
    limits: RiskLimits,
    shapes: Option<Shapes>,
}

impl RiskManager {
    /// A risk manager with its limits.
    pub fn new(limits: RiskLimits) -> RiskManager {
        RiskManager { limits, shapes: None }
    }

    fn review(&mut self, review: &Review) -> Vec<Decision> {
        let season = review.slate.first().map_or(0, |o| o.fixture.when.season);
        let shapes = Shapes::of_season(self.shapes.take(), &review.view, season);
        let offers: BTreeMap<&GameId, &Offer> = review.slate.iter().map(|o| (&o.fixture.id, o)).collect();
        let mut drafts: Vec<Draft<'_>> = review
            .agreements
            .iter()
            .filter_map(|a| offers.get(&a.game).map(|o| draft(review, a, o, &shapes)))
            .collect();
        drop_repeated_views(&mut drafts);
        let decisions = self.stake(review, drafts);
        self.shapes = Some(shapes);
        decisions
    }

    /// Sizes what passed every test, best expected return first, so that caps cut the worst bet and not the last one.
    fn stake(&self, review: &Review, drafts: Vec<Draft<'_>>) -> Vec<Decision> {
        let mut order: Vec<usize> = (0..drafts.len()).filter(|&i| drafts[i].pass.is_none()).collect();
        let priced = order.iter().filter_map(|&i| Some((i, drafts[i].wager()?)));
        let (at, wagers): (Vec<usize>, Vec<Wager>) = priced.unzip();
        let kelly: BTreeMap<usize, f64> = at.into_iter().zip(simultaneous(&wagers)).collect();
        order.sort_by(|&a, &b| drafts[b].roi().total_cmp(&drafts[a].roi()).then(a.cmp(&b)));
        let mut book = Exposures::new(review, &self.limits);
        let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
        for i in order {
            let d = &drafts[i];
            let kelly = kelly.get(&i).copied().unwrap_or_default();
            verdicts.insert(i, self.size(d, kelly, review.bankroll, &mut book));
        }
        drafts
            .into_iter()
            .enumerate()
            .map(|(i, d)| {
                let verdict = verdicts.remove(&i).or_else(|| d.pass.clone().map(Verdict::Pass));
                d.decision(review, verdict.unwrap_or(Verdict::Pass(Pass::NoPrice)))
            })
            .collect()
    }

    /// `kelly` is the bet's share of the bankroll beside the other bets of the slate.
    fn size(&self, d: &Draft<'_>, kelly: f64, bankroll: Cents, book: &mut Exposures) -> Verdict {
        let Some(tier) = d.tier else {
            return Verdict::Pass(Pass::NoPrice);
        };
        let mut stake = bankroll.fraction(kelly * self.limits.kelly_fraction);
        let mut limit = Limit::Kelly;
        let caps = [
            (bankroll.fraction(tier.cap()), Limit::TierCap),
            (book.left_on_game(&d.agreement.game), Limit::GameCap),
            (book.left_on_day(d.day), Limit::DayCap),
            (book.left_in_week(), Limit::WeekCap),
        ];
        for (cap, name) in caps {
            if stake > cap {
                (stake, limit) = (cap, name);
            }
        }
        let least = bankroll.fraction(self.limits.unit * self.limits.min_units);
        if stake < least || stake <= Cents::ZERO {
            let why = match limit {
                Limit::Kelly | Limit::TierCap => Pass::StakeTooSmall { stake },
                Limit::GameCap | Limit::DayCap | Limit::WeekCap => Pass::RiskCap { limit },
            };
            return Verdict::Pass(why);
        }
        book.add(&d.agreement.game, d.day, stake);
        Verdict::Bet {
            stake,
            limit,
            tier,
            kelly,
        }
    }
}

/// A decision in the making.
struct Draft<'a> {
    agreement: &'a Agreement,
    day: NaiveDate,
    valued: Option<Valued>,
    tier: Option<Tier>,
    pass: Option<Pass>,
}

impl Draft<'_> {
    fn roi(&self) -> f64 {
        self.valued.as_ref().map_or(f64::NEG_INFINITY, |v| v.roi)
    }

    fn wager(&self) -> Option<Wager> {
        self.valued
            .as_ref()
            .map(|v| Wager::on(v.outcome, v.offered.price.decimal()))
    }

    fn decision(self, review: &Review, verdict: Verdict) -> Decision {
        let agreement = self.agreement.clone();
        let valued = self.valued;
        Decision {
            id: decision_id(review, &agreement),
            side: agreement.side,
            p_win: valued.as_ref().map(|v| v.outcome.win),
            p_push: valued.as_ref().map(|v| v.outcome.push),
            edge: valued.as_ref().map(|v| v.edge),
            roi: valued.as_ref().map(|v| v.roi),
            playable_to: valued.as_ref().map(|v| v.playable_to),
            offered: valued.map(|v| v.offered),
            agreement,
            verdict,
        }
    }
}

/// Twelve hexadecimal digits, the same for the same round, game and market; two among a million decisions collide with a
/// probability of one in five hundred.
fn decision_id(review: &Review, agreement: &Agreement) -> String {
    use sha2::{Digest, Sha256};
    let text = format!("{}/{}/{}", review.round.0, agreement.game, agreement.market);
    Sha256::digest(text)
        .iter()
        .take(6)
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn draft<'a>(review: &Review, agreement: &'a Agreement, offer: &Offer, shapes: &Shapes) -> Draft<'a> {
    let valued = agreement.side.and_then(|side| best(agreement, side, offer, shapes));
    let roi = valued.as_ref().map(|v| v.roi);
    let tier = roi.and_then(|roi| Tier::earned(agreement.consensus, roi));
    let voting = agreement.n_voting();
    // At its own kickoff a game can still be had at its closing price; an instant later it has started.
    let pass = if review.as_of > offer.fixture.kickoff {
        Some(Pass::Started)
    } else if review
        .exposure
        .open
        .iter()
        .any(|b| b.game == agreement.game && b.market == agreement.market)
    {
        Some(Pass::AlreadyBet)
    } else if !quorate(voting, review.n_seats) {
        Some(Pass::Quorum {
            voting,
            seats: review.n_seats,
        })
    } else if agreement.side.is_none() {
        Some(Pass::NoMajority)
    } else if agreement.consensus < Tier::B.min_consensus() {
        Some(Pass::Consensus {
            consensus: agreement.consensus,
        })
    } else {
        match roi {
            None => Some(Pass::NoPrice),
            Some(roi) if roi < Tier::B.min_roi() => Some(Pass::ExpectedRoi { roi }),
            Some(_) => None,
        }
    };
    Draft {
        agreement,
        day: offer.fixture.day(),
        valued,
        tier,
        pass,
    }
}

/// Spread and moneyline of one game are one view of the margin: the better price is bet, the other says so.
fn drop_repeated_views(drafts: &mut [Draft<'_>]) {
    for i in 0..drafts.len() {
        for j in 0..drafts.len() {
            let same_game = i != j && drafts[i].agreement.game == drafts[j].agreement.game;
            let margins = |d: &Draft<'_>| d.agreement.market != Market::Total;
            let open = drafts[i].pass.is_none() && drafts[j].pass.is_none();
            if same_game && open && margins(&drafts[i]) && margins(&drafts[j]) && drafts[i].roi() < drafts[j].roi()
            {
                drafts[i].pass = Some(Pass::SameView {
                    market: drafts[j].agreement.market,
                });
            }
        }
    }
}

/// What is at stake so far, against its limits.
struct Exposures {
    per_game: Cents,
    per_day: Cents,
    per_week: Cents,
    games: BTreeMap<GameId, Cents>,
    days: BTreeMap<NaiveDate, Cents>,
    week: Cents,
}

impl Exposures {
    fn new(review: &Review, limits: &RiskLimits) -> Exposures {
        let of = |share| review.bankroll.fraction(share);
        let mut book = Exposures {
            per_game: of(limits.per_game),
            per_day: of(limits.per_day),
            per_week: review
                .exposure
                .week_cap
                .map_or(of(limits.per_week), |cap| cap.min(of(limits.per_week))),
            games: BTreeMap::new(),
            days: BTreeMap::new(),
            week: Cents::ZERO,
        };
        for bet in &review.exposure.open {
            book.add(&bet.game, bet.day, bet.stake);
        }
        book
    }

    fn add(&mut self, game: &GameId, day: NaiveDate, stake: Cents) {
        *self.games.entry(game.clone()).or_default() += stake;
        *self.days.entry(day).or_default() += stake;
        self.week += stake;
    }

    fn left_on_game(&self, game: &GameId) -> Cents {
        self.per_game - self.games.get(game).copied().unwrap_or_default()
    }

    fn left_on_day(&self, day: NaiveDate) -> Cents {
        self.per_day - self.days.get(&day).copied().unwrap_or_default()
    }

    fn left_in_week(&self) -> Cents {
        self.per_week - self.week
    }
}

impl Machine for RiskManager {
    type Input = Input;
    type Effect = Effect;
    /// Fitting the shapes of a season reads every game, and futures are played by the ten thousand.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Review(review) => turn.emit(Effect::Decided(self.review(&review))),
            Input::TakeStock(appraisal) => {
                turn.emit(Effect::TookStock(bankroll::stock(&appraisal)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
