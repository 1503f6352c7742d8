//! Grading through the house: the performance analyst grades, the database keeps, the journal is told.

use super::House;
use super::week::WeekError;
use crate::actor::How;
use crate::agents::specialists::grading::Graded;
use crate::agents::specialists::performance_analyst::{self, Case};
use crate::domain::archive::Archive;
use crate::domain::pick::Decision;
use crate::protocol::question::RoundId;
use crate::protocol::{Fact, MessageId, Written};
use crate::shell::Consult;
use crate::store::decisions::{self, Grade};
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError, Stored, rounds};
use crate::swarms::minutes::{DECIDED, OBSERVED};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Grading some thousand picks reads every game once.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a grading did.
#[derive(Clone, Debug, Default)]
pub struct GradingReport {
    /// Bets graded for the first time.
    pub n_new: usize,
    /// Bets graded again with the same result.
    pub n_unchanged: usize,
    /// Bets whose grade changed, because a result or a close did.
    pub n_revised: usize,
    /// Bets whose game is not over.
    pub n_open: usize,
    /// Every graded bet.
    pub bets: Vec<GradedBet>,
}

/// A bet with its grade.
#[derive(Clone, Debug)]
pub struct GradedBet {
    /// The decision.
    pub decision: Decision,
    /// The round.
    pub round: String,
    /// What it belongs to: bets of one series are one paper book and may be added up.
    pub series: Series,
    /// When its result became known.
    pub settled_at: DateTime<Utc>,
    /// Its grade.
    pub grade: Graded,
}

/// Bets made at one kind of moment under one set of settings. Tuesday's openers and kickoff, or two bankrolls, are
/// different books: their bets are on the same games and must not be added up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// `open`, `close` or `live`.
    pub moment: &'static str,
    /// Fingerprint of the settings.
    pub settings: String,
}

impl Series {
    fn of(round: &decisions::Round) -> Series {
        let moment = match round.basis.as_str() {
            "open" => "open",
            "close" => "close",
            _ => "live",
        };
        Series {
            moment,
            settings: round.settings_hash.clone(),
        }
    }
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

/// Keeps grades, and tells the journal of what is new: both or neither.
struct KeepGrades(Vec<(Grade, Written)>);

impl Work for KeepGrades {
    type Output = Vec<Stored>;

    fn run(self, conn: &mut Conn) -> Result<Vec<Stored>, StoreError> {
        rounds::store_grades(conn, &self.0)
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
    let (cases, rounds) = readable(stored);
    let question = performance_analyst::Input::Grade {
        archive: Arc::clone(archive),
        cases: cases.clone(),
        now,
    };
    let said = house
        .analyst
        .ask(Consult(question), how)
        .await
        .map_err(lost("the performance analyst"))?;
    let grades = said
        .into_iter()
        .filter_map(|effect| match effect {
            performance_analyst::Effect::Graded(grades) => Some(grades),
            performance_analyst::Effect::TookStock(_) => None,
        })
        .flatten();
    let mut report = GradingReport::default();
    let known = archive.as_of(now);
    for ((case, round), grade) in cases.into_iter().zip(rounds).zip(grades) {
        let Some(grade) = grade else {
            report.n_open += 1;
            continue;
        };
        let settled_at = known
            .fixture(&case.decision.agreement.game)
            .map_or(now, |f| f.settles_at());
        let series = Series::of(&round);
        report.bets.push(GradedBet {
            decision: case.decision,
            round: round.id,
            series,
            settled_at,
            grade,
        });
    }
    report
        .bets
        .sort_by(|a, b| (a.settled_at, &a.decision.id).cmp(&(b.settled_at, &b.decision.id)));
    let keep = KeepGrades(report.bets.iter().map(|bet| (row(bet, now), entry(bet))).collect());
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
    house.journal_grew();
    Ok(report)
}

/// Stored bets as cases beside their rounds. A body that cannot be read back is a fault of the program and is shown.
fn readable(stored: Vec<(decisions::Pick, decisions::Round)>) -> (Vec<Case>, Vec<decisions::Round>) {
    let mut cases = Vec::new();
    let mut rounds = Vec::new();
    for (pick, round) in stored {
        match serde_json::from_str(&pick.body) {
            Ok(decision) => {
                let season = u16::try_from(round.season).unwrap_or_default();
                cases.push(Case {
                    decision,
                    decided_at: round.as_of.and_utc(),
                    season,
                });
                rounds.push(round);
            }
            Err(error) => log::error!("bet {} cannot be read and is not graded: {error}", pick.id),
        }
    }
    (cases, rounds)
}

fn row(bet: &GradedBet, now: DateTime<Utc>) -> Grade {
    let g = &bet.grade;
    Grade {
        pick_id: bet.decision.id.clone(),
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

/// The entry's id follows from what it says, so that a repeated grading finds it there.
fn entry(bet: &GradedBet) -> Written {
    let fact = Fact::Settled {
        pick: bet.decision.id.clone(),
        result: bet.grade.outcome.name().to_owned(),
        profit: bet.grade.profit_cents,
        clv_points: bet.grade.clv_points,
    };
    let round = RoundId(bet.round.clone());
    let body = serde_json::to_string(&fact).expect("plain data with text keys always serialises");
    let id = Sha256::digest(&body)
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    Written {
        id,
        thread: MessageId::of(&round, OBSERVED).to_string(),
        parent: Some(MessageId::of(&round, DECIDED).to_string()),
        sender: "/specialists/performance_analyst".to_owned(),
        recipient: "all".to_owned(),
        kind: "alert".to_owned(),
        priority: "normal".to_owned(),
        at: bet.settled_at.naive_utc(),
        body,
    }
}
