//! The random games by themselves: they are sound, the oracle solves them, their beliefs move.

use crate::oracle;

use climbdown_report::exchange::{gambit, json};
use oracle::classic;
use oracle::random::{self, Features};
use oracle::tree::Content;

#[test]
fn random_games_are_sound_and_solved() {
    let mut moved = Vec::new();
    let (mut worst, mut folds, mut histories) = (0.0_f64, 0, 0);
    let started = std::time::Instant::now();
    for index in 0..60 {
        let json = random::game(index, &Features::of(index), 1500);
        let game = json::read(&json.to_string()).unwrap_or_else(|e| panic!("game {index}: {e}"));
        let written = json::write(&game).expect("written");
        let again = json::read(&written).expect("read again");
        assert!(
            format!("{game:?}") == format!("{again:?}"),
            "game {index} came back changed"
        );
        let solved = oracle::solve(&json, 1500).unwrap_or_else(|e| panic!("game {index}: {e}"));
        worst = worst.max(solved.residual);
        folds += solved.folds;
        histories = histories.max(solved.tree.nodes.len());
        moved.push(solved.tree.movement(&solved.x));
        let reach: f64 = {
            let point = solved.tree.evaluate(&solved.x, 1.0);
            let reach = solved.tree.reach(&point.probability, &point.belief);
            let ends = solved.tree.nodes.iter().zip(&reach);
            ends.filter(|(n, _)| matches!(n.content, Content::Terminal { .. }))
                .map(|(_, r)| r)
                .sum()
        };
        assert!((reach - 1.0).abs() < 1e-12);
    }
    moved.sort_by(f64::total_cmp);
    println!(
        "60 games: at most {histories} histories, residual {worst:.1e}, {folds} folds; beliefs move \
         by {:.3} in the median, {:.3} at most; {:.1} s",
        moved[30],
        moved[59],
        started.elapsed().as_secs_f64()
    );
    assert!(worst < 1e-11);
    assert!(moved[30] > 0.03, "beliefs move by {}", moved[30]);
}

/// What Gambit can hold is written; what it cannot is refused with the reason.
#[test]
fn trees_for_gambit() {
    for index in 0..50 {
        let json = random::game(1000 + index, &Features::for_gambit(index), 60);
        let game = json::read(&json.to_string()).expect("sound");
        let text = gambit::write(&game).unwrap_or_else(|e| panic!("game {index}: {e}"));
        assert!(text.starts_with("EFG 2 R"));
        assert!(!text.contains("lambda is common") && !text.contains("works on discounted"));
    }
    // Moving at once becomes moving without seeing; a longer game of the kind is too large.
    let mut json = classic::two_states(1.0, true);
    let written = |json: &serde_json::Value| {
        gambit::write(&json::read(&json.to_string()).expect("sound")).map_err(|e| e.to_string())
    };
    let text = written(&json).expect("a tree");
    assert!(text.contains("round 2 calm plain"), "{text}");
    json["horizon"] = 12.into();
    let error = written(&json).expect_err("too large");
    assert!(error.contains("50000"), "{error}");
    json["precision_scale"] = "current".into();
    json["horizon"] = 2.into();
    json["actors"][0]["precision"] = 3.into();
    let text = written(&json).expect("a tree");
    assert!(
        text.contains("lambda is common to all; here it is a 3, b 1"),
        "{text}"
    );
    assert!(text.contains("works on discounted payoffs"), "{text}");
    let refused = |features: &Features, word: &str| {
        let found = (0..20).any(|seed| {
            let json = random::game(seed, features, 1500);
            let game = json::read(&json.to_string()).expect("sound");
            gambit::write(&game).is_err_and(|e| e.to_string().contains(word))
        });
        assert!(found, "no game was refused for {word}");
    };
    let base = Features::for_gambit(2);
    let with = |change: &dyn Fn(&mut Features)| {
        let mut features = base.clone();
        change(&mut features);
        features
    };
    refused(&with(&|f| f.variants = true), "variants");
    refused(&with(&|f| f.believed = true), "differs from the truth");
    refused(&with(&|f| f.rolling = true), "foresight full");
}
