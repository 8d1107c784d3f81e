//! Random scenarios, as text, from a seed.

use std::fmt::Write as _;

/// A small generator of numbers; tests need the same scenarios everywhere.
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03)
    }

    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0..n
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in n.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Hundredths between.
    fn number(&mut self, low: i32, high: i32) -> f64 {
        f64::from(low + self.below((high - low) as usize + 1) as i32) / 100.0
    }
}

struct Writer {
    dice: Dice,
    levels: Vec<usize>,
    derived: usize,
}

impl Writer {
    fn condition(&mut self) -> String {
        let v = self.dice.below(self.levels.len());
        let l = self.dice.below(self.levels[v]);
        let op = ["==", "!=", "<=", ">", "<", ">="][self.dice.below(6)];
        let one = format!("v{v} {op} l{v}_{l}");
        match self.dice.below(6) {
            0 => format!("({one} or {})", self.condition()),
            1 => format!("({one} and not {})", self.condition()),
            2 if l > 0 => format!("v{v} in (l{v}_{l}, l{v}_0)"),
            3 if self.derived > 0 => format!("d{} > 0.5", self.dice.below(self.derived)),
            _ => one,
        }
    }

    /// A number between 0 and `most`.
    fn share(&mut self, most: f64) -> String {
        let x = self.dice.number(1, 98) * most;
        match self.dice.below(5) {
            0 => format!("({x:.4} if {} else {:.4})", self.condition(), x / 2.0),
            1 => format!("{x:.4} * (1 - 0.5 * ({}))", self.condition()),
            2 => {
                let v = self.dice.below(self.levels.len());
                format!("{x:.4} * number(v{v}) / {}", self.levels[v])
            }
            3 => {
                let v = self.dice.below(self.levels.len());
                format!("(by v{v} (l{v}_0: {x:.4}, otherwise: {:.4}))", x * 0.3)
            }
            _ => format!("{x:.4}"),
        }
    }

    fn effects(&mut self) -> String {
        let n = self.dice.below(4);
        if n == 0 {
            return "nothing".into();
        }
        let one = |w: &mut Self| {
            let v = w.dice.below(w.levels.len());
            let l = w.dice.below(w.levels[v]);
            let change = match w.dice.below(6) {
                0 => format!("to l{v}_{l}"),
                1 => format!("at least l{v}_{l}"),
                2 => format!("at most l{v}_{l}"),
                3 => "down".into(),
                _ => "up".to_string(),
            };
            let condition = if w.dice.one_in(3) {
                format!(" if {}", w.condition())
            } else {
                String::new()
            };
            format!("v{v} {change}{condition}")
        };
        (0..n).map(|_| one(self)).collect::<Vec<_>>().join("; ")
    }

    /// Outcome lines of a move or trigger.
    fn outcomes(&mut self, labels: &[String]) -> String {
        let mut text = String::new();
        let n = self.dice.below(3);
        let seen = |w: &mut Self| {
            if !labels.is_empty() && w.dice.one_in(3) {
                format!(" seen as {}", labels[w.dice.below(labels.len())])
            } else {
                String::new()
            }
        };
        for _ in 0..n {
            let p = self.share(0.45);
            let believed = if self.dice.one_in(3) {
                // Above 0 wherever the true one is.
                format!(" believed 0.05 + 0.8 * ({p})")
            } else {
                String::new()
            };
            let label = seen(self);
            let _ = writeln!(text, "  outcome {p}{believed}{label}: {}", self.effects());
        }
        let label = seen(self);
        let share = if n == 0 { "" } else { " rest" };
        let label = if n == 0 { String::new() } else { label };
        let _ = writeln!(text, "  outcome{share}{label}: {}", self.effects());
        text
    }

    fn payoff(&mut self, typed: bool) -> String {
        let x = self.dice.number(-300, 300);
        match self.dice.below(4) {
            0 if typed => format!("{x} if hard, {:.2} if soft", x / 3.0),
            1 => format!("{x} * number(v{})", self.dice.below(self.levels.len())),
            2 => format!("({x} if {} else 0)", self.condition()),
            _ => format!("{x}"),
        }
    }
}

/// What a random scenario looks like.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Many levels, and expressions over all variables.
    pub wide: bool,
    /// Both actors move at once; they have no types then, since labels may hide moves.
    pub at_once: bool,
}

