//! A small game as a Gambit extensive form (`.efg`).
//!
//! The tree is unrolled under full foresight: chance draws the types first, information sets are
//! (player, own type, public history), payoffs stand only at terminal nodes, with the δ^t of the
//! round in which they fall. What another's type is believed to be worth afterwards is paid by that type,
//! which is the same in the mean. The portable subset is used: labels of information sets are unique for
//! each player, numbers are contiguous, labels are plain ASCII, payoffs round-trip.
//!
//! Gambit's logit equilibrium has one λ for all, on payoffs as they stand at the terminal nodes. It is
//! the equilibrium of the game when precisions are equal and either nothing is discounted or
//! `precision_scale` is `discounted`. Where that is not so, the title says it.

use super::ExchangeError;
use climbdown_engine::game::{
    EventsPhase, Foresight, Game, MovePhase, NONE, Noise, Phase, PrecisionScale, State,
};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// Most nodes that are written.
pub const MAX_NODES: usize = 50_000;
/// Most steps of unrolling: phases in which nothing is decided write no node, and still take time.
const MAX_STEPS: usize = 20 * MAX_NODES;

const FORMAT: &str = "a Gambit tree";

/// Writes a game as the text of an `.efg` file.
///
/// # Errors
/// [`ExchangeError::Refused`] when Gambit cannot hold it: nobody who moves, foresight other than full, taste shocks,
/// variants, beliefs about chance that differ from the truth, a value afterwards that depends
/// on what others believe of oneself. [`ExchangeError::TooLarge`] beyond [`MAX_NODES`] nodes.
pub fn write(game: &Game) -> Result<String, ExchangeError> {
    refuse_what_does_not_fit(game)?;
    let mut writer = Writer::new(game);
    writer.header();
    writer.unroll()?;
    Ok(writer.text)
}

fn refuse_what_does_not_fit(game: &Game) -> Result<(), ExchangeError> {
    let refused = |reason: &str| {
        Err(ExchangeError::Refused {
            format: FORMAT,
            reason: reason.to_owned(),
        })
    };
    if game.actors.is_empty() {
        return refused("a tree needs a player, and in this game nobody moves");
    }
    if game.foresight != Foresight::Full {
        return refused(
            "a tree needs `foresight full`: with less, plans are made anew every round",
        );
    }
    if game.noise == Noise::Taste {
        return refused("Gambit reads the noise as error; this game has `noise taste`");
    }
    let on_own_type = game.afterwards_belief.iter().any(|part| {
        let first = game.seat(part.actor as usize);
        let own = first..first + game.actors[part.actor as usize].types.len();
        let mut cells = part.coefficient.chunks(game.seats());
        cells.any(|cell| cell[own.clone()].iter().any(|&c| c != 0.0))
    });
    if on_own_type {
        return refused(
            "the value afterwards depends on what others believe of the actor that it is paid to, \
             and a tree has payoffs only",
        );
    }
    for phase in &game.phases {
        let (believed, true_) = match phase {
            Phase::Move(phase) => (&phase.outcome_believed, &phase.outcome_true),
            Phase::Events(phase) => (&phase.outcome_believed, &phase.outcome_true),
        };
        if believed.iter().zip(true_).any(|(b, t)| b != t) {
            return refused("what is believed of chance differs from the truth");
        }
        if let Phase::Move(phase) = phase {
            let mut chances = phase.node_opportunity.iter().flatten();
            if chances.any(|c| c.probability != c.believed) {
                return refused("what is believed of an opportunity differs from the truth");
            }
            let has_variants = phase.node_kinds.iter().flatten().any(|kinds| {
                let distinct: HashSet<u32> = kinds.iter().copied().collect();
                distinct.len() < kinds.len()
            });
            if has_variants {
                return refused("moves are grouped into kinds, and Gambit knows no variants");
            }
        }
    }
    Ok(())
}

/// Text in the portable subset: printable ASCII without quotes and backslashes.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '_',
        })
        .collect()
}

