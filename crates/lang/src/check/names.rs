//! What each name stands for, and the messages when it stands for nothing.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::scenario::{ActorId, MoveId, VariableId};
use crate::source::Span;
use crate::suggest::{did_you_mean, one_slip};
use crate::syntax::ast::{self, Name, Path};
use std::collections::{HashMap, HashSet};

/// What a bare name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Index in the parameters.
    Parameter(u32),
    /// Index in the variables.
    Variable(u32),
    /// Index in [`Names::derived`], which is the written order.
    Derived(u32),
    /// Index in the actors.
    Actor(u32),
}

impl Item {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Parameter(_) => "parameter",
            Self::Variable(_) => "variable",
            Self::Derived(_) => "derived quantity",
            Self::Actor(_) => "actor",
        }
    }
}

/// Names that might have been meant, and where they are declared.
pub(crate) type Candidates = Vec<(String, Option<Span>)>;

/// All declared names. The first declaration of a name counts.
#[derive(Default)]
pub(crate) struct Names<'a> {
    pub items: HashMap<&'a str, (Item, Span)>,
    pub broken: HashSet<&'a str>,
    pub parameters: Vec<&'a ast::Parameter<'a>>,
    pub variables: Vec<&'a ast::Variable<'a>>,
    pub derived: Vec<&'a ast::Derived<'a>>,
    pub actors: Vec<&'a ast::Actor<'a>>,
    pub moves: Vec<(ActorId, &'a ast::Move<'a>)>,
    pub move_ids: HashMap<(u32, &'a str), MoveId>,
    /// Position in the sorted order of each derived quantity; `None` on a cycle.
    pub derived_ids: Vec<Option<u32>>,
    /// Searches for similar names so far, which are costly in a huge broken file.
    searches: usize,
}

impl<'a> Checker<'a> {
    /// Enters all names, reports doubles.
    pub(crate) fn collect_names(&mut self) {
        let file = self.file;
        self.names.broken = file.broken.iter().copied().collect();
        for p in &file.parameters {
            let item = Item::Parameter(self.names.parameters.len() as u32);
            if self.enter(p.name, item) {
                self.names.parameters.push(p);
            }
        }
        for v in &file.variables {
            let item = Item::Variable(self.names.variables.len() as u32);
            if self.enter(v.name, item) {
                self.names.variables.push(v);
            }
        }
        for d in &file.derived {
            let item = Item::Derived(self.names.derived.len() as u32);
            if self.enter(d.name, item) {
                self.names.derived.push(d);
            }
        }
        for a in &file.actors {
            let item = Item::Actor(self.names.actors.len() as u32);
            if self.enter(a.name, item) {
                self.names.actors.push(a);
            }
        }
        self.shadowing_types();
        for m in &file.moves {
            let Some(actor) = self.actor(m.actor) else {
                continue;
            };
            let declared = self.names.actors[actor.0 as usize];
            if declared.payer {
                self.payer_moves(m.actor, declared.name, "has a move");
                continue;
            }
            let id = MoveId(self.names.moves.len() as u32);
            match self.names.move_ids.get(&(actor.0, m.name.text)) {
                Some(first) => {
                    let first = self.names.moves[first.0 as usize].1.name.span;
                    let text = format!("{}.{}", m.actor.text, m.name.text);
                    self.double(m.actor.span.to(m.name.span), first, &text);
                }
                None => {
                    self.names.move_ids.insert((actor.0, m.name.text), id);
                    self.names.moves.push((actor, m));
                }
            }
        }
        self.used_parameters = vec![false; self.names.parameters.len()];
        self.used_variables = vec![false; self.names.variables.len()];
        self.used_derived = vec![false; self.names.derived.len()];
    }

    fn enter(&mut self, name: Name<'a>, item: Item) -> bool {
        if let Some((other, first)) = self.names.items.get(name.text).copied() {
            if other.kind() == item.kind() {
                self.double(name.span, first, name.text);
            } else {
                self.report(
                    Diagnostic::error(
                        "E0203",
                        name.span,
                        format!(
                            "the {} `{}` shadows the {} of that name",
                            item.kind(),
                            name.text,
                            other.kind()
                        ),
                    )
                    .label("expected another name")
                    .related(first, "declared here")
                    .help("rename one of them"),
                );
            }
            // Which of the two a use means is unknown.
            if other.kind() != item.kind() {
                self.names.broken.insert(name.text);
            }
            return false;
        }
        self.names.items.insert(name.text, (item, name.span));
        true
    }

    /// A name is declared twice.
    pub(crate) fn double(&mut self, span: Span, first: Span, name: &str) {
        self.report(
            Diagnostic::error("E0202", span, format!("`{name}` is declared twice"))
                .label("expected another name")
                .related(first, "declared first here")
                .help("rename one of them, or remove it"),
        );
    }

