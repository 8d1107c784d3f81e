//! Assurance: does restraint lower the chance of being struck, and how likely would a strike have to
//! be for striking first, or the dash, to be worth more than waiting?

use super::apart;
use super::freezing::Quiet;
use super::gap::{Decision, afters, likeliest};
use super::line::Line;
use super::plan::Plan;
use super::prospect::{Branch, Case, Own, Prospect, Threat};
use super::resolve::AnalysisError;
use crate::game::{Foresight, Game, Label, Phase};
use crate::play::{BeliefLayout, Play};
use crate::simulate;
use crate::solve::{self, Observer, Solution};
use climbdown_lang::Scenario;
use serde::Serialize;

/// What conditionality is, in a line.
pub const CONDITIONALITY: &str = "conditionality: believed probability of being struck within the \
    foresight after moving first, less that after restraint now; near nothing, a strike comes whatever \
    is done";

/// What the pressure is, in a line.
pub const PRESSURE: &str = "pre-emption pressure at q: value of the best first move less that of the \
    best other one, when others strike with probability q a round wherever they can, after either, \
    until the dash is complete; own later choices are made anew. It tips where it passes nothing";

/// Where the numbers end.
pub const LIMITS: &str = "Values are one side's, over its foresight and with what it expects \
    afterwards. Others play, and learn, as solved, but for the strikes that are imposed; where no \
    strike is open none is imposed. Moves of a kind with variants are chosen one by one.";

/// How closely the pressure is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Rates at which it is shown, from 0 to 1; at least 2.
    pub shown: usize,
    /// A tipping q is closed in on until its interval is so wide; a straight line does the rest.
    pub close: f64,
}

impl Rates {
    /// Tipping rates to a thousandth or so.
    pub const FINE: Self = Self {
        shown: 6,
        close: 0.01,
    };
    /// In a quarter of the time: a straight line between the rates shown.
    pub const COARSE: Self = Self {
        shown: 3,
        close: 1.0,
    };
}

/// What to ask about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Name: of a red line, or as given.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// What is done and what it is answered with.
    pub threat: Threat,
    /// `struck` in words, where it is a state.
    pub struck: Option<String>,
    /// `complete` in words.
    pub complete: Option<String>,
}

/// The pressure at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pressure {
    /// Imposed probability of a strike a round.
    pub q: f64,
    /// Value of the best first move.
    pub first: f64,
    /// Value of the best other move.
    pub wait: f64,
    /// The difference.
    pub pressure: f64,
}

/// Where the pressure passes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tip {
    /// Probability a round.
    pub q: f64,
    /// Above it the first move is worth more; otherwise below it.
    pub above: bool,
}

/// When moving first is worth more than waiting.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tipping {
    /// At every rate.
    Always,
    /// At no rate.
    Never,
    /// It depends on the rate.
    At(Vec<Tip>),
}

/// One type of the actor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeAssurance {
    /// Type.
    pub kind: String,
    /// Public belief in it.
    pub weight: f64,
    /// Probability of being struck within the foresight after moving first now.
    pub crossing: f64,
    /// The same after restraint now, and conduct as solved.
    pub restraining: f64,
    /// The same after restraint throughout.
    pub abstaining: f64,
    /// `crossing` − `restraining`.
    pub conditionality: f64,
    /// `crossing` − `abstaining`.
    pub lasting: f64,
    /// Probability a round that makes `abstaining` over the foresight: the solved q.
    pub solved: f64,
    /// Probability of a first move at this decision.
    pub rate: f64,
    /// Value of the best first move less that of the best other one, as solved.
    pub pressure_solved: f64,
    /// Does an imposed strike reach one who waits? Otherwise q says nothing of pre-emption.
    pub open_when_waiting: bool,
    /// The pressure against q.
    pub pressure: Vec<Pressure>,
    /// Where it tips.
    pub tipping: Tipping,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Name of the question.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who moves first or waits.
    pub actor: String,
    /// Its first moves.
    pub first: Vec<String>,
    /// Moves by which it is struck.
    pub strikes: Vec<String>,
    /// State in which it has been struck, where that counts and not the move.
    pub struck: Option<String>,
    /// State in which the dash is complete.
    pub complete: Option<String>,
    /// Rounds of the foresight.
    pub rounds: u32,
    /// State of the likeliest earliest decision with a first move and another one open; `None` when
    /// no path met one.
    pub state: Option<String>,
    /// Its round.
    pub round: Option<u32>,
    /// By type.
    pub types: Vec<TypeAssurance>,
}

