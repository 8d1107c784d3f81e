//! `remove NAME, us.strike, trigger spark`.

use super::Parser;
use crate::syntax::ast::Remove;
use crate::syntax::lexer::TokenKind;

impl Parser<'_, '_> {
    pub(super) fn remove(&mut self, line: usize) -> Option<()> {
        self.enter_all(line);
        self.cursor.position += 1;
        loop {
            let mut kind: Vec<&str> = Vec::new();
            // Words before the last one say what kind of thing is meant.
            while let (Some(word), Some(_)) = (self.cursor.word(0), self.cursor.word(1)) {
                kind.push(word);
                self.cursor.position += 1;
            }
            let path = self.cursor.path("the name of a declaration")?;
            let name = match path.owner {
                Some(owner) => format!("{}.{}", owner.text, path.name.text),
                None => path.name.text.to_owned(),
            };
            self.file.removes.push(Remove {
                kind: (!kind.is_empty()).then(|| kind.join(" ")),
                name,
                span: path.span(),
            });
            if !self.cursor.eat(TokenKind::Comma) {
                break;
            }
        }
        self.cursor.finish("the names")
    }
}
