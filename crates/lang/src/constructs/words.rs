//! Words that a construct makes: names of the variables, parameters and moves that it lowers to.

use std::cell::{Cell, OnceCell};

/// Keeps made words for as long as the syntax tree that names them.
///
/// Slots come in blocks of doubling size that never move, so that words can be handed out while
/// others are added.
#[derive(Debug, Default)]
pub struct Words {
    blocks: [OnceCell<Vec<OnceCell<String>>>; 32],
    count: Cell<u32>,
}

impl Words {
    /// Keeps a word.
    pub fn keep(&self, word: String) -> &str {
        let place = self.count.get() + 1;
        self.count.set(place);
        let block = place.ilog2();
        let slots = self.blocks[block as usize]
            .get_or_init(|| (0..1usize << block).map(|_| OnceCell::new()).collect());
        slots[place as usize - (1 << block)].get_or_init(|| word)
    }
}
