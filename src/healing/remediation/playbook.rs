//! The playbooks: for each ailment the remedies in their stated order, and the safe state for when none of them helps. Data,
//! so that they can be read, printed and argued with.

use super::action::Action;
use super::condition::Condition;
use super::snapshot::Mark;
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::incident::Incident;
use serde::{Deserialize, Serialize};

/// A remedy's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyId {
    /// Try again.
    Retry,
    /// Pause what is not critical and answer from the cache.
    EaseOff,
    /// Answer from the cache.
    UseCache,
    /// Keep calls away for a while.
    TripBreaker,
    /// Drop what can be had again.
    ClearCaches,
    /// Rebuild the actor or service.
    Restart,
    /// More workers.
    Scale,
    /// Let only what is critical in.
    Shed,
    /// Write to the backup, then try again what failed.
    SwitchToBackup,
    /// Back to the primary.
    ReturnToPrimary,
    /// Cut stakes and flag for review.
    CutAndFlag,
}

/// What must be seen after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The incident's root cause is gone: [`Incident::cure`].
    Cured,
    /// The actor runs, and the root cause is gone.
    UpAndCured,
    /// These marks are at the place.
    Marked(&'static [Mark]),
}

impl Check {
    /// The check as a condition on an incident's place.
    pub fn condition(self, incident: &Incident) -> Condition {
        let place = &incident.root_cause.place;
        match self {
            Check::Cured => incident.cure(),
            // Only actors have a standing; of a process or a service, being well is all there is to see.
            Check::UpAndCured if place.sort() == "actor" => {
                Condition::All(vec![Condition::Up(place.clone()), incident.cure()])
            }
            Check::UpAndCured => incident.cure(),
            Check::Marked(marks) => Condition::All(
                marks
                    .iter()
                    .map(|mark| Condition::Marked(place.clone(), *mark))
                    .collect(),
            ),
        }
    }
}

/// One action of a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// What must be seen.
    pub check: Check,
    /// By when, in seconds after the order.
    pub within_s: u32,
    /// After how many seconds a measure lapses by itself, so that none outlives whoever ordered it.
    pub lapses_s: Option<u32>,
}

/// Steps one after another; each must be verified before the next, and with the last the remedy has worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Its name.
    pub id: RemedyId,
    /// Its steps.
    pub steps: &'static [Step],
}

const fn step(action: Action, check: Check, within_s: u32) -> Step {
    Step {
        action,
        check,
        within_s,
        lapses_s: None,
    }
}

/// A measure for half an hour: longer than a throttled minute or hour's end, short enough that a week's openers are not missed.
const fn measure(action: Action, check: Check, within_s: u32) -> Step {
    Step {
        action,
        check,
        within_s,
        lapses_s: Some(1_800),
    }
}

/// A mark is in the next snapshot but one.
const SEEN: u32 = 120;
/// A number is read every five minutes; this is one round and some time to settle.
const ROUND: u32 = 420;
/// And this is two.
const ROUNDS: u32 = 720;
const PAUSED: Check = Check::Marked(&[Mark::NonCriticalPaused]);
const CACHED: Check = Check::Marked(&[Mark::ServingFromCache]);

const RETRY: Remedy = Remedy {
    id: RemedyId::Retry,
    steps: &[step(Action::Retry, Check::Cured, ROUND)],
};
/// Where every minute is one without writes.
const RETRY_SOON: Remedy = Remedy {
    id: RemedyId::Retry,
    steps: &[step(Action::Retry, Check::Cured, 90)],
};
/// Rule 1 of SPEC H4.
const EASE_OFF: Remedy = Remedy {
    id: RemedyId::EaseOff,
    steps: &[
        measure(Action::PauseNonCritical, PAUSED, SEEN),
        measure(Action::FallBackToCache, Check::Cured, 900),
    ],
};
const USE_CACHE: Remedy = Remedy {
    id: RemedyId::UseCache,
    steps: &[measure(Action::FallBackToCache, Check::Cured, 1_200)],
};
const TRIP_BREAKER: Remedy = Remedy {
    id: RemedyId::TripBreaker,
    steps: &[measure(Action::TripBreaker, Check::Cured, 2_400)],
};
const CLEAR_CACHES: Remedy = Remedy {
    id: RemedyId::ClearCaches,
    steps: &[step(Action::ClearCaches, Check::Cured, ROUNDS)],
};
const RESTART: Remedy = Remedy {
    id: RemedyId::Restart,
    steps: &[step(Action::Restart, Check::UpAndCured, ROUNDS)],
};
const SCALE: Remedy = Remedy {
    id: RemedyId::Scale,
    steps: &[step(Action::Scale, Check::Cured, ROUNDS)],
};
const SHED: Remedy = Remedy {
    id: RemedyId::Shed,
    steps: &[measure(Action::PauseNonCritical, Check::Cured, ROUNDS)],
};
/// Rule 2 of SPEC H4.
const SWITCH_TO_BACKUP: Remedy = Remedy {
    id: RemedyId::SwitchToBackup,
    steps: &[
        step(
            Action::SwitchToBackup,
            Check::Marked(&[Mark::OnBackup, Mark::Writable, Mark::NothingLost]),
            300,
        ),
        step(Action::Retry, Check::Cured, ROUND),
    ],
};
const RETURN_TO_PRIMARY: Remedy = Remedy {
    id: RemedyId::ReturnToPrimary,
    steps: &[step(
        Action::ReturnToPrimary,
        Check::Marked(&[Mark::OnPrimary, Mark::Writable, Mark::NothingLost]),
        300,
    )],
};
/// Rule 3 of SPEC H4. A strategy that degrades is not cured in minutes: it is over for the healer when it can do no more harm and
/// a person has it on the list.
const CUT_AND_FLAG: Remedy = Remedy {
    id: RemedyId::CutAndFlag,
    steps: &[
        step(Action::CutStakes, Check::Marked(&[Mark::StakesCut]), SEEN),
        step(Action::FlagForReview, Check::Marked(&[Mark::Flagged]), SEEN),
    ],
};

