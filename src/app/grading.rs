//! Grading through the house: the performance analyst grades, the database keeps, the journal is told.

use super::House;
use super::week::WeekError;
use crate::actor::How;
use crate::agents::specialists::grading::Graded;
use crate::agents::specialists::performance_analyst::{self, Case};
use crate::domain::archive::Archive;
use crate::protocol::question::RoundId;
use crate::protocol::{Fact, MessageId};
use crate::shell::Consult;
use crate::store::decisions::{self, Grade};
use crate::store::journal::{self, NewEntry};
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError, Stored};
use crate::swarms::minutes::{DECIDED, OBSERVED};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Grading some thousand picks reads every game once.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a grading did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GradingReport {
    /// Bets graded for the first time.
    pub n_new: usize,
    /// Bets graded again with the same result.
    pub n_unchanged: usize,
    /// Bets whose grade changed, because a result or a close did.
    pub n_revised: usize,
    /// Bets whose game is not over.
    pub n_open: usize,
    /// Every bet with its grade, by id.
    pub bets: Vec<GradedBet>,
}

/// A bet with its grade.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GradedBet {
    /// The decision's id.
    pub id: String,
    /// The round.
    pub round: String,
    /// The game.
    pub game: String,
    /// The market.
    pub market: String,
    /// The stake.
    pub stake_cents: i64,
    /// Its grade.
    pub grade: Graded,
}

/// Reads every stored bet.
struct LoadBets;

impl Work for LoadBets {
    type Output = Vec<(decisions::Pick, decisions::Round)>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        let mut bets = Vec::new();
        for (pick, _) in decisions::graded(conn, None)?
            .into_iter()
            .filter(|(p, _)| p.status == "pick")
        {
            if let Some(round) = decisions::round(conn, &pick.round_id)? {
                bets.push((pick, round));
            }
        }
        Ok(bets)
    }
}

/// Keeps grades, and tells the journal of what is new.
struct KeepGrades {
    bets: Vec<GradedBet>,
    now: DateTime<Utc>,
}

impl Work for KeepGrades {
    type Output = Vec<Stored>;

    fn run(self, conn: &mut Conn) -> Result<Vec<Stored>, StoreError> {
        let mut outcomes = Vec::with_capacity(self.bets.len());
        for bet in &self.bets {
            let stored = decisions::upsert_grade(conn, &row(bet, self.now))?;
            if stored != Stored::Unchanged {
                journal::append(conn, &[entry(bet, self.now)])?;
            }
            outcomes.push(stored);
        }
        Ok(outcomes)
    }
}

/// Grades every stored bet whose game is over. Doing it again changes nothing.
///
/// # Errors
/// [`WeekError`] when an actor or the database failed.
pub async fn grade_all(
    house: &House,
    archive: &Arc<Archive>,
    now: DateTime<Utc>,
) -> Result<GradingReport, WeekError> {
    let lost = |who| move |source| WeekError::NoAnswer { who, source };
    let how = How::within(PATIENCE);
    let stored = house
        .database
        .ask(Do(LoadBets), how)
        .await
        .map_err(lost("the database"))??;
    let (cases, picks) = readable(stored);
    let question = performance_analyst::Input::Grade {
        archive: Arc::clone(archive),
        cases,
        now,
    };
    let said = house
        .analyst
        .ask(Consult(question), how)
        .await
        .map_err(lost("the performance analyst"))?;
    let grades = said
        .into_iter()
        .flat_map(|performance_analyst::Effect::Graded(grades)| grades);
    let mut report = GradingReport::default();
    for (pick, grade) in picks.into_iter().zip(grades) {
        match grade {
            None => report.n_open += 1,
            Some(grade) => report.bets.push(GradedBet {
                id: pick.id,
                round: pick.round_id,
                game: pick.game_id,
                market: pick.market,
                stake_cents: pick.stake_cents,
                grade,
            }),
        }
    }
    let keep = KeepGrades {
        bets: report.bets.clone(),
        now,
    };
    for stored in house
        .database
        .ask(Do(keep), how)
        .await
        .map_err(lost("the database"))??
    {
        match stored {
            Stored::New => report.n_new += 1,
            Stored::Unchanged => report.n_unchanged += 1,
            Stored::Revised => report.n_revised += 1,
        }
    }
    Ok(report)
}

/// Stored bets as cases beside their rows. A body that cannot be read back is a fault of the program and is shown.
fn readable(stored: Vec<(decisions::Pick, decisions::Round)>) -> (Vec<Case>, Vec<decisions::Pick>) {
    let mut cases = Vec::new();
    let mut picks = Vec::new();
    for (pick, round) in stored {
        match serde_json::from_str(&pick.body) {
            Ok(decision) => {
                let season = u16::try_from(round.season).unwrap_or_default();
                cases.push(Case {
                    decision,
                    decided_at: round.as_of.and_utc(),
                    season,
                });
                picks.push(pick);
            }
            Err(error) => log::error!("bet {} cannot be read and is not graded: {error}", pick.id),
        }
    }
    (cases, picks)
}

fn row(bet: &GradedBet, now: DateTime<Utc>) -> Grade {
    let g = &bet.grade;
    Grade {
        pick_id: bet.id.clone(),
        result: g.outcome.name().to_owned(),
        profit_cents: g.profit_cents.0,
        clv_points: g.clv_points,
        clv_probability: g.clv_probability,
        close_line_half: g.close_line.map(|l| i32::from(l.0)),
        close_price: g.close_price.map(|p| p.get()),
        graded_at: now.naive_utc(),
        revision: 1,
    }
}

/// The entry's id follows from what it says, so a repeated grading finds it there.
fn entry(bet: &GradedBet, now: DateTime<Utc>) -> NewEntry {
    let fact = Fact::Settled {
        pick: bet.id.clone(),
        result: bet.grade.outcome.name().to_owned(),
        profit: bet.grade.profit_cents,
        clv_points: bet.grade.clv_points,
    };
    let round = RoundId(bet.round.clone());
    let body = serde_json::to_string(&fact).expect("plain data with text keys always serialises");
    let id = Sha256::digest(format!("{body}{now}"))
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    NewEntry {
        id,
        thread: MessageId::of(&round, OBSERVED).to_string(),
        parent: Some(MessageId::of(&round, DECIDED).to_string()),
        sender: "/specialists/performance_analyst".to_owned(),
        recipient: "all".to_owned(),
        kind: "alert".to_owned(),
        priority: "normal".to_owned(),
        at: now.naive_utc(),
        body,
    }
}
