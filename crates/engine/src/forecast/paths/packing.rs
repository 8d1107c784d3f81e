//! How tables of numbers lie in lanes.
//!
//! A table has one number at every point for each type profile and each part of its mass
//! ([`super::super::avoided`]) that can be worth anything to it. Numbers of one part stand together in a
//! *plane*, of one lane a point: of as many tables as there is room for.

use super::{Plot, Profile};
use crate::math::lanes::{Lane, W};
use std::collections::BTreeMap;

/// Where tables lie.
pub struct Packing {
    profiles: usize,
    /// Numbers of a lane that a table takes.
    stride: usize,
    /// Planes that follow each other: a part, and its tables.
    groups: Vec<(usize, Vec<usize>)>,
    /// (table, part) → group, and place among its tables.
    at: BTreeMap<(usize, usize), (usize, usize)>,
}

impl Packing {
    /// Of tables with these parts.
    pub fn of(profiles: usize, tables: &[Vec<usize>]) -> Self {
        let stride = profiles.next_power_of_two().min(W);
        let mut of_part: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (table, parts) in tables.iter().enumerate() {
            for part in parts {
                of_part.entry(*part).or_default().push(table);
            }
        }
        let mut groups = Vec::new();
        let mut at = BTreeMap::new();
        for (part, tables) in of_part {
            for tables in tables.chunks(W / stride) {
                for (place, table) in tables.iter().enumerate() {
                    at.insert((*table, part), (groups.len(), place));
                }
                groups.push((part, tables.to_vec()));
            }
        }
        Self {
            profiles,
            stride,
            groups,
            at,
        }
    }

    /// Numbers of a lane that a table takes; what belongs to no table, mass, repeats in each.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Planes of a group: more than one where a lane has no room for all profiles.
    fn each(&self) -> usize {
        self.profiles.div_ceil(W)
    }

    /// Number of planes.
    pub fn planes(&self) -> usize {
        self.groups.len() * self.each()
    }

    /// Plane and place in its lanes of a number, if there is one.
    pub fn place(&self, table: usize, part: usize, profile: usize) -> Option<(usize, usize)> {
        let (group, place) = self.at.get(&(table, part))?;
        let plane = group * self.each() + profile / W;
        Some((plane, place * self.stride + profile % W))
    }

    /// Table, part and profile at a place of a plane.
    pub fn held(&self, plane: usize, place: usize) -> Option<(usize, usize, usize)> {
        let (part, tables) = self.groups.get(plane / self.each())?;
        let profile = plane % self.each() * W + place % self.stride;
        let table = tables.get(place / self.stride)?;
        (profile < self.profiles).then_some((*table, *part, profile))
    }

    /// Of each plane the part, and the block of profiles.
    pub fn kinds(&self) -> impl Iterator<Item = (usize, usize)> {
        let blocks = self.each();
        self.groups
            .iter()
            .flat_map(move |(part, _)| (0..blocks).map(move |b| (*part, b)))
    }
}

/// What the lanes of a kind of plane belong to, whatever the tables.
pub struct Lanes {
    /// Actor → type → one in the lanes of profiles where the actor is of that type.
    pub chosen: Vec<Vec<Lane>>,
    /// Tracked sets that hold a state → one in the lanes that go on there; last the lanes themselves.
    pub kept: Vec<Lane>,
    /// Mass at the start.
    pub start: Lane,
}

impl Lanes {
    /// Of a part and a block of profiles.
    pub fn of(plot: &Plot, (part, block): (usize, usize)) -> Self {
        let game = plot.shared.game;
        let avoided = &plot.shared.avoided;
        let here = plot.shared.history.mask[game.start as usize];
        let part = avoided.parts[part];
        let stride = plot.profiles.len().next_power_of_two().min(W);
        let of = |value: &dyn Fn(&Profile) -> f64| {
            Lane::of(|w| plot.profiles.get(block * W + w % stride).map_or(0.0, value))
        };
        let one = |yes: bool| f64::from(u8::from(yes));
        let actors = game.actors.iter().enumerate();
        let chosen = actors.map(|(actor, kind)| {
            let types = 0..kind.types.len();
            types
                .map(|t| of(&|(types, _)| one(types[actor] == t)))
                .collect()
        });
        let insides = avoided.insides.iter();
        let mut kept: Vec<Lane> = insides
            .map(|inside| of(&|_| one(part & inside == 0)))
            .collect();
        kept.push(of(&|_| 1.0));
        Self {
            chosen: chosen.collect(),
            kept,
            start: of(&|(_, weight)| weight * one(part & here == 0)),
        }
    }
}
