//! `[web]`: where the recipients' pages and the operators' listen.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::fields::Fields;
use super::file::resolve;
use super::findings::Findings;
use super::raw::Raw;
use super::service::path_text;
use super::{CONSOLE, Web};

/// Checks `[web]`.
pub(super) fn read(f: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> Web {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 8025));
    let listen = fields.or(f, "listen", local, |raw, f| socket(raw, f));
    let console_listen = fields.or(f, "console_listen", CONSOLE, |raw, f| {
        let address: SocketAddr = socket(raw, f)?;
        if address.ip().is_loopback() {
            return Some(address);
        }
        let what = "is not on this machine's loopback, and this version knows no password for operators";
        let text = raw.text(f)?;
        raw.bad(f, text, what, raw.like_this());
        None
    });
    let secret_file = fields.or(f, "secret_file", resolve(folder, "var/secret"), |raw, f| {
        let text = raw.text(f)?;
        Some(resolve(folder, path_text(f, raw, text)?))
    });
    Web { listen, console_listen, secret_file }
}

fn socket(raw: &Raw<'_>, f: &mut Findings<'_>) -> Option<SocketAddr> {
    let text = raw.text(f)?;
    let what = "is not an IP address with a port";
    text.trim().parse().map_err(|_| raw.bad(f, text, what, raw.like_this())).ok()
}
