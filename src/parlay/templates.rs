//! Parlay templates: two legs on one game, with the price at which the pair is fair.
//!
//! Legs on one game are not independent, by how much is to be measured: around their lines little (within .03 in 1999-2013),
//! and a book's own lines may tie them further. The joint chance is therefore counted on past games, around their lines, and
//! never multiplied from the legs; what the product would have said is shown beside. A game with a leg on its line is left
//! out, because that leg drops out and the other is paid
//! alone ([`super::bets::returned`]). Lines may move; the templates are about games whose lines are the market's.

use super::bets::Leg;
use super::items::GameFacts;
use super::joint::{Cells, Estimate, intervals};
use crate::domain::game::SeasonWeek;
use crate::domain::price::Decimal;
use crate::domain::probability::Probability;
use crate::market::odds::fair_price;
use crate::stats::estimate::Rate;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeMap;

/// Which games a template is about, by how strong the favourite is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// All games with a favourite.
    All,
    /// Favoured by up to 3 points.
    UpTo3,
    /// Favoured by 3.5 to 6.5 points.
    UpTo6,
    /// Favoured by 7 points or more.
    From7,
}

impl Class {
    const ALL: [Class; 4] = [Class::All, Class::UpTo3, Class::UpTo6, Class::From7];

    /// `any favourite`, `favourite by up to 3` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Class::All => "any favourite",
            Class::UpTo3 => "favourite by up to 3",
            Class::UpTo6 => "favourite by 3.5 to 6.5",
            Class::From7 => "favourite by 7 or more",
        }
    }

    fn holds(self, game: &GameFacts) -> bool {
        let half_points = game.spread.0.abs();
        match self {
            Class::All => half_points > 0,
            Class::UpTo3 => (1..=6).contains(&half_points),
            Class::UpTo6 => (7..=13).contains(&half_points),
            Class::From7 => half_points >= 14,
        }
    }
}

/// The first leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamLeg {
    /// The favourite beats the spread.
    FavouriteCovers,
    /// The underdog stays within the spread or wins.
    UnderdogCovers,
    /// The favourite wins, whatever the spread.
    FavouriteWins,
    /// The underdog wins.
    UnderdogWins,
}

impl TeamLeg {
    const ALL: [TeamLeg; 4] = [
        TeamLeg::FavouriteCovers,
        TeamLeg::UnderdogCovers,
        TeamLeg::FavouriteWins,
        TeamLeg::UnderdogWins,
    ];

    /// `favourite covers` and so on.
    pub fn name(self) -> &'static str {
        match self {
            TeamLeg::FavouriteCovers => "favourite covers",
            TeamLeg::UnderdogCovers => "underdog covers",
            TeamLeg::FavouriteWins => "favourite wins",
            TeamLeg::UnderdogWins => "underdog wins",
        }
    }

    fn end(self, game: &GameFacts) -> Leg {
        let favourite = i32::from(game.spread.0.signum());
        Leg::of(match self {
            TeamLeg::FavouriteCovers => favourite * game.over_spread(),
            TeamLeg::UnderdogCovers => -favourite * game.over_spread(),
            TeamLeg::FavouriteWins => favourite * game.score.margin(),
            TeamLeg::UnderdogWins => -favourite * game.score.margin(),
        })
    }
}

/// The second leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalLeg {
    /// More points than the line.
    Over,
    /// Fewer.
    Under,
}

impl TotalLeg {
    const ALL: [TotalLeg; 2] = [TotalLeg::Over, TotalLeg::Under];

    /// `over` or `under`.
    pub fn name(self) -> &'static str {
        match self {
            TotalLeg::Over => "over",
            TotalLeg::Under => "under",
        }
    }

    fn end(self, game: &GameFacts) -> Leg {
        Leg::of(match self {
            TotalLeg::Over => game.over_total(),
            TotalLeg::Under => -game.over_total(),
        })
    }
}

