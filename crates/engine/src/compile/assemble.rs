//! The finished tables: states in order, steps joined into phases, payoffs, ends, what is asked.

use super::causes::{Accident, Causes, PhaseCauses};
use super::events::{EventGroup, EventStep, group};
use super::explore::Step;
use super::outcomes::Asked;
use super::payoff::Payoffs;
use super::{Context, PhaseSize, SizeReport, VariableSize};
use crate::game::{
    Actor, BeliefValue, End, EventsPhase, Foresight, Game, MovePhase, NONE, Noise, Phase,
    PrecisionScale, State, VariableLevels,
};
use crate::solve;
use climbdown_lang::scenario::{Foresight as WrittenForesight, Noise as WrittenNoise};

/// A phase whose states are still ids of discovery.
enum Draft {
    Move(Box<MovePhase>, Vec<Accident>),
    Events(EventGroup),
}

/// Builds the game. Returns with it, by id of discovery, the state of the game or `NONE`, and the
/// causes of outcomes.
pub fn assemble(
    steps: Vec<Step>,
    actors: Vec<Actor>,
    payoffs: &Payoffs,
    asked: &Asked,
    context: &mut Context,
) -> (Game, Vec<State>, Causes) {
    let sets = asked.passages(context);
    let drafts = join(steps, &sets, context);
    let (ids, index) = number_states(&drafts, context);
    let seats = context.seats;

    let mut terms = payoffs.term_tables(ids.len());
    let mut afterwards = vec![0.0; ids.len() * seats];
    let mut afterwards_belief: Vec<BeliefValue> = Vec::new();
    let mut ends: Vec<End> = Vec::new();
    let lowered_ends = context.ends.clone();
    for (state, id) in ids.iter().enumerate() {
        let levels = context.space.levels_of(*id).to_vec();
        if let Some(end) = context.ends.first(&levels, &context.bank) {
            ends.push(lowered_ends.entry(end, state as State, &levels, payoffs, context));
            continue;
        }
        let row = &mut afterwards[state * seats..(state + 1) * seats];
        payoffs.state(state, &levels, context, &mut terms, row);
        payoffs.afterwards(
            state,
            &levels,
            context,
            row,
            &mut afterwards_belief,
            ids.len(),
        );
    }

    let mut flows = vec![0.0; ids.len() * seats];
    for term in &terms {
        let actor = term.actor as usize;
        let kinds = context.kinds[actor];
        for (state, flow) in term.flow.chunks_exact(kinds).enumerate() {
            let at = state * seats + context.seat[actor];
            for (slot, x) in flows[at..at + kinds].iter_mut().zip(flow) {
                *slot += x;
            }
        }
    }
    let mut paid = false;
    let mut causes = Causes::default();
    let phases = drafts
        .into_iter()
        .map(|draft| match draft {
            Draft::Move(table, mut accidents) => {
                let (table, place) = reorder(&table, &index, seats);
                for accident in &mut accidents {
                    accident.outcome = place[accident.outcome as usize];
                }
                accidents.sort_by_key(|a| (a.outcome, a.trigger));
                causes.phases.push(PhaseCauses {
                    accidents,
                    ..PhaseCauses::default()
                });
                Phase::Move(table)
            }
            Draft::Events(group) => {
                causes.phases.push(PhaseCauses {
                    triggers: group.triggers.clone(),
                    ..PhaseCauses::default()
                });
                let flows = if std::mem::replace(&mut paid, true) {
                    None
                } else {
                    Some(&flows)
                };
                Phase::Events(events(&group, &index, flows.map(Vec::as_slice), seats))
            }
        })
        .collect();

    let watched = asked.watch(&ids, context);
    let scenario = context.scenario;
    let variables = scenario
        .variables
        .iter()
        .enumerate()
        .map(|(v, variable)| VariableLevels {
            name: variable.name.clone(),
            label: variable.label.clone(),
            levels: variable.levels.iter().map(|l| l.name.clone()).collect(),
            of_state: ids
                .iter()
                .map(|id| context.space.levels_of(*id)[v])
                .collect(),
        })
        .collect();
    let game = Game {
        title: scenario.title.clone(),
        horizon: scenario.horizon,
        foresight: match scenario.foresight {
            WrittenForesight::Rounds(n) => Foresight::Rounds(n),
            WrittenForesight::Full => Foresight::Full,
            WrittenForesight::Unbounded => Foresight::Unbounded,
        },
        noise: match scenario.noise {
            WrittenNoise::Error => Noise::Error,
            WrittenNoise::Taste => Noise::Taste,
        },
        precision_scale: PrecisionScale::Current,
        actors,
        states: ids
            .iter()
            .map(|id| context.space.label(context.space.levels_of(*id)))
            .collect(),
        start: context
            .space
            .find(context.space.start())
            .map_or(0, |id| index[id as usize]),
        labels: context.labels.clone(),
        phases,
        ends,
        afterwards,
        afterwards_belief,
        window: scenario.window.min(scenario.horizon),
        events: watched.events,
        classes: watched.classes,
        questions: watched.questions,
        variables,
        ladder: scenario.variables.iter().position(|v| v.is_ladder),
        terms,
    };
    (game, index, causes)
}

