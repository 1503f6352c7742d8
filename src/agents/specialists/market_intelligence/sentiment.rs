//! What headlines say of a team, by a list of words: crude, the same every time, and measured against what the line does.
//!
//! A headline counts for a team when it is about that team alone; of two teams nobody knows whom a word is meant for. Words are
//! those of injury reports, transactions and results. Whether any of it moves a line is what the correlation says.

use crate::domain::game::Fixture;
use crate::domain::news::Headline;
use crate::domain::team::Team;
use chrono::{DateTime, TimeDelta, Utc};

/// Words that speak for a team.
const GOOD: [&str; 22] = [
    "activated",
    "boost",
    "breakout",
    "cleared",
    "clinch",
    "clinches",
    "comeback",
    "confident",
    "dominant",
    "dominates",
    "extension",
    "healthy",
    "impressive",
    "practices",
    "record",
    "reinstated",
    "return",
    "returning",
    "returns",
    "rout",
    "signs",
    "wins",
];
/// Words that speak against it.
const BAD: [&str; 28] = [
    "arrested",
    "benched",
    "concussion",
    "doubtful",
    "feud",
    "fined",
    "fired",
    "fractured",
    "hamstring",
    "hurt",
    "injured",
    "injuries",
    "injury",
    "loses",
    "losing",
    "loss",
    "miss",
    "misses",
    "out",
    "questionable",
    "released",
    "ruled",
    "setback",
    "sidelined",
    "struggles",
    "surgery",
    "suspended",
    "torn",
];
/// Headlines older than this are in the line.
const FRESH: TimeDelta = TimeDelta::days(7);

/// Good words less bad ones over all of either, -1 to 1; 0 without any.
pub fn score(text: &str) -> f64 {
    let (mut good, mut bad) = (0u32, 0u32);
    for word in text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase) {
        good += u32::from(GOOD.contains(&word.as_str()));
        bad += u32::from(BAD.contains(&word.as_str()));
    }
    let all = good + bad;
    if all == 0 {
        return 0.0;
    }
    (f64::from(good) - f64::from(bad)) / f64::from(all)
}

/// The average score of a team's headlines of the week before an instant, that included; none without any.
fn team_mood(headlines: &[Headline], team: Team, at: DateTime<Utc>) -> Option<f64> {
    let own = headlines
        .iter()
        .filter(|h| h.teams == [team] && h.as_of <= at && h.as_of + FRESH >= at);
    let said = own.map(|h| score(&format!("{} {}", h.title, h.summary.as_deref().unwrap_or_default())));
    let (n, sum) = said.fold((0u32, 0.0), |(n, sum), s| (n + 1, sum + s));
    (n > 0).then(|| sum / f64::from(n))
}

/// By how much better the news speaks of the home team than of the visitors, -2 to 2; a team without news counts as zero, and
/// without any news of either there is none.
pub fn mood(headlines: &[Headline], fixture: &Fixture, at: DateTime<Utc>) -> Option<f64> {
    let of = |team| team_mood(headlines, team, at);
    match (of(fixture.home), of(fixture.away)) {
        (None, None) => None,
        (home, away) => Some(home.unwrap_or_default() - away.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_whole_and_in_any_case() {
        for (text, says) in [
            ("Star receiver OUT for the season after surgery", -1.0),
            ("Quarterback returns, defense healthy", 1.0),
            ("Tackle returns as guard is ruled out", -1.0 / 3.0),
            ("Coach outlines plan for the week", 0.0),
            ("", 0.0),
        ] {
            assert!((score(text) - says).abs() < 1e-12, "{text}: {}", score(text));
        }
        assert!(GOOD.is_sorted() && BAD.is_sorted() && GOOD.iter().all(|w| !BAD.contains(w)));
    }

    proptest! {
        #[test]
        fn any_text_has_a_score(text in ".{0,200}") {
            prop_assert!((-1.0..=1.0).contains(&score(&text)));
        }
    }
}
