//! Results as small tables of rounded text: rows that a terminal, a page or a spreadsheet may lay
//! out in its own way.

use serde::Serialize;

/// A table of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// One head a column.
    pub head: Vec<String>,
    /// Rows of as many cells; the first column is words, the others numbers.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column heads.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells stay empty, surplus ones are dropped.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.head.len(), String::new());
        self.rows.push(cells);
    }
}

/// Shares of one in whole parts of `parts` that add up exactly as their total does: each is rounded
/// down and the parts left over go to the largest remainders (Hamilton's method), the first on a tie.
/// No share moves by more than one part.
pub fn apportion(shares: &[f64], parts: u32) -> Vec<i64> {
    let scaled: Vec<f64> = shares
        .iter()
        .map(|s| {
            if s.is_finite() {
                s * f64::from(parts)
            } else {
                0.0
            }
        })
        .collect();
    let mut whole: Vec<i64> = scaled.iter().map(|s| s.floor() as i64).collect();
    let left = scaled.iter().sum::<f64>().round() as i64 - whole.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let remainder = |k: usize| scaled[k] - scaled[k].floor();
    order.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)));
    for k in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        whole[k] += 1;
    }
    whole
}

/// A share of one beside the hundredths that [`apportion`] gave it: "34 %". So numbers that stand beside
/// each other add to 100, where each rounded alone could make them 101. Only shares near none and all are
/// said as [`words::percent`](crate::words::percent) says them.
pub fn whole_percent(share: f64, hundredths: i64) -> String {
    if crate::words::Band::of(share).is_bound() {
        crate::words::percent(share)
    } else {
        format!("{hundredths} %")
    }
}

/// Shares in tenths of a per cent that add up exactly as their total does.
pub fn tenths(shares: &[f64]) -> Vec<i64> {
    apportion(shares, 1000)
}

/// Tenths of a per cent as text: 342 is "34.2 %".
pub fn tenths_text(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{} %", tenths.abs() / 10, tenths.abs() % 10)
}

/// A probability to a tenth of a per cent; small ones are never shown as nothing.
pub fn percent(probability: f64) -> String {
    if probability > 0.0 && probability < 0.0005 {
        return "<0.1 %".to_owned();
    }
    if (0.9995..1.0).contains(&probability) {
        return ">99.9 %".to_owned();
    }
    format!("{:.1} %", probability * 100.0)
}

/// A change of a probability in percentage points, to a hundredth when it is small, without a sign:
/// "1.3", "0.04", "<0.01", "0".
pub fn points(change: f64) -> String {
    match (change * 100.0).abs() {
        0.0 => "0".to_owned(),
        p if p < 0.005 => "<0.01".to_owned(),
        p if p < 0.1 => format!("{p:.2}"),
        p => format!("{p:.1}"),
    }
}

/// A count with thin groups of three: 1234567 is "1,234,567".
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number as somebody would write it: up to four digits that count.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// An error or a residual: two digits and a power of ten, "0" when there is none.
pub fn small(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else {
        format!("{value:.1e}")
    }
}

/// A bar of `width` cells for a share of one, drawn in eighths.
pub fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let eighths = (share * width as f64 * 8.0).round() as usize;
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    text
}
