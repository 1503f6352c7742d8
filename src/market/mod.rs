//! What prices and lines mean: odds forms, margins removed, stakes, closing line value and key numbers.
//!
//! Pure arithmetic on the types of [`crate::domain`]; nothing here knows who asks, what time it is or where a price came
//! from. In reading order: a price, a market, a stake, a distribution, and what the closing line says about a bet.

pub mod odds;

pub mod devig;

pub mod kelly;

mod fitted;
pub mod key_numbers;
pub mod margin;
pub mod total;

pub mod clv;

pub mod shapes;

#[cfg(test)]
mod test_data;

pub use devig::{DevigMethod, devig, fair_two_way};
pub use key_numbers::TwoWay;
pub use margin::MarginModel;
pub use total::TotalModel;