/// A scenario text.
pub fn scenario_text(seed: u64, shape: Shape) -> String {
    let Shape { wide, at_once } = shape;
    let mut dice = Dice::new(seed);
    let variables = if wide { 5 } else { 2 + dice.below(2) };
    let levels = (0..variables)
        .map(|_| if wide { 5 } else { 2 + dice.below(3) })
        .collect();
    let mut w = Writer {
        dice,
        levels,
        derived: 0,
    };
    let order = if w.dice.one_in(4) {
        "a, events, b"
    } else {
        "a, b, events"
    };
    let order = if at_once { "b and a, events" } else { order };
    let mut text = format!(
        "scenario \"Random {seed}\"\n  round week\n  horizon 3 rounds\n  foresight 2 rounds\n  afterwards {} rounds, transient {} rounds\n  order {order}\n\n",
        w.dice.below(5),
        w.dice.below(3)
    );
    for v in 0..variables {
        let names: Vec<String> = (0..w.levels[v]).map(|l| format!("l{v}_{l}")).collect();
        let _ = write!(
            text,
            "variable v{v}\n  levels {}\n  start l{v}_0\n",
            names.join(", ")
        );
        if w.dice.one_in(3) {
            text += [
                "  cleared by a\n",
                "  cleared by b\n",
                "  cleared by a, b\n",
            ][w.dice.below(3)];
        }
        text.push('\n');
    }
    for d in 0..w.dice.below(3) {
        let share = w.share(1.0);
        let _ = write!(text, "derived d{d} = {share}\n\n");
        w.derived = d + 1;
    }
    if wide {
        let sum: Vec<String> = (0..variables).map(|v| format!("number(v{v})")).collect();
        let d = w.derived;
        let _ = write!(text, "derived d{d} = ({}) / 20\n\n", sum.join(" + "));
        let _ = write!(
            text,
            "derived d{} = d{d} ^ 2 * (1 if d{d} < 0.7 else 0.5)\n\n",
            d + 1
        );
        w.derived += 2;
    }
    let mut names = Vec::new();
    for actor in ["a", "b"] {
        let typed = w.dice.one_in(2) && !at_once;
        let _ = write!(
            text,
            "actor {actor}\n  precision 1\n  discount 12% per month\n"
        );
        if w.dice.one_in(2) {
            let share = w.share(0.8);
            let _ = write!(text, "  opportunity 0.1 + {share}\n  default m0\n");
            if w.dice.one_in(2) {
                text += "  believed opportunity 55%\n";
            }
        }
        if typed {
            text += "  type hard prior 30%\n  type soft otherwise\n";
        }
        let (first, second) = (w.payoff(typed), w.payoff(typed));
        let _ = write!(
            text,
            "  payoff per day\n    base: {first}\n    extra: {second}, transient\n\n"
        );
        let moves = 2 + w.dice.below(3);
        let labels: Vec<String> = (0..moves).map(|m| format!("{actor}.m{m}")).collect();
        for m in 0..moves {
            let _ = writeln!(text, "move {actor}.m{m}");
            if m > 0 && w.dice.one_in(2) {
                let guard = w.condition();
                let _ = writeln!(text, "  when {guard}");
            }
            if w.dice.one_in(2) {
                let cost = w.payoff(typed);
                let _ = writeln!(text, "  cost {actor}: {cost}");
            }
            if w.dice.one_in(3) {
                text += "  kind same\n";
            }
            text += &w.outcomes(&labels);
            text.push('\n');
        }
        names.extend(labels);
    }
    let triggers = if wide { 6 } else { 1 + w.dice.below(5) };
    for t in 0..triggers {
        let _ = writeln!(text, "trigger t{t}");
        if w.dice.one_in(2) {
            let guard = w.condition();
            let _ = writeln!(text, "  when {guard}");
        }
        let share = w.share(0.9);
        let kind = if w.dice.one_in(2) {
            "rate"
        } else {
            "probability"
        };
        let unit = if kind == "rate" { " * 2 per month" } else { "" };
        let _ = writeln!(text, "  {kind} {share}{unit}");
        if w.dice.one_in(3) {
            let _ = writeln!(text, "  believed {kind} (0.05 + 0.7 * {share}){unit}");
        }
        if w.dice.one_in(2) {
            let like = names[w.dice.below(names.len())].clone();
            let _ = writeln!(text, "  looks like {like}");
            if w.dice.one_in(2) {
                text += &w.outcomes(&[]);
            }
        } else {
            text += &w.outcomes(&[]);
        }
        text.push('\n');
    }
    let last = w.levels[0] - 1;
    if w.dice.one_in(2) {
        let (value, flow) = (w.payoff(false), w.payoff(false));
        let _ = write!(
            text,
            "end over when v0 == l0_{last}\n  value a: {value}\n  flow b per week: {flow}\n\n"
        );
    }
    let condition = w.condition();
    let _ = write!(
        text,
        "outcomes within 3 rounds\n  high: ever v0 == l0_{last}\n  some: {condition} at end\n  others: otherwise\n"
    );
    text
}
