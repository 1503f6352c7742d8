//! Playing a week through the house: the data engineer lays out its rounds, the swarm holds them, the database keeps them.

use super::House;
use super::conductor::{NoLeave, with_leave};
use super::order::{WeekOrder, round_id};
use super::record::record;
use super::table::Conclusion;
use crate::actor::{AskError, How, Lane};
use crate::agents::specialists::data_engineer::{self, AsOf, Prepared};
use crate::domain::game::SeasonWeek;
use crate::domain::money::{Cents, MoneyError};
use crate::domain::pick::Decision;
use crate::domain::quote::Market;
use crate::protocol::AgentMessage;
use crate::protocol::question::{Exposure, OpenBet};
use crate::shell::{Consult, Hear};
use crate::store::decisions;
use crate::store::journal::Head;
use crate::store::keeper::{Do, Work};
use crate::store::rounds::{self, RoundRecord};
use crate::store::{Conn, StoreError, Stored, sha256};
use crate::swarms::conductor::life::Swarm;
use crate::swarms::consensus::{Consensus, Input};
use crate::swarms::round::{Convene, Round};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// A week that was played.
#[derive(Debug)]
pub struct PlayedWeek {
    /// Its rounds, earliest first.
    pub rounds: Vec<Round>,
    /// Rounds that were stored before and are left as they were.
    pub n_known: usize,
    /// Rounds that were stored before with other decisions, because a seat was absent in one of the two; the stored
    /// ones stand and these are not kept.
    pub differing: Vec<String>,
    /// What earlier rounds of the week had bet.
    pub open_before: Exposure,
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
    /// Nobody sized the bets.
    #[error(
        "the risk manager was lost twice in round {0}: nothing was decided and nothing is stored; run it again"
    )]
    Unreviewed(String),
    /// The swarm did not conclude a round in its time.
    #[error("the round {0} was not concluded within seven minutes; run it again")]
    Late(String),
    /// The swarm may hold no round now.
    #[error("the round was not held")]
    NoLeave(#[from] NoLeave),
    /// Somebody paused the swarm.
    #[error("the consensus swarm is paused: {0}; `huddle team list` shows by whom and until when")]
    Paused(String),
    /// The database failed.
    #[error("the database failed")]
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
    if let Some(why) = &order.guidance.paused {
        return Err(WeekError::Paused(why.clone()));
    }
    let bankroll = order.settings.bankroll()?;
    let mut played = PlayedWeek {
        rounds: Vec::new(),
        n_known: 0,
        differing: Vec::new(),
        open_before: open_bets(house, order).await?,
        journal: Head::none(),
    };
    let mut exposure = played.open_before.clone();
    if let Some(seat) = &order.kill {
        house.plot.against(seat.clone());
    }
    for prepared in prepare(house, order).await? {
        let round = hold(house, convene(order, &prepared, bankroll, exposure.clone())).await?;
        if round.unreviewed {
            return Err(WeekError::Unreviewed(round.convened.round.0));
        }
        exposure.open.extend(
            round
                .decisions
                .iter()
                .filter(|d| d.is_bet())
                .filter_map(|d| open_bet(&round, d)),
        );
        if !order.keep {
            played.journal = said(played.journal, &round);
            played.rounds.push(round);
            continue;
        }
        let kept = Box::new(record(&round, order));
        let answer = house.database.ask(Do(Keep(kept)), How::within(PATIENCE)).await;
        let (stored, head) = answer.map_err(|source| WeekError::NoAnswer {
            who: "the database",
            source,
        })??;
        match stored {
            Stored::New => {}
            Stored::Unchanged => played.n_known += 1,
            Stored::Revised => played.differing.push(round.convened.round.0.clone()),
        }
        played.journal = head;
        house.journal_grew();
        played.rounds.push(round);
    }
    Ok(played)
}

/// The head of a chain over the minutes of rounds that are not kept: what the journal's would be without a journal.
fn said(head: Head, round: &Round) -> Head {
    let link = |head: Head, message: &AgentMessage| {
        let text = serde_json::to_string(message).expect("plain data with text keys always serialises");
        Head {
            seq: head.seq + 1,
            hash: sha256(format!("{}{text}", head.hash).as_bytes()),
        }
    };
    round.messages.iter().fold(head, link)
}

fn open_bet(round: &Round, decision: &Decision) -> Option<OpenBet> {
    let offer = round
        .convened
        .slate
        .iter()
        .find(|o| o.fixture.id == decision.agreement.game)?;
    Some(OpenBet {
        game: offer.fixture.id.clone(),
        market: decision.agreement.market,
        day: offer.fixture.day(),
        stake: decision.stake(),
    })
}

