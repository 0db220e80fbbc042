//! Whether the console sees where people come from when they reach it through a proxy.

use super::coming::config_warning;
use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;

/// A warning (`no-trusted-proxy`) when the console has a public address, listens on this machine alone and believes no proxy: then
/// everyone comes from the same address, and the pause after wrong passwords, which counts by network, makes all of them wait.
pub(super) fn untrusted(config: &Config) -> Option<Diagnostic> {
    let web = &config.web;
    let url = web.console_url.as_deref()?;
    let is_proxied = web.console_listen.ip().is_loopback() && url.starts_with("https://");
    (is_proxied && web.trusted_proxies.is_empty()).then(|| {
        let message = format!(
            "people reach the console at {url} through a proxy, and web.trusted_proxies names none: so all of them seem to come \
             from the same place, and when one of them guesses passwords, everyone has to wait"
        );
        config_warning(config, "no-trusted-proxy", message)
            .help("set web.trusted_proxies to the proxy's address, such as [\"127.0.0.1\"] when it runs on this machine")
    })
}
