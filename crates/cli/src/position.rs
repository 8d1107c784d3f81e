//! `--belief`, `--at`: places in a game, named by the user.

use crate::failure::Failure;
use climbdown_engine::game::{Actor, Game};

/// How far stated beliefs about an actor whose types are all named may sum from one.
const SUM_TOLERANCE: f64 = 1e-9;

/// Beliefs by actor and type: the priors, changed by `us.resolved=0.5,…`. Types of an actor that
/// are not named share what is left in proportion to their priors.
///
/// # Errors
/// [`Failure::Usage`] naming the part that is wrong.
pub fn beliefs(game: &Game, text: Option<&str>) -> Result<Vec<Vec<f64>>, Failure> {
    let mut stated: Vec<Vec<Option<f64>>> = game
        .actors
        .iter()
        .map(|a| vec![None; a.types.len()])
        .collect();
    for part in parts(text) {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| wrong(part, "expected `actor.type=probability`"))?;
        let (actor, kind) = key
            .trim()
            .split_once('.')
            .ok_or_else(|| wrong(part, "expected `actor.type` before the `=`"))?;
        let a = index(
            actor,
            "actor",
            game.actors.iter().map(|a| a.name.as_str()),
            part,
        )?;
        let types = &game.actors[a].types;
        let t = index(kind, "type", types.iter().map(|t| t.name.as_str()), part)?;
        let probability = number(value.trim())
            .filter(|p| (0.0..=1.0).contains(p))
            .ok_or_else(|| wrong(part, "expected a probability from 0 to 1"))?;
        if stated[a][t].replace(probability).is_some() {
            return Err(wrong(part, "this type was named before"));
        }
    }
    game.actors
        .iter()
        .zip(&stated)
        .map(|(actor, stated)| complete(actor, stated))
        .collect()
}

/// Fills in what was not stated about one actor.
fn complete(actor: &Actor, stated: &[Option<f64>]) -> Result<Vec<f64>, Failure> {
    let total: f64 = stated.iter().flatten().sum();
    let open = stated.iter().filter(|s| s.is_none()).count();
    let excess = total - 1.0;
    if excess > SUM_TOLERANCE || (open == 0 && excess < -SUM_TOLERANCE) {
        return Err(Failure::Usage(format!(
            "--belief: the types of `{}` sum to {total}, expected 1",
            actor.name
        )));
    }
    let left = (1.0 - total).max(0.0);
    let prior: f64 = actor
        .types
        .iter()
        .zip(stated)
        .filter(|(_, s)| s.is_none())
        .map(|(t, _)| t.prior)
        .sum();
    let mut beliefs: Vec<f64> = actor
        .types
        .iter()
        .zip(stated)
        .map(|(kind, stated)| match stated {
            Some(p) => *p,
            None if stated_nothing(open, actor) => kind.prior,
            None if prior > 0.0 => left * kind.prior / prior,
            None => left / open as f64,
        })
        .collect();
    // Within the tolerance, and past rounding, beliefs sum to one.
    if open == 0 && total != 1.0 {
        beliefs.iter_mut().for_each(|b| *b /= total);
    }
    Ok(beliefs)
}

/// Nothing was said of the actor: the priors stand as they are, to the bit.
fn stated_nothing(open: usize, actor: &Actor) -> bool {
    open == actor.types.len()
}

