//! A graph of imports, of files or of rooms, and the rings in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Crate;

/// A directed graph. Each edge remembers one file that makes it.
pub(crate) struct Graph {
    edges: BTreeMap<String, BTreeMap<String, String>>,
}

impl Graph {
    /// Returns the graph whose nodes are the files of a crate.
    pub(crate) fn of_files(sources: &Crate) -> Self {
        Self::new(sources, str::to_owned)
    }

    /// Returns the graph whose nodes are the rooms of a crate: its folders and files at the top.
    pub(crate) fn of_rooms(sources: &Crate) -> Self {
        Self::new(sources, |file| {
            let first = file.split('/').next().unwrap_or(file);
            first.trim_end_matches(".rs").to_owned()
        })
    }

    fn new(sources: &Crate, node: impl Fn(&str) -> String) -> Self {
        let mut edges: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (file, imported) in sources.imports() {
            let from = node(file);
            let out = edges.entry(from.clone()).or_default();
            for to in imported {
                let to = node(to);
                if to != from {
                    out.entry(to).or_insert_with(|| file.to_owned());
                }
            }
        }
        Self { edges }
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.edges.keys().map(String::as_str)
    }

    /// Returns the edges, each with a file that makes it.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.edges.iter().flat_map(|(from, out)| {
            out.iter()
                .map(move |(to, file)| (from.as_str(), to.as_str(), file.as_str()))
        })
    }

    pub(crate) fn has_edge(&self, from: &str, to: &str) -> bool {
        self.edges.get(from).is_some_and(|out| out.contains_key(to))
    }

    /// Returns each set of nodes that reach each other, with the edges inside it.
    pub(crate) fn rings(&self) -> Vec<String> {
        let mut placed = BTreeSet::new();
        let mut rings = Vec::new();
        for node in self.nodes() {
            let reached = self.reachable(node);
            if placed.contains(node) || !reached.contains(node) {
                continue;
            }
            let ring = reached
                .into_iter()
                .filter(|&other| self.reachable(other).contains(node));
            let ring: BTreeSet<&str> = ring.collect();
            let edges = self
                .edges()
                .filter(|(from, to, _)| ring.contains(from) && ring.contains(to));
            rings.push(
                edges
                    .map(|(from, to, _)| format!("  {from} -> {to}\n"))
                    .collect(),
            );
            placed.extend(ring);
        }
        rings
    }

    /// Returns the nodes that lie at the end of a path of one edge or more.
    fn reachable(&self, node: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = self
            .edges
            .get(node)
            .into_iter()
            .flat_map(|out| out.keys().map(String::as_str))
            .collect();
        while let Some(node) = next.pop() {
            if reached.insert(node) {
                next.extend(
                    self.edges
                        .get(node)
                        .into_iter()
                        .flat_map(|out| out.keys().map(String::as_str)),
                );
            }
        }
        reached
    }
}
