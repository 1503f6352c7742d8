//! The slate as text: a table of picks, a card for each, the leans that were not bet, and what was passed.

use super::view::{LeanView, PickView, Slate, VoteView};
use crate::cli::words;
use crate::domain::money::Cents;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::io::{self, Write};

/// Prints a slate.
///
/// # Errors
/// Whatever the sink reports.
pub fn print(out: &mut dyn Write, slate: &Slate, all: bool) -> io::Result<()> {
    header(out, slate)?;
    if slate.picks.is_empty() {
        writeln!(
            out,
            "
NO BET: {}",
            why_none(slate)
        )?;
    } else {
        writeln!(out, "\n{}", table(slate))?;
        for pick in &slate.picks {
            card(out, pick, Cents(slate.unit_cents))?;
        }
    }
    if let Some(portfolio) = &slate.portfolio {
        super::portfolio::print(out, portfolio, Cents(slate.unit_cents))?;
    }
    if let Some(fault) = &slate.portfolio_fault {
        writeln!(out, "\nno portfolio of swarm and strategies: {fault}")?;
    }
    leans(out, slate)?;
    if all {
        writeln!(out, "\nevery pass")?;
        for pass in &slate.all_passes {
            lean(out, pass)?;
        }
    }
    footer(out, slate)
}

/// What stood in the way of most markets.
fn why_none(slate: &Slate) -> String {
    match slate.passes.iter().max_by_key(|(_, n)| **n) {
        None => format!(
            "no line of this week is stored for `{}`: import odds, or decide at another moment with --as-of",
            slate.as_of
        ),
        Some((code, n)) => format!("{n} of {} markets fell to `{code}`", slate.all_passes.len()),
    }
}

/// The instants of the first and the last round, in US Eastern.
fn when(slate: &Slate) -> String {
    match slate.rounds.as_slice() {
        [] => String::new(),
        [one] => format!(", {}", one.as_of_et),
        [first, .., last] => format!(", {} to {}", first.as_of_et, last.as_of_et),
    }
}

fn header(out: &mut dyn Write, slate: &Slate) -> io::Result<()> {
    let simulated = if slate.simulated {
        "SIMULATED LEAGUE · "
    } else {
        "NFL "
    };
    writeln!(
        out,
        "{simulated}{} week {} · decided at {}{} · PAPER · bankroll {} (1u = {})",
        slate.season,
        slate.week,
        slate.as_of,
        when(slate),
        words::grouped(Cents(slate.bankroll_cents)),
        Cents(slate.unit_cents)
    )?;
    writeln!(
        out,
        "{} seats (quorum {}) · {} games · {} results known · {} picks, {} passes",
        slate.n_seats,
        slate.quorum,
        slate.n_games,
        slate.n_results_known,
        slate.picks.len(),
        slate.all_passes.len()
    )?;
    for round in &slate.rounds {
        for incident in &round.incidents {
            writeln!(out, "! {incident}")?;
        }
    }
    Ok(())
}

