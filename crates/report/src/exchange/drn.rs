//! The Markov chain that solved play induces, in Storm's explicit format (`.drn`).
//!
//! One step is one phase, and the first draws the types, so round `t` is over after
//! `1 + t × phases` steps. Labels: `init`; `class_NAME` at the end of every round, on the outcome
//! class if the window closed there; `question_NAME` wherever the question's condition holds; `over`
//! where the crisis has ended or the horizon is reached. Classes and questions may share names, so
//! their labels carry what they are.

use climbdown_engine::forecast::chain::Chain;
use climbdown_engine::game::Game;
use std::io::{self, Write};

/// Writes a chain as the text of a `.drn` file; `distance` is that of its forecast ([`Chain::distance`]).
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, game: &Game, chain: &Chain, distance: f64) -> io::Result<()> {
    let title: Vec<&str> = game.title.split_whitespace().collect();
    let phases = chain.phases;
    writeln!(out, "// {}", title.join(" "))?;
    writeln!(
        out,
        "// rounds {}, phases a round {phases}, window {}; round t is over after 1 + t * {phases} steps",
        chain.rounds, game.window
    )?;
    match chain.cells {
        None => writeln!(out, "// beliefs exact")?,
        Some(cells) => writeln!(
            out,
            "// beliefs folded onto {cells} cells an axis; no class or question is further than \
             {distance:.1e} from the forecast after any round"
        )?,
    }
    let places = chain.places.len();
    write!(
        out,
        "@type: DTMC\n@parameters\n\n@reward_models\n\n@nr_states\n{places}\n@nr_choices\n{places}\n@model\n"
    )?;
    let questions: Vec<(String, Vec<bool>)> = game
        .questions
        .iter()
        .map(|q| {
            let holds = chain.where_holds(&game.events[q.event as usize]);
            (format!(" question_{}", q.name), holds)
        })
        .collect();
    for (k, place) in chain.places.iter().enumerate() {
        write!(out, "state {k}")?;
        if k == 0 {
            write!(out, " init")?;
        } else {
            for (label, _) in questions.iter().filter(|(_, holds)| holds[k]) {
                write!(out, "{label}")?;
            }
            if let Some(class) = game.classes.get(place.class).filter(|_| place.phase == 0) {
                write!(out, " class_{}", class.name)?;
            }
            if place.over {
                write!(out, " over")?;
            }
        }
        writeln!(out, "\n\taction 0")?;
        for e in chain.row[k]..chain.row[k + 1] {
            writeln!(out, "\t\t{} : {:?}", chain.next[e], chain.probability[e])?;
        }
    }
    Ok(())
}
