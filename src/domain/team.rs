//! The 32 franchises, as a stand-in while the full team table is written on another branch.

use serde::{Deserialize, Serialize};

macro_rules! teams {
    ($($code:ident $($other:literal)*;)*) => {
        /// A franchise, named by its present code.
        #[allow(missing_docs)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Team { $($code),* }

        impl Team {
            /// Reads a code of any season.
            ///
            /// # Errors
            /// [`TeamError`] when no franchise ever had it.
            pub fn parse(text: &str) -> Result<Team, TeamError> {
                match text {
                    $(stringify!($code) $(| $other)* => Ok(Team::$code),)*
                    _ => Err(TeamError(text.to_owned())),
                }
            }

            /// The present code.
            pub fn code(self) -> &'static str {
                match self { $(Team::$code => stringify!($code)),* }
            }
        }
    };
}

teams! {
    ARI; ATL; BAL; BUF; CAR; CHI; CIN; CLE; DAL; DEN; DET; GB; HOU; IND; JAX "JAC"; KC; LA "LAR" "STL"; LAC "SD";
    LV "OAK"; MIA; MIN; NE; NO; NYG; NYJ; PHI; PIT; SEA; SF; TB; TEN; WAS "WSH";
}

/// A text that names no franchise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no team: use a code such as KC or LAC")]
pub struct TeamError(pub String);

impl Team {
    /// Position in the table.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The code of a season.
    pub fn code_in(self, season: u16) -> &'static str {
        match self {
            Team::LV if season < 2020 => "OAK",
            Team::LAC if season < 2017 => "SD",
            Team::LA if season < 2016 => "STL",
            _ => self.code(),
        }
    }
}
