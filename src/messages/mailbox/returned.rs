//! Why mail came back or was refused, in plain words (RFC 3463, enhanced status codes).

/// Why, by the status that the report or the reply named.
pub fn why(status: Option<&str>) -> &'static str {
    status.and_then(known).unwrap_or(match status.and_then(|status| status.chars().next()) {
        Some('4') => "the server could not take it for the time being",
        Some('5') => "the server refused it and gave no reason that we know",
        _ => "the report gave no reason",
    })
}

/// Whether the status says more than “later” or “no”.
pub(super) fn is_known(status: &str) -> bool {
    known(status).is_some()
}

/// The first status in what a server said, such as `5.1.1`.
pub(super) fn status_in(reply: &str) -> Option<&str> {
    let word = reply.split(|c: char| c.is_whitespace() || c == '<').find(|word| !word.is_empty())?;
    let mut parts = word.split('.');
    let is_class = matches!(parts.next(), Some("2" | "4" | "5"));
    let numbers = parts.clone().count() == 2
        && parts.all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit()));
    (is_class && numbers).then_some(word)
}

fn known(status: &str) -> Option<&'static str> {
    let (class, detail) = status.split_once('.')?;
    let is_later = class == "4";
    Some(match detail {
        "1.1" | "1.2" | "1.3" | "1.6" | "1.10" => "there is no such mailbox",
        "2.1" if is_later => "the mailbox can't be used for the time being",
        "2.1" => "the mailbox is closed",
        "2.2" => "the mailbox is full",
        "2.3" | "3.4" => "the mail is too large for it",
        "3.1" | "3.2" => "the server can't take mail for the time being",
        "4.1" | "4.2" | "4.3" | "4.4" | "4.7" => "its mail server could not be reached",
        "4.6" => "its mail goes round in a circle between servers",
        "7.0" | "7.1" if is_later => "the server doesn't want mail from us just now",
        "7.13" => "the account is closed",
        "7.0" | "7.1" | "7.7" | "7.20" | "7.21" | "7.22" | "7.23" | "7.25" | "7.26" | "7.27" | "7.28" | "7.29" => {
            "the server's rules don't allow our mail"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_and_told() {
        assert_eq!(status_in("5.1.1 <a@x.example>: unknown"), Some("5.1.1"));
        assert_eq!(status_in("<a@x.example> 5.1.1"), None);
        assert_eq!(status_in("4.2.2<a@x.example>"), Some("4.2.2"));
        assert_eq!((status_in("5.1"), status_in("5.1.x"), status_in("")), (None, None, None));
        assert_eq!(why(Some("5.2.2")), "the mailbox is full");
        assert_eq!(why(Some("5.9.9")), "the server refused it and gave no reason that we know");
        assert_eq!(why(None), "the report gave no reason");
    }
}
