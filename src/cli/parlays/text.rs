//! The printed form of `huddle parlays`: what was mined, what was tried, what is left, the joint prices, and what none of
//! it knows.

use super::{Answer, Tested};
use crate::domain::price::Decimal;
use crate::market::odds::nearest_american;
use crate::parlay::items::Item;
use crate::parlay::validate::{FamilyVerdict, Pattern};
use crate::stats::estimate::Rate;
use comfy_table::{Table, presets};
use std::io::{self, Write};

pub(super) fn print(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    let v = &answer.verdict;
    writeln!(
        out,
        "PARLAYS  found on {} ({} games), tried on {} ({} games), lines of the {}; {} games without lines left out",
        answer.train, v.n_train, answer.hold_out, v.n_held, answer.as_of, answer.n_without_line
    )?;
    writeln!(
        out,
        "\nMINED  {} sets of facts in at least {} games, {} rules of 60% or more; outcomes the facts tell most about:",
        answer.n_sets, answer.min_count, answer.n_rules
    )?;
    for d in &answer.described {
        let share = format!(
            "{} of {}, {:.1}%, lift {:.2}",
            d.n_both,
            d.n_given,
            d.confidence * 100.0,
            d.lift
        );
        writeln!(out, "  {} -> {}: {share}", joined(&d.given), joined(&d.follows))?;
    }
    writeln!(
        out,
        "\nTRIED  {} conditions known before kickoff, each with eight bets",
        v.n_conditions
    )?;
    writeln!(out, "{}", families(&v.families))?;
    if answer.nothing_survives {
        writeln!(
            out,
            "\nNothing survives: no pattern stands on the seasons held back once all that were tried are paid for. The best in \
             training, to see what luck looks like:"
        )?;
        patterns(out, &v.best_in_training)?;
    } else {
        writeln!(out, "\nSURVIVORS  {}", v.survivors.len())?;
        patterns(out, &v.survivors)?;
    }
    writeln!(
        out,
        "\nTEMPLATES  two legs on one game, counted on {}; a game with a leg on its line is left out, for that leg drops out",
        answer.train
    )?;
    writeln!(out, "{}", table(&answer.templates))?;
    writeln!(out, "\nNOT KNOWN")?;
    for line in &answer.unknown {
        writeln!(out, "  {line}")?;
    }
    writeln!(
        out,
        "\n{} different looks at seasons after 2017 so far",
        answer.n_trials
    )
}

fn joined(items: &[Item]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

fn chance(p: Option<f64>) -> String {
    p.map_or("-".to_owned(), |p| format!("{p:.3}"))
}

fn rate(rate: Rate) -> String {
    match (rate.rate, rate.wilson95) {
        (Some(r), Some(i)) => {
            let (low, high) = (i.low.get() * 100.0, i.high.get() * 100.0);
            format!("{:.1}% [{low:.1}, {high:.1}] n {}", r * 100.0, rate.n)
        }
        _ => "-".to_owned(),
    }
}

fn families(families: &[FamilyVerdict]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "bets",
        "tried",
        "p < .01",
        "stand",
        "family p",
        "tried later",
        "stand later",
        "family p later",
        "the p < .01 later",
        "needed",
    ]);
    for f in families {
        table.add_row([
            f.family.name().to_owned(),
            f.n_tried.to_string(),
            f.n_striking.to_string(),
            f.n_significant.to_string(),
            chance(f.reality_check),
            f.n_tried_held.to_string(),
            f.n_significant_held.to_string(),
            chance(f.reality_check_held),
            rate(f.striking_held),
            format!("{:.1}%", f.break_even * 100.0),
        ]);
    }
    table
}

fn patterns(out: &mut dyn Write, patterns: &[Pattern]) -> io::Result<()> {
    for p in patterns {
        writeln!(out, "  {} -> {}", joined(&p.given), p.bet)?;
        writeln!(
            out,
            "    training {} p {:.4}; later {} p {:.3} q {:.3}",
            rate(p.train.rate()),
            p.p_train,
            rate(p.held.rate()),
            p.p_held,
            p.q_held
        )?;
    }
    Ok(())
}

fn price(price: Option<Decimal>) -> String {
    price.map_or("-".to_owned(), |p| format!("{} {}", nearest_american(p), p))
}

fn table(templates: &[Tested]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "games",
        "legs",
        "n",
        "joint",
        "95%",
        "if independent",
        "correlation",
        "fair",
        "at least",
        "later",
    ]);
    for Tested { template: t, held } in templates {
        let percent = |p: f64| format!("{:.1}", p * 100.0);
        let [joint, correlation] = [
            t.p_joint_ci95
                .map(|[a, b]| format!("[{}, {}]", percent(a.get()), percent(b.get()))),
            t.correlation_ci95.map(|[a, b]| format!(" [{a:+.2}, {b:+.2}]")),
        ];
        table.add_row([
            t.class.name().to_owned(),
            format!("{} + {}", t.team.name(), t.total.name()),
            t.n.to_string(),
            format!("{}%", percent(t.p_joint.get())),
            joint.unwrap_or_default(),
            format!("{}%", percent(t.p_independent.get())),
            format!("{:+.2}{}", t.correlation, correlation.unwrap_or_default()),
            price(t.fair),
            price(t.least),
            rate(held.joint),
        ]);
    }
    table
}
