//! Why two decisions on one market differ: of a run and of the same round held again, or of a run and of the backtest.
//!
//! Users of trading bots complain of nothing as loudly as of backtest and run telling different stories. Every difference
//! gets a cause that can be checked in what is stored; what has none is counted as unexplained, and is a fault of ours.

use crate::domain::pick::{Decision, Limit, Pass, Verdict, Vote};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A decision, and what it was made from.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// What it was decided on: `open`, `close`, or empty for the latest prices of an instant.
    pub basis: String,
    /// Fingerprint of what was known.
    pub data: String,
    /// Fingerprint of the settings.
    pub settings: String,
    /// Version of the program.
    pub program: String,
    /// The round's name, which changes with what the orchestrator said of it too.
    pub round: String,
    /// The decision; none when the market was not decided.
    pub decision: Option<Decision>,
}

/// A cause of a difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Why {
    /// The market was decided in one of the two only.
    NotDecided {
        /// Which lacks it: `then` or `now`.
        side: &'static str,
    },
    /// Another price was on offer.
    Price {
        /// The line, price and book then.
        then: String,
        /// And now.
        now: String,
    },
    /// The market's own probability was another.
    Market {
        /// Fair probability of the first side then.
        then: f64,
        /// And now.
        now: f64,
    },
    /// A seat was silent in one of the two.
    Seat {
        /// Who.
        seat: String,
        /// What it did then.
        then: String,
        /// And now.
        now: String,
    },
    /// A seat came down in the middle of one of the two and answered after it came back.
    Restarted {
        /// Who.
        seat: String,
    },
    /// Seats judged otherwise, because they had learnt more or less.
    Opinions {
        /// How many.
        n: usize,
        /// The largest difference of their probabilities.
        largest: f64,
    },
    /// Exposure, or what was bet before, bound the stake otherwise.
    Exposure {
        /// What decided then.
        then: String,
        /// And now.
        now: String,
    },
    /// One was decided at the latest prices of an instant, the other at the openers or the close.
    Basis {
        /// What then.
        then: String,
        /// And now.
        now: String,
    },
    /// Other facts were known.
    Facts {
        /// Fingerprint then.
        then: String,
        /// And now.
        now: String,
    },
    /// Other settings held.
    Settings {
        /// Fingerprint then.
        then: String,
        /// And now.
        now: String,
    },
    /// Another program decided.
    Program {
        /// Version then.
        then: String,
        /// And now.
        now: String,
    },
    /// The orchestrator said something else of the round: a standing, an override, an experiment that was kept.
    Guidance,
    /// Nothing of the above: a fault of ours.
    Unexplained,
}

/// Why two decisions on one market differ, the nearest cause first; empty when they are the same.
pub fn why(then: &Held, now: &Held) -> Vec<Why> {
    let mut causes = Vec::new();
    match (&then.decision, &now.decision) {
        (None, None) => return causes,
        (Some(_), None) => causes.push(Why::NotDecided { side: "now" }),
        (None, Some(_)) => causes.push(Why::NotDecided { side: "then" }),
        (Some(a), Some(b)) => {
            if same(a, b) {
                return causes;
            }
            compare(a, b, &mut causes);
        }
    }
    causes.extend(roots(then, now));
    let rooted = roots(then, now).is_empty();
    // With everything the same that a decision may depend on, another price or opinion is no reason but the fault itself.
    let explains = |why: &Why| matches!(why, Why::Seat { .. } | Why::Restarted { .. } | Why::Exposure { .. });
    if rooted && !causes.iter().any(explains) {
        causes.push(Why::Unexplained);
    }
    causes
}

/// What two rounds were held on otherwise; empty when all they depend on is the same.
pub fn roots(then: &Held, now: &Held) -> Vec<Why> {
    let pairs = [
        (&then.basis, &now.basis, Why::basis as Root),
        (&then.data, &now.data, Why::facts),
        (&then.settings, &now.settings, Why::settings),
        (&then.program, &now.program, Why::program),
    ];
    let mut roots: Vec<Why> = pairs
        .into_iter()
        .filter(|(a, b, _)| a != b)
        .map(|(a, b, cause)| cause(a.clone(), b.clone()))
        .collect();
    if roots.is_empty() && then.round != now.round {
        roots.push(Why::Guidance);
    }
    roots
}

type Root = fn(String, String) -> Why;

impl Why {
    fn basis(then: String, now: String) -> Why {
        Why::Basis { then, now }
    }

    fn facts(then: String, now: String) -> Why {
        Why::Facts { then, now }
    }

    fn settings(then: String, now: String) -> Why {
        Why::Settings { then, now }
    }

    fn program(then: String, now: String) -> Why {
        Why::Program { then, now }
    }

    /// Whether nothing explains it.
    pub fn is_unexplained(&self) -> bool {
        matches!(self, Why::Unexplained)
    }

