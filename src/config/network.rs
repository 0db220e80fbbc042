//! Hosts, ports and web addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest web address that mail programs show whole.
const URL_LIMIT: usize = 500;

/// A host with an optional port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPort {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

/// Reads `HOST`, `HOST:PORT` or `[IPV6]:PORT`; says what is wrong as the end of a sentence.
pub(super) fn host_port(text: &str) -> Result<HostPort, &'static str> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) if host.parse::<Ipv6Addr>().is_ok() => (host, rest),
        Some(_) => return Err("has no valid IPv6 address between its square brackets"),
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            check_name(host)?;
            (host, port)
        }
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(read_port(port).ok_or("has a port that is not a number from 1 to 65535")?),
        None if port.is_empty() => None,
        None => return Err("has something after the address that is not a port"),
    };
    Ok(HostPort { host: host.to_owned(), port })
}

fn read_port(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?.filter(|port| *port != 0)
}

/// A host name (RFC 1123 §2.1) or an IPv4 address.
fn check_name(host: &str) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("has no host name");
    }
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let is_number = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number && host.parse::<Ipv4Addr>().is_err() {
        return Err("has an IP address that is not valid");
    }
    let fits = host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(fits);
    if fits { Ok(()) } else { Err("has a host name that is not valid") }
}

/// Whether the host is this machine: localhost, 127.0.0.0/8 or `::1`.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Reads the public address of the service; says what is wrong as the end of a sentence.
pub(super) fn base_url(text: &str) -> Result<String, &'static str> {
    check_url(text)?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// Looks at an https address (on this machine http will do) without a query; says what is wrong as the end of a sentence.
pub(super) fn check_url(text: &str) -> Result<(), &'static str> {
    check_form(text)?;
    if text.contains(['?', '#']) {
        return Err("must end before any ? or #");
    }
    check_place(text)
}

/// Looks at the https address of any page elsewhere; says what is wrong as the end of a sentence.
pub(super) fn check_page(text: &str) -> Result<(), &'static str> {
    check_form(text)?;
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://")) {
        return Err("must begin with https://");
    }
    check_place(text)
}

fn check_form(text: &str) -> Result<(), &'static str> {
    if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
        return Err("contains a space or a character that a web address cannot hold");
    }
    if text.len() > URL_LIMIT {
        return Err("is longer than 500 characters");
    }
    Ok(())
}

fn check_place(text: &str) -> Result<(), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("does not begin with https://")?;
    let (authority, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("must not contain a user name or password");
    }
    let host = host_port(authority)?.host;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err("must begin with https:// (http:// is for this machine alone)"),
        _ => return Err("does not begin with https://"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts() {
        let read = |text| host_port(text).map(|found| (found.host, found.port));
        assert_eq!(read("relay.example:587"), Ok(("relay.example".into(), Some(587))));
        assert_eq!(read("127.0.0.1"), Ok(("127.0.0.1".into(), None)));
        assert_eq!(read("[::1]:25"), Ok(("::1".into(), Some(25))));
        for bad in [
            "", ":25", "a:0", "a:65536", "a:+1", "a:", "a b", "::1", "[::1", "[x]:1", "[::1]25", "1.2.3", "-a.b",
            "a..b",
        ] {
            assert!(host_port(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn knows_this_machine() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "127.0.0.1.example", "::2", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_page_elsewhere_is_behind_https() {
        for good in
            ["https://a.example", "https://a.example/x/?y=1#z", "HTTPS://a.example:8443/x", "https://a.example?x=/"]
        {
            assert_eq!(check_page(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "JavaScript://a.example/%0aalert(1)",
            "data:text/html,x",
            "http://127.0.0.1/",
            "HTTP://a.example/",
            "//a.example",
            "mailto:a@a.example",
            "https://u@a.example/",
            "https://a.example/\"x",
            "https://a.example/<x>",
            "https:///x",
            "https://?x",
        ] {
            assert!(check_page(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn keeps_no_trailing_slash() {
        assert_eq!(base_url("https://a.example/").as_deref(), Ok("https://a.example"));
        assert_eq!(base_url("https://a.example/x/").as_deref(), Ok("https://a.example/x"));
        assert_eq!(base_url("http://[::1]:8025").as_deref(), Ok("http://[::1]:8025"));
        for bad in [
            "a.example",
            "http://a.example",
            "ftp://a.example",
            "https://",
            "https://a.example?x",
            "https://a.example/#x",
            "https://u:p@a.example",
            "https://é.example",
            "https://a.example/a b",
            "https://a\"b.example",
        ] {
            assert!(base_url(bad).is_err(), "{bad:?} was taken");
        }
        assert!(base_url(&format!("https://a.example/{}", "x".repeat(500))).is_err());
    }
}
