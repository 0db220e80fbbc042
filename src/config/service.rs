//! `[service]`, `[web]` and `[retention]`: who sends, where the pages are, and for how long people are remembered.

use std::net::SocketAddr;
use std::path::Path;

use super::files::{read_path, warn_if_world_readable};
use super::network;
use super::settings::{Retention, Service, Web};
use crate::domain::address::Mailbox;
use crate::toml_form::{Fields, Value};

/// Checks `[service]`.
pub(super) fn read(fields: &Fields<'_>) -> Option<Service> {
    let name = fields.read("name", Value::line);
    let from = fields.read("from", Value::parsed::<Mailbox>);
    let postal_address = fields.read("postal_address", Value::line);
    let base_url = fields.read("base_url", base_url);
    let reply_to = fields.read("reply_to", Value::parsed::<Mailbox>);
    let nation = fields.or_default("nation", Value::word);
    Some(Service { name: name?, from: from?, reply_to, postal_address: postal_address?, base_url: base_url?, nation })
}

fn base_url(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    network::base_url(text).map_err(|what| value.bad(text, what, value.like_this())).ok()
}

/// Checks `[web]`.
pub(super) fn read_web(fields: &Fields<'_>, folder: &Path) -> Web {
    Web {
        listen: fields.or_default("listen", socket),
        console_listen: fields.or_default("console_listen", console_socket),
        secret_file: fields.or_default("secret_file", |value| {
            let path = read_path(value, folder)?;
            warn_if_world_readable(value, &path);
            Some(path)
        }),
    }
}

fn socket(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.text()?;
    let what = "is not an IP address with a port";
    text.trim().parse().map_err(|_| value.bad(text, what, value.like_this())).ok()
}

fn console_socket(value: &Value<'_>) -> Option<SocketAddr> {
    let address = socket(value)?;
    if address.ip().is_loopback() {
        return Some(address);
    }
    let what = "is not on this machine's loopback, and this version knows no password for operators";
    value.bad(value.text()?, what, value.like_this());
    None
}

/// Checks `[retention]`.
pub(super) fn read_retention(fields: &Fields<'_>) -> Retention {
    Retention {
        attempts: fields.or_default("attempts", Value::length),
        ended: fields.or_default("ended", Value::length),
    }
}
