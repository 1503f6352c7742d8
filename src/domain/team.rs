//! The 32 franchises, because every source spells them differently and three of them moved within our data.
//!
//! A franchise is one value for its whole history: the Oakland and the Las Vegas Raiders are both [`Team::LV`], so that a
//! rating survives the move. What was written and where the home was in a given year is asked with the season. History
//! starts in 1999, the first season of the nflverse schedules.

mod names;
mod parse;
mod places;

pub use parse::TeamError;
pub use places::Place;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A franchise, named by its current nflverse code; ordered alphabetically by that code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Team {
    /// Arizona Cardinals.
    ARI,
    /// Atlanta Falcons.
    ATL,
    /// Baltimore Ravens.
    BAL,
    /// Buffalo Bills.
    BUF,
    /// Carolina Panthers.
    CAR,
    /// Chicago Bears.
    CHI,
    /// Cincinnati Bengals.
    CIN,
    /// Cleveland Browns.
    CLE,
    /// Dallas Cowboys.
    DAL,
    /// Denver Broncos.
    DEN,
    /// Detroit Lions.
    DET,
    /// Green Bay Packers.
    GB,
    /// Houston Texans.
    HOU,
    /// Indianapolis Colts.
    IND,
    /// Jacksonville Jaguars.
    JAX,
    /// Kansas City Chiefs.
    KC,
    /// Los Angeles Rams.
    LA,
    /// Los Angeles Chargers.
    LAC,
    /// Las Vegas Raiders.
    LV,
    /// Miami Dolphins.
    MIA,
    /// Minnesota Vikings.
    MIN,
    /// New England Patriots.
    NE,
    /// New Orleans Saints.
    NO,
    /// New York Giants.
    NYG,
    /// New York Jets.
    NYJ,
    /// Philadelphia Eagles.
    PHI,
    /// Pittsburgh Steelers.
    PIT,
    /// Seattle Seahawks.
    SEA,
    /// San Francisco 49ers.
    SF,
    /// Tampa Bay Buccaneers.
    TB,
    /// Tennessee Titans.
    TEN,
    /// Washington Commanders.
    WAS,
}

/// The two halves of the league.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Conference {
    /// American Football Conference.
    Afc,
    /// National Football Conference.
    Nfc,
}

/// The eight divisions as they stand since the realignment of 2002. Before that there were six, with other members (Seattle
/// played in the AFC West), so a division of 1999-2001 must be read from the schedule's `div_game` instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Division {
    /// AFC East.
    AfcEast,
    /// AFC North.
    AfcNorth,
    /// AFC South.
    AfcSouth,
    /// AFC West.
    AfcWest,
    /// NFC East.
    NfcEast,
    /// NFC North.
    NfcNorth,
    /// NFC South.
    NfcSouth,
    /// NFC West.
    NfcWest,
}

impl Division {
    /// The conference the division belongs to.
    pub fn conference(self) -> Conference {
        match self {
            Division::AfcEast | Division::AfcNorth | Division::AfcSouth | Division::AfcWest => Conference::Afc,
            Division::NfcEast | Division::NfcNorth | Division::NfcSouth | Division::NfcWest => Conference::Nfc,
        }
    }
}

impl Team {
    /// Every franchise, in the order of [`Team::index`].
    pub const ALL: [Team; 32] = [
        Team::ARI,
        Team::ATL,
        Team::BAL,
        Team::BUF,
        Team::CAR,
        Team::CHI,
        Team::CIN,
        Team::CLE,
        Team::DAL,
        Team::DEN,
        Team::DET,
        Team::GB,
        Team::HOU,
        Team::IND,
        Team::JAX,
        Team::KC,
        Team::LA,
        Team::LAC,
        Team::LV,
        Team::MIA,
        Team::MIN,
        Team::NE,
        Team::NO,
        Team::NYG,
        Team::NYJ,
        Team::PHI,
        Team::PIT,
        Team::SEA,
        Team::SF,
        Team::TB,
        Team::TEN,
        Team::WAS,
    ];

    /// The position in [`Team::ALL`], from 0 to 31: for arrays with one slot a team.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The conference, since 2002.
    pub fn conference(self) -> Conference {
        self.division().conference()
    }

    /// The division, since 2002 (see [`Division`]).
    pub fn division(self) -> Division {
        use Division::*;
        match self {
            Team::BUF | Team::MIA | Team::NE | Team::NYJ => AfcEast,
            Team::BAL | Team::CIN | Team::CLE | Team::PIT => AfcNorth,
            Team::HOU | Team::IND | Team::JAX | Team::TEN => AfcSouth,
            Team::DEN | Team::KC | Team::LAC | Team::LV => AfcWest,
            Team::DAL | Team::NYG | Team::PHI | Team::WAS => NfcEast,
            Team::CHI | Team::DET | Team::GB | Team::MIN => NfcNorth,
            Team::ATL | Team::CAR | Team::NO | Team::TB => NfcSouth,
            Team::ARI | Team::LA | Team::SEA | Team::SF => NfcWest,
        }
    }
}

/// The current nflverse code.
impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Written as the current nflverse code.
impl Serialize for Team {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Reads whatever [`Team::parse`] reads, so that a stored `OAK` stays readable.
impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Team, D::Error> {
        let text = String::deserialize(deserializer)?;
        Team::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_follow_the_list_and_the_alphabet() {
        for (i, team) in Team::ALL.into_iter().enumerate() {
            assert_eq!(team.index(), i);
        }
        assert!(Team::ALL.is_sorted_by_key(|t| t.code()));
    }

    #[test]
    fn each_division_has_four_teams() {
        for team in Team::ALL {
            let rivals = Team::ALL.iter().filter(|t| t.division() == team.division()).count();
            assert_eq!(rivals, 4, "{team}");
        }
        assert_eq!(Team::SEA.conference(), Conference::Nfc);
    }

    #[test]
    fn json_is_the_current_code_and_reads_old_ones() {
        assert_eq!(serde_json::to_string(&Team::LA).unwrap(), "\"LA\"");
        assert_eq!(serde_json::from_str::<Team>("\"STL\"").unwrap(), Team::LA);
        assert!(serde_json::from_str::<Team>("\"XYZ\"").is_err());
        assert_eq!(format!("{:<4}|", Team::KC), "KC  |");
    }
}
