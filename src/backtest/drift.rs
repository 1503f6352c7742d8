//! Whether a strategy in production still does what it was promoted for: watched bet by bet, demoted when it does not.
//!
//! Wins and losses go through Page's CUSUM (1954) of the log-likelihood ratio between "no better than a coin" and what the
//! strategy promised, which alarms soonest for a given rate of false alarms (Moustakides 1986). Closing line value has its
//! own test, because it shows a loss of edge in a tenth of the bets.

use serde::{Deserialize, Serialize};

/// A settled bet of a deployed strategy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettledBet {
    /// Whether it won; `None` for a push.
    pub won: Option<bool>,
    /// Closing line value in points, where a close exists.
    pub clv: Option<f64>,
    /// Profit as a share of the bankroll at promotion.
    pub profit: f64,
}

/// What watching says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftVerdict {
    /// True when it is to be taken out of production.
    pub demote: bool,
    /// Why, or how far it is from there.
    pub reason: String,
    /// Settled bets seen.
    pub n_bets: u64,
    /// The CUSUM after the last bet; 0 is no suspicion.
    pub cusum: f64,
    /// Mean closing line value, in points.
    pub mean_clv: Option<f64>,
    /// The largest fall of the bankroll since promotion, as a share of its highest point.
    pub drawdown: f64,
}

/// The alarm level of the CUSUM. Simulated at a promise of 57%: where the promise is true it goes off in 2% of runs of 100
/// bets, where the strategy has become a coin in 23% of them, and there after 135 bets in the middle of 60 runs.
pub const ALARM: f64 = 2.75;
/// A promise closer to a coin than this cannot be told from one in a season.
const LEAST_PROMISE: f64 = 0.545;
/// Bets with a close before their mean is judged.
const LEAST_CLV_BETS: usize = 50;
/// The validators' own limit.
const MOST_DRAWDOWN: f64 = 0.20;

/// Judges the settled bets of a strategy, oldest first, against the win rate it was promoted with.
pub fn watch(bets: &[SettledBet], promised: f64) -> DriftVerdict {
    let promised = promised.clamp(LEAST_PROMISE, 0.70);
    let (won, lost) = ((0.5 / promised).ln(), (0.5 / (1.0 - promised)).ln());
    let mut cusum = 0.0f64;
    let mut alarmed = None;
    let (mut bankroll, mut peak, mut drawdown) = (1.0f64, 1.0f64, 0.0f64);
    for (i, bet) in bets.iter().enumerate() {
        if let Some(win) = bet.won {
            cusum = (cusum + if win { won } else { lost }).max(0.0);
            if cusum >= ALARM && alarmed.is_none() {
                alarmed = Some(i + 1);
            }
        }
        bankroll += bet.profit;
        peak = peak.max(bankroll);
        drawdown = drawdown.max((peak - bankroll) / peak);
    }
    let clvs: Vec<f64> = bets.iter().filter_map(|b| b.clv).collect();
    let (mean_clv, error) = mean_and_error(&clvs);
    let beaten = mean_clv.zip(error).is_some_and(|(mean, se)| mean + 2.0 * se < 0.0);
    let reason = if let Some(at) = alarmed {
        Some(format!(
            "its wins look like a coin's since bet {at}, not like the promised {:.1}%",
            100.0 * promised
        ))
    } else if beaten && clvs.len() >= LEAST_CLV_BETS {
        let mean = mean_clv.unwrap_or_default();
        Some(format!(
            "the closing line moves against it: {mean:+.2} points over {} bets",
            clvs.len()
        ))
    } else if drawdown > MOST_DRAWDOWN {
        Some(format!(
            "it has lost {:.1}% of the bankroll from its highest point",
            100.0 * drawdown
        ))
    } else {
        None
    };
    DriftVerdict {
        demote: reason.is_some(),
        reason: reason.unwrap_or_else(|| format!("suspicion {cusum:.1} of {ALARM}, as it should be")),
        n_bets: bets.len() as u64,
        cusum,
        mean_clv,
        drawdown,
    }
}

/// Mean and its standard error; the latter from two values on.
fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (Some(mean), (values.len() >= 2).then(|| (variance / n).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;
    use rand_pcg::Pcg64Mcg;

    fn bet(won: bool) -> SettledBet {
        SettledBet {
            won: Some(won),
            clv: None,
            profit: if won { 0.01 / 1.1 } else { -0.01 },
        }
    }

    fn run(p: f64, n: usize, rng: &mut Pcg64Mcg) -> Vec<SettledBet> {
        (0..n).map(|_| bet(rng.random_bool(p))).collect()
    }

    #[test]
    fn alarms_are_as_rare_and_as_quick_as_stated() {
        let mut rng = Pcg64Mcg::new(11);
        let runs = 4_000;
        let alarms = |p: f64, rng: &mut Pcg64Mcg| {
            (0..runs)
                .filter(|_| watch(&run(p, 100, rng), 0.57).cusum_alarm())
                .count() as f64
                / f64::from(runs)
        };
        let (true_edge, coin) = (alarms(0.57, &mut rng), alarms(0.50, &mut rng));
        assert!(true_edge < 0.03, "{true_edge}");
        assert!((0.19..0.27).contains(&coin), "{coin}");
        let mut delays: Vec<usize> = (0..60)
            .map(|_| {
                let bets = run(0.50, 2_000, &mut rng);
                (1..=bets.len())
                    .find(|&n| n % 5 == 0 && watch(&bets[..n], 0.57).cusum_alarm())
                    .unwrap_or(2_000)
            })
            .collect();
        delays.sort_unstable();
        assert!((90..190).contains(&delays[30]), "{}", delays[30]);
    }

    impl DriftVerdict {
        fn cusum_alarm(&self) -> bool {
            self.reason.contains("coin's")
        }
    }

    #[test]
    fn a_line_that_moves_against_it_demotes() {
        let bets: Vec<SettledBet> = (0..60)
            .map(|i| SettledBet {
                clv: Some(if i % 2 == 0 { -1.0 } else { 0.0 }),
                ..bet(i % 2 == 0)
            })
            .collect();
        let verdict = watch(&bets, 0.55);
        assert!(
            verdict.demote && verdict.reason.contains("moves against it"),
            "{verdict:?}"
        );
        assert!(!watch(&bets[..40], 0.55).demote);
    }

    #[test]
    fn a_deep_fall_demotes_and_nothing_is_no_news() {
        let fall = [SettledBet {
            won: None,
            clv: None,
            profit: -0.21,
        }];
        assert!(watch(&fall, 0.55).demote);
        let none = watch(&[], 0.55);
        assert_eq!((none.demote, none.n_bets, none.mean_clv), (false, 0, None));
    }
}
