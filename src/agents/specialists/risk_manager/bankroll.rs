//! The risk manager's figures: what the bankroll went through, and what may become of it if the season is played again.

use super::super::booked::{Booked, ended};
use super::super::grading::Outcome;
use super::super::stock::{Figures, Stock, stream};
use super::CARD;
use crate::domain::game::SeasonWeek;
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::money::Cents;
use crate::domain::probability::Probability;
use crate::stats::deflated::Shape;
use crate::stats::equity::Equity;
use crate::stats::estimate::Rate;
use crate::stats::interval::Z975;
use crate::stats::paths::{Futures, PathBet, play_out};
use crate::stats::risk::historical;
use chrono::{DateTime, Utc};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

/// What the risk manager takes stock of.
#[derive(Clone, Debug, PartialEq)]
pub struct Appraisal {
    /// The bets of one paper book, in any order.
    pub bets: Vec<Booked>,
    /// The bankroll at the start.
    pub bankroll: Cents,
    /// What all draws are made from: the same question has the same answer, whoever was restarted meanwhile.
    pub seed: u64,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// Orders of weeks that are drawn for the drawdown's interval: its ends settle to a tenth of a percent.
const N_DRAWS: usize = 1_000;
/// Fewer weeks are no sample of weeks.
const MIN_WEEKS: usize = 5;
/// Futures that are played: a chance of ruin of 1% is known to a tenth of it.
const N_PATHS: usize = 10_000;
/// Most bets of a future: three seasons of them.
const MAX_BETS: usize = 2_000;
/// The level of value at risk.
const LEVEL: f64 = 0.95;

const NO_BETS: &str = "no bet of this book was graded yet";

/// The figures.
pub(super) fn stock(appraisal: &Appraisal) -> Stock {
    let rng = &mut stream(appraisal.seed);
    let figures = Figures {
        agent: CARD.role,
        at: appraisal.now,
    };
    let ended = ended(&appraisal.bets);
    let mut weeks: BTreeMap<SeasonWeek, Vec<Cents>> = BTreeMap::new();
    for (bet, ending) in &ended {
        weeks.entry(bet.when).or_default().push(ending.profit);
    }
    let weeks: Vec<Vec<Cents>> = weeks.into_values().collect();
    let weekly = returns(&weeks, appraisal.bankroll);
    let mut kpis = vec![
        drawdown(&weeks, appraisal.bankroll, figures, rng),
        sharpe(&weekly, figures),
        win_loss(ended.iter().map(|(_, e)| e.outcome), figures),
    ];
    let tail = historical(&weekly, Probability::clamped(LEVEL));
    let n = weekly.len() as u64;
    let of = |pick: fn(&crate::stats::risk::TailLoss) -> f64| tail.as_ref().map(pick);
    kpis.push(figures.maybe("var95_week", Unit::Share, (of(|t| t.var), n, None), NO_BETS));
    kpis.push(figures.maybe("cvar95_week", Unit::Share, (of(|t| t.cvar), n, None), NO_BETS));
    kpis.push(ruin(&appraisal.bets, appraisal.bankroll, figures, rng));
    Stock {
        kpis,
        ..Stock::default()
    }
}

fn curve<'a>(weeks: impl Iterator<Item = &'a Vec<Cents>>, bankroll: Cents) -> Vec<f64> {
    let mut now = bankroll;
    let after = weeks.flatten().map(|profit| {
        now += *profit;
        now.as_units()
    });
    std::iter::once(bankroll.as_units()).chain(after).collect()
}

/// Each week's profit as a share of the bankroll at its start; up to the week that leaves nothing.
fn returns(weeks: &[Vec<Cents>], bankroll: Cents) -> Vec<f64> {
    let mut now = bankroll;
    let mut returns = Vec::with_capacity(weeks.len());
    for week in weeks {
        if now <= Cents::ZERO {
            break;
        }
        let profit: Cents = week.iter().copied().sum();
        returns.push(profit.0 as f64 / now.0 as f64);
        now += profit;
    }
    returns
}

/// The deepest fall of the bankroll, bet by bet, as a share of its highest point so far. Its interval is that of weeks drawn
/// with replacement in the order drawn: what other orders and mixtures of the same weeks would have shown.
fn drawdown(weeks: &[Vec<Cents>], bankroll: Cents, figures: Figures, rng: &mut Pcg64Mcg) -> Kpi {
    let n = weeks.iter().map(Vec::len).sum::<usize>() as u64;
    if n == 0 {
        return figures.none("max_drawdown", Unit::Share, 0, NO_BETS);
    }
    let deepest = |curve: &[f64]| Equity::of(curve).max_drawdown;
    let value = deepest(&curve(weeks.iter(), bankroll));
    let interval = (weeks.len() >= MIN_WEEKS).then(|| {
        let mut draws: Vec<f64> = (0..N_DRAWS)
            .map(|_| {
                let drawn: Vec<&Vec<Cents>> = (0..weeks.len())
                    .map(|_| &weeks[rng.random_range(0..weeks.len())])
                    .collect();
                deepest(&curve(drawn.into_iter(), bankroll))
            })
            .collect();
        draws.sort_by(f64::total_cmp);
        [draws[N_DRAWS / 40], draws[N_DRAWS - 1 - N_DRAWS / 40]]
    });
    figures.value("max_drawdown", Unit::Share, value, n, interval)
}

