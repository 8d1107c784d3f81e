//! Seeded random games in the exchange format, small enough for the whole tree.

use serde_json::{Value, json};

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// 0 … n − 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

/// What a random game contains.
#[derive(Clone, Debug)]
pub struct Features {
    /// Look-alike triggers or noisy labels.
    pub blurred: bool,
    pub both_typed: bool,
    pub three_types: bool,
    pub variants: bool,
    pub opportunity: bool,
    pub discount: bool,
    pub believed: bool,
    pub ends: bool,
    /// Plans shorter than the horizon.
    pub rolling: bool,
    pub discounted_scale: bool,
    /// One precision for all.
    pub equal_precision: bool,
}

impl Features {
    /// A mix by number: half blurred, a third with both sides typed, the rest thinner.
    pub fn of(index: u64) -> Features {
        Features {
            blurred: index.is_multiple_of(2),
            both_typed: index.is_multiple_of(3),
            // Three belief axes are dear: few games have them.
            three_types: index % 7 == 1 && (!index.is_multiple_of(3) || index % 4 == 3),
            variants: index % 5 == 2,
            opportunity: index % 4 == 1,
            discount: index % 3 == 1,
            believed: index % 4 == 2,
            ends: !index.is_multiple_of(5),
            rolling: index % 10 == 9,
            discounted_scale: index % 20 == 4,
            equal_precision: index % 4 == 3,
        }
    }

    /// What Gambit can hold exactly.
    pub fn for_gambit(index: u64) -> Features {
        let discount = index % 3 == 1;
        Features {
            variants: false,
            believed: false,
            rolling: false,
            discount,
            discounted_scale: discount,
            equal_precision: true,
            ..Features::of(index)
        }
    }
}

