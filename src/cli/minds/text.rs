//! Calls to models as text. What a model wrote is shown without a sign that could steer a terminal.

use super::view::{Called, Listed, Spoken, Transcript, View};
use crate::minds::llm::transcript::Judged;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Characters of a line of a prompt or a reply.
const MAX_LINE: usize = 600;
/// Lines of a prompt or a reply.
const MAX_LINES: usize = 40;

/// Prints calls, one a line.
///
/// # Errors
/// Whatever the sink reports.
pub fn list(out: &mut dyn Write, listed: &Listed) -> io::Result<()> {
    if listed.calls.is_empty() {
        return writeln!(out, "no model was asked yet; docs/minds.md says how to set one");
    }
    for call in &listed.calls {
        writeln!(
            out,
            "{}  {:24}  {:12}  {:12}  {}",
            call.asked_at.format("%Y-%m-%d %H:%M:%S"),
            call.round,
            call.slot,
            call.outcome,
            figures(call)
        )?;
    }
    Ok(())
}

/// `4.1 s, 1500 tokens read and 90 written, $0.001950`.
fn figures(call: &Called) -> String {
    let tokens = match (call.input_tokens, call.output_tokens) {
        (Some(read), Some(written)) => format!("{read} tokens read and {written} written"),
        _ => "tokens not told".to_owned(),
    };
    let (ms, micros) = (call.took_ms, call.usd_micros);
    format!(
        "{}.{} s, {tokens}, ${}.{:06}",
        ms / 1_000,
        ms % 1_000 / 100,
        micros / 1_000_000,
        micros % 1_000_000
    )
}

/// Prints a round's calls and what the seat made of them.
///
/// # Errors
/// Whatever the sink reports.
pub fn show(out: &mut dyn Write, t: &Transcript, whole: bool) -> io::Result<()> {
    match t.as_of {
        Some(at) => writeln!(
            out,
            "round {}, decided as of {} UTC: {} picks, {} passes",
            t.round,
            at.format("%Y-%m-%d %H:%M:%S"),
            t.n_picks,
            t.n_passes
        )?,
        None => writeln!(out, "round {}, which is not stored", t.round)?,
    }
    for (i, spoken) in t.calls.iter().enumerate() {
        call(out, i + 1, spoken, whole)?;
    }
    if t.views.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nthe seat's opinions")?;
    for view in t.views.iter().filter(|view| view.p_first.is_some()) {
        opinion(out, view)?;
    }
    let mut silent: BTreeMap<&str, usize> = BTreeMap::new();
    for why in t.views.iter().filter_map(|view| view.abstained.as_deref()) {
        *silent.entry(why).or_default() += 1;
    }
    for (why, n) in silent {
        writeln!(out, "  {n} markets: {}", plain(why))?;
    }
    Ok(())
}

fn call(out: &mut dyn Write, n: usize, spoken: &Spoken, whole: bool) -> io::Result<()> {
    let c = &spoken.call;
    let form = if c.anonymous { "anonymous" } else { "named" };
    writeln!(
        out,
        "\ncall {n}: {} asks {} ({}, {}, {form}) at {} UTC: {}, {}",
        c.asked_by,
        c.slot,
        c.model,
        c.dialect,
        c.asked_at.format("%Y-%m-%d %H:%M:%S"),
        c.outcome,
        figures(c)
    )?;
    if let Some(words) = &spoken.words {
        block(out, "system", &words.system, whole)?;
        block(out, "question", &words.user, whole)?;
    }
    if let Some(reply) = &spoken.reply {
        block(out, "reply", reply, whole)?;
    }
    if let Some(trouble) = &c.trouble {
        writeln!(out, "  trouble  {}", plain(trouble))?;
    }
    match &spoken.judged {
        None => Ok(()),
        Some(Judged::Valid { n_views }) => writeln!(out, "  judged   an answer, with {n_views} views"),
        Some(Judged::NoText { why }) => writeln!(out, "  judged   no answer: {}", plain(why)),
        Some(Judged::Refused { faults }) => {
            for fault in faults {
                writeln!(out, "  judged   refused: {}", plain(fault))?;
            }
            Ok(())
        }
    }
}

fn opinion(out: &mut dyn Write, view: &View) -> io::Result<()> {
    let vote = match (&view.voted, view.weight) {
        (Some(side), Some(weight)) => format!("votes {side}, weight {weight:.2}"),
        (None, Some(_)) => "has no vote".to_owned(),
        (_, None) => "is not at the table".to_owned(),
    };
    writeln!(
        out,
        "  {} {}: p {:.3}, {vote}; {}",
        view.game,
        view.market,
        view.p_first.unwrap_or_default(),
        plain(&view.reasons.join("; "))
    )
}

fn block(out: &mut dyn Write, name: &str, text: &str, whole: bool) -> io::Result<()> {
    writeln!(out, "  {name}")?;
    let n_lines = if whole { usize::MAX } else { MAX_LINES };
    for line in text.lines().take(n_lines) {
        let line = plain(line);
        let most = if whole { usize::MAX } else { MAX_LINE };
        let kept: String = line.chars().take(most).collect();
        let left = line.chars().count() - kept.chars().count();
        if left > 0 {
            writeln!(out, "    {kept} [{left} characters more]")?;
        } else {
            writeln!(out, "    {kept}")?;
        }
    }
    let left = text.lines().count().saturating_sub(n_lines);
    if left > 0 {
        writeln!(out, "    [{left} lines more]")?;
    }
    Ok(())
}

/// A foreign text without control characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