/// What is done about an ailment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// The remedies, least drastic first, as long as nothing better was learned.
    pub remedies: &'static [Remedy],
    /// What keeps the house safe, though degraded, once a person is needed.
    pub safe: &'static [Step],
    /// What a person has to do then.
    pub advice: &'static str,
}

impl Playbook {
    /// The remedy of a name, if it is in this playbook.
    pub fn remedy(&self, id: RemedyId) -> Option<&'static Remedy> {
        self.remedies.iter().find(|remedy| remedy.id == id)
    }
}

const fn book(remedies: &'static [Remedy], safe: &'static [Step], advice: &'static str) -> Playbook {
    Playbook { remedies, safe, advice }
}

/// Until a person lifts it.
const SAFE_CACHE: &[Step] = &[step(Action::FallBackToCache, CACHED, SEEN)];
const SAFE_QUIET: &[Step] = &[step(Action::PauseNonCritical, PAUSED, SEEN)];
const SAFE_SPARING: &[Step] = &[
    step(Action::PauseNonCritical, PAUSED, SEEN),
    step(Action::FallBackToCache, CACHED, SEEN),
];
const SAFE_SHUT: &[Step] = &[
    step(Action::TripBreaker, Check::Marked(&[Mark::BreakerTripped]), SEEN),
    step(Action::FallBackToCache, CACHED, SEEN),
];

/// The playbook of an ailment.
pub fn playbook(ailment: Ailment) -> Playbook {
    match ailment {
        Ailment::DiskFull => book(
            &[CLEAR_CACHES],
            SAFE_QUIET,
            "make room on the disk; Huddle goes on when it can write",
        ),
        Ailment::KeyRevoked => book(&[], SAFE_SHUT, "set a valid key; until then the provider is not asked"),
        Ailment::DatabaseLost => book(
            &[RETRY_SOON, SWITCH_TO_BACKUP],
            SAFE_QUIET,
            "restore the database from a backup",
        ),
        Ailment::DatabaseBlocked => book(
            &[RETRY, SWITCH_TO_BACKUP],
            SAFE_QUIET,
            "find who holds the database's lock, and whether its disk is well",
        ),
        Ailment::PrimaryRecovered => book(&[RETURN_TO_PRIMARY], &[], "look at why the primary does not take over"),
        Ailment::QuotaExhausted => book(&[], SAFE_SPARING, "wait for the quota's next period, or buy credits"),
        Ailment::RateLimit => book(
            &[EASE_OFF, TRIP_BREAKER],
            SAFE_SPARING,
            "lower the provider's rate in the settings",
        ),
        Ailment::Garbage => book(
            &[RETRY, TRIP_BREAKER],
            SAFE_SHUT,
            "look at the quarantine: the provider's format may have changed",
        ),
        Ailment::ProviderFailing => book(
            &[RETRY, USE_CACHE, TRIP_BREAKER],
            SAFE_CACHE,
            "look at the provider's status page",
        ),
        Ailment::MindFailing => book(&[RETRY, USE_CACHE], SAFE_SHUT, "try another model in the settings"),
        // Rule 4 of SPEC H4.
        Ailment::MemoryLeak => book(
            &[CLEAR_CACHES, RESTART],
            SAFE_QUIET,
            "restart the process and report the leak",
        ),
        Ailment::ActorHung | Ailment::ActorDown => book(
            &[RESTART],
            SAFE_QUIET,
            "read the actor's last fault and restart the process",
        ),
        Ailment::Flooded => book(&[SCALE, SHED, RESTART], SAFE_QUIET, "find who sends so much"),
        Ailment::StrategyDegraded => book(&[CUT_AND_FLAG], &[], "cut the strategy's stakes by hand, or retire it"),
        Ailment::SlotMissed => book(&[RETRY], &[], "nothing to repair: the slot is recorded as lost"),
        Ailment::LetterSetAside => book(&[], &[], "look at it with `huddle letters`; release or discard it"),
        Ailment::ClockJumped => book(&[], SAFE_QUIET, "set the clock, and have it kept by NTP"),
        Ailment::Unexplained => book(&[], &[], "have a look: nothing is done about what nothing explains"),
    }
}