/// The state that `text` names: the label of a state, or some of its variables with their levels,
/// the others as at the start. Without a text, the start.
///
/// # Errors
/// [`Failure::Usage`] naming the part that is wrong, with the nearest name.
pub fn state(game: &Game, text: Option<&str>) -> Result<u32, Failure> {
    let Some(text) = text.map(str::trim) else {
        return Ok(game.start);
    };
    if let Some(state) = game.states.iter().position(|label| label == text) {
        return Ok(state as u32);
    }
    // An exported game carries history behind a bar; without it, nothing has happened yet.
    let fresh = format!("{text}|ever=");
    if let Some(state) = game.states.iter().position(|label| *label == fresh) {
        return Ok(state as u32);
    }
    if game.variables.is_empty() {
        let hint = nearest(text, game.states.iter().map(String::as_str));
        return Err(Failure::Usage(format!(
            "--at: no state is labelled `{text}`{hint}"
        )));
    }
    let start = game.start as usize;
    let mut levels: Vec<u16> = game.variables.iter().map(|v| v.of_state[start]).collect();
    let mut named = vec![false; levels.len()];
    for part in parts(Some(text)) {
        let (variable, level) = part
            .split_once('=')
            .ok_or_else(|| Failure::Usage(format!("--at: `{part}`: expected `variable=level`")))?;
        let names = game.variables.iter().map(|v| v.name.as_str());
        let v = position(variable.trim(), "variable", names, part)?;
        let names = game.variables[v].levels.iter().map(String::as_str);
        levels[v] = position(level.trim(), "level", names, part)? as u16;
        if std::mem::replace(&mut named[v], true) {
            return Err(Failure::Usage(format!(
                "--at: `{part}`: this variable was named before"
            )));
        }
    }
    (0..game.states.len())
        .find(|s| {
            game.variables
                .iter()
                .zip(&levels)
                .all(|(v, level)| v.of_state[*s] == *level)
        })
        .map(|s| s as u32)
        .ok_or_else(|| {
            let place: Vec<String> = game
                .variables
                .iter()
                .zip(&levels)
                .map(|(v, level)| format!("{}={}", v.name, v.levels[usize::from(*level)]))
                .collect();
            Failure::Usage(format!(
                "--at: the crisis never comes to {}",
                place.join(",")
            ))
        })
}

/// Checks `--round`.
///
/// # Errors
/// [`Failure::Usage`] past the horizon.
pub fn round(game: &Game, round: u32) -> Result<(), Failure> {
    if round < game.horizon {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "--round: there is no round {round}; the rounds are 0 to {}",
        game.horizon.saturating_sub(1)
    )))
}

fn parts(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or("")
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// "0.5" or "50%".
fn number(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().ok().map(|p| p / 100.0),
        None => text.parse().ok(),
    }
}

fn wrong(part: &str, expected: &str) -> Failure {
    Failure::Usage(format!("--belief: `{part}`: {expected}"))
}

fn index<'a>(
    name: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    part: &str,
) -> Result<usize, Failure> {
    find("--belief", name, what, names, part)
}

fn position<'a>(
    name: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    part: &str,
) -> Result<usize, Failure> {
    find("--at", name, what, names, part)
}

fn find<'a>(
    option: &str,
    name: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    part: &str,
) -> Result<usize, Failure> {
    names.clone().position(|n| n == name).ok_or_else(|| {
        let all: Vec<&str> = names.clone().collect();
        let hint = match nearest(name, names) {
            hint if !hint.is_empty() => hint,
            _ if all.is_empty() => String::new(),
            _ => format!("; expected one of {}", all.join(", ")),
        };
        Failure::Usage(format!(
            "{option}: `{part}`: there is no {what} `{name}`{hint}"
        ))
    })
}

