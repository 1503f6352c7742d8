//! Who plays whom, where and when: a season of fixtures that looks like a real one to everything that reads a schedule.
//!
//! The 32 teams get positions, four to a division, and round `m` of a round-robin table pairs position `p` with `p xor m`.
//! Rounds 1 to 3 stay within a division and rounds 4 to 7 within a pair of divisions. All teams of such a pair have their
//! bye together, so the rounds played between the first and the last bye must stay within pairs, and nothing else about
//! byes has to be solved.

use super::MAX_WEEKS;
use crate::domain::calendar::{eastern, opens_at};
use crate::domain::game::{Fixture, GameId, Phase, Roof, SeasonWeek};
use crate::domain::team::{Division, Team};
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;
use std::cmp::Ordering;
use std::collections::BTreeMap;

const N_ROUNDS: usize = MAX_WEEKS as usize - 1;
/// The first week with byes; one pair of divisions a week is off, four weeks long.
const FIRST_BYE: usize = 7;
/// Teams that have their bye together.
const BYE_GROUP: usize = 8;
/// Thursday after Sunday: the shortest rest the league's schedules allow.
const MIN_REST_DAYS: i64 = 4;
/// Games on Sunday afternoon's second slot, at least.
const MIN_LATE: usize = 3;
/// Hours of standard time west of the East coast from where a home game starts late on Sunday.
const WESTERN_HOURS: i32 = -2;

/// All fixtures of a season, week by week and by kickoff within a week; the caller leaves out weeks it does not play.
pub(super) fn season(season: u16, rng: &mut Pcg64Mcg) -> Vec<Fixture> {
    let positions = positions(rng);
    let rounds = rounds(rng);
    let mut planner = Planner::new(season);
    (1..=usize::from(MAX_WEEKS))
        .flat_map(|week| planner.week(week, pairings(week, &positions, &rounds), rng))
        .collect()
}

/// Teams by position: divisions stay together, everything else is drawn.
fn positions(rng: &mut Pcg64Mcg) -> Vec<Team> {
    let mut divisions: BTreeMap<Division, Vec<Team>> = BTreeMap::new();
    for team in Team::ALL {
        divisions.entry(team.division()).or_default().push(team);
    }
    let mut divisions: Vec<Vec<Team>> = divisions.into_values().collect();
    divisions.shuffle(rng);
    divisions.iter_mut().for_each(|d| d.shuffle(rng));
    divisions.concat()
}

/// A round of the table, in which position `p` meets `p xor mask`.
#[derive(Clone, Copy)]
struct Round {
    mask: usize,
    /// At home is who has this value in the mask's highest bit, in which the two positions differ.
    home_bit: bool,
}

impl Round {
    fn hosts(self, position: usize) -> bool {
        (position >> self.mask.ilog2() & 1 == 1) == self.home_bit
    }
}

/// The table's rounds in the order they are played: division rivals once before the byes and once after, the last round
/// among them; the other division of the pair during the byes.
fn rounds(rng: &mut Pcg64Mcg) -> Vec<Round> {
    let mut division = [1, 2, 3];
    let mut paired = [4, 5, 6, 7];
    let mut others: Vec<usize> = (8..Team::ALL.len()).collect();
    division.shuffle(rng);
    paired.shuffle(rng);
    others.shuffle(rng);
    let mut early = [&division[..], &others[..3]].concat();
    let mut late = [&division[..2], &paired[3..], &others[3..7]].concat();
    early.shuffle(rng);
    late.shuffle(rng);
    let masks = [&early[..], &paired[..3], &late[..], &division[2..]].concat();
    assert_eq!(
        masks.len(),
        N_ROUNDS,
        "every team plays as many games as there are weeks but one"
    );
    // Rivals meet at either place, and of any two rounds with the same highest bit everybody hosts exactly one. Only the
    // seven rounds against other pairs leave one over, so that all have eight or nine home games.
    let mut turn: [bool; 7] = std::array::from_fn(|_| rng.random());
    masks
        .into_iter()
        .map(|mask| {
            let kind = if mask < 4 { mask } else { 2 + mask.ilog2() as usize };
            turn[kind] = !turn[kind];
            Round {
                mask,
                home_bit: turn[kind],
            }
        })
        .collect()
}

/// The games of a week as (home, away): everybody plays the round of the week, or the one before once the bye is over.
fn pairings(week: usize, positions: &[Team], rounds: &[Round]) -> Vec<(Team, Team)> {
    let round_of = |position: usize| {
        let bye = FIRST_BYE + position / BYE_GROUP;
        match week.cmp(&bye) {
            Ordering::Less => Some(rounds[week - 1]),
            Ordering::Equal => None,
            Ordering::Greater => Some(rounds[week - 2]),
        }
    };
    let hosted = |position: usize| {
        let round = round_of(position)?;
        round
            .hosts(position)
            .then(|| (positions[position], positions[position ^ round.mask]))
    };
    (0..positions.len()).filter_map(hosted).collect()
}

