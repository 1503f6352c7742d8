//! Of equals hardly ever is one benched; who is worse or better is found, and comes back by another bar.

use super::league::{Came, N_MEMBERS, play};
use super::*;
use rayon::prelude::*;

/// Leagues of each kind: a hundredth unless all are wanted.
fn n_leagues() -> u64 {
    if std::env::var_os("HUDDLE_FULL").is_some() {
        2_000
    } else {
        20
    }
}

fn leagues(edge: f64, first_seed: u64) -> Vec<Came> {
    let seeds = first_seed..first_seed + n_leagues();
    seeds.into_par_iter().map(|seed| play(edge, seed)).collect()
}

fn share(leagues: &[Came], what: impl Fn(&Came) -> bool) -> f64 {
    leagues.iter().filter(|came| what(came)).count() as f64 / leagues.len() as f64
}

#[test]
fn the_power_of_the_rule_is_printed_and_equals_are_seldom_benched() {
    let n = n_leagues();
    println!("{n} leagues a row, {N_MEMBERS} members, 272 games a season; share in % after 1, 3, 10 seasons");
    println!("edge  first promoted     first benched      any other promoted any other benched");
    let pct = |x: f64| format!("{:5.1}", 100.0 * x);
    let mut found = Vec::new();
    for (at, points) in [0, 2, 4, 8, -2, -4, -8].into_iter().enumerate() {
        let played = leagues(f64::from(points) / 100.0, 10_000 * at as u64);
        let row = |what: &dyn Fn(&Came, usize) -> bool| -> [f64; 3] {
            std::array::from_fn(|season| share(&played, |came| what(came, season)))
        };
        let columns = [
            row(&|c, s| c.promoted[s]),
            row(&|c, s| c.benched[s]),
            row(&|c, s| c.others_promoted[s] > 0),
            row(&|c, s| c.others_benched[s] > 0),
        ];
        let text: Vec<String> = columns.iter().map(|c| c.map(pct).join(" ")).collect();
        println!("{points:+4}  {}", text.join("  "));
        if points == 0 {
            let any = |came: &Came| came.benched[2] || came.others_benched[2] > 0;
            let raised = |came: &Came| came.promoted[2] || came.others_promoted[2] > 0;
            println!(
                "equal members: any benched {} %, any promoted {} %, any benched twice {} %",
                pct(share(&played, any)),
                pct(share(&played, raised)),
                pct(share(&played, |came| came.again))
            );
            assert!(share(&played, any) <= ALPHA, "false demotions");
            assert!(share(&played, raised) <= ALPHA, "false promotions");
        }
        found.push((points, columns));
    }
    let of = |points: i32| found.iter().find(|f| f.0 == points).map(|f| f.1).unwrap();
    assert!(
        of(8)[0][2] > 0.9 && of(-8)[1][2] > 0.9,
        "eight points show in ten seasons"
    );
    assert!(
        of(-8)[0][2] == 0.0 && of(8)[1][2] == 0.0,
        "nobody is taken for the contrary"
    );
}

fn after(scores: impl IntoIterator<Item = f64>, record: &mut Record) -> Vec<Changed> {
    let mut changes = Vec::new();
    for (at, score) in scores.into_iter().enumerate() {
        record.observe(score);
        if at % 16 == 15 {
            changes.extend(record.look());
        }
    }
    changes
}

#[test]
fn who_is_worse_is_warned_then_benched_and_comes_back_by_another_bar() {
    let mut record = Record::new(Bars { n_members: 11 });
    assert_eq!(
        (record.standing(), record.look(), record.mean()),
        (Standing::Full, None, None)
    );
    let worse = (0..600).map(|i| if i % 5 < 2 { 0.4 } else { -0.6 });
    let changes = after(worse, &mut record);
    let ways: Vec<Standing> = changes.iter().map(|c| c.to).collect();
    assert_eq!(ways, [Standing::Probation, Standing::Benched]);
    assert!(
        changes[1].n >= MIN_SCORES && changes[1].reason.contains("worse than the others"),
        "{changes:?}"
    );
    let alike = (0..4_000).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 });
    let changes = after(alike, &mut record);
    let ways: Vec<Standing> = changes.iter().map(|c| c.to).collect();
    assert_eq!(ways, [Standing::Probation, Standing::Full]);
    assert!(changes[0].reason.contains("not four points worse"), "{changes:?}");
    assert!(changes[1].n >= MIN_CALM);
}

#[test]
fn few_scores_change_nothing_and_each_change_costs_more() {
    let mut record = Record::new(Bars { n_members: 11 });
    let changes = after((0..200).map(|_| -0.5), &mut record);
    assert_eq!(changes.iter().map(|c| c.to).collect::<Vec<_>>(), [Standing::Probation]);
    assert_eq!(record.standing(), Standing::Probation);
    let bars = Bars { n_members: 11 };
    assert!((bars.decisive(0) - 275.0).abs() < 1e-9);
    assert!((bars.decisive(1) - 1_375.0).abs() < 1e-6);
    let spent: f64 = (0..60).map(|k| 11.0 / bars.decisive(k)).sum();
    assert!(
        (spent - ALPHA).abs() < 1e-9,
        "all changes together spend what there is: {spent}"
    );
    assert!(Bars { n_members: 0 }.decisive(0).is_finite());
}
