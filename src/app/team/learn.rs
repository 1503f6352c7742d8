//! What a week of games teaches: once all are in, members are scored, standings and experiments move, and it is all said.

use super::brief::{is_open, pool_of, values};
use super::{ask, stored};
use crate::agents::orchestrator::experiments::{Change, Judgement, Setting, log_loss};
use crate::agents::orchestrator::manager::{Effect, Input, Ranked, Running, Scored};
use crate::agents::orchestrator::overrides::Action;
use crate::agents::orchestrator::scores::{Score, Taken, scores};
use crate::agents::specialists::grading::{Outcome, settle};
use crate::app::House;
use crate::app::learning::WAIT_FOR_RESULTS;
use crate::app::week::WeekError;
use crate::config::Settings;
use crate::domain::archive::{Archive, View};
use crate::domain::belief::Seat;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::pick::Decision;
use crate::domain::quote::{Market, Side};
use crate::domain::standing::Standing;
use crate::protocol::question::RoundId;
use crate::protocol::{AgentMessage, Body, Fact, Kind, MessageId, Order, RankedLine, To, Written};
use crate::store::decisions::{self, Opinion, Pick, Round};
use crate::store::team::experiments::{self, Experiment, Forecast};
use crate::store::team::overrides::{self, OverrideRow};
use crate::store::team::standings::{self, Event, ScoreRow};
use crate::store::team::{self, Lesson};
use crate::store::{Conn, StoreError};
use crate::swarms::minutes::MANAGER_PATH;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A seat that no round of a week of so many heard is benched by the manager for a week: while it is absent it weighs as
/// much as the heaviest, and nobody looks.
const ROUNDS_UNHEARD: usize = 3;
const BENCHED_FOR: TimeDelta = TimeDelta::days(7);

/// What the rounds of a week left behind.
struct Week {
    rounds: Vec<(Round, Vec<Opinion>, Vec<Pick>)>,
    scores: Vec<ScoreRow>,
    standing: BTreeMap<String, Event>,
    overrides: Vec<OverrideRow>,
    experiments: Vec<Experiment>,
    forecasts: Vec<Forecast>,
}

impl Week {
    /// None when the week was learnt from.
    fn read(conn: &mut Conn, when: SeasonWeek, now: DateTime<Utc>) -> Result<Option<Week>, StoreError> {
        let key = (i32::from(when.season), i32::from(when.week));
        if team::learned(conn, key)? {
            return Ok(None);
        }
        let mut rounds = Vec::new();
        for round in decisions::rounds_of(conn, key.0, Some(key.1))? {
            let opinions = decisions::opinions_of(conn, &round.id)?;
            let picks = decisions::picks_of(conn, &round.id)?;
            rounds.push((round, opinions, picks));
        }
        rounds.sort_by(|a, b| (a.0.as_of, &a.0.id).cmp(&(b.0.as_of, &b.0.id)));
        let experiments = experiments::all(conn)?;
        let forecasts = match experiments.last().filter(|e| is_open(e)) {
            Some(open) => experiments::forecasts(conn, open.n, &open.state)?,
            None => Vec::new(),
        };
        Ok(Some(Week {
            rounds,
            scores: standings::scores(conn)?,
            standing: standings::standing(conn, now)?,
            overrides: overrides::all(conn)?,
            experiments,
            forecasts,
        }))
    }
}

