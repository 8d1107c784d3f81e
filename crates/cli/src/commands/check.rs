//! `check`: what is wrong with a file, how it is understood, how large it is.

use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::screen;
use crate::session::Session;
use crate::size::{Prediction, Size};
use clap::Args;
use climbdown_engine::analyse::unreached;
use climbdown_engine::compile::{self, CompileError};
use climbdown_engine::game::{Foresight, Game, Noise, Phase};
use climbdown_engine::solve::stationary;
use climbdown_lang::check::constant;
use climbdown_lang::diagnostic::{Located, located_in};
use climbdown_lang::scenario::{self, PhaseOrder};
use climbdown_lang::{Checked, Diagnostic, Scenario, Severity};
use climbdown_report::tables;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  climbdown check my.crisis
  climbdown check my.crisis --pedantic     also numbers that are no parameters
  climbdown check my.crisis --json         findings with their places
  climbdown check my.crisis --effective    the whole text, where it extends
                                           another file

Exit code 1 if anything is wrong, 3 if it is right but too large for this
version.";

/// Find mistakes, and tell how a file is understood and how large it is
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also report numbers that are written in place instead of declared as parameters
    #[arg(long)]
    pedantic: bool,
    /// Print the text that is understood, with everything that the file extends, and nothing else
    #[arg(long, conflicts_with = "json")]
    effective: bool,
    #[command(flatten)]
    solve: SolveArguments,
}

/// What `check --json` prints.
#[derive(Serialize)]
struct Record<'a> {
    /// Nothing is wrong.
    ok: bool,
    errors: usize,
    warnings: usize,
    findings: Vec<Located>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'a Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prediction: Option<&'a Prediction>,
    /// What this version does not solve.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsupported: Option<&'a str>,
}

/// What was found.
#[derive(Default)]
struct Found {
    diagnostics: Vec<Diagnostic>,
    too_large: bool,
    scenario: Option<Scenario>,
    game: Option<Game>,
}

impl Check {
    /// Prints the findings, and the rest if nothing is wrong.
    ///
    /// # Errors
    /// When something is wrong, after it was printed.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let source = Source::read(&self.file)?;
        let found = match source.kind {
            Kind::Game => Found {
                game: Some(source.game()?),
                ..Found::default()
            },
            Kind::Scenario => self.look(&source),
        };
        let measured = found.game.as_ref().map(|game| {
            let options = self.solve.options(game);
            (Size::of(game), Prediction::of(game, &options))
        });
        let unsupported = found.game.as_ref().and_then(unsupported);
        let errors = found
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .count();
        if self.effective && errors == 0 && source.kind == Kind::Scenario {
            if !found.diagnostics.is_empty() {
                session.say(source.render(&found.diagnostics));
            }
            let text = source.files().text();
            let text = climbdown_lang::format(text).unwrap_or_else(|_| text.to_owned());
            return session.print_text(&text);
        }
        if session.json {
            session.print_json(&Record {
                ok: errors == 0,
                errors,
                warnings: found.diagnostics.len() - errors,
                findings: located_in(&found.diagnostics, source.files()),
                size: measured.as_ref().map(|m| &m.0),
                prediction: measured.as_ref().map(|m| &m.1),
                unsupported: unsupported.as_deref(),
            })?;
        } else {
            let mut out = String::new();
            if !found.diagnostics.is_empty() {
                out += &source.render(&found.diagnostics);
            }
            if let (Some(game), Some((size, prediction))) = (&found.game, &measured) {
                if !out.is_empty() {
                    out.push('\n');
                }
                out += &understood(found.scenario.as_ref(), game);
                out += &size.text();
                out += &prediction.text();
                if let Some(concept) = &unsupported {
                    out += &screen::wrap(&format!("\nNot solved by this version: {concept}."), 0);
                }
            }
            session.print(&out)?;
        }
        match (errors, found.too_large) {
            (0, _) => {
                if unsupported.is_none() && self.file != Path::new("-") {
                    session.say(format!("\nnext: climbdown run {}", self.file.display()));
                }
                Ok(())
            }
            (_, true) => Err(Failure::Refused(String::new())),
            _ => Err(Failure::Scenario(String::new())),
        }
    }

    /// Checks and, if nothing is wrong so far, compiles.
    fn look(&self, source: &Source) -> Found {
        let options = climbdown_lang::Options {
            pedantic: self.pedantic,
        };
        let Checked {
            scenario,
            diagnostics,
        } = source.check(options);
        let mut found = Found {
            diagnostics,
            ..Found::default()
        };
        let Some(scenario) = scenario else {
            return found;
        };
        let options = compile::Options::default();
        match compile::compile(&scenario, &options) {
            Ok(compiled) => {
                let unanswered = compile::unanswered(&scenario, &compiled.game);
                let unreached = unreached::unreached(&scenario, &compiled, &options);
                found.diagnostics.extend(unreached);
                found
                    .diagnostics
                    .extend(compile::hidden(&scenario, &compiled));
                found.game = unanswered.is_empty().then_some(compiled.game);
                found.diagnostics.extend(unanswered);
            }
            Err(error) => {
                found.too_large = !matches!(error, CompileError::Scenario(_));
                found
                    .diagnostics
                    .extend(error.diagnostics().iter().cloned());
            }
        }
        found.scenario = Some(scenario);
        found
    }
}