    /// The word it is counted under.
    pub fn name(&self) -> &'static str {
        match self {
            Why::NotDecided { .. } => "not decided",
            Why::Price { .. } => "price",
            Why::Market { .. } => "market",
            Why::Seat { .. } => "seat",
            Why::Restarted { .. } => "restart",
            Why::Opinions { .. } => "opinions",
            Why::Exposure { .. } => "exposure",
            Why::Basis { .. } => "basis",
            Why::Facts { .. } => "facts",
            Why::Settings { .. } => "settings",
            Why::Program { .. } => "program",
            Why::Guidance => "guidance",
            Why::Unexplained => "UNEXPLAINED",
        }
    }
}

/// The same decision, but for its id, which names the round.
pub fn same(a: &Decision, b: &Decision) -> bool {
    let b = Decision {
        id: a.id.clone(),
        ..b.clone()
    };
    *a == b
}

fn compare(a: &Decision, b: &Decision, causes: &mut Vec<Why>) {
    let offered = |d: &Decision| {
        d.offered.as_ref().map_or("no price".to_owned(), |o| {
            let line = o.line.map_or(String::new(), |line| format!("{line} at "));
            let side = d.side.map_or("no side", |side| side.name());
            format!("{side} {line}{} ({})", o.price, o.book)
        })
    };
    if offered(a) != offered(b) {
        causes.push(Why::Price {
            then: offered(a),
            now: offered(b),
        });
    }
    let (then, now) = (a.agreement.fair.get(), b.agreement.fair.get());
    if then != now {
        causes.push(Why::Market { then, now });
    }
    seats(a, b, causes);
    if bound(a) != bound(b) && (hangs_on_others(a) || hangs_on_others(b)) {
        causes.push(Why::Exposure {
            then: bound(a),
            now: bound(b),
        });
    }
}

/// Seats that were silent or came down in one of the two, and how far the others moved.
fn seats(a: &Decision, b: &Decision, causes: &mut Vec<Why>) {
    let told = |d: &Decision| -> BTreeMap<String, Vote> {
        let votes = d.agreement.votes.iter();
        votes.map(|v| (v.seat.to_string(), v.clone())).collect()
    };
    let said = |vote: Option<&Vote>| match vote.map(|v| &v.stance) {
        None => "not at the table".to_owned(),
        Some(Ok(side)) => side.name().to_owned(),
        Some(Err(why)) => format!("silent: {why}"),
    };
    let (then, now) = (told(a), told(b));
    let (mut n, mut largest) = (0, 0.0f64);
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    for seat in names {
        let (v, w) = (then.get(seat), now.get(seat));
        let p = |vote: Option<&Vote>| vote.and_then(|v| v.p_first).map(|p| p.get());
        match (p(v), p(w)) {
            (Some(p), Some(q)) if p != q => {
                n += 1;
                largest = largest.max((p - q).abs());
            }
            (Some(_), None) | (None, Some(_)) => causes.push(Why::Seat {
                seat: seat.clone(),
                then: said(v),
                now: said(w),
            }),
            _ => {}
        }
        if v.zip(w).is_some_and(|(v, w)| v.restarts != w.restarts) {
            causes.push(Why::Restarted { seat: seat.clone() });
        }
    }
    if n > 0 {
        causes.push(Why::Opinions { n, largest });
    }
}

/// Whether bets made before had a say.
fn hangs_on_others(d: &Decision) -> bool {
    match &d.verdict {
        Verdict::Bet { limit, .. } => matches!(limit, Limit::GameCap | Limit::DayCap | Limit::WeekCap),
        Verdict::Pass(why) => matches!(why, Pass::AlreadyBet | Pass::RiskCap { .. } | Pass::SameView { .. }),
    }
}

/// What a verdict hangs on.
fn bound(d: &Decision) -> String {
    match &d.verdict {
        Verdict::Bet {
            limit: Limit::Kelly, ..
        } => "a bet".to_owned(),
        Verdict::Bet { limit, .. } => format!("a bet bound by the {}", limit.name()),
        Verdict::Pass(why) => format!("a pass, {}", why.code()),
    }
}

