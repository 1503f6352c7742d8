//! The fewest instants, against brute force; what goes first when credits are short; and the real season where present.

use super::stab::{Window, stab, windows};
use super::*;
use crate::domain::calendar::eastern;
use crate::feeds::nflverse_games;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn game(n: usize, kickoff: DateTime<Utc>) -> Scheduled {
    Scheduled {
        game: GameId::new(&format!("g{n}")),
        kickoff,
    }
}

/// An invented week: Thursday, Sunday early, late twice, night, and Monday.
fn week() -> Vec<Scheduled> {
    let kickoffs = [
        ("2026-12-11T01:20:00Z", 1),
        ("2026-12-13T18:00:00Z", 8),
        ("2026-12-13T21:05:00Z", 2),
        ("2026-12-13T21:25:00Z", 2),
        ("2026-12-14T01:20:00Z", 1),
        ("2026-12-15T01:15:00Z", 1),
    ];
    let games = kickoffs.iter().flat_map(|(kickoff, n)| (0..*n).map(|_| at(kickoff)));
    games.enumerate().map(|(n, kickoff)| game(n, kickoff)).collect()
}

fn from() -> DateTime<Utc> {
    at("2026-12-08T16:00:00Z")
}

fn until() -> DateTime<Utc> {
    at("2026-12-15T16:00:00Z")
}

fn plan(settings: PrefetchSettings, available: u32) -> FetchPlan {
    PredictivePrefetcher::new(settings).plan(&week(), from(), until(), available)
}

/// Games of which some fetch lies within the window of a look.
fn looked_at(plan: &FetchPlan, games: &[Scheduled], span: Span) -> BTreeSet<GameId> {
    let minutes = |n: u32| TimeDelta::minutes(i64::from(n));
    let hit = |game: &&Scheduled| {
        let (start, end) = (
            game.kickoff - minutes(span.earliest_min),
            game.kickoff - minutes(span.latest_min),
        );
        plan.fetches.iter().any(|f| start <= f.at && f.at <= end)
    };
    games.iter().filter(hit).map(|g| g.game.clone()).collect()
}

#[test]
fn a_week_costs_what_the_template_says() {
    let settings = PrefetchSettings::default();
    let plan = plan(settings, 500);
    assert_eq!(plan.dropped, []);
    let pregame: Vec<_> = plan.fetches.iter().filter(|f| !f.games.is_empty()).collect();
    assert_eq!(
        pregame.len(),
        15,
        "three for each of five kickoffs: 16:05 and 16:25 share theirs"
    );
    assert_eq!(
        (plan.n_calls, plan.credits),
        (21, 63),
        "noon on Sunday is an hour before 13:00"
    );
    for span in [settings.two_hours, settings.one_hour, settings.half_hour] {
        assert_eq!(looked_at(&plan, &week(), span).len(), 15);
    }
    let sunday = plan.fetches.iter().find(|f| f.games.len() == 8).unwrap();
    assert_eq!(
        (sunday.at, sunday.latest),
        (at("2026-12-13T16:00:00Z"), at("2026-12-13T16:25:00Z"))
    );
    let late = plan.fetches.iter().rfind(|f| f.games.len() == 4).unwrap();
    assert_eq!(
        (late.at, late.latest),
        (at("2026-12-13T20:53:00Z"), at("2026-12-13T20:55:00Z")),
        "two minutes are left to repeat it"
    );
    assert_eq!(
        (late.priority, late.kickoff),
        (Priority::Critical, Some(at("2026-12-13T21:05:00Z")))
    );
    let opener = &plan.fetches[0];
    assert_eq!(
        (opener.at, &opener.reason),
        (at("2026-12-08T17:00:00Z"), &FetchReason::Opener)
    );
    assert_eq!(opener.at, eastern("2026-12-08T12:00:00".parse().unwrap()));
}

#[test]
fn what_is_committed_shrinks_as_time_goes() {
    let plan = plan(PrefetchSettings::default(), 500);
    assert_eq!(plan.committed(from(), until()), plan.credits);
    let first = plan.fetches[0].at;
    assert_eq!(plan.committed(first, until()), plan.credits - 3);
    assert_eq!(plan.committed(until(), until()), 0);
    assert_eq!(plan.next(first), plan.fetches.get(1));
    assert_eq!(plan.next(until()), None);
}