/// Joins runs of chance steps into phases.
fn join(steps: Vec<Step>, sets: &[Vec<bool>], context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut run: Vec<EventStep> = Vec::new();
    let flush = |run: &mut Vec<EventStep>, drafts: &mut Vec<Draft>| {
        let steps: Vec<&EventStep> = run.iter().collect();
        drafts.extend(
            group(
                &steps,
                context.options.max_event_outcomes,
                context.space.count(),
                sets,
            )
            .into_iter()
            .map(Draft::Events),
        );
        run.clear();
    };
    for step in steps {
        match step {
            Step::Event(step) => run.push(*step),
            Step::Move(step) => {
                flush(&mut run, &mut drafts);
                drafts.push(Draft::Move(Box::new(step.table), step.accidents));
            }
        }
    }
    flush(&mut run, &mut drafts);
    drafts
}

/// Numbers the states that some phase meets or leads to, in lexicographic order of their levels.
/// States met only inside a joined run of chance steps are left out.
fn number_states(drafts: &[Draft], context: &Context) -> (Vec<u32>, Vec<State>) {
    let mut kept = vec![false; context.space.count()];
    let mut keep = |id: State| kept[id as usize] = true;
    if let Some(start) = context.space.find(context.space.start()) {
        keep(start);
    }
    for draft in drafts {
        match draft {
            Draft::Move(table, _) => {
                table.node_state.iter().for_each(|id| keep(*id));
                table.outcome_next.iter().for_each(|id| keep(*id));
            }
            Draft::Events(group) => {
                group.nodes.iter().for_each(|id| keep(*id));
                group
                    .outcomes
                    .iter()
                    .flatten()
                    .for_each(|(id, _)| keep(*id));
            }
        }
    }
    let mut ids: Vec<u32> = (0..kept.len() as u32)
        .filter(|id| kept[*id as usize])
        .collect();
    ids.sort_unstable_by_key(|id| context.space.key_of(*id));
    let mut index = vec![NONE; kept.len()];
    for (state, id) in ids.iter().enumerate() {
        index[*id as usize] = state as State;
    }
    (ids, index)
}

/// Positions of the nodes in ascending order of state.
fn by_state(nodes: &[u32], index: &[State]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_unstable_by_key(|n| index[nodes[*n] as usize]);
    order
}

