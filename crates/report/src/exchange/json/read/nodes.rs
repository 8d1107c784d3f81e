//! Nodes of `climbdown-game/1`: moves, joint moves, outcomes.

use super::{Reader, content, raw};
use crate::exchange::ExchangeError;
use crate::exchange::json::SUM_TOLERANCE;
use climbdown_engine::game::{EventsPhase, MovePhase, Noise, Opportunity};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{HashMap, HashSet};

/// Outcomes of one alternative after equal ones are summed: labels, next, believed, true.
type Outcomes = Vec<(Vec<u32>, u32, f64, f64)>;

/// Offset into a flat table; texts are bounded well below 2^32 entries.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Fails when a probability is out of range or they do not sum to one.
fn check_sum(
    place: &str,
    which: &str,
    probabilities: impl Iterator<Item = f64>,
) -> Result<(), ExchangeError> {
    let mut sum = 0.0;
    for p in probabilities {
        if !(0.0..=1.0 + SUM_TOLERANCE).contains(&p) {
            return Err(content(
                place,
                format!("a {which} probability is {p}; expected 0 to 1"),
            ));
        }
        sum += p;
    }
    if (sum - 1.0_f64).abs() > SUM_TOLERANCE {
        return Err(content(
            place,
            format!("the {which} probabilities sum to {sum}; expected 1"),
        ));
    }
    Ok(())
}

impl Reader {
    /// Sorts nodes by state and refuses doubles and ends.
    fn sort_nodes<T>(
        &self,
        phase: usize,
        nodes: Vec<T>,
        state_of: impl Fn(&T) -> u32,
    ) -> Result<Vec<(usize, T)>, ExchangeError> {
        let mut numbered: Vec<(usize, T)> = nodes.into_iter().enumerate().collect();
        for (index, node) in &numbered {
            let place = format!("phases[{phase}].nodes[{index}]");
            let state = self.state(&place, state_of(node))?;
            if self.is_end[state as usize] {
                return Err(content(
                    place,
                    format!(
                        "state {state} ({:?}) is an end and can have no node",
                        self.raw.states[state as usize]
                    ),
                ));
            }
        }
        numbered.sort_by_key(|(_, node)| state_of(node));
        for pair in numbered.windows(2) {
            let [(_, a), (index, b)] = pair else { continue };
            if state_of(a) == state_of(b) {
                return Err(content(
                    format!("phases[{phase}].nodes[{index}]"),
                    format!("state {} has two nodes in this phase", state_of(b)),
                ));
            }
        }
        Ok(numbered)
    }

    /// "phases[0].nodes[3] (state 7 \"calm\")".
    fn node_place(&self, phase: usize, node: usize, state: u32) -> String {
        let label = &self.raw.states[state as usize];
        format!("phases[{phase}].nodes[{node}] (state {state} {label:?})")
    }

    pub(super) fn events_phase(
        &self,
        index: usize,
        nodes: Vec<raw::EventsNode>,
    ) -> Result<EventsPhase, ExchangeError> {
        let mut phase = EventsPhase {
            node_outcomes: vec![0],
            ..EventsPhase::default()
        };
        for (number, node) in self.sort_nodes(index, nodes, |n| n.state)? {
            let place = self.node_place(index, number, node.state);
            check_sum(&place, "believed", node.outcomes.iter().map(|o| o.believed))?;
            check_sum(&place, "true", node.outcomes.iter().map(|o| o.true_))?;
            let mut merged: Vec<(u32, f64, f64)> = Vec::new();
            let mut known: HashMap<u32, usize> = HashMap::new();
            for outcome in &node.outcomes {
                let next = self.state(&place, outcome.next)?;
                let slot = *known.entry(next).or_insert_with(|| {
                    merged.push((next, 0.0, 0.0));
                    merged.len() - 1
                });
                merged[slot].1 += outcome.believed;
                merged[slot].2 += outcome.true_;
            }
            if let Some((next, ..)) = merged.iter().find(|(_, b, t)| *t > 0.0 && *b == 0.0) {
                return Err(content(
                    place,
                    format!("state {next} can follow in truth, but it is believed impossible"),
                ));
            }
            phase.node_state.push(node.state);
            phase
                .payoff
                .extend(self.seats(place.as_str(), "payoff", &node.payoff)?);
            for (next, believed, true_) in merged {
                phase.outcome_next.push(next);
                phase.outcome_believed.push(believed);
                phase.outcome_true.push(true_);
            }
            phase.node_outcomes.push(offset(phase.outcome_next.len()));
        }
        Ok(phase)
    }

