//! Beliefs fade, thresholds keep their bounds, and every change can be taken back.

use super::bandit::{Arm, ArmId, Bandit, Context, MAX_ARMS};
use super::journal::{Journal, MAX_CHANGES, RevertError, Setting};
use super::thresholds::{MAX_METRICS, Thresholds};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::reading::Metric;
use crate::healing::remediation::playbook::{RemedyId, playbook};
use chrono::DateTime;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

fn context(sort: &str) -> Context {
    Context {
        ailment: Ailment::ProviderFailing,
        sort: sort.to_owned(),
    }
}

fn arm(remedy: RemedyId) -> ArmId {
    ArmId {
        context: context("api"),
        remedy,
    }
}

#[test]
fn nothing_tried_is_as_stated_and_no_draw_is_made() {
    let remedies = playbook(Ailment::ProviderFailing).remedies;
    let mut rng = Pcg64Mcg::new(1);
    let before = rng.clone();
    let order = Bandit::default().draw(&context("api"), remedies, &mut rng);
    assert_eq!(order, [RemedyId::Retry, RemedyId::UseCache, RemedyId::TripBreaker]);
    assert_eq!(rng, before);
    assert_eq!(Bandit::default().preferred(&context("api"), remedies), order);
    let shares: Vec<f64> = (0..3)
        .map(|rung| Bandit::default().share(&context("api"), remedies, rung))
        .collect();
    assert!(
        shares.iter().zip([0.9, 0.7, 0.5]).all(|(a, b)| (a - b).abs() < 1e-12),
        "{shares:?}"
    );
}

#[test]
fn every_remedy_is_in_every_draw_and_contexts_do_not_mix() {
    let remedies = playbook(Ailment::ProviderFailing).remedies;
    let mut bandit = Bandit::default();
    for _ in 0..30 {
        let id = arm(RemedyId::Retry);
        let after = bandit.arm(&id).after(false);
        assert!(bandit.set(id, after));
    }
    let mut rng = Pcg64Mcg::new(2);
    let mut n_last = 0;
    for _ in 0..1_000 {
        let mut order = bandit.draw(&context("api"), remedies, &mut rng);
        n_last += usize::from(order[2] == RemedyId::Retry);
        order.sort();
        assert_eq!(order, [RemedyId::Retry, RemedyId::UseCache, RemedyId::TripBreaker]);
    }
    assert!(n_last > 400, "{n_last}");
    assert_eq!(bandit.preferred(&context("mind"), remedies)[0], RemedyId::Retry);
    for n in 0..2 * MAX_ARMS {
        let id = ArmId {
            context: context(&n.to_string()),
            remedy: RemedyId::Retry,
        };
        assert_eq!(bandit.set(id, Arm::default()), n < MAX_ARMS - 1, "{n}");
    }
}

#[test]
fn taking_back_puts_the_setting_before_the_change_in_place() {
    let mut journal = Journal::default();
    let metric = Metric::new("db/write_ms");
    let threshold = |was: f64, is: f64| Setting::Threshold {
        metric: metric.clone(),
        was,
        is,
    };
    let belief = Setting::Belief {
        arm: arm(RemedyId::Retry),
        was: Arm::default(),
        is: Arm::default().after(true),
    };
    let write = |journal: &mut Journal, setting| journal.write(setting, String::new(), DateTime::UNIX_EPOCH);
    write(&mut journal, threshold(1.0, 1.15));
    write(&mut journal, belief);
    write(&mut journal, threshold(1.15, 1.3));
    assert_eq!(journal.revert(1), Ok(threshold(1.0, 1.15)));
    assert_eq!(
        journal.revert(3),
        Err(RevertError::Reverted(3)),
        "it was built on the first"
    );
    assert!(
        matches!(journal.revert(2), Ok(Setting::Belief { .. })),
        "another setting stands by itself"
    );
    assert_eq!(journal.revert(4), Err(RevertError::Unknown(4)));
    for _ in 0..2 * MAX_CHANGES {
        write(&mut journal, threshold(1.0, 1.15));
    }
    assert_eq!(journal.changes().len(), MAX_CHANGES);
    assert_eq!(journal.revert(3), Err(RevertError::Unknown(3)));
}

proptest! {
    #[test]
    fn a_belief_stays_finite_and_remembers_ten_outcomes(outcomes in prop::collection::vec(any::<bool>(), 0..200)) {
        let arm = outcomes.iter().fold(Arm::default(), |arm, helped| arm.after(*helped));
        prop_assert!(arm.helped >= 0.0 && arm.did_not >= 0.0);
        prop_assert!(arm.helped + arm.did_not <= 10.0 + 1e-9);
    }

    #[test]
    fn thresholds_move_in_steps_within_bounds(alarms in prop::collection::vec(any::<bool>(), 0..100)) {
        let (mut thresholds, metric) = (Thresholds::default(), Metric::new("db/write_ms"));
        for was_false in alarms {
            let (was, is) = (thresholds.factor(&metric), thresholds.after(&metric, was_false));
            prop_assert!((1.0..=3.0).contains(&is) && is / was <= 1.15 + 1e-12 && is / was >= 0.95 - 1e-12);
            prop_assert!(thresholds.set(&metric, is));
        }
        prop_assert!(thresholds.set(&metric, f64::NAN));
        prop_assert_eq!(thresholds.factor(&metric), 1.0);
        for n in 0..MAX_METRICS + 5 {
            prop_assert_eq!(thresholds.set(&Metric::new(&n.to_string()), 2.0), n < MAX_METRICS);
        }
    }
}
