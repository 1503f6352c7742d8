//! How far each reader of the journal is. Written only by the bus, read by whoever looks after the letters.

use super::fences::{epoch, number};
use super::schema::{cursors, journal};
use super::{Conn, StoreError};
use crate::bus::{Address, Claim, Cursor, Epoch, Hears};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

/// A reader as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = cursors)]
#[allow(missing_docs, reason = "the columns, explained in the migration")]
pub struct Reader {
    pub recipient: String,
    pub seq: i64,
    pub trying: i64,
    pub attempts: i32,
    pub hears: String,
    pub generation: i64,
    pub incarnation: i64,
}

/// What a reader has before it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// The reader's path.
    pub reader: String,
    /// The last entry it is done with.
    pub done: i64,
    /// Entries for it behind that.
    pub n_waiting: i64,
}

/// All readers with what waits for each.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn standings(conn: &mut Conn) -> Result<Vec<Standing>, StoreError> {
    let readers: Vec<Reader> = cursors::table
        .order(cursors::recipient)
        .select(Reader::as_select())
        .load(conn)?;
    let mut standings = Vec::with_capacity(readers.len());
    for reader in readers {
        let query = journal::table
            .filter(journal::seq.gt(reader.seq))
            .filter(heard(&reader.address()));
        let n_waiting = query.select(count_star()).get_result(conn)?;
        standings.push(Standing {
            reader: reader.recipient,
            done: reader.seq,
            n_waiting,
        });
    }
    Ok(standings)
}

/// A reader by its path.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn reader(conn: &mut Conn, path: &str) -> Result<Option<Reader>, StoreError> {
    let found = cursors::table.find(path).select(Reader::as_select());
    Ok(found.first(conn).optional()?)
}

impl Reader {
    /// Its address; one that cannot be read hears what is said to its path alone.
    pub fn address(&self) -> Address {
        let hears = match self.hears.as_str() {
            "*" => Hears::Everything,
            groups => Hears::Addressed(serde_json::from_str(groups).unwrap_or_default()),
        };
        Address {
            path: self.recipient.clone(),
            hears,
        }
    }

    fn cursor(&self) -> Cursor {
        Cursor {
            seq: self.seq,
            trying: self.trying,
            attempts: self.attempts.unsigned_abs(),
        }
    }
}

type Condition = Box<dyn BoxableExpression<journal::table, Sqlite, SqlType = diesel::sql_types::Bool>>;

/// Entries that are for an address.
pub(super) fn heard(address: &Address) -> Condition {
    match &address.hears {
        Hears::Everything => Box::new(journal::seq.gt(0)),
        Hears::Addressed(groups) => {
            let mut many: Vec<String> = groups.iter().map(|name| format!("group {name}")).collect();
            many.push("all".to_owned());
            let own = journal::recipient.eq(address.path.clone());
            let others = journal::recipient
                .eq_any(many)
                .and(journal::sender.ne(address.path.clone()));
            Box::new(own.or(others))
        }
    }
}

/// Makes a reader known, or brings what it hears up to date, and says how far it is.
pub(super) fn enrol(conn: &mut Conn, address: &Address, first: i64, writer: Epoch) -> Result<Cursor, StoreError> {
    let hears = match &address.hears {
        Hears::Everything => "*".to_owned(),
        Hears::Addressed(groups) => serde_json::to_string(groups).expect("a list of names always serialises"),
    };
    if let Some(known) = reader(conn, &address.path)? {
        if known.hears != hears {
            diesel::update(cursors::table.find(&address.path))
                .set(cursors::hears.eq(hears))
                .execute(conn)?;
        }
        return Ok(known.cursor());
    }
    let fresh = Reader {
        recipient: address.path.clone(),
        seq: first,
        trying: 0,
        attempts: 0,
        hears,
        generation: number(writer.generation),
        incarnation: 0,
    };
    diesel::insert_into(cursors::table).values(&fresh).execute(conn)?;
    Ok(fresh.cursor())
}

/// The cursor a claim is made on, fenced against older incarnations of its reader; none when there is a younger one.
pub(super) fn fenced(conn: &mut Conn, claim: &Claim, generation: u64) -> Result<Option<Cursor>, StoreError> {
    let Some(known) = reader(conn, &claim.recipient)? else {
        return Ok(None);
    };
    let mine = Epoch {
        generation,
        incarnation: claim.incarnation,
    };
    if mine < epoch(known.generation, known.incarnation) {
        return Ok(None);
    }
    Ok(Some(known.cursor()))
}

/// Moves a cursor.
pub(super) fn put(conn: &mut Conn, claim: &Claim, generation: u64, cursor: Cursor) -> Result<(), StoreError> {
    diesel::update(cursors::table.find(&claim.recipient))
        .set((
            cursors::seq.eq(cursor.seq),
            cursors::trying.eq(cursor.trying),
            cursors::attempts.eq(i32::try_from(cursor.attempts).unwrap_or(i32::MAX)),
            cursors::generation.eq(number(generation)),
            cursors::incarnation.eq(number(claim.incarnation)),
        ))
        .execute(conn)?;
    Ok(())
}