/// All answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assurance {
    /// What conditionality is.
    pub conditionality_definition: &'static str,
    /// What the pressure is.
    pub pressure_definition: &'static str,
    /// Where the numbers end.
    pub limits: &'static str,
    /// Grid points along each belief axis.
    pub belief_points: usize,
    /// A tipping q was closed in on until its interval was so wide.
    pub interval: f64,
    /// By question.
    pub answers: Vec<Answer>,
}

/// A question for each red line: its crossings are the first moves, its answers the strikes.
pub fn of_lines(scenario: &Scenario, game: &Game) -> Vec<Question> {
    let of = |i: usize| {
        let declared = &scenario.red_lines[i];
        let line = Line::of(scenario, game, i)?;
        let neither = line.crossing_any.iter();
        let neither = neither.filter(|l| !line.crossing.contains(l)).copied();
        let threat = Threat {
            actor: line.challenger,
            neither: neither.collect(),
            first: line.crossing,
            strikes: line.answers,
            struck: None,
            complete: None,
        };
        let answerable = !threat.first.is_empty() && !threat.strikes.is_empty();
        answerable.then(|| Question {
            name: declared.name.clone(),
            label: declared.label.clone(),
            threat,
            struck: None,
            complete: None,
        })
    };
    (0..scenario.red_lines.len()).filter_map(of).collect()
}

/// A question by names: first moves, what striking is (moves, or one `variable=level`) and, where
/// there is a dash, the level at which it is complete. Without strikes they are the answers to the red
/// lines that are held against the actor.
///
/// # Errors
/// [`AnalysisError::Question`] for a name that means nothing here.
pub fn by_names(
    scenario: Option<&Scenario>,
    game: &Game,
    first: &[String],
    strikes: &[String],
    complete: Option<&str>,
) -> Result<Question, AnalysisError> {
    apart::planned(game, "assurance")?;
    let first_labels = moves(game, first, "--first")?;
    let actor = first_labels[0].0;
    if first_labels.iter().any(|(a, _)| *a != actor) {
        return wrong("--first: expected moves of one actor".to_owned());
    }
    let mut struck = None;
    let struck_by = if strikes.is_empty() {
        let lines = scenario.map(|s| of_lines(s, game)).unwrap_or_default();
        let against = lines.into_iter().filter(|q| q.threat.actor == actor);
        let mut answers: Vec<Label> = against.flat_map(|q| q.threat.strikes).collect();
        answers.sort_unstable();
        answers.dedup();
        if answers.is_empty() {
            return wrong(format!(
                "no red line is held against `{}`: say by which moves it is struck with --struck-by",
                game.actors[actor].name
            ));
        }
        answers
    } else if let [one] = strikes
        && one.contains('=')
    {
        let states = states(game, one, "--struck-by")?;
        let found = leading(game, actor, &states);
        if found.is_empty() {
            return wrong(format!(
                "--struck-by: no move of another actor leads to {one}"
            ));
        }
        struck = Some(states);
        found
    } else {
        let found = moves(game, strikes, "--struck-by")?;
        if found.iter().any(|(a, _)| *a == actor) {
            return wrong(format!(
                "--struck-by: expected moves of others than `{}`",
                game.actors[actor].name
            ));
        }
        found.into_iter().map(|(_, l)| l).collect()
    };
    let done = match complete {
        Some(text) => Some(states(game, text, "--until")?),
        None => None,
    };
    Ok(Question {
        name: first.join(","),
        label: first.join(", "),
        struck: struck.is_some().then(|| strikes.join(",")),
        threat: Threat {
            actor,
            first: first_labels.into_iter().map(|(_, l)| l).collect(),
            neither: Vec::new(),
            strikes: struck_by,
            struck,
            complete: done,
        },
        complete: complete.map(str::to_owned),
    })
}

fn wrong<T>(text: String) -> Result<T, AnalysisError> {
    Err(AnalysisError::Question(text))
}

/// Moves by name, with their actors.
fn moves(
    game: &Game,
    names: &[String],
    option: &str,
) -> Result<Vec<(usize, Label)>, AnalysisError> {
    let mut known: Vec<(usize, Label)> = Vec::new();
    for phase in &game.phases {
        if let Phase::Move(phase) = phase {
            for labels in &phase.node_moves {
                for label in labels.first().into_iter().flatten() {
                    let entry = (phase.actors[0] as usize, *label);
                    if !known.contains(&entry) {
                        known.push(entry);
                    }
                }
            }
        }
    }
    if names.is_empty() {
        return wrong(format!("{option}: expected a move"));
    }
    let find = |name: &String| {
        let at = known
            .iter()
            .find(|(_, l)| game.labels[*l as usize] == *name);
        at.copied().ok_or_else(|| {
            let all = known.iter().map(|(_, l)| game.labels[*l as usize].as_str());
            let all: Vec<&str> = all.collect();
            AnalysisError::Question(format!(
                "{option}: there is no move `{name}`; there are {}",
                all.join(", ")
            ))
        })
    };
    names.iter().map(find).collect()
}

