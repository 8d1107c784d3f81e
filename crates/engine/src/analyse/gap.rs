//! The deterrence gap: how much likelier an answer would have to be believed for a crossing not to
//! pay, by red line and type of the challenger.

use super::apart;
use super::evaluate::{at_once, each_side_by_side};
use super::freezing::Quiet;
use super::line::{Answered, Line};
use super::plan::{Plan, View, whole_game};
use super::resolve::AnalysisError;
use super::split::{self, Split};
use crate::belief::Footprint;
use crate::game::{Game, Label, MovePhase, Phase};
use crate::math::log_sum_exp;
use crate::play::{BeliefLayout, Play};
use crate::simulate;
use crate::solve::{self, Observer, Solution, SolveError};
use climbdown_lang::Scenario;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// What the gap is, in a line.
pub const DEFINITION: &str = "gap = p* − π: p* is the probability of an answer, once a crossing is \
    recognised, above which crossing is worth less than the best move that crosses no line; π is \
    what is believed of it. G is what crossing gains over that move.";

/// What the soft gap is, in a line.
pub const SOFT_DEFINITION: &str = "soft gap: the probability of an answer that would hold crossing, \
    against the moves that cross no line, at the stated rate a decision, less π";

/// Where the numbers end.
pub const LIMITS: &str = "Values are those of the players' plan, with their foresight and the error \
    of their noise. A second crossing before the first is answered does not lengthen the time in \
    which an answer counts as one to the first. Later rounds are averages over crises still open: \
    the gap also widens because the others are gone.";

/// Settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rate of crossing a decision at which the soft gap is taken, in (0, 1).
    pub rate: f64,
    /// Simulated paths, with exact beliefs, over which later rounds are averaged.
    pub trajectories: u64,
    /// Seed of the paths.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate: 0.05,
            trajectories: 1000,
            seed: 1,
        }
    }
}

/// How crossing stands to its best alternative that crosses no line of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Pays unless it is answered: V_no > V_ref ≥ V_ans.
    Deterrable,
    /// Pays even when it is answered: this answer cannot hold it.
    Undeterrable,
    /// Does not pay even unanswered.
    SelfRestrained,
    /// Pays only when it is answered: V_ans > V_ref ≥ V_no.
    Provoked,
}

/// All classes, in the order in which shares are given.
pub const CLASSES: [Class; 4] = [
    Class::Deterrable,
    Class::Undeterrable,
    Class::SelfRestrained,
    Class::Provoked,
];

/// One crossing move before one type of the challenger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The crossing move.
    pub crossing: String,
    /// Type of the challenger.
    pub kind: String,
    /// Public belief in this type.
    pub weight: f64,
    /// Believed probability that the move brings about a recognised crossing.
    pub recognised: f64,
    /// π: believed probability that a recognised crossing is answered in time.
    pub believed: f64,
    /// V_no: value of the whole move if what is recognised is never answered.
    pub unanswered: f64,
    /// V_ans: value of the whole move if what is recognised is always answered.
    pub answered: f64,
    /// V_ref: value of the best move that crosses no line of this holder.
    pub reference: f64,
    /// That move.
    pub reference_move: String,
    /// G = (1 − π)·V_no + π·V_ans − V_ref.
    pub incentive: f64,
    /// Which of the four cases.
    pub class: Class,
    /// p*, of the deterrable class.
    pub needed: Option<f64>,
    /// p* − π, of the deterrable class.
    pub gap: Option<f64>,
    /// Answer probability that holds crossing at the stated rate; above 1 when none can, at most 0
    /// when none is needed. `None` when an answer would make no difference.
    pub soft_needed: Option<f64>,
    /// The same less π.
    pub soft_gap: Option<f64>,
    /// Probability of the move, given a decision.
    pub rate: f64,
    /// The same if an answer were certain and nothing else changed.
    pub rate_if_answered: f64,
}

