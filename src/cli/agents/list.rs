//! `huddle agents`: who they are and how they do, by their newest figures.

use super::super::output::emit;
use super::super::{Failure, session};
use super::{MAX_FIGURES, SPECIALISTS};
use crate::domain::kpi::Kpi;
use crate::home::Home;
use crate::protocol::card::Card;
use crate::store::kpis;
use comfy_table::{Table, presets};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What the verb shows.
#[derive(Clone, Debug, Serialize)]
struct ListView {
    agents: Vec<AgentLine>,
}

/// A specialist.
#[derive(Clone, Debug, Serialize)]
struct AgentLine {
    #[serde(flatten)]
    card: Card,
    figures: Vec<Newest>,
    /// Feeds and keys it goes without, by name.
    degraded: Vec<String>,
}

/// A figure as it is now, and as it was the time before.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Newest {
    #[serde(flatten)]
    pub(super) kpi: Kpi,
    pub(super) previous: Option<f64>,
}

impl Newest {
    /// By how much it rose since the time before; none without both.
    fn trend(&self) -> String {
        match self.kpi.value.zip(self.previous) {
            None => String::new(),
            Some((now, before)) if now == before => "=".to_owned(),
            Some((now, before)) => {
                let way = if now > before { "up from" } else { "down from" };
                format!("{way} {}", self.kpi.unit.show(before))
            }
        }
    }
}

/// The newest of each figure, by name, from a history that begins with the newest.
pub(super) fn newest(history: Vec<Kpi>) -> Vec<Newest> {
    let mut by_name: BTreeMap<String, Newest> = BTreeMap::new();
    let latest = history.first().map(|kpi| kpi.at);
    for kpi in history {
        match by_name.get_mut(&kpi.name) {
            None => {
                // A part that is no longer among the newest figures, such as a group without bets, is history.
                if Some(kpi.at) == latest {
                    by_name.insert(kpi.name.clone(), Newest { kpi, previous: None });
                }
            }
            Some(newest) if newest.previous.is_none() => newest.previous = kpi.value,
            Some(_) => {}
        }
    }
    by_name.into_values().collect()
}

/// What an agent goes without, from its newest figures.
pub(in crate::cli) fn degraded(figures: &[Kpi]) -> Vec<String> {
    let latest = figures.first().map(|kpi| kpi.at);
    let lacking = figures
        .iter()
        .filter(|kpi| Some(kpi.at) == latest && kpi.lacks_source());
    lacking
        .map(|kpi| format!("{}: {}", kpi.agent, kpi.why_none.as_deref().unwrap_or_default()))
        .collect()
}

pub(super) fn run(json: bool, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    let mut agents = Vec::new();
    for card in SPECIALISTS {
        let history = kpis::history(&mut conn, card.role, MAX_FIGURES)?;
        agents.push(AgentLine {
            card,
            degraded: degraded(&history),
            figures: newest(history),
        });
    }
    let view = ListView { agents };
    emit(json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

fn print(out: &mut dyn Write, view: &ListView) -> io::Result<()> {
    for agent in &view.agents {
        writeln!(out, "{}: {}", agent.card.role, agent.card.tools.join(", "))?;
        // Parts of a whole, such as returns by seat, are in `show`.
        let whole: Vec<&Newest> = agent.figures.iter().filter(|f| !f.kpi.name.contains('.')).collect();
        if whole.is_empty() {
            writeln!(
                out,
                "  no figures yet: `huddle run` computes them when a week is graded"
            )?;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for figure in &whole {
            table.add_row([
                format!(" {}", figure.kpi.name),
                figure.kpi.show(),
                figure.trend(),
                figure.kpi.at.format("%Y-%m-%d").to_string(),
            ]);
        }
        if !whole.is_empty() {
            writeln!(out, "{table}")?;
        }
        for lack in &agent.degraded {
            writeln!(out, "  goes without: {lack}")?;
        }
    }
    Ok(())
}