    pub(super) fn move_phase(
        &mut self,
        index: usize,
        actors: Vec<u32>,
        nodes: Vec<raw::MoveNode>,
    ) -> Result<MovePhase, ExchangeError> {
        let place = format!("phases[{index}].actors");
        if actors.is_empty() {
            return Err(content(place, "a move phase needs an actor"));
        }
        let mut seen = HashSet::new();
        for &actor in &actors {
            if actor as usize >= self.actors.len() {
                return Err(content(
                    place,
                    format!("actor {actor}, but there are {}", self.actors.len()),
                ));
            }
            if !seen.insert(actor) {
                return Err(content(place, format!("actor {actor} stands twice")));
            }
        }
        let mut phase = MovePhase {
            actors,
            node_alternatives: vec![0],
            alternative_outcomes: vec![0],
            ..MovePhase::default()
        };
        for (number, node) in self.sort_nodes(index, nodes, |n| n.state)? {
            let place = self.node_place(index, number, node.state);
            self.move_node(&place, node, &mut phase)?;
        }
        Ok(phase)
    }

    fn move_node(
        &mut self,
        place: &str,
        node: raw::MoveNode,
        phase: &mut MovePhase,
    ) -> Result<(), ExchangeError> {
        let movers = phase.actors.len();
        let wrong_length = |what: &str, found: usize| {
            content(
                place,
                format!("`{what}` has {found} entries for {movers} movers"),
            )
        };
        if node.moves.len() != movers {
            return Err(wrong_length("moves", node.moves.len()));
        }
        let mut sizes = Vec::with_capacity(movers);
        for (mover, moves) in node.moves.iter().enumerate() {
            let actor = &self.actors[phase.actors[mover] as usize].name;
            if moves.is_empty() {
                return Err(content(
                    place,
                    format!("`{actor}` has no move; give it the single move `pass`"),
                ));
            }
            let distinct: HashSet<&String> = moves.iter().collect();
            if distinct.len() != moves.len() {
                return Err(content(place, format!("a move of `{actor}` stands twice")));
            }
            sizes.push(moves.len());
        }
        phase
            .node_opportunity
            .push(opportunity(place, &node, &sizes)?);
        phase
            .node_kinds
            .push(self.kinds(place, node.variants.as_deref(), &sizes)?);

        let combinations = sizes
            .iter()
            .try_fold(1_usize, |product, &n| product.checked_mul(n));
        if combinations != Some(node.joint.len()) {
            return Err(content(
                place,
                format!(
                    "`joint` has {} entries; every combination of {} moves must stand once",
                    node.joint.len(),
                    sizes
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(" × ")
                ),
            ));
        }
        let mut joint = node.joint;
        for (position, alternative) in joint.iter().enumerate() {
            let fits = alternative.moves.len() == movers
                && alternative
                    .moves
                    .iter()
                    .zip(&sizes)
                    .all(|(&m, &n)| (m as usize) < n);
            if !fits {
                return Err(content(
                    format!("{place}, joint[{position}]"),
                    format!(
                        "moves {:?} are not open here; open are {} moves",
                        alternative.moves,
                        sizes
                            .iter()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>()
                            .join(" × ")
                    ),
                ));
            }
        }
        joint.sort_by(|a, b| a.moves.cmp(&b.moves));
        if let Some(pair) = joint.windows(2).find(|pair| pair[0].moves == pair[1].moves) {
            return Err(content(
                place,
                format!("the joint move {:?} stands twice", pair[0].moves),
            ));
        }

        let mut alternatives: Vec<Outcomes> = Vec::with_capacity(joint.len());
        for alternative in &joint {
            let names: Vec<&str> = alternative
                .moves
                .iter()
                .zip(&node.moves)
                .map(|(&m, names)| names[m as usize].as_str())
                .collect();
            let place = format!("{place}, move {}", names.join(" with "));
            let outcomes = self.outcomes(&place, movers, &alternative.outcomes)?;
            phase
                .alternative_moves
                .extend_from_slice(&alternative.moves);
            phase
                .payoff
                .extend(self.seats(place.as_str(), "payoff", &alternative.payoff)?);
            alternatives.push(outcomes);
        }
        check_support(place, &alternatives, &self.raw.states)?;
        if movers > 1 {
            self.check_inference(place, phase, &joint, &alternatives)?;
        }
        for outcomes in alternatives {
            for (labels, next, believed, true_) in outcomes {
                phase.outcome_labels.extend_from_slice(&labels);
                phase.outcome_next.push(next);
                phase.outcome_believed.push(believed);
                phase.outcome_true.push(true_);
            }
            phase
                .alternative_outcomes
                .push(offset(phase.outcome_next.len()));
        }
        phase.node_state.push(node.state);
        phase
            .node_alternatives
            .push(offset(phase.alternative_outcomes.len() - 1));
        let moves = node
            .moves
            .iter()
            .map(|names| names.iter().map(|name| self.label(name)).collect())
            .collect();
        phase.node_moves.push(moves);
        Ok(())
    }

