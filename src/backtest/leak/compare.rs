//! One round as text, and the first place where two such texts differ.
//!
//! Opinions come before decisions: a leak enters through a seat, and the seat is what one wants to be told.

use super::raw::RawData;
use super::{Difference, Part, RawMind};
use crate::agents::specialists::data_engineer::{AsOf, Planned, plan, slate};
use crate::agents::specialists::risk_manager::RiskLimits;
use crate::agents::swarm_member::SwarmMember;
use crate::backtest::host::BareHost;
use crate::domain::archive::Archive;
use crate::domain::belief::Seat;
use crate::domain::money::Cents;
use crate::protocol::question::{Exposure, RoundId};
use crate::swarms::pool::PoolSettings;
use crate::swarms::round::{Convene, Round};
use rand_pcg::Pcg64Mcg;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All stakes are shares of it, so its size does not matter; small enough that every stake is a plain number of dollars.
const BANKROLL: Cents = Cents(1_000_000);

/// All that was offered, said and decided in a round, each part as the JSON values of its entries.
pub(super) struct Played(Vec<(Part, Option<Seat>, Vec<Value>)>);

/// Plays a round with minds built for these rows. A round that no longer exists is an empty one.
pub(super) fn play(
    raw: &Arc<RawData>,
    archive: &Arc<Archive>,
    roster: &[(&str, RawMind)],
    planned: &Planned,
    as_of: AsOf,
) -> Played {
    let rounds = plan(archive, planned.when, as_of);
    let Some(planned) = rounds.into_iter().find(|p| p.at == planned.at) else {
        return Played(Vec::new());
    };
    let view = archive.as_of(planned.at);
    let slate = slate(&planned, &view, as_of, None);
    let mut parts = vec![(Part::Slate, None, values(slate.iter()))];
    let members: BTreeMap<Seat, SwarmMember> = roster
        .iter()
        .map(|(name, mind)| {
            let (mind, raw) = (Arc::clone(mind), Arc::clone(raw));
            (Seat::new(name), SwarmMember::new(move || mind(&raw)))
        })
        .collect();
    let rng = Pcg64Mcg::new(0); // message ids are drawn from it, and no decision
    let mut host = BareHost::with_members(members, PoolSettings::default(), RiskLimits::default(), rng);
    let held = host.hold(Convene {
        round: RoundId(format!("leak check {} {}", planned.when, as_of.name())),
        when: planned.when,
        basis: as_of.basis(),
        view,
        slate,
        bankroll: BANKROLL,
        exposure: Exposure::default(),
        guidance: Arc::default(),
    });
    if let Some(round) = held {
        parts.extend(said(&round));
        parts.push((Part::Decisions, None, values(round.decisions.iter())));
    }
    Played(parts)
}

fn said(round: &Round) -> impl Iterator<Item = (Part, Option<Seat>, Vec<Value>)> {
    round.seats.iter().flat_map(|(seat, log)| {
        let answer = log.answer.as_ref();
        let opinions = answer.map_or(&[][..], |a| &a.opinions);
        let forecasts = answer.map_or(&[][..], |a| &a.forecasts);
        let forecasts = forecasts.iter().map(
            |(game, margin, total)| serde_json::json!({ "game": game.as_str(), "margin": margin, "total": total }),
        );
        [
            (Part::Opinions, Some(seat.clone()), values(opinions.iter())),
            (Part::Forecasts, Some(seat.clone()), forecasts.collect()),
            (Part::Revised, Some(seat.clone()), values(log.revised.iter())),
        ]
    })
}

fn values<T: serde::Serialize>(items: impl Iterator<Item = T>) -> Vec<Value> {
    let value = |item| serde_json::to_value(item).expect("domain types have text keys and derived serialisers");
    items.map(value).collect()
}

impl Played {
    /// Where the other round first differs to the byte; `None` when it does not.
    pub(super) fn first_difference(&self, after: &Played) -> Option<Difference> {
        if self.0.len() != after.0.len() {
            let (before, after) = (self.0.len().to_string(), after.0.len().to_string());
            return Some(Difference::new(
                Part::Slate,
                None,
                &Value::Null,
                "parts".to_owned(),
                before,
                after,
            ));
        }
        let mut parts = self.0.iter().zip(&after.0);
        parts.find_map(|((part, seat, before), (_, _, after))| {
            let at = |i: usize| before.get(i).or(after.get(i));
            let n = before.len().max(after.len());
            let i = (0..n).find(|&i| text(before.get(i)) != text(after.get(i)))?;
            let (field, old, new) = descend(before.get(i), after.get(i), String::new());
            Some(Difference::new(
                *part,
                seat.as_ref(),
                at(i).unwrap_or(&Value::Null),
                field,
                old,
                new,
            ))
        })
    }
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// Path and both texts of the first leaf that differs.
fn descend(before: Option<&Value>, after: Option<&Value>, path: String) -> (String, String, String) {
    let below = |key: String, a: Option<&Value>, b: Option<&Value>| {
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        (text(a) != text(b)).then(|| descend(a, b, path))
    };
    let deeper = match (before, after) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|k| below(k.clone(), a.get(k), b.get(k)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            (0..a.len().max(b.len())).find_map(|i| below(i.to_string(), a.get(i), b.get(i)))
        }
        _ => None,
    };
    deeper.unwrap_or_else(|| (path, text(before), text(after)))
}