/// "; did you mean …?", when something is near.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|n| (strsim::normalized_damerau_levenshtein(name, n), n))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, n)| format!("; did you mean `{n}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use climbdown_report::exchange::json;

    /// Two sides, three types on one of them.
    fn game() -> Game {
        let text = r#"{ "format": "climbdown-game/1", "title": "t", "horizon": 1,
            "foresight": "full", "noise": "error", "precision_scale": "current",
            "actors": [
              {"name": "us", "precision": 1, "discount": 1, "types": [
                {"name": "a", "prior": 0.2}, {"name": "b", "prior": 0.3},
                {"name": "c", "prior": 0.5}]},
              {"name": "iran", "precision": 1, "discount": 1, "types": [
                {"name": "only", "prior": 1}]}],
            "states": ["calm", "storm"], "start": 0,
            "phases": [{"kind": "move", "actors": [0], "nodes": [
              {"state": 0, "moves": [["stay", "go"]], "joint": [
                {"moves": [0], "payoff": [[0,0,0],[0]], "outcomes": [
                  {"labels": ["stay"], "next": 0, "believed": 1, "true": 1}]},
                {"moves": [1], "payoff": [[1,1,1],[0]], "outcomes": [
                  {"labels": ["go"], "next": 1, "believed": 1, "true": 1}]}]}]}],
            "end": [{"state": 1, "value": [[0,0,0],[0]]}],
            "afterwards": [{"state": 0, "value": [[0,0,0],[0]]}],
            "classes": [{"name": "c", "states": [0, 1]}], "questions": [] }"#;
        json::read(text).expect("a sound game")
    }

    fn usage(result: Result<impl std::fmt::Debug, Failure>) -> String {
        match result {
            Err(Failure::Usage(text)) => text,
            other => panic!("expected a usage error, got {other:?}"),
        }
    }

    #[test]
    fn without_a_text_the_priors_stand() {
        let beliefs = beliefs(&game(), None).expect("priors");
        assert_eq!(beliefs, [vec![0.2, 0.3, 0.5], vec![1.0]]);
    }

    #[test]
    fn types_not_named_share_what_is_left_by_their_priors() {
        let beliefs = beliefs(&game(), Some("us.c = 0.1")).expect("beliefs");
        assert!((beliefs[0][0] - 0.36).abs() < 1e-15 && (beliefs[0][1] - 0.54).abs() < 1e-15);
        assert_eq!(beliefs[0][2], 0.1);
        let beliefs = super::beliefs(&game(), Some("us.a=20%,us.b=30%,us.c=50%")).expect("all");
        assert_eq!(beliefs[0], [0.2, 0.3, 0.5]);
        let beliefs = super::beliefs(&game(), Some("us.a=1")).expect("certain");
        assert_eq!(beliefs[0], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn wrong_beliefs_are_named() {
        for (text, says) in [
            ("us.a=2", "probability from 0 to 1"),
            ("us.a=nan", "probability from 0 to 1"),
            ("us.a", "expected `actor.type=probability`"),
            ("a=0.5", "expected `actor.type`"),
            ("usa.a=0.5", "did you mean `us`?"),
            ("us.d=0.5", "expected one of a, b, c"),
            ("us.a=0.5,us.a=0.5", "named before"),
            ("us.a=0.7,us.b=0.7", "sum to 1.4"),
            ("us.a=0.2,us.b=0.2,us.c=0.2", "expected 1"),
            ("iran.only=0.5", "expected 1"),
        ] {
            let message = usage(beliefs(&game(), Some(text)));
            assert!(message.contains(says), "{text}: {message}");
        }
    }

    #[test]
    fn states_go_by_label_in_games_without_variables() {
        assert_eq!(state(&game(), None).expect("start"), 0);
        assert_eq!(state(&game(), Some("storm")).expect("storm"), 1);
        assert!(usage(state(&game(), Some("strom"))).contains("did you mean `storm`?"));
    }

    #[test]
    fn states_go_by_variables_where_there_are_some() {
        let mut game = game();
        game.variables = vec![climbdown_engine::game::VariableLevels {
            name: "sea".into(),
            label: "Sea".into(),
            levels: vec!["flat".into(), "rough".into(), "never".into()],
            of_state: vec![0, 1],
        }];
        assert_eq!(state(&game, Some("sea=rough")).expect("rough"), 1);
        assert_eq!(state(&game, Some(" ")).expect("as at the start"), 0);
        assert!(usage(state(&game, Some("sea=never"))).contains("never comes to sea=never"));
        assert!(usage(state(&game, Some("sea=ruogh"))).contains("did you mean `rough`?"));
        assert!(usage(state(&game, Some("see=rough"))).contains("did you mean `sea`?"));
        assert!(usage(state(&game, Some("sea"))).contains("expected `variable=level`"));
        assert!(usage(state(&game, Some("sea=flat,sea=flat"))).contains("named before"));
    }
}
