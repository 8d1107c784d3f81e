//! Nodes of `climbdown-game/1`: moves, joint moves, outcomes.

use super::flat::{Flat, Texts};
use super::{Labels, Reader, content, raw};
use crate::exchange::ExchangeError;
use crate::exchange::json::SUM_TOLERANCE;
use climbdown_engine::game::{EventsPhase, MovePhase, Noise, Opportunity};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};

/// Outcomes of one alternative after equal ones are summed: labels, next, believed, true.
type Outcomes = Vec<(Vec<u32>, u32, f64, f64)>;

/// Offset into a flat table; texts are bounded well below 2^32 entries.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// "phases[0].nodes[3] (state 7 \"calm\")", written out only where something is wrong.
#[derive(Clone, Copy)]
struct Place<'a> {
    phase: usize,
    node: usize,
    state: u32,
    label: &'a str,
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Place {
            phase,
            node,
            state,
            label,
        } = self;
        write!(f, "phases[{phase}].nodes[{node}] (state {state} {label:?})")
    }
}

/// A joint move at a node.
#[derive(Clone, Copy)]
struct MovePlace<'a> {
    node: &'a dyn Display,
    names: &'a [&'a str],
}

impl Display for MovePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}, move {}", self.node, self.names.join(" with "))
    }
}

