//! Learning helps: through the whole machine, of two remedies the one that works is soon tried first, and no longer than it
//! works.

use super::{Bench, acts};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::fault::FaultKind;
use crate::healing::remediation::action::Action;
use crate::healing::remediation::gate::HealingLimits;
use crate::healing::remediation::playbook::RemedyId;
use crate::healing::remediation::snapshot::Health;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// One incident of a leak from open to closed, in which `working` helps in `share` of cases and the other in the rest; what
/// was tried first.
fn incident(b: &mut Bench, working: Action, share: f64, chance: &mut Pcg64Mcg) -> Action {
    b.effects.clear();
    b.snapshot.health.remove(&super::place("process"));
    b.look(3_600);
    b.fault(FaultKind::MemoryLeak, "process");
    let mut orders = acts(&b.effects);
    let first = orders[0].action;
    for _ in 0..20 {
        for order in orders {
            // A pause is the safe state that a person is waited for in, who then puts things right.
            let is_safe = order.action == Action::PauseNonCritical;
            let helps = is_safe || chance.random_bool(if order.action == working { share } else { 1.0 - share });
            b.health("process", if helps { Health::Well } else { Health::Ailing });
            b.done(&order, Ok(()));
        }
        orders = acts(&b.look(730));
        if b.healer.state().live.is_empty() {
            break;
        }
    }
    assert!(b.healer.state().live.is_empty(), "{:#?}", b.only());
    first
}

fn best(b: &Bench) -> RemedyId {
    b.healer.state().learner.preferred(Ailment::MemoryLeak, "process")[0].0
}

/// Incidents until restarts, which alone help, are preferred; then until caches are, when the world has changed. And how
/// many of the last ten of 20 incidents began with the right remedy.
fn learn(seed: u64, share: f64) -> (Option<usize>, Option<usize>, usize) {
    let mut b = Bench::new(seed, HealingLimits::default());
    let mut chance = Pcg64Mcg::new(u128::from(seed) * 2 + 1);
    let (mut learned, mut n_right) = (None, 0);
    for n in 1..=20 {
        let first = incident(&mut b, Action::Restart, share, &mut chance);
        n_right += usize::from(n > 10 && first == Action::Restart);
        if best(&b) != RemedyId::Restart {
            learned = None;
        } else if learned.is_none() {
            learned = Some(n);
        }
    }
    let mut unlearned = None;
    for n in 1..=20 {
        incident(&mut b, Action::ClearCaches, share, &mut chance);
        if best(&b) != RemedyId::ClearCaches {
            unlearned = None;
        } else if unlearned.is_none() {
            unlearned = Some(n);
        }
    }
    (learned, unlearned, n_right)
}

#[test]
fn of_two_remedies_the_right_one_is_preferred_within_20_incidents_and_unlearned_within_20() {
    for share in [1.0, 0.9] {
        let runs: Vec<_> = (0..100).map(|seed| learn(seed, share)).collect();
        let mut learned: Vec<usize> = runs.iter().filter_map(|run| run.0).collect();
        let mut unlearned: Vec<usize> = runs.iter().filter_map(|run| run.1).collect();
        let n_right: usize = runs.iter().map(|run| run.2).sum();
        learned.sort();
        unlearned.sort();
        println!(
            "the right remedy helps in {share}: preferred for good within 20 in {} of 100 seeds (median {}, most {}), \
             unlearned within 20 in {} (median {}, most {}), tried first in {n_right} of 1000 of incidents 11 to 20",
            learned.len(),
            learned[learned.len() / 2],
            learned[learned.len() - 1],
            unlearned.len(),
            unlearned[unlearned.len() / 2],
            unlearned[unlearned.len() - 1],
        );
        assert!(learned.len() >= 95 && unlearned.len() >= 95, "{runs:?}");
        assert!(n_right >= 700, "{n_right}");
    }
}
