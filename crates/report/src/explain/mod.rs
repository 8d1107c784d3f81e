//! A scenario restated in plain English, so that a reader who never saw the language can check it.
//!
//! Everything that decides the result is said once: actors, aims, what is private, moves, triggers,
//! ends, outcomes, and the numbers that are judged.

mod expression;

use climbdown_lang::Scenario;
use climbdown_lang::scenario::{
    ActorId, Chance, Change, Expr, ExprKind, Foresight, Grade, Move, Outcome, Payment, PhaseOrder,
    Rule, Sighting, Trigger,
};
use expression::{constant, level, named, number, titled, variable, words};
use serde::Serialize;

/// A heading and the sentences below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// One statement each.
    pub sentences: Vec<String>,
}

/// Restates a scenario. Sections without content are left out.
pub fn explain(s: &Scenario) -> Vec<Section> {
    let sections = [
        ("The crisis", crisis(s)),
        ("What can change", state(s)),
        ("Who acts, and what they want", actors(s)),
        (
            "What they may do",
            s.moves.iter().map(|m| movement(s, m)).collect(),
        ),
        (
            "What nobody decides",
            s.triggers.iter().map(|t| trigger(s, t)).collect(),
        ),
        ("Lines, talks and ways out", constructs(s)),
        ("Where it ends", ends(s)),
        ("What is asked", asked(s)),
        ("What was seen since", seen(s)),
        ("Policies and rival assumptions", rivals(s)),
        ("Quantities", derived(s)),
        ("Numbers that are judged or have no source", judged(s)),
        ("Other numbers", sourced(s)),
    ];
    sections
        .into_iter()
        .filter(|(_, sentences)| !sentences.is_empty())
        .map(|(heading, sentences)| Section {
            heading: heading.into(),
            sentences,
        })
        .collect()
}

fn actor(s: &Scenario, id: ActorId) -> String {
    s.actors[id.0 as usize].label.clone()
}

fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn crisis(s: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    let date = s.as_of.map_or_else(String::new, |d| format!(", as of {d}"));
    out.push(format!("“{}”{date}.", s.title));
    out.push(format!(
        "It is played in rounds of {} days and forecast for {} of them.",
        number(s.round_days),
        s.horizon
    ));
    let phases: Vec<String> = s
        .order
        .iter()
        .map(|phase| match phase {
            PhaseOrder::Move(who) => {
                let names: Vec<String> = who.iter().map(|a| actor(s, *a)).collect();
                format!("{} may act", list(&names))
            }
            PhaseOrder::Events => "things happen that nobody decides".into(),
        })
        .collect();
    out.push(format!("In each round {}.", phases.join(", then ")));
    let plan = match s.foresight {
        Foresight::Rounds(n) => {
            format!("Those who act think {n} rounds ahead, at every round anew")
        }
        Foresight::Full => "Those who act think to the last round".into(),
        Foresight::Unbounded => "Those who act think without a last round".into(),
    };
    out.push(format!(
        "{plan}; they count what they value for {} rounds beyond that, and passing things for {}.",
        s.afterwards, s.transient
    ));
    out
}

fn state(s: &Scenario) -> Vec<String> {
    s.variables
        .iter()
        .enumerate()
        .map(|(v, var)| {
            let id = climbdown_lang::scenario::VariableId(v as u32);
            let levels: Vec<String> = (0..var.levels.len() as u32)
                .map(|l| level(s, id, l))
                .collect();
            let ladder = if var.is_ladder {
                ", the ladder of escalation,"
            } else {
                ""
            };
            let mut text = format!(
                "{}{ladder} is at one of {}; it starts at {}.",
                variable(s, id),
                list(&levels),
                level(s, id, var.start)
            );
            if !var.cleared_by.is_empty() {
                let who: Vec<String> = var.cleared_by.iter().map(|a| actor(s, *a)).collect();
                text += &format!(
                    " It returns to {} whenever {} acts.",
                    level(s, id, 0),
                    who.join(" or ")
                );
            }
            text
        })
        .collect()
}

/// A share: in per cent where it is a number.
fn share(s: &Scenario, e: &Expr) -> String {
    match constant(e) {
        Some(x) => format!("{} %", number(x * 100.0)),
        None => words(s, e),
    }
}

