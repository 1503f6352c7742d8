//! A played week as it is shown: plain data, so that the text and the JSON can only say the same.

use super::portfolio::PortfolioView;
use super::told::told;
use crate::app::order::WeekOrder;
use crate::app::week::PlayedWeek;
use crate::cli::words;
use crate::domain::belief::Offer;
use crate::domain::calendar::eastern_label;
use crate::domain::money::{Cents, MoneyError};
use crate::domain::pick::{Decision, Pass, Tier, Verdict, quorate};
use crate::domain::quote::{Market, Side};
use crate::swarms::round::Round;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// A week's slate.
#[derive(Clone, Debug, Serialize)]
pub struct Slate {
    /// Season.
    pub season: u16,
    /// Week.
    pub week: u8,
    /// `open`, `close` or the instant.
    pub as_of: String,
    /// Always true: Huddle never places a bet.
    pub paper: bool,
    /// True when the games are invented.
    pub simulated: bool,
    /// The bankroll.
    pub bankroll_cents: i64,
    /// One unit.
    pub unit_cents: i64,
    /// Seats at the table, and how many must vote.
    pub n_seats: usize,
    /// Seats that must vote.
    pub quorum: usize,
    /// Games on the slate.
    pub n_games: usize,
    /// Results known at the first decision.
    pub n_results_known: usize,
    /// The rounds held, with what was remarkable about them.
    pub rounds: Vec<RoundView>,
    /// Bets.
    pub picks: Vec<PickView>,
    /// The markets nearest to a bet, and what each lacks.
    pub leans: Vec<LeanView>,
    /// Passes by reason code.
    pub passes: BTreeMap<String, usize>,
    /// Every pass with its reason.
    pub all_passes: Vec<LeanView>,
    /// What swarm and strategies make together, while strategies are in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<PortfolioView>,
    /// Why there is no portfolio, though strategies may be in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio_fault: Option<String>,
    /// The journal's length and head afterwards.
    pub journal_entries: i64,
    /// The hash of its last entry.
    pub journal_head: String,
}

/// A round as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct RoundView {
    /// Its id.
    pub id: String,
    /// The instant it decided at.
    pub as_of: String,
    /// The same in US Eastern.
    pub as_of_et: String,
    /// What happened to seats: restarts, absences, and who was not at the table.
    pub incidents: Vec<String>,
}

/// One seat's vote as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct VoteView {
    /// The seat.
    pub seat: String,
    /// `for`, `against` or `silent`.
    pub stance: &'static str,
    /// Its probability of the chosen side after deliberation.
    pub p_side: Option<f64>,
    /// What its vote weighs.
    pub weight: f64,
    /// Why it is silent.
    pub reason: Option<String>,
    /// Times the seat was restarted while the round waited for it.
    pub restarts: u64,
}

/// A kickoff in three zones.
#[derive(Clone, Debug, Serialize)]
pub struct Kickoff {
    /// In UTC.
    #[serde(rename = "kickoff")]
    pub utc: String,
    /// In US Eastern.
    #[serde(rename = "kickoff_et")]
    pub eastern: String,
    /// Where this machine is.
    #[serde(rename = "kickoff_local")]
    pub local: String,
}

impl Kickoff {
    fn of(at: DateTime<Utc>) -> Kickoff {
        Kickoff {
            utc: at.to_rfc3339(),
            eastern: eastern_label(at),
            local: words::local(at),
        }
    }
}

