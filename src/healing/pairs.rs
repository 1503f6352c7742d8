//! Maps whose keys are no strings, written as lists of pairs, because JSON has no other keys than strings.

use serde::de::Deserialize;
use serde::{Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Writes the pairs in the order of their keys.
pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
    map: &BTreeMap<K, V>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(map)
}

/// Reads them back; of pairs with one key the last counts.
pub(super) fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
where
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Vec::<(K, V)>::deserialize(from).map(|pairs| pairs.into_iter().collect())
}
