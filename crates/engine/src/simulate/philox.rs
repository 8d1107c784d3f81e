//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011): a counter in, four random words out, no state. The same counter gives the same words on
//! any machine and thread, which makes runs reproducible and random numbers common across policies.

use crate::math::lanes::widest;

/// Four random words for `counter` under `key`.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key[0] = key[0].wrapping_add(0x9E37_79B9);
            key[1] = key[1].wrapping_add(0xBB67_AE85);
        }
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
    }
    counter
}

/// Counters side by side.
const SIDE: usize = 8;

widest! {
    /// The words of the counters (x, y, z + k, w), k from 0 to 7: word by word.
    fn eight(counter: [u32; 4], key: [u32; 2]) -> [[u32; SIDE]; 4] => eight_plain
}

#[inline(always)]
fn eight_plain(counter: [u32; 4], key: [u32; 2]) -> [[u32; SIDE]; 4] {
    let mut words = counter.map(|word| [word; SIDE]);
    for (k, word) in words[2].iter_mut().enumerate() {
        *word = word.wrapping_add(k as u32);
    }
    side_by_side(words, &keys(key))
}

widest! {
    /// Two uniform numbers for each of the trajectories `first` + place, at the same step.
    fn pairs(first: u64, places: &[u32], step: [u32; 2], key: [u32; 2], out: &mut [(f64, f64)])
        => pairs_plain
}

#[inline(always)]
fn pairs_plain(first: u64, places: &[u32], step: [u32; 2], key: [u32; 2], out: &mut [(f64, f64)]) {
    let keys = keys(key);
    for (places, out) in places.chunks(SIDE).zip(out.chunks_mut(SIDE)) {
        let mut eight = [0; SIDE];
        eight[..places.len()].copy_from_slice(places);
        let words = of_places(first, &eight, step, &keys);
        let (mut u, mut v) = ([0.0; SIDE], [0.0; SIDE]);
        for k in 0..SIDE {
            u[k] = uniform(words[0][k], words[1][k]);
            v[k] = uniform(words[2][k], words[3][k]);
        }
        for (k, out) in out.iter_mut().enumerate() {
            *out = (u[k], v[k]);
        }
    }
}

/// The words of `N` trajectories `first` + place at the same step: word by word.
#[inline(always)]
fn of_places<const N: usize>(
    first: u64,
    places: &[u32; N],
    step: [u32; 2],
    keys: &Keys<N>,
) -> [[u32; N]; 4] {
    let mut words = [[0; N], [0; N], [step[0]; N], [step[1]; N]];
    for k in 0..N {
        let trajectory = first + u64::from(places[k]);
        words[0][k] = trajectory as u32;
        words[1][k] = (trajectory >> 32) as u32;
    }
    side_by_side(words, keys)
}

/// The keys of the ten rounds, as often as counters stand side by side.
type Keys<const N: usize> = [[[u64; N]; 2]; 10];

#[inline(always)]
fn keys<const N: usize>(mut key: [u32; 2]) -> Keys<N> {
    let mut keys = [[[0; N]; 2]; 10];
    for keys in &mut keys {
        *keys = key.map(|k| [u64::from(k); N]);
        key[0] = key[0].wrapping_add(0x9E37_79B9);
        key[1] = key[1].wrapping_add(0xBB67_AE85);
    }
    keys
}

/// [`philox`] of `N` counters, word by word. Words stand in the lower halves of wider numbers, whose
/// upper halves mean nothing: so products need no widening.
#[inline(always)]
fn side_by_side<const N: usize>(words: [[u32; N]; 4], keys: &Keys<N>) -> [[u32; N]; 4] {
    const LOWER: u64 = 0xFFFF_FFFF;
    // Helpers of arrays may be left as calls, which a processor's wide registers do not survive.
    let (mut x, mut y, mut z, mut w) = ([0; N], [0; N], [0; N], [0; N]);
    for k in 0..N {
        x[k] = u64::from(words[0][k]);
        y[k] = u64::from(words[1][k]);
        z[k] = u64::from(words[2][k]);
        w[k] = u64::from(words[3][k]);
    }
    for keys in keys {
        for k in 0..N {
            let a = (x[k] & LOWER).wrapping_mul(0xD251_1F53);
            let b = (z[k] & LOWER).wrapping_mul(0xCD9E_8D57);
            x[k] = (b >> 32) ^ y[k] ^ keys[0][k];
            y[k] = b;
            z[k] = (a >> 32) ^ w[k] ^ keys[1][k];
            w[k] = a;
        }
    }
    let mut words = [[0; N]; 4];
    for k in 0..N {
        words[0][k] = x[k] as u32;
        words[1][k] = y[k] as u32;
        words[2][k] = z[k] as u32;
        words[3][k] = w[k] as u32;
    }
    words
}

