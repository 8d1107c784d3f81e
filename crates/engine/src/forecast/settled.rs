//! Mass that has come to end states, by what it remembers: it stays there, and is read every round.

use super::push::Shared;
use super::read::Accounts;
use rustc_hash::FxHashMap;

/// The settled mass of one type profile.
#[derive(Default)]
pub struct Settled {
    /// Sets entered that can be left again → place in `tables`.
    index: FxHashMap<u64, usize>,
    tables: Vec<Table>,
}

/// Mass with one memory.
struct Table {
    /// End → outcome class.
    class: Vec<usize>,
    /// End → mass.
    mass: Vec<f64>,
}

impl Settled {
    /// Adds `mass` that has entered the sets `bits` to an end (index in [`crate::game::Game::ends`]).
    pub fn add(&mut self, shared: &Shared, end: u32, bits: u64, mass: f64) {
        let tables = &mut self.tables;
        let place = *self.index.entry(bits).or_insert_with(|| {
            let game = shared.game;
            let ends = game.ends.iter();
            let class = ends.map(|end| shared.history.class(game, bits, end.state));
            tables.push(Table {
                class: class.collect(),
                mass: vec![0.0; game.ends.len()],
            });
            tables.len() - 1
        });
        tables[place].mass[end as usize] += mass;
    }

    /// Keeps what lies in states for which `keep` holds.
    pub fn retain(&mut self, shared: &Shared, keep: impl Fn(u32) -> bool) {
        for table in &mut self.tables {
            for (mass, end) in table.mass.iter_mut().zip(&shared.game.ends) {
                if !keep(end.state) {
                    *mass = 0.0;
                }
            }
        }
    }

    /// Classes and states.
    pub fn read(&self, shared: &Shared, accounts: &mut Accounts) {
        for table in &self.tables {
            let places = table.class.iter().zip(&shared.game.ends);
            for (mass, (class, end)) in table.mass.iter().zip(places) {
                if *mass != 0.0 {
                    accounts.stand_in(*class, end.state, *mass);
                }
            }
        }
    }
}