fn table(slate: &Slate) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "id",
        "kickoff",
        "game",
        "market",
        "pick",
        "price @ book",
        "fair",
        "model",
        "EV",
        "stake",
        "tier",
        "votes",
    ]);
    for p in &slate.picks {
        table.add_row([
            p.id.get(..8).unwrap_or(&p.id).to_owned(),
            p.kickoff.eastern.clone(),
            p.game.clone(),
            p.market.to_string(),
            p.pick.clone(),
            format!("{:+}{} {}", p.price, if p.price_assumed { "*" } else { "" }, p.book),
            format!("{:.1}%", p.p_fair * 100.0),
            format!("{:.1}%", p.p_model * 100.0),
            format!("{:+.1}%", p.ev * 100.0),
            words::stake(Cents(p.stake_cents), Cents(slate.unit_cents)),
            p.tier.to_string(),
            format!("{}-{} ({:.0}%)", p.votes_for, p.votes_against, p.consensus * 100.0),
        ]);
    }
    for column in [6, 7, 8, 9] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn card(out: &mut dyn Write, p: &PickView, unit: Cents) -> io::Result<()> {
    let id = p.id.get(..8).unwrap_or(&p.id);
    let assumed = if p.price_assumed {
        " (assumed: the source names no price)"
    } else {
        ""
    };
    writeln!(
        out,
        "\n{id}  {} at {:+}{assumed} · {} · {} = {}",
        p.pick, p.price, p.game, p.kickoff.eastern, p.kickoff.local
    )?;
    writeln!(
        out,
        "  {:8} stake {} ({}, full Kelly {:.2}%) · EV {:+.1}%, edge {:+.1}pp · playable to {} · {} book{}, seen {}",
        "bet",
        words::stake(Cents(p.stake_cents), unit),
        p.limit,
        p.kelly * 100.0,
        p.ev * 100.0,
        p.edge * 100.0,
        p.playable_to,
        p.n_books,
        if p.n_books == 1 { "" } else { "s" },
        p.seen_et
    )?;
    for (i, reason) in p.evidence.iter().enumerate() {
        writeln!(out, "  {:8} {reason}", if i == 0 { "for" } else { "" })?;
    }
    writeln!(out, "  {:8} {}", "against", p.counter_argument)?;
    for (i, votes) in p.votes.chunks(4).enumerate() {
        let said: Vec<String> = votes.iter().map(vote).collect();
        writeln!(out, "  {:8} {}", if i == 0 { "votes" } else { "" }, said.join(" · "))?;
    }
    let equal = if p.equal_consensus > 0.0 {
        format!("{:.0}% for it", p.equal_consensus * 100.0)
    } else {
        "the other side".to_owned()
    };
    let dissent = if p.dissenters.is_empty() {
        "nobody".to_owned()
    } else {
        p.dissenters.join(", ")
    };
    writeln!(
        out,
        "  {:8} {:.0}% of all weight for it, against it {dissent}; equal weights: {equal}",
        "tally",
        p.consensus * 100.0,
    )?;
    writeln!(
        out,
        "  {:8} market {:.1}%, blend of the seats' departures x{:.1} (both learnt) -> {:.1}% ±{:.1} between seats, push {:.1}%; equal weights {:.1}%",
        "model",
        p.p_fair * 100.0,
        p.pool_scale,
        p.p_model * 100.0,
        p.p_model_sd * 100.0,
        p.p_push * 100.0,
        p.p_equal_weights * 100.0,
    )
}

fn vote(v: &VoteView) -> String {
    let again = if v.restarts > 0 { " (restarted)" } else { "" };
    match (v.p_side, &v.reason) {
        (Some(p), _) => format!("{}{again} {} {:.1}% w{:.2}", v.seat, v.stance, p * 100.0, v.weight),
        (None, Some(reason)) => format!("{}{again} silent ({reason})", v.seat),
        (None, None) => format!("{}{again} silent", v.seat),
    }
}

fn leans(out: &mut dyn Write, slate: &Slate) -> io::Result<()> {
    writeln!(out, "\nnearest leans, NO BET")?;
    if slate.leans.is_empty() {
        writeln!(out, "  none: nothing on this slate could be judged")?;
    }
    for pass in &slate.leans {
        lean(out, pass)?;
    }
    Ok(())
}

fn lean(out: &mut dyn Write, l: &LeanView) -> io::Result<()> {
    writeln!(
        out,
        "  {:12} {:9} {:12} NO BET  {}",
        l.game,
        l.market.name(),
        l.pick,
        l.missing
    )
}

fn footer(out: &mut dyn Write, slate: &Slate) -> io::Result<()> {
    let passes: Vec<String> = slate.passes.iter().map(|(code, n)| format!("{code} {n}")).collect();
    writeln!(
        out,
        "\npassed   {}",
        if passes.is_empty() {
            "nothing".to_owned()
        } else {
            passes.join(" · ")
        }
    )?;
    if slate.picks.iter().any(|p| p.price_assumed) {
        writeln!(out, "*        the source names no price: -110 is assumed")?;
    }
    let rounds: Vec<&str> = slate.rounds.iter().map(|r| r.id.as_str()).take(3).collect();
    let more = if slate.rounds.len() > 3 {
        format!(" and {} more", slate.rounds.len() - 3)
    } else {
        String::new()
    };
    writeln!(out, "round    {}{more}", rounds.join(", "))?;
    let hash = slate.journal_head.get(..16).unwrap_or(&slate.journal_head);
    writeln!(out, "journal  {} entries, head {hash}", slate.journal_entries)?;
    writeln!(
        out,
        "No seat knows who is hurt or who really starts, and the weather only as a stored forecast had it: look before you believe a pick."
    )?;
    writeln!(
        out,
        "Paper only: no bet is placed and no result is promised. If betting hurts you: 1-800-GAMBLER."
    )
}
