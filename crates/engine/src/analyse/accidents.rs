//! Accidents: how often triggers come, how often they are thought to, and for what they are taken.
//!
//! Read off trajectories with exact beliefs ([`super::trace`]). Frequencies are expectations along
//! them: at every chance step the probability that something changes, true and believed. For results
//! that an accident may have brought about while they look like a decision, the probability that the
//! public gives to an order, by Bayes' rule with the believed kernel and the public belief, is set
//! against how often an order it was.

use super::trace::{Cause, Listener, Step, Traced};
use climbdown_lang::Scenario;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the numbers of [`Accidents`] mean.
pub const DEFINITION: &str = "expected number of times within the window that a trigger changes \
     something, true and as believed; and of results that may be a decision or an accident, the share \
     that are decisions, as believed and in truth: overconfidence is the difference";

/// Accidents and what is believed of them.
#[derive(Clone, Debug, Serialize)]
pub struct Accidents {
    /// What is measured.
    pub definition: &'static str,
    /// One entry a trigger, in declared order.
    pub triggers: Vec<TriggerRate>,
    /// One entry a label that a decision and an accident share.
    pub attribution: Vec<Attribution>,
}

/// How often a trigger comes.
#[derive(Clone, Debug, Serialize)]
pub struct TriggerRate {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Expected changes within the window, true.
    pub actual: f64,
    /// As believed.
    pub believed: f64,
}

/// For what results are taken that a decision or an accident may have brought about.
#[derive(Clone, Debug, Serialize)]
pub struct Attribution {
    /// Whose decision it would be.
    pub actor: String,
    /// Public label.
    pub label: String,
    /// Times seen, a trajectory.
    pub seen: f64,
    /// Mean probability that the public gives to a decision.
    pub believed: f64,
    /// Share that were decisions.
    pub actual: f64,
    /// `believed` − `actual`: accidents taken for orders when above 0.
    pub overconfidence: f64,
}

/// Sums frequencies and attributions.
pub struct AccidentListener<'a> {
    traced: &'a Traced,
    /// Trigger → (true, believed).
    rates: Vec<(f64, f64)>,
    /// (actor, label) → times, Σ believed probability of a decision, decisions.
    seen: BTreeMap<(usize, u32), (u64, f64, u64)>,
    trajectories: u64,
}

impl<'a> AccidentListener<'a> {
    /// Sums nothing yet.
    pub fn new(traced: &'a Traced, scenario: &Scenario) -> Self {
        Self {
            traced,
            rates: vec![(0.0, 0.0); scenario.triggers.len()],
            seen: BTreeMap::new(),
            trajectories: 0,
        }
    }
}

impl Listener for AccidentListener<'_> {
    fn begin(&mut self, _types: &[usize], _start: u32) {
        self.trajectories += 1;
    }

    fn step(&mut self, step: &Step) {
        let causes = &self.traced.causes.phases[step.phase];
        let Some(decision) = &step.decision else {
            let crate::game::Phase::Events(events) = &self.traced.game.phases[step.phase] else {
                return;
            };
            let Some(trigger) = causes.triggers.first() else {
                return;
            };
            let rate = &mut self.rates[*trigger as usize];
            for o in events.outcomes(step.node) {
                if events.outcome_next[o] != step.from {
                    rate.0 += events.outcome_true[o];
                    rate.1 += events.outcome_believed[o];
                }
            }
            return;
        };
        if causes.accidents.is_empty() {
            return;
        }
        let phase = decision.moves;
        let alternatives = phase.alternatives(step.node);
        for o in phase.outcomes(alternatives.start + decision.chosen) {
            for accident in causes.of(o) {
                let rate = &mut self.rates[accident.trigger as usize];
                rate.0 += accident.actual;
                rate.1 += accident.believed;
            }
        }
        // Everything that the public could have seen here in the same way.
        let result = |o: usize| (phase.outcome_labels[o], phase.outcome_next[o]);
        let count = alternatives.len();
        let opportunity = phase.node_opportunity[step.node][0];
        let (mut all, mut accidental, mut possible) = (0.0, 0.0, false);
        for a in 0..count {
            let chosen: f64 = decision
                .before
                .iter()
                .enumerate()
                .map(|(k, b)| b * decision.play.sigma[k * count + a])
                .sum();
            let mut tau = opportunity.believed * chosen;
            if a == opportunity.default as usize {
                tau += 1.0 - opportunity.believed;
            }
            for o in phase.outcomes(alternatives.start + a) {
                if result(o) != result(decision.outcome) {
                    continue;
                }
                all += tau * phase.outcome_believed[o];
                for accident in causes.of(o) {
                    possible = true;
                    accidental += tau * accident.believed;
                }
            }
        }
        if !possible || all <= 0.0 {
            return;
        }
        let entry = self
            .seen
            .entry((decision.mover, result(decision.outcome).0));
        let (times, believed, orders) = entry.or_insert((0, 0.0, 0));
        *times += 1;
        *believed += 1.0 - accidental / all;
        *orders += u64::from(matches!(step.cause, Cause::Move { .. }));
    }
}

/// Adds up what the listeners heard, in their order.
pub fn collect(heard: &[&AccidentListener], scenario: &Scenario) -> Accidents {
    let trajectories = heard.iter().map(|h| h.trajectories).sum::<u64>().max(1) as f64;
    let triggers = scenario.triggers.iter().enumerate().map(|(t, trigger)| {
        let sum = heard.iter().fold((0.0, 0.0), |sum, h| {
            (sum.0 + h.rates[t].0, sum.1 + h.rates[t].1)
        });
        TriggerRate {
            name: trigger.name.clone(),
            label: trigger.label.clone(),
            actual: sum.0 / trajectories,
            believed: sum.1 / trajectories,
        }
    });
    let mut seen: BTreeMap<(usize, u32), (u64, f64, u64)> = BTreeMap::new();
    for listener in heard {
        for (key, (times, believed, orders)) in &listener.seen {
            let sum = seen.entry(*key).or_insert((0, 0.0, 0));
            sum.0 += times;
            sum.1 += believed;
            sum.2 += orders;
        }
    }
    let attribution = seen
        .iter()
        .filter_map(|((actor, label), (times, believed, orders))| {
            let game = &heard.first()?.traced.game;
            let (believed, actual) = (believed / *times as f64, *orders as f64 / *times as f64);
            Some(Attribution {
                actor: game.actors[*actor].name.clone(),
                label: game.labels[*label as usize].clone(),
                seen: *times as f64 / trajectories,
                believed,
                actual,
                overconfidence: believed - actual,
            })
        });
    Accidents {
        definition: DEFINITION,
        triggers: triggers.collect(),
        attribution: attribution.collect(),
    }
}