/// Averages over one type of the challenger, weighted by the public belief in it, on the paths on
/// which the crisis is open and a crossing possible.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeStanding {
    /// Type.
    pub kind: String,
    /// Mean belief in it.
    pub weight: f64,
    /// Mean of G over the move that tempts most.
    pub incentive: f64,
    /// Standard error of that mean, of sampling paths.
    pub standard_error: f64,
    /// Shares of the classes, in the order of [`CLASSES`].
    pub classes: [f64; 4],
    /// Share in which the gap is open (deterrable, p* > π).
    pub open_gap: f64,
    /// Mean of π.
    pub believed: f64,
    /// Mean probability of crossing this line at all, given a decision.
    pub rate: f64,
}

/// How a line stands in one round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Round, from 0.
    pub round: u32,
    /// Share of all paths on which the challenger had a decision with a crossing open to it.
    pub open: f64,
    /// Probing rate: mean probability, given a decision, that the line is crossed.
    pub probing: f64,
    /// Shares of the classes over all types, in the order of [`CLASSES`].
    pub classes: [f64; 4],
    /// Share in which the gap is open, over all types.
    pub open_gap: f64,
    /// By type.
    pub types: Vec<TypeStanding>,
}

/// One red line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineGap {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who holds it.
    pub holder: String,
    /// Against whom.
    pub challenger: String,
    /// State of the likeliest first decision with a crossing open; `None` when there is none.
    pub state: Option<String>,
    /// Each crossing move and type there.
    pub now: Vec<Test>,
    /// What these gaps are made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Why they were not taken apart, when that was asked for and failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsplit: Option<String>,
    /// Later, among crises still open: there the gap also widens by selection.
    pub later: Vec<Standing>,
}

/// The gaps of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Definition of the hard gap.
    pub definition: &'static str,
    /// Definition of the soft gap.
    pub soft_definition: &'static str,
    /// Where the numbers end.
    pub limits: &'static str,
    /// Rate of the soft gap.
    pub rate: f64,
    /// Paths sampled.
    pub trajectories: u64,
    /// One a red line.
    pub lines: Vec<LineGap>,
}

/// A decision of the challenger.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// Node.
    pub node: usize,
    /// Flat public belief.
    pub belief: Vec<f64>,
}

/// Phase, node and belief (bits).
type Place = (usize, usize, Vec<u64>);

