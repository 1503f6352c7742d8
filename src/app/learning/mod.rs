//! The house learns: market intelligence looks where lines are going while a week is on, and when its last game is graded all
//! five specialists take stock of it.
//!
//! Stock is taken once a week of play. What was said is stored in one transaction with its entry in the journal, whose name
//! follows from week and agent, so that a process that dies in between does it again and a second time changes nothing. A
//! specialist that fails costs its own figures and nobody else's.

mod read;
mod tables;

use super::House;
use super::week::WeekError;
use crate::actor::{ActorRef, AskError, How};
use crate::agents::specialists::data_engineer::{self, upkeep::Upkeep};
use crate::agents::specialists::market_intelligence::{self, Watch};
use crate::agents::specialists::performance_analyst::{self, indicators::Ledger};
use crate::agents::specialists::risk_manager::{self, bankroll::Appraisal};
use crate::agents::specialists::stock::Stock;
use crate::agents::specialists::strategy_analyst::{self, Study, Tables};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::game::{Fixture, Phase, SeasonWeek};
use crate::machine::Machine;
use crate::protocol::{Fact, FigureLine, Written};
use crate::shell::{Consult, Mute, Shell};
use crate::store::keeper::{Do, Work};
use crate::store::stock::{self, Leaves};
use crate::store::{Conn, StoreError, Stored, sha256};
use chrono::{DateTime, TimeDelta, Utc};
use read::{Known, ReadAll, ReadCalls};
use std::sync::Arc;
use std::time::Duration;

/// Going through a season's quotes, or through a strategy's past.
const PATIENCE: Duration = Duration::from_secs(300);
/// A game that has no result so long after the week's last one holds nobody up any more.
pub(super) const WAIT_FOR_RESULTS: TimeDelta = TimeDelta::days(2);

/// A week as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Standpoint<'a> {
    /// Everything stored.
    pub archive: &'a Arc<Archive>,
    /// The week.
    pub when: SeasonWeek,
    /// The instant.
    pub now: DateTime<Utc>,
    /// Settings: they name the paper book.
    pub settings: &'a Settings,
}

/// Stores what was left.
struct Keep(Vec<Leaves>);

impl Work for Keep {
    type Output = Stored;

    fn run(self, conn: &mut Conn) -> Result<Stored, StoreError> {
        stock::store(conn, &self.0)
    }
}

/// [`watch`], for whoever goes on without it: what is to be said when it failed.
pub async fn watched(house: &House, from: &Standpoint<'_>) -> Option<String> {
    let error = watch(house, from).await.err()?;
    Some(format!("lines were not watched: {error}"))
}

/// [`learn`], for whoever goes on without it: what is to be said when stock was taken, or when it failed.
pub async fn learnt(house: &House, from: &Standpoint<'_>) -> Option<String> {
    match learn(house, from).await {
        Ok(learnt) => learnt.then(|| format!("stock taken of {}", from.when)),
        Err(error) => Some(format!("no stock taken: {error}")),
    }
}

/// Lets market intelligence look at a week's lines; returns how many calls it made.
///
/// # Errors
/// [`WeekError`] when it or the database does not answer.
pub async fn watch(house: &House, from: &Standpoint<'_>) -> Result<usize, WeekError> {
    let (memories, headlines) = ask_database(house, ReadCalls { at: from.now }).await?;
    let watch = Watch {
        view: from.archive.as_of(from.now),
        when: from.when,
        fixtures: from.archive.week(from.when).into_iter().cloned().collect(),
        headlines,
        memories,
    };
    let input = market_intelligence::Input::Watch(Box::new(watch));
    let said = consult(&house.market_intelligence, input).await;
    let said = said.map_err(no_answer("market intelligence"))?;
    let Some(market_intelligence::Effect::TookStock(stock)) = said.into_iter().next() else {
        return Ok(0);
    };
    let n_calls = stock.remembered.len();
    if n_calls > 0 {
        let leaves = leaves(market_intelligence::CARD.role, stock, None);
        ask_database(house, Keep(vec![leaves])).await?;
    }
    Ok(n_calls)
}