/// A bet as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct PickView {
    /// Its id.
    pub id: String,
    /// The game's id.
    pub game_id: String,
    /// `DEN @ LAC`.
    pub game: String,
    /// Its kickoff.
    #[serde(flatten)]
    pub kickoff: Kickoff,
    /// The market.
    pub market: Market,
    /// The side.
    pub side: Side,
    /// `LAC -6.5`.
    pub pick: String,
    /// The line at the book: the handicap of the side for a spread, points for a total.
    pub line: Option<f64>,
    /// American odds.
    pub price: i32,
    /// Decimal odds.
    pub price_decimal: f64,
    /// True when the source named no price.
    pub price_assumed: bool,
    /// The book.
    pub book: String,
    /// When the price was seen, in US Eastern.
    pub seen_et: String,
    /// How many books quoted it.
    pub n_books: usize,
    /// Either bound alone.
    pub playable_to: String,
    /// The market's own probability of the side, margin removed.
    pub p_fair: f64,
    /// The swarm's, given no push.
    pub p_model: f64,
    /// Standard error of the seats' probabilities around the pooled one.
    pub p_model_sd: f64,
    /// The swarm's with equal weights.
    pub p_equal_weights: f64,
    /// Factor by which results made the blend of the seats' departures bolder or more timid, learnt from settled opinions.
    pub pool_scale: f64,
    /// Probability of a push.
    pub p_push: f64,
    /// Model probability minus the price's break-even.
    pub edge: f64,
    /// Expected profit per unit staked.
    pub ev: f64,
    /// The stake.
    pub stake_cents: i64,
    /// In units.
    pub stake_units: f64,
    /// What bound the stake.
    pub limit: String,
    /// Full Kelly as a share of the bankroll.
    pub kelly: f64,
    /// The tier.
    pub tier: Tier,
    /// Agreeing weight over the weight of all seats.
    pub consensus: f64,
    /// The same with equal weights; 0 when equal weights choose the other side.
    pub equal_consensus: f64,
    /// Votes for, against and silent seats.
    pub votes_for: usize,
    /// Votes against.
    pub votes_against: usize,
    /// Seats without a view.
    pub silent: usize,
    /// Who voted against.
    pub dissenters: Vec<String>,
    /// Every vote.
    pub votes: Vec<VoteView>,
    /// The case for it.
    pub evidence: Vec<String>,
    /// The strongest argument against it.
    pub counter_argument: String,
}

/// A market that is not bet.
#[derive(Clone, Debug, Serialize)]
pub struct LeanView {
    /// Its id.
    pub id: String,
    /// `DEN @ LAC`.
    pub game: String,
    /// The market.
    pub market: Market,
    /// `LAC -6.5`, or the market's name when no side was chosen.
    pub pick: String,
    /// Agreeing weight over the weight of all seats.
    pub consensus: f64,
    /// Expected profit per unit, when there is a price.
    pub ev: Option<f64>,
    /// The code of its reason.
    pub code: &'static str,
    /// What is missing.
    pub missing: String,
}

/// How many leans are always shown.
const N_LEANS: usize = 3;

impl Slate {
    /// A played week as it is shown.
    ///
    /// # Errors
    /// [`MoneyError`] when the bankroll is no amount, which playing would have refused.
    pub fn of(played: &PlayedWeek, order: &WeekOrder) -> Result<Slate, MoneyError> {
        let bankroll = order.settings.bankroll()?;
        let unit = bankroll.fraction(order.settings.risk.unit);
        let at_table = |round: &Round| round.seats.values().filter(|log| log.stood_down.is_none()).count();
        let n_seats = played.rounds.first().map_or(0, at_table);
        let mut slate = Slate {
            season: order.when.season,
            week: order.when.week,
            as_of: order.as_of.name(),
            paper: true,
            simulated: false,
            bankroll_cents: bankroll.0,
            unit_cents: unit.0,
            n_seats,
            quorum: (0..=n_seats).find(|n| quorate(*n, n_seats)).unwrap_or(0),
            n_games: played.rounds.iter().map(|r| r.convened.slate.len()).sum(),
            n_results_known: played.rounds.first().map_or(0, |r| r.convened.view.n_results()),
            rounds: played
                .rounds
                .iter()
                .map(|round| round_view(round, &played.differing))
                .collect(),
            picks: Vec::new(),
            leans: Vec::new(),
            passes: BTreeMap::new(),
            all_passes: Vec::new(),
            portfolio: None,
            portfolio_fault: None,
            journal_entries: played.journal.seq,
            journal_head: played.journal.hash.clone(),
        };
        let mut passes: Vec<(f64, LeanView)> = Vec::new();
        for round in &played.rounds {
            slate.add(round, unit, &mut passes);
        }
        passes.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        slate.leans = passes
            .iter()
            .filter(|p| p.0.is_finite())
            .take(N_LEANS)
            .map(|p| p.1.clone())
            .collect();
        slate.all_passes = passes.into_iter().map(|p| p.1).collect();
        slate
            .picks
            .sort_by(|a, b| b.ev.total_cmp(&a.ev).then_with(|| a.id.cmp(&b.id)));
        Ok(slate)
    }

