//! `observe`: carries a crisis forward through what was seen.

use crate::arguments::{ForecastArguments, SolveArguments};
use crate::failure::Failure;
use crate::input::{Kind, Neighbours, Source};
use crate::output::Pending;
use crate::problem::Problem;
use crate::record::Named;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::compile;
use climbdown_engine::forecast::Series;
use climbdown_engine::game::Game;
use climbdown_report::tables::{self, Table};
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  climbdown observe my.crisis 2026-05-18 iran.harass strait=shut
  climbdown observe my.crisis 2026-05-18 iran.harass --out next.crisis
  climbdown observe my.crisis 2026-05-25 --json       a week without news

What was seen is a label, such as `iran.harass`, or a variable and its level,
such as `strait=shut`, in the order in which it happened. NEW is FILE with one
`observed` line more; every command works on from there.

Exit code 1 if the round cannot have gone like this, or in several ways: then
the ways are listed with their probabilities.";

/// Carry a crisis forward through what was seen: beliefs, state and forecast
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Observe {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The date by which it was seen, such as 2026-05-18; the round is over then
    #[arg(value_name = "DATE")]
    date: String,
    /// Labels, and levels as variable=level; none for a round without news
    #[arg(value_name = "LABEL")]
    seen: Vec<String>,
    /// File to write: FILE with the line added
    #[arg(long, value_name = "NEW")]
    out: Option<PathBuf>,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    forecast: ForecastArguments,
}

/// What `observe --json` prints.
#[derive(Serialize)]
struct Record {
    /// The line that was added.
    line: String,
    /// Rounds that are over.
    rounds: u32,
    /// Labels seen in the rounds that this line closes, in order.
    labels: Vec<Vec<String>>,
    /// Probability of what this line reports, given what was known before.
    probability: f64,
    /// Level of each variable.
    state: Named<Change<String>>,
    /// Public belief by actor and type.
    beliefs: Named<Named<Change<f64>>>,
    /// Outcome classes at the end of their window.
    classes: Named<Change<f64>>,
    /// Questions within their time.
    questions: Named<Change<f64>>,
}

#[derive(Serialize)]
struct Change<T> {
    before: T,
    after: T,
}

/// Findings speak the language of the file, in which a level stands behind its variable. Where a label
/// is unknown, those of the same actor are listed, or all.
fn as_arguments(failure: Failure, seen: &[String], game: &Game) -> Failure {
    let Failure::Scenario(text) = failure else {
        return failure;
    };
    let unknown = seen
        .iter()
        .find(|s| !s.contains(['=', ',']) && !game.labels.contains(s));
    let hint = match unknown {
        Some(label) => {
            let actor = label.split_once('.').map(|(actor, _)| format!("{actor}."));
            let all = || game.labels.iter().map(String::as_str);
            let own: Vec<&str> = actor.map_or_else(Vec::new, |actor| {
                all().filter(|l| l.starts_with(&actor)).collect()
            });
            let shown = if own.is_empty() { all().collect() } else { own };
            format!("what can be seen: {}", screen::list(&shown))
        }
        None => "on the command line a level is VARIABLE=LEVEL, such as strait=shut".to_owned(),
    };
    let hint = screen::wrap(&format!("hint: {hint}"), 0);
    Failure::Scenario(format!("{}\n{}", text.trim_end(), hint.trim_end()))
}