/// What stands in the way of solving it, if something does.
fn unsupported(game: &Game) -> Option<String> {
    match game.foresight {
        Foresight::Unbounded => stationary::refuse(game).err().map(|e| e.to_string()),
        _ => None,
    }
}

/// A red line, and what its record taught.
fn red_line(scenario: &Scenario, line: &scenario::RedLine) -> String {
    let name = |id: scenario::ActorId| scenario.actors[id.0 as usize].name.as_str();
    let within = screen::number_of(line.within, "decision");
    let mut out = format!(
        "red line of {} against {}, to be answered within {within}",
        name(line.holder),
        name(line.challenger)
    );
    let types = &scenario.actors[line.holder.0 as usize].types;
    for entry in &line.record {
        let answered = if entry.answered { "answered" } else { "silent" };
        out += &format!("; {} {answered}", entry.date);
        if !entry.counted {
            out += " (counted before)";
        }
        // The last type is what the others leave.
        let beliefs = types.iter().zip(&entry.belief_after);
        let known = types.len().saturating_sub(1).max(1);
        for (kind, belief) in beliefs.take(known) {
            if let Some(belief) = constant::of(scenario, belief) {
                out += &format!(", {} {}", kind.name, tables::percent(belief));
            }
        }
    }
    out
}

/// The effective header in words.
fn understood(scenario: Option<&Scenario>, game: &Game) -> String {
    let mut facts: Vec<(String, String)> = Vec::new();
    let word = scenario.map_or("round", |s| s.round_name.as_str());
    if let Some(date) = scenario.and_then(|s| s.as_of) {
        facts.push(("as of".into(), date.to_string()));
    }
    facts.push(("rounds".into(), rounds(scenario, game)));
    facts.push(("order".into(), order(scenario, game)));
    facts.push(("planning".into(), planning(scenario, game, word)));
    let noise = match game.noise {
        Noise::Error => "choices err: a worse move is rarer, never impossible",
        Noise::Taste => "choices follow private tastes that nobody else sees",
    };
    facts.push(("noise".into(), noise.into()));
    for (k, actor) in game.actors.iter().enumerate() {
        let written = scenario.and_then(|s| s.actors.get(k));
        let does = if written.is_some_and(|a| a.payer) {
            "pays and never moves".to_owned()
        } else {
            format!("precision {}", short(actor.precision))
        };
        let mut text = format!("{does}, discount factor {} a round", short(actor.discount));
        if actor.types.len() > 1 {
            let types: Vec<String> = actor
                .types
                .iter()
                .map(|t| format!("{} {}", t.name, tables::percent(t.prior)))
                .collect();
            text += &format!("; {}", types.join(", "));
        }
        facts.push((actor.name.clone(), text));
    }
    for line in scenario.map_or(&[][..], |s| &s.red_lines) {
        facts.extend(scenario.map(|s| (line.name.clone(), red_line(s, line))));
    }
    let names: Vec<&str> = game.classes.iter().map(|c| c.name.as_str()).collect();
    if !names.is_empty() {
        let window = screen::number_of(game.window, word);
        facts.push((
            "outcomes".into(),
            format!("after {window}: {}", screen::list(&names)),
        ));
    }
    let names: Vec<String> = game.questions.iter().map(|q| q.name.clone()).collect();
    if !names.is_empty() {
        facts.push(("questions".into(), screen::list(&names)));
    }
    if let Some(scenario) = scenario {
        facts.push(("numbers".into(), grades(scenario)));
    }
    format!("\x1b[1m{}\x1b[0m\n{}", game.title, screen::facts(&facts))
}

