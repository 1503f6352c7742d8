//! Minds that ask a language model, without a socket: a slate becomes a question, a question a call, a reply opinions.
//!
//! A model sees what other minds see, with every text of a feed quoted as data. It answers with probabilities and
//! reasons in a form that has no place for a stake; what does not fit the form is refused, asked for once more, and then
//! counts as silence with its reason. What a question may cost is set aside before it is asked.

pub mod answer;
pub mod budget;
pub mod conversation;
pub mod correspondence;
pub mod ideas;
pub mod mode;
pub mod question;
pub mod record;
pub mod settings;
pub mod slot;
pub mod stance;
#[cfg(test)]
mod tests;
pub mod transcript;
pub mod trouble;
pub mod wire;

pub use answer::{Fault, Said};
pub use budget::{Budget, Caps, Exceeded, Reservation};
pub use conversation::{Conversation, Errand, Step};
pub use mode::Mode;
pub use question::{Asked, Form, Posed, Subject};
pub use settings::{BadMinds, MindSettings};
pub use slot::{Dialect, Slot, Structured};
pub use trouble::{Then, Trouble};
