//! The cause chain of a pick: from its decision back to the observation, with every vote on the way, and its grades.

use super::super::output::emit;
use super::super::{Failure, session};
use super::{BROKEN, ShowArgs};
use crate::home::Home;
use crate::protocol::question::RoundId;
use crate::protocol::{Body, DecisionLine, Fact, MessageId, RankedLine};
use crate::store::decisions::{self, Grade, Pick};
use crate::store::journal::{self, Entry};
use crate::store::{Conn, StoreError};
use crate::swarms::minutes::DECIDED;
use chrono::SecondsFormat;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A thread has four messages and two a seat, so this many is a circle.
const MAX_STEPS: usize = 1_000;
/// Picks that begin alike are named up to this many.
const MAX_ALIKE: i64 = 5;

/// One message of the chain.
#[derive(Clone, Debug, Serialize)]
struct Step {
    seq: i64,
    at: String,
    who: String,
    kind: String,
    what: String,
    id: String,
    parent: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Chain {
    pick: String,
    round: String,
    status: String,
    /// Whether every cause is there, back to an observation.
    whole: bool,
    /// From the decision back.
    causes: Vec<Step>,
    /// What came of it, in order.
    afterwards: Vec<Step>,
    result: Option<String>,
}

/// Shows the chain of a pick.
///
/// # Errors
/// [`Failure`]: 6 when there is no such pick, 2 when several begin like that, 3 when the database cannot be used.
pub(super) fn show(args: &ShowArgs, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    let (pick, grade) = find(&mut conn, &args.pick)?;
    let chain = walk(&mut conn, &pick, grade.as_ref())?;
    emit(args.json, out, &chain, |out| print(out, &chain))?;
    Ok(if chain.whole { 0 } else { BROKEN })
}

/// The decision whose id begins so.
///
/// # Errors
/// [`Failure`]: 6 when there is none, 2 when there are several.
pub(super) fn find(conn: &mut Conn, prefix: &str) -> Result<(Pick, Option<Grade>), Failure> {
    let mut found = decisions::by_prefix(conn, prefix, MAX_ALIKE)?;
    match found.len() {
        0 => {
            let error =
                anyhow::anyhow!("there is no pick {prefix}: `huddle picks` and `huddle grade` print their ids");
            Err(Failure::new(6, error))
        }
        1 => Ok(found.remove(0)),
        _ => {
            let ids: Vec<&str> = found.iter().map(|(pick, _)| pick.id.as_str()).collect();
            let error = anyhow::anyhow!(
                "several picks begin with {prefix}: {}; give more of the id",
                ids.join(", ")
            );
            Err(Failure::new(2, error))
        }
    }
}

fn walk(conn: &mut Conn, pick: &Pick, grade: Option<&Grade>) -> Result<Chain, StoreError> {
    let decided = MessageId::of(&RoundId(pick.round_id.clone()), DECIDED);
    let mut ancestors = BTreeSet::new();
    let mut next = Some(decided.to_string());
    let mut whole = false;
    while let Some(id) = next.take().filter(|_| ancestors.len() < MAX_STEPS) {
        let Some(entry) = journal::by_id(conn, &id)? else { break };
        whole = entry.parent.is_none() && matches!(fact(&entry), Some(Fact::Observed { .. }));
        next = entry.parent.clone().filter(|parent| !ancestors.contains(parent));
        ancestors.insert(id);
    }
    let Some(decision) = journal::by_id(conn, decided.0.as_str())? else {
        return Ok(chain(pick, grade, false, Vec::new(), Vec::new()));
    };
    let thread = journal::thread(conn, &decision.thread)?;
    let on_the_way = |e: &&Entry| {
        let caused = e.parent.as_ref().is_some_and(|parent| ancestors.contains(parent));
        ancestors.contains(&e.id) || (caused && e.kind == "vote" && e.seq < decision.seq)
    };
    let mut causes: Vec<Step> = thread.iter().filter(on_the_way).map(|e| step(e, pick)).collect();
    causes.reverse();
    let after = thread.iter().filter(|e| e.seq > decision.seq);
    let of_this = after.filter(|e| match fact(e) {
        Some(Fact::Settled { pick: graded, .. }) => graded == pick.id,
        _ => true,
    });
    let afterwards = of_this.map(|e| step(e, pick)).collect();
    Ok(chain(pick, grade, whole, causes, afterwards))
}

fn chain(pick: &Pick, grade: Option<&Grade>, whole: bool, causes: Vec<Step>, afterwards: Vec<Step>) -> Chain {
    Chain {
        pick: pick.id.clone(),
        round: pick.round_id.clone(),
        status: pick.status.clone(),
        whole,
        causes,
        afterwards,
        result: grade.map(|grade| grade.result.clone()),
    }
}

fn fact(entry: &Entry) -> Option<Fact> {
    match entry.stated().read().ok()?.body {
        Body::Fact(fact) => Some(fact),
        _ => None,
    }
}

fn step(entry: &Entry, pick: &Pick) -> Step {
    Step {
        seq: entry.seq,
        at: entry.at.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true),
        who: entry.sender.clone(),
        kind: entry.kind.clone(),
        what: fact(entry).map_or_else(|| entry.body.chars().take(120).collect(), |fact| say(&fact, pick)),
        id: entry.id.clone(),
        parent: entry.parent.clone(),
    }
}

