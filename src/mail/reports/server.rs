//! Which mail server a bounce comes from.

/// The longest name of a host (RFC 1035 §2.3.4).
const LONGEST: usize = 255;

/// The mail server that refused the mail, in lower case: the one that the report's writer spoke to (RFC 3464 §2.3.5), else the
/// writer itself (§2.2.2). `None` when a report names neither, or something that is no host.
pub fn reporting_server(message: &[u8]) -> Option<String> {
    let lines = || message.split(|byte| *byte == b'\n');
    let named = |field: &str| lines().find_map(|line| host_in(line, field));
    named("remote-mta:").or_else(|| named("reporting-mta:"))
}

/// The host in a field such as `Reporting-MTA: dns; mx.example (192.0.2.1)`.
fn host_in(line: &[u8], field: &str) -> Option<String> {
    let (name, value) = line.split_at_checked(field.len())?;
    if !name.eq_ignore_ascii_case(field.as_bytes()) {
        return None;
    }
    let value = std::str::from_utf8(value).ok()?;
    let host = value.rsplit(';').next()?.split_whitespace().next()?.trim_end_matches('.').to_ascii_lowercase();
    let is_host = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    (is_host && host.len() <= LONGEST).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_that_refused_it_comes_before_the_one_that_says_so() {
        for (report, server) in [
            ("Reporting-MTA: dns; Relay.Example\r\n\r\nRemote-MTA: dns; mx.example\r\n", Some("mx.example")),
            ("reporting-mta: dns;relay.example.\r\n", Some("relay.example")),
            ("Reporting-MTA: mx.example (192.0.2.1)\n", Some("mx.example")),
            ("Reporting-MTA: dns; a@b.example\n", None),
            ("Reporting-MTA: dns; localhost\nRemote-MTA:\n", None),
            ("X-Reporting-MTA: dns; mx.example\n", None),
            ("Reporting-MTA: dns; \u{fc}.example\n", None),
            ("", None),
        ] {
            assert_eq!(reporting_server(report.as_bytes()).as_deref(), server, "{report}");
        }
        assert_eq!(reporting_server(b"Reporting-MTA: dns; \xff.example"), None);
        assert_eq!(reporting_server(format!("Reporting-MTA: {}.example", "a".repeat(300)).as_bytes()), None);
    }
}