fn per(days: f64) -> String {
    if (days - 365.25).abs() < 1e-9 {
        "a year".into()
    } else if (days - 7.0).abs() < 1e-9 {
        "a week".into()
    } else if (days - 1.0).abs() < 1e-9 {
        "a day".into()
    } else {
        format!("every {} days", number(days))
    }
}

fn actors(s: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    for a in &s.actors {
        let name = titled(&a.label, &a.name);
        out.push(format!(
            "{name} chooses with precision {} (0 is chance, more is fewer mistakes) and discounts by {} {}.",
            words(s, &a.precision),
            share(s, &a.discount),
            per(a.discount_days)
        ));
        if let Some(opportunity) = &a.opportunity {
            let default = a.default.map_or_else(String::new, |m| {
                let m = &s.moves[m.0 as usize];
                format!("; otherwise it does “{}”", m.label)
            });
            out.push(format!(
                "{} comes to a decision in a round with probability {}{default}.",
                a.label,
                words(s, opportunity)
            ));
        }
        if let Some(believed) = &a.believed_opportunity {
            out.push(format!(
                "The others think that this probability is {}.",
                words(s, believed)
            ));
        }
        if !a.types.is_empty() {
            let types: Vec<String> = a
                .types
                .iter()
                .map(|t| match &t.prior {
                    Some(p) => format!("{} with probability {}", t.label, words(s, p)),
                    None => format!("{} otherwise", t.label),
                })
                .collect();
            out.push(format!(
                "What only {} knows is whether it is {}; the others learn from what it does.",
                a.label,
                types.join(" or ")
            ));
        }
        for term in &a.payoff {
            let passing = if term.transient {
                ", a passing thing"
            } else {
                ""
            };
            out.push(format!(
                "{} gains, {}{passing} ({}): {}.",
                a.label,
                per(term.per_days),
                term.name,
                words(s, &term.value)
            ));
        }
        for term in &a.afterwards {
            out.push(format!(
                "Where its foresight ends, {} counts once ({}): {}.",
                a.label,
                term.name,
                words(s, &term.value)
            ));
        }
    }
    out
}

fn payments(s: &Scenario, all: &[Payment]) -> String {
    let each: Vec<String> = all
        .iter()
        .map(|p| match &p.value.kind {
            ExprKind::Negate(cost) => format!("it costs {} {}", actor(s, p.actor), words(s, cost)),
            _ => format!("{} gains {}", actor(s, p.actor), words(s, &p.value)),
        })
        .collect();
    list(&each)
}

fn effects(s: &Scenario, outcome: &Outcome) -> String {
    let each: Vec<String> = outcome
        .effects
        .iter()
        .map(|e| {
            let name = variable(s, e.variable);
            let what = match e.change {
                Change::To(l) => format!("{name} goes to {}", level(s, e.variable, l)),
                Change::Step(n) if n > 0 => format!("{name} goes up by {n}"),
                Change::Step(n) => format!("{name} goes down by {}", -i64::from(n)),
                Change::AtLeast(l) => {
                    format!("{name} goes up to {} at least", level(s, e.variable, l))
                }
                Change::AtMost(l) => {
                    format!("{name} goes down to {} at most", level(s, e.variable, l))
                }
            };
            match &e.condition {
                Some(c) => format!("{what} if {}", words(s, c)),
                None => what,
            }
        })
        .collect();
    if each.is_empty() {
        "nothing changes".into()
    } else {
        list(&each)
    }
}

fn outcomes(s: &Scenario, all: &[Outcome]) -> String {
    let each: Vec<String> = all
        .iter()
        .map(|o| {
            let what = effects(s, o);
            let mut text = match &o.probability {
                Some(p) if all.len() == 1 && matches!(p.kind, ExprKind::Number(x) if x == 1.0) => {
                    what
                }
                Some(p) => format!("with probability {} {what}", words(s, p)),
                None => format!("otherwise {what}"),
            };
            if let Some(believed) = &o.believed {
                text += &format!(" (believed: {})", words(s, believed));
            }
            if let Some(label) = &o.seen_as {
                text += &format!(" (seen as “{label}”)");
            }
            text
        })
        .collect();
    each.join("; ")
}

