//! The ten invariants of API access (research/api.md section 4), under random traffic.

use super::script::{Moody, play, seeds, settings};
use crate::api::ledger::Spend;
use crate::api::orchestrator::{DRAIN_LIMIT, Drain};
use crate::api::{Freshness, Mono, Provider};
use crate::sim::lab::Lab;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// I2 and I5 after every step.
fn step_invariants(lab: &Lab<Moody>) {
    let o = &lab.orchestrator;
    let mut out_by_provider: BTreeMap<Provider, u64> = BTreeMap::new();
    for (provider, access) in &o.access {
        for breaker in access.breakers.values() {
            *out_by_provider.entry(*provider).or_default() += breaker.n_out();
            assert!(
                breaker.n_probes_out() <= access.policy.breaker.n_probes,
                "I2: more probes out than permits"
            );
        }
        assert_eq!(
            out_by_provider.get(provider).copied().unwrap_or(0),
            access.in_flight.len() as u64,
            "I2: a permit for each call in flight"
        );
        assert!(access.queue.len() <= 64 + 256 + 1_024 + 1_024);
        if let Some(quota) = access.cache.quota() {
            assert!(
                quota.reserved() + quota.remaining() <= 500,
                "I4: reserved and left are within the quota"
            );
        }
    }
    let keys: BTreeSet<&str> = o.flights.iter().map(|(_, f)| f.key.as_str()).collect();
    assert_eq!(keys.len(), o.flights.len(), "I5: one flight a call");
    let mut carried = BTreeSet::new();
    for shipment in o.shipments.values() {
        for flight in &shipment.flights {
            assert!(carried.insert(*flight), "I5: a flight travels once");
        }
    }
}

fn end_invariants(lab: &Lab<Moody>, shut_down: Mono) {
    let o = &lab.orchestrator;
    // I1
    let mut answered = BTreeSet::new();
    for a in &lab.answered {
        assert!(answered.insert(a.waiter), "I1: {:?} is answered twice", a.waiter);
    }
    assert!(
        o.waiters.is_empty() && o.deadlines.is_empty(),
        "I1: nobody is left waiting"
    );
    // I2
    assert!(o.attempts.is_empty() && o.access.values().all(|a| a.breakers.values().all(|b| b.n_out() == 0)));
    // I3
    for (provider, windows) in settings().windows {
        let sent: Vec<(Mono, u64)> = lab
            .sent
            .iter()
            .filter(|s| s.row.provider == provider)
            .map(|s| (s.at, u64::from(s.call.weight)))
            .collect();
        for window in windows {
            let span = Duration::from_secs(window.per_s);
            for (i, (start, _)) in sent.iter().enumerate() {
                let inside = sent[i..].iter().take_while(|(at, _)| at.since(*start) < span);
                let sum: u64 = inside.map(|(_, n)| n).sum();
                assert!(
                    sum <= window.limit,
                    "I3: {provider}: {sum} of {} in a span",
                    window.limit
                );
            }
        }
    }
    // I4: what the ledger calls settled is what the provider has charged, and what it cannot know it counts as spent.
    let odds: Vec<_> = lab
        .ledger
        .values()
        .filter(|r| r.provider == Provider::OddsApi)
        .collect();
    let sum = |state: Spend| -> u32 { odds.iter().filter(|r| r.state == state).map(|r| r.credits).sum() };
    assert_eq!(sum(Spend::Reserved), 0, "I4: every row is settled in the end");
    assert!(
        sum(Spend::Settled) <= lab.provider.used,
        "I4: nothing is booked that was not charged"
    );
    assert!(
        sum(Spend::Settled) + sum(Spend::Uncertain) >= lab.provider.used,
        "I4: booked {} + {} of {} charged",
        sum(Spend::Settled),
        sum(Spend::Uncertain),
        lab.provider.used
    );
    assert!(lab.provider.used <= 500);
    // I6
    for (provider, access) in &o.access {
        let good = lab
            .ledger
            .values()
            .filter(|r| r.provider == *provider && r.outcome == "success")
            .count() as u64;
        let minutes = shut_down.since(Mono(0)).as_secs() / 60;
        let granted = access.counts.n_retries;
        assert!(
            granted <= 10 + good / 2 + minutes + 1,
            "I6: {provider}: {granted} retries for {good} successes"
        );
    }
    // I7
    assert!(
        lab.sent.iter().all(|s| s.at <= shut_down + DRAIN_LIMIT),
        "I7: nothing is sent after the drain"
    );
    assert_eq!(o.drain, Drain::Drained);
    assert!(lab.drained.is_some_and(|at| at <= shut_down + DRAIN_LIMIT));
    // I9: whatever the clocks did, what was served as fresh was fresh: no soft life is longer than the past's year.
    for a in &lab.answered {
        if let Ok(answer) = &a.result {
            let fresh = answer.freshness == Freshness::Fresh;
            assert!(
                !fresh || answer.age <= Duration::from_secs(3_600 * 24 * 2),
                "I9: {answer:?}"
            );
        }
    }
}

/// Checks I1's half that needs every answer's time: by the deadline, in virtual time exactly.
fn by_deadline(lab: &Lab<Moody>, deadlines: &BTreeMap<u64, Mono>) {
    for a in &lab.answered {
        let deadline = deadlines.get(&a.waiter.0).copied().unwrap_or(Mono(u64::MAX));
        assert!(
            a.at <= deadline.max(a.asked),
            "I1: {:?} after its deadline {deadline:?}",
            a.at
        );
    }
}

#[test]
fn the_invariants_hold_under_random_traffic() {
    // 100 scripts of 10,000 steps are the million.
    let seeds = seeds(100);
    let (mut n_asked, mut n_sent, mut n_answered) = (0, 0, 0);
    for seed in seeds {
        let mut deadlines = BTreeMap::new();
        let mut last_running = Mono(0);
        let lab = play(seed, 10_000, |lab| {
            step_invariants(lab);
            for (id, waiter) in &lab.orchestrator.waiters {
                deadlines.insert(id.0, waiter.request.deadline);
            }
            if lab.orchestrator.drain == Drain::Running {
                last_running = lab.now().mono;
            }
        });
        by_deadline(&lab, &deadlines);
        end_invariants(&lab, last_running);
        n_asked += lab.n_asked();
        n_sent += lab.sent.len();
        n_answered += lab.answered.iter().filter(|a| a.result.is_ok()).count();
    }
    println!("{n_asked} requests, {n_sent} calls sent, {n_answered} answered with something");
    assert!(
        n_answered * 4 > n_asked,
        "traffic that is hardly ever answered proves little"
    );
}

#[test]
fn a_seed_is_a_whole_run() {
    for seed in seeds(100) {
        let one = play(seed, 3_000, |_| {});
        let two = play(seed, 3_000, |_| {});
        assert_eq!(one.digest(), two.digest(), "I10: seed {seed}");
        assert_ne!(one.digest(), play(seed + 1_000, 3_000, |_| {}).digest());
    }
}