/// States in which a variable stands at a level.
fn states(game: &Game, text: &str, option: &str) -> Result<Vec<bool>, AnalysisError> {
    let Some((name, level)) = text.split_once('=') else {
        return wrong(format!("{option}: `{text}`: expected `variable=level`"));
    };
    let (name, level) = (name.trim(), level.trim());
    let Some(variable) = game.variables.iter().find(|v| v.name == name) else {
        let all: Vec<&str> = game.variables.iter().map(|v| v.name.as_str()).collect();
        return wrong(format!(
            "{option}: there is no variable `{name}`; there are {}",
            all.join(", ")
        ));
    };
    let Some(level) = variable.levels.iter().position(|l| l == level) else {
        return wrong(format!(
            "{option}: `{name}` has no level `{level}`; it has {}",
            variable.levels.join(", ")
        ));
    };
    let of = variable.of_state.iter().map(|l| usize::from(*l) == level);
    Ok(of.collect())
}

/// Moves of others that can lead into a set of states from outside it.
fn leading(game: &Game, actor: usize, states: &[bool]) -> Vec<Label> {
    let mut found = Vec::new();
    for phase in &game.phases {
        let Phase::Move(phase) = phase else { continue };
        if phase.actors[0] as usize == actor {
            continue;
        }
        for n in (0..phase.nodes()).filter(|n| !states[phase.node_state[*n] as usize]) {
            for (a, alternative) in phase.alternatives(n).enumerate() {
                let enters = phase.outcomes(alternative).any(|o| {
                    phase.outcome_believed[o] > 0.0 && states[phase.outcome_next[o] as usize]
                });
                let label = phase.node_moves[n][0][a];
                if enters && !found.contains(&label) {
                    found.push(label);
                }
            }
        }
    }
    found
}

/// Answers questions of a solved game. `solve` are the settings of `solution`; the decisions are the
/// likeliest on `trajectories` paths under `seed`.
///
/// # Errors
/// A state that counts as struck from the start, not solved, or interrupted.
pub fn assurance(
    game: &Game,
    solution: &Solution,
    questions: &[Question],
    solve: &solve::Options,
    (trajectories, seed): (u64, u64),
    rates: Rates,
    observer: &dyn Observer,
) -> Result<Assurance, AnalysisError> {
    apart::planned(game, "assurance")?;
    let plan = Plan::new(game, solution, 0, solve, observer)?;
    let mut answers = Vec::with_capacity(questions.len());
    for (i, question) in questions.iter().enumerate() {
        observer.progress("assurance", i as u64, questions.len() as u64);
        let decision = first_decision(game, solution, &question.threat, trajectories, seed);
        answers.push(answer(&plan, question, decision, rates, &Quiet(observer))?);
    }
    Ok(Assurance {
        conditionality_definition: CONDITIONALITY,
        pressure_definition: PRESSURE,
        limits: LIMITS,
        belief_points: solve.belief_points,
        interval: rates.close.min(1.0 / (rates.shown.max(2) - 1) as f64),
        answers,
    })
}

/// The likeliest earliest decision at which a first move and a restrained one are open.
fn first_decision(
    game: &Game,
    solution: &Solution,
    threat: &Threat,
    trajectories: u64,
    seed: u64,
) -> Option<Decision> {
    let mut met: Vec<Decision> = Vec::new();
    let mut last = u64::MAX;
    simulate::visit(game, solution, trajectories, seed, &mut |d| {
        let Phase::Move(phase) = &game.phases[d.phase] else {
            return;
        };
        let labels = &phase.node_moves[d.node][0];
        let first = |l: &Label| threat.first.contains(l);
        let waits = |l: &Label| !first(l) && !threat.neither.contains(l);
        let here = phase.actors[0] as usize == threat.actor;
        let struck = threat.struck.as_ref();
        let struck = struck.is_some_and(|s| s[phase.node_state[d.node] as usize]);
        // The first of each path.
        if here
            && !struck
            && last != d.trajectory
            && labels.iter().any(first)
            && labels.iter().any(waits)
        {
            last = d.trajectory;
            met.push(Decision {
                round: d.round,
                phase: d.phase,
                node: d.node,
                belief: d.belief.to_vec(),
            });
        }
    });
    likeliest(&met).cloned()
}