/// Learns from a week whose games are all over, once. Returns what came of it in one line, or nothing.
///
/// # Errors
/// [`WeekError`] when an actor or the database fails; then nothing is learnt, and it may be tried again.
pub async fn learn(
    house: &House,
    archive: &Arc<Archive>,
    when: SeasonWeek,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Option<String>, WeekError> {
    let view = archive.as_of(now);
    let games = archive.week(when);
    let Some(last) = games.iter().map(|f| f.settles_at()).max() else {
        return Ok(None);
    };
    // A game that is not played is not waited for.
    let all_known = games.iter().all(|f| view.score(&f.id).is_some());
    if last > now || !(all_known || now >= last + WAIT_FOR_RESULTS) {
        return Ok(None);
    }
    let Some(week) = stored(house, move |conn| Week::read(conn, when, now)).await? else {
        return Ok(None);
    };
    let fresh = fresh_scores(&week, &view, when);
    let mut by_subject: BTreeMap<String, Scored> = BTreeMap::new();
    for row in week.scores.iter().chain(&fresh) {
        by_subject
            .entry(row.subject.clone())
            .or_default()
            .push((when_of(row), row.hit - row.others));
    }
    let ranked = match ask(house, Input::Rank(by_subject)).await? {
        Some(Effect::Ranked(ranked)) => ranked,
        _ => Vec::new(),
    };
    let events = changed(&ranked, &week.standing, now);
    let seats = house.members.keys().chain(house.models.keys());
    let overrides = unheard(&week, seats.map(Seat::as_str), now);
    let moved = if settings.orchestrator.meta_learning {
        experiment(house, &week, &view, now).await?
    } else {
        Vec::new()
    };
    let note = format!(
        "{} scores, {} standings changed, {} experiments moved",
        fresh.len(),
        events.len(),
        moved.len()
    );
    let minutes = minutes(when, now, &events, &overrides, &moved);
    let lesson = Lesson {
        week: (i32::from(when.season), i32::from(when.week)),
        at: now.naive_utc(),
        note: note.clone(),
        scores: fresh,
        events,
        overrides,
        experiments: moved,
        minutes,
    };
    stored(house, move |conn| team::learn(conn, &lesson)).await?;
    house.journal_grew();
    Ok(Some(note))
}

fn when_of(row: &ScoreRow) -> SeasonWeek {
    SeasonWeek {
        season: u16::try_from(row.season).unwrap_or_default(),
        week: u8::try_from(row.week).unwrap_or_default(),
    }
}

/// Scores of the week: of each market the first round that decided it counts, with what seats thought alone.
fn fresh_scores(week: &Week, view: &View, when: SeasonWeek) -> Vec<ScoreRow> {
    let mut seen: BTreeSet<(GameId, Market)> = BTreeSet::new();
    let mut taken = Vec::new();
    for (_, opinions, picks) in week.rounds.iter().filter(|(round, ..)| round.basis != "close") {
        let decided = picks
            .iter()
            .filter_map(|p| serde_json::from_str::<Decision>(&p.body).ok());
        for agreement in decided.map(|decision| decision.agreement) {
            let (game, market) = (&agreement.game, agreement.market);
            if market == Market::Moneyline || !seen.insert((game.clone(), market)) {
                continue;
            }
            let alone = |o: &&Opinion| o.phase == 1 && o.game_id == game.as_str() && o.market == market.name();
            for opinion in opinions.iter().filter(alone) {
                let Some(p) = opinion.p_first else { continue };
                let first = market.first_side();
                let side = if p >= agreement.fair.get() {
                    first
                } else {
                    first.other()
                };
                taken.extend(outcome(view, game, market, side, agreement.line).map(|won| Taken {
                    subject: opinion.seat.clone(),
                    game: game.clone(),
                    market,
                    won,
                }));
            }
        }
    }
    let row = |score: Score| ScoreRow {
        subject: score.subject,
        game_id: score.game.to_string(),
        market: score.market.name().to_owned(),
        season: i32::from(when.season),
        week: i32::from(when.week),
        hit: score.hit,
        others: score.others,
        n_others: i32::try_from(score.n_others).unwrap_or(i32::MAX),
    };
    scores(&taken).into_iter().map(row).collect()
}

/// Whether a side won; none for a push and before the result.
fn outcome(view: &View, game: &GameId, market: Market, side: Side, line: Option<HalfPoints>) -> Option<bool> {
    match settle(market, side, line, view.score(game)?)? {
        Outcome::Win => Some(true),
        Outcome::Loss => Some(false),
        Outcome::Push | Outcome::Void => None,
    }
}

fn changed(ranked: &[Ranked], before: &BTreeMap<String, Event>, now: DateTime<Utc>) -> Vec<Event> {
    let was = |r: &Ranked| before.get(&r.subject).map_or(Standing::Full, |event| event.standing);
    let event = |r: &Ranked| Event {
        subject: r.subject.clone(),
        at: now.naive_utc(),
        standing: r.standing,
        reason: r
            .changes
            .last()
            .map_or_else(|| r.reason.clone(), |(_, change)| change.reason.clone()),
        n_scores: r.n,
    };
    ranked.iter().filter(|r| r.standing != was(r)).map(event).collect()
}

/// Benches by the manager of seats no round of the week heard, of those some round heard before.
fn unheard<'a>(week: &'a Week, seats: impl Iterator<Item = &'a str>, now: DateTime<Utc>) -> Vec<OverrideRow> {
    if week.rounds.len() < ROUNDS_UNHEARD {
        return Vec::new();
    }
    let heard: BTreeSet<&str> = week
        .rounds
        .iter()
        .flat_map(|(_, o, _)| o)
        .map(|o| o.seat.as_str())
        .collect();
    let scored: BTreeSet<&str> = week.scores.iter().map(|row| row.subject.as_str()).collect();
    let bench = |seat: &&str| OverrideRow {
        id: MessageId::of(&RoundId(format!("unheard/{seat}/{}", now.to_rfc3339())), "override").to_string(),
        at: now.naive_utc(),
        by_whom: MANAGER_PATH.to_owned(),
        subject: (*seat).to_owned(),
        action: Action::Bench.word().to_owned(),
        cap_cents: None,
        why: format!("none of the week's {} rounds heard it", week.rounds.len()),
        ends_at: (now + BENCHED_FOR).naive_utc(),
    };
    // What a person said of a seat stands until it ends.
    let said: BTreeSet<&str> = week
        .overrides
        .iter()
        .filter(|word| word.by_whom != MANAGER_PATH && word.ends_at > now.naive_utc())
        .map(|word| word.subject.as_str())
        .collect();
    let silent = seats.filter(|seat| scored.contains(seat) && !heard.contains(seat) && !said.contains(seat));
    silent.map(|seat| bench(&seat)).collect()
}

