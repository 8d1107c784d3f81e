//! A source as a list of blocks: declarations with the names they go by, and their properties.
//!
//! Works on tokens and lines alone, before anything is understood, so every declaration is a block,
//! those of any construct too. `extends` merges blocks, a comparison of two files matches them.

use crate::syntax::layout::{Layout, arrange};
use crate::syntax::lexer::{Token, TokenKind, Tokens, lex};
use std::ops::Range;

/// What a declaration is called: names of different kinds may be the same where they stand in
/// different sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The set of names: "name" for parameters, variables, derived quantities and actors, else the
    /// declaring words, such as "move" or "red line".
    pub set: String,
    /// The name: "strait", "us.strike"; empty for what stands once in a file.
    pub name: String,
}

/// One declaration with the comments above it.
#[derive(Clone, Debug)]
pub struct Block {
    /// The declaring words, such as "parameter" or "red line".
    pub kind: String,
    /// What it is called; `None` where that cannot be told, or for what has no name.
    pub key: Option<Key>,
    /// Bytes of the lines above it that hold no declaration: comments and blank lines.
    pub lead: Range<usize>,
    /// Bytes of its first line, with the line end.
    pub head: Range<usize>,
    /// Words and signs of its first line.
    pub head_tokens: usize,
    /// Its properties in order.
    pub properties: Vec<Property>,
}

/// One property with everything below it, and the comments between it and the one before.
#[derive(Clone, Debug)]
pub struct Property {
    /// What it sets: "when", "cost us", "outcome". Properties of one block that set the same thing
    /// have the same key.
    pub key: String,
    /// Bytes of its lines, with the last line end.
    pub text: Range<usize>,
}

impl Block {
    /// Bytes of the declaration without the comments above.
    pub fn body(&self) -> Range<usize> {
        let end = self.properties.last().map_or(self.head.end, |p| p.text.end);
        self.head.start..end
    }
}

/// The blocks of a source, and the bytes of what stands below the last.
pub struct Blocks {
    /// In the written order.
    pub blocks: Vec<Block>,
    /// Bytes of the comments at the end.
    pub tail: Range<usize>,
}

/// Splits a source into blocks.
pub fn blocks(text: &str) -> Blocks {
    let lexed = lex(text);
    let layout = arrange(&lexed);
    let splitter = Splitter {
        text,
        lexed: &lexed,
        layout: &layout,
    };
    let mut out = Vec::new();
    let mut start = 0;
    for root in layout.roots() {
        let block = splitter.block(root, start);
        start = block.body().end;
        out.push(block);
    }
    Blocks {
        blocks: out,
        tail: start..text.len(),
    }
}

/// A stretch of source as a list of words and signs, without comments and layout: two stretches
/// with the same list say the same.
pub fn said(text: &str) -> Vec<String> {
    let tokens = lex(text).tokens;
    tokens
        .iter()
        .filter_map(|t| text.get(t.span.start as usize..t.span.end as usize))
        .map(str::to_owned)
        .collect()
}

struct Splitter<'a> {
    text: &'a str,
    lexed: &'a Tokens,
    layout: &'a Layout,
}

impl<'a> Splitter<'a> {
    /// First byte of the physical line behind a line of the tree and all below it.
    fn end(&self, line: usize) -> usize {
        let last = self.layout.lines[line].end - 1;
        let raw = self.layout.lines[last].raw;
        self.line_start(raw + 1)
    }

    fn line_start(&self, raw: usize) -> usize {
        let start = self.lexed.lines.get(raw).map(|l| l.start as usize);
        start.unwrap_or(self.text.len()).min(self.text.len())
    }

    fn token(&self, line: usize, ahead: usize) -> Option<Token> {
        let line = &self.layout.lines[line];
        let at = line.first + ahead;
        (at < line.last).then(|| self.lexed.tokens[at])
    }

    fn word(&self, line: usize, ahead: usize) -> &'a str {
        match self.token(line, ahead) {
            Some(t) if t.kind == TokenKind::Name => self
                .text
                .get(t.span.start as usize..t.span.end as usize)
                .unwrap_or(""),
            _ => "",
        }
    }

    fn block(&self, root: usize, start: usize) -> Block {
        let line = &self.layout.lines[root];
        let head_start = self.line_start(line.raw);
        let head_end = self.line_start(line.raw + 1);
        let two = matches!(
            (self.word(root, 0), self.word(root, 1)),
            ("red", "line") | ("base", "rate")
        );
        let kind = if two {
            format!("{} {}", self.word(root, 0), self.word(root, 1))
        } else {
            self.word(root, 0).to_owned()
        };
        let first = if two { 2 } else { 1 };
        let name = match (self.word(root, first), self.token(root, first + 1)) {
            ("", _) => String::new(),
            (owner, Some(t)) if t.kind == TokenKind::Dot => {
                format!("{owner}.{}", self.word(root, first + 2))
            }
            (name, _) => name.to_owned(),
        };
        let set = match kind.as_str() {
            "parameter" | "variable" | "ladder" | "derived" | "actor" | "payer" | "drift"
            | "front" | "coalition" => "name",
            other => other,
        };
        let once = matches!(kind.as_str(), "scenario" | "outcomes");
        let key = if once || (!name.is_empty() && !matches!(kind.as_str(), "remove" | "observed")) {
            let name = if once { String::new() } else { name };
            let set = set.to_owned();
            Some(Key { set, name })
        } else {
            None
        };
        let mut properties = Vec::new();
        let mut from = head_end;
        for child in self.layout.children(root) {
            let end = self.end(child);
            properties.push(Property {
                key: self.property(&kind, child),
                text: from..end,
            });
            from = end;
        }
        Block {
            kind,
            key,
            lead: start..head_start,
            head: head_start..head_end,
            head_tokens: line.last - line.first,
            properties,
        }
    }

    /// What stands behind the point of `WORD OWNER.NAME`, with the point.
    fn after_point(&self, line: usize) -> String {
        match self.word(line, 3) {
            "" => String::new(),
            name => format!(".{name}"),
        }
    }

    /// What a property sets.
    fn property(&self, kind: &str, line: usize) -> String {
        let (first, second) = (self.word(line, 0), self.word(line, 1));
        match (kind, first) {
            (_, "cost" | "gain" | "value" | "flow") => format!("{first} {second}"),
            ("trigger", "rate" | "probability") => "rate or probability".into(),
            ("trigger", "believed") if second != "times" => "believed rate or probability".into(),
            (_, "believed") => format!("believed {second}"),
            ("actor", "afterwards") => "afterwards".into(),
            ("mindset", "payoff" | "prior") => format!("{first} {second}"),
            (_, "without") => format!("without {second}{}", self.after_point(line)),
            (
                "talks",
                "offering" | "meeting" | "accepting" | "audience" | "rejecting" | "raising"
                | "price" | "package",
            )
            | ("coalition", "member")
            | ("front", "ceiling")
            | ("ramp", "relief") => format!("{first} {second}"),
            ("structure", "alternative") => format!("alternative {second}"),
            (_, "as" | "known" | "cleared" | "seen" | "looks" | "only" | "ended") => {
                format!("{first} {second}")
            }
            (_, "") => "text".into(),
            _ => first.to_owned(),
        }
    }
}