#[test]
fn the_ladder_drops_in_its_order_and_says_so() {
    let settings = PrefetchSettings::default();
    let beside = 500 - PredictivePrefetcher::new(settings).envelope(from(), until(), 500);
    assert_eq!(beside, 50 + 11 + 7, "the reserve whole, the shares of a week");
    let kinds = |plan: &FetchPlan| -> Vec<FetchReason> { plan.dropped.iter().map(|d| d.what.clone()).collect() };
    let two = || FetchReason::Pregame(vec![Lead::TwoHours]);
    assert_eq!(kinds(&plan(settings, beside + 63)), []);
    let short = plan(settings, beside + 60);
    assert_eq!(kinds(&short), [two()]);
    assert_eq!(
        short.dropped[0].reason,
        "the plan costs 63 credits, 60 may be spent on it"
    );
    assert_eq!(
        short.dropped[0].games,
        [GameId::new("g14")],
        "Monday's: one game, and the last"
    );
    for available in 0..=beside + 70 {
        let plan = plan(settings, available);
        assert!(plan.credits <= available, "{available}");
        let saved: u32 = plan.dropped.iter().map(|d| d.credits).sum();
        assert_eq!(plan.credits + saved, 63, "{available}: every credit is accounted for");
        let half = looked_at(&plan, &week(), settings.half_hour).len();
        assert!(half == 15 || available < 10, "{available}: {half} closing lines");
        let hour = looked_at(&plan, &week(), settings.one_hour).len();
        let market = kinds(&plan).contains(&FetchReason::Market);
        assert!(
            hour == 15 || market,
            "{available}: a market goes before the look an hour before"
        );
    }
    assert_eq!(plan(settings, 0).fetches, []);
}

#[test]
fn without_games_there_is_nothing_to_fetch() {
    let planner = PredictivePrefetcher::default();
    assert_eq!(planner.plan(&[], from(), until(), 500), FetchPlan::default());
    let last_week = planner.plan(&week(), until(), at("2027-06-01T00:00:00Z"), 500);
    assert_eq!(last_week, FetchPlan::default());
    let backwards = planner.plan(&week(), until(), from(), 500);
    assert_eq!(backwards.fetches, []);
}

#[test]
fn a_plan_made_late_has_what_is_left() {
    let now = at("2026-12-13T17:45:00Z");
    let plan = PredictivePrefetcher::default().plan(&week(), now, until(), 500);
    assert_eq!(plan.fetches[0].at, now, "the closing line can still be had, at once");
    assert_eq!(plan.fetches[0].latest, at("2026-12-13T17:50:00Z"));
}

fn real_fixtures() -> Option<Vec<Fixture>> {
    let folder = std::env::var_os("HUDDLE_NFL_DATA").map_or_else(|| PathBuf::from("../shared/nfl"), PathBuf::from);
    let path = folder.join("games.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!(
            "skipped: {} is absent; HUDDLE_NFL_DATA names its folder",
            path.display()
        );
        return None;
    };
    let facts = nflverse_games::read(&bytes).unwrap();
    Some(facts.games.into_iter().map(|g| g.fixture).collect())
}

#[test]
fn december_2019_fits_a_free_account_with_every_closing_line() {
    let Some(fixtures) = real_fixtures() else { return };
    let games: Vec<Scheduled> = fixtures.iter().map(Scheduled::from).collect();
    let settings = PrefetchSettings::default();
    let (from, until) = (at("2019-12-01T00:00:00Z"), at("2020-01-01T00:00:00Z"));
    let plan = PredictivePrefetcher::new(settings).plan(&games, from, until, 500);
    let month: Vec<Scheduled> = games
        .iter()
        .filter(|g| g.kickoff >= from && g.kickoff < until)
        .cloned()
        .collect();
    let closed = looked_at(&plan, &month, settings.half_hour).len();
    println!(
        "December 2019: {} games, {} with a T-30m fetch, {} calls, {} credits, {} dropped",
        month.len(),
        closed,
        plan.n_calls,
        plan.credits,
        plan.dropped.len()
    );
    assert!(plan.credits <= 450);
    assert_eq!(closed, month.len());
    assert_eq!(plan.dropped, []);
}

