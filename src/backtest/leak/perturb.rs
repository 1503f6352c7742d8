//! Copies of the raw columns in which what a decision could not have known is different, and nothing else is.
//!
//! Every touched cell really changes, and by much: a wind of 9 miles that became 10 would let a mind pass that looks only
//! at storms. What is written is as valid as what stood there, so that no difference can come from the importer leaving
//! a row out.

use super::Kind;
use super::horizon::Horizon;
use super::raw::RawData;
use crate::domain::game::GameId;
use crate::domain::quote::Market;
use crate::domain::team_week::TeamWeek;
use crate::feeds::nflverse_games::{COLUMNS, GameRow};
use crate::feeds::odds::OddsRow;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeSet;

/// A copy of the rows with one kind of knowledge changed, and the number of cells that differ.
pub(super) fn perturb(raw: &RawData, kind: Kind, horizon: &Horizon, rng: Pcg64Mcg) -> (RawData, usize) {
    if kind == Kind::LaterRemoved {
        return removed(raw, horizon);
    }
    let mut copy = raw.clone();
    let mut pen = Pen {
        rng,
        n_changed: 0,
        starters: starters(raw),
    };
    let mut unseen: BTreeSet<GameId> = BTreeSet::new();
    for row in copy.games_mut() {
        let id = GameId::new(&row.game_id);
        if change(row, kind, horizon, &mut pen) {
            unseen.insert(id);
        }
    }
    for row in copy.book_closes_mut().filter(|row| unseen.contains(&row.game_id)) {
        pen.odds(row);
    }
    if kind == Kind::LaterOpeners {
        let later: BTreeSet<GameId> = raw
            .games()
            .iter()
            .filter(|(_, row)| horizon.is_unopened(row.when()))
            .map(|(_, row)| GameId::new(&row.game_id))
            .collect();
        for row in copy.openers_mut().filter(|row| later.contains(&row.game_id)) {
            pen.odds(row);
        }
    }
    if kind == Kind::TeamStats {
        let is_ahead = |row: &TeamWeek| raw.game_of(row).is_some_and(|game| !horizon.is_over(game));
        for row in copy.team_stats_mut().filter(|row| is_ahead(row)) {
            pen.statistics(row);
        }
    }
    (copy, pen.n_changed)
}

/// Changes what a kind asks of one game; true when its closing lines are among it.
fn change(row: &mut GameRow, kind: Kind, horizon: &Horizon, pen: &mut Pen) -> bool {
    let decided = horizon.is_decided(&GameId::new(&row.game_id));
    let (begun, over) = (horizon.has_begun(row), horizon.is_over(row));
    let mut lines = false;
    match kind {
        Kind::OwnResult if decided && !over => pen.result(row),
        Kind::Weather if !over => pen.weather(row),
        Kind::Quarterbacks if !over => pen.quarterbacks(row),
        Kind::Close if !begun => lines = true,
        Kind::LaterGames if !decided && !over => {
            pen.result(row);
            pen.weather(row);
            pen.quarterbacks(row);
            if horizon.is_unopened(row.when()) {
                pen.rest(row);
            }
            lines = !begun;
        }
        _ => {}
    }
    if lines {
        pen.closing_lines(row);
    }
    lines
}

/// As if the file had been published at the decision: no later week in it.
fn removed(raw: &RawData, horizon: &Horizon) -> (RawData, usize) {
    let copy = raw.without(|row| horizon.is_unopened(row.when()));
    let widths = [COLUMNS.len(), ODDS_CELLS, ODDS_CELLS, STATS_CELLS];
    let gone = raw.n_rows().into_iter().zip(copy.n_rows()).zip(widths);
    let n_changed = gone.map(|((before, after), width)| (before - after) * width).sum();
    (copy, n_changed)
}

/// Lines and prices of a row of odds: two or three numbers of three markets.
const ODDS_CELLS: usize = 8;
/// The two numbers of a row of statistics that minds read.
const STATS_CELLS: usize = 2;
/// New expected points lie at least this far from the old ones: three scores.
const EPA_MOVES: f64 = 20.0;

/// Everybody who ever started, so that the wrong quarterback is one a model may know; and two nobody knows.
fn starters(raw: &RawData) -> Vec<String> {
    let rows = raw.games().iter();
    let mut ids: BTreeSet<String> = rows
        .flat_map(|(_, row)| [&row.home_qb_id, &row.away_qb_id])
        .filter_map(Clone::clone)
        .collect();
    ids.extend(["00-9999998".to_owned(), "00-9999999".to_owned()]);
    ids.into_iter().collect()
}

/// Home and away (or over and under) prices that books offer together, overround 2 to 5 percent.
const EVEN: [(i32, i32); 8] = [
    (-110, -110),
    (-105, -115),
    (-115, -105),
    (-120, 100),
    (100, -120),
    (-125, 105),
    (105, -125),
    (-102, -108),
];
const WINNER: [(i32, i32); 8] = [
    (-150, 130),
    (130, -150),
    (-220, 180),
    (180, -220),
    (-350, 280),
    (280, -350),
    (-600, 450),
    (450, -600),
];
/// A new line is at least this far from the old one, in points.
const LINE_MOVES: f64 = 2.0;
/// Draws before giving up; each of the draws below is right at least every third time.
const MAX_DRAWS: usize = 1_000;

