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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_random123() {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn uniform_is_below_one() {
        assert!(uniform(u32::MAX, u32::MAX) < 1.0);
        assert_eq!(uniform(0, 0), 0.0);
        assert_eq!(uniform(1 << 31, 0), 0.5);
    }
}