/// What earlier rounds at other instants of this week have bet under the same settings. Rounds at the opener or at the
/// close are books of their own: whoever bets Tuesday's lines does not bet them again at kickoff.
async fn open_bets(house: &House, order: &WeekOrder) -> Result<Exposure, WeekError> {
    let week_cap = order.guidance.week_cap;
    let AsOf::At(now) = order.as_of else {
        return Ok(Exposure {
            week_cap,
            ..Exposure::default()
        });
    };
    let question = OpenBets {
        when: order.when,
        settings: order.settings.fingerprint(),
        before: now,
    };
    let answer = house.database.ask(Do(question), How::within(PATIENCE)).await;
    let rows = answer.map_err(|source| WeekError::NoAnswer {
        who: "the database",
        source,
    })??;
    let week = order.archive.week(order.when);
    let bet = |row: &decisions::Pick| {
        let fixture = week.iter().find(|f| f.id.as_str() == row.game_id)?;
        let market = Market::ALL.into_iter().find(|m| m.name() == row.market)?;
        Some(OpenBet {
            game: fixture.id.clone(),
            market,
            day: fixture.day(),
            stake: Cents(row.stake_cents),
        })
    };
    Ok(Exposure {
        open: rows.iter().filter_map(bet).collect(),
        week_cap,
    })
}

/// Asks for the bets of a week made at instants before one.
struct OpenBets {
    when: SeasonWeek,
    settings: String,
    before: DateTime<Utc>,
}

impl Work for OpenBets {
    type Output = Vec<decisions::Pick>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        let (season, week) = (i32::from(self.when.season), i32::from(self.when.week));
        let mut bets = Vec::new();
        for round in decisions::rounds_of(conn, season, Some(week))? {
            let at_an_instant = !["open", "close"].contains(&round.basis.as_str());
            if at_an_instant && round.settings_hash == self.settings && round.as_of < self.before.naive_utc() {
                bets.extend(
                    decisions::picks_of(conn, &round.id)?
                        .into_iter()
                        .filter(|p| p.status == "pick"),
                );
            }
        }
        Ok(bets)
    }
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
        .filter_map(|effect| match effect {
            data_engineer::Effect::Prepared(rounds) => Some(rounds),
            data_engineer::Effect::TookStock(_) => None,
        })
        .flatten()
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
        guidance: Arc::clone(&order.guidance),
    }
}

/// Holds a round; when the table itself was lost in the middle, holds it again.
async fn hold(house: &House, convene: Convene) -> Result<Round, WeekError> {
    let name = convene.round.0.clone();
    let mut concluded = house.concluded.lock().await;
    let round = convene.round.clone();
    let limit = Swarm::Consensus.limit().to_std().unwrap_or_default();
    with_leave(&house.conductor, Swarm::Consensus, &round, async {
        let held = tokio::time::timeout(limit, hold_once_more(house, &convene, &mut concluded)).await;
        held.unwrap_or(Err(WeekError::Late(name)))
    })
    .await
}

async fn hold_once_more(
    house: &House,
    convene: &Convene,
    concluded: &mut mpsc::Receiver<Conclusion>,
) -> Result<Round, WeekError> {
    let name = &convene.round.0;
    let mut tries = 0;
    while tries < MAX_TRIES {
        let incarnation = house.swarm.vitals().incarnation;
        let order = Hear::<Consensus>(Input::Convene(convene.clone()));
        if let Err(refused) = house.swarm.tell(order, Lane::Normal) {
            // Its supervisor may be restarting it; the overall limit ends the waiting.
            log::warn!("the table did not take the order: {refused}");
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        tries += 1;
        loop {
            tokio::select! {
                biased;
                conclusion = concluded.recv() => match conclusion {
                    Some(Conclusion::Held(round)) if round.convened.round.0 == *name => return Ok(*round),
                    // The order was heard twice: by the incarnation it was queued for and by us asking again.
                    Some(Conclusion::Busy(round)) if round.0 == *name => {}
                    Some(_) => {} // of a round nobody waits for any more
                    None => return Err(WeekError::Lost(name.clone())),
                },
                () = tokio::time::sleep(LOOK_EVERY) => {
                    // The first incarnation counts from zero while it starts.
                    if house.swarm.vitals().incarnation > incarnation.max(1) {
                        break;
                    }
                }
            }
        }
    }
    Err(WeekError::Lost(name.clone()))
}