/// Makes names distinct by numbering those that are not.
pub fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let mut unique = name.clone();
        while !seen.insert(unique.clone()) {
            unique = format!("{unique} #{}", index + 1);
        }
        out.push(unique);
    }
    out
}

/// Decimals that sum to exactly one, which Gambit demands of chance: the largest probability is
/// written as what the others leave, the others in the shortest form that reads back.
pub fn sum_to_one(probabilities: &[f64]) -> Vec<String> {
    let mut texts: Vec<String> = probabilities.iter().map(ToString::to_string).collect();
    let largest = (0..probabilities.len())
        .max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]))
        .unwrap_or(0);
    let fractions: Vec<&str> = texts
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != largest)
        .filter_map(|(_, text)| text.strip_prefix("0."))
        .collect();
    let places = fractions.iter().map(|f| f.len()).max().unwrap_or(0);
    if places == 0 {
        return texts;
    }
    // 1 − Σ, digit by digit from the last.
    let mut digits = vec![b'0'; places];
    let mut carry = 0_i32;
    for place in (0..places).rev() {
        let column: i32 = fractions
            .iter()
            .filter_map(|f| f.as_bytes().get(place))
            .map(|&d| i32::from(d - b'0'))
            .sum();
        let value = carry - column;
        digits[place] = b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0);
        carry = value.div_euclid(10);
    }
    let fraction: String = digits.iter().map(|&d| char::from(d)).collect();
    texts[largest] = format!("0.{fraction}");
    texts
}

/// A point of the tree, before it is written.
#[derive(Clone)]
struct Point {
    round: u32,
    phase: usize,
    state: State,
    /// Public history.
    history: u32,
    /// Type of each actor; the actors from `types.len()` on are not drawn yet.
    types: Vec<u32>,
    /// Discounted payoff so far, by actor.
    payoff: Vec<f64>,
}

/// What comes next at a point.
enum Task {
    /// Chance draws the type of the next actor.
    Draw(Point),
    /// A phase begins, or all is over.
    Begin(Point),
    /// The movers from the one with this position on decide; those before have chosen.
    Decide {
        point: Point,
        node: usize,
        chosen: Vec<u32>,
        /// Whether the next mover is known to have its opportunity.
        open: bool,
    },
    /// All have moved.
    Result {
        point: Point,
        node: usize,
        chosen: Vec<u32>,
    },
}

struct Writer<'a> {
    game: &'a Game,
    text: String,
    nodes: usize,
    chances: usize,
    terminals: usize,
    /// Information sets of each player by (type, history).
    sets: Vec<HashMap<(u32, u32), usize>>,
    /// Public histories by (parent, labels, next).
    histories: HashMap<(u32, Vec<u32>, State), u32>,
    /// State → index of its end.
    end_of: Vec<u32>,
}