/// Draws a game with at most `limit` histories.
pub fn game(seed: u64, features: &Features, limit: usize) -> Value {
    let mut random = Random::new(seed);
    loop {
        let game = draw(&mut random, features, seed);
        let parsed = super::game::Game::parse(&game).expect("the generator writes the format");
        if super::tree::Tree::unroll(&parsed, limit).is_ok() {
            return game;
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

struct Draw<'a> {
    random: &'a mut Random,
    features: &'a Features,
    /// Types of each actor.
    types: [usize; 2],
    live: usize,
    states: usize,
    scale: f64,
}

impl Draw<'_> {
    /// Payoffs by actor and type.
    fn payoff(&mut self, size: f64) -> Value {
        let mut all = Vec::new();
        for actor in 0..2 {
            let common = self.random.between(-1.0, 1.0);
            let own: Vec<f64> = (0..self.types[actor])
                .map(|_| {
                    let mix = 0.4 * common + 0.8 * self.random.between(-1.0, 1.0);
                    rounded(size * self.scale * mix)
                })
                .collect();
            all.push(own);
        }
        json!(all)
    }

    /// Believed and true probabilities of `n` results, on one support.
    fn probabilities(&mut self, n: usize) -> Vec<(f64, f64)> {
        let believed = self.simplex(n);
        let true_ = if self.features.believed && self.random.chance(0.6) {
            self.simplex(n)
        } else {
            believed.clone()
        };
        believed.into_iter().zip(true_).collect()
    }

    /// Probabilities with three decimals that sum to one in binary as well as may be.
    fn simplex(&mut self, n: usize) -> Vec<f64> {
        let weights: Vec<f64> = (0..n).map(|_| 0.1 + self.random.unit()).collect();
        let total: f64 = weights.iter().sum();
        let mut all: Vec<f64> = weights.iter().map(|w| rounded(w / total)).collect();
        let rest: f64 = all[1..].iter().sum();
        all[0] = rounded(1.0 - rest);
        all
    }

    fn next_state(&mut self) -> usize {
        if self.states > self.live && self.random.chance(0.25) {
            self.live + self.random.below(self.states - self.live)
        } else {
            self.random.below(self.live)
        }
    }

    fn move_node(&mut self, state: usize, actor: usize) -> Value {
        let grouped = self.features.variants && self.random.chance(0.7);
        let size = if grouped || self.random.chance(0.3) {
            3
        } else {
            2
        };
        let names: Vec<String> = (0..size).map(|m| format!("m{m}")).collect();
        let look_alike = self.features.blurred && self.random.chance(0.5);
        let shared = [self.next_state(), self.next_state()];
        let mut joint = Vec::new();
        for m in 0..size {
            let next = if self.features.blurred {
                shared[m % 2]
            } else {
                self.next_state()
            };
            let mut outcomes = Vec::new();
            if look_alike {
                // An accident that is taken for move 0.
                if m == 0 {
                    outcomes.push((0, shared[0], 1.0, 1.0));
                } else {
                    let p = self.probabilities(2);
                    let accident = [(0.3 * p[0].0), (0.3 * p[0].1)];
                    outcomes.push((m, next, 1.0 - accident[0], 1.0 - accident[1]));
                    outcomes.push((0, shared[0], accident[0], accident[1]));
                }
            } else if self.features.blurred {
                // Labels are read wrongly now and then.
                let other = (m + 1) % size;
                let p = self.probabilities(2);
                outcomes.push((m, next, p[0].0, p[0].1));
                outcomes.push((other, shared[other % 2], p[1].0, p[1].1));
            } else if self.random.chance(0.3) {
                let second = self.next_state();
                let p = self.probabilities(2);
                outcomes.push((m, next, p[0].0, p[0].1));
                outcomes.push((m, second, p[1].0, p[1].1));
            } else {
                outcomes.push((m, next, 1.0, 1.0));
            }
            let outcomes: Vec<Value> = outcomes
                .into_iter()
                .map(|(label, next, believed, true_)| {
                    json!({"labels": [names[label]], "next": next,
                           "believed": believed, "true": true_})
                })
                .collect();
            joint.push(json!({"moves": [m], "payoff": self.payoff(0.7), "outcomes": outcomes}));
        }
        let mut node = json!({"state": state, "moves": [names], "joint": joint});
        if self.features.opportunity && self.random.chance(0.7) {
            let opportunity = rounded(self.random.between(0.3, 0.95));
            node["opportunity"] = json!([opportunity]);
            node["default"] = json!([self.random.below(size)]);
            if self.features.believed {
                node["opportunity_believed"] = json!([rounded(self.random.between(0.3, 1.0))]);
            }
        }
        if grouped {
            let lone = self.random.below(3);
            let rest: Vec<usize> = (0..3).filter(|&m| m != lone).collect();
            node["variants"] = json!([[[lone], rest]]);
        }
        let _ = actor;
        node
    }

    fn events_node(&mut self, state: usize) -> Value {
        let n = 1 + self.random.below(2);
        let p = self.probabilities(n);
        let outcomes: Vec<Value> = p
            .into_iter()
            .map(|(believed, true_)| {
                json!({"next": self.next_state(), "believed": believed, "true": true_})
            })
            .collect();
        json!({"state": state, "payoff": self.payoff(0.4), "outcomes": outcomes})
    }
}

fn draw(random: &mut Random, features: &Features, seed: u64) -> Value {
    let first_typed = random.below(2);
    let typed = if features.three_types { 3 } else { 2 };
    let mut types = [1, 1];
    types[first_typed] = typed;
    if features.both_typed {
        types[1 - first_typed] = 2;
    }
    let live = 2 + random.below(2);
    let states = live
        + if features.ends {
            1 + random.below(2)
        } else {
            0
        };
    let axes = types[0] + types[1] - 2;
    let horizon = if axes > 2 { 1 } else { 1 + random.below(4) };
    let mut draw = Draw {
        random,
        features,
        types,
        live,
        states,
        scale: 1.0,
    };
    let first_precision = draw.random.between(0.5_f64.ln(), 10.0_f64.ln()).exp();
    let second_precision = if features.equal_precision {
        first_precision
    } else {
        draw.random.between(0.5_f64.ln(), 10.0_f64.ln()).exp()
    };
    let mut actors = Vec::new();
    for (a, precision) in [first_precision, second_precision].into_iter().enumerate() {
        let priors = draw.simplex(types[a]);
        let own: Vec<Value> = priors
            .iter()
            .enumerate()
            .map(|(t, p)| json!({"name": format!("t{t}"), "prior": p}))
            .collect();
        let discount = if features.discount {
            rounded(draw.random.between(0.6, 0.99))
        } else {
            1.0
        };
        actors.push(
            json!({"name": format!("a{a}"), "precision": rounded(precision),
                           "discount": discount, "types": own}),
        );
    }
    let mut phases = Vec::new();
    let order: &[&str] = match draw.random.below(4) {
        0 => &["0", "1"],
        1 => &["0", "events", "1"],
        2 => &["1", "0", "events"],
        _ => &["events", "0", "1"],
    };
    for kind in order {
        let nodes: Vec<Value> = (0..live)
            .map(|state| match *kind {
                "events" => draw.events_node(state),
                actor => draw.move_node(state, usize::from(actor == "1")),
            })
            .collect();
        phases.push(match *kind {
            "events" => json!({"kind": "events", "nodes": nodes}),
            actor => json!({"kind": "move", "actors": [usize::from(actor == "1")], "nodes": nodes}),
        });
    }
    let end: Vec<Value> = (live..states)
        .map(|state| {
            json!({"state": state, "value": draw.payoff(1.0), "flow": draw.payoff(0.2),
                   "after": draw.payoff(0.5)})
        })
        .collect();
    let afterwards: Vec<Value> = (0..live)
        .map(|state| json!({"state": state, "value": draw.payoff(1.0)}))
        .collect();
    let names: Vec<String> = (0..states).map(|s| format!("s{s}")).collect();
    let (foresight, horizon) = if features.rolling {
        (json!(horizon), horizon + 2)
    } else {
        (json!("full"), horizon)
    };
    json!({
        "format": "climbdown-game/1", "title": format!("Random game {seed}"),
        "horizon": horizon, "foresight": foresight, "noise": "error",
        "precision_scale": if features.discounted_scale { "discounted" } else { "current" },
        "actors": actors, "states": names, "start": 0, "phases": phases,
        "end": end, "afterwards": afterwards,
        "classes": [{"name": "all", "states": (0..states).collect::<Vec<_>>()}],
        "questions": [{"name": "second", "states": [1], "by": horizon}]
    })
}

/// What a random game of choices at once contains.
#[derive(Clone, Debug)]
pub struct AtOnce {
    /// Actors with private types: none, the first, or both.
    pub typed: usize,
    /// Taste shocks rather than errors.
    pub taste: bool,
    /// Labels of one side are read wrongly now and then.
    pub blurred: bool,
    /// A second phase in which one of them moves alone.
    pub alone: bool,
    pub variants: bool,
    pub opportunity: bool,
    pub discount: bool,
    pub discounted_scale: bool,
    pub rolling: bool,
    /// Three actors of whom the third moves too.
    pub three: bool,
    /// Nobody moves at once.
    pub apart: bool,
}

impl AtOnce {
    /// A mix by number.
    pub fn of(index: u64) -> AtOnce {
        let taste = index % 3 == 1;
        AtOnce {
            typed: [0, 1, 0, 2, 1, 0, 1, 0, 1, 0][(index % 10) as usize],
            taste,
            blurred: index % 4 == 2,
            alone: index % 4 == 1,
            variants: !taste && index % 6 == 2,
            opportunity: index % 7 < 2,
            discount: !index.is_multiple_of(4),
            discounted_scale: index % 11 == 5,
            rolling: index % 10 == 9,
            three: index % 8 == 3,
            apart: taste && index % 5 == 4,
        }
    }
}

/// Draws a game of choices at once with at most `limit` histories.
pub fn at_once(seed: u64, features: &AtOnce, limit: usize) -> Value {
    let mut random = Random::new(seed ^ 0xC41C);
    loop {
        let game = draw_at_once(&mut random, features, seed);
        let parsed = super::game::Game::parse(&game).expect("the generator writes the format");
        if super::tree::Tree::unroll(&parsed, limit).is_ok() {
            return game;
        }
    }
}

fn draw_at_once(random: &mut Random, of: &AtOnce, seed: u64) -> Value {
    let actors = if of.three { 3 } else { 2 };
    let first = random.below(2);
    let mut types = vec![1; actors];
    if of.typed > 0 {
        types[first] = 2;
    }
    if of.typed > 1 {
        types[1 - first] = 2;
    }
    let live = 2;
    let states = live + random.below(2);
    let horizon = if of.typed > 1 || of.three {
        1 + random.below(2)
    } else {
        1 + random.below(3)
    };
    // Two belief axes are dear: these games are smooth enough for few points, and begin at one of them.
    let both = of.typed > 1;
    let most: f64 = if both { 0.8 } else { 4.0 };
    let precision = |random: &mut Random| rounded(random.between(0.3_f64.ln(), most.ln()).exp());
    let named: Vec<Value> = (0..actors)
        .map(|a| {
            let prior = if both {
                0.5
            } else {
                rounded(random.between(0.15, 0.85))
            };
            let own = match types[a] {
                1 => json!([{"name": "t0", "prior": 1.0}]),
                _ => json!([{"name": "t0", "prior": prior}, {"name": "t1", "prior": 1.0 - prior}]),
            };
            let discount = if of.discount {
                rounded(random.between(0.6, 0.99))
            } else {
                1.0
            };
            json!({"name": format!("a{a}"), "precision": precision(random),
                   "discount": discount, "types": own})
        })
        .collect();
    let payoff = |random: &mut Random, size: f64| -> Value {
        let all: Vec<Vec<f64>> = (types.iter())
            .map(|n| {
                (0..*n)
                    .map(|_| rounded(size * random.between(-1.0, 1.0)))
                    .collect()
            })
            .collect();
        json!(all)
    };
    let next = |random: &mut Random| random.below(states);
    let node = |random: &mut Random, state: usize, movers: &[usize]| -> Value {
        let sizes: Vec<usize> = (movers.iter())
            .map(|_| {
                if of.variants || random.chance(0.25) {
                    3
                } else {
                    2
                }
            })
            .collect();
        let name = |m: usize, a: usize| format!("a{}m{a}", movers[m]);
        let names: Vec<Vec<String>> = (0..movers.len())
            .map(|m| (0..sizes[m]).map(|a| name(m, a)).collect())
            .collect();
        let mut joint = Vec::new();
        for j in 0..sizes.iter().product() {
            let mut rest: usize = j;
            let mut moves = vec![0; movers.len()];
            for m in (0..movers.len()).rev() {
                moves[m] = rest % sizes[m];
                rest /= sizes[m];
            }
            let labels: Vec<String> = moves.iter().enumerate().map(|(m, a)| name(m, *a)).collect();
            let mut outcomes = Vec::new();
            let slip = if of.blurred {
                rounded(random.between(0.05, 0.4))
            } else {
                0.0
            };
            if of.blurred {
                let mut wrong = labels.clone();
                wrong[0] = name(0, (moves[0] + 1) % sizes[0]);
                outcomes.push(json!({"labels": wrong, "next": j % states,
                                     "believed": slip, "true": slip}));
            }
            let share = rounded(random.between(0.1, 0.9) * (1.0 - slip));
            outcomes.push(json!({"labels": labels, "next": next(random),
                                 "believed": share, "true": share}));
            let left = 1.0 - slip - share;
            outcomes.push(json!({"labels": labels, "next": next(random),
                                 "believed": left, "true": left}));
            joint
                .push(json!({"moves": moves, "payoff": payoff(random, 1.0), "outcomes": outcomes}));
        }
        let mut node = json!({"state": state, "moves": names, "joint": joint});
        if of.opportunity {
            let chances: Vec<f64> = (movers.iter())
                .map(|_| rounded(random.between(0.3, 1.0)))
                .collect();
            let defaults: Vec<usize> = sizes.iter().map(|n| random.below(*n)).collect();
            node["opportunity"] = json!(chances);
            node["default"] = json!(defaults);
        }
        if of.variants {
            let kinds: Vec<Value> = sizes.iter().map(|_| json!([[0], [1, 2]])).collect();
            node["variants"] = json!(kinds);
        }
        node
    };
    let all: Vec<usize> = (0..actors).collect();
    let mut phases = Vec::new();
    let mut groups: Vec<Vec<usize>> = if of.apart {
        all.iter().map(|a| vec![*a]).collect()
    } else {
        vec![all]
    };
    if of.alone {
        groups.push(vec![random.below(actors)]);
    }
    for movers in groups {
        let nodes: Vec<Value> = (0..live).map(|s| node(random, s, &movers)).collect();
        phases.push(json!({"kind": "move", "actors": movers, "nodes": nodes}));
    }
    let end: Vec<Value> = (live..states)
        .map(|state| {
            json!({"state": state, "value": payoff(random, 1.0), "flow": payoff(random, 0.2),
                   "after": payoff(random, 0.5)})
        })
        .collect();
    let afterwards: Vec<Value> = (0..live)
        .map(|state| json!({"state": state, "value": payoff(random, 1.0)}))
        .collect();
    let names: Vec<String> = (0..states).map(|s| format!("s{s}")).collect();
    let (foresight, horizon) = if of.rolling {
        (json!(horizon), horizon + 1)
    } else {
        (json!("full"), horizon)
    };
    json!({
        "format": "climbdown-game/1", "title": format!("Random game at once {seed}"),
        "horizon": horizon, "foresight": foresight,
        "noise": if of.taste { "taste" } else { "error" },
        "precision_scale": if of.discounted_scale { "discounted" } else { "current" },
        "actors": named, "states": names, "start": 0, "phases": phases,
        "end": end, "afterwards": afterwards,
        "classes": [
            {"name": "one", "states": [1]},
            {"name": "rest", "states": (0..states).filter(|s| *s != 1).collect::<Vec<_>>()}
        ],
        "questions": [{"name": "second", "states": [1], "by": horizon}]
    })
}