impl Observe {
    /// Prints what changes, and writes the new file if asked to.
    ///
    /// # Errors
    /// When the report cannot be followed, or whatever stops solution or forecast.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let source = Source::read(&self.file)?;
        if source.kind == Kind::Game {
            return Err(Failure::Usage(
                "`observe` needs a scenario: a game as JSON keeps no history".to_owned(),
            ));
        }
        let before = Problem::from_source(source, &compile::Options::default(), session)?;
        let line = self.line()?;
        let text = longer(before.source.shown(), &line);
        let name = before.source.name.clone();
        let source = Source::with(&name, text.clone().into_bytes(), &mut Neighbours);
        let after = Problem::from_source(source, &compile::Options::default(), session)
            .map_err(|e| as_arguments(e, &self.seen, &before.game))?;
        let record = self.compare(line, &before, &after, session)?;
        if let Some(out) = &self.out {
            self.same_folder(&before, out)?;
            session.go_on()?;
            Pending::write(out, text.as_bytes())?.commit()?;
        }
        if session.json {
            session.print_json(&record)?;
        } else {
            session.print(&record.text(&after))?;
        }
        let file = self.file.display();
        session.say(match &self.out {
            Some(out) => format!(
                "wrote {0}\nnext: climbdown watch {0}\n      climbdown diff {file} {0}",
                out.display()
            ),
            None => {
                "nothing was written: --out NEW writes the file with this line added".to_owned()
            }
        });
        Ok(())
    }

    /// The line in the scenario language.
    fn line(&self) -> Result<String, Failure> {
        let mut items = Vec::new();
        for item in self.seen.iter().flat_map(|s| s.split(',')).map(str::trim) {
            if item.is_empty() {
                continue;
            }
            let plain = |text: &str| {
                let word = |w: &str| {
                    w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                };
                !text.is_empty() && text.split('.').all(word)
            };
            if let Some((variable, level)) = item.split_once('=') {
                let (variable, level) = (variable.trim(), level.trim_start_matches('=').trim());
                if !plain(variable) || !plain(level) {
                    return Err(Failure::Usage(format!(
                        "`{item}`: expected `variable=level`"
                    )));
                }
                items.push(format!("{variable} {level}"));
            } else if plain(item) {
                items.push(item.to_owned());
            } else {
                let text = item.replace('\\', "\\\\").replace('"', "\\\"");
                items.push(format!("\"{text}\""));
            }
        }
        if self.date.len() != 10 || !self.date.chars().all(|c| c.is_ascii_digit() || c == '-') {
            return Err(Failure::Usage(format!(
                "`{}`: expected a date such as 2026-05-18",
                self.date
            )));
        }
        let line = format!("observed {} {}", self.date, items.join(", "));
        Ok(line.trim_end().to_owned())
    }

    fn compare(
        &self,
        line: String,
        before: &Problem,
        after: &Problem,
        session: &Session,
    ) -> Result<Record, Failure> {
        let forecast = |problem: &Problem| -> Result<_, Failure> {
            let solution = problem.solve(&self.solve.options(&problem.game), session)?;
            problem.forecast(&solution, &self.forecast.options(false), session)
        };
        let (old, new) = (forecast(before)?, forecast(after)?);
        let rounds = |problem: &Problem| problem.past.as_ref().map_or(0, |p| p.standing.round);
        let known = |problem: &Problem| {
            let past = problem.past.as_ref();
            past.map_or(1.0, |p| p.standing.probability)
        };
        let courses = after.past.iter().flat_map(|p| &p.courses);
        let labels = courses
            .skip(rounds(before) as usize)
            .map(|c| {
                let name = |l: &u32| after.game.labels[*l as usize].clone();
                c.labels.iter().map(name).collect()
            })
            .collect();
        let level = |game: &Game, v: usize| {
            let variable = &game.variables[v];
            let level = variable.of_state[game.start as usize];
            variable.levels[usize::from(level)].clone()
        };
        let state = (0..after.game.variables.len())
            .map(|v| {
                let change = Change {
                    before: level(&before.game, v),
                    after: level(&after.game, v),
                };
                (after.game.variables[v].name.clone(), change)
            })
            .collect();
        let beliefs = before
            .game
            .actors
            .iter()
            .zip(&after.game.actors)
            .filter(|(a, _)| a.types.len() > 1)
            .map(|(a, b)| {
                let types = a.types.iter().zip(&b.types).map(|(x, y)| {
                    let change = Change {
                        before: x.prior,
                        after: y.prior,
                    };
                    (x.name.clone(), change)
                });
                (a.name.clone(), types.collect())
            })
            .collect();
        let window = |p: &Problem, s: &Series| s.probability[p.game.window as usize];
        let classes = pairs(
            &old.classes,
            &new.classes,
            |s| window(before, s),
            |s| window(after, s),
        );
        let asked = |problem: &Problem, series: &Series| {
            let question = problem
                .game
                .questions
                .iter()
                .find(|q| q.name == series.name);
            let by = question.map_or(0, |q| q.by as usize);
            series.probability.get(by).copied().unwrap_or(0.0)
        };
        let questions = pairs(
            &old.questions,
            &new.questions,
            |s| asked(before, s),
            |s| asked(after, s),
        );
        Ok(Record {
            line,
            rounds: rounds(after),
            labels,
            probability: known(after) / known(before),
            state,
            beliefs,
            classes,
            questions,
        })
    }

    /// A file that extends another finds it from its own folder.
    fn same_folder(&self, problem: &Problem, out: &Path) -> Result<(), Failure> {
        let folder = |path: &Path| {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            std::fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned())
        };
        let alone = problem.source.files().files().len() == 1;
        if alone || folder(&self.file) == folder(out) {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "--out: {} would not find what {} extends; write it to the same folder",
            out.display(),
            problem.source.name
        )))
    }
}