/// The gap of every red line.
///
/// `solve` are the settings of `solution`. Gaps are taken apart on the grid of `split`, a solution of
/// the same game with its settings, best one of the [whole](super::plan::whole) plan; `None` leaves
/// that out.
///
/// # Errors
/// No red lines, a rate outside (0, 1), not solved, or interrupted.
pub fn gap(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
    solve: &solve::Options,
    split: Option<(&Solution, &solve::Options)>,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Gap, AnalysisError> {
    apart::one_at_a_time(game, "the deterrence gap")?;
    if scenario.red_lines.is_empty() {
        return Err(AnalysisError::Question(
            "the scenario has no red line, so there is no threat to measure".to_owned(),
        ));
    }
    if !(options.rate > 0.0 && options.rate < 1.0) {
        return Err(AnalysisError::Question(format!(
            "a rate of {} cannot be held: expected one between 0 and 1",
            options.rate
        )));
    }
    let lines: Vec<Line> = (0..scenario.red_lines.len())
        .filter_map(|i| Line::of(scenario, game, i))
        .collect();
    let ahead = lines.iter().map(|l| l.rounds_ahead(game)).max();
    let ahead = ahead.unwrap_or(0);
    let plan = Plan::new(game, solution, ahead, solve, observer)?;
    let coarse_plan = match split {
        Some((solution, coarse)) => Some((
            coarse,
            Plan::new(game, solution, ahead, coarse, &Quiet(observer))?,
        )),
        None => None,
    };
    let rounds = rounds_shown(game.horizon);
    let mut found = Vec::with_capacity(lines.len());
    let decisions = sample(game, solution, &lines, &rounds, options, observer)?;
    let mut splits = match &coarse_plan {
        Some((options, plan)) => {
            let base = split::Base {
                scenario,
                game,
                plan,
                options,
            };
            let workers = at_once(&whole_game(game), options);
            each_side_by_side(lines.len(), workers, "gap", observer, |i, quiet| {
                let first = likeliest(&decisions[i]);
                first
                    .map(|d| split::split(&base, i, &lines[i], d, quiet))
                    .transpose()
            })?
        }
        None => Vec::new(),
    }
    .into_iter();
    for (i, line) in lines.iter().enumerate() {
        if observer.cancelled() {
            return Err(SolveError::Cancelled.into());
        }
        let declared = &scenario.red_lines[i];
        let mut measure = Measure::new(line, options.rate);
        let first = likeliest(&decisions[i]);
        let now = first.map(|d| measure.tests(plan.at(d.round), d));
        let later = rounds.iter().filter_map(|round| {
            let here: Vec<&Decision> = decisions[i].iter().filter(|d| d.round == *round).collect();
            measure.standing(&plan, *round, &here, options.trajectories)
        });
        let (split, unsplit) = match splits.next() {
            Some(Ok(split)) => (split, None),
            Some(Err(error)) => (None, Some(error.to_string())),
            None => (None, None),
        };
        found.push(LineGap {
            split,
            unsplit,
            name: declared.name.clone(),
            label: declared.label.clone(),
            holder: game.actors[line.holder].name.clone(),
            challenger: game.actors[line.challenger].name.clone(),
            later: later.collect(),
            now: now.unwrap_or_default(),
            state: first.map(|d| state_label(game, d)),
        });
    }
    Ok(Gap {
        definition: DEFINITION,
        soft_definition: SOFT_DEFINITION,
        limits: LIMITS,
        rate: options.rate,
        trajectories: options.trajectories,
        lines: found,
    })
}

/// Rounds at which standings are shown: dense at first.
fn rounds_shown(horizon: u32) -> Vec<u32> {
    let mut rounds = vec![0, 1, 2, 4, 8, 13, 26, 52];
    rounds.retain(|r| *r < horizon);
    rounds
}

fn state_label(game: &Game, decision: &Decision) -> String {
    let state = game.phases[decision.phase].states()[decision.node];
    game.states[state as usize].clone()
}

/// Decisions on simulated paths at which a line could be crossed and no crossing of it stands yet.
fn sample(
    game: &Game,
    solution: &Solution,
    lines: &[Line],
    rounds: &[u32],
    options: &Options,
    observer: &dyn Observer,
) -> Result<Vec<Vec<Decision>>, AnalysisError> {
    let mut decisions: Vec<Vec<Decision>> = vec![Vec::new(); lines.len()];
    observer.progress("paths", 0, 1);
    simulate::visit(
        game,
        solution,
        options.trajectories,
        options.seed,
        &mut |d| {
            let Phase::Move(phase) = &game.phases[d.phase] else {
                return;
            };
            for (line, found) in lines.iter().zip(&mut decisions) {
                let first_of_path = rounds.contains(&d.round) || found.is_empty();
                if first_of_path
                    && phase.actors[0] as usize == line.challenger
                    && !line.stands[phase.node_state[d.node] as usize]
                    && crossable(phase, d.node, line)
                {
                    found.push(Decision {
                        round: d.round,
                        phase: d.phase,
                        node: d.node,
                        belief: d.belief.to_vec(),
                    });
                }
            }
        },
    );
    if observer.cancelled() {
        return Err(SolveError::Cancelled.into());
    }
    Ok(decisions)
}

/// Is both a crossing and a move that crosses no line of the holder open?
fn crossable(phase: &MovePhase, n: usize, line: &Line) -> bool {
    let moves = &phase.node_moves[n][0];
    moves.iter().any(|m| line.crossing.contains(m))
        && moves.iter().any(|m| !line.crossing_any.contains(m))
}

/// The likeliest decision of the earliest round.
pub(super) fn likeliest(decisions: &[Decision]) -> Option<&Decision> {
    let round = decisions.iter().map(|d| d.round).min()?;
    let mut counts: FxHashMap<Place, (usize, usize)> = FxHashMap::default();
    for (i, d) in decisions
        .iter()
        .enumerate()
        .filter(|(_, d)| d.round == round)
    {
        let bits = d.belief.iter().map(|b| b.to_bits()).collect();
        counts.entry((d.phase, d.node, bits)).or_insert((0, i)).0 += 1;
    }
    let best = counts.values().max_by_key(|(n, i)| (*n, usize::MAX - *i))?;
    decisions.get(best.1)
}

/// Values of one move before one type.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    paid: f64,
    /// Value of results without a recognised crossing, × probability.
    unrecognised: f64,
    /// The same of those with one.
    recognised: f64,
    /// Probability of a recognised crossing.
    probability: f64,
    /// Probability of a recognised crossing that is answered.
    answered: f64,
    /// Value × probability of these.
    joint: f64,
}

