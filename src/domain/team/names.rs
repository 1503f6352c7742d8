//! What the sources call a franchise in a season: nflverse and ESPN codes and The Odds API's full names.

use super::Team;

impl Team {
    /// The current nflverse code, e.g. `LV` or `LA`.
    pub fn code(self) -> &'static str {
        match self {
            Team::ARI => "ARI",
            Team::ATL => "ATL",
            Team::BAL => "BAL",
            Team::BUF => "BUF",
            Team::CAR => "CAR",
            Team::CHI => "CHI",
            Team::CIN => "CIN",
            Team::CLE => "CLE",
            Team::DAL => "DAL",
            Team::DEN => "DEN",
            Team::DET => "DET",
            Team::GB => "GB",
            Team::HOU => "HOU",
            Team::IND => "IND",
            Team::JAX => "JAX",
            Team::KC => "KC",
            Team::LA => "LA",
            Team::LAC => "LAC",
            Team::LV => "LV",
            Team::MIA => "MIA",
            Team::MIN => "MIN",
            Team::NE => "NE",
            Team::NO => "NO",
            Team::NYG => "NYG",
            Team::NYJ => "NYJ",
            Team::PHI => "PHI",
            Team::PIT => "PIT",
            Team::SEA => "SEA",
            Team::SF => "SF",
            Team::TB => "TB",
            Team::TEN => "TEN",
            Team::WAS => "WAS",
        }
    }

    /// The nflverse code in a season: `OAK` before 2020, `SD` before 2017, `STL` before 2016, else the current one.
    pub fn code_in(self, season: u16) -> &'static str {
        match self {
            Team::LV if season < 2020 => "OAK",
            Team::LAC if season < 2017 => "SD",
            Team::LA if season < 2016 => "STL",
            _ => self.code(),
        }
    }

    /// ESPN's abbreviation in a season: nflverse's, except `WSH`, and `LAR` since 2016.
    pub fn espn_code(self, season: u16) -> &'static str {
        match self {
            Team::WAS => "WSH",
            Team::LA if season >= 2016 => "LAR",
            _ => self.code_in(season),
        }
    }

    /// The name The Odds API uses for the season, e.g. `St. Louis Rams` in 2015 or `Washington Football Team` in 2021.
    pub fn full_name(self, season: u16) -> String {
        format!("{} {}", self.city(season), self.nickname(season))
    }

    /// City or region in a season, as it stands in the full name.
    pub fn city(self, season: u16) -> &'static str {
        match self {
            Team::LV if season < 2020 => "Oakland",
            Team::LV => "Las Vegas",
            Team::LAC if season < 2017 => "San Diego",
            Team::LA if season < 2016 => "St. Louis",
            Team::LA | Team::LAC => "Los Angeles",
            Team::ARI => "Arizona",
            Team::ATL => "Atlanta",
            Team::BAL => "Baltimore",
            Team::BUF => "Buffalo",
            Team::CAR => "Carolina",
            Team::CHI => "Chicago",
            Team::CIN => "Cincinnati",
            Team::CLE => "Cleveland",
            Team::DAL => "Dallas",
            Team::DEN => "Denver",
            Team::DET => "Detroit",
            Team::GB => "Green Bay",
            Team::HOU => "Houston",
            Team::IND => "Indianapolis",
            Team::JAX => "Jacksonville",
            Team::KC => "Kansas City",
            Team::MIA => "Miami",
            Team::MIN => "Minnesota",
            Team::NE => "New England",
            Team::NO => "New Orleans",
            Team::NYG => "New York",
            Team::NYJ => "New York",
            Team::PHI => "Philadelphia",
            Team::PIT => "Pittsburgh",
            Team::SEA => "Seattle",
            Team::SF => "San Francisco",
            Team::TB => "Tampa Bay",
            Team::TEN => "Tennessee",
            Team::WAS => "Washington",
        }
    }

    /// The nickname in a season; only Washington's has changed since 1999.
    pub fn nickname(self, season: u16) -> &'static str {
        match self {
            Team::WAS if season < 2020 => "Redskins",
            Team::WAS if season < 2022 => "Football Team",
            Team::WAS => "Commanders",
            Team::ARI => "Cardinals",
            Team::ATL => "Falcons",
            Team::BAL => "Ravens",
            Team::BUF => "Bills",
            Team::CAR => "Panthers",
            Team::CHI => "Bears",
            Team::CIN => "Bengals",
            Team::CLE => "Browns",
            Team::DAL => "Cowboys",
            Team::DEN => "Broncos",
            Team::DET => "Lions",
            Team::GB => "Packers",
            Team::HOU => "Texans",
            Team::IND => "Colts",
            Team::JAX => "Jaguars",
            Team::KC => "Chiefs",
            Team::LA => "Rams",
            Team::LAC => "Chargers",
            Team::LV => "Raiders",
            Team::MIA => "Dolphins",
            Team::MIN => "Vikings",
            Team::NE => "Patriots",
            Team::NO => "Saints",
            Team::NYG => "Giants",
            Team::NYJ => "Jets",
            Team::PHI => "Eagles",
            Team::PIT => "Steelers",
            Team::SEA => "Seahawks",
            Team::SF => "49ers",
            Team::TB => "Buccaneers",
            Team::TEN => "Titans",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_and_renames_fall_in_their_seasons() {
        let cases = [
            (Team::LV, 2019, "OAK", "OAK", "Oakland Raiders"),
            (Team::LV, 2020, "LV", "LV", "Las Vegas Raiders"),
            (Team::LAC, 2016, "SD", "SD", "San Diego Chargers"),
            (Team::LAC, 2017, "LAC", "LAC", "Los Angeles Chargers"),
            (Team::LA, 2015, "STL", "STL", "St. Louis Rams"),
            (Team::LA, 2016, "LA", "LAR", "Los Angeles Rams"),
            (Team::WAS, 2019, "WAS", "WSH", "Washington Redskins"),
            (Team::WAS, 2021, "WAS", "WSH", "Washington Football Team"),
            (Team::WAS, 2022, "WAS", "WSH", "Washington Commanders"),
            (Team::SF, 2003, "SF", "SF", "San Francisco 49ers"),
        ];
        for (team, season, code, espn, name) in cases {
            assert_eq!(
                (
                    team.code_in(season),
                    team.espn_code(season),
                    team.full_name(season).as_str()
                ),
                (code, espn, name)
            );
        }
    }
}
