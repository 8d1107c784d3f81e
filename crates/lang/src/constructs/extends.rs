//! `extends "base.crisis"` and `remove NAME`: a scenario written as its difference from another.
//!
//! Files are merged before anything is understood, block by block (see [`crate::blocks`]), so every
//! construct can be overridden by its name without knowing of this. What is merged is a text of its
//! own, the *effective* one; [`Sources`] knows from which file each stretch of it came.

use crate::Checked;
use crate::blocks::{Block, Key, blocks};
use crate::check::Options;
use crate::diagnostic::Diagnostic;
use crate::source::{Effective, SourceFile, Sources, Span};
use crate::suggest::did_you_mean;
use crate::syntax::ast::Remove;
use crate::syntax::{MAX_SOURCE_BYTES, parse};
use std::collections::HashMap;
use std::ops::Range;

/// Most files of one scenario.
pub const MAX_FILES: usize = 16;

/// Finds the files that a scenario extends. The language itself reads none.
pub trait Loader {
    /// The file that `path` names, as written in the file `from`.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words.
    fn load(&mut self, from: &str, path: &str) -> Result<Loaded, String>;
}

/// A file that was found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its name for people; [`Loader::load`] is asked with it for what it extends in turn.
    pub name: String,
    /// The same for the same file however it is reached, to see a circle.
    pub identity: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Finds files among those at hand, by name and wherever they are asked from: (name, text) of each. For
/// texts that come from no place.
pub struct AtHand<'a>(pub &'a [(&'a str, &'a str)]);

impl Loader for AtHand<'_> {
    fn load(&mut self, _: &str, path: &str) -> Result<Loaded, String> {
        let Some((name, text)) = self.0.iter().find(|(name, _)| *name == path) else {
            return Err("this text comes from no file, so there is no place to look in".into());
        };
        Ok(Loaded {
            name: (*name).to_owned(),
            identity: (*name).to_owned(),
            bytes: text.as_bytes().to_vec(),
        })
    }
}

/// A scenario with what it extends.
#[derive(Debug)]
pub struct Resolved {
    /// The text to be checked.
    pub sources: Sources,
    /// What is wrong with the way the files hang together; nothing is checked then.
    pub diagnostics: Vec<Diagnostic>,
}

impl Resolved {
    /// Checks the scenario.
    pub fn check(&self, options: Options) -> Checked {
        if self.diagnostics.is_empty() {
            crate::check_with(self.sources.text(), options)
        } else {
            crate::refused(self.diagnostics.clone())
        }
    }
}

/// Reads what the scenario `text` of the file `root` extends, and merges it.
pub fn resolve(root: Loaded, loader: &mut dyn Loader) -> Resolved {
    let text = match crate::text(&root.bytes) {
        Ok(text) => text.to_owned(),
        Err(found) => {
            let shown = String::from_utf8_lossy(&root.bytes);
            return Resolved {
                sources: Sources::single(&root.name, &shown),
                diagnostics: vec![*found],
            };
        }
    };
    if !text.contains("extends") {
        return Resolved {
            sources: Sources::single(&root.name, &text),
            diagnostics: Vec::new(),
        };
    }
    let mut chain = Chain {
        files: Vec::new(),
        identities: Vec::new(),
        bytes: 0,
    };
    chain.add(root.name, root.identity, text);
    match chain.resolve(loader) {
        Ok(effective) => Resolved {
            sources: Sources::new(effective, chain.files),
            diagnostics: Vec::new(),
        },
        // Shown in the file that they are about.
        Err((file, diagnostics)) => {
            let text = chain.files.get(file).map_or("", |f| f.text.as_str());
            Resolved {
                sources: Sources::new(Effective::whole(file, text), chain.files),
                diagnostics,
            }
        }
    }
}

/// The files from the one asked for down to the last base.
struct Chain {
    files: Vec<SourceFile>,
    identities: Vec<String>,
    bytes: usize,
}

type Wrong = (usize, Vec<Diagnostic>);

impl Chain {
    fn add(&mut self, name: String, identity: String, text: String) {
        self.bytes += text.len();
        self.files.push(SourceFile { name, text });
        self.identities.push(identity);
    }

