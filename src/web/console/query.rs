//! The parameters of a query, and the page that one of them may lead to.

/// The value of a parameter; empty when it is not there.
pub(super) fn parameter(query: Option<&str>, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// A path of ours, or the first page: never another site's address.
pub(super) fn own_path(to: &str) -> &str {
    let is_ours = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains(|letter: char| letter == '\\' || letter.is_control());
    if is_ours && !to.starts_with("/sign-") { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(own_path("/editions/7?x=1"), "/editions/7?x=1");
        for foreign in [
            "",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "/sign-out",
            "/a\r\nb",
            "/\t/evil.example",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }
}
