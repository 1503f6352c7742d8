//! The cycle on a made-up league with one true edge: it finds it, deploys it, bets it on later seasons, and a cycle that is
//! taken up again after any step ends as if it had never stopped.

use super::record::{ENSEMBLE, PRODUCTION, RANDOM, record};
use super::state::{Became, Candidate, CycleSpec, Left, Origin, Phase, State};
use super::*;
use crate::backtest::evolution::EvolutionSettings;
use crate::backtest::orchestrator::Standing;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::quote::Market;
use crate::engine::plan::Plan;
use crate::engine::sheet::{Candidate as Row, Key, Settled, SheetBuilder};
use crate::engine::sweep::sweep;
use crate::machine::drive;
use crate::strategy::feature::{Feature, Flag, Known, Source};
use crate::strategy::genetics::Vocabulary;
use chrono::{DateTime, TimeDelta};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// A hundred and sixty games a season; where `sharp` sees an edge of a point, its side wins with `p`.
fn league(p: f64, seasons: std::ops::RangeInclusive<u16>) -> Arc<Table> {
    let mut rng = Pcg64Mcg::new(5);
    let mut spread = SheetBuilder::new(Market::Spread);
    for season in seasons {
        for n in 0..400u32 {
            let edge: f64 = rng.random_range(-2.0..2.0);
            let (home_wins, noise) = (
                rng.random_bool(if edge.abs() < 1.0 { 0.5 } else { p }),
                rng.random_range(-2.0..2.0),
            );
            let home_won = home_wins == (edge > 0.0);
            let moved = 0.8 * edge.signum() * f64::from(u8::from(edge.abs() >= 1.0)) + rng.random_range(-1.5..1.5);
            let side = |sign: f64, won: bool| {
                let mut row = Row::default()
                    .with(Feature::Edge(Source::new("sharp").unwrap()), sign * edge)
                    .with(Feature::Edge(Source::new("noise").unwrap()), sign * noise)
                    .with(Feature::Week, f64::from(n / 20 + 1))
                    .with(Feature::Votes, if sign * edge > 0.0 { 5.0 } else { 1.0 })
                    .with(Feature::Against, if sign * edge > 0.0 { 1.0 } else { 5.0 })
                    .flagged(Flag::Home, sign > 0.0);
                row.settled = Some(if won { Settled::Win } else { Settled::Loss });
                row.line = Some(HalfPoints(6));
                row.clv = Some(sign * moved);
                row
            };
            let key = Key {
                game: GameId::new(&format!("{season}_{n:03}")),
                when: SeasonWeek {
                    season,
                    week: (n / 20 + 1) as u8,
                },
                kickoff: DateTime::UNIX_EPOCH + TimeDelta::hours(i64::from(season) * 9_000 + i64::from(n)),
            };
            spread.game(key, [side(1.0, home_won), side(-1.0, !home_won)]).unwrap();
        }
    }
    let sheets = [
        spread.build().unwrap(),
        SheetBuilder::new(Market::Total).build().unwrap(),
        SheetBuilder::new(Market::Moneyline).build().unwrap(),
    ];
    Arc::new(Table::new(Known::Open, sheets, 0).unwrap())
}

fn spec(table: &Table) -> CycleSpec {
    CycleSpec {
        seed: 3,
        first_test: 2013,
        last_test: 2015,
        n_iterations: 2,
        n_validators: 3,
        evolution: EvolutionSettings {
            n_generations: 3,
            n_children: 60,
            ..EvolutionSettings::default()
        },
        min_past: 5,
        biased: vec!["line taken".to_owned(), "edge(nobody)".to_owned()],
        n_validated_before: 0,
        seasons: season_facts(table),
        data_hash: "made up".to_owned(),
        table_hash: table.hash().to_owned(),
        code_version: "test".to_owned(),
    }
}

/// Three strategies drawn at random, as a stand-in for a swarm.
fn generated(order: &GenerateOrder) -> Generated {
    let vocabulary = Vocabulary::all(Known::Open, order.table.sources());
    let mut rng = Pcg64Mcg::new(order.name.len() as u128);
    let ideas = (0..3).map(|_| Candidate {
        strategy: vocabulary.draw(&mut rng),
        origin: Origin::Generated,
        author: "stand-in".to_owned(),
        parents: Vec::new(),
        score: None,
        training: None,
    });
    Generated {
        ideas: ideas.collect(),
        n_trained: 3,
    }
}

/// The three thresholds alone, as a stand-in for a swarm.
fn validated(order: &ValidateOrder) -> Validated {
    let plan = Plan::compile(&order.candidate.strategy, &order.table).unwrap();
    let mut standing = Standing {
        n_members: order.held.len() as u64,
        deflated: Some(0.95),
        ..Standing::default()
    };
    let mut refusals = Vec::new();
    let (mut units, mut clv) = (0i64, 0i64);
    for held in &order.held {
        let tally = sweep(&order.table, std::slice::from_ref(&plan), held)[0];
        standing.n_bets += u64::from(tally.n_bets);
        units += tally.profit_elevenths;
        clv += tally.clv_hundredths;
        if tally.roi_110().is_some_and(|roi| roi >= 0.05) && tally.win_rate().is_some_and(|p| p >= 0.53) {
            standing.n_approved += 1;
        } else {
            refusals.push(format!("roi: {:?}", tally.roi_110()));
        }
    }
    let n = standing.n_bets.max(1) as f64;
    standing.roi = Some((units as f64 / 11.0 / n).min(0.14));
    standing.clv = Some(clv as f64 / 100.0 / n);
    standing.approved = refusals.is_empty() && standing.n_members > 0;
    Validated { standing, refusals }
}