    fn add(&mut self, round: &Round, unit: Cents, passes: &mut Vec<(f64, LeanView)>) {
        for decision in &round.decisions {
            let Some(offer) = words::offer_of(&round.convened.slate, decision) else {
                continue;
            };
            match &decision.verdict {
                Verdict::Bet { .. } => self.picks.extend(pick_view(decision, offer, unit, round)),
                Verdict::Pass(why) => {
                    *self.passes.entry(why.code().to_owned()).or_default() += 1;
                    passes.push((shortfall(decision, why), lean_view(decision, offer, why)));
                }
            }
        }
    }
}

/// How far from a bet: the shares of consensus and of expected return that are missing, added; infinite without a side.
fn shortfall(decision: &Decision, why: &Pass) -> f64 {
    let Some(roi) = decision.roi else { return f64::INFINITY };
    match why {
        Pass::RiskCap { .. } | Pass::SameView { .. } | Pass::StakeTooSmall { .. } => return 0.0,
        Pass::Consensus { .. } | Pass::ExpectedRoi { .. } => {}
        Pass::Quorum { .. } => return 10.0 - roi,
        Pass::Started | Pass::NoPrice | Pass::NoMajority | Pass::AlreadyBet => return f64::INFINITY,
    }
    let consensus = (Tier::B.min_consensus() - decision.agreement.consensus).max(0.0) / Tier::B.min_consensus();
    // Minus 4.5% is what no opinion at all expects at -110.
    let roi = (Tier::B.min_roi() - roi).max(0.0) / (Tier::B.min_roi() + 0.045);
    consensus + roi
}

/// Said when a stored round stands against the one just held.
const DIFFERING: &str =
    "this round is stored with other bets, because a seat was absent in one of the two: the stored ones count";

fn round_view(round: &Round, differing: &[String]) -> RoundView {
    let mut incidents = Vec::new();
    if differing.contains(&round.convened.round.0) {
        incidents.push(DIFFERING.to_owned());
    }
    for (seat, log) in &round.seats {
        if log.restarts > 0 {
            let times = if log.restarts == 1 {
                "once".to_owned()
            } else {
                format!("{} times", log.restarts)
            };
            let kept = "its question stayed in its mailbox";
            let n = log.incarnation;
            incidents.push(format!(
                "{seat} crashed {times} during the round; {kept} and incarnation {n} answered"
            ));
        }
        if let Some(why) = &log.absent {
            incidents.push(format!("{seat} is absent and abstains: {why}"));
        }
        if let Some(why) = log.silent() {
            incidents.push(format!("{seat} abstains: {why}"));
        }
        if let Some(why) = &log.stood_down {
            incidents.push(format!("{seat} is not at the table: {why}"));
        }
    }
    incidents.extend(told(round));
    if round.unreviewed {
        incidents.push("the risk manager did not answer: nothing was bet".to_owned());
    }
    RoundView {
        id: round.convened.round.0.clone(),
        as_of: round.convened.view.at().to_rfc3339(),
        as_of_et: eastern_label(round.convened.view.at()),
        incidents,
    }
}

