//! `[service]`, `[web]` and `[retention]`: who sends, where the pages are, and for how long people are remembered.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use secrecy::SecretString;

use super::files::{read_path, warn_if_world_readable};
use super::settings::{Retention, Service, Web};
use super::{face, network, oidc};
use crate::domain::address::{Address, Mailbox};
use crate::toml_form::{Fields, Value};

/// Checks `[service]`.
pub(super) fn read(fields: &Fields<'_>, folder: &Path) -> Option<Service> {
    let name = fields.read("name", Value::line);
    let from = fields.read("from", Value::parsed::<Mailbox>);
    let postal_address = fields.read("postal_address", Value::line);
    let base_url = fields.read("base_url", base_url);
    let reply_to = fields.read("reply_to", Value::parsed::<Mailbox>);
    let nation = fields.or_default("nation", Value::word);
    let operators = fields.read("operators", addresses).unwrap_or_default();
    let operator_notice = fields.or_default("operator_notice", Value::length);
    let face = face::read(fields, folder);
    Some(Service {
        name: name?,
        from: from?,
        reply_to,
        postal_address: postal_address?,
        base_url: base_url?,
        nation,
        operators,
        operator_notice,
        face,
    })
}

/// Each address once; a wrong one is said, and the others are read all the same.
fn addresses(value: &Value<'_>) -> Option<Vec<Address>> {
    let mut read: Vec<Address> = value.list()?.iter().filter_map(Value::parsed::<Address>).collect();
    read.sort();
    read.dedup();
    Some(read)
}

fn base_url(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    network::base_url(text).map_err(|what| value.bad(text, what, value.like_this())).ok()
}

/// Checks `[web]`.
pub(super) fn read_web(fields: &Fields<'_>, folder: &Path, client_secret: Option<SecretString>) -> Web {
    let console_url = fields.read("console_url", base_url);
    let is_public = fields.get("console_url").is_some();
    Web {
        listen: fields.or_default("listen", socket),
        console_listen: fields.or_default("console_listen", |value| console_socket(value, is_public)),
        console_url,
        trusted_proxies: fields.read("trusted_proxies", networks).unwrap_or_default(),
        secret_file: fields.or_default("secret_file", |value| {
            let path = read_path(value, folder)?;
            warn_if_world_readable(value, &path);
            Some(path)
        }),
        oidc: fields.subsection("oidc").and_then(|fields| oidc::read(&fields, folder, client_secret)),
    }
}

fn socket(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.text()?;
    let what = "is not an IP address with a port";
    text.trim().parse().map_err(|_| value.bad(text, what, value.like_this())).ok()
}

fn console_socket(value: &Value<'_>, is_public: bool) -> Option<SocketAddr> {
    let address = socket(value)?;
    if address.ip().is_loopback() || is_public {
        return Some(address);
    }
    let what = "is not on this machine's loopback, so it needs web.console_url as well: the https address at which people \
                open the console";
    value.bad(value.text()?, what, value.like_this());
    None
}

fn networks(value: &Value<'_>) -> Option<Vec<IpNet>> {
    Some(value.list()?.iter().filter_map(ip_network).collect())
}

fn ip_network(value: &Value<'_>) -> Option<IpNet> {
    let text = value.text()?.trim();
    let read = text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    read.or_else(|| {
        value.bad(text, "is no IP address and no network such as 10.0.0.0/8", value.like_this());
        None
    })
}

/// Checks `[retention]`.
pub(super) fn read_retention(fields: &Fields<'_>) -> Retention {
    Retention {
        attempts: fields.or_default("attempts", Value::length),
        ended: fields.or_default("ended", Value::length),
    }
}
