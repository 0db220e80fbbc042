//! Trials by chance: how many of them, and from which seed.

/// Whether the long forms were asked for.
pub(crate) fn is_long() -> bool {
    std::env::var_os("FORTNIGHTLY_LONG").is_some()
}

/// Numbers that look like chance and follow from a seed: `FORTNIGHTLY_SEED`, or always the same one. A test that fails
/// says which it was.
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    pub(crate) fn new() -> Self {
        let seed = std::env::var("FORTNIGHTLY_SEED").map_or(1, |seed| seed.parse().unwrap());
        Self { seed, state: seed }
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The moments followed from FORTNIGHTLY_SEED={}", self.seed);
        }
    }
}