fn pick_view(decision: &Decision, offer: &Offer, unit: Cents, round: &Round) -> Option<PickView> {
    let Verdict::Bet {
        stake,
        limit,
        tier,
        kelly,
    } = decision.verdict
    else {
        return None;
    };
    let (side, offered) = (decision.side?, decision.offered.as_ref()?);
    let (f, a) = (&offer.fixture, &decision.agreement);
    let of_side = |p: f64| if side.is_first() { p } else { 1.0 - p };
    let votes: Vec<VoteView> = a.votes.iter().map(|v| vote_view(v, side, of_side)).collect();
    let (p_win, p_push) = (decision.p_win?.get(), decision.p_push?.get());
    Some(PickView {
        id: decision.id.clone(),
        game_id: f.id.to_string(),
        game: f.label(),
        kickoff: Kickoff::of(f.kickoff),
        market: a.market,
        side,
        pick: words::pick(f, a.market, side, offered.line),
        line: offered.line.map(|l| if side == Side::Home { -l } else { l }.points()),
        price: offered.price.get(),
        price_decimal: offered.price.decimal().get(),
        price_assumed: offered.assumed,
        book: offered.book.to_string(),
        seen_et: eastern_label(offered.seen_at),
        n_books: offered.n_books,
        playable_to: decision
            .playable_to
            .map_or("-".into(), |to| words::playable(f, a.market, side, &to)),
        p_fair: of_side(a.fair.get()),
        p_model: p_win / (1.0 - p_push),
        p_model_sd: spread_of(&votes),
        p_equal_weights: of_side(a.equal_p_first.get()),
        pool_scale: round.weights.blend[a.market as usize].boldness,
        p_push,
        edge: decision.edge?,
        ev: decision.roi?,
        stake_cents: stake.0,
        stake_units: if unit.0 > 0 {
            stake.0 as f64 / unit.0 as f64
        } else {
            0.0
        },
        limit: limit.name().to_owned(),
        kelly,
        tier,
        consensus: a.consensus,
        equal_consensus: if a.equal_side == Some(side) {
            a.equal_consensus
        } else {
            0.0
        },
        votes_for: count(&votes, "for"),
        votes_against: count(&votes, "against"),
        silent: count(&votes, "silent"),
        dissenters: dissenters(&votes),
        votes,
        evidence: a
            .reasons
            .iter()
            .map(|(seat, e)| format!("{seat}: {}", e.text))
            .collect(),
        counter_argument: counter(decision),
    })
}

fn dissenters(votes: &[VoteView]) -> Vec<String> {
    votes
        .iter()
        .filter(|v| v.stance == "against")
        .map(|v| v.seat.clone())
        .collect()
}

fn count(votes: &[VoteView], stance: &str) -> usize {
    votes.iter().filter(|v| v.stance == stance).count()
}

/// The strongest argument against; when no seat has one, the price itself is it.
fn counter(decision: &Decision) -> String {
    decision.agreement.counter.as_ref().map_or_else(
        || "no seat argues against it; the price does: every seat looks at much the same data".to_owned(),
        |(seat, e)| format!("{seat}: {}", e.text),
    )
}

fn vote_view(v: &crate::domain::pick::Vote, side: Side, of_side: impl Fn(f64) -> f64) -> VoteView {
    let stance = match &v.stance {
        Ok(voted) if *voted == side => "for",
        Ok(_) => "against",
        Err(_) => "silent",
    };
    VoteView {
        seat: v.seat.to_string(),
        stance,
        p_side: v.p_first.map(|p| of_side(p.get())),
        weight: v.weight,
        reason: v.stance.as_ref().err().map(ToString::to_string),
        restarts: v.restarts,
    }
}

/// Standard deviation of the seats' probabilities: how far apart those who speak are.
fn spread_of(votes: &[VoteView]) -> f64 {
    let p: Vec<f64> = votes.iter().filter_map(|v| v.p_side).collect();
    if p.len() < 2 {
        return 0.0;
    }
    let mean = p.iter().sum::<f64>() / p.len() as f64;
    (p.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (p.len() - 1) as f64).sqrt()
}

fn lean_view(decision: &Decision, offer: &Offer, why: &Pass) -> LeanView {
    let a = &decision.agreement;
    let line = decision.offered.as_ref().map_or(a.line, |o| o.line);
    LeanView {
        id: decision.id.clone(),
        game: offer.fixture.label(),
        market: a.market,
        pick: decision.side.map_or_else(
            || a.market.name().to_owned(),
            |s| words::pick(&offer.fixture, a.market, s, line),
        ),
        consensus: a.consensus,
        ev: decision.roi,
        code: why.code(),
        missing: missing(decision, why),
    }
}

/// The reason, and everything else that would have stood in the way.
fn missing(decision: &Decision, why: &Pass) -> String {
    let mut text = why.to_string();
    if let (Pass::RiskCap { .. } | Pass::SameView { .. } | Pass::Quorum { .. }, Some(roi)) = (why, decision.roi) {
        text.push_str(&format!("; EV {:+.1}%", roi * 100.0));
    }
    if let (Pass::Consensus { .. }, Some(roi)) = (why, decision.roi)
        && roi < Tier::B.min_roi()
    {
        text.push_str(&format!("; EV {:+.1}% of the +3.0% needed", roi * 100.0));
    }
    text
}