fn answer(
    plan: &Plan,
    question: &Question,
    decision: Option<Decision>,
    rates: Rates,
    observer: &dyn Observer,
) -> Result<Answer, AnalysisError> {
    let game = plan.game;
    let threat = &question.threat;
    let names = |labels: &[Label]| -> Vec<String> {
        let name = |l: &Label| game.labels[*l as usize].clone();
        labels.iter().map(name).collect()
    };
    let mut found = Answer {
        name: question.name.clone(),
        label: question.label.clone(),
        actor: game.actors[threat.actor].name.clone(),
        first: names(&threat.first),
        strikes: names(&threat.strikes),
        struck: question.struck.clone(),
        complete: question.complete.clone(),
        rounds: 0,
        state: None,
        round: None,
        types: Vec::new(),
    };
    let Some(decision) = decision else {
        return Ok(found);
    };
    let Phase::Move(phase) = &game.phases[decision.phase] else {
        return Ok(found);
    };
    found.state = Some(game.states[phase.node_state[decision.node] as usize].clone());
    found.round = Some(decision.round);
    found.rounds = match game.foresight {
        Foresight::Rounds(n) => n.max(1),
        _ => game.horizon - decision.round,
    };
    let here = Here::new(plan, threat, &decision, found.rounds);
    // One pass for the solved cases and the rates shown; later ones close in on where it tips.
    let restrained = |imposed| Case {
        imposed,
        own: Own::Restrained,
    };
    let as_solved = Case {
        imposed: None,
        own: Own::Solved,
    };
    let solved = [as_solved, restrained(None), restrained(Some(1.0))];
    let last = rates.shown.max(2) - 1;
    let shown: Vec<f64> = (0..=last).map(|k| k as f64 / last as f64).collect();
    let cases: Vec<Case> = solved
        .into_iter()
        .chain(shown.iter().map(imposed))
        .collect();
    let branches = here.branches(&cases, observer)?;
    let layout = BeliefLayout::of(game);
    for (kind, declared) in game.actors[threat.actor].types.iter().enumerate() {
        let of = |case: usize| here.sides(&branches, cases.len(), case, kind);
        let (as_solved, restrained, sure) = (of(0), of(1), of(2));
        let pressure: Vec<Pressure> = shown
            .iter()
            .enumerate()
            .map(|(k, q)| of(solved.len() + k).pressure(*q))
            .collect();
        let tipping = here.tipping(&pressure, kind, rates.close, observer)?;
        let abstaining = restrained.wait.struck.clamp(0.0, 1.0);
        let (crossing, restraining) = (as_solved.first.struck, as_solved.wait.struck);
        found.types.push(TypeAssurance {
            kind: declared.name.clone(),
            weight: decision.belief[layout.range(threat.actor)][kind],
            crossing,
            restraining,
            abstaining,
            conditionality: crossing - restraining,
            lasting: crossing - abstaining,
            solved: 1.0 - (1.0 - abstaining).powf(1.0 / f64::from(found.rounds)),
            rate: as_solved.rate,
            pressure_solved: as_solved.pressure(0.0).pressure,
            open_when_waiting: sure.wait.struck > 1e-6,
            pressure,
            tipping,
        });
    }
    Ok(found)
}

fn imposed(q: &f64) -> Case {
    Case {
        imposed: Some(*q),
        own: Own::Anew,
    }
}

/// The decision at which a question is answered.
struct Here<'a> {
    plan: &'a Plan<'a>,
    threat: &'a Threat,
    decision: &'a Decision,
    rounds: u32,
    sigma: Vec<f64>,
}

/// What follows moving first, and restraint.
struct Sides {
    /// As the type mixes its first moves.
    first: Branch,
    /// As it mixes the others.
    wait: Branch,
    /// Probability of a first move.
    rate: f64,
    /// Best value of each.
    best: [f64; 2],
}

impl Sides {
    fn pressure(&self, q: f64) -> Pressure {
        let [first, wait] = self.best;
        Pressure {
            q,
            first,
            wait,
            pressure: first - wait,
        }
    }
}

impl<'a> Here<'a> {
    fn new(plan: &'a Plan<'a>, threat: &'a Threat, decision: &'a Decision, rounds: u32) -> Self {
        let (game, solution) = (plan.game, &*plan.solution);
        let mut play = Play::default();
        if let Phase::Move(phase) = &game.phases[decision.phase] {
            let round = solution.plan_round(game, decision.round);
            play.at(
                game,
                solution,
                &BeliefLayout::of(game),
                phase,
                (round, decision.phase, decision.node),
                &decision.belief,
                false,
            );
        }
        Self {
            plan,
            threat,
            decision,
            rounds,
            sigma: play.sigma,
        }
    }