fn movement(s: &Scenario, m: &Move) -> String {
    let who = &s.actors[m.actor.0 as usize];
    let own = format!("{}.{}", who.name, m.name);
    let when = m
        .guard
        .as_ref()
        .map_or_else(|| "at any time".into(), |g| format!("when {}", words(s, g)));
    let mut text = format!("{} may {when}: {}.", who.label, titled(&m.label, &own));
    if !m.payments.is_empty() {
        text += &format!(" Then {}.", payments(s, &m.payments));
    }
    text += &format!(" What follows: {}.", outcomes(s, &m.outcomes));
    if m.seen_as != own {
        text += &format!(" The others see “{}”.", m.seen_as);
    }
    if let Some(kind) = &m.kind {
        text += &format!(" It is one of the variants of “{kind}”.");
    }
    text
}

fn chance(s: &Scenario, chance: &Chance) -> String {
    match chance {
        Chance::Rate(rate) => match constant(rate) {
            Some(x) => format!("{} times a year", number(x * 365.25)),
            None if named(rate) => format!("at the rate {}", words(s, rate)),
            None => format!(
                "at the rate {} (numbers that stand in it are per day)",
                words(s, rate)
            ),
        },
        Chance::Probability(p) => format!("with probability {} a round", words(s, p)),
    }
}

fn trigger(s: &Scenario, t: &Trigger) -> String {
    let mut text = format!(
        "{} happens {}",
        titled(&t.label, &t.name),
        chance(s, &t.chance)
    );
    if let Some(guard) = &t.guard {
        text += &format!(", when {}", words(s, guard));
    }
    if let Some(believed) = &t.believed {
        text += &format!("; it is thought to happen {}", chance(s, believed));
    }
    text += &format!(". Then {}.", outcomes(s, &t.outcomes));
    if let Some(m) = t.looks_like {
        let m = &s.moves[m.0 as usize];
        text += &format!(
            " It looks as if {} had done “{}”.",
            actor(s, m.actor),
            m.label
        );
    }
    text
}

fn constructs(s: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    for line in &s.red_lines {
        let answers: Vec<String> = line
            .answers
            .iter()
            .map(|m| s.moves[m.0 as usize].label.clone())
            .collect();
        let mut crossings = line.crossing_labels.clone();
        if let Some(state) = &line.crossing_state {
            crossings.push(words(s, state));
        }
        let silent = line.record.iter().filter(|r| !r.answered).count();
        out.push(format!(
            "{} holds the red line {} against {}: it is crossed by {}, recognised with probability {}, and to be answered by {} within {} decisions, or silence costs {}. On record are {} crossings, {silent} of them left without an answer.",
            actor(s, line.holder),
            titled(&line.label, &line.name),
            actor(s, line.challenger),
            list(&crossings),
            words(s, &line.clarity),
            list(&answers),
            line.within,
            words(s, &line.silence_cost),
            line.record.len()
        ));
    }
    for table in &s.talks {
        let packages: Vec<String> = table
            .packages
            .iter()
            .map(|p| {
                format!(
                    "{} (implemented with probability {})",
                    titled(&p.label, &p.name),
                    words(s, &p.implementation)
                )
            })
            .collect();
        out.push(format!(
            "{} and {} can negotiate at {} about {}.",
            actor(s, table.sides[0]),
            actor(s, table.sides[1]),
            titled(&table.label, &table.name),
            list(&packages)
        ));
    }
    for ramp in &s.ramps {
        out.push(format!(
            "{} promises {} relief ({}) when {}; it is granted with probability {}.",
            actor(s, ramp.giver),
            actor(s, ramp.complier),
            titled(&ramp.label, &ramp.name),
            words(s, &ramp.condition),
            words(s, &ramp.credibility)
        ));
    }
    for front in &s.fronts {
        out.push(format!(
            "{} counts how many of {} fronts are lit.",
            variable(s, front.variable),
            front.count
        ));
        for ceiling in &front.ceilings {
            out.push(format!(
                "{} would bear it up to {}.",
                actor(s, ceiling.actor),
                level(s, front.variable, ceiling.level)
            ));
        }
    }
    for drift in &s.drifts {
        out.push(format!("{} drifts by itself.", variable(s, drift.variable)));
    }
    for coalition in &s.coalitions {
        out.push(format!(
            "{} leads {}, whose cohesion is {}.",
            actor(s, coalition.leader),
            titled(&coalition.label, &coalition.name),
            variable(s, coalition.cohesion)
        ));
    }
    out
}

