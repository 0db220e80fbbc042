//! `[web]`: where the recipients' pages listen.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::Web;
use super::fields::Fields;
use super::file::resolve;
use super::findings::Findings;
use super::service::path_text;

/// Checks `[web]`.
pub(super) fn read(f: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> Web {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 8025));
    let listen = fields.or(f, "listen", local, |raw, f| {
        let text = raw.text(f)?;
        let what = "is not an IP address with a port";
        text.trim().parse().map_err(|_| raw.bad(f, text, what, raw.like_this())).ok()
    });
    let secret_file = fields.or(f, "secret_file", resolve(folder, "var/secret"), |raw, f| {
        let text = raw.text(f)?;
        Some(resolve(folder, path_text(f, raw, text)?))
    });
    Web { listen, secret_file }
}