/// Takes stock of a week whose last game is over, unless that was done; returns whether it was done now.
///
/// # Errors
/// [`WeekError`] when the database fails.
pub async fn learn(house: &House, from: &Standpoint<'_>) -> Result<bool, WeekError> {
    if !is_over(from) {
        return Ok(false);
    }
    let order = ReadAll {
        when: from.when,
        season_began: season(from).iter().map(|f| f.opens_at).min().unwrap_or(from.now),
        now: from.now,
        settings_hash: from.settings.fingerprint(),
        entries: ROLES.map(|role| entry_id(from.when, role)).to_vec(),
    };
    let Some(known) = ask_database(house, order).await? else {
        return Ok(false);
    };
    let tables = tables::since(from.archive, &known.strategies, from.now).await;
    let asked = ask_all(house, from, *known, tables).await;
    let mut all = Vec::new();
    for (role, said) in asked {
        match said {
            Ok(Some(stock)) => all.push(leaves(role, stock, Some(from))),
            Ok(None) => log::warn!("{role} said nothing of {}", from.when),
            Err(error) => log::warn!("{role} did not take stock of {}: {error}", from.when),
        }
    }
    let stored = ask_database(house, Keep(all)).await?;
    house.journal_grew();
    Ok(stored == Stored::New)
}

/// The five, in the order in which they are asked.
const ROLES: [&str; 5] = [
    data_engineer::CARD.role,
    market_intelligence::CARD.role,
    performance_analyst::CARD.role,
    risk_manager::CARD.role,
    strategy_analyst::CARD.role,
];

/// What a specialist said of itself; nothing when it spoke of something else.
type Said = Result<Option<Stock>, AskError>;

/// What each of the five said; one that fails is named and holds up nobody.
async fn ask_all(house: &House, from: &Standpoint<'_>, known: Known, tables: Tables) -> Vec<(&'static str, Said)> {
    let (when, now, seed) = (from.when, from.now, seed(from));
    let view = from.archive.as_of(now);
    let bets = known.bets(&view);
    let upkeep: Upkeep = known.upkeep(now);
    let watch = Watch {
        view: view.clone(),
        when,
        fixtures: season(from),
        headlines: known.headlines,
        memories: known.calls,
    };
    let ledger = Ledger {
        bets: bets.clone(),
        memories: known.lessons,
        seed,
        when,
        now,
    };
    let appraisal = Appraisal {
        bets,
        bankroll: from.settings.bankroll().unwrap_or_default(),
        seed,
        now,
    };
    let study = Study {
        strategies: known.strategies,
        tables,
        view,
        memories: known.hypotheses,
        seed,
        when,
        season_over: from.archive.week(when).iter().any(|f| f.phase == Phase::SuperBowl),
    };
    let [engineer, market, analyst, risk, strategist] = ROLES;
    vec![
        (engineer, of_engineer(house, upkeep).await),
        (market, of_market(house, watch).await),
        (analyst, of_analyst(house, ledger).await),
        (risk, of_risk(house, appraisal).await),
        (strategist, of_strategist(house, study).await),
    ]
}

async fn of_engineer(house: &House, upkeep: Upkeep) -> Said {
    let input = data_engineer::Input::TakeStock(Box::new(upkeep));
    let said = consult(&house.data_engineer, input).await?;
    Ok(said.into_iter().find_map(|effect| match effect {
        data_engineer::Effect::TookStock(stock) => Some(stock),
        data_engineer::Effect::Prepared(_) => None,
    }))
}

async fn of_market(house: &House, watch: Watch) -> Said {
    let input = market_intelligence::Input::TakeStock(Box::new(watch));
    let said = consult(&house.market_intelligence, input).await?;
    Ok(said
        .into_iter()
        .next()
        .map(|market_intelligence::Effect::TookStock(stock)| stock))
}

async fn of_analyst(house: &House, ledger: Ledger) -> Said {
    let input = performance_analyst::Input::TakeStock(Box::new(ledger));
    let said = consult(&house.analyst, input).await?;
    Ok(said.into_iter().find_map(|effect| match effect {
        performance_analyst::Effect::TookStock(stock) => Some(stock),
        performance_analyst::Effect::Graded(_) => None,
    }))
}