fn pairs(
    old: &[Series],
    new: &[Series],
    before: impl Fn(&Series) -> f64,
    after: impl Fn(&Series) -> f64,
) -> Named<Change<f64>> {
    old.iter()
        .zip(new)
        .map(|(a, b)| {
            let change = Change {
                before: before(a),
                after: after(b),
            };
            (a.name.clone(), change)
        })
        .collect()
}

/// The text with one line more.
fn longer(text: &str, line: &str) -> String {
    let text = text.trim_end();
    let last = text.lines().last().unwrap_or("");
    // Reports stand together, apart from what is above them.
    let gap = if last.starts_with("observed") {
        "\n"
    } else {
        "\n\n"
    };
    format!("{text}{gap}{line}\n")
}

impl Record {
    fn text(&self, after: &Problem) -> String {
        let (word, labels) = (after.round_name(), after.labels());
        let mut out = format!("{}\n", after.game.title);
        out += &screen::wrap(
            &format!(
                "Seen: {}. What is reported had a probability of {} before. {} over.",
                self.labels
                    .iter()
                    .flatten()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
                tables::percent(self.probability),
                match self.rounds {
                    1 => format!("1 {word} is"),
                    n => format!("{n} {word}s are"),
                }
            ),
            0,
        );
        out += &screen::heading("State");
        let mut table = Table::new(["", "before", "now"]);
        for (variable, level) in &self.state.0 {
            let label = |name: &str| labels.level(variable, name).to_owned();
            let name = labels.variable(variable).to_owned();
            table.row([name, label(&level.before), label(&level.after)]);
        }
        out += &screen::table(&table);
        if !self.beliefs.0.is_empty() {
            out += &screen::heading("What all believe");
            let mut table = Table::new(["", "before", "now"]);
            for (actor, types) in &self.beliefs.0 {
                for (kind, p) in &types.0 {
                    let name = format!("{} is {}", labels.actor(actor), labels.kind(actor, kind));
                    table.row([name, tables::percent(p.before), tables::percent(p.after)]);
                }
            }
            out += &screen::table(&table);
        }
        let game = &after.game;
        let classes = game.classes.iter().map(|c| c.label.as_str());
        let questions = game.questions.iter().map(|q| q.title.as_str());
        for (heading, numbers, labels) in [
            (
                "Outcome, when its time is up",
                &self.classes,
                classes.collect::<Vec<_>>(),
            ),
            (
                "Comes true in its time",
                &self.questions,
                questions.collect(),
            ),
        ] {
            if numbers.0.is_empty() {
                continue;
            }
            out += &screen::heading(heading);
            let mut table = Table::new(["", "before", "now"]);
            for ((_, p), label) in numbers.0.iter().zip(labels) {
                table.row([
                    label.to_owned(),
                    tables::percent(p.before),
                    tables::percent(p.after),
                ]);
            }
            out += &screen::table(&table);
        }
        out
    }
}