    fn resolve(&mut self, loader: &mut dyn Loader) -> Result<Effective, Wrong> {
        let mut last = 0;
        while let Some((path, span)) = extended(&self.files[last].text) {
            self.load(last, &path, span, loader)
                .map_err(|found| (last, vec![*found]))?;
            last += 1;
        }
        let mut effective = Effective::whole(last, &self.files[last].text);
        for file in (0..last).rev() {
            effective =
                merge(&effective, file, &self.files[file].text).map_err(|found| (file, found))?;
        }
        Ok(effective)
    }

    fn load(
        &mut self,
        from: usize,
        path: &str,
        span: Span,
        loader: &mut dyn Loader,
    ) -> Result<(), Box<Diagnostic>> {
        let cannot = |reason: String| {
            let message = format!("cannot extend \"{path}\": {reason}");
            Box::new(
                Diagnostic::error("E0430", span, message)
                    .label("expected a scenario file that can be read")
                    .help("the path is taken from the folder of the file that it stands in"),
            )
        };
        let loaded = loader.load(&self.files[from].name, path).map_err(cannot)?;
        if let Some(first) = self.identities.iter().position(|i| *i == loaded.identity) {
            let way: Vec<&str> = self.files[first..]
                .iter()
                .map(|f| f.name.as_str())
                .collect();
            let found = Diagnostic::error("E0431", span, "a scenario extends itself")
                .label("expected a file that does not lead back here")
                .help(format!("the circle: {} → {}", way.join(" → "), loaded.name));
            return Err(found.into());
        }
        if self.files.len() == MAX_FILES || self.bytes + loaded.bytes.len() > MAX_SOURCE_BYTES {
            let message = format!("\"{path}\" makes the scenario too large");
            let room =
                format!("expected at most {MAX_FILES} files with {MAX_SOURCE_BYTES} bytes in all");
            let found = Diagnostic::error("E0432", span, message)
                .label(room)
                .help("let the file extend an earlier base");
            return Err(found.into());
        }
        let text = crate::text(&loaded.bytes).map_err(|found| cannot(found.message))?;
        self.add(loaded.name, loaded.identity, text.to_owned());
        Ok(())
    }
}

/// The path that a text extends and where it is written.
fn extended(text: &str) -> Option<(String, Span)> {
    if !text.contains("extends") {
        return None;
    }
    let parsed = parse(text);
    let path = parsed.file.headers.first()?.extends.as_ref()?;
    Some((path.value.clone(), path.span))
}

/// The text of `base` changed by what stands in `text`, which is file number `file`.
fn merge(base: &Effective, file: usize, text: &str) -> Result<Effective, Vec<Diagnostic>> {
    let own = Effective::whole(file, text);
    let (below, above) = (blocks(&base.text), blocks(text));
    let parsed = parse(text);
    // The line that says what is extended is left out, and what is wrong with it would be as well.
    let headers = above.blocks.iter().filter(|b| b.kind == "scenario");
    let properties = headers.flat_map(|b| &b.properties);
    let left_out = properties.filter(|p| p.key == "extends").map(|p| &p.text);
    let wrong: Vec<Diagnostic> = parsed
        .diagnostics
        .iter()
        .filter(|d| {
            left_out
                .clone()
                .any(|r| r.contains(&(d.span.start as usize)))
        })
        .cloned()
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let removed = removed(&parsed.file.removes, &below.blocks)?;
    let mut placed = vec![false; above.blocks.len()];
    let mut changes: HashMap<&Key, usize> = HashMap::new();
    for (at, block) in above.blocks.iter().enumerate() {
        if let Some(key) = &block.key {
            changes.entry(key).or_insert(at);
        }
    }
    let mut out = Effective::default();
    for (block, removed) in below.blocks.iter().zip(&removed) {
        if *removed {
            continue;
        }
        let changed = block.key.as_ref().and_then(|key| changes.get(key).copied());
        match changed {
            // A second declaration of the same name below is a mistake that the checker reports.
            Some(at) if !placed[at] => {
                placed[at] = true;
                over(&mut out, (base, block), (&own, &above.blocks[at]));
            }
            _ => {
                out.push(base, block.lead.clone());
                out.push(base, block.body());
            }
        }
    }
    for (block, placed) in above.blocks.iter().zip(placed) {
        if !placed && block.kind != "remove" {
            out.push(&own, block.lead.clone());
            out.push(&own, block.head.clone());
            kept(block).for_each(|range| out.push(&own, range));
        }
    }
    out.push(base, below.tail);
    out.push(&own, above.tail);
    Ok(out)
}

