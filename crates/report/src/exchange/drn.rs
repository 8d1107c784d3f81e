//! The Markov chain that solved play induces, in Storm's explicit format (`.drn`).
//!
//! One step is one phase, and the first draws the types, so round `t` is over after
//! `1 + t × phases` steps. Labels: `init`; `class_NAME` at the end of every round, on the outcome
//! class if the window closed there; `question_NAME` wherever the question's condition holds; `over`
//! where the crisis has ended or the horizon is reached. Classes and questions may share names, so
//! their labels carry what they are.

use climbdown_engine::forecast::chain::Chain;
use climbdown_engine::game::Game;
use std::fmt::Write as _;

/// Writes a chain as the text of a `.drn` file.
pub fn write(game: &Game, chain: &Chain) -> String {
    let title: Vec<&str> = game.title.split_whitespace().collect();
    let mut out = format!(
        "// {}\n// rounds {}, phases a round {}, window {}; round t is over after 1 + t * {} steps\n",
        title.join(" "),
        game.horizon,
        chain.phases,
        game.window,
        chain.phases
    );
    match chain.cells {
        None => out += "// beliefs exact\n",
        Some(cells) => {
            let _ = writeln!(out, "// beliefs folded onto {cells} cells an axis");
        }
    }
    let places = chain.places.len();
    let _ = write!(
        out,
        "@type: DTMC\n@parameters\n\n@reward_models\n\n@nr_states\n{places}\n@nr_choices\n{places}\n@model\n"
    );
    let questions: Vec<(String, Vec<bool>)> = game
        .questions
        .iter()
        .map(|q| {
            let holds = chain.where_holds(&game.events[q.event as usize]);
            (format!(" question_{}", q.name), holds)
        })
        .collect();
    for (k, place) in chain.places.iter().enumerate() {
        let _ = write!(out, "state {k}");
        if k == 0 {
            out += " init";
        } else {
            for (label, _) in questions.iter().filter(|(_, holds)| holds[k]) {
                out += label;
            }
            if let Some(class) = game.classes.get(place.class).filter(|_| place.phase == 0) {
                let _ = write!(out, " class_{}", class.name);
            }
            if place.over {
                out += " over";
            }
        }
        out += "\n\taction 0\n";
        for e in chain.row[k]..chain.row[k + 1] {
            let _ = writeln!(out, "\t\t{} : {:?}", chain.next[e], chain.probability[e]);
        }
    }
    out
}
