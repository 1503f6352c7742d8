//! Six planted leaks are caught and named, the real roster is clean, and perturbations are what they claim to be.

mod cheats;
pub(in crate::backtest) mod league;
mod perturbed;
mod planted_columns;
mod real;

use super::compare::play;
use super::horizon::Horizon;
use super::perturb::perturb;
use super::{Kind, LeakReport, Part, RawData, RawMind, check, run};
use crate::agents::specialists::data_engineer::{AsOf, plan};
use crate::domain::game::SeasonWeek;
use crate::minds::Target;
use std::collections::BTreeSet;
use std::sync::Arc;

const SEED: u64 = 20_180_906;

/// Kinds under which the seat `cheat` was caught.
fn caught(report: &LeakReport) -> BTreeSet<Kind> {
    report.leaks().map(|(check, _)| check.kind).collect()
}

fn checked(raw: &RawData, roster: &[(&str, RawMind)], weeks: &[SeasonWeek], as_of: &[AsOf]) -> LeakReport {
    check(raw, roster, weeks, as_of, SEED, &mut |_, _| {})
}

type Bend = fn(Target, &crate::feeds::nflverse_games::GameRow, &RawData, f64) -> f64;

/// Each planted leak with the kinds it must be caught by when openers are bet, and those it may be caught by besides.
const PLANTED: [(&str, Bend, &[Kind], &[Kind]); 6] = [
    ("own result", cheats::own_result, &[Kind::OwnResult], &[]),
    ("closing line", cheats::closing_line, &[Kind::Close], &[]),
    (
        "actual quarterback",
        cheats::actual_quarterback,
        &[Kind::Quarterbacks],
        &[],
    ),
    ("observed wind", cheats::observed_wind, &[Kind::Weather], &[]),
    (
        "rating fitted on later seasons",
        cheats::later_seasons,
        &[Kind::LaterGames, Kind::LaterRemoved],
        // What it said of earlier seasons, and so its calibration, knew the decided week's results.
        &[Kind::OwnResult],
    ),
    (
        "full-sample normalisation",
        cheats::full_sample_scale,
        &[Kind::OwnResult, Kind::LaterGames, Kind::LaterRemoved, Kind::Close],
        &[],
    ),
];

/// Plants every leak and demands that it is caught by its kinds and by no strange ones, in the seat it was planted in.
fn catch_all(raw: &RawData, week: SeasonWeek) {
    for (name, bend, must, may) in PLANTED {
        let report = checked(raw, &cheats::table(bend), &[week], &[AsOf::Open]);
        let caught = caught(&report);
        assert!(must.iter().all(|kind| caught.contains(kind)), "{name}: {report}");
        let mut known = caught.iter();
        assert!(
            known.all(|kind| must.contains(kind) || may.contains(kind)),
            "{name}: {report}"
        );
        for (check, first) in report.leaks() {
            assert_eq!(first.seat.as_deref(), Some("cheat"), "{name}: {check:?}");
        }
    }
}

#[test]
fn every_planted_leak_is_caught_in_an_invented_league() {
    let first = SeasonWeek {
        season: league::SEASONS[0],
        week: 7,
    };
    catch_all(&league::league(1), first);
}

#[test]
fn what_is_known_at_the_close_is_no_leak_there() {
    let raw = league::league(1);
    let week = [league::week(2)];
    let at_close = checked(&raw, &cheats::table(cheats::closing_line), &week, &[AsOf::Close]);
    assert!(at_close.is_clean(), "{at_close}");
    assert!(at_close.checks.iter().any(|c| c.kind == Kind::Close), "{at_close}");
    for (bend, kind) in [
        (cheats::own_result as Bend, Kind::OwnResult),
        (cheats::observed_wind, Kind::Weather),
        (cheats::actual_quarterback, Kind::Quarterbacks),
    ] {
        let report = checked(&raw, &cheats::table(bend), &week, &[AsOf::Close]);
        assert_eq!(caught(&report), BTreeSet::from([kind]), "{report}");
    }
}

#[test]
fn the_roster_is_clean_in_an_invented_league() {
    let weeks = [5, 6].map(league::week);
    let mut told = Vec::new();
    let report = run(
        &league::league(1),
        &weeks,
        &[AsOf::Open, AsOf::Close],
        SEED,
        &mut |done, n| {
            told.push((done, n));
        },
    );
    assert!(report.is_clean(), "{report}");
    // Thursday, Sunday early, Sunday late and the postponed Tuesday game of week 5; three instants in week 6; two openers.
    assert_eq!(report.n_rounds, 2 + 4 + 3);
    assert_eq!(told.last(), Some(&(9 * Kind::ALL.len(), 9 * Kind::ALL.len())));
    let kinds: BTreeSet<Kind> = report.checks.iter().map(|c| c.kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL));
}

#[test]
fn a_report_survives_its_file_and_names_the_leak() {
    let raw = league::league(2);
    let report = checked(
        &raw,
        &cheats::table(cheats::own_result),
        &[league::week(2)],
        &[AsOf::Open],
    );
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<LeakReport>(&text).unwrap(), report);
    let shown = report.to_string();
    assert!(shown.contains("LEAKS IN 1\n"), "{shown}");
    assert!(
        shown.contains("LEAK own_result 2013 week 2 open") && shown.contains("seat cheat"),
        "{shown}"
    );
    assert_eq!(
        report,
        checked(
            &raw,
            &cheats::table(cheats::own_result),
            &[league::week(2)],
            &[AsOf::Open]
        )
    );
}

#[test]
fn a_slate_that_knows_too_much_is_found_before_any_mind_is_blamed() {
    // Openers of week 2 are no secret in week 2, so changing them must show, and in the slate.
    let raw = Arc::new(league::league(1));
    let imported = raw.import();
    let round = |week| plan(&imported.archive, league::week(week), AsOf::Open).remove(0);
    let horizon = Horizon::of(&raw, &imported.games, &round(1), AsOf::Open);
    let rng = super::stream(SEED, &round(1), Kind::LaterOpeners);
    let copy = Arc::new(perturb(&raw, Kind::LaterOpeners, &horizon, rng).0);
    let before = play(&raw, &imported.archive, &[], &round(2), AsOf::Open);
    let after = play(&copy, &copy.archive(), &[], &round(2), AsOf::Open);
    let first = before.first_difference(&after).unwrap();
    assert_eq!((first.part, first.seat), (Part::Slate, None));
    assert!(first.game.is_some_and(|game| game.starts_with("2013_02_")));
    assert!(
        first.field.starts_with("prices.0.") || first.field.starts_with("reference.0."),
        "{}",
        first.field
    );
    let gone = play(&raw, &Arc::default(), &[], &round(2), AsOf::Open);
    assert_eq!(before.first_difference(&gone).unwrap().part, Part::Slate);
    assert!(before.first_difference(&before).is_none());
}

#[test]
fn nothing_checked_is_not_clean() {
    let report = checked(&league::league(1), &super::roster(), &[], &[AsOf::Open]);
    assert!(!report.is_clean() && report.to_string().contains("nothing was checked"));
}