/// A uniform number in [0, 1) with 53 bits from two words.
#[inline(always)]
pub fn uniform(high: u32, low: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The random numbers of a study: by trajectory, step and purpose under the key of the seed.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    key: [u32; 2],
}

/// What a random number decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// An actor's type; the step is the actor.
    Types = 0,
    /// A decision or an event; the step is round × phases + phase.
    Step = 1,
}

impl Draws {
    /// Those of `seed`.
    pub fn of(seed: u64) -> Self {
        Self {
            key: [seed as u32, (seed >> 32) as u32],
        }
    }

    /// Two uniform numbers.
    #[inline]
    pub fn pair(&self, trajectory: u64, step: u32, purpose: Purpose) -> (f64, f64) {
        let words = philox(
            [
                trajectory as u32,
                (trajectory >> 32) as u32,
                step,
                purpose as u32,
            ],
            self.key,
        );
        (uniform(words[0], words[1]), uniform(words[2], words[3]))
    }
}

impl Draws {
    /// Those of [`Self::pair`] for each of the trajectories `first` + place, into `out`.
    pub fn side(
        &self,
        first: u64,
        places: &[u32],
        step: u32,
        purpose: Purpose,
        out: &mut Vec<(f64, f64)>,
    ) {
        out.resize(places.len(), (0.0, 0.0));
        pairs(first, places, [step, purpose as u32], self.key, out);
    }
}

/// Counters side by side where there are many: a round waits for the products of the one before, and two
/// rows of registers wait less than one.
pub(super) const MANY: usize = 2 * SIDE;

/// The upper words of the two numbers of [`Draws::pair`], with [`Purpose::Step`], of many trajectories.
#[derive(Default)]
pub(super) struct Words {
    pub first: Vec<[u32; MANY]>,
    pub second: Vec<[u32; MANY]>,
}

impl Words {
    /// Those of each of the trajectories `first` + place at the same step.
    #[inline(always)]
    pub fn draw(&mut self, draws: &Draws, first: u64, places: &[[u32; MANY]], step: u32) {
        self.first.resize(places.len(), [0; MANY]);
        self.second.resize(places.len(), [0; MANY]);
        let keys = keys(draws.key);
        let step = [step, Purpose::Step as u32];
        let out = self.first.iter_mut().zip(&mut self.second);
        for (places, (one, two)) in places.iter().zip(out) {
            [*one, _, *two, _] = of_places(first, places, step, &keys);
        }
    }
}

/// The numbers of a trajectory's steps, made for eight steps at once: those of [`Draws::pair`] with
/// [`Purpose::Step`].
#[derive(Clone, Debug, Default)]
pub struct Steps {
    trajectory: u64,
    /// First of the eight, and their words; nothing before the first is asked for.
    made: Option<(u32, [[u32; SIDE]; 4])>,
}

impl Steps {
    /// Of `trajectory`, none made yet.
    pub fn of(trajectory: u64) -> Self {
        Self {
            trajectory,
            made: None,
        }
    }

    /// Two uniform numbers.
    #[inline]
    pub fn pair(&mut self, draws: &Draws, step: u32) -> (f64, f64) {
        let first = step - step % SIDE as u32;
        let words = match &self.made {
            Some((at, words)) if *at == first => words,
            _ => {
                let trajectory = [self.trajectory as u32, (self.trajectory >> 32) as u32];
                let counter = [trajectory[0], trajectory[1], first, Purpose::Step as u32];
                &self.made.insert((first, eight(counter, draws.key))).1
            }
        };
        let k = (step - first) as usize;
        (
            uniform(words[0][k], words[1][k]),
            uniform(words[2][k], words[3][k]),
        )
    }
}
