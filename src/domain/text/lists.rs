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

#[cfg(test)]
mod tests {
    use super::*;

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
