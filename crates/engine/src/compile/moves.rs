//! The table of a phase in which one actor, or several at once, choose.
//!
//! Guards, payments and outcome probabilities read the state in which the choice is made. Then the
//! momentary variables of the movers return to their first level, then the effects follow, mover by
//! mover, then at most one trigger that looks like a move of theirs.

use super::causes::Accident;
use super::chance::Weight;
use super::lookalike::{self, Lookalikes};
use super::mover::Mover;
use super::{Context, Lowering};
use crate::game::{Label, MovePhase, NONE, Opportunity, State};
use climbdown_lang::Diagnostic;
use climbdown_lang::scenario::{ActorId, Variable};
use rustc_hash::FxHashMap;

/// A phase in which actors choose, and its table so far: nodes in order of discovery, states by id.
#[derive(Debug)]
pub struct MoveStep {
    /// The movers.
    pub movers: Vec<Mover>,
    /// Momentary variables that their moving clears.
    cleared: Vec<usize>,
    lookalikes: Lookalikes,
    tuples: Tuples,
    /// The table.
    pub table: MovePhase,
    /// What accidents contribute to its outcomes, ascending.
    pub accidents: Vec<Accident>,
    room: Room,
}

/// Reused buffers.
#[derive(Debug, Default)]
struct Room {
    results: Vec<PublicResult>,
    before: Vec<u16>,
    after: Vec<u16>,
    branch: Vec<usize>,
    labels: Vec<Label>,
    names: Vec<Label>,
    order: Vec<u32>,
    look: lookalike::Room,
}

/// One public result of an alternative.
#[derive(Clone, Copy, Debug)]
struct PublicResult {
    /// Labels (high half, see [`Tuples`]) and next state (low half).
    key: u64,
    weight: Weight,
    /// The scenario's trigger that brings it about, `NONE` for the move itself.
    cause: u32,
}

/// Labels of several movers as one number. With one mover it is the label itself.
#[derive(Debug, Default)]
struct Tuples {
    ids: FxHashMap<Vec<Label>, u32>,
    list: Vec<Vec<Label>>,
}

impl Tuples {
    #[inline]
    fn id(&mut self, labels: &[Label]) -> u32 {
        if let [one] = labels {
            return *one;
        }
        if let Some(id) = self.ids.get(labels) {
            return *id;
        }
        let id = self.list.len() as u32;
        self.ids.insert(labels.to_vec(), id);
        self.list.push(labels.to_vec());
        id
    }
}

impl MoveStep {
    /// Lowers the phase of these actors.
    pub fn lower(actors: &[ActorId], lowering: &mut Lowering) -> Self {
        let movers: Vec<Mover> = actors.iter().map(|a| Mover::lower(*a, lowering)).collect();
        let lookalikes = Lookalikes::lower(actors, lowering);
        Self {
            cleared: cleared(&lowering.scenario.variables, actors),
            table: MovePhase {
                actors: actors.iter().map(|a| a.0).collect(),
                node_alternatives: vec![0],
                alternative_outcomes: vec![0],
                ..MovePhase::default()
            },
            movers,
            lookalikes,
            tuples: Tuples::default(),
            accidents: Vec::new(),
            room: Room::default(),
        }
    }

    /// Adds the node of a state; returns false when the size limit is exceeded. The next states are
    /// in `table.outcome_next` from where it ended before.
    pub fn node(&mut self, id: State, context: &mut Context) -> bool {
        let levels = context.space.levels_of(id).to_vec();
        let legal: Vec<Vec<usize>> = self
            .movers
            .iter()
            .map(|m| m.legal(&levels, context))
            .collect();
        let opportunity: Vec<Opportunity> = self
            .movers
            .iter()
            .zip(&legal)
            .map(|(m, legal)| m.opportunity(legal, &levels, context))
            .collect();
        // Weights of each mover's moves here, whatever the others do.
        let mut weights: Vec<Vec<Vec<Weight>>> = Vec::with_capacity(legal.len());
        for (mover, legal) in self.movers.iter().zip(&legal) {
            let mut of_mover = Vec::with_capacity(legal.len());
            for m in legal {
                let mut list = Vec::new();
                mover.moves[*m].branches.weigh(&levels, context, &mut list);
                of_mover.push(list);
            }
            weights.push(of_mover);
        }
        let joint = legal
            .iter()
            .try_fold(1u64, |n, l| n.checked_mul(l.len() as u64));
        if joint.is_none_or(|n| n > context.room_for_outcomes(self.table.outcome_next.len())) {
            return false;
        }

        let mut before = std::mem::take(&mut self.room.before);
        before.clear();
        before.extend_from_slice(&levels);
        for v in &self.cleared {
            before[*v] = 0;
        }
        let mut choice = vec![0usize; legal.len()];
        let mut fits = true;
        if legal.iter().all(|l| !l.is_empty()) {
            loop {
                self.alternative(&levels, &before, &legal, &choice, &weights, context);
                if self.table.outcome_next.len() as u64 > context.options.max_outcomes
                    || context.space.count() > context.options.max_states
                {
                    fits = false;
                    break;
                }
                // The next joint move, in lexicographic order.
                let Some(m) = (0..choice.len())
                    .rev()
                    .find(|m| choice[*m] + 1 < legal[*m].len())
                else {
                    break;
                };
                choice[m] += 1;
                choice[m + 1..].fill(0);
            }
        }
        self.room.before = before;

        let table = &mut self.table;
        table.node_state.push(id);
        table
            .node_alternatives
            .push(table.alternative_outcomes.len() as u32 - 1);
        table.node_moves.push(names(&self.movers, &legal));
        table.node_kinds.push(kinds(&self.movers, &legal));
        table.node_opportunity.push(opportunity);
        fits
    }

