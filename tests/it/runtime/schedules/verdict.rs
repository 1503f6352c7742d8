//! What must hold after every schedule, whatever was in it.

use super::{
    book::{Book, Letter, Outcome, Pages, Start},
    plan::{Branch, Plan, Seat},
};
use crate::runtime::harness::ms;
use huddle::{
    actor::{AskError, Loss},
    supervision::Strategy,
};
use std::{collections::BTreeMap, time::Duration};

/// The promises that were broken, in words.
pub fn of(book: &Book, plan: &Plan) -> Vec<String> {
    book.write(|pages| {
        let mut broken = std::mem::take(&mut pages.wrongs);
        broken.extend(
            pages
                .letters
                .iter()
                .enumerate()
                .flat_map(|(id, letter)| letter_by_letter(id, letter)),
        );
        for (at, seat) in plan.seats.borrow().iter().enumerate() {
            broken.extend(conservation(at, seat, pages));
            broken.extend(incarnations(seat, &pages.starts));
            broken.extend(obituaries(seat, &pages.ends));
        }
        for at in 0..plan.branches.len() {
            broken.extend(intensity(at, plan, pages));
        }
        broken
    })
}

/// Nothing is handled twice; each ask has one answer, by its deadline, and the answer says the truth about the work.
fn letter_by_letter(id: usize, letter: &Letter) -> Vec<String> {
    let mut broken = Vec::new();
    if letter.n_begun > 1 {
        broken.push(format!("{id} was begun {} times", letter.n_begun));
    }
    if !letter.taken && letter.n_begun > 0 {
        broken.push(format!("{id} was refused and begun"));
    }
    let Some(ask) = &letter.ask else { return broken };
    let Some((at, outcome)) = &ask.ended else {
        broken.push(format!("ask {id} has no answer"));
        return broken;
    };
    // Timers count whole milliseconds.
    if *at > ask.sent.saturating_add(ask.deadline).saturating_add(ms(1)) {
        broken.push(format!(
            "ask {id} was answered at {at:?}, sent {:?}, deadline {:?}",
            ask.sent, ask.deadline
        ));
    }
    let truthful = match outcome {
        Outcome::Dropped => true,
        Outcome::Answer(Ok(_)) => letter.n_done == 1,
        Outcome::Answer(Err(error)) => match error {
            AskError::Overloaded | AskError::Gone(_) | AskError::Cycle { .. } => letter.n_begun == 0,
            // No worker drops an answer while it lives.
            AskError::Lost {
                reason: Loss::Unanswered,
                ..
            } => false,
            AskError::Lost { started, .. } | AskError::Deadline { started } => *started == (letter.n_begun == 1),
        },
    };
    if !truthful {
        broken.push(format!(
            "ask {id} ended as {outcome:?}, but it was begun {} times",
            letter.n_begun
        ));
    }
    broken
}

/// Whether it was taken into the mailbox; an ask learns only from its outcome that it was not.
fn taken(letter: &Letter) -> bool {
    let outcome = letter.ask.as_ref().and_then(|ask| ask.ended.as_ref());
    let refused = matches!(
        outcome,
        Some((_, Outcome::Answer(Err(AskError::Gone(_) | AskError::Overloaded))))
    );
    letter.taken && !refused
}

/// Whether its asker gave up on it, so that nobody misses it.
fn given_up(letter: &Letter) -> bool {
    let outcome = letter.ask.as_ref().and_then(|ask| ask.ended.as_ref());
    matches!(
        outcome,
        Some((_, Outcome::Dropped | Outcome::Answer(Err(AskError::Deadline { .. }))))
    )
}

/// What was taken was begun, or is a dead letter, or was withdrawn while it waited; what was begun was finished or was in
/// hand at a fault.
fn conservation(at: usize, seat: &Seat, pages: &Pages) -> Vec<String> {
    let letters = || pages.letters.iter().filter(|letter| letter.to == at && taken(letter));
    let count = |what: fn(&Letter) -> bool| letters().filter(|letter| what(letter)).count() as u64;
    let n_begun = count(|letter| letter.n_begun > 0);
    let n_done = count(|letter| letter.n_done > 0);
    let n_withdrawn = count(|letter| letter.n_begun == 0 && given_up(letter));
    let vitals = seat.worker.vitals();
    let (n_taken, n_dead) = (letters().count() as u64, vitals.dead_letters);
    let id = &seat.id;
    let mut broken = Vec::new();
    if n_taken != n_begun + n_dead + n_withdrawn {
        broken.push(format!(
            "{id}: {n_taken} taken, but {n_begun} begun, {n_dead} dead, {n_withdrawn} withdrawn"
        ));
    }
    if vitals.handled != n_done || vitals.withdrawn > n_withdrawn {
        let (handled, withdrawn) = (vitals.handled, vitals.withdrawn);
        broken.push(format!(
            "{id}: vitals say {handled} handled and {withdrawn} withdrawn; they were {n_done} and {n_withdrawn}"
        ));
    }
    if vitals.depth != [0; 4] {
        broken.push(format!("{id}: something is left in its mailbox: {:?}", vitals.depth));
    }
    broken
}