/// Where two texts first differ, with what is around it: thirty bytes before and after, cut at characters.
pub fn first_difference(a: &str, b: &str) -> [String; 2] {
    let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    [a, b].map(|text| {
        let near = |at: usize| {
            (0..=at.min(text.len()))
                .rev()
                .find(|i| text.is_char_boundary(*i))
                .unwrap_or(0)
        };
        format!("...{}...", &text[near(at.saturating_sub(30))..near(at + 30)])
    })
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NotDecided { side } => write!(f, "the market was not decided {side}"),
            Why::Price { then, now } => write!(f, "another price was on offer: {then}, now {now}"),
            Why::Market { then, now } => {
                write!(
                    f,
                    "the market's own probability was {:.1}%, now {:.1}%",
                    then * 100.0,
                    now * 100.0
                )
            }
            Why::Seat { seat, then, now } => write!(f, "{seat}: {then}; now {now}"),
            Why::Restarted { seat } => {
                write!(f, "{seat} came down in one of the two, and answered after it came back")
            }
            Why::Opinions { n, largest } => {
                write!(
                    f,
                    "{n} seats judged otherwise, by up to {:.2} points of probability",
                    largest * 100.0
                )
            }
            Why::Exposure { then, now } => write!(f, "what was bet before binds otherwise: {then}; now {now}"),
            Why::Basis { then, now } => {
                let name = |basis: &str| match basis {
                    "" => "the latest prices of its instant".to_owned(),
                    other => format!("prices at the {other}"),
                };
                write!(f, "one was decided at {}, the other at {}", name(then), name(now))
            }
            Why::Facts { then, now } => write!(f, "other facts were known as of then ({then}, now {now})"),
            Why::Settings { then, now } => write!(f, "the settings were others ({then}, now {now})"),
            Why::Program { then, now } => write!(f, "another program decided ({then}, now {now})"),
            Why::Guidance => {
                f.write_str("the orchestrator said something else: standings, overrides or an experiment")
            }
            Why::Unexplained => f.write_str("nothing explains it: a fault of huddle, please report it"),
        }
    }
}

/// How a run's bets of a week stand to those of the backtest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Against {
    /// Bet in both on one side, at the same price.
    pub n_same: usize,
    /// Bet in both on one side, at another price or stake.
    pub n_otherwise: usize,
    /// Bet in both, on opposite sides.
    pub n_opposite: usize,
    /// Bet by the run alone.
    pub n_run_alone: usize,
    /// Bet by the backtest alone.
    pub n_backtest_alone: usize,
    /// Each difference with its causes.
    pub differences: Vec<Difference>,
}

/// A difference between a run and the backtest on one market.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The game.
    pub game: String,
    /// The market.
    pub market: String,
    /// What the run did, and when.
    pub run: String,
    /// What the backtest did.
    pub backtest: String,
    /// Why.
    pub why: Vec<Why>,
}

/// A decision of a run with the instant of its round and whether that was the first look at the market.
#[derive(Clone, Debug)]
pub struct Look {
    /// When.
    pub at: DateTime<Utc>,
    /// What was decided, and from what.
    pub held: Held,
}

/// Holds all looks of a run at a week's markets against the one look a backtest takes at the openers.
///
/// Where the run bet, the look it bet at is compared; where it did not, its first look. A difference between looks at
/// different instants is a difference of what was known, and says so by its price, probabilities and facts.
pub fn against(run: &BTreeMap<Market, Vec<Look>>, backtest: &BTreeMap<Market, Held>) -> Against {
    let mut all = Against::default();
    let none = Held::default();
    let markets: BTreeSet<&Market> = run.keys().chain(backtest.keys()).collect();
    for market in markets {
        let looks = run.get(market).map_or(&[][..], Vec::as_slice);
        let bet = looks.iter().find(|look| is_bet(&look.held));
        let look = bet.or(looks.first());
        let then = look.map_or(&none, |look| &look.held);
        let now = backtest.get(market).unwrap_or(&none);
        let sides = |held: &Held| held.decision.as_ref().and_then(|d| d.side);
        match (is_bet(then), is_bet(now)) {
            (false, false) => continue,
            (true, true) if sides(then) != sides(now) => all.n_opposite += 1,
            (true, true)
                if then
                    .decision
                    .as_ref()
                    .zip(now.decision.as_ref())
                    .is_some_and(|(a, b)| same_bet(a, b)) =>
            {
                all.n_same += 1;
                continue;
            }
            (true, true) => all.n_otherwise += 1,
            (true, false) => all.n_run_alone += 1,
            (false, true) => all.n_backtest_alone += 1,
        }
        all.differences.push(Difference {
            game: market.0.clone(),
            market: market.1.clone(),
            run: said(then, look.map(|look| look.at)),
            backtest: said(now, None),
            why: why(then, now),
        });
    }
    all
}

/// A game and a market of it.
pub type Market = (String, String);

fn is_bet(held: &Held) -> bool {
    held.decision.as_ref().is_some_and(Decision::is_bet)
}

fn same_bet(a: &Decision, b: &Decision) -> bool {
    let priced = |d: &Decision| d.offered.as_ref().map(|o| (o.line, o.price));
    a.side == b.side && priced(a) == priced(b) && a.stake() == b.stake()
}

fn said(held: &Held, at: Option<DateTime<Utc>>) -> String {
    let at = at.map_or(String::new(), |at| format!(", {}", at.format("%a %d %b %H:%M UTC")));
    match &held.decision {
        None => "not decided".to_owned(),
        Some(d) => {
            let side = d.side.map_or("", |side| side.name());
            match &d.verdict {
                Verdict::Bet { stake, .. } => format!("bet {side}, {stake}{at}"),
                Verdict::Pass(why) => format!("passed: {why}{at}"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