    /// Reports doubles in a list of names.
    pub(crate) fn doubles(&mut self, names: impl Iterator<Item = Name<'a>>) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in names {
            if let Some(first) = seen.get(name.text).copied() {
                self.double(name.span, first, name.text);
            } else {
                seen.insert(name.text, name.span);
            }
        }
    }

    fn shadowing_types(&mut self) {
        for actor in self.names.actors.clone() {
            self.doubles(actor.types.iter().map(|t| t.name));
            for kind in &actor.types {
                if let Some((item, first)) = self.names.items.get(kind.name.text).copied() {
                    self.report(
                        Diagnostic::error(
                            "E0203",
                            kind.name.span,
                            format!(
                                "the type `{}` shadows the {} of that name",
                                kind.name.text,
                                item.kind()
                            ),
                        )
                        .label("expected another name")
                        .related(first, "declared here")
                        .help("rename one of them"),
                    );
                }
            }
        }
    }

    /// Similar names, unless too many searches were made.
    pub(crate) fn near<'c>(
        &mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.names.searches += 1;
        if self.names.searches > 100 {
            return None;
        }
        did_you_mean(word, candidates)
    }

    /// Reports an unknown name, with the nearest of `candidates`, or where they all are.
    pub(crate) fn unknown(
        &mut self,
        code: &'static str,
        name: Name<'_>,
        what: &str,
        candidates: Candidates,
    ) {
        self.unknown_among(code, name, what, candidates, Vec::new());
    }

    /// The same, with places that may matter besides, and what is there.
    pub(crate) fn unknown_among(
        &mut self,
        code: &'static str,
        name: Name<'_>,
        what: &str,
        candidates: Candidates,
        besides: Vec<(Span, &'static str)>,
    ) {
        if self.names.broken.contains(name.text) {
            return;
        }
        let near = self
            .near(name.text, candidates.iter().map(|(text, _)| text.as_str()))
            .map(str::to_owned);
        let article = if what.starts_with(['a', 'e', 'o']) {
            "an"
        } else {
            "a"
        };
        let found = Diagnostic::error(code, name.span, format!("unknown {what} `{}`", name.text))
            .label(format!("expected {article} {what}"));
        let list = || {
            let names: Vec<&str> = candidates.iter().map(|(text, _)| text.as_str()).collect();
            names.join(", ")
        };
        let few = candidates.len() <= 32 && code != "E0201";
        let declared = |span| (span, "declared here");
        let all = candidates.iter().filter_map(|(_, span)| *span);
        let all = all.map(declared);
        let near_places = candidates
            .iter()
            .filter(|(text, _)| near.as_ref() == Some(text));
        let near_places = near_places.filter_map(|(_, span)| *span);
        let mut places: Vec<(Span, &str)> = near_places.map(declared).collect();
        places.extend(besides);
        // It may have been declared as something else by mistake.
        let other = self.names.items.get(name.text);
        places.extend(other.map(|(_, span)| declared(*span)));
        let found = match &near {
            Some(near) => {
                self.mark_used(near);
                // Or the name that was meant was changed where it is declared.
                if few && !one_slip(name.text, near) {
                    places.extend(all);
                }
                found
                    .help(format!("did you mean `{near}`?"))
                    .fix(name.span, near.clone())
            }
            None if candidates.is_empty() => found.help(format!(
                "none is declared: declare one, or remove this {what}"
            )),
            None if few => {
                places.extend(all);
                found.help(format!("there are: {}", list()))
            }
            None => {
                // What a construct makes is named after it.
                let made = self.file.talks.iter().map(|t| t.name.span);
                let made = made.chain(self.file.ramps.iter().map(|r| r.name.span));
                places.extend(made.take(8).map(declared));
                match candidates.len() {
                    0..=8 => found.help(format!("there are: {}", list())),
                    _ => found.help("declare it, or use a declared one"),
                }
            }
        };
        let mut told = HashSet::new();
        places.retain(|(place, _)| told.insert(*place));
        let found = places
            .into_iter()
            .fold(found, |found, (place, what)| found.related(place, what));
        self.report(found);
    }

    /// A name that was probably meant counts as read.
    pub(crate) fn mark_used(&mut self, name: &str) {
        match self.names.items.get(name) {
            Some((Item::Parameter(index), _)) => self.used_parameters[*index as usize] = true,
            Some((Item::Variable(index), _)) => self.used_variables[*index as usize] = true,
            Some((Item::Derived(index), _)) => self.used_derived[*index as usize] = true,
            _ => {}
        }
    }

    pub(crate) fn actor_names(&self) -> Candidates {
        let actors = self.names.actors.iter();
        actors
            .map(|a| (a.name.text.to_owned(), Some(a.name.span)))
            .collect()
    }

    pub(crate) fn variable_names(&self) -> Candidates {
        let variables = self.names.variables.iter();
        variables
            .map(|v| (v.name.text.to_owned(), Some(v.name.span)))
            .collect()
    }

    /// The actor of this name, reported when there is none.
    pub(crate) fn actor(&mut self, name: Name<'_>) -> Option<ActorId> {
        if let Some((Item::Actor(index), _)) = self.names.items.get(name.text) {
            return Some(ActorId(*index));
        }
        let candidates = self.actor_names();
        self.unknown("E0205", name, "actor", candidates);
        None
    }

    /// The variable of this name, reported when there is none.
    pub(crate) fn variable(&mut self, name: Name<'_>) -> Option<VariableId> {
        if let Some((Item::Variable(index), _)) = self.names.items.get(name.text) {
            return Some(VariableId(*index));
        }
        let candidates = self.variable_names();
        self.unknown("E0209", name, "variable", candidates);
        None
    }

    /// The level of this name, reported when the variable has none.
    pub(crate) fn level(&mut self, variable: VariableId, name: Name<'_>) -> Option<u32> {
        let declared = self.names.variables[variable.0 as usize];
        let levels = declared.levels.as_ref()?;
        if let Some(index) = levels
            .value
            .iter()
            .position(|(level, _)| level.text == name.text)
        {
            return Some(index as u32);
        }
        let candidates: Vec<String> = levels
            .value
            .iter()
            .map(|(l, _)| l.text.to_owned())
            .collect();
        let near = self
            .near(name.text, candidates.iter().map(String::as_str))
            .map(str::to_owned);
        let list = candidates.join(", ");
        let variable_name = declared.name.text;
        let found = Diagnostic::error(
            "E0204",
            name.span,
            format!("`{variable_name}` has no level `{}`", name.text),
        )
        .label(format!("expected one of: {list}"))
        .related(levels.span, "its levels");
        // Levels that a construct made stand at its lines.
        let mut apart: Vec<Span> = levels.value.iter().map(|(l, _)| l.span).collect();
        apart.retain(|s| s.start < levels.span.start || s.end > levels.span.end);
        apart.dedup();
        let found = apart
            .into_iter()
            .take(16)
            .fold(found, |found, span| found.related(span, "a level too"));
        self.report(match near {
            Some(near) => found
                .help(format!("did you mean `{near}`?"))
                .fix(name.span, near),
            None => found
                .related(declared.name.span, "declared here")
                .help(format!("levels of `{variable_name}`: {list}")),
        });
        None
    }

    /// The move of this path; `default_actor` stands in when the actor is not written.
    pub(crate) fn move_id(
        &mut self,
        path: Path<'_>,
        default_actor: Option<ActorId>,
    ) -> Option<MoveId> {
        let actor = match (path.owner, default_actor) {
            (Some(owner), _) => self.actor(owner)?,
            (None, Some(actor)) => actor,
            (None, None) => {
                let candidates: Vec<String> = self
                    .names
                    .moves
                    .iter()
                    .filter(|(_, m)| m.name.text == path.name.text)
                    .map(|(_, m)| format!("{}.{}", m.actor.text, m.name.text))
                    .collect();
                let found =
                    Diagnostic::error("E0206", path.span(), "a move is named with its actor")
                        .label("expected `ACTOR.MOVE`");
                self.report(match candidates.first() {
                    Some(first) => found
                        .help(format!("did you mean `{first}`?"))
                        .fix(path.span(), first.clone()),
                    None => found,
                });
                return None;
            }
        };
        if let Some(id) = self.names.move_ids.get(&(actor.0, path.name.text)) {
            return Some(*id);
        }
        let own = path.owner.is_none();
        let (moves, others): (Vec<_>, Vec<_>) =
            self.names.moves.iter().partition(|(a, _)| *a == actor);
        let candidates = moves
            .iter()
            .map(|(_, m)| (m.name.text.to_owned(), Some(m.name.span)))
            .collect();
        // A move of that name, but of another.
        let others = others.iter().filter(|(_, m)| m.name.text == path.name.text);
        let others = others.map(|(_, m)| (m.actor.span.to(m.name.span), "another's"));
        let others = others.collect();
        let what = if own { "move" } else { "move of this actor" };
        self.unknown_among("E0206", path.name, what, candidates, others);
        None
    }

    /// The index of a type of an actor.
    pub(crate) fn type_index(&self, actor: ActorId, name: &str) -> Option<u32> {
        let types = &self.names.actors[actor.0 as usize].types;
        types
            .iter()
            .position(|t| t.name.text == name)
            .map(|i| i as u32)
    }

    pub(crate) fn type_names(&self, actor: ActorId) -> Candidates {
        let types = self.names.actors[actor.0 as usize].types.iter();
        types
            .map(|t| (t.name.text.to_owned(), Some(t.name.span)))
            .collect()
    }
}
