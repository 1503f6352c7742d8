//! Fences: each write for a seat carries its writer's epoch, and one older than the youngest that has written is refused.
//! A hung actor that was replaced and wakes up late thereby writes nothing, whatever it had in hand.

use super::keeper::Work;
use super::schema::{fences, generations};
use super::{Conn, StoreError};
use crate::bus::Epoch;
use diesel::prelude::*;

/// Work for the database that only the youngest incarnation of a seat may do, all in one transaction.
#[derive(Clone, Debug)]
pub struct Fenced<W> {
    /// Whose writes are fenced: the actor's path.
    pub seat: String,
    /// The writer's epoch: the process's generation ([`generation`]) and the actor's incarnation.
    pub epoch: Epoch,
    /// What is to be done.
    pub work: W,
}

impl<W: Work> Work for Fenced<W> {
    type Output = W::Output;

    fn run(self, conn: &mut Conn) -> Result<W::Output, StoreError> {
        super::immediate(conn, |conn| {
            pass(conn, &self.seat, self.epoch)?;
            self.work.run(conn)
        })
    }
}

/// Lets a writer pass the fence of a seat and closes it behind itself for older ones. Within the writer's transaction.
///
/// # Errors
/// [`StoreError::Fenced`] when a younger one has passed, [`StoreError`] when the database fails.
pub fn pass(conn: &mut Conn, seat: &str, mine: Epoch) -> Result<(), StoreError> {
    let known: Option<(i64, i64)> = fences::table
        .find(seat)
        .select((fences::generation, fences::incarnation))
        .first(conn)
        .optional()?;
    let stored = known.map(|(generation, incarnation)| epoch(generation, incarnation));
    match stored {
        Some(stored) if mine < stored => {
            return Err(StoreError::Fenced {
                seat: seat.to_owned(),
                mine,
                stored,
            });
        }
        Some(stored) if mine == stored => return Ok(()),
        Some(_) => {
            diesel::update(fences::table.find(seat))
                .set((
                    fences::generation.eq(number(mine.generation)),
                    fences::incarnation.eq(number(mine.incarnation)),
                ))
                .execute(conn)?;
        }
        None => {
            diesel::insert_into(fences::table)
                .values((
                    fences::seat.eq(seat),
                    fences::generation.eq(number(mine.generation)),
                    fences::incarnation.eq(number(mine.incarnation)),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// Counts one more process under a name and returns its number, from 1.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn generation(conn: &mut Conn, name: &str) -> Result<u64, StoreError> {
    super::immediate(conn, |conn| {
        let known: Option<i64> = generations::table
            .find(name)
            .select(generations::n)
            .first(conn)
            .optional()?;
        let n = known.unwrap_or_default() + 1;
        if known.is_some() {
            diesel::update(generations::table.find(name))
                .set(generations::n.eq(n))
                .execute(conn)?;
        } else {
            diesel::insert_into(generations::table)
                .values((generations::name.eq(name), generations::n.eq(n)))
                .execute(conn)?;
        }
        Ok(n.unsigned_abs())
    })
}

pub(super) fn epoch(generation: i64, incarnation: i64) -> Epoch {
    Epoch {
        generation: generation.unsigned_abs(),
        incarnation: incarnation.unsigned_abs(),
    }
}

/// Counts of processes and incarnations as the database has them; none comes near its bound.
pub(super) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
