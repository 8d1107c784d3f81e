//! An analysis that has no section of its own yet: its answer as plain tables.

use super::Drawn;
use crate::document::{Figure, Part, Section, anchor};
use crate::tables::{Table, number};
use serde_json::{Map, Value};

/// Tables of one analysis; more would be no report.
const TABLES: usize = 24;
/// Rows of one table.
const ROWS: usize = 200;

/// Shows any answer.
pub fn draw(command: &str, answer: &Value) -> Drawn {
    let mut tables = Tables {
        command,
        parts: Vec::new(),
    };
    tables.value(command, answer);
    let text = |key: &str| {
        let text = answer.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Drawn {
        first: None,
        section: Section {
            id: format!("analysis-{}", anchor(command)),
            title: title(command),
            definition: text("definition"),
            limits: text("limits"),
            parts: tables.parts,
        },
    }
}

/// A key as a heading: "cost_of_force" is "Cost of force".
fn title(key: &str) -> String {
    let words = key.replace(['_', '-'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

struct Tables<'a> {
    command: &'a str,
    parts: Vec<Part>,
}

impl Tables<'_> {
    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(object) => self.object(name, object),
            Value::Array(items) => self.list(name, items),
            one => self.push(name, pairs([(name, one)])),
        }
    }

    /// What is plain in one table, what is not below it.
    fn object(&mut self, name: &str, object: &Map<String, Value>) {
        let own = |key: &str| key != "definition" && key != "limits";
        let plain = object
            .iter()
            .filter(|(key, v)| own(key) && cell(v).is_some());
        let table = pairs(plain.map(|(key, v)| (key.as_str(), v)));
        if !table.rows.is_empty() {
            self.push(name, table);
        }
        for (key, inner) in object {
            if cell(inner).is_none() {
                self.value(&format!("{name}: {key}"), inner);
            }
        }
    }

    fn list(&mut self, name: &str, items: &[Value]) {
        let objects: Option<Vec<&Map<String, Value>>> =
            items.iter().map(Value::as_object).collect();
        let Some(objects) = objects else {
            let mut table = Table::new(["number", "value"]);
            for (k, item) in items.iter().take(ROWS).enumerate() {
                let text = cell(item).unwrap_or_else(|| item.to_string());
                table.row([(k + 1).to_string(), text]);
            }
            return self.push(name, table);
        };
        let mut keys: Vec<&String> = Vec::new();
        for object in &objects {
            for (key, value) in *object {
                if cell(value).is_some() && !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        // What names a row comes first.
        keys.sort_by_key(|key| !matches!(key.as_str(), "name" | "label" | "actor" | "title"));
        if !keys.is_empty() {
            let mut table = Table::new(keys.iter().map(|key| title(key)));
            for object in objects.iter().take(ROWS) {
                let cells = keys
                    .iter()
                    .map(|key| object.get(*key).and_then(cell).unwrap_or_default());
                table.row(cells);
            }
            self.push(name, table);
        }
        for (k, object) in objects.iter().enumerate() {
            let called = ["label", "name"]
                .iter()
                .find_map(|key| object.get(*key)?.as_str());
            let called = called.map_or_else(|| (k + 1).to_string(), str::to_owned);
            for (key, inner) in *object {
                if cell(inner).is_none() {
                    self.value(&format!("{name}: {called}: {key}"), inner);
                }
            }
        }
    }

    fn push(&mut self, name: &str, table: Table) {
        if self.parts.len() >= TABLES {
            return;
        }
        let id = format!("analysis-{}-{}", anchor(self.command), self.parts.len() + 1);
        let sentence = if self.parts.len() + 1 == TABLES {
            "There is more; the JSON of the command has all of it.".to_owned()
        } else {
            String::new()
        };
        self.parts.push(Part::Figure(Figure {
            id,
            title: title(name),
            drawing: None,
            table,
            sentence,
        }));
    }
}

fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Table {
    let mut table = Table::new(["what", "value"]);
    for (key, value) in pairs {
        table.row([title(key), cell(value).unwrap_or_default()]);
    }
    table
}

/// Text of what fits into one cell: a plain value, or a short list of them.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("–".to_owned()),
        Value::Bool(b) => Some(if *b { "yes" } else { "no" }.to_owned()),
        Value::Number(n) => Some(n.as_f64().map_or_else(|| n.to_string(), number)),
        Value::String(s) => Some(s.clone()),
        Value::Array(items) if !items.is_empty() && items.len() <= 4 => {
            let plain = items.iter().all(|i| !i.is_array() && !i.is_object());
            let cells: Option<Vec<String>> = items.iter().filter(|_| plain).map(cell).collect();
            cells.filter(|_| plain).map(|c| c.join(", "))
        }
        Value::Array(_) | Value::Object(_) => None,
    }
}