fn rounds(scenario: Option<&Scenario>, game: &Game) -> String {
    match scenario {
        None => screen::number_of(game.horizon, "round"),
        Some(s) if s.round_name == "round" => {
            format!("{} of {} days", game.horizon, short(s.round_days))
        }
        Some(s) => format!("{} of one {}", game.horizon, s.round_name),
    }
}

fn order(scenario: Option<&Scenario>, game: &Game) -> String {
    let names = |actors: &[usize]| -> String {
        let names: Vec<&str> = actors
            .iter()
            .map(|a| game.actors[*a].name.as_str())
            .collect();
        names.join(" and ")
    };
    // What was written, where something was: one phase of events may have become several.
    let phases: Vec<String> = match scenario {
        Some(s) => s
            .order
            .iter()
            .map(|phase| match phase {
                PhaseOrder::Move(actors) => {
                    names(&actors.iter().map(|a| a.0 as usize).collect::<Vec<_>>())
                }
                PhaseOrder::Events => "events".to_owned(),
            })
            .collect(),
        None => game
            .phases
            .iter()
            .map(|phase| match phase {
                Phase::Move(phase) => {
                    names(&phase.actors.iter().map(|a| *a as usize).collect::<Vec<_>>())
                }
                Phase::Events(_) => "events".to_owned(),
            })
            .collect(),
    };
    phases.join(", then ")
}

fn planning(scenario: Option<&Scenario>, game: &Game, word: &str) -> String {
    let mut text = match game.foresight {
        Foresight::Rounds(n) => {
            format!("{} ahead, anew every {word}", screen::number_of(n, word))
        }
        Foresight::Full => "to the horizon".to_owned(),
        Foresight::Unbounded => "without a last round".to_owned(),
    };
    if let Some(scenario) = scenario
        && (scenario.afterwards, scenario.transient) != (0, 0)
        && scenario.foresight != scenario::Foresight::Unbounded
    {
        text += &format!(
            "; then payoffs run on for {}, transient ones for {}",
            screen::number_of(scenario.afterwards, word),
            screen::number_of(scenario.transient, word)
        );
    }
    text
}

/// How many parameters there are of each grade.
fn grades(scenario: &Scenario) -> String {
    use climbdown_lang::scenario::Grade;
    let of = |grade: Option<Grade>| {
        scenario
            .parameters
            .iter()
            .filter(|p| p.grade == grade && !p.switch)
            .count() as u64
    };
    let numbers = scenario.parameters.iter().filter(|p| !p.switch).count();
    let mut text = screen::number_of(numbers as u64, "parameter");
    let graded = [
        (of(Some(Grade::A)), "measured"),
        (of(Some(Grade::B)), "estimated"),
        (of(Some(Grade::C)), "judged"),
        (of(None), "without a grade"),
    ];
    let graded: Vec<String> = graded
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if !graded.is_empty() {
        text += &format!(": {}", graded.join(", "));
    }
    text
}

/// A number with at most four decimals and no idle zeros.
fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
