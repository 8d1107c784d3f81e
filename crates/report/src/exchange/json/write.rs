//! Writing `climbdown-game/1`. One node, end or class to a line, so that two exports can be
//! compared line by line.

use super::{FORMAT, MAX_NODES, SUM_TOLERANCE};
use crate::exchange::ExchangeError;
use climbdown_engine::game::{
    EventsPhase, Foresight, Game, MovePhase, Noise, Phase, PrecisionScale, Rule, expand_history,
};
use std::fmt::Write as _;

/// Writes a game.
///
/// Where outcome classes ask whether a condition ever held, history first becomes part of the
/// state ([`expand_history`]): states are then labelled "x|ever=…".
///
/// # Errors
/// [`ExchangeError::TooLarge`] beyond [`MAX_NODES`] nodes.
pub fn write(game: &Game) -> Result<String, ExchangeError> {
    refuse_what_is_too_large(game)?;
    let game = &expand_history(game);
    refuse_what_is_too_large(game)?;
    let mut writer = Writer {
        game,
        text: String::new(),
    };
    writer.game();
    Ok(writer.text)
}

fn refuse_what_is_too_large(game: &Game) -> Result<(), ExchangeError> {
    let nodes: usize = game.phases.iter().map(node_count).sum();
    if nodes > MAX_NODES {
        return Err(ExchangeError::TooLarge {
            what: format!("{nodes} nodes"),
            limit: MAX_NODES,
        });
    }
    debug_assert!(
        game.actors
            .iter()
            .all(|a| (a.types.iter().map(|t| t.prior).sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE)
    );
    Ok(())
}

fn node_count(phase: &Phase) -> usize {
    match phase {
        Phase::Move(phase) => phase.node_state.len(),
        Phase::Events(phase) => phase.node_state.len(),
    }
}

/// A number with 17 significant digits, as C prints `%.17g`: integers stay integers, and trailing
/// zeros are dropped. Every finite number comes back as the same bits.
pub(crate) fn number(value: f64) -> String {
    let scientific = format!("{value:.16e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |digits: &str| -> String {
        if digits.contains('.') {
            digits
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        } else {
            digits.to_owned()
        }
    };
    if (-5..17).contains(&exponent) {
        let decimals = usize::try_from(16 - exponent).unwrap_or(0);
        trimmed(&format!("{value:.decimals$}"))
    } else {
        format!("{}e{exponent}", trimmed(mantissa))
    }
}

/// A string in quotes, escaped as JSON demands.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Writer<'a> {
    game: &'a Game,
    text: String,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn field(&mut self, name: &str, value: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "  \"{name}\": {value},");
    }

    fn game(&mut self) {
        let game = self.game;
        self.push("{\n");
        self.field("format", &quoted(FORMAT));
        self.field("title", &quoted(&game.title));
        self.field("horizon", &game.horizon.to_string());
        if game.window != game.horizon {
            self.field("window", &game.window.to_string());
        }
        self.field(
            "foresight",
            &match game.foresight {
                Foresight::Rounds(rounds) => rounds.to_string(),
                Foresight::Full => quoted("full"),
                Foresight::Unbounded => quoted("unbounded"),
            },
        );
        self.field(
            "noise",
            match game.noise {
                Noise::Error => "\"error\"",
                Noise::Taste => "\"taste\"",
            },
        );
        self.field(
            "precision_scale",
            match game.precision_scale {
                PrecisionScale::Current => "\"current\"",
                PrecisionScale::Discounted => "\"discounted\"",
            },
        );
        let actors = lines(game.actors.iter().map(|actor| {
            let types: Vec<String> = actor
                .types
                .iter()
                .map(|t| {
                    let weight = if t.weight == t.prior {
                        String::new()
                    } else {
                        format!(", \"weight\": {}", number(t.weight))
                    };
                    format!(
                        "{{\"name\": {}, \"prior\": {}{weight}}}",
                        quoted(&t.name),
                        number(t.prior)
                    )
                })
                .collect();
            format!(
                "{{\"name\": {}, \"precision\": {}, \"discount\": {}, \"types\": [{}]}}",
                quoted(&actor.name),
                number(actor.precision),
                number(actor.discount),
                types.join(", ")
            )
        }));
        self.field("actors", &actors);
        let states = lines(game.states.iter().map(|s| quoted(s)));
        self.field("states", &states);
        self.field("start", &game.start.to_string());
        self.phases();
        let ends = lines(game.ends.iter().map(|end| {
            let mut text = format!(
                "{{\"state\": {}, \"value\": {}",
                end.state,
                self.by_seat(&end.value)
            );
            for (name, values) in [("flow", &end.flow), ("after", &end.after)] {
                if values.iter().any(|&v| v != 0.0) {
                    let _ = write!(text, ", \"{name}\": {}", self.by_seat(values));
                }
            }
            text.push('}');
            text
        }));
        self.field("end", &ends);
        let afterwards = self.afterwards();
        self.field("afterwards", &afterwards);
        if game.foresight != Foresight::Unbounded && !game.afterwards_belief.is_empty() {
            let believed = lines(game.afterwards_belief.iter().map(|part| {
                let values = self.by_state(&part.coefficient, |own| own.iter().any(|&c| c != 0.0));
                let (actor, kind) = (part.actor, part.kind);
                format!(
                    "{{\"actor\": {actor}, \"type\": {kind}, \"values\": [{}]}}",
                    values.join(", ")
                )
            }));
            self.field("afterwards_belief", &believed);
        }
        let classes = self.classes();
        self.field("classes", &classes);
        let questions = lines(game.questions.iter().map(|question| {
            let states = members(game.events.get(question.event as usize));
            format!(
                "{{\"name\": {}, \"states\": [{}], \"by\": {}}}",
                quoted(&question.name),
                join(states),
                question.by
            )
        }));
        let _ = write!(self.text, "  \"questions\": {questions}\n}}\n");
    }

    /// Values by seat as [actor][type].
    fn by_seat(&self, values: &[f64]) -> String {
        let mut rest = values.iter();
        let actors: Vec<String> = self
            .game
            .actors
            .iter()
            .map(|actor| {
                let own: Vec<String> = rest
                    .by_ref()
                    .take(actor.types.len())
                    .map(|&v| number(v))
                    .collect();
                format!("[{}]", own.join(","))
            })
            .collect();
        format!("[{}]", actors.join(","))
    }

    fn phases(&mut self) {
        self.push("  \"phases\": [");
        for (index, phase) in self.game.phases.iter().enumerate() {
            self.push(if index == 0 { "\n" } else { ",\n" });
            match phase {
                Phase::Move(phase) => self.move_phase(phase),
                Phase::Events(phase) => self.events_phase(phase),
            }
        }
        self.push("\n  ],\n");
    }

    fn events_phase(&mut self, phase: &EventsPhase) {
        let seats = self.game.seats();
        self.push("    {\"kind\": \"events\", \"nodes\": [");
        for (n, state) in phase.node_state.iter().enumerate() {
            let payoff = self.by_seat(&phase.payoff[n * seats..(n + 1) * seats]);
            let range = phase.node_outcomes[n] as usize..phase.node_outcomes[n + 1] as usize;
            let outcomes: Vec<String> = range
                .map(|o| {
                    format!(
                        "{{\"next\": {}, \"believed\": {}, \"true\": {}}}",
                        phase.outcome_next[o],
                        number(phase.outcome_believed[o]),
                        number(phase.outcome_true[o])
                    )
                })
                .collect();
            let _ = write!(
                self.text,
                "{}      {{\"state\": {state}, \"payoff\": {payoff}, \"outcomes\": [{}]}}",
                if n == 0 { "\n" } else { ",\n" },
                outcomes.join(", ")
            );
        }
        self.push("\n    ]}");
    }

    fn move_phase(&mut self, phase: &MovePhase) {
        let _ = write!(
            self.text,
            "    {{\"kind\": \"move\", \"actors\": [{}], \"nodes\": [",
            join(phase.actors.iter())
        );
        for n in 0..phase.node_state.len() {
            self.push(if n == 0 { "\n" } else { ",\n" });
            self.move_node(phase, n);
        }
        self.push("\n    ]}");
    }

    fn move_node(&mut self, phase: &MovePhase, n: usize) {
        let movers = phase.actors.len();
        let seats = self.game.seats();
        let name = |label: u32| quoted(self.game.labels.get(label as usize).map_or("", |l| l));
        let moves: Vec<String> = phase.node_moves[n]
            .iter()
            .map(|of_mover| {
                let names: Vec<String> = of_mover.iter().map(|&l| name(l)).collect();
                format!("[{}]", names.join(", "))
            })
            .collect();
        let _ = write!(
            self.text,
            "      {{\"state\": {}, \"moves\": [{}]",
            phase.node_state[n],
            moves.join(", ")
        );
        let chances = &phase.node_opportunity[n];
        if chances
            .iter()
            .any(|c| c.probability != 1.0 || c.believed != 1.0)
        {
            let true_ = join(chances.iter().map(|c| number(c.probability)));
            let defaults = join(chances.iter().map(|c| c.default));
            let _ = write!(
                self.text,
                ", \"opportunity\": [{true_}], \"default\": [{defaults}]"
            );
            if chances.iter().any(|c| c.believed != c.probability) {
                let believed = join(chances.iter().map(|c| number(c.believed)));
                let _ = write!(self.text, ", \"opportunity_believed\": [{believed}]");
            }
        }
        let groups: Vec<Vec<Vec<usize>>> =
            phase.node_kinds[n].iter().map(|k| variants(k)).collect();
        if groups.iter().flatten().any(|g| g.len() > 1) {
            let text: Vec<String> = groups
                .iter()
                .map(|of_mover| {
                    let sets: Vec<String> = of_mover
                        .iter()
                        .map(|set| format!("[{}]", join(set.iter())))
                        .collect();
                    format!("[{}]", sets.join(","))
                })
                .collect();
            let _ = write!(self.text, ", \"variants\": [{}]", text.join(", "));
        }
        self.push(", \"joint\": [");
        let alternatives =
            phase.node_alternatives[n] as usize..phase.node_alternatives[n + 1] as usize;
        for (position, a) in alternatives.enumerate() {
            let payoff = self.by_seat(&phase.payoff[a * seats..(a + 1) * seats]);
            let moves = join(phase.alternative_moves[a * movers..(a + 1) * movers].iter());
            let outcomes: Vec<String> = (phase.alternative_outcomes[a] as usize
                ..phase.alternative_outcomes[a + 1] as usize)
                .map(|o| {
                    let labels: Vec<String> = phase.outcome_labels[o * movers..(o + 1) * movers]
                        .iter()
                        .map(|&l| name(l))
                        .collect();
                    format!(
                        "{{\"labels\": [{}], \"next\": {}, \"believed\": {}, \"true\": {}}}",
                        labels.join(", "),
                        phase.outcome_next[o],
                        number(phase.outcome_believed[o]),
                        number(phase.outcome_true[o])
                    )
                })
                .collect();
            let _ = write!(
                self.text,
                "{}        {{\"moves\": [{moves}], \"payoff\": {payoff}, \"outcomes\": [{}]}}",
                if position == 0 { "\n" } else { ",\n" },
                outcomes.join(", ")
            );
        }
        self.push("]}");
    }

    /// One entry for every live state; none when play is unbounded.
    fn afterwards(&self) -> String {
        let game = self.game;
        if game.foresight == Foresight::Unbounded {
            return "[]".to_owned();
        }
        lines(self.by_state(&game.afterwards, |_| true))
    }

    /// Entries of `values` (`[state * seats + seat]`) for the live states whose own are `wanted`.
    fn by_state(&self, values: &[f64], wanted: impl Fn(&[f64]) -> bool) -> Vec<String> {
        let game = self.game;
        let mut live = vec![true; game.states.len()];
        for end in &game.ends {
            if let Some(flag) = live.get_mut(end.state as usize) {
                *flag = false;
            }
        }
        let seats = game.seats();
        let states = live.iter().enumerate().filter(|(_, live)| **live);
        states
            .map(|(s, _)| (s, &values[s * seats..(s + 1) * seats]))
            .filter(|(_, own)| wanted(own))
            .map(|(s, own)| format!("{{\"state\": {s}, \"value\": {}}}", self.by_seat(own)))
            .collect()
    }

    /// Classes as a partition of the states: a state belongs to the first class that takes it.
    fn classes(&self) -> String {
        let game = self.game;
        let mut free = vec![true; game.states.len()];
        let entries: Vec<String> = game
            .classes
            .iter()
            .map(|class| {
                let mut taken = Vec::new();
                for (state, free) in free.iter_mut().enumerate() {
                    let holds = match class.rule {
                        Rule::Otherwise => true,
                        Rule::AtEnd(event) | Rule::Ever(event) => game
                            .events
                            .get(event as usize)
                            .and_then(|flags| flags.get(state))
                            .is_some_and(|&flag| flag),
                    };
                    if holds && *free {
                        *free = false;
                        taken.push(state);
                    }
                }
                format!(
                    "{{\"name\": {}, \"states\": [{}]}}",
                    quoted(&class.name),
                    join(taken)
                )
            })
            .collect();
        lines(entries)
    }
}

/// Moves grouped by kind, kinds in the order of their first move.
fn variants(kinds: &[u32]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(u32, Vec<usize>)> = Vec::new();
    for (index, &kind) in kinds.iter().enumerate() {
        match groups.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, group)) => group.push(index),
            None => groups.push((kind, vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// States whose flag is set.
fn members(flags: Option<&Vec<bool>>) -> impl Iterator<Item = usize> + '_ {
    flags
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, flag)| **flag)
        .map(|(state, _)| state)
}

fn join<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    texts.join(",")
}

/// A JSON list with one entry to a line.
fn lines(entries: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = entries.into_iter().collect();
    if texts.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n    {}\n  ]", texts.join(",\n    "))
}
