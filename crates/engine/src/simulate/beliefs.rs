//! The public beliefs of a crowd, and what they come to.

use super::crowd::{Standing, Tally};
use crate::belief::{Axis, stick_odds};
use crate::game::State;

/// The public beliefs that trajectories hold now, each once for all who came to it together.
#[derive(Default)]
pub(super) struct Beliefs {
    /// Entries and axes of a belief, and points of a stencil.
    width: usize,
    axes: usize,
    stencil: usize,
    /// `[belief * width + entry]`
    value: Vec<f64>,
    /// `[belief * axes + axis]`: the stencil of the grid in which it lies.
    place: Vec<u32>,
    /// `[(belief * axes + axis) * stencil + point]`: the weights of its points.
    weight: Vec<f64>,
    /// Who holds it.
    holders: Vec<u32>,
    free: Vec<u32>,
    odds: Vec<f64>,
}

impl Beliefs {
    pub fn begin(&mut self, axis: &Axis, priors: &[f64], odds: &[f64], holders: usize) {
        self.width = priors.len();
        self.axes = odds.len();
        self.stencil = axis.width;
        self.value.clear();
        self.value.extend(priors);
        self.weight.clear();
        self.weight.resize(odds.len() * axis.width, 0.0);
        let weights = self.weight.chunks_exact_mut(axis.width);
        let place = odds.iter().zip(weights);
        self.place.clear();
        self.place
            .extend(place.map(|(odds, weight)| axis.locate(*odds, weight)));
        self.holders.clear();
        self.holders.push(holders as u32);
        self.free.clear();
    }

    /// How many have been made.
    pub fn len(&self) -> usize {
        self.holders.len()
    }

    /// Axes of the grid.
    pub fn axes(&self) -> usize {
        self.axes
    }

    #[inline(always)]
    pub fn of(&self, belief: u32) -> &[f64] {
        &self.value[belief as usize * self.width..][..self.width]
    }

    /// Where it lies on the grid: by axis the stencil, and the weights of its points one axis after the
    /// other.
    #[inline(always)]
    pub fn located(&self, belief: u32) -> (&[u32], &[f64]) {
        let belief = belief as usize;
        let size = self.axes * self.stencil;
        (
            &self.place[belief * self.axes..][..self.axes],
            &self.weight[belief * size..][..size],
        )
    }

    /// Does nobody else hold it?
    #[inline(always)]
    pub fn is_alone(&self, belief: u32) -> bool {
        self.holders[belief as usize] == 1
    }

    /// A belief that no one holds yet, the same as `parent`.
    pub fn copy(&mut self, parent: u32) -> u32 {
        let row = |belief: u32, size: usize| {
            let first = belief as usize * size;
            first..first + size
        };
        let (width, axes, size) = (self.width, self.axes, self.axes * self.stencil);
        if let Some(free) = self.free.pop() {
            let to = |size: usize| free as usize * size;
            self.value.copy_within(row(parent, width), to(width));
            self.place.copy_within(row(parent, axes), to(axes));
            self.weight.copy_within(row(parent, size), to(size));
            return free;
        }
        self.value.extend_from_within(row(parent, width));
        self.place.extend_from_within(row(parent, axes));
        self.weight.extend_from_within(row(parent, size));
        self.holders.push(0);
        (self.holders.len() - 1) as u32
    }

    /// Sets what is believed about the actor whose entries and axes begin at `first`.
    #[inline(always)]
    pub fn teach(&mut self, axis: &Axis, belief: u32, first: (usize, usize), posterior: &[f64]) {
        let at = belief as usize * self.width + first.0;
        self.value[at..at + posterior.len()].copy_from_slice(posterior);
        self.odds.resize(posterior.len() - 1, 0.0);
        stick_odds(posterior, &mut self.odds);
        let at = belief as usize * self.axes + first.1;
        let places = &mut self.place[at..at + self.odds.len()];
        let weights = self.weight[at * self.stencil..].chunks_exact_mut(self.stencil);
        for ((place, weight), odds) in places.iter_mut().zip(weights).zip(&self.odds) {
            *place = axis.locate(*odds, weight);
        }
    }

    /// Someone goes over from one belief to another.
    #[inline]
    pub fn learn(&mut self, from: u32, to: u32) {
        self.holders[to as usize] += 1;
        self.holders[from as usize] -= 1;
        if self.holders[from as usize] == 0 {
            self.free.push(from);
        }
    }
}

/// Public beliefs at the end of each round: `[round][entry]` lists those of a crowd's trajectories.
pub(super) struct Believed {
    pub rounds: Vec<Vec<Vec<f64>>>,
    /// Before the first round.
    priors: Vec<f64>,
}

impl Believed {
    pub fn new(priors: &[f64]) -> Self {
        Self {
            rounds: Vec::new(),
            priors: priors.to_vec(),
        }
    }

    /// Once all have ended nothing is learned any more.
    pub fn stay_until(&mut self, round: u32) {
        if let Some(last) = self.rounds.last().cloned() {
            self.rounds.resize(round as usize + 1, last);
        }
    }
}

impl Tally for Believed {
    fn begin(&mut self, size: usize, _start: State) {
        let all = self.priors.iter().map(|prior| vec![*prior; size]);
        self.rounds.push(all.collect());
    }

    fn arrive(&mut self, _round: u32, _place: usize, _state: State) {}

    fn close(&mut self, _round: u32, standing: &Standing) {
        let mut all: Vec<_> = (0..self.priors.len())
            .map(|_| Vec::with_capacity(standing.belief.len()))
            .collect();
        for belief in standing.belief {
            for (entry, b) in all.iter_mut().zip(standing.beliefs.of(*belief)) {
                entry.push(*b);
            }
        }
        self.rounds.push(all);
    }
}