    /// Adds one joint move: `choice[mover]` is an index in `legal[mover]`.
    fn alternative(
        &mut self,
        levels: &[u16],
        before: &[u16],
        legal: &[Vec<usize>],
        choice: &[usize],
        weights: &[Vec<Vec<Weight>>],
        context: &mut Context,
    ) {
        let seats = context.seats;
        let start = self.table.payoff.len();
        self.table.payoff.resize(start + seats, 0.0);
        for (mover, (legal, chosen)) in self.movers.iter().zip(legal.iter().zip(choice)) {
            let mv = &mover.moves[legal[*chosen]];
            mv.payments
                .add(levels, context, &mut self.table.payoff[start..]);
            self.table.alternative_moves.push(*chosen as u32);
        }

        // One mover by far the most often; no allocation then.
        let mut room = std::mem::take(&mut self.room);
        room.results.clear();
        room.branch.clear();
        room.branch.resize(choice.len(), 0);
        room.labels.resize(choice.len(), 0);
        room.after.resize(before.len(), 0);
        let chosen = |m: usize| &self.movers[m].moves[legal[m][choice[m]]];
        room.names.clear();
        room.names.extend((0..choice.len()).map(|m| chosen(m).name));
        let (results, tuples, from) = (&mut room.results, &mut self.tuples, levels);
        loop {
            let weight = room
                .branch
                .iter()
                .enumerate()
                .fold(Weight::ONE, |w, (m, b)| w.times(weights[m][choice[m]][*b]));
            if !weight.is_zero() {
                room.after.copy_from_slice(before);
                for (m, b) in room.branch.iter().enumerate() {
                    let taken = &chosen(m).branches.list[*b];
                    taken.apply(&mut room.after, context);
                    room.labels[m] = taken.label.unwrap_or(chosen(m).seen_as);
                }
                self.lookalikes.fold(
                    &lookalike::Played {
                        names: &room.names,
                        labels: &room.labels,
                        after: &room.after,
                        weight,
                    },
                    &mut room.look,
                    context,
                    &mut |labels, levels, weight, cause, context| {
                        if cause != NONE {
                            context.pass(cause, from, &room.after, levels);
                        }
                        let next = context.space.reach(levels);
                        let key = u64::from(tuples.id(labels)) << 32 | u64::from(next);
                        results.push(PublicResult { key, weight, cause });
                    },
                );
            }
            let Some(m) = (0..room.branch.len())
                .rev()
                .find(|m| room.branch[*m] + 1 < chosen(*m).branches.list.len())
            else {
                break;
            };
            room.branch[m] += 1;
            room.branch[m + 1..].fill(0);
            if results.len() as u64 > context.options.max_outcomes {
                break;
            }
        }

        results.sort_unstable_by_key(|r| r.key);
        let table = &mut self.table;
        for group in results.chunk_by(|a, b| a.key == b.key) {
            let key = group[0].key;
            let id = (key >> 32) as u32;
            match self.tuples.list.get(id as usize) {
                Some(labels) if choice.len() > 1 => table.outcome_labels.extend_from_slice(labels),
                _ => table.outcome_labels.push(id),
            }
            note(&mut self.accidents, table.outcome_next.len() as u32, group);
            table.outcome_next.push(key as u32);
            table
                .outcome_believed
                .push(group.iter().map(|r| r.weight.believed).sum());
            table
                .outcome_true
                .push(group.iter().map(|r| r.weight.actual).sum());
        }
        table
            .alternative_outcomes
            .push(table.outcome_next.len() as u32);
        self.room = room;
    }