/// Mean over standard deviation of weekly returns, not scaled to a year, with the standard error of Mertens (2002):
/// `sqrt((1 - g3 S + (g4 - 1) / 4 S^2) / (n - 1))`.
fn sharpe(weekly: &[f64], figures: Figures) -> Kpi {
    let n = weekly.len() as u64;
    let Some(shape) = Shape::of(weekly) else {
        return figures.none("sharpe", Unit::Ratio, n, "fewer than two weeks with bets, or all alike");
    };
    let s = shape.sharpe;
    let spread = 1.0 - shape.skewness * s + (shape.kurtosis - 1.0) / 4.0 * s * s;
    let se = (spread.max(0.0) / (shape.n_periods - 1) as f64).sqrt();
    figures.value("sharpe", Unit::Ratio, s, n, Some([s - Z975 * se, s + Z975 * se]))
}

/// Wins over losses; its interval is that of the win rate, which rises with it.
fn win_loss(outcomes: impl Iterator<Item = Outcome>, figures: Figures) -> Kpi {
    let (mut wins, mut losses) = (0u64, 0u64);
    for outcome in outcomes {
        wins += u64::from(outcome == Outcome::Win);
        losses += u64::from(outcome == Outcome::Loss);
    }
    let n = wins + losses;
    if losses == 0 {
        let why = if n == 0 { NO_BETS } else { "no bet was lost yet" };
        return figures.none("win_loss_ratio", Unit::Ratio, n, why);
    }
    let odds = |p: f64| p / (1.0 - p);
    let ends = Rate::of(wins, n)
        .wilson95
        .map(|i| [odds(i.low.get()), odds(i.high.get())]);
    figures.value("win_loss_ratio", Unit::Ratio, wins as f64 / losses as f64, n, ends)
}

/// The chance that the bankroll halves at some time when the same bets are made again, each winning as often as it was said
/// to: Monte Carlo over [`N_PATHS`] futures. A table that overrates its edges underrates this.
fn ruin(bets: &[Booked], bankroll: Cents, figures: Figures, rng: &mut Pcg64Mcg) -> Kpi {
    let name = "half_bankroll_chance";
    if bets.is_empty() || bankroll <= Cents::ZERO {
        return figures.none(name, Unit::Share, 0, "no bet was made yet");
    }
    let path = |bet: &Booked| PathBet {
        win: bet.p_win,
        push: Probability::clamped(bet.p_push.get().min(1.0 - bet.p_win.get())),
        price: bet.price.decimal(),
        fraction: (bet.stake.0 as f64 / bankroll.0 as f64).clamp(0.0, 1.0),
    };
    let newest = &bets[bets.len().saturating_sub(MAX_BETS)..];
    let futures = Futures {
        n_paths: N_PATHS,
        seed: rng.random(),
        ruin_at: 0.5,
        haircut: 0.0,
        drawdown_limit: 0.2,
    };
    match play_out(&newest.iter().map(path).collect::<Vec<_>>(), &futures) {
        Ok(ends) => figures.rate(name, Rate::of(ends.n_ruined, N_PATHS as u64), NO_BETS),
        Err(error) => figures.none(name, Unit::Share, 0, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::booked::invented::bet;
    use super::*;
    use proptest::prelude::*;

    fn appraisal(outcomes: &[(Outcome, i64)]) -> Appraisal {
        let bets = outcomes
            .iter()
            .enumerate()
            .map(|(i, (o, stake))| bet(i, *stake, Some(*o), None));
        Appraisal {
            bets: bets.collect(),
            bankroll: Cents(100_000),
            seed: 1,
            now: DateTime::UNIX_EPOCH,
        }
    }

    fn kpis(outcomes: &[(Outcome, i64)]) -> Vec<Kpi> {
        stock(&appraisal(outcomes)).kpis
    }

    fn find<'a>(kpis: &'a [Kpi], name: &str) -> &'a Kpi {
        kpis.iter().find(|k| k.name == name).unwrap()
    }

    #[test]
    fn nothing_has_no_figures_and_says_so() {
        assert!(
            kpis(&[])
                .iter()
                .all(|k| k.value.is_none() && k.n == 0 && k.why_none.is_some())
        );
    }

    /// By hand: 1000.00, a win of 110.00 at -110 brings 100.00, two losses of 110.00 take 20% of 1100.00.
    #[test]
    fn a_fall_and_a_ratio_are_those_of_the_hand() {
        let got = kpis(&[(Outcome::Win, 11_000), (Outcome::Loss, 11_000), (Outcome::Loss, 11_000)]);
        assert!((find(&got, "max_drawdown").value.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(
            (find(&got, "win_loss_ratio").value, find(&got, "win_loss_ratio").n),
            (Some(0.5), 3)
        );
        assert_eq!(find(&got, "sharpe").value, None, "one week");
        assert!((find(&got, "var95_week").value.unwrap() - 0.12).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn figures_stay_within_their_bounds(
            drawn in prop::collection::vec((0u8..3, 100i64..5_000), 1..60),
        ) {
            let outcomes: Vec<(Outcome, i64)> = drawn
                .iter()
                .map(|(o, stake)| ([Outcome::Win, Outcome::Loss, Outcome::Push][usize::from(*o)], *stake))
                .collect();
            let got = kpis(&outcomes);
            prop_assert_eq!(&got, &kpis(&outcomes), "one seed, one answer");
            for kpi in &got {
                prop_assert_eq!(kpi.value.is_none(), kpi.why_none.is_some());
                prop_assert!(kpi.value.is_none_or(f64::is_finite));
            }
            let drawdown = find(&got, "max_drawdown").value.unwrap();
            prop_assert!((0.0..=1.0).contains(&drawdown));
            let (var, cvar) = (find(&got, "var95_week").value.unwrap(), find(&got, "cvar95_week").value.unwrap());
            prop_assert!(cvar >= var - 1e-12);
        }
    }
}