impl Worth {
    fn total(&self) -> f64 {
        self.paid + self.unrecognised + self.recognised
    }

    /// Values if every recognised crossing were answered, and if none were. Where one of the two
    /// cannot happen, an answer makes no difference.
    fn both(&self) -> (f64, f64) {
        let silent = self.probability - self.answered;
        if self.answered <= 0.0 || silent <= 0.0 {
            return (self.total(), self.total());
        }
        let rest = self.paid + self.unrecognised;
        (
            rest + self.probability * self.joint / self.answered,
            rest + self.probability * (self.recognised - self.joint) / silent,
        )
    }

    /// Probability that a recognised crossing is answered.
    fn believed(&self) -> f64 {
        if self.probability > 0.0 {
            self.answered / self.probability
        } else {
            0.0
        }
    }
}

/// Measures one line; keeps its tables.
pub struct Measure<'l> {
    line: &'l Line,
    rate: f64,
    /// Tables by plan round of the solution.
    answered: FxHashMap<usize, Answered>,
}

impl<'l> Measure<'l> {
    /// For `line`, with the soft gap at `rate`.
    pub fn new(line: &'l Line, rate: f64) -> Self {
        Self {
            line,
            rate,
            answered: FxHashMap::default(),
        }
    }

    /// Every crossing move before every type at a decision; empty where nothing can be compared.
    pub fn tests(&mut self, view: View, decision: &Decision) -> Vec<Test> {
        let game = view.game();
        let Phase::Move(phase) = &game.phases[decision.phase] else {
            return Vec::new();
        };
        if phase.actors[0] as usize != self.line.challenger
            || !crossable(phase, decision.node, self.line)
        {
            return Vec::new();
        }
        let round = view.solution().plan_round(game, decision.round);
        let line = self.line;
        let answered = self
            .answered
            .entry(round)
            .or_insert_with(|| Answered::of(view, line));
        let (worths, sigma) = worths(view, line, answered, phase, decision);
        let moves = &phase.node_moves[decision.node][0];
        let actor = &game.actors[line.challenger];
        let layout = BeliefLayout::of(game);
        let belief = &decision.belief[layout.range(line.challenger)];
        let mut tests = Vec::new();
        for (kind, declared) in actor.types.iter().enumerate() {
            let values = &worths[kind];
            for (a, label) in moves.iter().enumerate() {
                if !line.crossing.contains(label) {
                    continue;
                }
                tests.push(self.test(
                    game,
                    actor.precision,
                    (moves, values, &sigma[kind * moves.len()..]),
                    a,
                    (declared.name.as_str(), belief[kind]),
                ));
            }
        }
        tests
    }

