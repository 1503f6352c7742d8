//! Key figures of agents as a series: added a day at a time, never changed.

use super::schema::kpis;
use super::{Conn, StoreError};
use crate::domain::kpi::{Kpi, Unit};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = kpis)]
struct Row {
    agent: String,
    name: String,
    day: String,
    at: NaiveDateTime,
    value: Option<f64>,
    n: i64,
    low: Option<f64>,
    high: Option<f64>,
    unit: String,
    why_none: Option<String>,
}

impl Row {
    fn of(kpi: &Kpi) -> Row {
        Row {
            agent: kpi.agent.clone(),
            name: kpi.name.clone(),
            day: kpi.at.date_naive().to_string(),
            at: kpi.at.naive_utc(),
            value: kpi.value,
            n: i64::try_from(kpi.n).unwrap_or(i64::MAX),
            low: kpi.low,
            high: kpi.high,
            unit: kpi.unit.word().to_owned(),
            why_none: kpi.why_none.clone(),
        }
    }

    fn kpi(self) -> Result<Kpi, StoreError> {
        let unit = Unit::of_word(&self.unit).ok_or_else(|| StoreError::Row {
            table: "kpis",
            key: format!("{} {} {}", self.agent, self.name, self.day),
            reason: format!("unit `{}` is unknown", self.unit),
        })?;
        Ok(Kpi {
            agent: self.agent,
            name: self.name,
            value: self.value,
            n: self.n.unsigned_abs(),
            low: self.low,
            high: self.high,
            unit,
            at: self.at.and_utc(),
            why_none: self.why_none,
        })
    }
}

/// Adds figures; of an agent, name and UTC day that are there already the first stands. Returns how many were new.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn add(conn: &mut Conn, figures: &[Kpi]) -> Result<usize, StoreError> {
    super::immediate(conn, |conn| add_within(conn, figures))
}

/// [`add`] for a caller that holds the transaction.
pub(super) fn add_within(conn: &mut Conn, figures: &[Kpi]) -> Result<usize, StoreError> {
    let mut n_new = 0;
    for kpi in figures {
        n_new += diesel::insert_into(kpis::table)
            .values(Row::of(kpi))
            .on_conflict_do_nothing()
            .execute(conn)?;
    }
    Ok(n_new)
}

/// The newest figures of an agent, newest day first and by name within it, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn history(conn: &mut Conn, agent: &str, limit: u32) -> Result<Vec<Kpi>, StoreError> {
    let rows: Vec<Row> = kpis::table
        .filter(kpis::agent.eq(agent))
        .order((kpis::at.desc(), kpis::name.asc()))
        .limit(i64::from(limit))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::kpi).collect()
}
