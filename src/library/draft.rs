//! Activities and bulletins that are not written yet: the skeleton of a new activity, and how an unfinished text is known.
//!
//! A draft is a file called `NAME.draft.md`, or one in which a line still says `[Write here: …]`. It is no part of the library, so it
//! is never picked, and it breaks nothing: neither the daemon that reloads its folder nor a command that starts. Its mistakes are
//! warnings until it is finished; then it is checked like every other. A mark in the name needs no key that older versions would
//! refuse, and lets a text go out as it is while someone writes the next one beside it.

use chrono::{Months, NaiveDate};

use super::page::Page;
use crate::domain::activity::is_slug;
use crate::domain::band::BandName;

/// How a line begins that someone has to write.
pub(super) const MARK: &str = "[Write here:";

static SKELETON: &str = include_str!("skeleton.md");

/// How long a new activity is good for before it is checked again.
const REVIEW_MONTHS: Months = Months::new(24);

/// The longest slug of a title, in characters: more makes addresses that mail programs break.
const SLUG_LIMIT: usize = 60;

/// Letters with an accent that English and Welsh names have, and their plain ones.
const PLAIN: [(&str, char); 8] = [
    ("àáâäãå", 'a'),
    ("èéêë", 'e'),
    ("ìíîï", 'i'),
    ("òóôöõ", 'o'),
    ("ùúûü", 'u'),
    ("ŵ", 'w'),
    ("ŷÿý", 'y'),
    ("ç", 'c'),
];

/// The text of a new activity, to be written: a [draft](self) with all keys and headings. `title` is one line without
/// controls, backslash or `](`.
pub fn skeleton(title: Option<&str>, band: &BandName, today: NaiveDate) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let review_by = today.checked_add_months(REVIEW_MONTHS).unwrap_or(NaiveDate::MAX);
    let title = title.map_or_else(|| quoted(&format!("{MARK} a short title that makes you curious]")), quoted);
    // The title comes last: it may hold any of the others.
    SKELETON
        .replace("{band}", &quoted(band.as_str()))
        .replace("{reviewed}", &today.to_string())
        .replace("{review_by}", &review_by.to_string())
        .replacen("{title}", &title, 1)
}

/// The file name that a title makes: lower-case letters, digits and hyphens. `None` when it has no letter or digit.
pub fn slug(title: &str) -> Option<String> {
    let plain = |c: char| PLAIN.iter().find(|(accented, _)| accented.contains(c)).map_or(c, |(_, plain)| *plain);
    let letters: String = title.to_lowercase().chars().filter(|c| !matches!(c, '\'' | '’')).map(plain).collect();
    let mut slug = String::new();
    for word in letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !slug.is_empty() && slug.len() + 1 + word.len() > SLUG_LIMIT {
            break;
        }
        let hyphen = if slug.is_empty() { "" } else { "-" };
        slug = format!("{slug}{hyphen}{word}");
    }
    slug.truncate(SLUG_LIMIT);
    Some(slug).filter(|slug| is_slug(slug))
}

/// Whether a page is a draft; if so, that is noted. `what` it would be: an activity, for instance.
pub(super) fn is_draft(page: &Page, what: &str) -> bool {
    let places = placeholders(page.text());
    let Some(first) = places.first() else { return false };
    let (count, say) = match places.len() {
        1 => ("1 place".to_owned(), "says"),
        count => (format!("{count} places"), "say"),
    };
    let message = format!("this {what} is a draft and left out: {count} still {say} “{MARK} …]”");
    page.warning(*first, "draft-left-out", message, "write your own words in their place; it counts from then on");
    true
}

/// How many places of a text are still to be written.
pub(super) fn unwritten(text: &str) -> usize {
    placeholders(text).len()
}

/// Where `text` says `write here:`, in any case and with any space: a placeholder that lost its bracket is one still.
fn placeholders(text: &str) -> Vec<usize> {
    let lower = text.to_ascii_lowercase();
    let asks = |at: &usize| {
        let rest = lower[at + "write".len()..].trim_start();
        rest.strip_prefix("here").is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    lower.match_indices("write").map(|(at, _)| at).filter(asks).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_title_becomes_a_file_name() {
        assert_eq!(slug("Who’s there? A Café game!").as_deref(), Some("whos-there-a-cafe-game"));
        assert_eq!(slug("Tŷ’r Ysgol — 14+").as_deref(), Some("tyr-ysgol-14"));
        assert_eq!(slug(&"many words ".repeat(20)).as_deref().map(str::len), Some(59));
        assert_eq!((slug("?!"), slug("日本"), slug("")), (None, None, None));
    }

    #[test]
    fn a_placeholder_is_one_however_it_is_written() {
        for text in ["[Write here: x]", "Write here: x", "[ write  HERE : x", "- [Write\nhere: x]"] {
            assert_eq!(placeholders(text).len(), 1, "{text}");
        }
        assert!(placeholders("Write it here. Then write: hello. You write here and there.").is_empty());
    }

    #[test]
    fn the_skeleton_keeps_any_title_and_ends_its_review_in_a_leap_year() {
        let band: BandName = "8-10".parse().expect("a band");
        let day = NaiveDate::from_ymd_opt(2028, 2, 29).expect("a date");
        let text = skeleton(Some("Say “no”, \"nope\" & {band} 'x'"), &band, day);
        assert!(text.contains("reviewed = 2028-02-29\nreview_by = 2030-02-28\n"), "{text}");
        let front = text.split("+++").nth(1).expect("front matter");
        let table: toml::Table = front.parse().expect("TOML");
        assert_eq!(table["title"].as_str(), Some("Say “no”, \"nope\" & {band} 'x'"));
        assert!(!text.contains("{title}") && !text.contains("{review"));
    }

    proptest! {
        #[test]
        fn any_title_makes_a_slug_or_none(title in any::<String>()) {
            prop_assert!(slug(&title).is_none_or(|slug| is_slug(&slug) && slug.len() <= SLUG_LIMIT));
        }
    }
}
