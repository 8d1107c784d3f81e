//! Everything that runs over the rounds in one long table, in full precision; and tables of the report
//! with types.

use super::Results;
use super::sections::prices;
use crate::parquet::{Column, Columns};
use crate::tables::Table;

/// The long table, row by row.
#[derive(Default)]
struct Long {
    round: Vec<i32>,
    /// table, name, part, measure.
    keys: [Vec<String>; 4],
    value: Vec<Option<f64>>,
}

impl Long {
    fn add(&mut self, round: usize, keys: [&str; 4], value: Option<&f64>) {
        let Some(value) = value else { return };
        self.round.push(round as i32);
        for (column, key) in self.keys.iter_mut().zip(keys) {
            column.push(key.to_owned());
        }
        self.value.push(value.is_finite().then_some(*value));
    }
}

/// Every number of the forecast, and of prices, that runs over the rounds: columns `round`, `table`
/// (outcome, question, occupancy, belief, quantity, threshold), `name`, `part`, `measure`, `value`; one
/// row group a round.
pub fn series(r: &Results) -> Columns {
    let mut long = Long::default();
    let mut groups = Vec::new();
    let prices = prices::series(r);
    for t in 0..=r.game.horizon as usize {
        let before = long.round.len();
        let forecast = r.forecast;
        for (table, all) in [
            ("outcome", &forecast.classes),
            ("question", &forecast.questions),
        ] {
            for s in all {
                long.add(t, [table, &s.name, "", "probability"], s.probability.get(t));
            }
        }
        for s in &forecast.occupancy {
            long.add(
                t,
                ["occupancy", &s.variable, &s.level, "share"],
                s.share.get(t),
            );
        }
        for s in &forecast.beliefs {
            let key = |measure| ["belief", &s.actor, &s.kind, measure];
            long.add(t, key("mean"), s.mean.get(t));
            long.add(t, key("moved"), s.moved.get(t));
            let names = ["p10", "p25", "p50", "p75", "p90"];
            for (name, q) in names.iter().zip(s.quantiles.get(t).into_iter().flatten()) {
                long.add(t, key(name), Some(q));
            }
        }
        for (keys, values) in &prices {
            let keys = [&keys[0], &keys[1], &keys[2], &keys[3]].map(String::as_str);
            long.add(t, keys, values.get(t));
        }
        groups.push(long.round.len() - before);
    }
    let [table, name, part, measure] = long.keys.map(Column::Text);
    let columns = [
        ("round", Column::Whole(long.round)),
        ("table", table),
        ("name", name),
        ("part", part),
        ("measure", measure),
        ("value", Column::Number(long.value)),
    ];
    Columns {
        columns: columns
            .map(|(name, column)| (name.to_owned(), column))
            .into(),
        groups,
    }
}

/// A table of the report with types: columns of numbers, where per cent are shares, and columns of text.
pub fn typed(table: &Table) -> Columns {
    let column = |k: usize| {
        let cells = || {
            table
                .rows
                .iter()
                .map(move |row| row.get(k).map_or("", String::as_str))
        };
        let numbers: Option<Vec<Option<f64>>> = cells()
            .map(|cell| match cell {
                "" | "–" => Some(None),
                cell => number(cell).map(Some),
            })
            .collect();
        match numbers.filter(|all| all.iter().any(Option::is_some)) {
            Some(numbers) => Column::Number(numbers),
            None => Column::Text(cells().map(str::to_owned).collect()),
        }
    };
    let mut columns: Vec<(String, Column)> = Vec::new();
    for (k, head) in table.head.iter().enumerate() {
        // No two columns of a file have one name.
        let mut name = if head.is_empty() { "value" } else { head }.to_owned();
        while columns.iter().any(|(n, _)| *n == name) {
            name.push('_');
        }
        columns.push((name, column(k)));
    }
    Columns {
        columns,
        groups: vec![table.rows.len()],
    }
}

/// "12.3 %" is 0.123, "−4" is -4; `None` for what is no number alone.
fn number(cell: &str) -> Option<f64> {
    let (cell, scale) = match cell.strip_suffix('%') {
        Some(cell) => (cell.trim_end(), 0.01),
        None => (cell, 1.0),
    };
    let plain = cell.replace('−', "-");
    let digits = plain.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    plain.parse::<f64>().ok().map(|x| x * scale)
}

/// The same as text, for CSV.
impl From<&Columns> for Table {
    fn from(columns: &Columns) -> Self {
        let mut table = Table::new(columns.columns.iter().map(|(name, _)| name.as_str()));
        let rows: usize = columns.groups.iter().sum();
        for k in 0..rows {
            table.row(columns.columns.iter().map(|(_, column)| match column {
                Column::Text(v) => v[k].clone(),
                Column::Whole(v) => v[k].to_string(),
                Column::Number(v) => v[k].map_or_else(String::new, |x| x.to_string()),
            }));
        }
        table
    }
}
