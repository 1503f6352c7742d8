//! Playing a week through the house: the data engineer lays out its rounds, the swarm holds them, the database keeps them.

use super::House;
use super::order::{WeekOrder, round_id};
use super::record::record;
use super::table::Conclusion;
use crate::actor::{AskError, How, Lane};
use crate::agents::specialists::data_engineer::{self, Prepared};
use crate::domain::money::{Cents, MoneyError};
use crate::protocol::question::Exposure;
use crate::shell::{Consult, Hear};
use crate::store::journal::Head;
use crate::store::keeper::{Do, Work};
use crate::store::rounds::{self, RoundRecord};
use crate::store::{Conn, StoreError, Stored};
use crate::swarms::consensus::Input;
use crate::swarms::round::{Convene, Round};
use std::sync::Arc;
use std::time::Duration;

/// A week that was played.
#[derive(Debug)]
pub struct PlayedWeek {
    /// Its rounds, earliest first.
    pub rounds: Vec<Round>,
    /// Rounds that were stored before and are left as they were.
    pub n_known: usize,
    /// The journal's head afterwards.
    pub journal: Head,
}

/// Why a week could not be played.
#[derive(Debug, thiserror::Error)]
pub enum WeekError {
    /// An actor did not answer.
    #[error("{who} did not answer: {source}")]
    NoAnswer {
        /// Who.
        who: &'static str,
        /// What the runtime reported.
        #[source]
        source: AskError,
    },
    /// The round was lost more often than it was worth trying.
    #[error(
        "the round {0} was not concluded: the table was lost {MAX_TRIES} times; look at the log for its faults"
    )]
    Lost(String),
    /// The swarm is busy with another round.
    #[error("the swarm is holding another round; try again when it is over")]
    Busy,
    /// The database failed.
    #[error("the round could not be stored")]
    Store(#[from] StoreError),
    /// The bankroll is no amount.
    #[error(transparent)]
    Bankroll(#[from] MoneyError),
}

/// A table that crashed is asked again this often.
const MAX_TRIES: usize = 3;
/// How often a waiting caller looks whether the table was restarted.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Preparing reads the archive, storing writes a thousand rows.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stores a round.
struct Keep(Box<RoundRecord>);

impl Work for Keep {
    type Output = (Stored, Head);

    fn run(self, conn: &mut Conn) -> Result<(Stored, Head), StoreError> {
        rounds::store(conn, &self.0)
    }
}

/// Plays one week.
///
/// # Errors
/// [`WeekError`]; rounds concluded before it stay stored.
pub async fn play(house: &House, order: &WeekOrder) -> Result<PlayedWeek, WeekError> {
    let bankroll = order.settings.bankroll()?;
    let mut played = PlayedWeek {
        rounds: Vec::new(),
        n_known: 0,
        journal: Head::none(),
    };
    let mut exposure = Exposure::default();
    if let Some(seat) = &order.kill {
        house.plot.against(seat.clone());
    }
    for prepared in prepare(house, order).await? {
        let round = hold(house, convene(order, &prepared, bankroll, exposure.clone())).await?;
        for decision in round.decisions.iter().filter(|d| d.is_bet()) {
            let fixture = round
                .convened
                .slate
                .iter()
                .find(|o| o.fixture.id == decision.agreement.game);
            if let Some(offer) = fixture {
                exposure
                    .open
                    .push((offer.fixture.id.clone(), offer.fixture.day(), decision.stake()));
            }
        }
        let kept = record(&round, order);
        let how = How::within(PATIENCE);
        let (stored, head) = house
            .database
            .ask(Do(Keep(Box::new(kept))), how)
            .await
            .map_err(|source| WeekError::NoAnswer {
                who: "the database",
                source,
            })??;
        played.n_known += usize::from(stored == Stored::Unchanged);
        played.journal = head;
        played.rounds.push(round);
    }
    Ok(played)
}

async fn prepare(house: &House, order: &WeekOrder) -> Result<Vec<Prepared>, WeekError> {
    let question = data_engineer::Input::Prepare {
        archive: Arc::clone(&order.archive),
        when: order.when,
        as_of: order.as_of,
        books: order.settings.books(),
    };
    let said = house.data_engineer.ask(Consult(question), How::within(PATIENCE)).await;
    let said = said.map_err(|source| WeekError::NoAnswer {
        who: "the data engineer",
        source,
    })?;
    Ok(said
        .into_iter()
        .flat_map(|data_engineer::Effect::Prepared(rounds)| rounds)
        .collect())
}

fn convene(order: &WeekOrder, prepared: &Prepared, bankroll: Cents, exposure: Exposure) -> Convene {
    Convene {
        round: round_id(order, prepared),
        when: order.when,
        basis: order.as_of.basis(),
        view: prepared.view.clone(),
        slate: Arc::clone(&prepared.slate),
        bankroll,
        exposure,
    }
}

/// Holds a round; when the table itself was lost in the middle, holds it again.
async fn hold(house: &House, convene: Convene) -> Result<Round, WeekError> {
    let name = convene.round.0.clone();
    let mut concluded = house.concluded.lock().await;
    for _ in 0..MAX_TRIES {
        let incarnation = house.swarm.vitals().incarnation;
        let order = Hear::<crate::swarms::consensus::Consensus>(Input::Convene(convene.clone()));
        if house.swarm.tell(order, Lane::Normal).is_err() {
            return Err(WeekError::Busy);
        }
        loop {
            tokio::select! {
                biased;
                conclusion = concluded.recv() => match conclusion {
                    Some(Conclusion::Held(round)) if round.convened.round.0 == name => return Ok(*round),
                    Some(Conclusion::Busy(round)) if round.0 == name => return Err(WeekError::Busy),
                    Some(_) => {} // of a round nobody waits for any more
                    None => return Err(WeekError::Lost(name)),
                },
                () = tokio::time::sleep(LOOK_EVERY) => {
                    if house.swarm.gone().is_some() {
                        return Err(WeekError::Lost(name));
                    }
                    // The first incarnation counts from zero while it starts.
                    if house.swarm.vitals().incarnation > incarnation.max(1) {
                        break;
                    }
                }
            }
        }
    }
    Err(WeekError::Lost(name))
}
