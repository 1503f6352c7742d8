//! `huddle agents scorecard`: every seat on a card, against the market then and at the close.

use super::super::output::emit;
use super::super::{Failure, session};
use super::ScorecardArgs;
use crate::backtest::scorecard::{Decided, Scorecard};
use crate::domain::calendar::season_of;
use crate::domain::game::SeasonWeek;
use crate::home::Home;
use crate::stats::estimate::Mean;
use crate::store::{Conn, StoreError, decisions, load_archive};
use crate::swarms::pool::PoolSettings;
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use comfy_table::{Table, presets};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

/// What the verb shows.
#[derive(Clone, Debug, Serialize)]
struct CardView {
    season: u16,
    n_rounds: usize,
    /// Times a market was put before the table again; these are on no card.
    n_repeated: u64,
    /// Stored decisions that this version cannot read; they are on no card.
    n_unreadable: u64,
    #[serde(flatten)]
    cards: Scorecard,
}

/// The stream of the intervals: the same cards have the same ones.
const SEED: u128 = 1;

pub(super) fn run(
    args: &ScorecardArgs,
    home: &Home,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let season = args.season.unwrap_or_else(|| season_of(now));
    let mut conn = session::reading(home)?;
    let (decided, n_rounds, [n_repeated, n_unreadable]) = stored(&mut conn, season)?;
    if n_rounds == 0 {
        let error = anyhow!(
            "no round of {season} is stored there: `huddle picks` or `huddle replay --season {season}` holds some"
        );
        return Err(Failure::new(6, error));
    }
    let archive = Arc::new(load_archive(&mut conn)?);
    let cards = Scorecard::of(decided, &archive, now, &PoolSettings::default(), Pcg64Mcg::new(SEED));
    let view = CardView {
        season,
        n_rounds,
        n_repeated,
        n_unreadable,
        cards,
    };
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

/// The decisions of a season's rounds, the oldest round first. Of a market that was decided before only the fact that it was
/// is kept: some twenty rounds a week put it again, and reading them all would take a gigabyte.
fn stored(conn: &mut Conn, season: u16) -> Result<(Vec<Decided>, usize, [u64; 2]), StoreError> {
    let mut rounds = decisions::rounds_of(conn, i32::from(season), None)?;
    rounds.sort_by(|a, b| (a.as_of, &a.id).cmp(&(b.as_of, &b.id)));
    let mut decided = Vec::new();
    let (mut seen, mut n_repeated, mut n_unreadable) = (BTreeSet::new(), 0, 0);
    for round in &rounds {
        let when = SeasonWeek {
            season,
            week: u8::try_from(round.week).unwrap_or_default(),
        };
        for pick in decisions::picks_of(conn, &round.id)? {
            if !seen.insert((pick.game_id.clone(), pick.market.clone())) {
                n_repeated += 1;
                continue;
            }
            match serde_json::from_str(&pick.body) {
                Ok(decision) => decided.push(Decided {
                    when,
                    at: round.as_of.and_utc(),
                    decision,
                }),
                Err(_) => n_unreadable += 1,
            }
        }
    }
    Ok((decided, rounds.len(), [n_repeated, n_unreadable]))
}

/// A mean with its interval and count, or what is known of it.
pub(super) fn mean(mean: &Mean, show: impl Fn(f64) -> String) -> String {
    let Some(value) = mean.mean else {
        return "n 0".to_owned();
    };
    let range = mean
        .ci95
        .map_or_else(String::new, |[low, high]| format!(" [{}, {}]", show(low), show(high)));
    format!("{}{range} n {}", show(value), mean.n)
}

fn print(out: &mut dyn Write, view: &CardView) -> io::Result<()> {
    let cards = &view.cards;
    writeln!(
        out,
        "seats in {} by {} markets of {} rounds; lower losses are better, and below zero is better than the market",
        view.season, cards.n_markets, view.n_rounds
    )?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "seat",
        "views",
        "sides",
        "abstained",
        "hit rate",
        "log-loss - fair",
        "log-loss - close",
        "CLV",
        "slope",
        "worth to the pool",
    ]);
    let loss = |x: f64| format!("{:+.4}", x);
    for seat in &cards.seats {
        let interval = seat.hit_rate.wilson95.map_or_else(String::new, |i| {
            format!(" [{:.1}, {:.1}]", i.low.get() * 100.0, i.high.get() * 100.0)
        });
        let hits = seat.hit_rate.rate.map_or("n 0".to_owned(), |r| {
            format!("{:.1}%{interval} n {}", r * 100.0, seat.hit_rate.n)
        });
        let slope = seat.scores.calibration.map_or("n/a".to_owned(), |c| {
            let [low, high] = c.interval();
            format!("{:.2} [{low:.2}, {high:.2}]", c.slope)
        });
        table.add_row([
            seat.seat.to_string(),
            seat.n_views.to_string(),
            seat.n_directional.to_string(),
            seat.n_abstained.to_string(),
            hits,
            mean(&seat.scores.log_loss_minus_fair, loss),
            mean(&seat.scores.log_loss_minus_close, loss),
            mean(&seat.clv_points, |x| format!("{x:+.2}")),
            slope,
            mean(&seat.worth, loss),
        ]);
    }
    writeln!(out, "{table}")?;
    writeln!(
        out,
        "pool: log-loss {} against fair, {} against the close",
        mean(&cards.pool.log_loss_minus_fair, loss),
        mean(&cards.pool.log_loss_minus_close, loss)
    )?;
    writeln!(
        out,
        "on no card: {} open, {} pushed, {} unattributed (no seat had a view), {} put again, {} unreadable",
        cards.n_open, cards.n_pushed, cards.n_unattributed, view.n_repeated, view.n_unreadable
    )
}
