//! What a text was when it was picked, part by part: enough to say later which parts changed.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::activity::{Activity, Theme};

/// Bytes of SHA-256 kept per part: an edit must not go unnoticed by chance, and nobody attacks it.
const KEPT: usize = 8;

/// Short hashes of what readers see, one per part, such as `title:6f1ed002ab559585 …`.
/// Dates of review are no part of it: a review that changes nothing is no edit.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// An activity's.
    pub fn of_activity(activity: &Activity) -> Self {
        let a = activity;
        Self::of(&[
            ("title", part(&a.title)),
            ("summary", part(&a.summary)),
            ("facts", part(&(a.minutes, a.screen, a.sensitivity, &a.needs))),
            ("links", part(&a.resources)),
            ("picture", part(&a.image)),
            ("get-ready", part(&a.get_ready)),
            ("do-it-together", part(&a.do_it_together)),
            ("talk-about-it", part(&a.talk_about_it)),
            ("if-something-worries-you", part(&a.if_something_worries_you)),
        ])
    }

    /// A theme's.
    pub fn of_theme(theme: &Theme) -> Self {
        let t = theme;
        Self::of(&[("title", part(&t.title)), ("opening", part(&t.opening)), ("for-parents", part(&t.for_parents))])
    }

    fn of(parts: &[(&str, String)]) -> Self {
        let parts: Vec<String> = parts.iter().map(|(name, hash)| format!("{name}:{hash}")).collect();
        Self(parts.join(" "))
    }

    /// The parts, as people name them, in which `now` differs. None when one of the two is not known.
    pub fn changed(&self, now: &Self) -> Vec<&'static str> {
        let differs = |name: &str| match (self.part(name), now.part(name)) {
            (Some(then), Some(now)) => then != now,
            _ => false,
        };
        NAMES.iter().filter(|(name, _)| differs(name)).map(|(_, said)| *said).collect()
    }

    fn part(&self, name: &str) -> Option<&str> {
        self.0.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
    }

    /// As the store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Fingerprint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every part, and what people call it.
const NAMES: [(&str, &str); 11] = [
    ("title", "title"),
    ("summary", "summary"),
    ("facts", "minutes, needs, screen or care"),
    ("links", "links"),
    ("picture", "picture"),
    ("get-ready", "“Get ready”"),
    ("do-it-together", "“Do it together”"),
    ("talk-about-it", "“Talk about it”"),
    ("if-something-worries-you", "“If something worries you”"),
    ("opening", "opening paragraph"),
    ("for-parents", "“For parents and carers”"),
];

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("texts, numbers and words always become JSON");
    HEXLOWER.encode(&Sha256::digest(json)[..KEPT])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str) -> Fingerprint {
        Fingerprint::from(text.to_owned())
    }

    #[test]
    fn names_the_parts_that_changed_and_only_those() {
        let then = print("title:aa summary:bb get-ready:cc");
        assert_eq!(then.changed(&then), Vec::<&str>::new());
        assert_eq!(then.changed(&print("title:ab summary:bb get-ready:cd")), ["title", "“Get ready”"]);
    }

    #[test]
    fn what_is_not_known_did_not_change() {
        assert!(print("").changed(&print("title:aa")).is_empty());
        assert!(print("title:aa").changed(&print("0123abcd")).is_empty());
    }
}
