//! Lists in lists, kept flat: a list in the text costs four bytes and its entries, where a vector of
//! vectors costs many times what was written, and a file may hold nothing but brackets.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;

/// What lists hold: entries are put behind those that are there.
pub trait Items: Default {
    /// Reads one more entry; false at the end of the list.
    fn push<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error>;
    /// Entries so far.
    fn len(&self) -> usize;
}

impl<T: for<'a> Deserialize<'a>> Items for Vec<T> {
    fn push<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let item = list.next_element()?;
        Ok(item.map(|item| Vec::push(self, item)).is_some())
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }
}

/// Texts, one behind the other.
#[derive(Default, PartialEq)]
pub struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Text `index`, which must be there.
    pub fn get(&self, index: usize) -> &str {
        &self.text[range(&self.ends, index)]
    }

    /// All texts, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.get(index))
    }
}

impl Items for Texts {
    fn push<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let more = list.next_element_seed(Appended(&mut self.text))?.is_some();
        if more {
            self.ends.push(length::<A::Error>(self.text.len())?);
        }
        Ok(more)
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Lists in lists, `DEPTH` below the outermost; `Flat<_, 0>` is a plain list.
pub struct Flat<S, const DEPTH: usize> {
    /// The entries of all lists.
    pub items: S,
    /// By level: where each list ends. Those of level 0 hold entries, of level 1 lists of level 0.
    ends: [Vec<u32>; DEPTH],
}

impl<S, const DEPTH: usize> Flat<S, DEPTH> {
    /// What each list of a level holds, as places in the level below.
    pub fn lists(&self, level: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
        (0..self.ends[level].len()).map(move |index| self.list(level, index))
    }

    /// What list `index` of a level holds.
    pub fn list(&self, level: usize, index: usize) -> Range<usize> {
        range(&self.ends[level], index)
    }
}

fn range(ends: &[u32], index: usize) -> Range<usize> {
    let start = index.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[index] as usize
}

/// Texts are shorter than 2^32 bytes.
fn length<E: Error>(length: usize) -> Result<u32, E> {
    u32::try_from(length).map_err(|_| E::custom("a list is too long"))
}

impl<'de, S: Items, const DEPTH: usize> Deserialize<'de> for Flat<S, DEPTH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut flat = Flat {
            items: S::default(),
            ends: std::array::from_fn(|_| Vec::new()),
        };
        let (items, ends) = (&mut flat.items, flat.ends.as_mut_slice());
        List { items, ends }.deserialize(deserializer)?;
        Ok(flat)
    }
}

/// Reads one list, with the levels below it.
struct List<'a, S> {
    items: &'a mut S,
    ends: &'a mut [Vec<u32>],
}

impl<'de, S: Items> DeserializeSeed<'de> for List<'_, S> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: Items> Visitor<'de> for List<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")?;
        self.ends.iter().try_for_each(|_| f.write_str(" of lists"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((own, below)) = self.ends.split_last_mut() else {
            while self.items.push(&mut list)? {}
            return Ok(());
        };
        loop {
            let items = &mut *self.items;
            let next = List { items, ends: below };
            if list.next_element_seed(next)?.is_none() {
                return Ok(());
            }
            let held = below.last().map_or_else(|| self.items.len(), Vec::len);
            own.push(length::<A::Error>(held)?);
        }
    }
}

/// Puts a text behind another.
struct Appended<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Appended<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Appended<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}
