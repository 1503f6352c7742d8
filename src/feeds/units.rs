//! Weather units as services write them, turned into ours; a unit nobody taught us is never assumed to be ours.

use super::json;
use crate::domain::weather::Air;
use serde_json::Value;

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Temperature,
    Speed,
    Depth,
    Share,
    Angle,
}

impl Measure {
    /// A number of a unit in ours: Fahrenheit, miles an hour, inches, a share from 0 to 1, degrees. `None` for a unit
    /// that is not known. `wmoUnit:` and `unit:` in front of it are skipped, as NWS writes them.
    pub(super) fn convert(self, x: f64, unit: &str) -> Option<f64> {
        let unit = unit.trim();
        let unit = unit
            .strip_prefix("wmoUnit:")
            .or_else(|| unit.strip_prefix("unit:"))
            .unwrap_or(unit);
        Some(match (self, unit) {
            (Measure::Temperature, "°F" | "F" | "degF") => x,
            (Measure::Temperature, "°C" | "C" | "degC") => x * 1.8 + 32.0,
            (Measure::Speed, "mp/h" | "mph") => x,
            (Measure::Speed, "km/h" | "km_h-1") => x / 1.609_344,
            (Measure::Speed, "m/s" | "m_s-1") => x * 3.6 / 1.609_344,
            (Measure::Speed, "kn" | "kt") => x * 1.852 / 1.609_344,
            (Measure::Depth, "inch" | "in") => x,
            (Measure::Depth, "mm") => x / 25.4,
            (Measure::Share, "%" | "percent") => x / 100.0,
            (Measure::Angle, "°" | "degree_(angle)") => x,
            _ => return None,
        })
    }

    /// Beyond these no instrument on an American football field has been, so a number outside is a typing error.
    fn bounds(self) -> (f64, f64) {
        match self {
            Measure::Temperature => (-80.0, 140.0),
            Measure::Speed => (0.0, 250.0),
            Measure::Depth => (0.0, 20.0),
            Measure::Share => (0.0, 1.0),
            Measure::Angle => (0.0, 360.0),
        }
    }

    /// A believable number of ours.
    ///
    /// # Errors
    /// The reason, when it is beyond its bounds.
    pub(super) fn check(self, x: f64, name: &str) -> Result<f64, String> {
        let (low, high) = self.bounds();
        let ok = (low..=high).contains(&x);
        ok.then_some(x)
            .ok_or_else(|| format!("absurd weather: {name} is {x}, not between {low} and {high}"))
    }

    /// A quantity of NWS, `{"unitCode": "wmoUnit:degC", "value": 5}`; `None` when its value is null.
    ///
    /// # Errors
    /// The reason, when it is no number, of no known unit, or beyond its bounds.
    pub(super) fn quantity(self, value: Option<&Value>, name: &str) -> Result<Option<f64>, String> {
        let Some(value) = value else { return Ok(None) };
        let worth = value
            .get("maxValue")
            .filter(|v| !v.is_null())
            .or_else(|| value.get("value"));
        let Some(x) = json::number(worth, name)? else {
            return Ok(None);
        };
        let unit = json::text_at(value, &["unitCode"]).unwrap_or_default();
        let own = self
            .convert(x, unit)
            .ok_or_else(|| format!("a unit huddle does not know: {name} in `{unit}`"))?;
        self.check(own, name).map(Some)
    }
}

/// The bearing of a compass point such as `SSW`, in degrees.
pub(super) fn bearing(point: &str) -> Option<f64> {
    const POINTS: [&str; 16] = [
        "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
    ];
    let at = POINTS.iter().position(|p| point.trim().eq_ignore_ascii_case(p))?;
    Some(at as f64 * 22.5)
}

/// Coordinates as both weather services take them: at most four decimals, about eleven metres.
pub(super) fn degrees(x: f64) -> String {
    let text = format!("{x:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Sets one measured value of an hour.
pub(super) fn set(air: &mut Air, field: Field, x: Option<f64>) {
    let slot = match field {
        Field::Temperature => &mut air.temperature_f,
        Field::Wind => &mut air.wind_mph,
        Field::Gust => &mut air.gust_mph,
        Field::From => &mut air.wind_from_deg,
        Field::Precipitation => &mut air.precipitation_in,
        Field::Chance => &mut air.precipitation_chance,
    };
    *slot = x;
}

/// The values of an [`Air`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Temperature,
    Wind,
    Gust,
    From,
    Precipitation,
    Chance,
}

impl Field {
    pub(super) fn measure(self) -> Measure {
        match self {
            Field::Temperature => Measure::Temperature,
            Field::Wind | Field::Gust => Measure::Speed,
            Field::From => Measure::Angle,
            Field::Precipitation => Measure::Depth,
            Field::Chance => Measure::Share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_ours() {
        let near = |x: Option<f64>, y: f64| assert!((x.unwrap() - y).abs() < 1e-9, "{x:?} {y}");
        near(Measure::Temperature.convert(-40.0, "°C"), -40.0);
        near(Measure::Temperature.convert(5.0, "wmoUnit:degC"), 41.0);
        near(Measure::Speed.convert(16.093_44, "km/h"), 10.0);
        near(Measure::Speed.convert(10.0, "unit:m_s-1"), 22.369_362_920_544);
        near(Measure::Depth.convert(25.4, "mm"), 1.0);
        near(Measure::Share.convert(20.0, "%"), 0.2);
        assert_eq!(Measure::Speed.convert(1.0, "furlongs"), None);
        assert_eq!(Measure::Temperature.convert(1.0, ""), None);
    }

    #[test]
    fn places_and_bearings() {
        assert_eq!(degrees(39.278), "39.278");
        assert_eq!(degrees(-76.623_449_9), "-76.6234");
        assert_eq!((degrees(30.0), degrees(-0.000_01)), ("30".to_owned(), "0".to_owned()));
        assert_eq!(
            (bearing("ssw"), bearing("N"), bearing("up")),
            (Some(202.5), Some(0.0), None)
        );
    }
}