/// Fails when a probability is out of range or they do not sum to one.
fn check_sum(
    place: impl Display,
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

impl Reader<'_> {
    /// Places of nodes in order of their states; refuses doubles and ends.
    fn sorted<T>(
        &self,
        phase: usize,
        nodes: &[T],
        state_of: impl Fn(&T) -> u32,
    ) -> Result<Vec<usize>, ExchangeError> {
        for (index, node) in nodes.iter().enumerate() {
            let place = format_args!("phases[{phase}].nodes[{index}]");
            let state = self.state(place, state_of(node))?;
            if self.is_end[state as usize] {
                return Err(content(
                    place,
                    format!(
                        "state {state} ({:?}) is an end and can have no node",
                        self.state_label(state as usize)
                    ),
                ));
            }
        }
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|&index| state_of(&nodes[index]));
        for pair in order.windows(2) {
            let [before, index] = pair else { continue };
            let state = state_of(&nodes[*index]);
            if state_of(&nodes[*before]) == state {
                return Err(content(
                    format!("phases[{phase}].nodes[{index}]"),
                    format!("state {state} has two nodes in this phase"),
                ));
            }
        }
        Ok(order)
    }

    fn place(&self, phase: usize, node: usize, state: u32) -> Place<'_> {
        Place {
            phase,
            node,
            state,
            label: self.state_label(state as usize),
        }
    }

    pub(super) fn events_phase(
        &self,
        index: usize,
        nodes: &[raw::EventsNode],
    ) -> Result<EventsPhase, ExchangeError> {
        let mut phase = EventsPhase {
            node_outcomes: vec![0],
            ..EventsPhase::default()
        };
        // By state: the last outcome that led there.
        let mut known = vec![0_u32; self.states()];
        for number in self.sorted(index, nodes, |n| n.state)? {
            let node = &nodes[number];
            let place = self.place(index, number, node.state);
            check_sum(place, "believed", node.outcomes.iter().map(|o| o.believed))?;
            check_sum(place, "true", node.outcomes.iter().map(|o| o.true_))?;
            let first = phase.outcome_next.len();
            for outcome in &node.outcomes {
                let next = self.state(place, outcome.next)?;
                let last = &mut known[next as usize];
                let slot = *last as usize;
                // What an earlier node left does not count.
                if slot >= first && phase.outcome_next.get(slot) == Some(&next) {
                    phase.outcome_believed[slot] += outcome.believed;
                    phase.outcome_true[slot] += outcome.true_;
                } else {
                    *last = offset(phase.outcome_next.len());
                    phase.outcome_next.push(next);
                    phase.outcome_believed.push(outcome.believed);
                    phase.outcome_true.push(outcome.true_);
                }
            }
            let impossible = (first..phase.outcome_next.len())
                .find(|&o| phase.outcome_true[o] > 0.0 && phase.outcome_believed[o] == 0.0);
            if let Some(outcome) = impossible {
                let next = phase.outcome_next[outcome];
                return Err(content(
                    place,
                    format!("state {next} can follow in truth, but it is believed impossible"),
                ));
            }
            phase.node_state.push(node.state);
            phase
                .payoff
                .extend(self.seats(place, "payoff", &node.payoff)?);
            phase.node_outcomes.push(offset(phase.outcome_next.len()));
        }
        Ok(phase)
    }

    pub(super) fn move_phase(
        &self,
        index: usize,
        actors: Vec<u32>,
        nodes: &[raw::MoveNode],
        labels: &mut Labels,
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
        for number in self.sorted(index, nodes, |n| n.state)? {
            let node = &nodes[number];
            let place = self.place(index, number, node.state);
            self.move_node(&place, node, &mut phase, labels)?;
        }
        Ok(phase)
    }

    fn move_node(
        &self,
        place: &dyn Display,
        node: &raw::MoveNode,
        phase: &mut MovePhase,
        labels: &mut Labels,
    ) -> Result<(), ExchangeError> {
        let movers = phase.actors.len();
        let wrong_length = |what: &str, found: usize| {
            content(
                place,
                format!("`{what}` has {found} entries for {movers} movers"),
            )
        };
        let moves = node.moves.lists(0);
        if moves.len() != movers {
            return Err(wrong_length("moves", moves.len()));
        }
        let name = |index: usize| node.moves.items.get(index);
        let mut sizes = Vec::with_capacity(movers);
        for (mover, moves) in moves.enumerate() {
            let actor = &self.actors[phase.actors[mover] as usize].name;
            if moves.is_empty() {
                return Err(content(
                    place,
                    format!("`{actor}` has no move; give it the single move `pass`"),
                ));
            }
            let distinct: HashSet<&str> = moves.clone().map(name).collect();
            if distinct.len() != moves.len() {
                return Err(content(place, format!("a move of `{actor}` stands twice")));
            }
            sizes.push(moves.len());
        }
        phase
            .node_opportunity
            .push(opportunity(place, node, &sizes)?);
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
        for (position, alternative) in node.joint.iter().enumerate() {
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
        let mut joint: Vec<&raw::Joint> = node.joint.iter().collect();
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
                .zip(node.moves.lists(0))
                .map(|(&m, moves)| name(moves.start + m as usize))
                .collect();
            let place = MovePlace {
                node: place,
                names: &names,
            };
            let outcomes = self.outcomes(&place, movers, &alternative.outcomes, labels)?;
            phase
                .alternative_moves
                .extend_from_slice(&alternative.moves);
            phase
                .payoff
                .extend(self.seats(place, "payoff", &alternative.payoff)?);
            alternatives.push(outcomes);
        }
        check_support(place, &alternatives, &self.raw.states.items)?;
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
            .lists(0)
            .map(|moves| moves.map(|index| labels.of(name(index))).collect())
            .collect();
        phase.node_moves.push(moves);
        Ok(())
    }

    fn outcomes(
        &self,
        place: &dyn Display,
        movers: usize,
        raw: &[raw::MoveOutcome],
        names: &mut Labels,
    ) -> Result<Outcomes, ExchangeError> {
        check_sum(place, "believed", raw.iter().map(|o| o.believed))?;
        check_sum(place, "true", raw.iter().map(|o| o.true_))?;
        let mut merged: Outcomes = Vec::with_capacity(raw.len());
        let mut known: FxHashMap<(Vec<u32>, u32), usize> = FxHashMap::default();
        let mut before: Option<(&Flat<Texts, 0>, Vec<u32>)> = None;
        for outcome in raw {
            let next = self.state(place, outcome.next)?;
            let count = outcome.labels.items.iter().len();
            if count != movers {
                return Err(content(
                    place,
                    format!("an outcome has {count} labels for {movers} movers"),
                ));
            }
            // Most outcomes of one joint move have the labels of the one before.
            let labels = match &before {
                Some((texts, labels)) if texts.items == outcome.labels.items => labels.clone(),
                _ => {
                    let texts = outcome.labels.items.iter();
                    let labels: Vec<u32> = texts.map(|name| names.of(name)).collect();
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
        place: &dyn Display,
        variants: Option<&Flat<Vec<u32>, 2>>,
        sizes: &[usize],
    ) -> Result<Vec<Vec<u32>>, ExchangeError> {
        let Some(variants) = variants else {
            return Ok(sizes.iter().map(|&n| (0..offset(n)).collect()).collect());
        };
        let movers = variants.lists(1);
        if movers.len() != sizes.len() {
            return Err(content(
                place,
                format!(
                    "`variants` has {} entries for {} movers",
                    movers.len(),
                    sizes.len()
                ),
            ));
        }
        let mut kinds = Vec::with_capacity(sizes.len());
        for (groups, &size) in movers.zip(sizes) {
            let mut own: Vec<Option<u32>> = vec![None; size];
            for (kind, group) in groups.enumerate() {
                let group = &variants.items[variants.list(0, group)];
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
        place: &dyn Display,
        phase: &MovePhase,
        joint: &[&raw::Joint],
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
                let mut others = alternative.moves.to_vec();
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
    place: &dyn Display,
    alternatives: &[Outcomes],
    states: &Texts,
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
                states.get(*next as usize)
            ),
        )),
    }
}

/// Chance of a decision, by mover.
fn opportunity(
    place: &dyn Display,
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
        Some(given) => given.to_vec(),
        None => vec![1.0; sizes.len()],
    };
    check("opportunity", probability.len())?;
    let believed = match &node.opportunity_believed {
        Some(given) => given.to_vec(),
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
