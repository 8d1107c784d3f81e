//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011): a counter in, four random words out, no state. The same counter gives the same words on
//! any machine and thread, which makes runs reproducible and random numbers common across policies.

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

/// A uniform number in [0, 1) with 53 bits from two words.
#[inline]
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
