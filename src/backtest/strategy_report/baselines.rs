//! What needs no rule at all, on the same market and weeks: a strategy that does not beat these has found nothing.

use super::row::{Finder, MIN_BETS, Row};
use crate::domain::quote::Market;
use crate::engine::bits::Bits;
use crate::engine::period::Period;
use crate::engine::sheet::{Settled, Sheet, Subject};
use crate::engine::table::Table;
use crate::engine::track::{Bet, Pricing, Track, bets_on};
use crate::stats::bootstrap::Bootstrap;
use crate::strategy::feature::{Feature, Flag, Known, Source};
use crate::strategy::stake::Stake;
use std::cmp::Ordering;

/// A seat has a view from here on: points of edge, or percentage points of value for a moneyline.
const MIN_VIEW: f64 = 1.0;

/// What the labels mean, to be printed below them.
pub(super) const LEGEND: &str = "Both sides of every game cost the vig. Line moves are the sides the closing line went to, \
    which nobody knows in time: a ceiling. The own sides at the close are this rule's bets where a closing line is known, at \
    that line and -110: what is left of the record once the line it bet is gone. The best seat is chosen anew each season by what it had earned before, on its \
    sides with a point of edge or more.";

/// The baselines of a track: no opinion, the moves of the line, the own sides at the close, the plain sides, the seats.
pub(super) fn baselines(table: &Table, track: &Track, bootstrap: &Bootstrap) -> Vec<Row> {
    let (market, period) = (track.market, &track.period);
    let sheet = table.sheet(market);
    let wanted = |holds: &dyn Fn(usize) -> bool| bets(sheet, period, holds);
    let row = |label: &str, bets: &[Bet]| Row::of(label, bets.iter(), bootstrap);
    let both: Vec<Bet> = [0, 1].iter().flat_map(|side| wanted(&|row| row % 2 == *side)).collect();
    let mut rows = vec![
        row("both sides (the vig)", &both),
        row(
            "line moves (hindsight)",
            &wanted(&|row| sheet.clv(row).is_some_and(|clv| clv > 0.0)),
        ),
        row(
            &format!("shorter price at {}", table.at().name()),
            &wanted(&|row| is_shorter(sheet, row)),
        ),
    ];
    if market != Market::Moneyline && table.at() == Known::Open {
        rows.push(row("own sides at the close", &at_the_close(sheet, &track.bets)));
    }
    let flag = |flag: Flag, up: f64| {
        let subject = Subject::Flag(flag);
        wanted(&|row| sheet.value(&subject, row) == Some(up))
    };
    let sides: &[(&str, Flag, f64)] = match market {
        Market::Total => &[("every over", Flag::Over, 1.0), ("every under", Flag::Over, 0.0)],
        Market::Spread | Market::Moneyline => &[
            ("every home team", Flag::Home, 1.0),
            ("every favourite", Flag::Favourite, 1.0),
            ("every underdog", Flag::Favourite, 0.0),
        ],
    };
    rows.extend(sides.iter().map(|(label, what, up)| row(label, &flag(*what, *up))));
    let number = |feature: Feature, at: usize| sheet.value(&Subject::Feature(feature), at);
    let more_votes = |row: usize| number(Feature::Votes, row) > number(Feature::Against, row);
    rows.push(row("seats by equal votes", &wanted(&more_votes)));
    rows.push(row("best seat of the past", &best_seat(table, sheet, period)));
    rows
}

/// The bets that have a closing line, at that line and no known price: they ended as far from it as from their own line, less
/// what the line moved their way.
fn at_the_close(sheet: &Sheet, bets: &[Bet]) -> Vec<Bet> {
    let (finder, cover) = (Finder::new(sheet), Subject::Feature(Feature::Cover));
    let at_the_close = |bet: &Bet| {
        let beaten = sheet.value(&cover, finder.row(bet)?)? - bet.clv?;
        Some(Bet {
            settled: match beaten.total_cmp(&0.0) {
                _ if beaten == 0.0 => Settled::Push,
                Ordering::Less => Settled::Loss,
                _ => Settled::Win,
            },
            price: None,
            clv: Some(0.0),
            ..bet.clone()
        })
    };
    bets.iter().filter_map(at_the_close).collect()
}

/// The settled bets on the rows of a period that a test holds for; of games with both sides wanted neither.
fn bets(sheet: &Sheet, period: &Period, holds: &dyn Fn(usize) -> bool) -> Vec<Bet> {
    let inside = sheet.period(period);
    let rows = Bits::of(sheet.n_rows(), |row| inside.contains(row) && holds(row));
    bets_on(sheet, rows, &Stake::one_percent()).0
}

fn is_shorter(sheet: &Sheet, row: usize) -> bool {
    let price = |row| sheet.price(row).map(|price| price.get());
    price(row).zip(price(row ^ 1)).is_some_and(|(own, other)| own < other)
}

/// Every season of the period bet by the seat that had earned most a bet in the seasons before it, with thirty bets or more.
fn best_seat(table: &Table, sheet: &Sheet, period: &Period) -> Vec<Bet> {
    let seats: Vec<Source> = table
        .sources()
        .into_iter()
        .filter(|s| s.as_str() != Source::SWARM)
        .collect();
    let all = Period::seasons(0..=u16::MAX);
    let sides = |seat: &Source| {
        let subject = Subject::Feature(match sheet.market() {
            Market::Spread | Market::Total => Feature::Edge(seat.clone()),
            Market::Moneyline => Feature::Value(seat.clone()),
        });
        bets(sheet, &all, &|row| {
            sheet.value(&subject, row).is_some_and(|view| view >= MIN_VIEW)
        })
    };
    let by_seat: Vec<Vec<Bet>> = seats.iter().map(sides).collect();
    let mut chosen = Vec::new();
    for season in table.seasons() {
        let earned = |bets: &Vec<Bet>| {
            let past: Vec<f64> = bets
                .iter()
                .filter(|bet| bet.when.season < season)
                .map(|bet| bet.profit(Pricing::Usual))
                .collect();
            (past.len() as u64 >= MIN_BETS).then(|| past.iter().sum::<f64>() / past.len() as f64)
        };
        let scores = by_seat.iter().filter_map(|bets| Some((earned(bets)?, bets)));
        let best = scores.max_by(|(a, _), (b, _)| a.total_cmp(b));
        let inside = |bet: &&Bet| bet.when.season == season && period.contains(bet.when);
        chosen.extend(
            best.into_iter()
                .flat_map(|(_, bets)| bets.iter().filter(inside).cloned()),
        );
    }
    chosen
}
