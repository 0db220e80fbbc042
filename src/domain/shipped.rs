//! The versions of the templates that were shipped, and how an organisation's own copy stands to them.

use std::collections::{BTreeMap, BTreeSet};

/// A file's name, and the fingerprint of its text.
pub type Prints = BTreeMap<String, String>;

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its day; where a day had several, with a number: `2026-11-29.4`.
    pub name: String,
    /// The files that are new in it or changed. `None` for one that is gone.
    pub changes: BTreeMap<String, Option<String>>,
}

/// Every version, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(Vec<Version>);

/// How a file stands to the shipped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the newest that was shipped.
    Unchanged,
    /// The organisation changed it, and the shipped one has not changed since.
    Changed,
    /// The shipped one is newer, and the organisation left its own as it was.
    New,
    /// The organisation changed it, and the shipped one is newer than what it was made from.
    Both,
    /// The organisation doesn't have it yet.
    Added,
    /// The organisation had it, and took it away.
    Deleted,
    /// Nothing of this name is shipped.
    Own,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Both => "both",
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Own => "own",
        }
    }
}

/// A copy beside the shipped files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// The version that the copy was made from, as far as it can be told.
    pub base: Option<&'a str>,
    /// The version that is shipped now.
    pub newest: &'a str,
    /// Every file of either.
    pub files: Vec<(String, Standing)>,
}

impl Versions {
    /// `None` where there are none.
    pub fn new(versions: Vec<Version>) -> Option<Self> {
        (!versions.is_empty()).then_some(Self(versions))
    }

    /// The files of the newest version.
    pub fn newest(&self) -> Prints {
        self.files(self.0.len() - 1)
    }

    fn newest_name(&self) -> &str {
        self.0.last().map_or("", |version| &version.name)
    }

    /// Whether a file of this name was ever shipped with this text.
    pub fn is_shipped(&self, file: &str, print: &str) -> bool {
        let is_it = |version: &Version| version.changes.get(file).is_some_and(|found| found.as_deref() == Some(print));
        self.0.iter().any(is_it)
    }

    /// Compares a copy with the newest version. `recorded` is the version that it was last brought up to, where that was noted.
    pub fn compare(&self, yours: &Prints, recorded: Option<&str>) -> Comparison<'_> {
        let noted = recorded.and_then(|name| self.0.iter().position(|version| version.name == name));
        let base = noted.or_else(|| self.likely_base(yours));
        let origin = base.map(|at| self.files(at)).unwrap_or_default();
        let newest = self.newest();
        let names: BTreeSet<&String> = newest.keys().chain(yours.keys()).collect();
        let standing = |name: &String| {
            let is_as_shipped = |mine: &String| match noted {
                Some(_) => origin.get(name) == Some(mine),
                None => self.is_shipped(name, mine),
            };
            match (yours.get(name), newest.get(name)) {
                (Some(mine), Some(shipped)) if mine == shipped => Standing::Unchanged,
                (Some(mine), Some(_)) if is_as_shipped(mine) => Standing::New,
                (Some(_), Some(shipped)) if origin.get(name) == Some(shipped) => Standing::Changed,
                (Some(_), Some(_)) => Standing::Both,
                (None, Some(_)) if origin.contains_key(name) => Standing::Deleted,
                (None, Some(_)) => Standing::Added,
                (_, None) => Standing::Own,
            }
        };
        Comparison {
            base: base.map(|at| self.0[at].name.as_str()),
            newest: self.newest_name(),
            files: names.into_iter().map(|name| (name.clone(), standing(name))).collect(),
        }
    }

    /// The version that has most of these files; of several the oldest, so that nothing that is new is taken for known.
    fn likely_base(&self, yours: &Prints) -> Option<usize> {
        let alike = |at: usize| self.files(at).iter().filter(|(name, print)| yours.get(*name) == Some(print)).count();
        let best =
            (0..self.0.len()).map(|at| (alike(at), at)).max_by_key(|(alike, at)| (*alike, std::cmp::Reverse(*at)));
        best.filter(|(alike, _)| *alike > 0).map(|(_, at)| at)
    }

    /// All files of a version.
    fn files(&self, at: usize) -> Prints {
        let mut files = Prints::new();
        for (name, print) in self.0[..=at].iter().flat_map(|version| &version.changes) {
            match print {
                Some(print) => drop(files.insert(name.clone(), print.clone())),
                None => drop(files.remove(name)),
            }
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str, changes: &[(&str, &str)]) -> Version {
        let print = |print: &str| (print != "-").then(|| print.to_owned());
        let changes = changes.iter().map(|(file, text)| ((*file).to_owned(), print(text))).collect();
        Version { name: name.to_owned(), changes }
    }

    /// `a` changes in the second, `b` in the third; `c` comes and goes, and `d` comes with the third.
    fn three() -> Versions {
        Versions::new(vec![
            version("1", &[("a", "a1"), ("b", "b1"), ("c", "c1")]),
            version("2", &[("a", "a2")]),
            version("3", &[("b", "b3"), ("c", "-"), ("d", "d3")]),
        ])
        .unwrap()
    }

    fn standings(yours: &[(&str, &str)], recorded: Option<&str>) -> (Option<String>, String) {
        let yours = yours.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let versions = three();
        let found = versions.compare(&yours, recorded);
        let told: Vec<String> = found.files.iter().map(|(file, how)| format!("{file} {}", how.as_str())).collect();
        (found.base.map(str::to_owned), told.join(", "))
    }

    #[test]
    fn each_file_has_one_standing() {
        let base = |name: &str| Some(name.to_owned());
        for (yours, recorded, expected, from) in [
            (&[("a", "a2"), ("b", "b3"), ("d", "d3")][..], None, "a unchanged, b unchanged, d unchanged", base("3")),
            (&[("a", "a2"), ("b", "b1"), ("c", "c1")], None, "a unchanged, b new, c own, d added", base("2")),
            (&[("a", "mine"), ("b", "b3"), ("d", "d3")], None, "a changed, b unchanged, d unchanged", base("3")),
            (&[("a", "a2"), ("b", "mine"), ("c", "c1")], None, "a unchanged, b both, c own, d added", base("2")),
            // Only the second version could tell whether a was made from a1 or from a2.
            (&[("a", "mine"), ("b", "b1"), ("c", "c1")], None, "a both, b new, c own, d added", base("1")),
            (&[("a", "mine"), ("b", "b1"), ("c", "c1")], Some("2"), "a changed, b new, c own, d added", base("2")),
            // Whoever went back to an older one by hand chose it.
            (&[("a", "a1"), ("b", "b3"), ("d", "d3")], Some("3"), "a changed, b unchanged, d unchanged", base("3")),
            (&[("a", "a1"), ("b", "b3"), ("d", "d3")], None, "a new, b unchanged, d unchanged", base("3")),
            (&[("b", "b3"), ("d", "d3")], None, "a deleted, b unchanged, d unchanged", base("3")),
            (&[("a", "x"), ("b", "y"), ("e", "z")], None, "a both, b both, d added, e own", None),
            (&[("a", "x"), ("b", "y")], Some("of another program"), "a both, b both, d added", None),
            (&[], None, "a added, b added, d added", None),
        ] {
            assert_eq!(standings(yours, recorded), (from, expected.to_owned()), "{yours:?} {recorded:?}");
        }
    }
}