async fn of_risk(house: &House, appraisal: Appraisal) -> Said {
    let input = risk_manager::Input::TakeStock(Box::new(appraisal));
    let said = consult(&house.risk, input).await?;
    Ok(said.into_iter().find_map(|effect| match effect {
        risk_manager::Effect::TookStock(stock) => Some(stock),
        risk_manager::Effect::Decided(_) => None,
    }))
}

async fn of_strategist(house: &House, study: Study) -> Said {
    let input = strategy_analyst::Input::TakeStock(Box::new(study));
    let said = consult(&house.strategy_analyst, input).await?;
    Ok(said
        .into_iter()
        .next()
        .map(|strategy_analyst::Effect::TookStock(stock)| stock))
}

/// The seed of a week's draws: that of the settings, another one every week.
fn seed(from: &Standpoint<'_>) -> u64 {
    let week = u64::from(from.when.season) << 8 | u64::from(from.when.week);
    from.settings.seed ^ week << 32
}

async fn consult<M: Machine>(who: &ActorRef<Shell<M, Mute>>, input: M::Input) -> Result<Vec<M::Effect>, AskError> {
    who.ask(Consult(input), How::within(PATIENCE)).await
}

fn no_answer(who: &'static str) -> impl Fn(AskError) -> WeekError {
    move |source| WeekError::NoAnswer { who, source }
}

async fn ask_database<W: Work>(house: &House, work: W) -> Result<W::Output, WeekError> {
    let answer = house.database.ask(Do(work), How::within(PATIENCE)).await;
    Ok(answer.map_err(no_answer("the database"))??)
}

/// Whether every game of the week has its result, or has had two days longer than the last for it.
fn is_over(from: &Standpoint<'_>) -> bool {
    let week = from.archive.week(from.when);
    let known = from.archive.as_of(from.now);
    let Some(last) = week.iter().map(|f| f.settles_at()).max() else {
        return false;
    };
    last <= from.now && (from.now >= last + WAIT_FOR_RESULTS || week.iter().all(|f| known.score(&f.id).is_some()))
}

/// The games of the week's season up to that week.
fn season(from: &Standpoint<'_>) -> Vec<Fixture> {
    let weeks = from.archive.weeks().into_iter();
    let own = weeks.filter(|w| w.season == from.when.season && *w <= from.when);
    own.flat_map(|w| from.archive.week(w).into_iter().cloned().collect::<Vec<_>>())
        .collect()
}

/// The name of an agent's word on a week: 16 hexadecimal digits that follow from both.
fn entry_id(when: SeasonWeek, role: &str) -> String {
    sha256(format!("learned/{}_{:02}/{role}", when.season, when.week).as_bytes())
        .chars()
        .take(16)
        .collect()
}

fn leaves(role: &str, stock: Stock, from: Option<&Standpoint<'_>>) -> Leaves {
    let entry = from.map(|from| {
        let fact = Fact::Learned {
            agent: role.to_owned(),
            when: from.when,
            figures: stock.kpis.iter().map(line).collect(),
            n_resolved: stock.resolved.len(),
            n_remembered: stock.remembered.len(),
        };
        let id = entry_id(from.when, role);
        Written {
            thread: id.clone(),
            id,
            parent: None,
            sender: format!("/specialists/{role}"),
            recipient: "all".to_owned(),
            kind: "alert".to_owned(),
            priority: "normal".to_owned(),
            at: from.now.naive_utc(),
            body: serde_json::to_string(&fact).expect("plain data with text keys always serialises"),
        }
    });
    Leaves {
        agent: role.to_owned(),
        kpis: stock.kpis,
        remembered: stock.remembered,
        resolved: stock.resolved,
        entry,
    }
}

fn line(kpi: &crate::domain::kpi::Kpi) -> FigureLine {
    FigureLine {
        name: kpi.name.clone(),
        value: kpi.value,
        n: kpi.n,
    }
}