/// What was decided about a pick.
fn decided(lines: &[DecisionLine], pick: &Pick) -> String {
    let Some(own) = lines.iter().find(|l| l.id == pick.id) else {
        return "decided without this pick".to_owned();
    };
    match &own.pass {
        Some(why) => format!("passed on {} {}: {why}", own.game, own.market),
        None => {
            let side = own.side.map_or("no side", |side| side.name());
            format!("decided {} {} {side}, stake {}", own.game, own.market, own.stake)
        }
    }
}

/// A fact of the team about itself.
fn of_the_team(fact: &Fact) -> String {
    match fact {
        Fact::Ranked { lines } => {
            let line = |l: &RankedLine| format!("{} {}: {}", l.subject, l.standing, l.reason);
            format!("ranked {}", lines.iter().map(line).collect::<Vec<_>>().join("; "))
        }
        Fact::Resolved { lines } => format!("resolved {} conflicts between proposals", lines.len()),
        Fact::Tried {
            setting,
            from,
            to,
            state,
            ..
        } => format!("tried {setting} {to} for {from}: {state}"),
        Fact::Observed { .. }
        | Fact::Opined { .. }
        | Fact::Agreed { .. }
        | Fact::Decided { .. }
        | Fact::Acted { .. }
        | Fact::Learned { .. }
        | Fact::Settled { .. } => String::new(),
    }
}

/// A fact in a line, as far as it concerns a pick.
fn say(fact: &Fact, pick: &Pick) -> String {
    let concerns = |game: &str, market: &str| game == pick.game_id && market == pick.market;
    match fact {
        Fact::Observed {
            when,
            as_of,
            n_games,
            n_quotes,
            n_results,
            ..
        } => format!(
            "observed {} week {} as of {}: {n_games} games, {n_quotes} quotes, {n_results} results known",
            when.season,
            when.week,
            as_of.to_rfc3339_opts(SecondsFormat::Secs, true)
        ),
        Fact::Opined {
            round,
            absent,
            opinions,
            ..
        } => {
            let own = opinions.iter().find(|o| concerns(o.game.as_str(), o.market.name()));
            match (absent, own.map(|o| (o.p_first, &o.abstained))) {
                (Some(why), _) => format!("was absent: {why}"),
                (None, Some((Some(p), _))) => format!("opined in round {round}: {p:.3} for the first side"),
                (None, Some((None, why))) => format!("abstained: {}", why.as_deref().unwrap_or("no reason given")),
                (None, None) => format!("opined in round {round} on {} other markets", opinions.len()),
            }
        }
        Fact::Agreed { lines } => {
            let own = lines.iter().find(|l| concerns(l.game.as_str(), l.market.name()));
            own.map_or_else(
                || "agreed on other markets".to_owned(),
                |l| {
                    let side = l.side.map_or("no side", |side| side.name());
                    format!(
                        "agreed on {side}: consensus {:.3}, pooled {:.3}",
                        l.consensus, l.p_first
                    )
                },
            )
        }
        Fact::Decided { lines } => decided(lines, pick),
        Fact::Acted { n_bets, staked } => format!("entered {n_bets} bets, {staked} staked together"),
        Fact::Ranked { .. } | Fact::Resolved { .. } | Fact::Tried { .. } => of_the_team(fact),
        Fact::Settled {
            result,
            profit,
            clv_points,
            ..
        } => {
            let clv = clv_points.map_or_else(String::new, |clv| format!(", CLV {clv:+.1} points"));
            format!("graded {result}, profit {profit}{clv}")
        }
        Fact::Learned { agent, when, .. } => format!("{agent} took stock of {when}"),
    }
}

fn print(out: &mut dyn Write, chain: &Chain) -> io::Result<()> {
    writeln!(out, "{} {} of round {}", chain.status, chain.pick, chain.round)?;
    for (title, steps) in [("because of", &chain.causes), ("afterwards", &chain.afterwards)] {
        if !steps.is_empty() {
            writeln!(out, "{title}:")?;
        }
        for s in steps {
            writeln!(out, "  {:>6}  {}  {:34} {:9} {}", s.seq, s.at, s.who, s.kind, s.what)?;
        }
    }
    if !chain.whole {
        writeln!(
            out,
            "BROKEN: a cause is missing, so this does not lead back to an observation"
        )?;
    }
    Ok(())
}
