//! No input, however large or broken, panics, hangs or eats memory.

use climbdown_lang::{MAX_SOURCE_BYTES, Options, check, check_bytes, format, located, render};
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What this thread has taken of a processor, which other work on the machine does not lengthen; where
/// the system does not tell, the time by the clock.
fn spent() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|text| text.split(' ').next()?.parse().ok());
    spent.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}

fn codes(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<_> = check(text).diagnostics.iter().map(|d| d.code).collect();
    codes.dedup();
    codes
}

/// Everything that may be done with a text.
fn exercise(bytes: &[u8]) {
    let checked = check_bytes(bytes, Options { pedantic: true });
    let text = String::from_utf8_lossy(bytes);
    // Errors and a scenario exclude each other, and nothing is refused in silence.
    assert!(checked.scenario.is_some() || !checked.diagnostics.is_empty());
    let shown = render(&checked.diagnostics, &text, "x.crisis", false);
    assert_eq!(shown.is_empty(), checked.diagnostics.is_empty());
    for l in located(&checked.diagnostics, &text) {
        assert!(l.place.line >= 1 && l.place.column >= 1);
        assert!(l.place.line <= l.place.end_line);
    }
    if let Ok(once) = format(&text) {
        assert_eq!(format(&once).as_ref(), Ok(&once), "formatting is stable");
    }
}

#[test]
fn too_large_a_source_is_refused_at_once() {
    let large = "x".repeat(MAX_SOURCE_BYTES + 1);
    assert_eq!(codes(&large), ["E0002"]);
    assert!(format(&large).is_err());
    let bytes = vec![0xff; 100 * 1024 * 1024];
    let start = spent();
    let found = check_bytes(&bytes, Options::default()).diagnostics;
    assert_eq!(found[0].code, "E0002");
    assert!(found[0].message.contains("104857600"));
    assert!(
        spent() - start < Duration::from_secs(1),
        "it is not even read"
    );
}

#[test]
fn lists_are_bounded() {
    let mut levels = String::from("variable v\n  start l0\n  levels l0");
    for i in 1..300 {
        write!(levels, ", l{i}").expect("strings take all");
    }
    assert!(codes(&levels).contains(&"E0009"), "{:?}", codes(&levels));
    let mut parameters = String::new();
    for i in 0..5_000 {
        writeln!(parameters, "parameter p{i} = 1").expect("strings take all");
    }
    assert!(codes(&parameters).contains(&"E0009"));
}

#[test]
fn findings_are_bounded() {
    let text = "parameter 1\n".repeat(5_000);
    let found = check(&text).diagnostics;
    assert!(found.len() <= 1_001, "{}", found.len());
    assert_eq!(found.last().map(|d| d.code), Some("E0012"));
}

#[test]
fn copies_are_bounded() {
    // Many triggers that look like one huge move would copy its outcomes again and again.
    let mut text = String::from(
        "scenario \"x\"\n  horizon 3 rounds\n  order a\nvariable v\n  levels x, y\n  start x\nactor a\n  precision 1\nmove a.m\n",
    );
    for _ in 0..200 {
        text.push_str("  outcome 0.001: v up if v == x and v == x and v == x and v == x and v == x and v == x\n");
    }
    text.push_str("  outcome rest: nothing\n");
    for i in 0..4_000 {
        writeln!(text, "trigger t{i}\n  looks like a.m\n  rate 1 per round")
            .expect("strings take all");
    }
    assert!(codes(&text).contains(&"E0009"));
}

/// Inputs built to be slow: each takes a file of the largest size and must stay within seconds.
/// What constructs make is bounded, however their numbers multiply.
#[test]
fn what_constructs_make_is_bounded() {
    let mut head = String::from(
        "scenario \"x\"\n  round week\n  horizon 4 rounds\n  order iran, us\n\nvariable v\n  levels a, b\n  start a\n\nactor us\n  precision 1\n\nactor iran\n  precision 1\n\n",
    );
    for i in 0..2_000 {
        write!(
            head,
            "move us.m{i}\n  when v == a\n  outcome: v up\n\nmove iran.m{i}\n  outcome 50%: v up\n  outcome rest: v down\n\n"
        )
        .expect("strings take all");
    }
    let answers: Vec<String> = (0..200).map(|i| format!("us.m{i}")).collect();
    let answers = answers.join(", ");
    let start = spent();
    for (count, crossing, within) in [
        (250, "by iran.m0", 1),
        (250, "when v == b", 1),
        (20, "when v == b", 12),
    ] {
        let mut text = head.clone();
        for i in 0..count {
            write!(
                text,
                "red line l{i} held by us against iran\n  crossed {crossing}\n  answered by {answers} within {within} rounds\n  clarity 50%\n  cost of silence: 2\n\n"
            )
            .expect("strings take all");
        }
        assert!(
            codes(&text).contains(&"E0009"),
            "{count} {crossing} {within}"
        );
    }
    let mut text = head.clone();
    for t in 0..100 {
        writeln!(text, "talks t{t} between us and iran").expect("strings take all");
        for p in 0..50 {
            writeln!(
                text,
                "  package p{t}_{p}\n    value us: 1\n    performed by iran in 12 steps, at 3"
            )
            .expect("strings take all");
        }
    }
    assert!(codes(&text).contains(&"E0009"));
    let mut text = head;
    for i in 0..250 {
        writeln!(
            text,
            "ramp r{i} from us to iran\n  when v == b\n  credibility 50%\n  relief iran: 1"
        )
        .expect("strings take all");
    }
    assert!(codes(&text).contains(&"E0009"));
    assert!(
        spent() - start < Duration::from_secs(60),
        "{:?}",
        spent() - start
    );
}

