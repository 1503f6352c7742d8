//! Who depends on whom: the supervision tree and the providers its actors share, as edges that are handed in.

use crate::healing::fault::Place;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Edges beyond this are left out and counted: the whole house has under 200, and a walk must end soon.
pub const MAX_EDGES: usize = 4_096;

/// A directed graph; it may go round without harm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    needs: BTreeMap<Place, BTreeSet<Place>>,
    needed_by: BTreeMap<Place, BTreeSet<Place>>,
    n_left_out: usize,
}

impl Graph {
    /// A graph of edges (who, on whom it depends). An edge from a place to itself says nothing and is skipped.
    pub fn new(edges: impl IntoIterator<Item = (Place, Place)>) -> Graph {
        let mut graph = Graph::default();
        let mut n_edges = 0;
        for (who, on) in edges {
            if n_edges == MAX_EDGES {
                graph.n_left_out += 1;
            } else if who != on {
                graph.needed_by.entry(on.clone()).or_default().insert(who.clone());
                n_edges += usize::from(graph.needs.entry(who).or_default().insert(on));
            }
        }
        graph
    }

    /// Edges there was no room for.
    pub fn n_left_out(&self) -> usize {
        self.n_left_out
    }

    /// Whether the graph has this place.
    pub fn knows(&self, place: &Place) -> bool {
        self.needs.contains_key(place) || self.needed_by.contains_key(place)
    }

    /// What a place depends on by an edge of its own.
    pub fn direct(&self, place: &Place) -> impl Iterator<Item = &Place> {
        self.needs.get(place).into_iter().flatten()
    }

    /// How many depend on a place by an edge of their own.
    pub fn fan_in(&self, place: &Place) -> usize {
        self.needed_by.get(place).map_or(0, BTreeSet::len)
    }

    /// Everything a place depends on, itself not included unless the graph goes round.
    pub fn dependencies(&self, place: &Place) -> BTreeSet<Place> {
        reach(&self.needs, place)
    }

    /// Everything that depends on a place: what its failure may take along.
    pub fn dependents(&self, place: &Place) -> BTreeSet<Place> {
        reach(&self.needed_by, place)
    }
}

fn reach(edges: &BTreeMap<Place, BTreeSet<Place>>, from: &Place) -> BTreeSet<Place> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![from];
    while let Some(place) = ahead.pop() {
        for next in edges.get(place).into_iter().flatten() {
            if reached.insert(next.clone()) {
                ahead.push(next);
            }
        }
    }
    reached
}