    fn outcomes(
        &mut self,
        place: &str,
        movers: usize,
        raw: &[raw::MoveOutcome],
    ) -> Result<Outcomes, ExchangeError> {
        check_sum(place, "believed", raw.iter().map(|o| o.believed))?;
        check_sum(place, "true", raw.iter().map(|o| o.true_))?;
        let mut merged: Outcomes = Vec::with_capacity(raw.len());
        let mut known: FxHashMap<(Vec<u32>, u32), usize> = FxHashMap::default();
        let mut before: Option<(&[String], Vec<u32>)> = None;
        for outcome in raw {
            let next = self.state(place, outcome.next)?;
            if outcome.labels.len() != movers {
                return Err(content(
                    place,
                    format!(
                        "an outcome has {} labels for {movers} movers",
                        outcome.labels.len()
                    ),
                ));
            }
            // Most outcomes of one joint move have the labels of the one before.
            let labels = match &before {
                Some((names, labels)) if *names == outcome.labels => labels.clone(),
                _ => {
                    let labels: Vec<u32> = outcome.labels.iter().map(|l| self.label(l)).collect();
                    before = Some((&outcome.labels, labels.clone()));
                    labels
                }
            };
            let slot = *known.entry((labels.clone(), next)).or_insert_with(|| {
                merged.push((labels, next, 0.0, 0.0));
                merged.len() - 1
            });
            merged[slot].2 += outcome.believed;
            merged[slot].3 += outcome.true_;
        }
        Ok(merged)
    }

    /// Kinds of the moves of each mover, numbered from 0.
    fn kinds(
        &self,
        place: &str,
        variants: Option<&[Vec<Vec<u32>>]>,
        sizes: &[usize],
    ) -> Result<Vec<Vec<u32>>, ExchangeError> {
        let Some(variants) = variants else {
            return Ok(sizes.iter().map(|&n| (0..offset(n)).collect()).collect());
        };
        if variants.len() != sizes.len() {
            return Err(content(
                place,
                format!(
                    "`variants` has {} entries for {} movers",
                    variants.len(),
                    sizes.len()
                ),
            ));
        }
        let mut kinds = Vec::with_capacity(sizes.len());
        for (groups, &size) in variants.iter().zip(sizes) {
            let mut own: Vec<Option<u32>> = vec![None; size];
            for (kind, group) in groups.iter().enumerate() {
                if group.is_empty() {
                    return Err(content(place, "`variants` has an empty kind"));
                }
                if group.len() > 1 && matches!(self.raw.noise, raw::Noise::Taste) {
                    return Err(content(
                        place,
                        format!("kinds with several variants need {:?} noise", Noise::Error),
                    ));
                }
                for &member in group {
                    match own.get_mut(member as usize) {
                        Some(slot @ None) => *slot = Some(offset(kind)),
                        Some(Some(_)) => {
                            return Err(content(
                                place,
                                format!("move {member} is in two kinds of `variants`"),
                            ));
                        }
                        None => {
                            return Err(content(
                                place,
                                format!("`variants` names move {member} of {size}"),
                            ));
                        }
                    }
                }
            }
            let complete: Option<Vec<u32>> = own.into_iter().collect();
            let complete = complete.ok_or_else(|| {
                content(place, "`variants` leaves a move out; every move has a kind")
            })?;
            kinds.push(by_first_appearance(&complete));
        }
        Ok(kinds)
    }