#[test]
fn hostile_inputs_end_soon() {
    let size = MAX_SOURCE_BYTES;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let hostile = [
        fill("("),
        fill("a "),
        fill("\n"),
        fill("#\n"),
        fill("\""),
        fill("%"),
        fill("..."),
        fill("-"),
        format!("derived d = {}", fill("not ")[..size - 20].to_owned()),
        format!("derived d = 1{}", &fill("+1")[..size - 20]),
        format!("derived d = {}", &fill("1 if 1, ")[..size - 20]),
        format!("derived d = {}", &fill("by v (a: ")[..size - 20]),
        (0..2_000).fold(String::new(), |mut s, i| {
            s.push_str(&" ".repeat(i));
            s.push_str("a\n");
            s
        }),
        (0..4_000).fold(String::new(), |mut s, i| {
            writeln!(s, "derived d{i} = d{} + d{}", i + 1, i + 2).expect("strings take all");
            s
        }),
        (0..4_000).fold(String::new(), |mut s, i| {
            writeln!(s, "derived similar_name_{i} = similar_nome_{i} + 1")
                .expect("strings take all");
            s
        }),
        fill("scenario \"x\"\n"),
        fill("move a.b\n  outcome: x up\n"),
        fill("variable v\n  levels a, b\n  start a\n"),
        fill("red line\n"),
        fill("é"),
        fill("  \t x\n"),
    ];
    for text in hostile {
        let start = spent();
        exercise(text.as_bytes());
        let head: String = text.chars().take(30).collect();
        assert!(
            spent() - start < Duration::from_secs(20),
            "{head:?} took {:?}",
            spent() - start
        );
    }
}

/// Pieces that make more of a scenario than random bytes do.
fn piece() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "scenario",
        "parameter",
        "variable",
        "ladder",
        "derived",
        "actor",
        "move",
        "trigger",
        "end",
        "outcomes",
        "question",
        "levels",
        "start",
        "when",
        "outcome",
        "rest",
        "otherwise",
        "if",
        "else",
        "by",
        "in",
        "not",
        "and",
        "or",
        "belief",
        "number",
        "us",
        "iran",
        "strait",
        "open",
        "shut",
        "us.hold",
        "strait.open",
        "up",
        "down",
        "to",
        "at",
        "least",
        "rate",
        "per",
        "year",
        "week",
        "rounds",
        "within",
        "ever",
        "type",
        "prior",
        "payoff",
        "afterwards",
        "transient",
        "order",
        "events",
        "horizon",
        "round",
        "precision",
        "discount",
        "red",
        "line",
    ];
    prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(|w| format!("{w} ")),
        4 => prop::sample::select(&["\n", "\n  ", "\n    ", "\n\n", " # x\n"][..]).prop_map(str::to_owned),
        4 => prop::sample::select(&[": ", ", ", "; ", "(", ") ", "= ", "== ", "< ", "- ", "+ ", "* ", "/", "^", ".. ", "."][..])
            .prop_map(str::to_owned),
        3 => prop::sample::select(&["0 ", "1 ", "0.5 ", "70% ", "1e3 ", "2026-05-11 ", "\"text\" ", "3 mb/day "][..])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
    }

    #[test]
    fn random_pieces_do_no_harm(pieces in prop::collection::vec(piece(), 0..120)) {
        exercise(pieces.concat().as_bytes());
    }

    #[test]
    fn damaged_scenarios_do_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, prop::option::of(piece())), 1..8),
    ) {
        let mut text = include_str!("pass/everything.crisis").to_owned();
        for (at, length, new) in damage {
            let start = (0..=at.index(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            let end = (start..=(start + length).min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(start);
            text.replace_range(start..end, new.as_deref().unwrap_or(""));
        }
        exercise(text.as_bytes());
    }
}
