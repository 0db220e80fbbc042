//! Names of bands, and the bits that stand for them in a mask.

use crate::domain::band::{BandName, BandSet};
use crate::domain::refusal::Refusal;

/// How many different names a store can know: masks are 63 bits wide, and one stays free.
const LIMIT: usize = 62;

/// Every name that the store has seen, read once per request.
pub(in crate::store) struct BandBook {
    names: Vec<(BandName, i64)>,
    /// How many of them are stored.
    stored: usize,
}

impl BandBook {
    /// The stored names with their numbers, in the order of these.
    pub(in crate::store) fn new(stored: Vec<(i64, BandName)>) -> Self {
        let bit = |number: i64| 1_i64 << (number - 1).clamp(0, 61);
        let names: Vec<_> = stored.into_iter().map(|(number, name)| (name, bit(number))).collect();
        Self { stored: names.len(), names }
    }

    /// The mask of a set; names seen for the first time get a number.
    pub(in crate::store) fn mask(&mut self, set: &BandSet) -> Result<i64, Refusal> {
        set.iter().try_fold(0, |mask, name| Ok(mask | self.bit(name)?))
    }

    /// The names that are not stored yet, with their numbers; whoever takes them stores them.
    pub(in crate::store) fn take_new(&mut self) -> Vec<(i64, BandName)> {
        let new = (1..).zip(&self.names).skip(self.stored).map(|(number, (name, _))| (number, name.clone())).collect();
        self.stored = self.names.len();
        new
    }

    /// The mask of those names in `set` that the store has seen: no mailbox has any other.
    pub(in crate::store) fn seen(&self, set: &BandSet) -> i64 {
        self.names.iter().filter(|(name, _)| set.contains(name)).fold(0, |mask, (_, bit)| mask | bit)
    }

    /// The set of a mask.
    pub(in crate::store) fn set(&self, mask: i64) -> BandSet {
        self.names.iter().filter(|(_, bit)| mask & bit != 0).map(|(name, _)| name.clone()).collect()
    }

    fn bit(&mut self, name: &BandName) -> Result<i64, Refusal> {
        if let Some((_, bit)) = self.names.iter().find(|(known, _)| known == name) {
            return Ok(*bit);
        }
        if self.names.len() >= LIMIT {
            return Err(Refusal::TooManyBands { band: name.clone(), limit: LIMIT });
        }
        let bit = 1 << self.names.len();
        self.names.push((name.clone(), bit));
        Ok(bit)
    }
}
