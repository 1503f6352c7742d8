//! `huddle team list`: every member with its record beside the others, its standing and why, and the overrides that hold.

use super::ListArgs;
use crate::agents::orchestrator::manager::{Ranked, Scored, rank};
use crate::agents::orchestrator::overrides::{Override, holding, overridden};
use crate::app::team::{effective, overrides_of};
use crate::cli::output::emit;
use crate::cli::{Failure, session};
use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::domain::standing::Standing;
use crate::home::Home;
use crate::minds::quant::ROSTER;
use crate::stats::estimate::Rate;
use crate::stats::interval::Z975;
use crate::store::team::standings::{self, ScoreRow};
use crate::store::{Conn, StoreError, team::overrides};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// One member.
#[derive(Serialize)]
struct Member {
    name: String,
    /// What is in force: by the rule, or by an override.
    standing: Standing,
    /// Why, in words and figures.
    reason: String,
    /// Sides it took that won, of those that did not push.
    record: Rate,
    /// How much more often than the others it had the winning side, on the same markets; none for fewer than two.
    beside_others: Option<f64>,
    /// Its 95% interval, for one look.
    beside_others_ci95: Option<[f64; 2]>,
}

#[derive(Serialize)]
struct Team {
    members: Vec<Member>,
    overrides: Vec<Override>,
}

/// Prints the team.
pub(super) fn run(args: ListArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<(), Failure> {
    let team = team(&mut session::reading(home)?, now)?;
    Ok(emit(args.json, out, &team, |out| print(out, &team))?)
}

/// The scores of everybody, by name, in order.
pub(super) fn by_subject(rows: &[ScoreRow]) -> BTreeMap<String, Scored> {
    let mut by_subject: BTreeMap<String, Scored> = BTreeMap::new();
    for row in rows {
        let when = SeasonWeek {
            season: u16::try_from(row.season).unwrap_or_default(),
            week: u8::try_from(row.week).unwrap_or_default(),
        };
        let scored = (when, row.hit - row.others);
        by_subject.entry(row.subject.clone()).or_default().push(scored);
    }
    by_subject
}

fn team(conn: &mut Conn, now: DateTime<Utc>) -> Result<Team, StoreError> {
    let rows = standings::scores(conn)?;
    let said = overrides_of(&overrides::all(conn)?);
    let holding = holding(&said, now);
    let standings = overridden(effective(&standings::standing(conn, now)?), &holding);
    let mut scores = by_subject(&rows);
    for (name, _) in ROSTER {
        scores.entry(name.to_owned()).or_default();
    }
    let mut records: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &rows {
        let record = records.entry(&row.subject).or_default();
        record.0 += u64::from(row.hit > 0.5);
        record.1 += 1;
    }
    let member = |ranked: Ranked| {
        let (k, n) = records.get(ranked.subject.as_str()).copied().unwrap_or_default();
        let stands = standings.get(&Seat::new(&ranked.subject));
        Member {
            standing: stands.map_or(Standing::Full, |s| s.standing),
            reason: stands.map_or(ranked.reason, |s| s.reason.clone()),
            record: Rate::of(k, n),
            beside_others: ranked.mean.map(|(mean, _)| mean),
            beside_others_ci95: ranked.mean.map(|(mean, se)| [mean - Z975 * se, mean + Z975 * se]),
            name: ranked.subject,
        }
    };
    Ok(Team {
        members: rank(&scores).into_iter().map(member).collect(),
        overrides: holding.into_iter().cloned().collect(),
    })
}

fn print(out: &mut dyn Write, team: &Team) -> io::Result<()> {
    writeln!(
        out,
        "member          record      win rate               beside the others        standing   why"
    )?;
    for m in &team.members {
        let record = format!("{}-{}", m.record.k, m.record.n - m.record.k);
        let percent = |x: f64| format!("{:.1}", 100.0 * x);
        let rate = m
            .record
            .rate
            .zip(m.record.wilson95)
            .map_or("-".to_owned(), |(rate, ci)| {
                format!(
                    "{}% [{}, {}]",
                    percent(rate),
                    percent(ci.low.get()),
                    percent(ci.high.get())
                )
            });
        let beside = m
            .beside_others
            .zip(m.beside_others_ci95)
            .map_or("-".to_owned(), |(mean, [low, high])| {
                format!("{:+.1} [{:+.1}, {:+.1}]", 100.0 * mean, 100.0 * low, 100.0 * high)
            });
        writeln!(
            out,
            "{:15} {record:11} {rate:22} {beside:24} {:10} {}",
            m.name, m.standing, m.reason
        )?;
    }
    for word in &team.overrides {
        writeln!(
            out,
            "override  {} {}: {}",
            word.subject,
            word.action.word(),
            word.said()
        )?;
    }
    Ok(())
}
