//! `climbdown-game/1` is read in any order of keys, and what is wrong is told at its place.

use climbdown_report::exchange::ExchangeError;
use climbdown_report::exchange::json::read;

const NODE: &str = r#"{"state": 0, "moves": [["stay", "go"]], "joint": [
  {"moves": [0], "payoff": [[0]], "outcomes": [{"labels": ["stay"], "next": 0, "believed": 1, "true": 1}]},
  {"moves": [1], "payoff": [[1]], "outcomes": [{"labels": ["go"], "next": 0, "believed": 1, "true": 1}]}]}"#;

/// A game of one phase, which holds these fields in this order.
fn game(phase: &[&str]) -> String {
    format!(
        "{{\"format\": \"climbdown-game/1\", \"horizon\": 2, \"foresight\": 1,\n\
         \"actors\": [{{\"name\": \"a\", \"precision\": 1, \"discount\": 1, \
         \"types\": [{{\"name\": \"t\", \"prior\": 1}}]}}],\n\
         \"states\": [\"s\"], \"start\": 0,\n\
         \"phases\": [{{{}}}]}}\n",
        phase.join(", ")
    )
}

/// Line, column and message of the mistake of shape.
#[track_caller]
fn mistake(text: &str) -> (usize, usize, String) {
    match read(text) {
        Err(ExchangeError::Shape {
            line,
            column,
            message,
        }) => (line, column, message),
        other => panic!("no mistake of shape: {other:?}"),
    }
}

/// Line and column of the byte at which `part` ends, as a reader counts that stands behind it.
fn end_of(text: &str, part: &str) -> (usize, usize) {
    let end = text.find(part).expect("the part stands there") + part.len();
    let before = &text[..end];
    let line = 1 + before.matches('\n').count();
    (line, end - before.rfind('\n').map_or(0, |at| at + 1))
}

#[test]
fn the_fields_of_a_phase_stand_in_any_order() {
    let nodes = format!("\"nodes\": [{NODE}]");
    let fields = ["\"kind\": \"move\"", "\"actors\": [0]", nodes.as_str()];
    let wanted = format!("{:?}", read(&game(&fields)).expect("a sound game"));
    for [a, b, c] in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let text = game(&[fields[a], fields[b], fields[c]]);
        let found = read(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(format!("{found:?}"), wanted, "{text}");
    }
    let events = r#""nodes": [{"state": 0, "payoff": [[0]], "outcomes": [{"next": 0, "believed": 1, "true": 1}]}]"#;
    let first = read(&game(&["\"kind\": \"events\"", events])).expect("a sound game");
    let last = read(&game(&[events, "\"kind\": \"events\""])).expect("a sound game");
    assert_eq!(format!("{first:?}"), format!("{last:?}"));
}

/// Behind the outcome, the joint move or the node that lacks it, wherever the kind stands and however
/// much follows.
#[test]
fn a_missing_field_is_told_where_it_is_missing() {
    let cases = [
        (r#", "true": 1}]},"#, "}]},", r#""believed": 1}"#, "true"),
        (
            r#""payoff": [[0]], "outcomes": [{"labels": ["stay"]"#,
            r#""outcomes": [{"labels": ["stay"]"#,
            "\"true\": 1}]}",
            "payoff",
        ),
        (
            r#"{"state": 0, "moves""#,
            r#"{"moves""#,
            "\"true\": 1}]}]}",
            "state",
        ),
    ];
    for (whole, lacking, end, field) in cases {
        let node = NODE.replacen(whole, lacking, 1);
        assert_ne!(node, NODE);
        for separator in ["\n", " "] {
            let nodes = format!("\"nodes\": [{separator}{node},\n{NODE},\n{NODE}]");
            let nodes = nodes.as_str();
            let kind = "\"kind\": \"move\"";
            for fields in [
                [kind, "\"actors\": [0]", nodes],
                ["\"actors\": [0]", nodes, kind],
            ] {
                let text = game(&fields);
                let (line, column, message) = mistake(&text);
                assert!(
                    message.contains(&format!("missing field `{field}`")),
                    "{message}"
                );
                assert_eq!((line, column), end_of(&text, end), "{field}: {text}");
            }
        }
    }
}

#[test]
fn a_phase_has_one_kind_that_is_known() {
    let nodes = r#""nodes": []"#;
    let (kind, actors) = ("\"kind\": \"move\"", "\"actors\": [0]");
    let cases: [(&[&str], &str, &str); 9] = [
        (
            &["\"kind\": \"chance\"", nodes],
            "unknown variant `chance`",
            "\"chance\"",
        ),
        (
            &[nodes, "\"kind\": \"chance\""],
            "unknown variant `chance`",
            "\"chance\"",
        ),
        (&[kind, actors, kind, nodes], "duplicate field `kind`", ""),
        (&[nodes, kind, actors, kind], "duplicate field `kind`", ""),
        (&[nodes, kind, actors, nodes], "duplicate field `nodes`", ""),
        (&[actors, nodes], "missing field `kind`", ""),
        (&[kind, nodes], "missing field `actors`", ""),
        (&[kind, actors], "missing field `nodes`", ""),
        (
            &[nodes, actors, "\"kind\": \"events\""],
            "unknown field `actors`, expected `kind` or `nodes`",
            "\"events\"}",
        ),
    ];
    for (fields, says, end) in cases {
        let text = game(fields);
        let (line, column, message) = mistake(&text);
        assert!(message.contains(says), "{message}: {text}");
        assert_eq!(line, 4, "{message}: {text}");
        if !end.is_empty() {
            assert_eq!((line, column), end_of(&text, end), "{message}: {text}");
        }
    }
    let (.., message) = mistake(&game(&[kind, actors, "\"knodes\": []"]));
    assert!(message.contains("unknown field `knodes`"), "{message}");
}

/// However deep brackets are nested, before the kind is known or after it.
#[test]
fn hostile_nesting_is_refused() {
    let kind = "\"kind\": \"events\"";
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!(
            "\"nodes\": {}0{}",
            open.repeat(300_000),
            close.repeat(300_000)
        );
        mistake(&game(&[kind, &deep]));
        mistake(&game(&[&deep, kind]));
        let unclosed = format!("\"nodes\": {}", open.repeat(300_000));
        mistake(&game(&[kind, &unclosed]));
        mistake(&game(&[&unclosed, kind]));
    }
}
