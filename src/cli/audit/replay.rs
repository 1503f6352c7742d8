//! One decision derived again: the round is held once more, and what it says of the market is compared byte for byte.

use super::super::again::{hold_again, on_a_copy};
use super::super::output::emit;
use super::super::{Failure, session};
use super::{BROKEN, ReplayArgs, chain};
use crate::app::order::CODE_VERSION;
use crate::app::record::record;
use crate::backtest::reconcile::{Held, Why, first_difference, roots, why};
use crate::config::Settings;
use crate::home::Home;
use crate::store::decisions::{self, Pick, Round};
use crate::store::rounds::RoundRecord;
use anyhow::{Context as _, anyhow};
use serde::Serialize;
use std::io::{self, Write};

/// What came of it.
#[derive(Clone, Debug, Serialize)]
struct Again {
    pick: String,
    round: String,
    /// Whether the decision is the same to the byte, but for its id: that names the round by what it was held on.
    same: bool,
    /// Whether the id is the same too: the facts, settings, program and word of the orchestrator are.
    same_id: bool,
    /// Bytes of the decision that were compared.
    n_bytes: usize,
    /// Whether the whole round's opinions, votes and decisions are.
    round_same: bool,
    /// Where the two first differ, stored and derived.
    difference: Option<[String; 2]>,
    /// What explains it.
    why: Vec<Why>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 6 when there is no such pick, 2 when several begin like that, 3 when the database cannot be used.
pub(super) fn run(args: &ReplayArgs, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    let (pick, _) = chain::find(&mut conn, &args.pick)?;
    let row = decisions::round(&mut conn, &pick.round_id)?;
    let row = row.with_context(|| format!("the round {} of the pick is not stored", pick.round_id))?;
    let stored = decisions::opinions_of(&mut conn, &row.id)?;
    let votes = decisions::votes_of(&mut conn, &row.id)?;
    let picks = decisions::picks_of(&mut conn, &row.id)?;
    let mut settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    settings.seed = row.seed.cast_unsigned();
    if let Some(bankroll) = &args.bankroll {
        settings.bankroll.clone_from(bankroll);
    }
    if !args.books.is_empty() {
        settings.books.clone_from(&args.books);
    }
    let again = on_a_copy(&mut conn, settings, async |session| {
        let (order, played) = hold_again(session, &row).await?;
        let rounds = played.rounds.iter().map(|round| record(round, &order));
        let mut rounds = rounds.filter(|made| made.round.as_of == row.as_of);
        rounds
            .next()
            .ok_or_else(|| Failure::from(anyhow!("no round is held at {} any more", row.as_of)))
    })?;
    let mut rows: Vec<_> = again.opinions.iter().map(said).collect();
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut before: Vec<_> = stored.iter().map(said).collect();
    before.sort_by(|a, b| key(a).cmp(&key(b)));
    let round_same = rows == before && same_votes(&again, votes) && same_picks(&again, picks);
    let view = compare(&pick, &row, &again, round_same);
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(if view.same { 0 } else { BROKEN })
}

/// A decision without its id.
fn bare(pick: &Pick) -> String {
    pick.body.replacen(&pick.id, "", 1)
}

/// What a seat said, whichever round and incarnation of it.
fn said(o: &decisions::Opinion) -> decisions::Opinion {
    decisions::Opinion {
        round_id: String::new(),
        incarnation: 0,
        ..o.clone()
    }
}

fn key(o: &decisions::Opinion) -> (&str, &str, &str, i32) {
    (&o.game_id, &o.market, &o.seat, o.phase)
}

fn same_votes(again: &RoundRecord, mut stored: Vec<decisions::Vote>) -> bool {
    let key = |v: &decisions::Vote| (v.game_id.clone(), v.market.clone(), v.seat.clone());
    let mut derived = again.votes.clone();
    derived.sort_by_key(key);
    stored.sort_by_key(key);
    let plain = |v: decisions::Vote| decisions::Vote {
        round_id: String::new(),
        ..v
    };
    derived.into_iter().map(plain).eq(stored.into_iter().map(plain))
}

fn same_picks(again: &RoundRecord, stored: Vec<Pick>) -> bool {
    let mut derived: Vec<String> = again.picks.iter().map(bare).collect();
    let mut stored: Vec<String> = stored.iter().map(bare).collect();
    derived.sort();
    stored.sort();
    derived == stored
}

fn compare(pick: &Pick, row: &Round, again: &RoundRecord, round_same: bool) -> Again {
    let same_market = |p: &&Pick| p.game_id == pick.game_id && p.market == pick.market;
    let derived = again.picks.iter().find(same_market);
    let same = derived.is_some_and(|derived| bare(derived) == bare(pick));
    // Both are held at one moment.
    let basis = String::new();
    let then = Held {
        basis: basis.clone(),
        data: row.data_hash.clone(),
        settings: row.settings_hash.clone(),
        program: row.code_version.clone(),
        round: row.id.clone(),
        decision: serde_json::from_str(&pick.body).ok(),
    };
    let now = Held {
        basis,
        data: again.round.data_hash.clone(),
        settings: again.round.settings_hash.clone(),
        program: CODE_VERSION.to_owned(),
        round: again.round.id.clone(),
        decision: derived.and_then(|derived| serde_json::from_str(&derived.body).ok()),
    };
    Again {
        pick: pick.id.clone(),
        round: row.id.clone(),
        same,
        same_id: derived.is_some_and(|derived| derived.id == pick.id),
        n_bytes: pick.body.len(),
        round_same,
        difference: derived
            .filter(|_| !same)
            .map(|derived| first_difference(&bare(pick), &bare(derived))),
        why: if same { roots(&then, &now) } else { why(&then, &now) },
    }
}

fn print(out: &mut dyn Write, view: &Again) -> io::Result<()> {
    if view.same {
        let id = if view.same_id { "" } else { ", but for its id" };
        writeln!(
            out,
            "{} of round {}: decided again the same, all {} bytes{id}",
            view.pick, view.round, view.n_bytes
        )?;
        for why in &view.why {
            writeln!(out, "  though   {why}")?;
        }
        let round = if view.round_same {
            "every opinion, vote and decision of the round too"
        } else {
            "other opinions, votes or decisions of the round are not the same"
        };
        return writeln!(out, "{round}");
    }
    writeln!(out, "{} of round {}: DECIDED OTHERWISE", view.pick, view.round)?;
    if let Some([stored, derived]) = &view.difference {
        writeln!(out, "  stored   {stored}\n  derived  {derived}")?;
    }
    for why in &view.why {
        writeln!(out, "  because  {why}")?;
    }
    Ok(())
}
