//! What a result must say about itself, so that anybody can make it again.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a result comes from. The same manifest gives the same result to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Fingerprint of the facts the table was built from.
    pub data_hash: String,
    /// [`super::table::Table::hash`] of the table itself.
    pub table_hash: String,
    /// Version of the program with a fingerprint of its source.
    pub code_version: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// What else was chosen, by name.
    pub parameters: BTreeMap<String, String>,
    /// Strategies that were tried before this result was known, its own among them.
    pub n_trials: u64,
}
