//! What reading `climbdown-game/1` takes of memory, as counted: a test program of its own, since every
//! allocation counts.

// Counting what is allocated needs an allocator, and an allocator is unsafe.
#![allow(unsafe_code)]

use climbdown_report::exchange::json::read;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator, with a count of the bytes in use and of the most there were.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn grown(by: usize) {
    let live = LIVE.fetch_add(by, Relaxed) + by;
    MOST.fetch_max(live, Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Relaxed);
        grown(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes of a text.
const SIZE: usize = 4 << 20;

/// A game with so many copies of `unit` between two parts.
fn text(states: &str, before: &str, unit: &str, after: &str) -> String {
    let mut text = format!(
        "{{\"format\":\"climbdown-game/1\",\"horizon\":1,\"foresight\":1,\"actors\":[],\
         \"states\":{states},\"start\":0,{before}"
    );
    text.reserve_exact(SIZE);
    while text.len() < SIZE {
        text.push_str(unit);
    }
    text + unit.trim_end_matches(',') + after
}

/// Lists of nothing, of numbers, of texts; the smallest nodes that there are: none takes more than so
/// many times its text, the room that lists keep for growth included. Read as a tree of
/// values first, lists of one number took fifty.
#[test]
fn no_text_takes_much_more_memory_than_it_has_bytes() {
    const TIMES: f64 = 8.0;
    let events = "\"phases\":[{\"kind\":\"events\",\"nodes\":[";
    let moves = "\"phases\":[{\"kind\":\"move\",\"actors\":[],\"nodes\":[";
    let at = |head: &str, rest: &str| format!("{head}{rest}");
    let s = "[\"s\"]";
    let state = "{\"state\":0,";
    let cases = [
        ("states", "", String::new(), "", ""),
        (
            "payoffs",
            s,
            at(events, "{\"state\":0,\"payoff\":["),
            "[0],",
            "]}]}]}",
        ),
        (
            "empty payoffs",
            s,
            at(events, "{\"state\":0,\"payoff\":["),
            "[],",
            "]}]}]}",
        ),
        (
            "one payoff",
            s,
            at(events, "{\"state\":0,\"payoff\":[["),
            "0,",
            "]]}]}]}",
        ),
        (
            "nodes of events",
            s,
            events.to_owned(),
            "{\"state\":0,\"payoff\":[],\"outcomes\":[]},",
            "]}]}",
        ),
        (
            "nodes with an outcome",
            s,
            events.to_owned(),
            "{\"state\":0,\"payoff\":[],\"outcomes\":[{\"next\":0,\"believed\":1,\"true\":1}]},",
            "]}]}",
        ),
        (
            "nodes before their kind",
            s,
            "\"phases\":[{\"nodes\":[".to_owned(),
            "{\"state\":0,\"payoff\":[],\"outcomes\":[]},",
            "],\"kind\":\"events\"}]}",
        ),
        (
            "moves",
            s,
            at(moves, &at(state, "\"moves\":[")),
            "[\"a\"],",
            "]}]}]}",
        ),
        (
            "names",
            s,
            at(moves, &at(state, "\"moves\":[[")),
            "\"\",",
            "]]}]}]}",
        ),
        (
            "variants",
            s,
            at(moves, &at(state, "\"variants\":[")),
            "[[0]],",
            "]}]}]}",
        ),
        (
            "kinds",
            s,
            at(moves, &at(state, "\"variants\":[[")),
            "[],",
            "]]}]}]}",
        ),
        (
            "nodes of moves",
            s,
            moves.to_owned(),
            "{\"state\":0,\"moves\":[],\"joint\":[]},",
            "]}]}",
        ),
        (
            "joint moves",
            s,
            at(moves, &at(state, "\"moves\":[],\"joint\":[")),
            "{\"moves\":[0],\"payoff\":[[0]],\"outcomes\":[]},",
            "]}]}]}",
        ),
        (
            "labels",
            s,
            at(
                moves,
                &at(
                    state,
                    "\"moves\":[],\"joint\":[{\"moves\":[],\"outcomes\":[{\"labels\":[",
                ),
            ),
            "\"\",",
            "]}]}]}]}]}",
        ),
        (
            "outcomes of moves",
            s,
            at(
                moves,
                &at(
                    state,
                    "\"moves\":[],\"joint\":[{\"moves\":[],\"outcomes\":[",
                ),
            ),
            "{\"labels\":[\"a\"],\"next\":0,\"believed\":1,\"true\":1},",
            "]}]}]}]}",
        ),
        (
            "phases",
            s,
            "\"phases\":[".to_owned(),
            "{\"kind\":\"events\",\"nodes\":[]},",
            "]}",
        ),
        (
            "ends",
            s,
            "\"end\":[".to_owned(),
            "{\"state\":0,\"value\":[[0]]},",
            "]}",
        ),
        (
            "values afterwards",
            s,
            "\"afterwards\":[".to_owned(),
            "{\"state\":0,\"value\":[]},",
            "]}",
        ),
        (
            "values by belief",
            s,
            "\"afterwards_belief\":[".to_owned(),
            "{\"actor\":0,\"type\":0,\"values\":[]},",
            "]}",
        ),
        (
            "classes",
            s,
            "\"classes\":[".to_owned(),
            "{\"name\":\"\",\"states\":[0]},",
            "]}",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, states, before, unit, after) in cases {
        let text = if name == "states" {
            let list = "\"\",".repeat(SIZE / 3);
            text(
                &format!("[{}]", list.trim_end_matches(',')),
                "\"phases\":[",
                "",
                "]}",
            )
        } else {
            text(states, &before, unit, after)
        };
        let before = LIVE.load(Relaxed);
        MOST.store(before, Relaxed);
        let found = read(&text);
        let times = (MOST.load(Relaxed) - before) as f64 / text.len() as f64;
        drop(found);
        println!("{name}: {times:.1} times the text");
        if times > TIMES {
            wrong.push(format!("{name}: {times:.1} times the text"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
