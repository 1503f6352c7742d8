//! What agents claimed and what became of it: said once, resolved once, and only what is resolved makes room.

use super::schema::memories;
use super::{Conn, StoreError, Stored};
use crate::domain::game::SeasonWeek;
use crate::domain::memory::{Held, Memories, Memory, MemoryId, Resolution};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// Resolved memories kept of each agent, the newest. Twelve seasons of a call on the spread and the total of every game are
/// 6,500, and no figure looks further back.
pub const MAX_RESOLVED: usize = 6_500;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = memories)]
struct Row {
    id: String,
    agent: String,
    kind: String,
    season: i32,
    week: i32,
    said_at: NaiveDateTime,
    claim: String,
    text: String,
    resolved_at: Option<NaiveDateTime>,
    held: Option<String>,
    clv_points: Option<f64>,
    n: Option<i64>,
    resolution: Option<String>,
}

impl Row {
    fn of(memory: &Memory) -> Row {
        Row {
            id: memory.id.0.clone(),
            agent: memory.agent.clone(),
            kind: memory.claim.kind().to_owned(),
            season: i32::from(memory.when.season),
            week: i32::from(memory.when.week),
            said_at: memory.said_at.naive_utc(),
            claim: serde_json::to_string(&memory.claim).expect("plain data with text keys always serialises"),
            text: memory.text.clone(),
            resolved_at: None,
            held: None,
            clv_points: None,
            n: None,
            resolution: None,
        }
    }

    fn read(self) -> Result<(Memory, Option<Resolution>), StoreError> {
        let fault = |reason: String| StoreError::Row {
            table: "memories",
            key: self.id.clone(),
            reason,
        };
        let claim = serde_json::from_str(&self.claim).map_err(|e| fault(format!("claim: {e}")))?;
        let season = u16::try_from(self.season).map_err(|e| fault(format!("season: {e}")))?;
        let week = u8::try_from(self.week).map_err(|e| fault(format!("week: {e}")))?;
        let held = self
            .held
            .as_deref()
            .map(|word| Held::of_word(word).ok_or_else(|| fault(format!("outcome `{word}` is unknown"))));
        let resolution = match (self.resolved_at, held.transpose()?) {
            (Some(at), Some(held)) => Some(Resolution {
                at: at.and_utc(),
                held,
                clv_points: self.clv_points,
                n: self.n.unwrap_or_default().unsigned_abs(),
                text: self.resolution.clone().unwrap_or_default(),
            }),
            (None, None) => None,
            _ => return Err(fault("it is half resolved".to_owned())),
        };
        let memory = Memory {
            id: MemoryId(self.id),
            agent: self.agent,
            when: SeasonWeek { season, week },
            said_at: self.said_at.and_utc(),
            claim,
            text: self.text,
        };
        Ok((memory, resolution))
    }
}

/// Remembers a claim. One that was made before stands as it was made.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn remember(conn: &mut Conn, memory: &Memory) -> Result<Stored, StoreError> {
    let n = diesel::insert_into(memories::table)
        .values(Row::of(memory))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(if n > 0 { Stored::New } else { Stored::Unchanged })
}

/// Writes what became of a claim; the first word on it stands. Unknown claims are left alone.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn resolve(conn: &mut Conn, id: &MemoryId, resolution: &Resolution) -> Result<Stored, StoreError> {
    let pending = memories::table.find(&id.0).filter(memories::resolved_at.is_null());
    let n = diesel::update(pending)
        .set((
            memories::resolved_at.eq(Some(resolution.at.naive_utc())),
            memories::held.eq(Some(resolution.held.word())),
            memories::clv_points.eq(resolution.clv_points),
            memories::n.eq(Some(i64::try_from(resolution.n).unwrap_or(i64::MAX))),
            memories::resolution.eq(Some(&resolution.text)),
        ))
        .execute(conn)?;
    Ok(if n > 0 { Stored::New } else { Stored::Unchanged })
}

/// Forgets resolved claims of an agent beyond the newest `keep`; what is pending is never forgotten. Returns how many went.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn rotate(conn: &mut Conn, agent: &str, keep: usize) -> Result<usize, StoreError> {
    let beyond: Vec<String> = memories::table
        .filter(memories::agent.eq(agent))
        .filter(memories::resolved_at.is_not_null())
        .order((memories::resolved_at.desc(), memories::id.desc()))
        .offset(i64::try_from(keep).unwrap_or(i64::MAX))
        .limit(i64::try_from(MAX_RESOLVED).unwrap_or(i64::MAX))
        .select(memories::id)
        .load(conn)?;
    for id in &beyond {
        diesel::delete(memories::table.find(id)).execute(conn)?;
    }
    Ok(beyond.len())
}

/// All that is remembered of an agent's claims; what may be known of it at an instant, [`Memories::as_of`] says.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn of_agent(conn: &mut Conn, agent: &str) -> Result<Memories, StoreError> {
    let rows: Vec<Row> = memories::table
        .filter(memories::agent.eq(agent))
        .order((memories::said_at.asc(), memories::id.asc()))
        .select(Row::as_select())
        .load(conn)?;
    let all = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    Ok(Memories::new(all))
}