/// Incarnations only grow.
fn incarnations(seat: &Seat, starts: &[Start]) -> Option<String> {
    let numbers: Vec<u64> = starts
        .iter()
        .filter(|s| s.worker == seat.id)
        .map(|s| s.incarnation)
        .collect();
    let grows = numbers.is_sorted_by(|a, b| a < b);
    (!grows).then(|| format!("{}: incarnations {numbers:?}", seat.id))
}

/// Who watches is told of the end of each incarnation, once.
fn obituaries(seat: &Seat, ends: &[(String, u64)]) -> Option<String> {
    let mut told: Vec<u64> = ends.iter().filter(|end| end.0 == seat.id).map(|end| end.1).collect();
    told.sort_unstable();
    let newest = seat.worker.vitals().incarnation;
    let each_once = told.iter().copied().eq(1..=newest);
    (!each_once).then(|| format!("{}: told of the ends of {told:?}, there were {newest}", seat.id))
}

/// A recount, from the log of starts alone: within one life of a supervisor, no window holds more restarts than granted.
fn intensity(at: usize, plan: &Plan, pages: &Pages) -> Vec<String> {
    let branch = &plan.branches[at];
    let Some(span) = branch.intensity.within.checked_sub(branch.slack) else {
        return Vec::new(); // a restart may come so late after its fault that the log of starts says nothing
    };
    let n_orders = pages.n_orders.get(&branch.id).copied().unwrap_or_default();
    let granted = branch.intensity.max as usize + n_orders;
    let mut broken = Vec::new();
    for life in lives(at, plan, pages) {
        // A group starts together, so there each child is counted for itself.
        let mut restarts: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for (child, when) in life {
            let child = if branch.strategy == Strategy::OneForOne {
                "its children"
            } else {
                child
            };
            restarts.entry(child).or_default().push(when);
        }
        for (child, times) in restarts {
            let most = times.iter().enumerate().map(|(from, first)| {
                let in_window = times[from..].iter().take_while(|time| **time - *first < span);
                in_window.count()
            });
            let most = most.max().unwrap_or_default();
            if most > granted {
                let Branch { id, intensity, .. } = branch;
                broken.push(format!(
                    "{id}: {most} restarts of {child} within {span:?}; {intensity:?}, {n_orders} orders"
                ));
            }
        }
    }
    broken
}

/// The restarts that a supervisor carried out, by its lives. That of a supervisor below it is known by the first start of
/// that one's first child.
fn lives<'a>(at: usize, plan: &Plan, pages: &'a Pages) -> Vec<Vec<(&'a str, Duration)>> {
    let seats = plan.seats.borrow();
    let workers: Vec<&str> = seats.iter().filter(|s| s.branch == at).map(|s| s.id.as_str()).collect();
    let below = |branch: usize| plan.branches[branch].above == Some(at);
    let sentinels: Vec<&str> = seats
        .iter()
        .filter(|s| s.sentinel && below(s.branch))
        .map(|s| s.id.as_str())
        .collect();
    let ends = pages
        .lives
        .iter()
        .filter(|life| life.0 == plan.branches[at].id)
        .map(|life| (life.1, life.2));
    let mut lives = Vec::new();
    let (mut from, mut since) = (0, None);
    for (to, end) in ends.chain([(pages.starts.len(), Duration::MAX)]) {
        let (mut life, mut begun) = (Vec::new(), Vec::new());
        // What one that was killed had started begins at the same instant, before the kill has come down to it.
        for start in pages.starts[from..to].iter().filter(|start| Some(start.at) > since) {
            let worker = start.worker.as_str();
            let again = if sentinels.contains(&worker) {
                let known = begun.contains(&worker);
                begun.push(worker);
                known && !start.again
            } else {
                start.again && workers.contains(&worker)
            };
            if again {
                life.push((worker, start.at));
            }
        }
        lives.push(life);
        (from, since) = (to, Some(end));
    }
    lives
}
