//! What a round was told by the orchestrator, as it is shown: whoever reads a pick sees whose word it rests on.

use crate::domain::standing::Standing;
use crate::swarms::round::Round;

/// One line for each seat that does not stand full, and for each setting that is not as usual. Who is not at the table is said
/// elsewhere, with all others who are not.
pub(super) fn told(round: &Round) -> Vec<String> {
    let guidance = &round.convened.guidance;
    let gone = |seat| round.seats.get(seat).is_some_and(|log| log.stood_down.is_some());
    let mut lines = Vec::new();
    for (seat, stands) in guidance.standings.iter().filter(|(seat, _)| !gone(*seat)) {
        let stays = if stands.standing == Standing::Benched {
            " and stays, or there were no table"
        } else {
            ""
        };
        lines.push(format!("{seat} is {}{stays}: {}", stands.standing, stands.reason));
    }
    if let Some(pool) = &guidance.pool {
        lines.push(format!("the pool has settings that experiments kept: {pool:?}"));
    }
    if let Some(cap) = guidance.week_cap {
        lines.push(format!("the orchestrator lets at most {cap} be at stake this week"));
    }
    lines
}
