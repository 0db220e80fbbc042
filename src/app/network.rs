//! From where someone signs in, coarsely: enough to recognise a session, and to slow down who guesses.

use std::net::IpAddr;

use ipnet::IpNet;

/// How much of an address names the network of one customer: IPv4 by /24, IPv6 by /64 (RFC 6177).
const IPV4_PREFIX: u8 = 24;
const IPV6_PREFIX: u8 = 64;

/// The network of an address.
pub(super) fn network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { IPV4_PREFIX } else { IPV6_PREFIX };
    IpNet::new(address, prefix).expect("both prefixes are shorter than their addresses").trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network() {
        for (address, expected) in [
            ("203.0.113.9", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("127.0.0.1", "127.0.0.0/24"),
        ] {
            assert_eq!(network(address.parse().unwrap()).to_string(), expected);
        }
    }
}
