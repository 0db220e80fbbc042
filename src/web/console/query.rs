//! The parameters of a query.

/// The value of a parameter; empty when it is not there.
pub(super) fn parameter(query: Option<&str>, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// A path of ours, or the first page: never another site's address.
pub(super) fn own_path(to: &str) -> &str {
    let is_ours = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if is_ours && !to.starts_with("/sign-") { to } else { "/" }
}
