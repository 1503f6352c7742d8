//! Where a franchise plays at home, because travel, time zones and weather are inputs of the models.
//!
//! The coordinates are the present stadium's, good to a few hundred metres; moves within one region (Candlestick to Santa
//! Clara) are ignored, moves between cities are not.

use super::Team;
use serde::Serialize;

const EASTERN: &str = "America/New_York";
const DETROIT: &str = "America/Detroit";
const INDIANAPOLIS: &str = "America/Indiana/Indianapolis"; // no summer time before 2006, unlike New York
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PHOENIX: &str = "America/Phoenix"; // no summer time
const PACIFIC: &str = "America/Los_Angeles";

/// IUGG mean radius of the earth.
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// A point on earth and the clock people keep there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east: negative in America.
    pub lon: f64,
    /// IANA time zone name.
    pub zone: &'static str,
}

impl Place {
    /// A place from degrees north, degrees east and its IANA time zone name.
    pub const fn new(lat: f64, lon: f64, zone: &'static str) -> Place {
        Place { lat, lon, zone }
    }

    /// Hours of standard time by which clocks here are ahead of those at `other`; negative to the west of it.
    pub fn hours_east_of(&self, other: &Place) -> i32 {
        self.standard_hours() - other.standard_hours()
    }

    fn standard_hours(&self) -> i32 {
        match self.zone {
            CENTRAL => -6,
            MOUNTAIN | PHOENIX => -7,
            PACIFIC => -8,
            _ => -5,
        }
    }

    /// Great-circle distance in kilometres, by the haversine formula on a sphere of mean radius (error below 0.6%).
    pub fn km_to(&self, other: &Place) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let lat = ((lat2 - lat1) / 2.0).sin();
        let lon = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let haversine = lat * lat + lat1.cos() * lat2.cos() * lon * lon;
        2.0 * EARTH_RADIUS_KM * haversine.sqrt().min(1.0).asin()
    }
}

impl Team {
    /// The home stadium of a season: the Raiders in Oakland before 2020, the Chargers in San Diego before 2017, the Rams in
    /// St. Louis before 2016.
    pub fn home_in(self, season: u16) -> Place {
        match self {
            Team::LV if season < 2020 => Place::new(37.751, -122.201, PACIFIC),
            Team::LAC if season < 2017 => Place::new(32.783, -117.120, PACIFIC),
            Team::LA if season < 2016 => Place::new(38.633, -90.188, CENTRAL),
            Team::LV => Place::new(36.091, -115.184, PACIFIC),
            Team::LA | Team::LAC => Place::new(33.953, -118.339, PACIFIC),
            Team::NYG | Team::NYJ => Place::new(40.814, -74.074, EASTERN),
            Team::ARI => Place::new(33.528, -112.263, PHOENIX),
            Team::ATL => Place::new(33.755, -84.401, EASTERN),
            Team::BAL => Place::new(39.278, -76.623, EASTERN),
            Team::BUF => Place::new(42.774, -78.787, EASTERN),
            Team::CAR => Place::new(35.226, -80.853, EASTERN),
            Team::CHI => Place::new(41.862, -87.617, CENTRAL),
            Team::CIN => Place::new(39.095, -84.516, EASTERN),
            Team::CLE => Place::new(41.506, -81.700, EASTERN),
            Team::DAL => Place::new(32.748, -97.093, CENTRAL),
            Team::DEN => Place::new(39.744, -105.020, MOUNTAIN),
            Team::DET => Place::new(42.340, -83.046, DETROIT),
            Team::GB => Place::new(44.501, -88.062, CENTRAL),
            Team::HOU => Place::new(29.685, -95.411, CENTRAL),
            Team::IND => Place::new(39.760, -86.164, INDIANAPOLIS),
            Team::JAX => Place::new(30.324, -81.637, EASTERN),
            Team::KC => Place::new(39.049, -94.484, CENTRAL),
            Team::MIA => Place::new(25.958, -80.239, EASTERN),
            Team::MIN => Place::new(44.974, -93.258, CENTRAL),
            Team::NE => Place::new(42.091, -71.264, EASTERN),
            Team::NO => Place::new(29.951, -90.081, CENTRAL),
            Team::PHI => Place::new(39.901, -75.168, EASTERN),
            Team::PIT => Place::new(40.447, -80.016, EASTERN),
            Team::SEA => Place::new(47.595, -122.332, PACIFIC),
            Team::SF => Place::new(37.403, -121.970, PACIFIC),
            Team::TB => Place::new(27.976, -82.503, EASTERN),
            Team::TEN => Place::new(36.166, -86.771, CENTRAL),
            Team::WAS => Place::new(38.908, -76.864, EASTERN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_map() {
        let cases = [
            (Team::NYG, 2021, Team::NYJ, 2021, 0.0),
            (Team::MIA, 2021, Team::SEA, 2021, 4_380.0),
            (Team::NE, 2021, Team::LA, 2021, 4_160.0),
            (Team::NE, 2015, Team::LA, 2015, 1_665.0),
            (Team::LV, 2019, Team::LV, 2020, 650.0),
        ];
        for (a, sa, b, sb, km) in cases {
            let there = a.home_in(sa).km_to(&b.home_in(sb));
            assert!((there - km).abs() <= 0.02 * km, "{a} to {b}: {there:.0} km");
            assert!((there - b.home_in(sb).km_to(&a.home_in(sa))).abs() < 1e-9);
        }
    }

    #[test]
    fn every_home_is_in_the_states_with_a_real_time_zone() {
        for team in Team::ALL {
            for season in [1999, 2015, 2016, 2019, 2024] {
                let home = team.home_in(season);
                assert!(
                    (25.0..48.0).contains(&home.lat) && (-123.0..-71.0).contains(&home.lon),
                    "{team}"
                );
                assert!(home.zone.parse::<chrono_tz::Tz>().is_ok(), "{}", home.zone);
            }
        }
    }
}
