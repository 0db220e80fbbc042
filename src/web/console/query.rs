//! The parameters of a query.

/// The value of a parameter; empty when it is not there.
pub(super) fn parameter(query: Option<&str>, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
