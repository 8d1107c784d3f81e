//! A second, plain reading of the language, state by state and without tables, compared with the
//! compiled tables on the shipped scenarios and on random ones.

use crate::compile_support;
#[path = "../compile_support/random.rs"]
mod random;

use climbdown_engine::compile::{Options, compile};
use climbdown_engine::game::{Game, Phase};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{
    BinaryOp, Chance, Change, Effect, Expr, ExprKind, Move, Outcome, PhaseOrder, Trigger,
};
use compile_support::{scenario, shipped};
use std::collections::BTreeMap;

type Levels = Vec<u32>;
/// (label of each mover, levels) → (believed, true)
type Kernel = BTreeMap<(Vec<String>, Levels), (f64, f64)>;

struct Reader<'s> {
    s: &'s Scenario,
}

impl Reader<'_> {
    fn value(&self, e: &Expr, at: &Levels, who: Option<(u32, u32)>, belief: f64) -> f64 {
        let v = |e: &Expr| self.value(e, at, who, belief);
        let truth = |b: bool| if b { 1.0 } else { 0.0 };
        match &e.kind {
            ExprKind::Number(x) => *x,
            ExprKind::Parameter(p) => self.s.parameters[p.0 as usize].central,
            ExprKind::Derived(d) => v(&self.s.derived[d.0 as usize].value),
            ExprKind::Level(x) => f64::from(at[x.0 as usize]),
            ExprKind::IsType(a, k) => truth(who == Some((a.0, *k))),
            ExprKind::Belief(..) => belief,
            ExprKind::Negate(x) => -v(x),
            ExprKind::Not(x) => truth(v(x) == 0.0),
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                if v(condition) != 0.0 {
                    v(then)
                } else {
                    v(otherwise)
                }
            }
            ExprKind::ByLevel {
                variable,
                arms,
                values,
            } => v(&values[arms[at[variable.0 as usize] as usize] as usize]),
            ExprKind::Call(f, list) => f.value(&list.iter().map(v).collect::<Vec<_>>()),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (v(a), v(b));
                match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Subtract => a - b,
                    BinaryOp::Multiply => a * b,
                    BinaryOp::Divide => a / b,
                    BinaryOp::Power => a.powf(b),
                    BinaryOp::Equal => truth(a == b),
                    BinaryOp::NotEqual => truth(a != b),
                    BinaryOp::Less => truth(a < b),
                    BinaryOp::LessEqual => truth(a <= b),
                    BinaryOp::Greater => truth(a > b),
                    BinaryOp::GreaterEqual => truth(a >= b),
                    BinaryOp::And => truth(a != 0.0 && b != 0.0),
                    BinaryOp::Or => truth(a != 0.0 || b != 0.0),
                }
            }
        }
    }

    fn public(&self, e: &Expr, at: &Levels) -> f64 {
        self.value(e, at, None, 0.0)
    }

    fn open(&self, guard: &Option<Expr>, at: &Levels) -> bool {
        guard.as_ref().is_none_or(|g| self.public(g, at) != 0.0)
    }

    fn ended(&self, at: &Levels) -> bool {
        self.s.ends.iter().any(|e| self.public(&e.when, at) != 0.0)
    }

    fn apply(&self, effects: &[Effect], at: &mut Levels) {
        for e in effects {
            if !self.open(&e.condition, at) {
                continue;
            }
            let v = e.variable.0 as usize;
            let top = self.s.variables[v].levels.len() as i64 - 1;
            let now = i64::from(at[v]);
            let then = match e.change {
                Change::To(l) => i64::from(l),
                Change::Step(n) => now + i64::from(n),
                Change::AtLeast(l) if now < i64::from(l) => i64::from(l),
                Change::AtMost(l) if now > i64::from(l) => i64::from(l),
                Change::AtLeast(_) | Change::AtMost(_) => now,
            };
            at[v] = then.max(0).min(top) as u32;
        }
    }

    /// (believed, true) of each outcome.
    fn weights(&self, outcomes: &[Outcome], at: &Levels) -> Vec<(f64, f64)> {
        let p = |o: &Outcome| o.probability.as_ref().map(|p| self.public(p, at));
        let b = |o: &Outcome| o.believed.as_ref().map(|p| self.public(p, at)).or(p(o));
        let used =
            |f: &dyn Fn(&Outcome) -> Option<f64>| -> f64 { outcomes.iter().filter_map(f).sum() };
        let (left_b, left_t) = (1.0 - used(&b), 1.0 - used(&p));
        outcomes
            .iter()
            .map(|o| (b(o).unwrap_or(left_b), p(o).unwrap_or(left_t)))
            .collect()
    }

    /// Expected number of firings in a round, if there were no end to them.
    fn hazard(&self, chance: &Chance, at: &Levels) -> f64 {
        match chance {
            Chance::Rate(r) => self.public(r, at) * self.s.round_days,
            Chance::Probability(p) => -(1.0 - self.public(p, at)).ln(),
        }
    }

    fn hazards(&self, t: &Trigger, at: &Levels) -> (f64, f64) {
        if !self.open(&t.guard, at) {
            return (0.0, 0.0);
        }
        let truth = self.hazard(&t.chance, at);
        (
            t.believed.as_ref().map_or(truth, |c| self.hazard(c, at)),
            truth,
        )
    }

    fn name(&self, m: &Move) -> String {
        format!("{}.{}", self.s.actors[m.actor.0 as usize].name, m.name)
    }

    /// Public results of these moves, one for each mover of the phase.
    fn joint_kernel(&self, played: &[&Move], at: &Levels) -> Kernel {
        let mut cleared = at.clone();
        for (v, variable) in self.s.variables.iter().enumerate() {
            if played
                .iter()
                .any(|m| variable.cleared_by.contains(&m.actor))
            {
                cleared[v] = 0;
            }
        }
        // The effects of one mover after the other.
        let mut turns: Vec<(Vec<String>, Levels, f64, f64)> = vec![(Vec::new(), cleared, 1.0, 1.0)];
        for m in played {
            let weights = self.weights(&m.outcomes, at);
            turns = turns
                .into_iter()
                .flat_map(|(labels, levels, b, t)| {
                    let further = |(o, w): (&Outcome, &(f64, f64))| {
                        let mut labels = labels.clone();
                        labels.push(o.seen_as.as_ref().unwrap_or(&m.seen_as).clone());
                        let mut after = levels.clone();
                        self.apply(&o.effects, &mut after);
                        (labels, after, b * w.0, t * w.1)
                    };
                    m.outcomes
                        .iter()
                        .zip(&weights)
                        .map(further)
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        let mut kernel = Kernel::new();
        for (labels, after, b, t) in turns {
            self.with_accidents(played, labels, after, (b, t), &mut kernel);
        }
        kernel.retain(|_, w| w.0 > 0.0 || w.1 > 0.0);
        kernel
    }

    /// Adds one turn to the kernel, with the accidents that may pass for a move in it.
    fn with_accidents(
        &self,
        played: &[&Move],
        labels: Vec<String>,
        after: Levels,
        (b, t): (f64, f64),
        kernel: &mut Kernel,
    ) {
        let mut add = |labels: &[String], at: &Levels, b: f64, t: f64| {
            let cell = kernel.entry((labels.to_vec(), at.clone())).or_default();
            cell.0 += b;
            cell.1 += t;
        };
        if self.ended(&after) {
            return add(&labels, &after, b, t);
        }
        let mut alike: Vec<(&Trigger, &Move, usize)> = Vec::new();
        for trigger in &self.s.triggers {
            let Some(like) = trigger.looks_like else {
                continue;
            };
            let like = &self.s.moves[like.0 as usize];
            if let Some(mover) = played.iter().position(|m| m.actor == like.actor) {
                alike.push((trigger, like, mover));
            }
        }
        let hazards: Vec<(f64, f64)> = alike.iter().map(|x| self.hazards(x.0, &after)).collect();
        let (hb, ht) = hazards
            .iter()
            .fold((0.0, 0.0), |s, h| (s.0 + h.0, s.1 + h.1));
        add(&labels, &after, b * (-hb).exp(), t * (-ht).exp());
        let share = |h: f64, sum: f64| {
            if sum > 0.0 {
                (1.0 - (-sum).exp()) * h / sum
            } else {
                0.0
            }
        };
        for ((trigger, like, mover), h) in alike.into_iter().zip(&hazards) {
            let fires = (b * share(h.0, hb), t * share(h.1, ht));
            if self.name(like) == self.name(played[mover]) {
                add(&labels, &after, fires.0, fires.1);
                continue;
            }
            for (o, w) in trigger
                .outcomes
                .iter()
                .zip(self.weights(&trigger.outcomes, &after))
            {
                let mut then = after.clone();
                self.apply(&o.effects, &mut then);
                let mut seen = labels.clone();
                seen[mover] = o.seen_as.as_ref().unwrap_or(&like.seen_as).clone();
                add(&seen, &then, fires.0 * w.0, fires.1 * w.1);
            }
        }
    }

    /// All event triggers one after the other.
    fn events_kernel(&self, at: &Levels) -> BTreeMap<Levels, (f64, f64)> {
        let mut mass = BTreeMap::from([(at.clone(), (1.0, 1.0))]);
        for trigger in self.s.triggers.iter().filter(|t| t.looks_like.is_none()) {
            let mut next: BTreeMap<Levels, (f64, f64)> = BTreeMap::new();
            for (at, (mb, mt)) in &mass {
                let mut add = |at: Levels, b: f64, t: f64| {
                    let cell = next.entry(at).or_default();
                    cell.0 += mb * b;
                    cell.1 += mt * t;
                };
                if self.ended(at) {
                    add(at.clone(), 1.0, 1.0);
                    continue;
                }
                let (hb, ht) = self.hazards(trigger, at);
                add(at.clone(), (-hb).exp(), (-ht).exp());
                let weights = self.weights(&trigger.outcomes, at);
                for (o, w) in trigger.outcomes.iter().zip(weights) {
                    let mut then = at.clone();
                    self.apply(&o.effects, &mut then);
                    add(then, (1.0 - (-hb).exp()) * w.0, (1.0 - (-ht).exp()) * w.1);
                }
            }
            mass = next;
        }
        mass.retain(|_, w| w.0 > 0.0 || w.1 > 0.0);
        mass
    }

    fn label(&self, at: &Levels) -> String {
        let part = |(v, l): (usize, &u32)| {
            let variable = &self.s.variables[v];
            format!("{}={}", variable.name, variable.levels[*l as usize].name)
        };
        at.iter()
            .enumerate()
            .map(part)
            .collect::<Vec<_>>()
            .join(",")
    }

    fn kinds(&self, actor: usize) -> u32 {
        self.s.actors[actor].types.len().max(1) as u32
    }
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 2e-14 * expected.abs().max(1.0)
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!(
        close(found, expected),
        "{what}: {found}, expected {expected}"
    );
}

/// Compares every number of the game with the plain reading. Returns how many were compared.
fn compare(s: &Scenario, game: &Game) -> usize {
    let r = Reader { s };
    let mut compared = 0;
    let levels: Vec<Levels> = (0..game.states.len())
        .map(|state| {
            game.variables
                .iter()
                .map(|v| u32::from(v.of_state[state]))
                .collect()
        })
        .collect();
    for (state, at) in levels.iter().enumerate() {
        assert_eq!(game.states[state], r.label(at));
        assert_eq!(
            game.ends.iter().any(|e| e.state as usize == state),
            r.ended(at)
        );
    }
    let seats = game.seats();
    let by_seat = |value: &dyn Fn(usize, Option<(u32, u32)>) -> f64| -> Vec<f64> {
        (0..s.actors.len())
            .flat_map(|a| (0..r.kinds(a)).map(move |k| (a, Some((a as u32, k)))))
            .map(|(a, who)| value(a, who))
            .collect()
    };
    let mut movers = s.order.iter().filter_map(|p| match p {
        PhaseOrder::Move(actors) => Some(actors.clone()),
        PhaseOrder::Events => None,
    });
    let mut paid = false;
    for (p, phase) in game.phases.iter().enumerate() {
        match phase {
            Phase::Move(table) => {
                let actors = movers.next().expect("a mover");
                for (n, state) in table.node_state.iter().enumerate() {
                    let at = &levels[*state as usize];
                    let mut joint: Vec<Vec<&Move>> = vec![Vec::new()];
                    for (k, actor) in actors.iter().enumerate() {
                        let mine = |m: &&Move| m.actor == *actor && r.open(&m.guard, at);
                        let open: Vec<&Move> = s.moves.iter().filter(mine).collect();
                        joint = joint
                            .iter()
                            .flat_map(|before| open.iter().map(|m| [&before[..], &[*m]].concat()))
                            .collect();
                        let declared = &s.actors[actor.0 as usize];
                        let chance = table.node_opportunity[n][k];
                        if let Some(e) = &declared.opportunity {
                            let p = r.public(e, at);
                            assert_close(chance.probability, p, "opportunity");
                            let believed = &declared.believed_opportunity;
                            let b = believed.as_ref().map_or(p, |e| r.public(e, at));
                            assert_close(chance.believed, b, "believed opportunity");
                        }
                    }
                    assert_eq!(joint.len(), table.alternatives(n).len());
                    let width = actors.len();
                    for (played, a) in joint.iter().zip(table.alternatives(n)) {
                        let found: Kernel = table
                            .outcomes(a)
                            .map(|o| {
                                let labels = &table.outcome_labels[o * width..(o + 1) * width];
                                let labels = labels
                                    .iter()
                                    .map(|l| game.labels[*l as usize].clone())
                                    .collect();
                                let next = levels[table.outcome_next[o] as usize].clone();
                                (
                                    (labels, next),
                                    (table.outcome_believed[o], table.outcome_true[o]),
                                )
                            })
                            .collect();
                        let expected = r.joint_kernel(played, at);
                        assert_eq!(
                            found.len(),
                            table.outcomes(a).len(),
                            "equal results are summed"
                        );
                        let names: Vec<String> = played.iter().map(|m| r.name(m)).collect();
                        same(&found, &expected, &format!("{names:?} in {}", r.label(at)));
                        compared += 2 * expected.len();
                        let payments = by_seat(&|actor, who| {
                            let all = played.iter().flat_map(|m| &m.payments);
                            let of = all.filter(|p| p.actor.0 as usize == actor);
                            of.map(|p| r.value(&p.value, at, who, 0.0)).sum()
                        });
                        for (x, y) in table.payoff[a * seats..].iter().zip(&payments) {
                            assert_close(*x, *y, "payment");
                        }
                    }
                }
            }
            Phase::Events(table) => {
                for (n, state) in table.node_state.iter().enumerate() {
                    let at = &levels[*state as usize];
                    let flows = by_seat(&|a, who| {
                        let terms = s.actors[a].payoff.iter();
                        let per_round =
                            |t: &climbdown_lang::scenario::Term| s.round_days / t.per_days;
                        terms
                            .map(|t| r.value(&t.value, at, who, 0.0) * per_round(t))
                            .sum()
                    });
                    for (x, y) in table.payoff[n * seats..].iter().zip(&flows) {
                        assert_close(*x, if paid { 0.0 } else { *y }, "flow");
                    }
                }
                if !paid {
                    compared += compare_events(&r, game, p, &levels);
                }
                paid = true;
            }
        }
    }
    for (state, at) in levels.iter().enumerate().filter(|(_, at)| !r.ended(at)) {
        let after = by_seat(&|a, who| {
            let d = game.actors[a].discount;
            let span = |n: u32| (0..n).map(|k| d.powi(k as i32)).sum::<f64>();
            let flows: f64 = s.actors[a]
                .payoff
                .iter()
                .map(|t| {
                    let rounds = if t.transient {
                        s.transient
                    } else {
                        s.afterwards
                    };
                    r.value(&t.value, at, who, 0.0) * s.round_days / t.per_days * span(rounds)
                })
                .sum();
            flows
                + s.actors[a]
                    .afterwards
                    .iter()
                    .map(|t| r.value(&t.value, at, who, 0.0))
                    .sum::<f64>()
        });
        for (x, y) in game.afterwards[state * seats..].iter().zip(&after) {
            assert!(
                (x - y).abs() <= 1e-12 * y.abs().max(1.0),
                "afterwards: {x}, expected {y}"
            );
        }
        compared += seats;
    }
    compared
}

/// The events phases from `p` on together against all triggers one after the other.
fn compare_events(r: &Reader, game: &Game, p: usize, levels: &[Levels]) -> usize {
    let mut compared = 0;
    for state in game.phases[p].states() {
        let mut mass = BTreeMap::from([(*state, (1.0, 1.0))]);
        for phase in &game.phases[p..] {
            let Phase::Events(table) = phase else { break };
            let mut next: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
            for (state, (mb, mt)) in mass {
                let mut add = |s: u32, b: f64, t: f64| {
                    let cell = next.entry(s).or_default();
                    cell.0 += b;
                    cell.1 += t;
                };
                match table.node_state.binary_search(&state) {
                    Ok(n) => {
                        for o in table.outcomes(n) {
                            let (b, t) = (table.outcome_believed[o], table.outcome_true[o]);
                            add(table.outcome_next[o], mb * b, mt * t);
                        }
                    }
                    Err(_) => add(state, mb, mt),
                }
            }
            mass = next;
        }
        let at = &levels[*state as usize];
        let found: BTreeMap<Levels, (f64, f64)> = mass
            .into_iter()
            .map(|(s, w)| (levels[s as usize].clone(), w))
            .collect();
        let expected = r.events_kernel(at);
        same(&found, &expected, &format!("events in {}", r.label(at)));
        compared += 2 * expected.len();
    }
    compared
}

fn same<K: Ord + std::fmt::Debug>(
    found: &BTreeMap<K, (f64, f64)>,
    expected: &BTreeMap<K, (f64, f64)>,
    what: &str,
) {
    // Where a probability is rounding it may be missing on one side.
    for (key, e) in expected {
        let f = found.get(key).copied().unwrap_or_default();
        assert!(
            close(f.0, e.0) && close(f.1, e.1),
            "{what}, {key:?}: {f:?}, expected {e:?}"
        );
    }
    for (key, f) in found {
        assert!(
            expected.contains_key(key),
            "{what}: {key:?} {f:?} is not expected"
        );
    }
}

#[test]
fn shipped_scenarios_read_the_same() {
    let files = shipped::distinct();
    assert!(files.len() > 1);
    let mut total = 0;
    for file in &files {
        let s = scenario(&shipped::whole(file));
        let game = compile(&s, &Options::default())
            .unwrap_or_else(|e| panic!("{e}"))
            .game;
        game.validate().unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let compared = compare(&s, &game);
        println!("{:?}: {compared} numbers compared", file.file_name());
        total += compared;
    }
    assert!(total > 100_000);
}

#[test]
fn random_scenarios_read_the_same_and_are_sound() {
    let mut compared = 0;
    let mut look_alikes = 0;
    let mut phases = 0;
    let mut at_once = 0;
    for seed in 0..400 {
        let shape = random::Shape {
            wide: seed % 30 == 29,
            at_once: seed % 4 == 3,
        };
        let text = random::scenario_text(seed, shape);
        let s = scenario(&text);
        let game = match compile(&s, &Options::default()) {
            Ok(compiled) => compiled.game,
            Err(error) => panic!("{text}\n{:#?}", error.diagnostics()),
        };
        if let Err(error) = game.validate() {
            panic!("{text}\n{error}");
        }
        compared += compare(&s, &game);
        look_alikes += s.triggers.iter().filter(|t| t.looks_like.is_some()).count();
        phases = phases.max(game.phases.len());
        at_once += usize::from(shape.at_once);
    }
    println!(
        "{compared} numbers compared, {look_alikes} look-alikes, up to {phases} phases, \
         {at_once} scenarios in which both move at once"
    );
    assert!(compared > 100_000 && look_alikes > 200 && phases > 3 && at_once == 100);
}