/// Writes changed cells and counts them.
struct Pen {
    rng: Pcg64Mcg,
    n_changed: usize,
    starters: Vec<String>,
}

impl Pen {
    fn write<T: PartialEq>(&mut self, cell: &mut T, value: T) {
        assert!(
            *cell != value,
            "a touched cell must change, or its check proves nothing"
        );
        *cell = value;
        self.n_changed += 1;
    }

    fn draw<T>(&mut self, mut draw: impl FnMut(&mut Pcg64Mcg) -> T, fits: impl Fn(&T) -> bool) -> T {
        (0..MAX_DRAWS)
            .map(|_| draw(&mut self.rng))
            .find(fits)
            .expect("a third of all draws fit, so one in a thousand draws does")
    }

    fn result(&mut self, row: &mut GameRow) {
        let old = (row.home_score, row.away_score, row.result, row.total);
        let with = |(h, a): (u16, u16)| {
            let (home, away) = (i32::from(h), i32::from(a));
            (Some(h), Some(a), Some(home - away), Some(home + away))
        };
        let pair = self.draw(
            |rng| (rng.random_range(0..=48), rng.random_range(0..=48)),
            |pair| {
                let new = with(*pair);
                new.0 != old.0 && new.1 != old.1 && new.2 != old.2 && new.3 != old.3
            },
        );
        let new = with(pair);
        self.write(&mut row.home_score, new.0);
        self.write(&mut row.away_score, new.1);
        self.write(&mut row.result, new.2);
        self.write(&mut row.total, new.3);
    }

    /// Storms become calm and calm becomes a storm, and games without weather get some. Whether a retractable roof stood
    /// open is weather too.
    fn weather(&mut self, row: &mut GameRow) {
        let wind = match row.wind {
            Some(15..) => self.rng.random_range(0..=5),
            _ => self.rng.random_range(20..=33),
        };
        let temp = match row.temp {
            Some(45..) => self.rng.random_range(5..=30),
            _ => self.rng.random_range(60..=85),
        };
        self.write(&mut row.wind, Some(wind));
        self.write(&mut row.temp, Some(temp));
        let roof = match row.roof.as_deref() {
            Some("open") => "closed",
            Some("closed") => "open",
            _ => return,
        };
        self.write(&mut row.roof, Some(roof.to_owned()));
    }

    fn statistics(&mut self, row: &mut TeamWeek) {
        for cell in [&mut row.passing_epa, &mut row.rushing_epa] {
            let old = *cell;
            let new = self.draw(
                |rng| rng.random_range(-40.0..40.0),
                |new: &f64| old.is_none_or(|old| (new - old).abs() >= EPA_MOVES),
            );
            self.write(cell, Some(new));
        }
    }

    fn quarterbacks(&mut self, row: &mut GameRow) {
        for cell in [&mut row.home_qb_id, &mut row.away_qb_id] {
            let all = std::mem::take(&mut self.starters);
            let i = self.draw(
                |rng| rng.random_range(0..all.len()),
                |i| cell.as_ref() != Some(&all[*i]),
            );
            self.write(cell, Some(all[i].clone()));
            self.starters = all;
        }
    }

    fn rest(&mut self, row: &mut GameRow) {
        for cell in [&mut row.home_rest, &mut row.away_rest] {
            let old = *cell;
            let days = self.draw(|rng| rng.random_range(4..=15), |days| *days != old);
            self.write(cell, days);
        }
    }

    fn closing_lines(&mut self, row: &mut GameRow) {
        self.line(Market::Spread, &mut row.spread_line);
        self.prices(Market::Spread, &mut row.home_spread_odds, &mut row.away_spread_odds);
        self.line(Market::Total, &mut row.total_line);
        self.prices(Market::Total, &mut row.over_odds, &mut row.under_odds);
        self.prices(Market::Moneyline, &mut row.home_moneyline, &mut row.away_moneyline);
    }

    fn odds(&mut self, row: &mut OddsRow) {
        for raw in &mut row.markets {
            self.line(raw.market, &mut raw.line);
            self.prices(raw.market, &mut raw.first, &mut raw.second);
        }
    }

    fn line(&mut self, market: Market, cell: &mut Option<f64>) {
        let half_points = match market {
            Market::Spread => -40..=40,
            Market::Total => 64..=116,
            Market::Moneyline => return,
        };
        let old = *cell;
        let new = self.draw(
            |rng| f64::from(rng.random_range(half_points.clone())) / 2.0,
            |new| old.is_none_or(|old| (new - old).abs() >= LINE_MOVES),
        );
        self.write(cell, Some(new));
    }

    fn prices(&mut self, market: Market, first: &mut Option<f64>, second: &mut Option<f64>) {
        let pairs = if market == Market::Moneyline { &WINNER } else { &EVEN };
        let old = (*first, *second);
        let (a, b) = self.draw(
            |rng| {
                let (a, b) = pairs[rng.random_range(0..pairs.len())];
                (Some(f64::from(a)), Some(f64::from(b)))
            },
            |new| new.0 != old.0 && new.1 != old.1,
        );
        self.write(first, a);
        self.write(second, b);
    }
}