/// The table of a move phase with nodes in state order and outcomes by labels and next state; and
/// the new place of each outcome.
fn reorder(table: &MovePhase, index: &[State], seats: usize) -> (MovePhase, Vec<u32>) {
    let mut place = vec![NONE; table.outcome_next.len()];
    let movers = table.actors.len();
    let mut sorted = MovePhase {
        actors: table.actors.clone(),
        node_alternatives: vec![0],
        alternative_outcomes: vec![0],
        ..MovePhase::default()
    };
    for n in by_state(&table.node_state, index) {
        sorted.node_state.push(index[table.node_state[n] as usize]);
        sorted.node_moves.push(table.node_moves[n].clone());
        sorted.node_kinds.push(table.node_kinds[n].clone());
        sorted
            .node_opportunity
            .push(table.node_opportunity[n].clone());
        for a in table.alternatives(n) {
            sorted
                .alternative_moves
                .extend_from_slice(&table.alternative_moves[a * movers..(a + 1) * movers]);
            sorted
                .payoff
                .extend_from_slice(&table.payoff[a * seats..(a + 1) * seats]);
            let labels = |o: usize| &table.outcome_labels[o * movers..(o + 1) * movers];
            let mut outcomes: Vec<usize> = table.outcomes(a).collect();
            outcomes.sort_by(|x, y| {
                let next = |o: usize| index[table.outcome_next[o] as usize];
                (labels(*x), next(*x)).cmp(&(labels(*y), next(*y)))
            });
            for o in outcomes {
                place[o] = sorted.outcome_next.len() as u32;
                sorted.outcome_labels.extend_from_slice(labels(o));
                sorted
                    .outcome_next
                    .push(index[table.outcome_next[o] as usize]);
                sorted.outcome_believed.push(table.outcome_believed[o]);
                sorted.outcome_true.push(table.outcome_true[o]);
            }
            sorted
                .alternative_outcomes
                .push(sorted.outcome_next.len() as u32);
        }
        sorted
            .node_alternatives
            .push(sorted.alternative_outcomes.len() as u32 - 1);
    }
    (sorted, place)
}

/// The table of an events phase, paying `flows` if given.
fn events(group: &EventGroup, index: &[State], flows: Option<&[f64]>, seats: usize) -> EventsPhase {
    let mut phase = EventsPhase {
        node_outcomes: vec![0],
        ..EventsPhase::default()
    };
    for n in by_state(&group.nodes, index) {
        let state = index[group.nodes[n] as usize];
        phase.node_state.push(state);
        match flows {
            Some(flows) => {
                let at = state as usize * seats;
                phase.payoff.extend_from_slice(&flows[at..at + seats]);
            }
            None => phase.payoff.resize(phase.payoff.len() + seats, 0.0),
        }
        let mut outcomes = group.outcomes[n].clone();
        outcomes.sort_unstable_by_key(|(id, _)| index[*id as usize]);
        for (id, weight) in outcomes {
            phase.outcome_next.push(index[id as usize]);
            phase.outcome_believed.push(weight.believed);
            phase.outcome_true.push(weight.actual);
        }
        phase.node_outcomes.push(phase.outcome_next.len() as u32);
    }
    phase
}

/// The size of a finished game.
pub fn size(game: &Game, context: &Context) -> SizeReport {
    let mut chance = 0;
    let phases: Vec<PhaseSize> = game
        .phases
        .iter()
        .map(|phase| {
            let (name, outcomes) = match phase {
                Phase::Move(phase) => {
                    let names: Vec<&str> = phase
                        .actors
                        .iter()
                        .map(|a| game.actors[*a as usize].name.as_str())
                        .collect();
                    (names.join(" and "), phase.outcome_next.len())
                }
                Phase::Events(phase) => {
                    chance += 1;
                    (format!("events {chance}"), phase.outcome_next.len())
                }
            };
            PhaseSize {
                name,
                states: phase.nodes(),
                outcomes,
            }
        })
        .collect();
    let alternatives = game
        .phases
        .iter()
        .map(|phase| match phase {
            Phase::Move(phase) => phase.alternative_outcomes.len() - 1,
            Phase::Events(phase) => phase.nodes(),
        })
        .sum();
    let reached = game.variables.iter().map(|v| {
        let mut seen = vec![false; v.levels.len()];
        v.of_state
            .iter()
            .for_each(|level| seen[*level as usize] = true);
        VariableSize {
            name: v.name.clone(),
            declared: v.levels.len(),
            reached: seen.iter().filter(|s| **s).count(),
        }
    });
    SizeReport {
        declared_states: context.space.declared(),
        states: game.states.len(),
        end_states: game.ends.len(),
        variables: reached.collect(),
        alternatives,
        outcomes: phases.iter().map(|p| p.outcomes).sum(),
        phases,
        solver_bytes: solve::predicted_bytes(game, &solve::Options::default()),
    }
}