/// Runs a cycle from a state to its end, or until `stop` steps are stored; gives the last step and everything left behind.
fn run(table: &Arc<Table>, mut state: State, n_steps: u64, stop: Option<u64>) -> (State, u64, Vec<(Phase, Left)>) {
    let mut cycle = Cycle::default();
    let mut rng = Pcg64Mcg::new(0);
    let mut n = n_steps;
    let mut steps = Vec::new();
    let mut input = Input::Begin(Box::new(Begin {
        id: "c".to_owned(),
        spec: spec(table),
        state: state.clone(),
        n_steps,
        table: Arc::clone(table),
    }));
    loop {
        let effect = drive(&mut cycle, input, DateTime::UNIX_EPOCH, &mut rng).pop().unwrap();
        input = match effect {
            Effect::Generate(order) => Input::Generated(generated(&order)),
            Effect::Validate(order) => {
                assert_eq!(order.biased, ["line taken"], "of what is biased, what it uses");
                Input::Validated(Box::new(validated(&order)))
            }
            Effect::Store(step) => {
                assert_eq!(step.n, n + 1);
                (n, state) = (step.n, step.state.clone());
                steps.push((step.phase, step.left));
                if stop == Some(n) {
                    return (state, n, steps);
                }
                Input::Stored
            }
            Effect::Finished(last) => return (*last, n, steps),
        };
    }
}

#[test]
fn a_true_edge_is_deployed_and_bets_on_seasons_it_was_not_chosen_by() {
    let table = league(0.62, 2007..=2015);
    let (state, _, steps) = run(&table, State::new(), 0, None);
    assert_eq!((state.phase, state.judged.len()), (Phase::Finished, 3));
    let phases: Vec<Phase> = steps.iter().map(|(phase, _)| *phase).collect();
    for phase in [
        Phase::Generation,
        Phase::Backtest,
        Phase::Validation,
        Phase::Analysis,
        Phase::Evolution,
        Phase::Judgement,
    ] {
        assert!(phases.contains(&phase), "{phase} is missing");
    }
    let became = |b: Became| {
        steps
            .iter()
            .flat_map(|(_, l)| &l.changes)
            .filter(|c| c.became == b)
            .count()
    };
    assert!(became(Became::Deployed) >= 1 && became(Became::Rejected) >= 1);
    let lines = record(&state.judged, 1);
    let line = |name: &str| lines.iter().find(|l| l.name == name).unwrap();
    let production = line(PRODUCTION);
    assert!(
        production.n_bets > 200 && production.win_rate.rate.unwrap() > 0.55,
        "{production:?}"
    );
    assert_eq!(line(RANDOM).n_bets, line(ENSEMBLE).n_bets);
    assert!(line(RANDOM).win_rate.rate.unwrap() < 0.56);
    assert!(state.n_validated > 0 && state.n_trained > 300);
    let kinds: std::collections::BTreeSet<_> =
        steps.iter().flat_map(|(_, l)| &l.decisions).map(|d| d.kind).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}

#[test]
fn without_an_edge_nothing_is_deployed_and_the_record_says_so() {
    let (state, ..) = run(&league(0.5, 2007..=2015), State::new(), 0, None);
    assert_eq!(state.production, []);
    let lines = record(&state.judged, 1);
    assert_eq!(
        (lines[0].n_bets, lines[0].win_rate.rate, lines[0].clv.mean),
        (0, None, None)
    );
}

#[test]
fn taken_up_after_any_step_it_ends_the_same() {
    let table = league(0.62, 2007..=2014);
    let (whole, n_steps, _) = run(&table, State::new(), 0, None);
    let whole = serde_json::to_string(&whole).unwrap();
    for stop in 1..n_steps {
        let (half, n, _) = run(&table, State::new(), 0, Some(stop));
        // What a database keeps is text.
        let kept: State = serde_json::from_str(&serde_json::to_string(&half).unwrap()).unwrap();
        let (end, ..) = run(&table, kept, n, None);
        assert_eq!(
            serde_json::to_string(&end).unwrap(),
            whole,
            "stopped after step {stop} of {n_steps}"
        );
    }
}

#[test]
fn too_short_a_past_is_judged_without_strategies() {
    let table = league(0.62, 2012..=2014);
    let mut short = spec(&table);
    short.min_past = 1;
    let mut cycle = Cycle::default();
    let mut rng = Pcg64Mcg::new(0);
    let begin = Begin {
        id: "c".to_owned(),
        spec: short,
        state: State::new(),
        n_steps: 0,
        table,
    };
    let effects = drive(
        &mut cycle,
        Input::Begin(Box::new(begin)),
        DateTime::UNIX_EPOCH,
        &mut rng,
    );
    let [Effect::Store(step)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (step.phase, step.state.phase, step.season),
        (Phase::Periods, Phase::Judgement, Some(2013))
    );
}
