//! What is on disk about the team, as the orchestrator's word on a round.

use crate::agents::orchestrator::experiments::Setting;
use crate::agents::orchestrator::overrides::{Action, CONSENSUS, Override, holding, overridden};
use crate::agents::orchestrator::season_plan::{Season, plan};
use crate::config::Settings;
use crate::domain::archive::Archive;
use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::domain::money::{Cents, MoneyError};
use crate::domain::standing::{Standing, Standings, Stands};
use crate::store::team::experiments::{self, Experiment};
use crate::store::team::overrides::{self, OverrideRow};
use crate::store::team::standings::{self, Event};
use crate::store::{Conn, StoreError, team};
use crate::swarms::guidance::Guidance;
use crate::swarms::pool::PoolSettings;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The word on a round, and which experiment its shadow belongs to.
#[derive(Clone, Debug, Default)]
pub struct Briefing {
    /// The word.
    pub guidance: Arc<Guidance>,
    /// The experiment, while one is under way.
    pub experiment: Option<Experiment>,
}

/// What the database knows of the team.
pub(super) struct Known {
    standing: BTreeMap<String, Event>,
    overrides: Vec<OverrideRow>,
    experiments: Vec<Experiment>,
    /// Profit of the season's graded bets, when the season's plan asks for it.
    profit: Cents,
}

impl Known {
    /// As of an instant, so that a round held again is told what it was told then.
    pub(super) fn read(
        conn: &mut Conn,
        season: u16,
        planned_by: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<Known, StoreError> {
        let profit = match planned_by {
            Some(settings) => team::profit(conn, season, settings, at)?,
            None => Cents::ZERO,
        };
        Ok(Known {
            standing: standings::standing(conn, at)?,
            overrides: overrides::all(conn)?,
            experiments: experiments::as_of(conn, at)?,
            profit,
        })
    }

    pub(super) fn briefing(
        &self,
        settings: &Settings,
        archive: &Archive,
        when: SeasonWeek,
        base: PoolSettings,
        now: DateTime<Utc>,
    ) -> Result<Briefing, MoneyError> {
        let overrides = overrides_of(&self.overrides);
        let holding = holding(&overrides, now);
        let of_swarm = holding.iter().find(|word| word.subject == CONSENSUS);
        let capped = of_swarm.and_then(|word| match word.action {
            Action::Cap(cap) => Some(cap),
            Action::Bench | Action::Seat | Action::Pause => None,
        });
        let paused = of_swarm
            .filter(|word| word.action == Action::Pause)
            .map(|word| word.said());
        let planned = if settings.orchestrator.plan_caps {
            self.planned(settings, archive, when)?
        } else {
            None
        };
        let pool = pool_of(&self.experiments, base);
        let under_way = self
            .experiments
            .last()
            .filter(|e| settings.orchestrator.meta_learning && is_open(e));
        let shadow = under_way.and_then(|e| {
            let value = if e.state == "running" { e.to_value } else { e.from_value };
            let mut shadow = pool;
            set(&mut shadow, Setting::of(&e.setting)?, value);
            Some(shadow)
        });
        let guidance = Guidance {
            standings: overridden(effective(&self.standing), &holding),
            pool: (pool != base).then_some(pool),
            shadow,
            week_cap: [capped, planned].into_iter().flatten().min(),
            paused,
        };
        Ok(Briefing {
            guidance: Arc::new(guidance),
            experiment: under_way.cloned(),
        })
    }

    /// The week's cap by the season's plan.
    fn planned(
        &self,
        settings: &Settings,
        archive: &Archive,
        when: SeasonWeek,
    ) -> Result<Option<Cents>, MoneyError> {
        let first = settings.bankroll()?;
        let season = Season {
            weeks: vec![(when, archive.week(when).len())],
            first,
            left: first + self.profit,
            per_game: settings.risk.per_game,
            per_week: settings.risk.per_week,
        };
        Ok(plan(&season).first().map(|week| week.cap))
    }
}

/// Whether an experiment is tried or watched.
pub(super) fn is_open(experiment: &Experiment) -> bool {
    matches!(experiment.state.as_str(), "running" | "kept")
}

/// Standings by the rule that are not full.
pub fn effective(newest: &BTreeMap<String, Event>) -> Standings {
    let plain = |event: &&Event| event.standing != Standing::Full;
    let stands = |event: &Event| Stands {
        standing: event.standing,
        reason: event.reason.clone(),
    };
    newest
        .values()
        .filter(plain)
        .map(|e| (Seat::new(&e.subject), stands(e)))
        .collect()
}

/// Overrides as the rule reads them; rows changed by hand to what makes no sense are passed over.
pub fn overrides_of(rows: &[OverrideRow]) -> Vec<Override> {
    let read = |row: &OverrideRow| {
        Some(Override {
            at: row.at.and_utc(),
            by: row.by_whom.clone(),
            subject: row.subject.clone(),
            action: Action::of(&row.action, row.cap_cents.map(Cents))?,
            why: row.why.clone(),
            ends: row.ends_at.and_utc(),
        })
    };
    rows.iter().filter_map(read).collect()
}

/// The pool's settings with every change that was kept.
pub fn pool_of(experiments: &[Experiment], base: PoolSettings) -> PoolSettings {
    let mut pool = base;
    for e in experiments
        .iter()
        .filter(|e| matches!(e.state.as_str(), "kept" | "confirmed"))
    {
        if let Some(setting) = Setting::of(&e.setting) {
            set(&mut pool, setting, e.to_value);
        }
    }
    pool
}

fn place(pool: &mut PoolSettings, setting: Setting) -> &mut f64 {
    match setting {
        Setting::HalfLifeWeeks => &mut pool.half_life_weeks,
        Setting::Ballast => &mut pool.ballast,
        Setting::PointsPerE => &mut pool.points_per_e,
        Setting::BlendBallast => &mut pool.blend_ballast,
        Setting::BoldnessSd => &mut pool.boldness_sd,
    }
}

/// Sets a setting, kept within its bounds.
fn set(pool: &mut PoolSettings, setting: Setting, value: f64) {
    let (low, high) = setting.bounds();
    *place(pool, setting) = value.clamp(low, high);
}

/// The settings that may be tried, with their values.
pub(super) fn values(mut pool: PoolSettings) -> Vec<(Setting, f64)> {
    Setting::ALL
        .map(|setting| (setting, *place(&mut pool, setting)))
        .to_vec()
}
