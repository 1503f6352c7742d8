//! The four rules of SPEC H4 from the first symptom to the verified end, what needs a person, and who is never fought.

use super::{Bench, acts, one, place};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::fault::FaultKind;
use crate::healing::healer::{Effect, Input};
use crate::healing::incident::Status;
use crate::healing::remediation::action::Action;
use crate::healing::remediation::gate::{Barred, HealingLimits};
use crate::healing::remediation::order::Ended;
use crate::healing::remediation::playbook::RemedyId;
use crate::healing::remediation::snapshot::{Health, Mark, Standing};

fn bench() -> Bench {
    Bench::new(1, HealingLimits::default())
}

#[test]
fn a_rate_limit_pauses_what_is_not_critical_and_uses_the_cache() {
    let mut b = bench();
    let pause = one(&b.fault(FaultKind::RateLimited, "api/odds"), Action::PauseNonCritical);
    assert!(pause.lapses_at.is_some(), "a measure does not outlive its reason");
    assert!(acts(&b.done(&pause, Ok(()))).is_empty());
    b.mark("api/odds", &[Mark::NonCriticalPaused]);
    assert!(acts(&b.look(10)).is_empty(), "what is seen at once may be from before");
    let cache = one(&b.look(30), Action::FallBackToCache);
    b.done(&cache, Ok(()));
    assert_eq!(b.only().status, Status::Verifying);
    b.health("api/odds", Health::Well);
    b.look(60);
    let incident = b.closed()[0].clone();
    assert_eq!(
        (incident.status, incident.healed_by()),
        (Status::Resolved, Some(RemedyId::EaseOff))
    );
    assert_eq!(incident.verified, Some(cache.post));
    assert_eq!(b.n_cards(), 0, "nobody is woken for it");
}

#[test]
fn a_lost_database_is_tried_again_then_left_for_the_backup_with_nothing_lost() {
    let mut b = bench();
    let retry = one(&b.fault(FaultKind::DatabaseLost, "db"), Action::Retry);
    let switch = one(&b.done(&retry, Err("no such file".to_owned())), Action::SwitchToBackup);
    b.done(&switch, Ok(()));
    b.mark("db", &[Mark::OnBackup, Mark::Writable]);
    assert!(
        acts(&b.look(40)).is_empty(),
        "writable is not enough: acknowledged writes must be there"
    );
    b.mark("db", &[Mark::NothingLost]);
    let again = one(&b.look(40), Action::Retry);
    b.health("db", Health::Well);
    b.done(&again, Ok(()));
    b.look(40);
    let incident = b.closed()[0];
    assert_eq!(incident.healed_by(), Some(RemedyId::SwitchToBackup));
    let ends: Vec<Ended> = incident.tried.iter().map(|tried| tried.ended).collect();
    assert_eq!(ends, [Ended::Failed, Ended::Verified, Ended::Verified]);
    let back = one(&b.fault(FaultKind::PrimaryRecovered, "db"), Action::ReturnToPrimary);
    b.done(&back, Ok(()));
    b.mark("db", &[Mark::OnPrimary]);
    b.look(40);
    assert_eq!(b.closed()[1].healed_by(), Some(RemedyId::ReturnToPrimary));
}

#[test]
fn a_strategy_that_degrades_has_its_stakes_cut_and_is_flagged() {
    let mut b = bench();
    let cut = one(
        &b.fault(FaultKind::StrategyDegraded, "strategy/home_dogs"),
        Action::CutStakes,
    );
    b.done(&cut, Ok(()));
    b.mark("strategy/home_dogs", &[Mark::StakesCut]);
    let flag = one(&b.look(40), Action::FlagForReview);
    b.done(&flag, Ok(()));
    b.mark("strategy/home_dogs", &[Mark::Flagged]);
    b.look(40);
    assert_eq!(b.closed()[0].healed_by(), Some(RemedyId::CutAndFlag));
    let n = acts(&b.effects).len();
    b.fault(FaultKind::StrategyDegraded, "strategy/home_dogs");
    assert_eq!(acts(&b.effects).len(), n, "what holds already is not ordered again");
    assert_eq!(b.closed()[1].status, Status::Resolved);
}

#[test]
fn a_leak_seen_in_numbers_clears_caches_then_restarts() {
    let mut b = bench();
    for value in [50.0, 400.0] {
        assert!(acts(&b.read("process/rss_mb", value)).is_empty(), "not yet confirmed");
        b.look(10);
    }
    let clear = one(&b.read("process/rss_mb", 420.0), Action::ClearCaches);
    assert_eq!(b.only().root_cause.ailment, Ailment::MemoryLeak);
    b.done(&clear, Ok(()));
    for _ in 0..71 {
        b.look(10);
        assert!(acts(&b.read("process/rss_mb", 430.0)).is_empty());
    }
    let effects = b.look(10);
    let restart = one(&effects, Action::Restart);
    assert_eq!(
        b.only().tried[0].ended,
        Ended::Failed,
        "a wrong remedy is known by its post-condition"
    );
    b.done(&restart, Ok(()));
    b.look(40);
    b.read("process/rss_mb", 60.0);
    assert_eq!(b.closed()[0].healed_by(), Some(RemedyId::Restart));
}

