//! The state of every service as a table, and how each is in a line.

use super::super::Failure;
use super::super::output::emit;
use super::super::session::{self, NetArgs, Session};
use crate::actor::{How, Lane};
use crate::api::ProviderHealth;
use crate::api::breaker::BreakerState;
use crate::api::orchestrator::{ApiStats, ProviderStats};
use crate::app::api_manager::{GetApiStats, ProbeIdle};
use crate::home::Home;
use comfy_table::{Table, presets};
use serde::Serialize;
use std::io::Write;
use std::time::Duration;

/// Prints `huddle api status`.
pub(super) fn show(json: bool, stats: &ApiStats, out: &mut dyn Write) -> Result<u8, Failure> {
    emit(json, out, stats, |out| {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header([
            "service",
            "health",
            "rate windows",
            "at once",
            "breakers",
            "queue",
            "kept",
        ]);
        for p in &stats.providers {
            table.add_row([
                p.provider.to_string(),
                p.health.to_string(),
                windows(p),
                format!("{}/{}", p.n_in_flight, p.max_in_flight),
                breakers(p),
                queue(p),
                p.n_kept.to_string(),
            ]);
        }
        writeln!(out, "{table}")?;
        for p in &stats.providers {
            if let Some(c) = &p.credits {
                let [critical, high, normal, low] = c.spendable;
                writeln!(
                    out,
                    "\n{}: {} of {} credits left, {} in flight, {} committed to planned fetches until {}",
                    p.provider,
                    c.remaining,
                    c.monthly,
                    c.reserved,
                    c.committed,
                    c.resets_at.format("%Y-%m-%d %H:%M UTC")
                )?;
                writeln!(
                    out,
                    "  spendable: critical {critical}, high {high}, normal {normal}, low {low}"
                )?;
                match c.projected_exhaustion {
                    Some(at) => writeln!(
                        out,
                        "  at this month's pace nothing is left on {}",
                        at.format("%Y-%m-%d")
                    )?,
                    None => writeln!(out, "  at this month's pace they last until the reset")?,
                }
            }
            if let (Some(left), true) = (p.spendable_usd_micros, p.this_month.usd_micros > 0) {
                writeln!(out, "\n{}: {} may still be spent today", p.provider, usd(left))?;
            }
        }
        Ok(())
    })?;
    Ok(0)
}

/// What `huddle api health` shows of a service.
#[derive(Clone, Debug, Serialize)]
struct HealthLine {
    provider: &'static str,
    health: ProviderHealth,
    n_calls: u32,
    n_failures: u32,
    message: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct HealthView {
    providers: Vec<HealthLine>,
}

/// Prints `huddle api health`.
pub(super) fn health(json: bool, stats: &ApiStats, out: &mut dyn Write) -> Result<u8, Failure> {
    let line = |p: &ProviderStats| HealthLine {
        provider: p.provider.name(),
        health: p.health,
        n_calls: p.breakers.iter().map(|b| b.n_calls).sum(),
        n_failures: p.breakers.iter().map(|b| b.n_failures).sum(),
        message: p.last_message.clone(),
    };
    let view = HealthView {
        providers: stats.providers.iter().map(line).collect(),
    };
    emit(json, out, &view, |out| {
        for p in &view.providers {
            let counts = match p.n_calls {
                0 => "not asked lately".to_owned(),
                n => format!("{} of {n} calls failed", p.n_failures),
            };
            let message = p
                .message
                .as_deref()
                .map_or_else(String::new, |m| format!("; last: {m}"));
            writeln!(out, "{:10} {:15} {counts}{message}", p.provider, p.health)?;
        }
        Ok(())
    })?;
    Ok(0)
}

const PATIENCE: Duration = Duration::from_secs(5);
/// Probes are small; who has not answered by then is not well.
const PROBING: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Asks every service that can be asked for nothing, and waits for the answers.
pub(super) fn probe(home: &Home, net: NetArgs) -> Result<ApiStats, Failure> {
    session::in_new_home(home, net, async |s: &Session| {
        s.house.api.tell(ProbeIdle, Lane::Normal)?;
        let began = s.clock.monotonic();
        loop {
            let stats = s.house.api.ask(GetApiStats, How::within(PATIENCE)).await?;
            if stats.n_flights == 0 || s.clock.monotonic().saturating_sub(began) > PROBING {
                return Ok(stats);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    })
}

fn windows(p: &ProviderStats) -> String {
    let one = |w: &crate::api::orchestrator::WindowStats| {
        format!("{}/{} ({}/{} s)", w.tokens, w.capacity, w.limit, w.per_s)
    };
    p.windows.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn breakers(p: &ProviderStats) -> String {
    let open: Vec<String> = p
        .breakers
        .iter()
        .filter(|b| b.state != BreakerState::Closed)
        .map(|b| {
            let s = b.reopens_in_ms.unwrap_or(0) / 1_000;
            format!("{} open, {s} s", b.endpoint)
        })
        .collect();
    if open.is_empty() {
        "closed".to_owned()
    } else {
        open.join(", ")
    }
}

fn queue(p: &ProviderStats) -> String {
    let waiting: Vec<String> = p
        .queue
        .iter()
        .filter(|q| q.n_waiting > 0)
        .map(|q| format!("{} {} ({} ms)", q.n_waiting, q.priority, q.oldest_ms.unwrap_or(0)))
        .collect();
    if waiting.is_empty() {
        "empty".to_owned()
    } else {
        waiting.join(", ")
    }
}

/// Millionths of a dollar as dollars and cents, rounded down.
pub(super) fn usd(micros: u64) -> String {
    format!("${}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000)
}
