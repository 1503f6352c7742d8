//! Reading a team from text, forgiving in spelling and strict in meaning: an unknown name is an error with suggestions.

use super::Team;

/// Codes that are not the current nflverse code of anyone: former homes, ESPN, the league's own feeds (`ARZ`, `BLT`, `CLV`,
/// `HST`, `SL`) and Pro Football Reference. The same list as nflreadr's `clean_team_abbrs`, from 1999 on.
const OTHER_CODES: [(&str, Team); 24] = [
    ("OAK", Team::LV),
    ("SD", Team::LAC),
    ("STL", Team::LA),
    ("SL", Team::LA),
    ("LAR", Team::LA),
    ("WSH", Team::WAS),
    ("JAC", Team::JAX),
    ("ARZ", Team::ARI),
    ("BLT", Team::BAL),
    ("CLV", Team::CLE),
    ("HST", Team::HOU),
    ("CRD", Team::ARI),
    ("RAV", Team::BAL),
    ("GNB", Team::GB),
    ("HTX", Team::HOU),
    ("KAN", Team::KC),
    ("LVR", Team::LV),
    ("RAI", Team::LV),
    ("NWE", Team::NE),
    ("NOR", Team::NO),
    ("SDG", Team::LAC),
    ("SFO", Team::SF),
    ("TAM", Team::TB),
    ("RAM", Team::LA),
];

/// The seasons in which some franchise had a name of its own: the last of each and the first of the next.
const NAME_SEASONS: [u16; 6] = [2015, 2016, 2017, 2019, 2020, 2022];

/// Why a text names no franchise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an NFL team: did you mean {}? Write a code such as KC or a full name such as Kansas City Chiefs",
    .nearest.join(", "))]
pub struct TeamError {
    /// What was to be read.
    pub text: String,
    /// Up to three codes or names that look most like it, nearest first.
    pub nearest: Vec<String>,
}

impl Team {
    /// Reads a code of any season since 1999 (nflverse, ESPN, the league, Pro Football Reference), a full name or a nickname,
    /// in any case and with blanks around it.
    ///
    /// # Errors
    /// [`TeamError`] with the text and what it may have meant.
    pub fn parse(text: &str) -> Result<Team, TeamError> {
        let wanted = text.trim();
        let coded = Team::ALL.into_iter().find(|t| wanted.eq_ignore_ascii_case(t.code()));
        let other = || {
            OTHER_CODES
                .iter()
                .find(|(c, _)| wanted.eq_ignore_ascii_case(c))
                .map(|(_, t)| *t)
        };
        let named = || {
            Team::ALL.into_iter().find(|team| {
                NAME_SEASONS.iter().any(|&season| {
                    wanted.eq_ignore_ascii_case(&team.full_name(season))
                        || wanted.eq_ignore_ascii_case(team.nickname(season))
                })
            })
        };
        coded.or_else(other).or_else(named).ok_or_else(|| TeamError {
            text: text.to_owned(),
            nearest: nearest(wanted),
        })
    }
}

/// The three codes or names of today with the fewest edits to `wanted`; a code only competes with short texts.
fn nearest(wanted: &str) -> Vec<String> {
    let today = NAME_SEASONS[NAME_SEASONS.len() - 1];
    let wanted = wanted.to_ascii_lowercase();
    let mut ranked: Vec<(usize, String)> = Team::ALL
        .into_iter()
        .map(|team| {
            let candidate = if wanted.chars().count() <= 4 {
                team.code().to_owned()
            } else {
                team.full_name(today)
            };
            (edits(&wanted, &candidate.to_ascii_lowercase()), candidate)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein distance in characters, with one row of the table kept.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_is_read_back() {
        for team in Team::ALL {
            for season in 1999..=2030 {
                for text in [
                    team.code_in(season).to_owned(),
                    team.espn_code(season).to_lowercase(),
                    format!("  {}\n", team.full_name(season).to_uppercase()),
                    team.nickname(season).to_owned(),
                ] {
                    assert_eq!(Team::parse(&text), Ok(team), "{text:?} in {season}");
                }
            }
        }
        for (code, team) in OTHER_CODES {
            assert_eq!(Team::parse(code), Ok(team), "{code}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = Team::parse("Kansas Chiefs").unwrap_err();
        assert_eq!(error.nearest[0], "Kansas City Chiefs");
        assert!(
            error.to_string().starts_with("`Kansas Chiefs` is not an NFL team"),
            "{error}"
        );
        assert_eq!(Team::parse("PHL").unwrap_err().nearest[0], "PHI");
        assert!(Team::parse("").is_err() && Team::parse("Los Angeles").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_team_or_an_error_that_names_it(text in ".{0,40}") {
            if let Err(error) = Team::parse(&text) {
                prop_assert_eq!(error.text, text);
                prop_assert_eq!(error.nearest.len(), 3);
            }
        }
    }
}