fn ends(s: &Scenario) -> Vec<String> {
    s.ends
        .iter()
        .map(|end| {
            let mut text = format!(
                "The crisis ends as {} when {}.",
                titled(&end.label, &end.name),
                words(s, &end.when)
            );
            if !end.values.is_empty() {
                text += &format!(" Then {}.", payments(s, &end.values));
            }
            for flow in &end.flows {
                text += &format!(
                    " From then on {} gains {} {}.",
                    actor(s, flow.actor),
                    words(s, &flow.value),
                    per(flow.per_days)
                );
            }
            text
        })
        .collect()
}

fn asked(s: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    for (k, class) in s.classes.iter().enumerate() {
        let name = titled(&class.label, &class.name);
        let after = if k == 0 {
            ""
        } else {
            "if none of those before, "
        };
        out.push(match &class.rule {
            Rule::Ever(e) => format!(
                "The outcome is {name}, {after}if at some time in {} rounds {}.",
                s.window,
                words(s, e)
            ),
            Rule::AtEnd(e) => format!(
                "The outcome is {name}, {after}if after {} rounds {}.",
                s.window,
                words(s, e)
            ),
            Rule::Otherwise => format!("In all other cases the outcome is {name}."),
        });
    }
    for q in &s.questions {
        let mut text = format!(
            "Asked: {}; does it come to be within {} rounds that {}?",
            titled(&q.title, &q.name),
            q.within,
            words(s, &q.when)
        );
        if !q.resolves.is_empty() {
            text += &format!(" It is settled by: {}.", q.resolves);
        }
        out.push(text);
    }
    out
}

fn seen(s: &Scenario) -> Vec<String> {
    s.observed
        .iter()
        .map(|o| {
            let items: Vec<String> = o
                .items
                .iter()
                .map(|item| match item {
                    Sighting::Label(label) => label.clone(),
                    Sighting::Level(v, l) => format!("{} at {}", variable(s, *v), level(s, *v, *l)),
                })
                .collect();
            let what = if items.is_empty() {
                "nothing of note".into()
            } else {
                list(&items)
            };
            format!("By {}, in round {}: {what}.", o.date, o.round + 1)
        })
        .collect()
}

fn rivals(s: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    for p in &s.policies {
        out.push(format!(
            "Policy {}: {} changes to the scenario. {}",
            titled(&p.label, &p.name),
            p.changes.len(),
            p.text
        ));
    }
    for structure in &s.structures {
        let each: Vec<String> = structure
            .alternatives
            .iter()
            .map(|a| format!("{} (weight {})", a.label, number(a.weight)))
            .collect();
        out.push(format!(
            "Rival assumptions about {}: {}.",
            titled(&structure.label, &structure.name),
            list(&each)
        ));
    }
    for m in &s.mindsets {
        out.push(format!(
            "Another mindset of {}: {}. {}",
            actor(s, m.actor),
            titled(&m.label, &m.name),
            m.text
        ));
    }
    for b in &s.base_rates {
        out.push(format!(
            "Base rate {}: {} of {} ({}).",
            titled(&b.label, &b.name),
            number(b.value),
            b.population,
            b.source
        ));
    }
    out.iter().map(|t| t.trim_end().to_owned()).collect()
}

fn derived(s: &Scenario) -> Vec<String> {
    s.derived
        .iter()
        .map(|d| format!("{} stands for {}.", d.name, words(s, &d.value)))
        .collect()
}

/// A parameter in one line.
fn parameter(p: &climbdown_lang::scenario::Parameter) -> String {
    let unit = if p.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", p.unit)
    };
    let at = |x: f64| number(x * p.scale);
    let range = if p.low == p.high {
        String::new()
    } else {
        format!(", from {} to {}", at(p.low), at(p.high))
    };
    let text = if p.text.is_empty() {
        String::new()
    } else {
        format!(": {}", p.text)
    };
    let source = if p.source.is_empty() {
        "no source"
    } else {
        &p.source
    };
    format!(
        "{} is {}{unit}{range}{text} ({source}).",
        p.name,
        at(p.central)
    )
}

fn judged(s: &Scenario) -> Vec<String> {
    let judged = s
        .parameters
        .iter()
        .filter(|p| matches!(p.grade, Some(Grade::C) | None));
    judged.map(parameter).collect()
}

fn sourced(s: &Scenario) -> Vec<String> {
    let sourced = s
        .parameters
        .iter()
        .filter(|p| matches!(p.grade, Some(Grade::A | Grade::B)));
    sourced.map(parameter).collect()
}

/// An expression of a scenario in plain English.
pub fn in_words(scenario: &Scenario, expression: &Expr) -> String {
    words(scenario, expression)
}