/// Properties of a block without the one that said what it extends.
fn kept(block: &Block) -> impl Iterator<Item = Range<usize>> + '_ {
    let header = block.kind == "scenario";
    block
        .properties
        .iter()
        .filter(move |p| !(header && p.key == "extends"))
        .map(|p| p.text.clone())
}

/// One declaration over another of the same name. Of those with properties, a property replaces the
/// base's ones that set the same thing, and the others stay; everything else is replaced as a whole.
fn over(out: &mut Effective, (base, old): (&Effective, &Block), (own, new): (&Effective, &Block)) {
    out.push(own, new.lead.clone());
    let open = matches!(
        new.kind.as_str(),
        "scenario"
            | "variable"
            | "ladder"
            | "actor"
            | "move"
            | "trigger"
            | "end"
            | "drift"
            | "front"
            | "coalition"
            | "red line"
            | "talks"
            | "ramp"
    );
    if !open {
        out.push(own, new.body());
        return;
    }
    // `variable strait` alone keeps what the base says behind the name, such as a text for people.
    let bare = match new.kind.as_str() {
        "move" => 4,
        "red line" => 3,
        _ => 2,
    };
    if new.kind == old.kind && new.head_tokens <= bare && new.kind != "scenario" {
        out.push(base, old.head.clone());
    } else {
        out.push(own, new.head.clone());
    }
    let mut written: Vec<&str> = Vec::new();
    for property in &old.properties {
        let key = property.key.as_str();
        let replaced = new.properties.iter().any(|p| p.key == key);
        if !replaced {
            out.push(base, property.text.clone());
        } else if !written.contains(&key) && key != "extends" {
            written.push(key);
            let same = new.properties.iter().filter(|p| p.key == key);
            same.for_each(|p| out.push(own, p.text.clone()));
        }
    }
    for property in &new.properties {
        let key = property.key.as_str();
        if !written.contains(&key) && key != "extends" {
            out.push(own, property.text.clone());
        }
    }
}

/// Which blocks of the base are removed.
fn removed(removes: &[Remove], base: &[Block]) -> Result<Vec<bool>, Vec<Diagnostic>> {
    let mut gone = vec![false; base.len()];
    let mut wrong = Vec::new();
    for remove in removes {
        let named = |b: &Block| b.key.as_ref().is_some_and(|k| k.name == remove.name);
        let fits = |b: &Block| named(b) && remove.kind.as_ref().is_none_or(|k| *k == b.kind);
        let mut sets: Vec<&Key> = base
            .iter()
            .filter(|b| fits(b))
            .filter_map(|b| b.key.as_ref())
            .collect();
        sets.dedup();
        match sets.as_slice() {
            [] => wrong.push(unknown(remove, base)),
            [one] => {
                for (block, gone) in base.iter().zip(&mut gone) {
                    *gone |= block.key.as_ref() == Some(one);
                }
            }
            [first, ..] => wrong.push(
                Diagnostic::error(
                    "E0434",
                    remove.span,
                    format!("several things are called `{}`", remove.name),
                )
                .label("expected the kind before the name")
                .help(format!("write `remove {} {}`", first.set, remove.name)),
            ),
        }
    }
    if wrong.is_empty() {
        Ok(gone)
    } else {
        Err(wrong)
    }
}

fn unknown(remove: &Remove, base: &[Block]) -> Diagnostic {
    let found = Diagnostic::error(
        "E0433",
        remove.span,
        format!("the base declares no `{}`", remove.name),
    )
    .label("expected a name that the base declares");
    let names = base
        .iter()
        .filter(|b| remove.kind.as_ref().is_none_or(|k| *k == b.kind))
        .filter_map(|b| b.key.as_ref())
        .map(|k| k.name.as_str());
    match did_you_mean(&remove.name, names) {
        Some(near) => found
            .help(format!("did you mean `{near}`?"))
            .fix(remove.span, near),
        None => found.help("take this line away, or name what is to go"),
    }
}
