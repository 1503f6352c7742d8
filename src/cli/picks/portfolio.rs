//! What swarm and strategies make together of a week, as it is shown: shown only while strategies are in production.

use crate::app::conductor::WeekPortfolio;
use crate::cli::words;
use crate::domain::calendar::eastern_label;
use crate::domain::game::Fixture;
use crate::domain::money::Cents;
use crate::protocol::proposal::Proposal;
use crate::swarms::conductor::portfolio::Bet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A week's portfolio.
#[derive(Clone, Debug, Serialize)]
pub struct PortfolioView {
    /// Strategies in production that were asked.
    pub n_strategies: usize,
    /// All stakes.
    pub staked_cents: i64,
    /// What is bet, best first.
    pub bets: Vec<BetView>,
    /// What is wanted and not bet.
    pub drops: Vec<DropView>,
    /// What strategies could not be asked, or cannot bet, with how many games it is said of.
    pub unserved: Vec<UnservedView>,
}

/// A bet on offer, as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct TermsView {
    /// The game's id.
    pub game_id: String,
    /// `DEN @ LAC`.
    pub game: String,
    /// Its kickoff, in US Eastern.
    pub kickoff_et: String,
    /// `LAC -6.5`.
    pub pick: String,
    /// American odds.
    pub price: i32,
    /// True when the source named no price.
    pub price_assumed: bool,
    /// The book.
    pub book: String,
    /// Expected profit per unit, where the origin has one.
    pub ev: Option<f64>,
}

/// A bet of the portfolio.
#[derive(Clone, Debug, Serialize)]
pub struct BetView {
    /// Its terms.
    #[serde(flatten)]
    pub terms: TermsView,
    /// The stake.
    pub stake_cents: i64,
    /// The largest stake that was wanted.
    pub wanted_cents: i64,
    /// What cut it, if anything: `game`, `day` or `week`.
    pub cut: Option<String>,
    /// Who wanted it.
    pub origins: Vec<String>,
}

/// A proposal that is not bet.
#[derive(Clone, Debug, Serialize)]
pub struct DropView {
    /// Its terms.
    #[serde(flatten)]
    pub terms: TermsView,
    /// What was to be staked.
    pub stake_cents: i64,
    /// Who wanted it.
    pub origin: String,
    /// Why it is not bet.
    pub reason: String,
}

/// A reason a strategy came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnservedView {
    /// Whose.
    pub strategy: String,
    /// Why.
    pub reason: String,
    /// Games it is said of; none when the strategy as a whole is meant.
    pub games: Vec<String>,
}

impl PortfolioView {
    /// A portfolio over the fixtures of its week.
    pub fn of(made: &WeekPortfolio, week: &[&Fixture]) -> PortfolioView {
        let portfolio = &made.portfolio;
        let mut unserved: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for none in &made.unserved {
            let games = unserved.entry((none.strategy.to_string(), none.reason.clone()));
            let games = games.or_default();
            games.extend(none.game.as_ref().map(ToString::to_string));
        }
        PortfolioView {
            n_strategies: made.n_strategies,
            staked_cents: portfolio.bets.iter().map(|bet| bet.stake.0).sum(),
            bets: portfolio.bets.iter().filter_map(|bet| bet_view(bet, week)).collect(),
            drops: portfolio
                .drops
                .iter()
                .filter_map(|dropped| {
                    Some(DropView {
                        terms: terms(&dropped.proposal, week)?,
                        stake_cents: dropped.proposal.stake.0,
                        origin: dropped.proposal.origin.to_string(),
                        reason: dropped.why.to_string(),
                    })
                })
                .collect(),
            unserved: unserved
                .into_iter()
                .map(|((strategy, reason), games)| UnservedView {
                    strategy,
                    reason,
                    games,
                })
                .collect(),
        }
    }
}

fn bet_view(bet: &Bet, week: &[&Fixture]) -> Option<BetView> {
    Some(BetView {
        terms: terms(&bet.terms, week)?,
        stake_cents: bet.stake.0,
        wanted_cents: bet.wanted.0,
        cut: bet.cut.map(|cap| cap.to_string()),
        origins: bet.origins.iter().map(ToString::to_string).collect(),
    })
}

fn terms(p: &Proposal, week: &[&Fixture]) -> Option<TermsView> {
    let fixture = week.iter().find(|f| f.id == p.game)?;
    Some(TermsView {
        game_id: p.game.to_string(),
        game: fixture.label(),
        kickoff_et: eastern_label(fixture.kickoff),
        pick: words::pick(fixture, p.market, p.side, p.line),
        price: p.price.get(),
        price_assumed: p.assumed,
        book: p.book.to_string(),
        ev: p.expected,
    })
}

/// Prints a portfolio.
///
/// # Errors
/// Whatever the sink reports.
pub fn print(out: &mut dyn Write, portfolio: &PortfolioView, unit: Cents) -> io::Result<()> {
    let (n, s) = (
        portfolio.n_strategies,
        if portfolio.n_strategies == 1 { "y" } else { "ies" },
    );
    writeln!(
        out,
        "\nportfolio of the swarm and {n} strateg{s} in production: {} bets, {} staked",
        portfolio.bets.len(),
        words::stake(Cents(portfolio.staked_cents), unit)
    )?;
    writeln!(
        out,
        "  shown, not kept: what an earlier look of this week bet for strategies is not known to this one"
    )?;
    if portfolio.bets.is_empty() {
        writeln!(out, "  NO BET")?;
    }
    for bet in &portfolio.bets {
        let cut = bet.cut.as_ref().map_or(String::new(), |cap| {
            format!(", cut from {} by the limit of its {cap}", Cents(bet.wanted_cents))
        });
        writeln!(
            out,
            "  {} · {}{cut} · for {}",
            said(&bet.terms),
            words::stake(Cents(bet.stake_cents), unit),
            bet.origins.join(" and ")
        )?;
    }
    for dropped in &portfolio.drops {
        writeln!(
            out,
            "  {} · NO BET for {}: {}",
            said(&dropped.terms),
            dropped.origin,
            dropped.reason
        )?;
    }
    for none in &portfolio.unserved {
        let games = match none.games.len() {
            0 => String::new(),
            1 => format!(", {}", none.games[0]),
            n => format!(", {n} games"),
        };
        writeln!(out, "  strategy {}{games}: {}", none.strategy, none.reason)?;
    }
    Ok(())
}

fn said(t: &TermsView) -> String {
    let star = if t.price_assumed { "*" } else { "" };
    let ev = t.ev.map_or(String::new(), |ev| format!(" EV {:+.1}%", 100.0 * ev));
    format!("{:10} {:11} {:+}{star} {}{ev}", t.game, t.pick, t.price, t.book)
}