#[test]
fn a_refused_key_is_one_card_a_safe_state_and_a_way_back() {
    let mut b = bench();
    b.fault(FaultKind::KeyRevoked, "api/odds");
    let trip = one(&b.look(5), Action::TripBreaker);
    b.done(&trip, Ok(()));
    b.mark("api/odds", &[Mark::BreakerTripped]);
    let cache = one(&b.look(40), Action::FallBackToCache);
    b.done(&cache, Ok(()));
    b.mark("api/odds", &[Mark::ServingFromCache]);
    for _ in 0..200 {
        b.fault(FaultKind::KeyRevoked, "api/odds");
        assert!(acts(&b.look(60)).is_empty(), "it is safe, and stays so");
    }
    assert_eq!((b.n_cards(), b.only().status), (1, Status::Escalated));
    b.health("api/odds", Health::Well);
    let effects = b.look(120);
    let lifted = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Lift(_)))
        .count();
    assert_eq!((lifted, b.n_cards()), (2, 2), "{effects:#?}");
    assert_eq!(b.closed()[0].status, Status::Resolved);
    b.snapshot.marks.clear();
    b.look(10);
    assert_eq!(b.healer.state().lifts.waiting().count(), 0);
}

#[test]
fn the_supervisor_is_left_to_its_work() {
    let mut b = bench();
    let actor = "actor/platform/database";
    b.snapshot.standings.insert(place(actor), Standing::Backoff);
    b.look(1);
    assert!(acts(&b.fault(FaultKind::ActorDown, actor)).is_empty());
    let waits = b.healer.plan(b.now).waits;
    assert_eq!(waits[0].1, Barred::SupervisorAtWork);
    b.snapshot.standings.insert(place(actor), Standing::Up);
    assert!(acts(&b.look(10)).is_empty(), "it is back already");
    b.health(actor, Health::Well);
    b.look(150);
    assert_eq!((b.closed()[0].status, b.closed()[0].tried.len()), (Status::Resolved, 0));
    b.snapshot.standings.insert(place(actor), Standing::Down);
    b.health(actor, Health::Ailing);
    b.look(10);
    let restart = one(&b.fault(FaultKind::ActorDown, actor), Action::Restart);
    assert_eq!(restart.place, place(actor));
}

#[test]
fn nothing_is_done_in_a_halted_house_or_where_a_person_decides() {
    let mut b = bench();
    b.hear(Input::Halted(true));
    b.fault(FaultKind::RateLimited, "api/odds");
    for _ in 0..60 {
        b.look(60);
    }
    assert!(acts(&b.effects).is_empty());
    assert_eq!(b.only().status, Status::Open, "whoever halted the house knows");
    b.snapshot.overridden.insert(place("api/odds"));
    b.look(1);
    assert!(acts(&b.hear(Input::Halted(false))).is_empty());
    b.snapshot.overridden.clear();
    one(&b.look(1), Action::PauseNonCritical);
}

#[test]
fn a_dry_run_plans_and_does_nothing() {
    let limits = HealingLimits {
        dry_run: true,
        ..HealingLimits::default()
    };
    let mut b = Bench::new(1, limits);
    b.fault(FaultKind::DatabaseLost, "db");
    b.look(10);
    let plan = b.healer.plan(b.now);
    assert_eq!((plan.orders.len(), plan.orders[0].action), (1, Action::Retry));
    assert_eq!(plan, b.healer.plan(b.now), "a plan can be made again");
    assert!(acts(&b.effects).is_empty());
}

#[test]
fn a_provider_and_those_who_ask_it_are_one_incident() {
    let mut b = bench();
    b.snapshot
        .overridden
        .extend([place("api/odds"), place("actor/swarms/a"), place("actor/swarms/b")]);
    b.look(1);
    b.fault(FaultKind::QueueFull, "actor/swarms/a");
    b.look(20);
    b.fault(FaultKind::QueueFull, "actor/swarms/b");
    let inferred = b.only().root_cause.clone();
    assert_eq!((inferred.place, inferred.inferred), (place("api/odds"), true));
    b.fault(FaultKind::ProviderDown, "api/odds");
    let incident = b.only();
    assert_eq!(incident.root_cause.place, place("api/odds"));
    assert!(!incident.root_cause.inferred);
    assert_eq!(incident.first_symptom().place, place("actor/swarms/a"));
    let impact: Vec<&str> = incident.impact.iter().map(|place| place.name()).collect();
    assert_eq!(impact, ["actor/swarms/a", "actor/swarms/b", "actor/swarms/c"]);
    assert_eq!(
        incident.ladder,
        [RemedyId::Retry, RemedyId::UseCache, RemedyId::TripBreaker]
    );
}