/// What becomes of the experiment under way, and the next one when there is none.
async fn experiment(
    house: &House,
    week: &Week,
    view: &View,
    now: DateTime<Utc>,
) -> Result<Vec<Experiment>, WeekError> {
    let mut all = week.experiments.clone();
    let mut moved = Vec::new();
    if let Some(open) = all.last_mut().filter(|e| is_open(e)) {
        let running = Running {
            k: usize::try_from(open.n).unwrap_or(1),
            differences: differences(&week.forecasts, view),
        };
        let Some(Effect::Judged(Some(judged))) = ask(house, Input::Judge(running)).await? else {
            return Ok(moved);
        };
        conclude(open, &judged, now);
        moved.push(open.clone());
        if is_open(open) {
            return Ok(moved);
        }
    }
    let tried = |e: &Experiment| {
        Some(Change {
            setting: Setting::of(&e.setting)?,
            from: e.from_value,
            to: e.to_value,
        })
    };
    let question = Input::Propose(
        values(pool_of(&all, house.pool)),
        all.iter().filter_map(tried).collect(),
    );
    if let Some(Effect::Proposed(Some(change))) = ask(house, question).await? {
        moved.push(Experiment {
            n: all.last().map_or(1, |last| last.n + 1),
            setting: change.setting.word().to_owned(),
            from_value: change.from,
            to_value: change.to,
            state: "running".to_owned(),
            begun_at: now.naive_utc(),
            changed_at: now.naive_utc(),
            reason: "tried in shadow; judged after 272 games".to_owned(),
        });
    }
    Ok(moved)
}

