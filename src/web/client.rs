//! Where a request comes from, when proxies that we trust stand in between.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use ipnet::IpNet;

/// The address of whoever asks. `peer` is at the other end of the connection. What it says in `Forwarded` (RFC 7239) or
/// `X-Forwarded-For` counts only if it is one of `trusted`, and of a chain only as far as trusted proxies wrote it.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let mut found = peer.to_canonical();
    for hop in hops(headers).into_iter().rev() {
        if !is_trusted(found) {
            break;
        }
        // What a proxy could not tell ends what can be known.
        let Some(hop) = hop else { break };
        found = hop;
    }
    found
}

/// The addresses of a chain, the first of which asked; none for a hop that is hidden or cannot be read.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let all = |name: header::HeaderName| {
        let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default());
        values.flat_map(|value| value.split(',')).map(str::to_owned).collect::<Vec<_>>()
    };
    let forwarded = all(header::FORWARDED);
    let older = all(header::HeaderName::from_static("x-forwarded-for"));
    if forwarded.is_empty() {
        return older.iter().map(|hop| node(hop)).collect();
    }
    // A proxy writes one of them, and may pass the other on as it came.
    if !older.is_empty() {
        return vec![None];
    }
    let of = |hop: &String| {
        let mut pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).and_then(|(_, value)| node(value))
    };
    forwarded.iter().map(of).collect()
}

/// An address, with or without a port (RFC 7239 §6).
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Some((address, _)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().ok();
    }
    let bare = text.parse().ok();
    bare.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(peer: &str, name: &'static str, value: &'static str, trusted: &[&str]) -> String {
        let headers = HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().unwrap())]);
        let trusted: Vec<IpNet> = trusted.iter().map(|one| one.parse().unwrap()).collect();
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_says_what_it_likes_and_is_not_believed() {
        assert_eq!(told("203.0.113.9", "x-forwarded-for", "198.51.100.7", &[]), "203.0.113.9");
        assert_eq!(told("203.0.113.9", "forwarded", "for=198.51.100.7", &["127.0.0.1/32"]), "203.0.113.9");
    }

    #[test]
    fn of_two_headers_none_is_believed() {
        let headers = HeaderMap::from_iter([
            (header::FORWARDED, "for=1.2.3.4".parse().unwrap()),
            (header::HeaderName::from_static("x-forwarded-for"), "198.51.100.7".parse().unwrap()),
        ]);
        let trusted = ["127.0.0.1/32".parse().unwrap()];
        assert_eq!(address("127.0.0.1".parse().unwrap(), &headers, &trusted).to_string(), "127.0.0.1");
    }

    #[test]
    fn of_a_chain_the_last_that_no_trusted_proxy_wrote_counts() {
        let ours = ["127.0.0.1/32", "10.0.0.0/8"];
        assert_eq!(told("127.0.0.1", "x-forwarded-for", "198.51.100.7", &ours), "198.51.100.7");
        assert_eq!(told("127.0.0.1", "x-forwarded-for", "1.2.3.4, 198.51.100.7, 10.1.2.3", &ours), "198.51.100.7");
        assert_eq!(
            told("::ffff:127.0.0.1", "forwarded", "for=\"[2001:db8::7]:4711\";proto=https", &ours),
            "2001:db8::7"
        );
        assert_eq!(told("127.0.0.1", "forwarded", "for=1.2.3.4, for=_hidden", &ours), "127.0.0.1");
        assert_eq!(told("127.0.0.1", "x-forwarded-for", "198.51.100.7:1234", &ours), "198.51.100.7");
    }
}
