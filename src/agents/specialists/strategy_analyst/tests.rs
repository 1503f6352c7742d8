//! The strategy analyst on invented games: what strategies did before they were on record is in no figure, and a hypothesis is
//! judged by what comes after it.

use super::*;
use crate::domain::archive::Archive;
use crate::domain::game::GameId;
use crate::domain::kpi::Kpi;
use crate::domain::line::HalfPoints;
use crate::domain::memory::Held;
use crate::domain::quote::Market;
use crate::engine::sheet::{Candidate, Key, Settled, SheetBuilder};
use crate::machine::drive;
use crate::strategy::feature::{Flag, Known};
use chrono::TimeDelta;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

fn at(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

/// A game a day on which the away team covers, but for every `loses`-th.
fn table(n: u16, loses: u16) -> Arc<Table> {
    let mut spread = SheetBuilder::new(Market::Spread);
    for i in 0..n {
        let key = Key {
            game: GameId::new(&format!("g{i}")),
            when: SeasonWeek {
                season: 2010,
                week: u8::try_from(1 + i / 7).unwrap(),
            },
            kickoff: at(i64::from(i)),
        };
        let away_wins = i % loses != 0;
        let side = |home: bool, wins: bool| {
            let side = Candidate {
                line: Some(HalfPoints(5)),
                price: None,
                settled: Some(if wins { Settled::Win } else { Settled::Loss }),
                clv: Some(if wins { 0.5 } else { -0.5 }),
                values: BTreeMap::new(),
                chances: BTreeMap::new(),
            };
            side.flagged(Flag::Home, home)
        };
        spread
            .game(key, [side(true, !away_wins), side(false, away_wins)])
            .unwrap();
    }
    let sheets = [
        spread.build().unwrap(),
        SheetBuilder::new(Market::Total).build().unwrap(),
        SheetBuilder::new(Market::Moneyline).build().unwrap(),
    ];
    Arc::new(Table::new(Known::Open, sheets, 0).unwrap())
}

fn study(table: Arc<Table>, strategies: Vec<OnRecord>, memories: Memories, day: i64) -> Study {
    Study {
        strategies,
        tables: vec![table],
        view: Arc::new(Archive::default()).as_of(at(day)),
        memories,
        seed: 1,
        when: SeasonWeek { season: 2010, week: 1 },
        season_over: false,
    }
}

fn ask(study: Study) -> Stock {
    let input = Input::TakeStock(Box::new(study));
    let said = drive(&mut StrategyAnalyst, input, at(0), &mut Pcg64Mcg::new(1)).pop();
    let Some(Effect::TookStock(stock)) = said else {
        panic!("it always answers");
    };
    stock
}

fn find<'a>(stock: &'a Stock, name: &str) -> &'a Kpi {
    stock.kpis.iter().find(|k| k.name == name).unwrap()
}

fn away() -> Strategy {
    "spread at open when away stake flat 1%".parse().unwrap()
}

#[test]
fn without_strategies_every_figure_says_so() {
    let stock = ask(study(table(1, 3), Vec::new(), Memories::default(), 10));
    assert_eq!(stock.kpis.len(), 3);
    for kpi in &stock.kpis {
        assert_eq!(kpi.show(), "n = 0: no validated strategy is on record");
    }
}

#[test]
fn what_came_before_the_record_is_in_no_figure() {
    let on = OnRecord {
        strategy: away(),
        since: at(50),
    };
    let stock = ask(study(table(100, 4), vec![on], Memories::default(), 100));
    let rate = find(&stock, "strategy_win_rate");
    // Of days 51 to 99 the twelve that 4 divides are lost.
    assert_eq!((rate.value, rate.n), (Some(37.0 / 49.0), 49));
    let roi = find(&stock, "strategy_roi").value.unwrap();
    assert!((roi - (37.0 * 10.0 / 11.0 - 12.0) / 49.0).abs() < 1e-9, "{roi}");
    assert!(find(&stock, "strategy_sharpe").low.is_some());
}

#[test]
fn a_hypothesis_is_said_once_and_judged_by_thirty_bets() {
    for (loses, held) in [(4, Held::Yes), (2, Held::No)] {
        let on = || OnRecord {
            strategy: away(),
            since: at(0),
        };
        let said = ask(study(table(100, loses), vec![on()], Memories::default(), 10)).remembered;
        assert_eq!(said.len(), 1);
        let memories = Memories::new(said.into_iter().map(|m| (m, None)).collect());
        let early = ask(study(table(40, loses), vec![on()], memories.clone(), 40));
        assert_eq!(
            (early.remembered.len(), early.resolved.len()),
            (0, 0),
            "29 bets are not thirty"
        );
        let late = ask(study(table(100, loses), vec![on()], memories, 100));
        assert_eq!((late.resolved[0].1.held, late.resolved[0].1.n), (held, 30));
    }
}