#[test]
fn the_season_of_2019_by_the_fewest_calls() {
    let Some(fixtures) = real_fixtures() else { return };
    let season = fixtures
        .iter()
        .filter(|f| f.when.season == 2019 && f.phase == crate::domain::game::Phase::Regular);
    let games: Vec<Scheduled> = season.map(Scheduled::from).collect();
    let kickoffs: BTreeSet<_> = games.iter().map(|g| g.kickoff).collect();
    let settings = PrefetchSettings {
        baseline: false,
        ..PrefetchSettings::default()
    };
    let (from, until) = (at("2019-09-01T00:00:00Z"), at("2020-02-01T00:00:00Z"));
    let plan = PredictivePrefetcher::new(settings).plan(&games, from, until, u32::MAX);
    println!(
        "2019: {} games, {} kickoffs, {} stab calls",
        games.len(),
        kickoffs.len(),
        plan.n_calls
    );
    assert_eq!(games.len(), 256);
    assert!(plan.n_calls < 3 * kickoffs.len());
    for span in [settings.two_hours, settings.one_hour, settings.half_hour] {
        assert_eq!(looked_at(&plan, &games, span).len(), 256);
    }
}

/// The fewest right ends that hit every window, by trying all sets of them.
fn fewest(windows: &[Window]) -> u32 {
    let ends: Vec<_> = windows.iter().map(|w| w.end).collect();
    let hits = |set: u32| {
        windows.iter().all(|w| {
            let mut chosen = ends.iter().enumerate().filter(|(i, _)| set & (1 << i) != 0);
            chosen.any(|(_, end)| w.start <= *end && *end <= w.end)
        })
    };
    (0..1u32 << ends.len())
        .filter(|set| hits(*set))
        .map(u32::count_ones)
        .min()
        .unwrap()
}

proptest! {
    #[test]
    fn no_set_of_fewer_instants_hits_every_window(minutes in proptest::collection::vec(0i64..600, 0..4)) {
        let kickoffs: BTreeSet<_> = minutes.iter().map(|m| from() + TimeDelta::days(1) + TimeDelta::minutes(*m)).collect();
        let windows = windows(&PrefetchSettings::default(), kickoffs.iter(), from(), until());
        let stabs = stab(&windows);
        prop_assert_eq!(stabs.len(), fewest(&windows) as usize);
        prop_assert_eq!(stabs.iter().map(|s| s.windows.len()).sum::<usize>(), windows.len());
        for stab in &stabs {
            prop_assert!(stab.windows.iter().all(|w| w.start <= stab.at() && stab.at() <= w.end));
        }
    }

    #[test]
    fn every_look_is_planned_or_dropped_with_a_reason(
        minutes in proptest::collection::vec(0i64..10_000, 0..20),
        late in 0i64..10_000,
        available in 0u32..400,
    ) {
        let games: Vec<_> = minutes.iter().enumerate().map(|(n, m)| game(n, from() + TimeDelta::minutes(*m))).collect();
        let now = from() + TimeDelta::minutes(late);
        let planner = PredictivePrefetcher::default();
        let plan = planner.plan(&games, now, until(), available);
        prop_assert!(plan.credits <= available);
        prop_assert_eq!(plan.credits, plan.committed(now - TimeDelta::seconds(1), until()));
        prop_assert!(plan.fetches.is_sorted_by_key(|f| f.at));
        prop_assert!(plan.fetches.iter().all(|f| now <= f.at && f.at <= f.latest));
        let settings = PrefetchSettings::default();
        for (lead, span) in Lead::ALL.into_iter().zip([settings.two_hours, settings.one_hour, settings.half_hour]) {
            let hit = looked_at(&plan, &games, span);
            for game in &games {
                let end = game.kickoff - TimeDelta::minutes(i64::from(span.latest_min));
                let dropped = plan.dropped.iter().any(|d| {
                    d.games.contains(&game.game) && matches!(&d.what, FetchReason::Pregame(leads) if leads.contains(&lead))
                });
                prop_assert!(end < now || end >= until() || dropped || hit.contains(&game.game));
            }
        }
        let same = planner.plan(&games.iter().rev().cloned().collect::<Vec<_>>(), now, until(), available);
        prop_assert_eq!(same, plan);
    }
}