    /// What each move leads to: `[(move * cases + case) * types + type]`.
    fn branches(
        &self,
        cases: &[Case],
        observer: &dyn Observer,
    ) -> Result<Vec<Branch>, AnalysisError> {
        let (game, d) = (self.plan.game, self.decision);
        let Phase::Move(phase) = &game.phases[d.phase] else {
            return Ok(Vec::new());
        };
        let prospect = Prospect::new(game, &self.plan.solution, self.threat, cases);
        let next = prospect.after((d.round, d.phase), self.rounds, observer)?;
        let after = afters(self.plan.at(d.round), phase, d);
        Ok(prospect.branches((d.phase, d.node), phase, &after, &next))
    }

    fn sides(&self, branches: &[Branch], cases: usize, case: usize, kind: usize) -> Sides {
        let game = self.plan.game;
        let kinds = game.actors[self.threat.actor].types.len();
        let Phase::Move(phase) = &game.phases[self.decision.phase] else {
            unreachable!("a decision is made in a phase of moves");
        };
        let labels = &phase.node_moves[self.decision.node][0];
        let side = |first: bool| {
            let (mut weight, mut mixed) = (0.0, Branch::default());
            let mut best = f64::NEG_INFINITY;
            for (a, label) in labels.iter().enumerate() {
                let is_first = self.threat.first.contains(label);
                if is_first != first || (!first && self.threat.neither.contains(label)) {
                    continue;
                }
                // No move is impossible; what rounding lost keeps a trace of weight.
                let share = self.sigma[kind * labels.len() + a].max(f64::MIN_POSITIVE);
                let branch = branches[(a * cases + case) * kinds + kind];
                weight += share;
                mixed.struck += share * branch.struck;
                mixed.value += share * branch.value;
                best = best.max(branch.value);
            }
            mixed.struck = (mixed.struck / weight).clamp(0.0, 1.0);
            mixed.value /= weight;
            (mixed, weight, best)
        };
        let (first, rate, best_first) = side(true);
        let (wait, _, best_wait) = side(false);
        Sides {
            first,
            wait,
            rate,
            best: [best_first, best_wait],
        }
    }

    /// Where the pressure changes its sign, from its values at rising rates; each change is closed in
    /// on by dividing its interval, and at last by a straight line.
    fn tipping(
        &self,
        shown: &[Pressure],
        kind: usize,
        close: f64,
        observer: &dyn Observer,
    ) -> Result<Tipping, AnalysisError> {
        let mut tips = Vec::new();
        for pair in shown.windows(2) {
            let (mut low, mut high) = (pair[0], pair[1]);
            if (low.pressure > 0.0) == (high.pressure > 0.0) {
                continue;
            }
            let line = |low: &Pressure, high: &Pressure| {
                low.q + (high.q - low.q) * low.pressure / (low.pressure - high.pressure)
            };
            while high.q - low.q > close {
                // Around the guess most closely, for what bends little.
                let (guess, width) = (line(&low, &high), high.q - low.q);
                let mut rates: Vec<f64> = [-0.1, -0.01, 0.01, 0.1]
                    .iter()
                    .map(|d| guess + d * width)
                    .chain([low.q + 0.5 * width])
                    .filter(|q| *q > low.q && *q < high.q)
                    .collect();
                rates.sort_by(f64::total_cmp);
                rates.dedup();
                let cases: Vec<Case> = rates.iter().map(imposed).collect();
                let branches = self.branches(&cases, observer)?;
                let mut all = vec![low];
                all.extend(
                    rates
                        .iter()
                        .enumerate()
                        .map(|(k, q)| self.sides(&branches, cases.len(), k, kind).pressure(*q)),
                );
                all.push(high);
                let change = all
                    .windows(2)
                    .find(|p| (p[0].pressure > 0.0) != (p[1].pressure > 0.0));
                let Some(change) = change else { break };
                (low, high) = (change[0], change[1]);
            }
            tips.push(Tip {
                q: line(&low, &high),
                above: high.pressure > 0.0,
            });
        }
        Ok(match shown.first() {
            _ if !tips.is_empty() => Tipping::At(tips),
            Some(first) if first.pressure > 0.0 => Tipping::Always,
            _ => Tipping::Never,
        })
    }
}
