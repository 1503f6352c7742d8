//! The report over nothing, and over real seasons the parameters were chosen on. Later seasons are never looked at here:
//! they are the judge, and every look is a counted trial.

use super::*;
use crate::agents::specialists::data_engineer::{AsOf, plan, slate};
use crate::agents::specialists::risk_manager::RiskLimits;
use crate::backtest::host::BareHost;
use crate::domain::game::Game;
use crate::domain::money::Cents;
use crate::feeds::{Times, nflverse_games, openers};
use crate::minds::quant::ROSTER;
use crate::protocol::question::{Exposure, RoundId};
use crate::swarms::pool::PoolSettings;
use crate::swarms::round::Convene;

/// The last season any test here may see.
const LAST: u16 = 2017;

/// Games, closes and openers of seasons up to `last`; `None` with a printed reason where the files are absent.
fn archive(first: u16, last: u16) -> Option<Arc<Archive>> {
    assert!(last <= LAST);
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let file = |name: &str| {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::read(&path)
            .inspect_err(|e| println!("skipped: {}: {e}; set HUDDLE_NFL_DATA", path.display()))
            .ok()
    };
    let facts = nflverse_games::read(&file("games.csv")?).unwrap();
    let times = |g: &Game| Times {
        opens_at: g.fixture.opens_at,
        kickoff: g.fixture.kickoff,
    };
    let by_id = facts.games.iter().map(|g| (g.fixture.id.clone(), times(g))).collect();
    let open = openers::read(&file("openers.csv")?, &by_id).unwrap();
    let seasons = first..=last;
    let games = facts
        .games
        .into_iter()
        .filter(|g| seasons.contains(&g.fixture.when.season));
    let quotes = facts.quotes.into_iter().chain(open.quotes).collect();
    // Quotes of games that are not stored are left out by the archive.
    Some(Arc::new(Archive::new(games.collect(), quotes)))
}

/// Plays seasons with the shipped roster, each week at its openers.
fn play(archive: &Arc<Archive>, seasons: &[u16]) -> Vec<Round> {
    let mut host = BareHost::new(
        &ROSTER,
        PoolSettings::default(),
        RiskLimits::default(),
        Pcg64Mcg::new(1),
    );
    let mut rounds = Vec::new();
    for when in archive.weeks().into_iter().filter(|w| seasons.contains(&w.season)) {
        for planned in plan(archive, when, AsOf::Open) {
            let view = archive.as_of(planned.at);
            let convene = Convene {
                round: RoundId(format!("{when}")),
                when,
                basis: AsOf::Open.basis(),
                slate: slate(&planned, &view, AsOf::Open, None),
                view,
                bankroll: Cents(100_000),
                exposure: Exposure::default(),
                guidance: std::sync::Arc::default(),
            };
            rounds.push(host.hold(convene).expect("a round always ends"));
        }
    }
    rounds
}

fn options(seasons: &[u16]) -> ReportOptions {
    ReportOptions {
        seed: 7,
        seasons: seasons.to_vec(),
        n_trials: 1,
        data_hash: "d4".to_owned(),
        code_version: "test".to_owned(),
        ..ReportOptions::default()
    }
}

/// No NaN or infinity in the text; and in JSON, where a NaN would be written as null, every number that must be one is.
fn has_only_numbers(report: &Report) -> String {
    let text = render_text(report, 110);
    for bad in ["NaN", "nan", "inf", "null", "-0.0 "] {
        assert!(!text.contains(bad), "{bad} in\n{text}");
    }
    assert!(
        text.lines().all(|l| l.chars().count() <= 110),
        "wider than 110 columns:\n{text}"
    );
    let json = serde_json::to_string(report).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(back, *report);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema_version"], 1);
    text
}

#[test]
fn an_empty_report_is_defined() {
    let archive = Arc::new(Archive::default());
    let report = Report::of(&[], &archive, options(&[2018]));
    let text = has_only_numbers(&report);
    assert!(
        text.contains("No games.") && text.contains("nothing in this report is evidence"),
        "{text}"
    );
    assert_eq!(
        (report.needed.n_have, report.needed.n_more),
        (0, report.needed.n_needed)
    );
    assert_eq!(report.judged.headline.all.win_rate.rate, None);
    // A block without bets still renders every table.
    let mut report = report;
    report.judged.n_games = 1;
    let text = render_text(&report, 110);
    assert!(text.contains("n/a") && !text.contains("NaN"), "{text}");
}

