//! Perturbations change all they must and nothing a decision may know.

use super::{SEED, league};
use crate::agents::specialists::data_engineer::{AsOf, Planned, plan};
use crate::backtest::leak::horizon::Horizon;
use crate::backtest::leak::perturb::perturb;
use crate::backtest::leak::{Kind, RawData, stream};
use crate::domain::quote::Moment;
use crate::feeds::nflverse_games::GameRow;

fn rounds(raw: &RawData, week: u8, as_of: AsOf) -> Vec<Planned> {
    plan(&raw.archive(), league::week(week), as_of)
}

fn copy(raw: &RawData, planned: &Planned, as_of: AsOf, kind: Kind) -> (RawData, usize) {
    let horizon = Horizon::of(raw, &raw.import().games, planned, as_of);
    perturb(raw, kind, &horizon, stream(SEED, planned, kind))
}

/// Rows that differ from the original.
fn changed(raw: &RawData, copy: &RawData) -> Vec<GameRow> {
    let pairs = raw.games().iter().zip(copy.games());
    pairs.filter(|(a, b)| a != b).map(|(a, _)| a.1.clone()).collect()
}

#[test]
fn the_postponed_game_is_unknown_at_the_next_openers() {
    let raw = league::league(1);
    let planned = &rounds(&raw, 6, AsOf::Open)[0];
    let (copy, _) = copy(&raw, planned, AsOf::Open, Kind::LaterGames);
    let rows = changed(&raw, &copy);
    let tuesday: Vec<_> = rows.iter().filter(|r| r.season == 2013 && r.week == 5).collect();
    assert_eq!(tuesday.len(), 1, "the Tuesday game of week 5 alone");
    let after = copy
        .games()
        .iter()
        .map(|(_, row)| row)
        .find(|r| r.game_id == tuesday[0].game_id)
        .unwrap();
    assert_ne!(
        (after.result, after.spread_line, after.wind),
        (tuesday[0].result, tuesday[0].spread_line, tuesday[0].wind)
    );
    assert_eq!(
        (after.home_rest, after.away_rest),
        (tuesday[0].home_rest, tuesday[0].away_rest)
    );
    let n_later = rows.iter().filter(|r| r.week > 6).count();
    assert_eq!((n_later, rows.len()), (3 * 16, 3 * 16 + 1));
}

#[test]
fn at_a_kickoff_earlier_games_lines_stay_and_running_games_have_no_result() {
    let raw = league::league(1);
    let rounds = rounds(&raw, 6, AsOf::Close);
    let late_sunday = &rounds[2];
    let (copy, n) = copy(&raw, late_sunday, AsOf::Close, Kind::LaterGames);
    let rows = changed(&raw, &copy);
    let own_week: Vec<_> = rows.iter().filter(|r| r.season == 2013 && r.week == 6).collect();
    assert_eq!(own_week.len(), 11, "the early games are under way");
    for row in own_week {
        let after = copy
            .games()
            .iter()
            .map(|(_, r)| r)
            .find(|r| r.game_id == row.game_id)
            .unwrap();
        assert_eq!(
            (after.spread_line, after.home_moneyline),
            (row.spread_line, row.home_moneyline)
        );
        assert_ne!(after.result, row.result);
    }
    let n_roofs = rows.iter().filter(|r| r.roof.as_deref() == Some("closed")).count();
    // Four of the score, two of the weather, two starters; later weeks have eight cells of three markets, eight of the
    // one bookmaker's and two rests more.
    assert_eq!(n, 11 * 8 + 3 * 16 * 26 + n_roofs);
}

#[test]
fn a_week_whose_openers_are_out_is_not_a_later_one() {
    let raw = league::league(1);
    let rounds = rounds(&raw, 5, AsOf::Close);
    let tuesday = rounds.last().unwrap();
    let (without, _) = copy(&raw, tuesday, AsOf::Close, Kind::LaterRemoved);
    let last = without.games().iter().map(|(_, row)| row.when()).max();
    assert_eq!(last, Some(league::week(6)));
}

#[test]
fn bookmakers_closes_change_with_the_close() {
    let raw = league::league(1);
    let planned = &rounds(&raw, 6, AsOf::Open)[0];
    let (mut copy, n) = copy(&raw, planned, AsOf::Open, Kind::Close);
    let mut original = raw.clone();
    let pairs = original.book_closes_mut().zip(copy.book_closes_mut());
    let games: Vec<String> = pairs
        .filter(|(before, after)| before != after)
        .map(|(before, _)| before.game_id.to_string())
        .collect();
    // The week decided, three later ones, and the game of Tuesday night.
    assert_eq!((games.len(), n), (4 * 16 + 1, (4 * 16 + 1) * 16));
}

#[test]
fn no_perturbation_costs_the_importer_a_row_or_a_quote() {
    let raw = league::league(1);
    let base = raw.import();
    let n_quotes = |archive: &std::sync::Arc<crate::domain::archive::Archive>, moment: Moment| {
        let view = archive.as_of("2100-01-01T00:00:00Z".parse().unwrap());
        let of = |id| view.quotes(id).iter().filter(|q| q.moment == moment).count();
        base.games.iter().map(|g| of(&g.fixture.id)).sum::<usize>()
    };
    for as_of in [AsOf::Open, AsOf::Close] {
        for planned in rounds(&raw, 6, as_of) {
            for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::LaterRemoved) {
                let (copy, _) = copy(&raw, &planned, as_of, kind);
                let after = copy.import();
                assert_eq!(after.quarantined, base.quarantined);
                for moment in [Moment::Open, Moment::Close] {
                    assert!(
                        n_quotes(&after.archive, moment) >= n_quotes(&base.archive, moment),
                        "{kind}"
                    );
                }
            }
        }
    }
}
