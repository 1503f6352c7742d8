//! A round as rows: what the database keeps of it.

use super::order::{CODE_VERSION, WeekOrder};
use crate::domain::belief::{Opinion, Seat};
use crate::domain::line::HalfPoints;
use crate::domain::pick::{Decision, Verdict, Vote};
use crate::domain::quote::Market;
use crate::protocol::Written;
use crate::store::decisions;
use crate::store::rounds::RoundRecord;
use crate::swarms::round::{Round, SeatLog};

/// The rows of a round.
pub fn record(round: &Round, order: &WeekOrder) -> RoundRecord {
    let convened = &round.convened;
    let id = &convened.round.0;
    let row = decisions::Round {
        id: id.clone(),
        season: i32::from(convened.when.season),
        week: i32::from(convened.when.week),
        basis: order.as_of.name(),
        as_of: convened.view.at().naive_utc(),
        seed: order.settings.seed.cast_signed(),
        settings_hash: order.settings.fingerprint(),
        data_hash: format!("{:016x}", convened.view.fingerprint()),
        code_version: CODE_VERSION.to_owned(),
        created_at: order.now.naive_utc(),
    };
    RoundRecord {
        opinions: round
            .seats
            .iter()
            .flat_map(|(seat, log)| opinions(round, seat, log))
            .collect(),
        votes: round.decisions.iter().flat_map(|d| votes(id, d)).collect(),
        picks: round.decisions.iter().map(|d| pick(id, d)).collect(),
        minutes: round.messages.iter().map(Written::of).collect(),
        round: row,
    }
}

fn opinions(round: &Round, seat: &Seat, log: &SeatLog) -> Vec<decisions::Opinion> {
    let alone = log.answer.as_ref().map_or(&[][..], |a| &a.opinions);
    let phases = [(1, alone), (2, log.revised.as_slice())];
    phases
        .into_iter()
        .flat_map(|(phase, said)| said.iter().map(move |o| (phase, o)))
        .map(|(phase, o)| opinion(round, seat, log.incarnation, phase, o))
        .collect()
}

fn opinion(round: &Round, seat: &Seat, incarnation: u64, phase: i32, o: &Opinion) -> decisions::Opinion {
    let offer = round.convened.slate.iter().find(|x| x.fixture.id == o.game);
    let line = offer.and_then(|x| x.reference(o.market)).and_then(|q| q.line);
    let belief = o.stance.as_ref().ok();
    let evidence: Vec<(&str, f64)> = belief.map_or(Vec::new(), |b| {
        b.evidence.iter().map(|e| (e.text.as_str(), e.points)).collect()
    });
    decisions::Opinion {
        round_id: round.convened.round.0.clone(),
        game_id: o.game.to_string(),
        market: o.market.name().to_owned(),
        seat: seat.to_string(),
        phase,
        line_half: half(line),
        p_first: belief.map(|b| b.p_first.get()),
        sd: belief.map(|b| b.sd),
        mean: belief.map(|b| b.mean),
        abstained: o.stance.as_ref().err().map(ToString::to_string),
        incarnation: i32::try_from(incarnation).unwrap_or(i32::MAX),
        evidence: json(&evidence),
    }
}

fn half(line: Option<HalfPoints>) -> Option<i32> {
    line.map(|l| i32::from(l.0))
}

fn votes(round: &str, d: &Decision) -> Vec<decisions::Vote> {
    let row = |v: &Vote| decisions::Vote {
        round_id: round.to_owned(),
        game_id: d.agreement.game.to_string(),
        market: market(d),
        seat: v.seat.to_string(),
        side: v.stance.as_ref().ok().map(|s| s.name().to_owned()),
        weight: v.weight,
        equal_weight: 1.0,
        reason: v.stance.as_ref().err().map(ToString::to_string),
    };
    d.agreement.votes.iter().map(row).collect()
}

fn market(d: &Decision) -> String {
    Market::name(d.agreement.market).to_owned()
}

fn pick(round: &str, d: &Decision) -> decisions::Pick {
    let (status, reason) = match &d.verdict {
        Verdict::Bet { .. } => ("pick", None),
        Verdict::Pass(why) => ("pass", Some(why.to_string())),
    };
    decisions::Pick {
        id: d.id.clone(),
        round_id: round.to_owned(),
        game_id: d.agreement.game.to_string(),
        market: market(d),
        status: status.to_owned(),
        side: d.side.map(|s| s.name().to_owned()),
        line_half: half(d.offered.as_ref().and_then(|o| o.line)),
        price: d.offered.as_ref().map(|o| o.price.get()),
        book: d.offered.as_ref().map(|o| o.book.to_string()),
        body: json(d),
        stake_cents: d.stake().0,
        reason,
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data with text keys always serialises")
}