/// What the next week's schedule depends on.
struct Planner {
    season: u16,
    n_thursday: [u8; 32],
    last_day: [Option<NaiveDate>; 32],
}

impl Planner {
    fn new(season: u16) -> Planner {
        Planner {
            season,
            n_thursday: [0; 32],
            last_day: [None; 32],
        }
    }

    fn week(&mut self, week: usize, mut games: Vec<(Team, Team)>, rng: &mut Pcg64Mcg) -> Vec<Fixture> {
        let thursday = first_thursday(self.season) + Days::new(7 * (week as u64 - 1));
        games.shuffle(rng);
        self.order(thursday, &mut games);
        let n_western = games.iter().skip(3).filter(|(home, _)| self.western(*home)).count();
        let mut fixtures: Vec<Fixture> = games
            .into_iter()
            .enumerate()
            .map(|(slot, (home, away))| {
                self.fixture(week, thursday, kickoff(thursday, slot, n_western), home, away)
            })
            .collect();
        fixtures.sort_by(|a, b| (a.kickoff, &a.id).cmp(&(b.kickoff, &b.id)));
        fixtures
    }

    /// Puts games in the order of [`kickoff`]'s slots: first the Thursday game, of teams that did not play on Monday and
    /// had few Thursdays; then two as they come; then the western homes.
    fn order(&mut self, thursday: NaiveDate, games: &mut [(Team, Team)]) {
        let hardship = |&(home, away): &(Team, Team)| {
            let tired = |team: Team| {
                self.last_day[team.index()].is_some_and(|day| (thursday - day).num_days() < MIN_REST_DAYS)
            };
            let n_thursday = self.n_thursday[home.index()] + self.n_thursday[away.index()];
            (tired(home) || tired(away), n_thursday)
        };
        if let Some(first) = (0..games.len()).min_by_key(|&i| hardship(&games[i])) {
            games.swap(0, first);
            let (home, away) = games[0];
            self.n_thursday[home.index()] += 1;
            self.n_thursday[away.index()] += 1;
        }
        if let Some(afternoon) = games.get_mut(3..) {
            afternoon.sort_by_key(|(home, _)| !self.western(*home));
        }
    }

    fn western(&self, home: Team) -> bool {
        let east = Team::NYG.home_in(self.season);
        home.home_in(self.season).hours_east_of(&east) <= WESTERN_HOURS
    }

    fn fixture(
        &mut self,
        week: usize,
        thursday: NaiveDate,
        kickoff: NaiveDateTime,
        home: Team,
        away: Team,
    ) -> Fixture {
        let season = self.season;
        let mut rest = |team: Team| {
            let last = self.last_day[team.index()].replace(kickoff.date());
            last.map_or(7, |day| (kickoff.date() - day).num_days() as i16)
        };
        let (home_rest, away_rest) = (rest(home), rest(away));
        let (home_code, away_code) = (home.code_in(season), away.code_in(season));
        Fixture {
            id: GameId::new(&format!("{season}_{week:02}_{away_code}_{home_code}")),
            when: SeasonWeek {
                season,
                week: week as u8,
            },
            phase: Phase::Regular,
            kickoff: eastern(kickoff),
            kickoff_exact: true,
            opens_at: opens_at(thursday),
            home,
            away,
            neutral: false,
            home_rest,
            away_rest,
            division: home.division() == away.division(),
            roof: Some(roof(home)),
            stadium: format!("{home_code} stadium (sim)"),
        }
    }
}

/// The Thursday after Labor Day, which is the first Monday of September: where real seasons begin.
fn first_thursday(season: u16) -> NaiveDate {
    let labor_day = NaiveDate::from_weekday_of_month_opt(i32::from(season), 9, Weekday::Mon, 1)
        .expect("every September has a first Monday");
    labor_day + Days::new(3)
}

/// The Eastern wall time of a week's slot: Thursday night, Sunday night, Monday night, then Sunday's late games, of which
/// there are as many as western homes and at least three, then Sunday's early ones.
fn kickoff(thursday: NaiveDate, slot: usize, n_western: usize) -> NaiveDateTime {
    let n_late = n_western.max(MIN_LATE);
    let (days, hour, minute) = match slot {
        0 => (0, 20, 15),
        1 => (3, 20, 20),
        2 => (4, 20, 15),
        3 | 4 => (3, 16, 25),
        _ if slot < 3 + n_late => (3, 16, 5),
        _ => (3, 13, 0),
    };
    let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("the slots are times of day");
    (thursday + Days::new(days)).and_time(time)
}

/// What is above the home team's field today.
fn roof(home: Team) -> Roof {
    match home {
        Team::DET | Team::LA | Team::LAC | Team::LV | Team::MIN | Team::NO => Roof::Dome,
        Team::ARI | Team::ATL | Team::DAL | Team::HOU | Team::IND => Roof::Retractable,
        _ => Roof::Outdoors,
    }
}
