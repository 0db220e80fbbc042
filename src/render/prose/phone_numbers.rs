//! Telephone numbers in texts: they are never broken across lines, and HTML can link them.

use std::ops::Range;

use super::escape;
use crate::render::error::Part;

/// Short numbers count only after one of [`LEADS`]: elsewhere they may be a house number or a page.
const SHORT: [&str; 6] = ["999", "101", "111", "112", "159", "116 123"];
const LEADS: [&str; 4] = ["call", "ring", "on", "dial"];
/// How many digits a number has; fewer may be a date or an amount.
const DIGITS: Range<usize> = 8..16;

const NOWRAP: &str = "<span style=\"white-space:nowrap\">";

/// `text` with U+00A0 for the spaces inside telephone numbers, and between “call” or “on” and a number.
pub(crate) fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for number in find(text) {
        let before = &text[done..number.start];
        match before.strip_suffix(' ').filter(|before| leads(before)) {
            Some(before) => out.extend([before, "\u{a0}"]),
            None => out.push_str(before),
        }
        out.push_str(&text[number.clone()].replace(' ', "\u{a0}"));
        done = number.end;
    }
    out + &text[done..]
}

/// `text` as HTML, with each number, and “call” or “on” before it, on one line. Spaces stay plain, so that people can
/// find and copy what they see.
pub(crate) fn unbroken_html(text: &str) -> String {
    marked(text, |shown, _| escape::html(shown))
}

/// As [`unbroken_html`], with each number a `tel:` link.
pub(crate) fn linked_html(text: &str) -> String {
    marked(text, |shown, number| {
        let (before, _) = shown.split_at(shown.len() - number.len());
        let number = escape::html(number);
        [&escape::html(before), "<a href=\"tel:", &digits(&number), "\">", &number, "</a>"].concat()
    })
}

/// One line of text as a part of a mail or page has it: [linked](linked_html), or [unbroken].
pub(crate) fn of_line(text: &str, part: Part) -> String {
    match part {
        Part::Html => linked_html(text),
        Part::Text => unbroken(text),
    }
}

fn marked(text: &str, show: impl Fn(&str, &str) -> String) -> String {
    let mut out = String::new();
    let mut done = 0;
    for number in find(text) {
        let before = &text[done..number.start];
        let lead = before.strip_suffix(is_space).filter(|before| leads(before));
        let start = lead.map_or(number.start, |lead| done + lead.rfind(is_space).map_or(0, |at| at + 1));
        out.push_str(&escape::html(&text[done..start]));
        out.extend([NOWRAP, &show(&text[start..number.end], &text[number.clone()]), "</span>"]);
        done = number.end;
    }
    out + &escape::html(&text[done..])
}

/// `number` as a `tel:` link wants it (RFC 3966 §3).
pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// Where the numbers are: groups of digits separated by one space, beginning with `0` or `+`; and short numbers.
fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find(|c: char| c.is_ascii_digit() || c == '+').map(|at| rest + at) {
        let end = start + length(&text[start..]);
        let alone = !text[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '.'))
            && !text[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '%'));
        if alone && is_number(&text[start..end], &text[..start]) {
            found.push(start..end);
        }
        rest = end;
    }
    found
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}')
}

/// The length in bytes of the groups of digits that `text` begins with.
fn length(text: &str) -> usize {
    let mut end = 0;
    let mut group = text.starts_with('+');
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() || (at == 0 && group) {
            end = at + 1;
            group = true;
        } else if is_space(c) && group {
            group = false;
        } else {
            break;
        }
    }
    end
}

fn is_number(number: &str, before: &str) -> bool {
    let count = number.bytes().filter(u8::is_ascii_digit).count();
    let whole = number.starts_with(['0', '+']) && DIGITS.contains(&count);
    whole
        || (SHORT.contains(&number.replace('\u{a0}', " ").as_str()) && before.strip_suffix(is_space).is_some_and(leads))
}

/// Whether the last word of `before` is one of [`LEADS`].
fn leads(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    LEADS.iter().any(|lead| word.eq_ignore_ascii_case(lead))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_hold_together() {
        for (text, wanted) in [
            ("to Childline on 0800 1111.", "to Childline on_0800_1111."),
            ("Call 999. If not, call the police on 101.", "Call_999. If not, call the police on_101."),
            (
                "Ring 999, Samaritans on 116 123 or the bank on 159.",
                "Ring_999, Samaritans on_116_123 or the bank on_159.",
            ),
            ("NSPCC: 0808 800 5000", "NSPCC: 0808_800_5000"),
            ("+44 20 7946 0018, or (020 7946 0018)", "+44_20_7946_0018, or (020_7946_0018)"),
            ("room 101, on 30 November 2026, 20 people, 20,000", "room 101, on 30 November 2026, 20 people, 20,000"),
            ("on 1015, 2026-01-01 08:00, x0800 1111", "on 1015, 2026-01-01 08:00, x0800 1111"),
        ] {
            assert_eq!(unbroken(text).replace('\u{a0}', "_"), wanted);
        }
    }

    #[test]
    fn numbers_can_be_called() {
        assert_eq!(
            linked_html("Call 999 & wait, or 0800 1111"),
            format!(
                "{NOWRAP}Call <a href=\"tel:999\">999</a></span> &amp; wait, or {NOWRAP}<a href=\"tel:08001111\">0800 1111</a></span>"
            )
        );
        assert_eq!(
            unbroken_html("Phone Childline on 0800 1111."),
            format!("Phone Childline {NOWRAP}on 0800 1111</span>.")
        );
    }

    proptest! {
        #[test]
        fn nothing_else_changes(text in "([a-z+ \u{a0}&<]|[0-9 ]|call |on 0800 ){0,30}") {
            let once = unbroken(&text);
            prop_assert_eq!(once.replace('\u{a0}', " "), text.replace('\u{a0}', " "));
            prop_assert_eq!(unbroken(&once), once);
        }
    }
}