impl<'a> Writer<'a> {
    fn new(game: &'a Game) -> Writer<'a> {
        let mut end_of = vec![NONE; game.states.len()];
        for (index, end) in game.ends.iter().enumerate() {
            if let (Some(slot), Ok(index)) =
                (end_of.get_mut(end.state as usize), u32::try_from(index))
            {
                *slot = index;
            }
        }
        Writer {
            game,
            text: String::new(),
            nodes: 0,
            chances: 0,
            terminals: 0,
            sets: vec![HashMap::new(); game.actors.len()],
            histories: HashMap::new(),
            end_of,
        }
    }

    fn header(&mut self) {
        let game = self.game;
        let mut notes = Vec::new();
        let first = game.actors.first().map_or(1.0, |a| a.precision);
        if game.actors.iter().all(|a| a.precision == first) {
            notes.push(format!("lambda {first}"));
        } else {
            let each: Vec<String> = game
                .actors
                .iter()
                .map(|a| format!("{} {}", plain(&a.name), a.precision))
                .collect();
            notes.push(format!(
                "Gambit's lambda is common to all; here it is {}",
                each.join(", ")
            ));
        }
        let discounted = game.actors.iter().any(|a| a.discount != 1.0);
        if discounted && game.precision_scale == PrecisionScale::Current {
            notes.push("lambda works on discounted payoffs here".to_owned());
        }
        let players: Vec<String> = distinct(game.actors.iter().map(|a| plain(&a.name)).collect());
        let players: Vec<String> = players.iter().map(|p| format!("\"{p}\"")).collect();
        let _ = writeln!(
            self.text,
            "EFG 2 R \"{} ({})\" {{ {} }}",
            plain(&game.title),
            notes.join("; "),
            players.join(" ")
        );
        let _ = writeln!(
            self.text,
            "\"information sets: player, own type, public history; payoffs discounted to the start\""
        );
    }

    fn unroll(&mut self) -> Result<(), ExchangeError> {
        let mut stack = vec![Task::Draw(Point {
            round: 0,
            phase: 0,
            state: self.game.start,
            history: 0,
            types: Vec::new(),
            payoff: vec![0.0; self.game.actors.len()],
        })];
        let mut steps = 0;
        while let Some(task) = stack.pop() {
            steps += 1;
            if self.nodes > MAX_NODES || steps > MAX_STEPS {
                return Err(ExchangeError::TooLarge {
                    what: "the number of nodes of the tree".to_owned(),
                    limit: MAX_NODES,
                });
            }
            let mut children = self.visit(task)?;
            // Prefix order: the first child is written next.
            children.reverse();
            stack.append(&mut children);
        }
        Ok(())
    }

    fn visit(&mut self, task: Task) -> Result<Vec<Task>, ExchangeError> {
        match task {
            Task::Draw(point) => Ok(self.draw(&point)),
            Task::Begin(point) => self.begin(point),
            Task::Decide {
                point,
                node,
                chosen,
                open,
            } => {
                let Phase::Move(phase) = &self.game.phases[point.phase] else {
                    return Ok(Vec::new());
                };
                Ok(self.decide(phase, point, node, chosen, open))
            }
            Task::Result {
                point,
                node,
                chosen,
            } => {
                let Phase::Move(phase) = &self.game.phases[point.phase] else {
                    return Ok(Vec::new());
                };
                Ok(self.result(phase, point, node, &chosen))
            }
        }
    }

    /// A chance node; none is written for a single branch.
    fn chance(&mut self, label: &str, branches: &[(String, f64)]) {
        if branches.len() < 2 {
            return;
        }
        self.nodes += 1;
        self.chances += 1;
        let names = distinct(branches.iter().map(|(n, _)| plain(n)).collect());
        let _ = write!(
            self.text,
            "c \"\" {} \"{} {}\" {{",
            self.chances,
            plain(label),
            self.chances
        );
        let probabilities: Vec<f64> = branches.iter().map(|(_, p)| *p).collect();
        for (name, p) in names.iter().zip(sum_to_one(&probabilities)) {
            let _ = write!(self.text, " \"{name}\" {p}");
        }
        self.text.push_str(" } 0\n");
    }

    fn draw(&mut self, point: &Point) -> Vec<Task> {
        let Some(actor) = self.game.actors.get(point.types.len()) else {
            return vec![Task::Begin(point.clone())];
        };
        // A type that cannot be drawn has no information set that could be reached.
        let open = actor
            .types
            .iter()
            .enumerate()
            .filter(|(_, t)| t.prior > 0.0);
        let branches: Vec<(String, f64)> = open
            .clone()
            .map(|(_, t)| (t.name.clone(), t.prior))
            .collect();
        self.chance(&format!("type of {}", actor.name), &branches);
        open.map(|(index, _)| {
            let mut next = point.clone();
            next.types.push(u32::try_from(index).unwrap_or(NONE));
            Task::Draw(next)
        })
        .collect()
    }

    /// Adds a payment by seat, discounted from the point's round.
    fn pay(&self, point: &mut Point, by_seat: &[f64]) {
        let mut seat = 0;
        for (a, actor) in self.game.actors.iter().enumerate() {
            let own = by_seat[seat + point.types[a] as usize];
            point.payoff[a] += discount(actor.discount, point.round) * own;
            seat += actor.types.len();
        }
    }

    /// Where a result leads: the next phase, with an end paid in the round in which it is entered.
    fn follow(&mut self, mut point: Point, labels: &[u32], next: State) -> Task {
        let key = (point.history, labels.to_vec(), next);
        let fresh = u32::try_from(self.histories.len() + 1).unwrap_or(NONE);
        point.history = *self.histories.entry(key).or_insert(fresh);
        point.state = next;
        if self.end_of[next as usize] == NONE {
            point.phase += 1;
            if point.phase == self.game.phases.len() {
                point.phase = 0;
                point.round += 1;
            }
        }
        Task::Begin(point)
    }

    fn begin(&mut self, mut point: Point) -> Result<Vec<Task>, ExchangeError> {
        let game = self.game;
        let state = point.state as usize;
        if let Some(end) = game.ends.get(self.end_of[state] as usize) {
            let left = i32::try_from(game.horizon - 1 - point.round).unwrap_or(i32::MAX);
            let mut worth = end.value.clone();
            let mut seat = 0;
            for actor in &game.actors {
                let rounds: f64 = (1..=left).map(|k| actor.discount.powi(k)).sum();
                for _ in &actor.types {
                    worth[seat] += rounds * end.flow[seat]
                        + actor.discount.powi(left.saturating_add(1)) * end.after[seat];
                    seat += 1;
                }
            }
            self.pay(&mut point, &worth);
            self.terminal(&point);
            return Ok(Vec::new());
        }
        let seats = game.seats();
        if point.round == game.horizon {
            let here = state * seats..(state + 1) * seats;
            self.pay(&mut point, &game.afterwards[here.clone()]);
            // To the others, what is linear in a belief is worth in the mean what it would be were it
            // paid by the type itself: beliefs are what Bayes' rule makes of play.
            for part in &game.afterwards_belief {
                if point.types[part.actor as usize] == part.kind {
                    self.pay(&mut point, &part.coefficient[here.clone()]);
                }
            }
            self.terminal(&point);
            return Ok(Vec::new());
        }
        let nodes = match &game.phases[point.phase] {
            Phase::Move(phase) => &phase.node_state,
            Phase::Events(phase) => &phase.node_state,
        };
        let Ok(node) = nodes.binary_search(&point.state) else {
            return Err(ExchangeError::Content {
                place: format!("phase {}", point.phase),
                message: format!("state {:?} has no node here", game.states[state]),
            });
        };
        match &game.phases[point.phase] {
            Phase::Move(_) => Ok(vec![Task::Decide {
                point,
                node,
                chosen: Vec::new(),
                open: false,
            }]),
            Phase::Events(phase) => Ok(self.events(phase, point, node)),
        }
    }

    fn events(&mut self, phase: &EventsPhase, mut point: Point, node: usize) -> Vec<Task> {
        let seats = self.game.seats();
        self.pay(&mut point, &phase.payoff[node * seats..(node + 1) * seats]);
        let range = phase.node_outcomes[node] as usize..phase.node_outcomes[node + 1] as usize;
        let possible: Vec<usize> = range.filter(|&o| phase.outcome_true[o] > 0.0).collect();
        let branches: Vec<(String, f64)> = possible
            .iter()
            .map(|&o| {
                let state = &self.game.states[phase.outcome_next[o] as usize];
                (state.clone(), phase.outcome_true[o])
            })
            .collect();
        self.chance("events", &branches);
        possible
            .iter()
            .map(|&o| self.follow(point.clone(), &[], phase.outcome_next[o]))
            .collect()
    }

    fn decide(
        &mut self,
        phase: &MovePhase,
        point: Point,
        node: usize,
        chosen: Vec<u32>,
        open: bool,
    ) -> Vec<Task> {
        let mover = chosen.len();
        let Some(&actor) = phase.actors.get(mover) else {
            return vec![Task::Result {
                point,
                node,
                chosen,
            }];
        };
        let with = |chosen: &[u32], choice: u32| {
            let mut chosen = chosen.to_vec();
            chosen.push(choice);
            Task::Decide {
                point: point.clone(),
                node,
                chosen,
                open: false,
            }
        };
        let moves = &phase.node_moves[node][mover];
        if moves.len() == 1 {
            return vec![with(&chosen, 0)];
        }
        let chance = phase.node_opportunity[node][mover];
        if !open && chance.probability < 1.0 {
            // The choice is made given an opportunity, so chance comes first.
            let branches = [
                ("opportunity".to_owned(), chance.probability),
                ("none".to_owned(), 1.0 - chance.probability),
            ];
            self.chance("opportunity", &branches);
            let go = Task::Decide {
                point: point.clone(),
                node,
                chosen: chosen.clone(),
                open: true,
            };
            return vec![go, with(&chosen, chance.default)];
        }
        let player = actor as usize;
        let own_type = point.types[player];
        let sets = &mut self.sets[player];
        let fresh = sets.len() + 1;
        let set = *sets.entry((own_type, point.history)).or_insert(fresh);
        let type_name = &self.game.actors[player].types[own_type as usize].name;
        self.nodes += 1;
        let _ = write!(
            self.text,
            "p \"\" {} {set} \"{set} history {} round {} {} {}\" {{",
            player + 1,
            point.history,
            point.round,
            plain(&self.game.states[point.state as usize]),
            plain(type_name)
        );
        let names = moves
            .iter()
            .map(|&m| plain(self.game.labels.get(m as usize).map_or("", |l| l)));
        for name in distinct(names.collect()) {
            let _ = write!(self.text, " \"{name}\"");
        }
        self.text.push_str(" } 0\n");
        (0..moves.len())
            .map(|m| with(&chosen, u32::try_from(m).unwrap_or(NONE)))
            .collect()
    }

    fn result(
        &mut self,
        phase: &MovePhase,
        mut point: Point,
        node: usize,
        chosen: &[u32],
    ) -> Vec<Task> {
        let game = self.game;
        let movers = phase.actors.len();
        let seats = game.seats();
        let mut range =
            phase.node_alternatives[node] as usize..phase.node_alternatives[node + 1] as usize;
        let Some(a) =
            range.find(|&a| phase.alternative_moves[a * movers..(a + 1) * movers] == *chosen)
        else {
            return Vec::new();
        };
        self.pay(&mut point, &phase.payoff[a * seats..(a + 1) * seats]);
        let outcomes =
            phase.alternative_outcomes[a] as usize..phase.alternative_outcomes[a + 1] as usize;
        let possible: Vec<usize> = outcomes.filter(|&o| phase.outcome_true[o] > 0.0).collect();
        let labels = |o: usize| &phase.outcome_labels[o * movers..(o + 1) * movers];
        let branches: Vec<(String, f64)> = possible
            .iter()
            .map(|&o| {
                let mut name: Vec<&str> = labels(o)
                    .iter()
                    .map(|&l| game.labels.get(l as usize).map_or("", |l| l.as_str()))
                    .collect();
                name.push(&game.states[phase.outcome_next[o] as usize]);
                (name.join(" "), phase.outcome_true[o])
            })
            .collect();
        self.chance("outcome", &branches);
        possible
            .iter()
            .map(|&o| self.follow(point.clone(), labels(o), phase.outcome_next[o]))
            .collect()
    }

    fn terminal(&mut self, point: &Point) {
        self.nodes += 1;
        self.terminals += 1;
        let payoffs: Vec<String> = point.payoff.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            self.text,
            "t \"\" {} \"{} {}\" {{ {} }}",
            self.terminals,
            self.terminals,
            plain(&self.game.states[point.state as usize]),
            payoffs.join(", ")
        );
    }
}

/// δ^t.
fn discount(factor: f64, round: u32) -> f64 {
    i32::try_from(round).map_or(0.0, |t| factor.powi(t))
}
