//! The public beliefs of a crowd.

use crate::belief::{Axis, Weights, stick_odds};

/// The public beliefs that trajectories hold now, each once for all who came to it together.
#[derive(Default)]
pub(super) struct Beliefs {
    /// Entries and axes of a belief.
    width: usize,
    axes: usize,
    /// `[belief * width + entry]`
    value: Vec<f64>,
    /// `[belief * axes + axis]`: where it lies on the grid.
    weights: Vec<Weights>,
    /// Who holds it.
    pub holders: Vec<u32>,
    free: Vec<u32>,
    odds: Vec<f64>,
}

impl Beliefs {
    pub fn begin(&mut self, axis: &Axis, priors: &[f64], odds: &[f64], holders: usize) {
        self.width = priors.len();
        self.axes = odds.len();
        self.value.clear();
        self.value.extend(priors);
        self.weights.clear();
        self.weights.extend(odds.iter().map(|o| axis.weights(*o)));
        self.holders.clear();
        self.holders.push(holders as u32);
        self.free.clear();
    }

    pub fn of(&self, belief: u32) -> &[f64] {
        &self.value[belief as usize * self.width..][..self.width]
    }

    pub fn weights(&self, belief: u32) -> &[Weights] {
        &self.weights[belief as usize * self.axes..][..self.axes]
    }

    /// A belief that no one holds yet, the same as `parent`.
    pub fn copy(&mut self, parent: u32) -> u32 {
        let (width, axes) = (self.width, self.axes);
        let from = parent as usize;
        let (values, weights) = (
            from * width..(from + 1) * width,
            from * axes..(from + 1) * axes,
        );
        if let Some(free) = self.free.pop() {
            self.value.copy_within(values, free as usize * width);
            self.weights.copy_within(weights, free as usize * axes);
            return free;
        }
        self.value.extend_from_within(values);
        self.weights.extend_from_within(weights);
        self.holders.push(0);
        (self.holders.len() - 1) as u32
    }

    /// Sets what is believed about the actor whose entries and axes begin at `first`.
    pub fn teach(&mut self, axis: &Axis, belief: u32, first: (usize, usize), posterior: &[f64]) {
        let at = belief as usize * self.width + first.0;
        self.value[at..at + posterior.len()].copy_from_slice(posterior);
        self.odds.resize(posterior.len() - 1, 0.0);
        stick_odds(posterior, &mut self.odds);
        let weights = &mut self.weights[belief as usize * self.axes + first.1..];
        for (weights, odds) in weights.iter_mut().zip(&self.odds) {
            *weights = axis.weights(*odds);
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
