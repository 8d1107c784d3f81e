//! Drawing from a distribution by the upper half of a random number.

use climbdown_engine::simulate::cells::{Cells, Cumulated};
use climbdown_engine::simulate::philox::{Draws, Purpose, uniform};

const ASK: u32 = 1000;

/// The first place behind whose end `u` does not lie.
fn place(shares: &[f64], u: f64) -> u32 {
    let mut below = 0.0;
    let mut last = 0;
    for (k, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        last = k;
        below += share;
        if u < below {
            break;
        }
    }
    last as u32
}

/// The upper words next to all ends, the least, the largest, and random ones.
fn words(shares: &[f64]) -> Vec<u32> {
    let mut words = vec![0, 1, u32::MAX - 1, u32::MAX];
    let mut below = 0.0;
    for share in shares {
        below += share;
        let word = (below * 2f64.powi(32)) as u32;
        words.extend([word.saturating_sub(1), word, word.saturating_add(1)]);
    }
    let random = (0..500).map(|n| Draws::of(3).pair(n, 0, Purpose::Step).0);
    words.extend(random.map(|u| (u * 2f64.powi(32)) as u32));
    words
}

fn distributions() -> Vec<Vec<f64>> {
    let mut all = vec![
        vec![1.0],
        vec![0.0, 1.0, 0.0],
        vec![0.5, 0.5],
        vec![0.0, 0.25, 0.0, 0.75, 0.0],
        // Places that end in the same cell, at the same word, and beyond the last word.
        vec![0.3, 1e-6, 0.3, 1e-13, 0.4 - 1e-6 - 1e-13],
        vec![1.0 - 1e-17, 1e-17],
        vec![1e-12, 1.0 - 1e-12],
        vec![0.1; 10],
    ];
    let draws = Draws::of(1);
    for n in 0..300 {
        let places = 1 + n % 40;
        let mut shares: Vec<f64> = (0..places)
            .map(|k| draws.pair(n, k as u32, Purpose::Step))
            .map(|(u, v)| {
                if u < 0.2 {
                    0.0
                } else {
                    v.powi(1 + (n % 7) as i32)
                }
            })
            .collect();
        shares[0] += 1e-3;
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|s| *s /= total);
        all.push(shares);
    }
    all
}

#[test]
fn the_upper_word_tells_the_place_or_asks() {
    let all = distributions();
    let (mut known, mut cells) = (Cumulated::default(), Cells::new(ASK));
    for (n, shares) in all.iter().enumerate() {
        known.push(shares.iter().copied());
        cells.push(&known, n, |place| place as u32);
    }
    for (n, shares) in all.iter().enumerate() {
        for word in words(shares) {
            let found = cells.look().find(n as u32, word);
            for low in [0, 1, 1 << 31, u32::MAX] {
                let u = uniform(word, low);
                let place = place(shares, u);
                assert_eq!(known.pick(n, u) as u32, place, "{shares:?} at {u}");
                assert!(found == ASK || found == place, "{shares:?} at {word}");
            }
        }
    }
}

#[test]
fn a_word_tells_unless_a_place_ends_there() {
    let shares = [0.5, 0.0, 0.25, 0.2, 0.05];
    let (mut known, mut cells) = (Cumulated::default(), Cells::new(ASK));
    known.push(shares.into_iter());
    cells.push(&known, 0, |place| place as u32);
    let ends: Vec<u32> = [0.5, 0.75, 0.75 + 0.2]
        .map(|b| (b * 2f64.powi(32)) as u32)
        .into();
    // The last word of all may ask where no place ends.
    for word in words(&shares).into_iter().filter(|w| *w < u32::MAX) {
        let asks = cells.look().find(0, word) == ASK;
        assert_eq!(asks, ends.contains(&word), "{word}");
    }
}

#[test]
fn what_is_certain_is_told_by_every_word() {
    let mut cells = Cells::new(ASK);
    cells.push_certain(7);
    for word in [0, 1, 12345, u32::MAX - 1] {
        assert_eq!(cells.look().find(0, word), 7);
    }
}
