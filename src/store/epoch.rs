//! How far a shared database has come, as someone remembers it who is not in the database.

use std::fmt;

/// Numbers that are raised along with decisions, each time by another step, and never fall by themselves. So a database that has lost
/// some decisions, and got others since, has hardly ever had the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// Which database it is: no two have the same.
    pub database: i64,
    /// Raised with every decision about the mailing list.
    pub list: i64,
    /// Raised with every decision about editions.
    pub editions: i64,
}

impl Epoch {
    /// Whether a database that shows this has lost something that was known once.
    pub fn is_behind(self, known: Self) -> bool {
        self.database == known.database && (self.list < known.list || self.editions < known.editions)
    }

    /// By how much a decision raises a number at most.
    pub const STEP: i64 = 1 << 16;

    /// Nobody decides so often: by this much both are raised after a loss, so that only one node deals with it.
    pub const BEYOND: i64 = 1 << 48;

    /// Whether a loss was dealt with since, by someone who may have known a little less: of what is lost, each knows a part.
    pub fn is_beyond(self, known: Self) -> bool {
        let is_higher = |number: i64, known: i64| number >= known.saturating_add(Self::BEYOND / 2);
        self.database == known.database && is_higher(self.list, known.list) && is_higher(self.editions, known.editions)
    }

    /// What both have come to at least, where they are of one database.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        Self { list: self.list.min(other.list), editions: self.editions.min(other.editions), ..self }
    }

    /// The highest of both; this one where they are of two databases.
    #[must_use]
    pub fn or_higher(self, other: Self) -> Self {
        if self.database != other.database {
            return self;
        }
        let (list, editions) = (self.list.max(other.list), self.editions.max(other.editions));
        Self { list, editions, ..self }
    }
}

/// Where it is remembered when the process has ended.
pub trait EpochMemory: fmt::Debug + Send + Sync {
    /// What is remembered, of whichever databases.
    fn known(&self) -> Vec<Epoch>;

    /// This database has come so far: it is kept once this is answered. What was remembered of it before, which may be what another
    /// process knew.
    fn remember(&self, epoch: Epoch) -> Option<Epoch>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_behind_only_itself() {
        let epoch = |database, list, editions| Epoch { database, list, editions };
        let known = epoch(1, 5, 3);
        for (shown, is_behind) in [
            (epoch(1, 5, 3), false),
            (epoch(1, 6, 3), false),
            (epoch(1, 4, 9), true),
            (epoch(1, 5, 2), true),
            (epoch(2, 0, 0), false),
        ] {
            assert_eq!(shown.is_behind(known), is_behind, "{shown:?}");
        }
        assert_eq!(epoch(1, 4, 9).or_higher(known), epoch(1, 5, 9));
        let raised = epoch(1, 5 + Epoch::BEYOND, 3 + Epoch::BEYOND);
        for (known, is_beyond) in [(known, true), (epoch(1, 5 + 9 * Epoch::STEP, 3), true), (raised, false)] {
            assert_eq!(raised.is_beyond(known), is_beyond, "{known:?}");
        }
        assert_eq!(epoch(2, 0, 0).or_higher(known), epoch(2, 0, 0));
    }
}