#[test]
fn opening_and_closing_lines_reproduce_the_anchors() {
    let Some(archive) = archive(1999, LAST) else { return };
    let seasons: Vec<u16> = (2009..=LAST).collect();
    let rows = market_accuracy(&archive, &seasons, &Bootstrap::new(Pcg64Mcg::new(1)));
    let row = |name| rows.iter().find(|r| r.name == name).unwrap();
    // quant.md, 2009-17: MAE and Brier of the opening and closing spread, Brier of the closing moneyline.
    for (name, mae, brier) in [(Name::OpeningLine, 10.486, 0.2124), (Name::ClosingLine, 10.399, 0.2105)] {
        let got = row(name.clone());
        println!("{name:?}: MAE {:?} Brier {:?}", got.margin_mae, got.brier);
        assert_eq!(got.margin_mae.n, 2_403);
        assert!((got.margin_mae.mean.unwrap() - mae).abs() < 0.02, "{got:?}");
        assert!((got.brier.mean.unwrap() - brier).abs() < 0.0015, "{got:?}");
        let [low, high] = got.margin_mae.ci95.unwrap();
        assert!(low < mae && mae < high && high - low < 1.2, "{got:?}");
    }
    let moneyline = row(Name::ClosingMoneyline).brier;
    assert!((moneyline.mean.unwrap() - 0.2097).abs() < 0.0015, "{moneyline:?}");
    assert_eq!(row(Name::ClosingLine).brier_minus_close.mean, Some(0.0));
}

#[test]
fn a_season_the_parameters_know_is_reported_whole() {
    let Some(archive) = archive(2013, 2016) else { return };
    let rounds = play(&archive, &[2016]);
    let report = Report::of(&rounds, &archive, options(&[2016]));
    let text = has_only_numbers(&report);
    println!("{text}");
    assert_eq!(
        report,
        Report::of(&rounds, &archive, options(&[2016])),
        "the same again"
    );
    assert_eq!((report.judged.n_games, report.chosen_here.n_games), (0, 267));
    let block = &report.chosen_here;
    let all = &block.headline.all;
    let parts = |records: &[Record]| records.iter().map(|r| r.bets).sum::<u64>();
    assert!(all.bets > 0 && all.open == 0);
    assert_eq!(
        (parts(&block.headline.by_market), parts(&block.headline.by_season)),
        (all.bets, all.bets)
    );
    let n_passes: u64 = block.passes.iter().map(|p| p.n).sum();
    let n_decisions: usize = rounds.iter().map(|r| r.decisions.len()).sum();
    assert_eq!(n_passes + all.bets, n_decisions as u64);
    for sides in &block.sides {
        // The two fixed sides mirror each other, in wins and in closing line value.
        let pair = match sides.market {
            Market::Total => ["always over", "always under"],
            Market::Spread | Market::Moneyline => ["always home", "always away"],
        };
        let [a, b] = pair.map(|name| sides.row(name).unwrap());
        assert_eq!(
            (a.n, a.tally.wins, a.tally.pushes),
            (267, b.tally.losses, b.tally.pushes)
        );
        assert!((a.clv_points.mean.unwrap() + b.clv_points.mean.unwrap()).abs() < 1e-12);
    }
    // Rounds held twice are counted once, and said.
    let mut twice = rounds.clone();
    twice.extend(rounds.iter().take(1).cloned());
    let repeated = Report::of(&twice, &archive, options(&[2016]));
    assert_eq!(repeated.chosen_here, report.chosen_here);
    assert_eq!(
        repeated.provenance.n_repeated_games,
        rounds[0].convened.slate.len() as u64
    );
    // A season after the last one parameters were chosen on is judged.
    let frozen_before = ReportOptions {
        frozen_through: 2015,
        ..options(&[2016])
    };
    let judged = Report::of(&rounds, &archive, frozen_before);
    assert_eq!((judged.judged.n_games, judged.chosen_here.n_games), (267, 0));
    assert_eq!(judged.needed.n_have, all.win_rate.n);
    assert!(
        judged.verdict_lines.iter().all(|l| l.starts_with("[judged]")),
        "{:?}",
        judged.verdict_lines
    );
}
