//! Lists and counts, as people read them.

use std::fmt::Display;

/// `a, b, c`.
pub fn commas<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// `a, b and c`.
pub fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => words.concat(),
    }
}

/// `a, b, c and 4 more`: at most `most` by name.
pub fn some_of<T: Display>(items: &[T], most: usize) -> String {
    and_more(&items[..items.len().min(most)], items.len() as u64)
}

/// `a, b, c and 4 more`: these by name, of so many.
pub fn and_more<T: Display>(first: &[T], number: u64) -> String {
    let shown = commas(first);
    match number.saturating_sub(first.len() as u64) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 mailbox`, `2 mailboxes`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `6,007`: a number as people read it.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let begins_group = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    let mut told = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if begins_group(at) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        let told = [0, 999, 1_000, 6_007, 1_234_567].map(grouped);
        assert_eq!(told, ["0", "999", "1,000", "6,007", "1,234,567"]);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(commas(["a", "b"]), "a, b");
        assert_eq!((listed::<&str>(&[]), listed(&["a"])), (String::new(), "a".into()));
        assert_eq!((listed(&["a", "b"]), listed(&["a", "b", "c"])), ("a and b".into(), "a, b and c".into()));
        assert_eq!(some_of(&[1, 2, 3], 3), "1, 2, 3");
        assert_eq!(some_of(&[1, 2, 3, 4], 3), "1, 2, 3 and 1 more");
        assert_eq!((count(1, "mail", "mails"), count(0, "mail", "mails")), ("1 mail".into(), "0 mails".into()));
    }
}
