//! The healer with the real ensemble: memory that steps up and stays is noticed, acted on in the next round, and not taken for
//! over while it goes on, though the ensemble says it but once.

use super::{acts, graph, one, place};
use crate::healing::anomaly::ensemble::{Ensemble, EnsembleSettings};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::healer::state::HealerState;
use crate::healing::healer::{Effect, Input, SelfHealer};
use crate::healing::incident::Status;
use crate::healing::reading::{Metric, Reading};
use crate::healing::remediation::action::Action;
use crate::healing::remediation::gate::HealingLimits;
use crate::healing::remediation::order::Ended;
use crate::healing::remediation::playbook::RemedyId;
use crate::healing::remediation::snapshot::Snapshot;
use crate::machine::drive;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

struct Day {
    healer: SelfHealer<Ensemble>,
    rng: Pcg64Mcg,
    noise: Pcg64Mcg,
    now: DateTime<Utc>,
}

impl Day {
    /// One round of readings, and a look at the house, which says nothing of the process: the numbers must.
    fn round(&mut self, level: f64) -> Vec<Effect> {
        self.now += TimeDelta::minutes(5);
        let metric = Metric::new("process/rss_mb");
        let value = level + self.noise.random_range(-5.0..5.0);
        let snapshot = Snapshot {
            at: self.now,
            ..Snapshot::default()
        };
        let mut effects = self.hear(Input::Snapshot(Box::new(snapshot)));
        effects.extend(self.hear(Input::Readings(vec![Reading::new(&metric, value, self.now)])));
        effects
    }

    fn hear(&mut self, input: Input) -> Vec<Effect> {
        drive(&mut self.healer, input, self.now, &mut self.rng)
    }
}

#[test]
fn memory_that_steps_up_is_noticed_treated_and_seen_to_be_normal_again() {
    let ensemble = Ensemble::new(EnsembleSettings::default());
    let mut day = Day {
        healer: SelfHealer::new(ensemble, HealingLimits::default(), HealerState::default()),
        rng: Pcg64Mcg::new(5),
        noise: Pcg64Mcg::new(7),
        now: "2026-10-05T00:00:00Z".parse().unwrap(),
    };
    day.hear(Input::Graph(Box::new(graph())));
    let n_false: usize = (0..4_032).map(|_| acts(&day.round(400.0)).len()).sum();
    assert_eq!(n_false, 0, "two weeks without a leak, and nothing is done");
    let mut given = Vec::new();
    let mut n_rounds = 0;
    while given.is_empty() {
        n_rounds += 1;
        assert!(n_rounds <= 5, "{:#?}", day.healer.state().live);
        given = day.round(600.0);
        given.retain(|effect| matches!(effect, Effect::Act(_)));
    }
    println!("an order {n_rounds} rounds of five minutes after the step");
    let clear = one(&given, Action::ClearCaches);
    assert_eq!(clear.place, place("process"));
    day.hear(Input::OrderDone {
        order: clear.id,
        result: Ok(()),
    });
    let mut restart = Vec::new();
    for _ in 0..4 {
        restart.extend(acts(&day.round(600.0)));
    }
    assert_eq!(
        restart.iter().map(|order| order.action).collect::<Vec<_>>(),
        [Action::Restart]
    );
    day.hear(Input::OrderDone {
        order: restart[0].id.clone(),
        result: Ok(()),
    });
    for _ in 0..2 {
        day.round(400.0);
    }
    let closed = day.healer.state().closed.back().unwrap();
    assert_eq!(
        (closed.root_cause.ailment, closed.status),
        (Ailment::MemoryLeak, Status::Resolved)
    );
    assert_eq!(
        (closed.tried[0].ended, closed.healed_by()),
        (Ended::Failed, Some(RemedyId::Restart))
    );
}