/// Two legs on one game and what they are worth together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Template {
    /// The games it is about.
    pub class: Class,
    /// The leg on a team.
    pub team: TeamLeg,
    /// The leg on the total.
    pub total: TotalLeg,
    /// Past games with both legs decided.
    pub n: u32,
    /// Past games left out because a leg was on its line.
    pub n_pushed: u32,
    /// Chance that both win, both decided.
    pub p_joint: Probability,
    /// Its 95% interval over resampled weeks; none with few weeks.
    pub p_joint_ci95: Option<[Probability; 2]>,
    /// What the legs multiplied would say: for comparison, never a price.
    pub p_independent: Probability,
    /// Correlation of the two wins.
    pub correlation: f64,
    /// Its 95% interval.
    pub correlation_ci95: Option<[f64; 2]>,
    /// The price that neither gains nor loses; none when the pair never happened.
    pub fair: Option<Decimal>,
    /// The least price to accept: fair at the lower end of the joint chance. None without an interval.
    pub least: Option<Decimal>,
}

/// A template held to games it has not seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Held {
    /// How often both legs won there, of games with both decided.
    pub joint: Rate,
    /// The joint chance lies in the interval of what happened.
    pub agrees: bool,
}

/// The templates of past games, every class and pair of legs that occurred.
pub fn templates(past: &[GameFacts], rng: &mut Pcg64Mcg) -> Vec<Template> {
    let mut all = Vec::new();
    for class in Class::ALL {
        for team in TeamLeg::ALL {
            for total in TotalLeg::ALL {
                all.extend(template(past, class, team, total, rng));
            }
        }
    }
    all
}

fn template(
    past: &[GameFacts],
    class: Class,
    team: TeamLeg,
    total: TotalLeg,
    rng: &mut Pcg64Mcg,
) -> Option<Template> {
    let (weeks, n_pushed) = count(past, class, team, total);
    let mut sum: Cells = [0.0; 4];
    for week in weeks.values() {
        sum.iter_mut().zip(week).for_each(|(s, w)| *s += w);
    }
    let estimate = Estimate::of(sum)?;
    let intervals = intervals(&weeks, rng);
    let chances = intervals.map(|[joint, _]| joint.map(Probability::clamped));
    let price = |p: Probability| fair_price(p).ok();
    let p_joint = Probability::clamped(estimate.p_joint);
    Some(Template {
        class,
        team,
        total,
        n: sum.iter().sum::<f64>() as u32,
        n_pushed,
        p_joint,
        p_joint_ci95: chances,
        p_independent: Probability::clamped(estimate.p_independent),
        correlation: estimate.correlation,
        correlation_ci95: intervals.map(|[_, correlation]| correlation),
        fair: price(p_joint),
        least: chances.and_then(|[low, _]| price(low)),
    })
}

/// How the legs ended together, by week, and in how many games one was on its line.
fn count(games: &[GameFacts], class: Class, team: TeamLeg, total: TotalLeg) -> (BTreeMap<SeasonWeek, Cells>, u32) {
    let mut weeks: BTreeMap<SeasonWeek, Cells> = BTreeMap::new();
    let mut n_pushed = 0;
    for game in games.iter().filter(|g| class.holds(g)) {
        let cell = match (team.end(game), total.end(game)) {
            (Leg::Pushed, _) | (_, Leg::Pushed) => {
                n_pushed += 1;
                continue;
            }
            (Leg::Won, Leg::Won) => 0,
            (Leg::Won, Leg::Lost) => 1,
            (Leg::Lost, Leg::Won) => 2,
            (Leg::Lost, Leg::Lost) => 3,
        };
        weeks.entry(game.when).or_default()[cell] += 1.0;
    }
    (weeks, n_pushed)
}

impl Template {
    /// Holds the template to later games.
    pub fn hold(&self, later: &[GameFacts]) -> Held {
        let (weeks, _) = count(later, self.class, self.team, self.total);
        let n: f64 = weeks.values().flatten().sum();
        let both: f64 = weeks.values().map(|cells| cells[0]).sum();
        let joint = Rate::of(both as u64, n as u64);
        Held {
            joint,
            agrees: joint.wilson95.is_none_or(|interval| interval.contains(self.p_joint)),
        }
    }
}
