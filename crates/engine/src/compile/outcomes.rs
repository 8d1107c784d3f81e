//! What is asked: outcome classes and questions, as watched sets of states.

use super::expression::{PUBLIC, Value};
use super::{Context, Lowering};
use crate::game::{Class, Question, Rule};
use climbdown_lang::scenario::{Expr, Rule as Written};

/// Lowered conditions of classes and questions.
#[derive(Clone, Debug)]
pub struct Asked {
    conditions: Vec<Value>,
    /// Is it asked whether the condition was ever met?
    ever: Vec<bool>,
}

/// Classes, questions and the sets they watch.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// One flag a state.
    pub events: Vec<Vec<bool>>,
    /// First match first.
    pub classes: Vec<Class>,
    /// First passages.
    pub questions: Vec<Question>,
}

impl Asked {
    /// Lowers the conditions, classes first.
    pub fn lower(lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let classes = scenario.classes.iter().filter_map(|c| condition(&c.rule));
        let questions = scenario.questions.iter().map(|q| &q.when);
        let conditions = classes
            .chain(questions)
            .map(|c| lowering.value(c, PUBLIC))
            .collect();
        let rules = scenario.classes.iter().filter_map(|c| match c.rule {
            Written::Ever(_) => Some(true),
            Written::AtEnd(_) => Some(false),
            Written::Otherwise => None,
        });
        let ever = rules.chain(scenario.questions.iter().map(|_| true));
        Self {
            conditions,
            ever: ever.collect(),
        }
    }

    /// The conditions whose first passages are asked for.
    pub fn ever(&self) -> impl Iterator<Item = &Value> {
        let asked = self.conditions.iter().zip(&self.ever);
        asked
            .filter(|(_, ever)| **ever)
            .map(|(condition, _)| condition)
    }

    /// The sets of states whose first passages are asked for: state by id of discovery → it is inside.
    pub fn passages(&self, context: &mut Context) -> Vec<Vec<bool>> {
        let ids: Vec<u32> = (0..context.space.count() as u32).collect();
        let mut sets: Vec<Vec<bool>> = Vec::new();
        for condition in self.ever() {
            let set = inside(condition, &ids, context);
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
        sets
    }

    /// Evaluates the conditions over the states, given by id in state order. Equal sets are one.
    pub fn watch(&self, states: &[u32], context: &mut Context) -> Watched {
        let mut watched = Watched::default();
        let mut sets = Vec::with_capacity(self.conditions.len());
        for condition in &self.conditions {
            let set = inside(condition, states, context);
            let known = watched.events.iter().position(|e| *e == set);
            sets.push(known.unwrap_or_else(|| {
                watched.events.push(set);
                watched.events.len() - 1
            }) as u32);
        }
        let mut sets = sets.into_iter();
        for class in &context.scenario.classes {
            let set = if condition(&class.rule).is_some() {
                sets.next()
            } else {
                None
            };
            let rule = match (&class.rule, set) {
                (Written::Ever(_), Some(set)) => Rule::Ever(set),
                (Written::AtEnd(_), Some(set)) => Rule::AtEnd(set),
                _ => Rule::Otherwise,
            };
            let (name, label) = (class.name.clone(), class.label.clone());
            watched.classes.push(Class { name, label, rule });
        }
        for (question, event) in context.scenario.questions.iter().zip(sets) {
            watched.questions.push(Question {
                name: question.name.clone(),
                title: question.title.clone(),
                resolves: question.resolves.clone(),
                event,
                by: question.within,
            });
        }
        watched
    }
}

/// Whether the condition holds in each state, given by id.
fn inside(condition: &Value, states: &[u32], context: &mut Context) -> Vec<bool> {
    states
        .iter()
        .map(|id| {
            let levels = context.space.levels_of(*id).to_vec();
            context.condition(condition, &levels)
        })
        .collect()
}

fn condition(rule: &Written) -> Option<&Expr> {
    match rule {
        Written::Ever(expr) | Written::AtEnd(expr) => Some(expr),
        Written::Otherwise => None,
    }
}
