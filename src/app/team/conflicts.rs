//! Conflicts between those who want bets: which rule resolved each, between whom, in the journal.

use super::stored;
use crate::app::House;
use crate::app::week::WeekError;
use crate::domain::money::Cents;
use crate::protocol::question::RoundId;
use crate::protocol::{AgentMessage, Fact, Kind, MessageId, ResolvedLine, To, Written};
use crate::store::journal;
use crate::swarms::conductor::portfolio::{Bet, Dropped, Portfolio, Why};
use crate::swarms::minutes::{DECIDED, OBSERVED};
use chrono::{DateTime, Utc};

/// One line for each proposal that is not in the portfolio, and for each that shares its bet with another.
fn resolutions(portfolio: &Portfolio) -> Vec<ResolvedLine> {
    let mut lines: Vec<ResolvedLine> = portfolio.drops.iter().map(|drop| dropped(drop, portfolio)).collect();
    lines.extend(portfolio.bets.iter().flat_map(shared));
    lines
}

fn dropped(drop: &Dropped, portfolio: &Portfolio) -> ResolvedLine {
    let proposal = &drop.proposal;
    let of_game =
        |bet: &&Bet| bet.terms.game == proposal.game && bet.terms.side.of_total() == proposal.side.of_total();
    let rivals = || {
        let bets = portfolio.bets.iter().filter(of_game);
        bets.flat_map(|bet| &bet.origins).map(ToString::to_string).collect()
    };
    let (rule, kept): (_, Vec<String>) = match &drop.why {
        Why::NoStake => ("1: a stake", Vec::new()),
        Why::AlreadyBet { .. } => ("1: what is bet stands", vec!["an earlier round".to_owned()]),
        Why::Opposed { .. } => ("3: the clearly larger side", rivals()),
        Why::TooClose { .. } => ("3: too close to bet either", Vec::new()),
        Why::SameView { .. } => ("4: one view once", rivals()),
        Why::Cap { .. } => ("5: limits", Vec::new()),
        Why::TooSmall { .. } => ("5: the least stake", Vec::new()),
    };
    ResolvedLine {
        game: proposal.game.clone(),
        market: proposal.market,
        rule: rule.to_owned(),
        dropped: proposal.origin.to_string(),
        kept,
        why: drop.why.to_string(),
    }
}

/// Those whose bet was wanted by another on better terms.
fn shared(bet: &Bet) -> Vec<ResolvedLine> {
    let Some((first, others)) = bet.origins.split_first() else {
        return Vec::new();
    };
    let line = |origin: &crate::protocol::proposal::Origin| ResolvedLine {
        game: bet.terms.game.clone(),
        market: bet.terms.market,
        rule: "2: the same bet once".to_owned(),
        dropped: origin.to_string(),
        kept: vec![first.to_string()],
        why: format!(
            "one bet of {} at the terms of {first}, not the sum",
            bet.stake.max(Cents::ZERO)
        ),
    };
    others.iter().map(line).collect()
}

/// Puts the conflicts of a week's portfolio into the journal, below the round whose picks are in it; the same again adds
/// nothing.
///
/// # Errors
/// [`WeekError`] when the database or its actor fails.
pub async fn keep_resolutions(
    house: &House,
    portfolio: &Portfolio,
    round: &RoundId,
    at: DateTime<Utc>,
) -> Result<(), WeekError> {
    let lines = resolutions(portfolio);
    if lines.is_empty() {
        return Ok(());
    }
    let fact = Fact::Resolved { lines };
    let body = serde_json::to_string(&fact).expect("plain data with text keys always serialises");
    let mut message = AgentMessage::new(
        MessageId::of(round, &format!("resolved/{body}")),
        "/swarms/conductor",
        To::All,
        Kind::Alert,
        at,
        fact,
    );
    message.thread = MessageId::of(round, OBSERVED);
    message.parent_id = Some(MessageId::of(round, DECIDED));
    let entry = Written::of(&message);
    stored(house, move |conn| journal::append(conn, &[entry])).await?;
    house.journal_grew();
    Ok(())
}
