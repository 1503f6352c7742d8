//! The paths against workload W3's reference values and against what can be worked out by hand.

use super::*;
use crate::stats::splitmix::unit;
use proptest::prelude::*;

/// The bets of workload W3: a bettor who believes two points too much and stakes a quarter of Kelly on it.
fn w3_bets(n: u64) -> Vec<PathBet> {
    let seed = 0x5EED_0004;
    (0..n)
        .map(|j| {
            let p = 0.50 + 0.10 * unit(seed, 2 * j);
            let d = 1.80 + 0.40 * unit(seed, 2 * j + 1);
            PathBet {
                win: Probability::new(p - 0.02).unwrap(),
                push: Probability::new(0.0).unwrap(),
                price: Decimal::new(d).unwrap(),
                fraction: f64::max(((d - 1.0) * p - (1.0 - p)) / (d - 1.0), 0.0) / 4.0,
            }
        })
        .collect()
}

fn futures(n_paths: usize) -> Futures {
    Futures {
        n_paths,
        seed: 0x5EED_0003,
        ruin_at: 0.5,
        haircut: 0.0,
        drawdown_limit: 0.2,
    }
}

fn bet(win: f64, push: f64, price: f64, fraction: f64) -> PathBet {
    PathBet {
        win: Probability::new(win).unwrap(),
        push: Probability::new(push).unwrap(),
        price: Decimal::new(price).unwrap(),
        fraction,
    }
}

fn near(got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs(), "{got}, not {want}");
}

/// One path at a time, as the workload is written down: what the lanes must equal.
fn one_by_one(bets: &[PathBet], futures: &Futures) -> (u64, u64, f64, Vec<f64>) {
    let (mut n_wins, mut n_ruined, mut drawdowns, mut ends) = (0, 0, 0.0, Vec::new());
    let n_words = bets.len().div_ceil(2) as u64;
    for path in 0..futures.n_paths as u64 {
        let (mut b, mut low, mut peak, mut worst) = (1.0f64, 1.0f64, 1.0f64, 0.0f64);
        for (j, bet) in bets.iter().enumerate() {
            let word = crate::stats::splitmix::splitmix64(futures.seed, n_words * path + j as u64 / 2);
            let bits = if j % 2 == 0 { word & 0xFFFF_FFFF } else { word >> 32 };
            let below = |p: f64| bits < (p * 4_294_967_296.0) as u64;
            if below(bet.win.get()) {
                n_wins += 1;
                b *= 1.0 + bet.fraction * bet.price.profit() * (1.0 - futures.haircut);
            } else if !below(bet.win.get() + bet.push.get()) {
                b *= 1.0 - bet.fraction;
            }
            (low, peak) = (low.min(b), peak.max(b));
            worst = worst.max(1.0 - b / peak);
        }
        n_ruined += u64::from(low <= futures.ruin_at);
        drawdowns += worst;
        ends.push(b);
    }
    ends.sort_by(f64::total_cmp);
    (n_wins, n_ruined, drawdowns, ends)
}

#[test]
fn lanes_do_what_one_path_at_a_time_does() {
    let with_pushes: Vec<PathBet> = w3_bets(31)
        .into_iter()
        .map(|b| PathBet {
            push: Probability::new(0.03).unwrap(),
            fraction: 3.0 * b.fraction,
            ..b
        })
        .collect();
    for (bets, haircut) in [(w3_bets(256), 0.0), (with_pushes, 0.1)] {
        // Neither a multiple of the lanes nor of a chunk.
        let futures = Futures {
            haircut,
            ..futures(5_003)
        };
        let got = play_out(&bets, &futures).unwrap();
        let (n_wins, n_ruined, drawdowns, ends) = one_by_one(&bets, &futures);
        assert_eq!((got.n_wins, got.n_ruined), (n_wins, n_ruined));
        assert_eq!((got.q05, got.median), (ends[250], ends[2_501]));
        near(got.mean_max_drawdown, drawdowns / 5_003.0, 1e-12);
        near(got.cvar95, 1.0 - ends[..250].iter().sum::<f64>() / 250.0, 1e-12);
        near(got.mean, ends.iter().sum::<f64>() / 5_003.0, 1e-12);
    }
}

#[test]
fn workload_w3_has_its_reference_values() {
    let got = play_out(&w3_bets(256), &futures(1_000_000)).unwrap();
    assert_eq!((got.n_wins, got.n_ruined), (136_262_744, 16_839));
    near(got.median, 1.884916914127081, 1e-12);
    near(got.q05, 0.8194771587674601, 1e-12);
    near(got.cvar95, 0.3259584905784262, 1e-9);
    near(got.mean_max_drawdown, 0.32294926295001314, 1e-9);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let on = |n: usize| pool(n).install(|| play_out(&w3_bets(9), &futures(20_001)).unwrap());
    assert_eq!(on(1), on(3));
}

#[test]
fn small_and_certain_cases_are_what_they_must_be() {
    let none = play_out(&[], &futures(3)).unwrap();
    assert_eq!((none.n_wins, none.median, none.mean_max_drawdown), (0, 1.0, 0.0));
    let sure = play_out(&[bet(1.0, 0.0, 2.0, 0.5); 3], &futures(40)).unwrap();
    assert_eq!((sure.n_wins, sure.q05, sure.var95), (120, 3.375, -2.375));
    let pushed = play_out(&[bet(0.0, 1.0, 2.0, 0.5); 3], &futures(1)).unwrap();
    assert_eq!((pushed.n_wins, pushed.median, pushed.cvar95), (0, 1.0, 0.0));
    let lost = play_out(&[bet(0.0, 0.0, 2.0, 1.0)], &futures(20)).unwrap();
    assert_eq!((lost.n_ruined, lost.n_over_drawdown, lost.cvar95), (20, 20, 1.0));
}

#[test]
fn nonsense_is_refused_and_named() {
    let says = |bets: &[PathBet], futures: Futures, text: &str| {
        let error = play_out(bets, &futures).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    let fair = bet(0.5, 0.0, 2.0, 0.1);
    says(&[fair], futures(0), "0 paths");
    says(&[fair, bet(0.6, 0.5, 2.0, 0.1)], futures(1), "bet 1");
    says(&[bet(0.6, 0.0, 2.0, f64::NAN)], futures(1), "bet 0");
    let cut = Futures {
        haircut: 1.0,
        ..futures(1)
    };
    says(&[fair], cut, "haircut");
}

proptest! {
    #[test]
    fn figures_hang_together(seed: u64, n in 1usize..300, win in 0.3f64..0.7, fraction in 0.0f64..0.3) {
        let futures = Futures { seed, ..futures(n) };
        let got = play_out(&vec![bet(win, 0.02, 1.91, fraction); 17], &futures).unwrap();
        // A mean of equal numbers may differ from them in its last bit.
        prop_assert!(got.q05 <= got.median && got.cvar95 >= got.var95 - 1e-12);
        prop_assert!((0.0..=1.0).contains(&got.mean_max_drawdown));
        prop_assert!(got.n_wins <= 17 * n as u64 && got.n_ruined <= n as u64);
        let cut = play_out(&vec![bet(win, 0.02, 1.91, fraction); 17], &Futures { haircut: 0.2, ..futures }).unwrap();
        prop_assert!(cut.median <= got.median && cut.n_wins == got.n_wins);
    }
}