    /// Reports public results at the node added last that some move leads to in truth and none as
    /// believed: who saw one would have no belief left.
    pub fn check_support(&mut self, id: State, context: &mut Context) {
        let table = &self.table;
        let movers = table.actors.len();
        let n = table.nodes() - 1;
        let alternatives = table.alternatives(n);
        let (Some(first), Some(last)) = (alternatives.clone().next(), alternatives.last()) else {
            return;
        };
        let outcomes = table.outcomes(first).start..table.outcomes(last).end;
        let doubtful =
            |o: &usize| table.outcome_true[*o] > 0.0 && table.outcome_believed[*o] <= 0.0;
        if !outcomes.clone().any(|o| doubtful(&o)) {
            return;
        }
        let order = &mut self.room.order;
        order.clear();
        order.extend(outcomes.map(|o| o as u32));
        let labels = |o: u32| &table.outcome_labels[o as usize * movers..(o as usize + 1) * movers];
        let key = |o: u32| (labels(o), table.outcome_next[o as usize]);
        order.sort_by(|a, b| key(*a).cmp(&key(*b)));
        for group in order.chunk_by(|a, b| key(*a) == key(*b)) {
            let believed = group
                .iter()
                .any(|o| table.outcome_believed[*o as usize] > 0.0);
            let Some(o) = group
                .iter()
                .find(|o| table.outcome_true[**o as usize] > 0.0)
            else {
                continue;
            };
            if believed {
                continue;
            }
            let p = table.outcome_true[*o as usize];
            let seen: Vec<String> = labels(*o)
                .iter()
                .map(|l| context.labels[*l as usize].clone())
                .collect();
            let next = context
                .space
                .label(context.space.levels_of(table.outcome_next[*o as usize]));
            // A trigger that shows this label is the likelier cause; else it is the move itself.
            let alternative = table
                .alternative_outcomes
                .partition_point(|first| first <= o)
                .saturating_sub(1);
            let chosen = table.alternative_moves[alternative * movers] as usize;
            let own = table.node_moves[n][0].get(chosen);
            let source = (0..movers).find_map(|m| self.lookalikes.source(m, labels(*o)[m]));
            let span = source.unwrap_or_else(|| {
                let played = self.movers[0].moves.iter().find(|m| Some(&m.name) == own);
                played.map_or(self.movers[0].span(), |m| m.branches.span())
            });
            let levels = context.space.levels_of(id).to_vec();
            context.report("E1105", span, &levels, |place| {
                Diagnostic::error(
                    "E1105",
                    span,
                    format!(
                        "in state {place} `{}` leading to {next} happens with probability {p} and all believe that it cannot",
                        seen.join("` and `")
                    ),
                )
                .label("expected every possible result to be believed possible")
                .help("give the outcome or trigger a believed probability above 0")
            });
        }
    }
}

/// Sums what each accident contributes to an outcome.
fn note(accidents: &mut Vec<Accident>, outcome: u32, results: &[PublicResult]) {
    let first = accidents.len();
    for result in results.iter().filter(|r| r.cause != NONE) {
        let known = accidents[first..]
            .iter()
            .position(|a| a.trigger == result.cause);
        let at = known.map_or(accidents.len(), |k| first + k);
        if known.is_none() {
            accidents.push(Accident {
                outcome,
                trigger: result.cause,
                believed: 0.0,
                actual: 0.0,
            });
        }
        accidents[at].believed += result.weight.believed;
        accidents[at].actual += result.weight.actual;
    }
    accidents[first..].sort_by_key(|a| a.trigger);
}

/// Variables that return to their first level when these actors move.
fn cleared(variables: &[Variable], actors: &[ActorId]) -> Vec<usize> {
    (0..variables.len())
        .filter(|v| variables[*v].cleared_by.iter().any(|a| actors.contains(a)))
        .collect()
}

fn names(movers: &[Mover], legal: &[Vec<usize>]) -> Vec<Vec<Label>> {
    let of =
        |mover: &Mover, legal: &Vec<usize>| legal.iter().map(|m| mover.moves[*m].name).collect();
    movers
        .iter()
        .zip(legal)
        .map(|(mover, legal)| of(mover, legal))
        .collect()
}

/// Kinds are numbered in the order in which they first appear; a move without one is its own.
fn kinds(movers: &[Mover], legal: &[Vec<usize>]) -> Vec<Vec<u32>> {
    let of = |mover: &Mover, legal: &Vec<usize>| {
        let mut kinds: Vec<Option<&str>> = Vec::new();
        legal
            .iter()
            .map(|m| {
                let kind = mover.moves[*m].kind.as_deref();
                let known = kind.and_then(|k| kinds.iter().position(|x| *x == Some(k)));
                known.unwrap_or_else(|| {
                    kinds.push(kind);
                    kinds.len() - 1
                }) as u32
            })
            .collect()
    };
    movers
        .iter()
        .zip(legal)
        .map(|(mover, legal)| of(mover, legal))
        .collect()
}