    fn test(
        &self,
        game: &Game,
        precision: f64,
        (moves, values, sigma): (&[Label], &[Worth], &[f64]),
        a: usize,
        (kind, weight): (&str, f64),
    ) -> Test {
        let worth = &values[a];
        let name = |m: usize| game.labels[moves[m] as usize].clone();
        let restrained = (0..moves.len()).filter(|m| !self.line.crossing_any.contains(&moves[*m]));
        let best = restrained
            .clone()
            .max_by(|x, y| values[*x].total().total_cmp(&values[*y].total()))
            .unwrap_or(0);
        let reference = values[best].total();
        let (answered, unanswered) = worth.both();
        let believed = worth.believed();
        let class = match (unanswered > reference, answered > reference) {
            (true, false) => Class::Deterrable,
            (true, true) => Class::Undeterrable,
            (false, false) => Class::SelfRestrained,
            (false, true) => Class::Provoked,
        };
        let bite = unanswered - answered;
        let needed = (class == Class::Deterrable).then(|| (unanswered - reference) / bite);
        // Inclusive value of restraint: what crossing competes with under logit choice.
        let logs: Vec<f64> = restrained.map(|m| precision * values[m].total()).collect();
        let soft_needed = (precision > 0.0 && bite > 0.0).then(|| {
            let logit = libm::log(self.rate / (1.0 - self.rate));
            (unanswered - (log_sum_exp(&logs) + logit) / precision) / bite
        });
        let all: Vec<f64> = (0..moves.len())
            .map(|m| precision * if m == a { answered } else { values[m].total() })
            .collect();
        Test {
            crossing: name(a),
            kind: kind.to_owned(),
            weight,
            recognised: worth.probability,
            believed,
            unanswered,
            answered,
            reference,
            reference_move: name(best),
            incentive: (1.0 - believed) * unanswered + believed * answered - reference,
            class,
            needed,
            gap: needed.map(|p| p - believed),
            soft_needed,
            soft_gap: soft_needed.map(|p| p - believed),
            rate: sigma[a],
            rate_if_answered: libm::exp(all[a] - log_sum_exp(&all)),
        }
    }

    /// Averages over sampled decisions of one round.
    fn standing(
        &mut self,
        plan: &Plan,
        round: u32,
        decisions: &[&Decision],
        paths: u64,
    ) -> Option<Standing> {
        if decisions.is_empty() {
            return None;
        }
        let kinds = plan.game.actors[self.line.challenger].types.len();
        let mut sums = vec![Sums::default(); kinds];
        // Many paths make the same decision at the same belief.
        let mut seen: FxHashMap<Place, (Vec<Test>, f64)> = FxHashMap::default();
        let mut order = Vec::new();
        for d in decisions {
            let bits: Vec<u64> = d.belief.iter().map(|b| b.to_bits()).collect();
            let key = (d.phase, d.node, bits);
            if let Some(entry) = seen.get_mut(&key) {
                entry.1 += 1.0;
            } else {
                let tests = self.tests(plan.at(round), d);
                seen.insert(key.clone(), (tests, 1.0));
                order.push(key);
            }
        }
        let mut names = Vec::new();
        for (tests, times) in order.iter().filter_map(|key| seen.get(key)) {
            let moves = tests.len() / kinds;
            names = tests
                .iter()
                .step_by(moves.max(1))
                .map(|t| t.kind.clone())
                .collect();
            for (kind, sums) in sums.iter_mut().enumerate() {
                sums.add(&tests[kind * moves..(kind + 1) * moves], *times);
            }
        }
        let total = decisions.len() as f64;
        let types = names.into_iter().zip(&sums);
        let types: Vec<TypeStanding> = types.map(|(name, s)| s.standing(name, total)).collect();
        // Beliefs in the types add to one at every decision.
        let mean = |of: &dyn Fn(&TypeStanding) -> f64| types.iter().map(|t| t.weight * of(t)).sum();
        Some(Standing {
            round,
            open: total / paths.max(1) as f64,
            probing: mean(&|t| t.rate),
            classes: std::array::from_fn(|c| mean(&|t| t.classes[c])),
            open_gap: mean(&|t| t.open_gap),
            types,
        })
    }
}

/// Weighted sums over decisions.
#[derive(Clone, Debug, Default)]
struct Sums {
    weight: f64,
    incentive: f64,
    square: f64,
    weight_square: f64,
    classes: [f64; 4],
    open_gap: f64,
    believed: f64,
    rate: f64,
}

impl Sums {
    fn add(&mut self, tests: &[Test], times: f64) {
        let tempting = tests
            .iter()
            .max_by(|a, b| a.incentive.total_cmp(&b.incentive));
        let Some(test) = tempting else { return };
        let weight = times * test.weight;
        self.weight += weight;
        self.weight_square += times * test.weight * test.weight;
        self.incentive += weight * test.incentive;
        self.square += weight * test.incentive * test.incentive;
        for (sum, class) in self.classes.iter_mut().zip(CLASSES) {
            if class == test.class {
                *sum += weight;
            }
        }
        if test.gap.is_some_and(|g| g > 0.0) {
            self.open_gap += weight;
        }
        self.believed += weight * test.believed;
        self.rate += weight * tests.iter().map(|t| t.rate).sum::<f64>();
    }