fn conclude(open: &mut Experiment, judged: &Judgement, now: DateTime<Utc>) {
    let state = match (open.state.as_str(), judged.better) {
        ("running", true) => "kept",
        ("running", false) => "rejected",
        (_, true) => "rolled_back",
        (_, false) => "confirmed",
    };
    open.state = state.to_owned();
    open.changed_at = now.naive_utc();
    open.reason = judged.to_string();
}

/// Log-loss in earnest less the one in shadow, by game: the mean over its markets. Games come in the order of their names,
/// which begin with season and week.
pub fn differences(forecasts: &[Forecast], view: &View) -> Vec<f64> {
    let mut games: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for f in forecasts {
        let Some(market) = Market::ALL.into_iter().find(|m| m.name() == f.market) else {
            continue;
        };
        let line = f.line_half.and_then(|half| i16::try_from(half).ok()).map(HalfPoints);
        if let Some(won) = outcome(view, &GameId::new(&f.game_id), market, market.first_side(), line) {
            let gain = log_loss(f.p_live, won) - log_loss(f.p_shadow, won);
            games.entry(&f.game_id).or_default().push(gain);
        }
    }
    games
        .into_values()
        .map(|gains| gains.iter().sum::<f64>() / gains.len() as f64)
        .collect()
}

/// What is said of it: facts to everybody, and the manager's own orders.
fn minutes(
    when: SeasonWeek,
    now: DateTime<Utc>,
    events: &[Event],
    overrides: &[OverrideRow],
    moved: &[Experiment],
) -> Vec<Written> {
    let name = RoundId(format!("learned/{}/{}", when.season, when.week));
    let say = |id: MessageId, kind: Kind, body: Body| {
        Written::of(&AgentMessage::new(id, MANAGER_PATH, To::All, kind, now, body))
    };
    let line = |e: &Event| RankedLine {
        subject: e.subject.clone(),
        standing: e.standing,
        reason: e.reason.clone(),
    };
    let mut minutes = Vec::new();
    if !events.is_empty() {
        let lines = events.iter().map(line).collect();
        minutes.push(say(
            MessageId::of(&name, "ranked"),
            Kind::Alert,
            Fact::Ranked { lines }.into(),
        ));
    }
    minutes.extend(overrides.iter().map(|row| {
        let order = Order::Override {
            subject: row.subject.clone(),
            action: row.action.clone(),
            cap: None,
            why: row.why.clone(),
            ends: row.ends_at.and_utc(),
        };
        say(MessageId(row.id.clone()), Kind::Command, order.into())
    }));
    minutes.extend(moved.iter().map(|e| {
        let tried = Fact::Tried {
            setting: e.setting.clone(),
            from: e.from_value,
            to: e.to_value,
            state: e.state.clone(),
            reason: e.reason.clone(),
        };
        say(
            MessageId::of(&name, &format!("tried/{}/{}", e.n, e.state)),
            Kind::Alert,
            tried.into(),
        )
    }));
    minutes
}

/// Keeps what the shadows of a played week forecast.
///
/// # Errors
/// [`WeekError`] when the database or its actor fails.
pub async fn keep_shadow(
    house: &House,
    experiment: &Experiment,
    rounds: &[crate::swarms::round::Round],
) -> Result<(), WeekError> {
    let mut rows = Vec::new();
    for round in rounds {
        for shadowed in round.shadow.iter().filter(|s| s.market != Market::Moneyline) {
            let decided = round.decisions.iter().map(|d| &d.agreement);
            let line = decided
                .filter(|a| a.game == shadowed.game && a.market == shadowed.market)
                .find_map(|a| a.line);
            rows.push(Forecast {
                experiment: experiment.n,
                stage: experiment.state.clone(),
                game_id: shadowed.game.to_string(),
                market: shadowed.market.name().to_owned(),
                line_half: line.map(|l| i32::from(l.0)),
                p_live: shadowed.p_live.get(),
                p_shadow: shadowed.p_shadow.get(),
            });
        }
    }
    stored(house, move |conn| experiments::keep_forecasts(conn, &rows)).await
}