    /// A typed actor that moves at once with others must not infer more than the public: either its
    /// label reveals its move, or labels and next state reveal all the others' moves.
    fn check_inference(
        &self,
        place: &str,
        phase: &MovePhase,
        joint: &[raw::Joint],
        alternatives: &[Outcomes],
    ) -> Result<(), ExchangeError> {
        for (mover, &actor) in phase.actors.iter().enumerate() {
            let actor = &self.actors[actor as usize];
            if actor.types.len() < 2 {
                continue;
            }
            let mut own_of_label: HashMap<u32, u32> = HashMap::new();
            let mut others_of_result: FxHashMap<(&[u32], u32), Vec<u32>> = FxHashMap::default();
            let mut label_reveals = true;
            let mut result_reveals = true;
            for (alternative, outcomes) in joint.iter().zip(alternatives) {
                let own = alternative.moves[mover];
                let mut others = alternative.moves.clone();
                others.remove(mover);
                for (labels, next, believed, _) in outcomes {
                    if *believed > 0.0 {
                        let known = *own_of_label.entry(labels[mover]).or_insert(own);
                        label_reveals &= known == own;
                        let known = others_of_result
                            .entry((labels.as_slice(), *next))
                            .or_insert_with(|| others.clone());
                        result_reveals &= *known == others;
                    }
                }
            }
            if !label_reveals && !result_reveals {
                return Err(content(
                    place,
                    format!(
                        "`{}` has private types and moves at once with others: its label must \
                         reveal its move, or labels and next state the moves of all others",
                        actor.name
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Renumbers kinds in the order of their first moves.
fn by_first_appearance(kinds: &[u32]) -> Vec<u32> {
    let mut order: Vec<u32> = Vec::new();
    kinds
        .iter()
        .map(|kind| {
            let position = order.iter().position(|k| k == kind);
            offset(position.unwrap_or_else(|| {
                order.push(*kind);
                order.len() - 1
            }))
        })
        .collect()
}

/// A result that happens must be possible, as believed, under some move.
fn check_support(
    place: &str,
    alternatives: &[Outcomes],
    states: &[String],
) -> Result<(), ExchangeError> {
    let believed: FxHashSet<(&[u32], u32)> = alternatives
        .iter()
        .flatten()
        .filter(|o| o.2 > 0.0)
        .map(|o| (o.0.as_slice(), o.1))
        .collect();
    let impossible = alternatives
        .iter()
        .flatten()
        .find(|o| o.3 > 0.0 && !believed.contains(&(o.0.as_slice(), o.1)));
    match impossible {
        None => Ok(()),
        Some((_, next, ..)) => Err(content(
            place,
            format!(
                "state {next} ({:?}) can follow in truth under a label for which it is believed \
                 impossible",
                states[*next as usize]
            ),
        )),
    }
}

/// Chance of a decision, by mover.
fn opportunity(
    place: &str,
    node: &raw::MoveNode,
    sizes: &[usize],
) -> Result<Vec<Opportunity>, ExchangeError> {
    let check = |what: &str, found: usize| {
        if found == sizes.len() {
            return Ok(());
        }
        Err(content(
            place,
            format!("`{what}` has {found} entries for {} movers", sizes.len()),
        ))
    };
    let probability = match &node.opportunity {
        Some(given) => given.clone(),
        None => vec![1.0; sizes.len()],
    };
    check("opportunity", probability.len())?;
    let believed = match &node.opportunity_believed {
        Some(given) => given.clone(),
        None => probability.clone(),
    };
    check("opportunity_believed", believed.len())?;
    if let Some(default) = &node.default {
        check("default", default.len())?;
    }
    let mut chances = Vec::with_capacity(sizes.len());
    for (mover, &size) in sizes.iter().enumerate() {
        let (p, b) = (probability[mover], believed[mover]);
        for (what, value) in [("opportunity", p), ("opportunity_believed", b)] {
            if !(value > 0.0 && value <= 1.0) {
                return Err(content(
                    place,
                    format!("`{what}` is {value}; expected above 0, at most 1"),
                ));
            }
        }
        let default = match &node.default {
            Some(default) => default[mover],
            None if p < 1.0 || b < 1.0 => {
                return Err(content(
                    place,
                    "an opportunity below 1 needs a `default` move",
                ));
            }
            None => 0,
        };
        if default as usize >= size {
            return Err(content(
                place,
                format!("`default` names move {default} of {size}"),
            ));
        }
        chances.push(Opportunity {
            probability: p,
            believed: b,
            default,
        });
    }
    Ok(chances)
}