    fn standing(&self, kind: String, total: f64) -> TypeStanding {
        let over = |sum: f64| {
            if self.weight > 0.0 {
                sum / self.weight
            } else {
                0.0
            }
        };
        let mean = over(self.incentive);
        let variance = (over(self.square) - mean * mean).max(0.0);
        let shrink = if self.weight > 0.0 {
            self.weight_square / (self.weight * self.weight)
        } else {
            0.0
        };
        TypeStanding {
            kind,
            weight: self.weight / total,
            incentive: mean,
            standard_error: (variance * shrink).sqrt(),
            classes: self.classes.map(over),
            open_gap: over(self.open_gap),
            believed: over(self.believed),
            rate: over(self.rate),
        }
    }
}

/// What every move is worth to every type at a decision, and the choice probabilities.
fn worths(
    view: View,
    line: &Line,
    answered: &Answered,
    phase: &MovePhase,
    decision: &Decision,
) -> (Vec<Vec<Worth>>, Vec<f64>) {
    let game = view.game();
    let solution = view.solution();
    let (p, n) = (decision.phase, decision.node);
    let round = solution.plan_round(game, decision.round);
    let mover = line.challenger;
    let kinds = game.actors[mover].types.len();
    let seat = game.seat(mover);
    let after = afters(view, phase, decision);
    let mut play = Play::default();
    let layout = BeliefLayout::of(game);
    play.at(
        game,
        solution,
        &layout,
        phase,
        (round, p, n),
        &decision.belief,
        false,
    );
    let alternatives = phase.alternatives(n);
    let first = phase.outcomes(alternatives.start).start;
    let signals = &solution.layout.signals[p][n];
    let next = view.after(0, p);
    let mut all = vec![vec![Worth::default(); alternatives.len()]; kinds];
    for (kind, worths) in all.iter_mut().enumerate() {
        for (alternative, worth) in alternatives.clone().zip(worths) {
            worth.paid = phase.payoff[alternative * game.seats() + seat + kind];
            for o in phase.outcomes(alternative) {
                let likelihood = phase.outcome_believed[o];
                let state = phase.outcome_next[o];
                let footprint = &after[signals.outcome_signal[o - first] as usize];
                let value = next.map_or(0.0, |v| v.value(footprint, state, mover, seat + kind));
                if !line.stands[state as usize] {
                    worth.unrecognised += likelihood * value;
                    continue;
                }
                worth.recognised += likelihood * value;
                worth.probability += likelihood;
                let (p, v) = answered.after(view, line, p, footprint, state, kind);
                worth.answered += likelihood * p;
                worth.joint += likelihood * v;
            }
        }
    }
    (all, play.sigma)
}

/// Belief on the grid after each signal of a decision.
pub(super) fn afters(view: View, phase: &MovePhase, decision: &Decision) -> Vec<Footprint> {
    let game = view.game();
    let solution = view.solution();
    let (p, n) = (decision.phase, decision.node);
    let round = solution.plan_round(game, decision.round);
    let mover = phase.actors[0] as usize;
    let layout = BeliefLayout::of(game);
    let mut play = Play::default();
    play.at(
        game,
        solution,
        &layout,
        phase,
        (round, p, n),
        &decision.belief,
        true,
    );
    let mut beliefs: Vec<Vec<f64>> = (0..game.actors.len())
        .map(|a| decision.belief[layout.range(a)].to_vec())
        .collect();
    let types = beliefs[mover].len();
    (0..solution.layout.signals[p][n].len())
        .map(|g| {
            beliefs[mover].copy_from_slice(&play.posterior[g * types..(g + 1) * types]);
            solution.footprint(&solution.grid.axis, &beliefs)
        })
        .collect()
}
