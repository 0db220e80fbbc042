//! What the shipped example says and nobody put right, once mail really leaves.

use chrono::{DateTime, Utc};

use super::coming::LISTED;
use crate::config::{Config, TransportUrl};
use crate::domain::address::is_in_one_of;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::text::lists::{and_more, count};
use crate::ordinary_file;
use crate::store::{Scope, Store, StoreError};

/// Domains for examples and tests, which nobody can own (RFC 2606, RFC 6761). Below each of them as well.
const NOBODYS: &[&str] = &["example", "test", "invalid", "localhost", "example.com", "example.net", "example.org"];

/// What a postal address of the example has.
const ANYWHERE: &[&str] = &["anytown", "ab1 2cd"];

/// A finding (`placeholder`) for each key, and one for the subscribers: an error where mail goes to a relay, a warning where
/// the relay is on this machine and may be there for trials.
pub(super) async fn placeholders(
    config: &Config,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Diagnostic>, StoreError> {
    let TransportUrl::Smtp(relay) = &config.mail.transport else { return Ok(Vec::new()) };
    let level = if relay.is_on_this_machine() { Diagnostic::warning } else { Diagnostic::error };
    let text = ordinary_file::read_text(&config.file).unwrap_or_default();
    let finding = |line: Option<usize>, message: String, help: &str| Diagnostic {
        line,
        ..level("placeholder", message).in_file(config.file.display().to_string()).help(help)
    };
    let service = &config.service;
    let place = |key: &str, value: &str| {
        let says = |line: &str| line.trim_start().starts_with(key) && line.contains(value);
        text.lines().position(says).map(|at| at + 1)
    };
    let mut domains = vec![
        ("service", "from", service.from.address.domain()),
        ("service", "base_url", host(&service.base_url)),
        ("mail", "transport", &relay.host),
    ];
    domains.extend(service.reply_to.as_ref().map(|reply_to| ("service", "reply_to", reply_to.address.domain())));
    let bounces = config.mail.bounce_address.domain();
    // Left out, it follows service.from.
    domains.extend(place("bounce_address", bounces).map(|_| ("mail", "bounce_address", bounces)));
    let is_local = |key: &str, domain: &str| key == "transport" && relay.is_on_this_machine() && domain == relay.host;
    let mut found: Vec<Diagnostic> = domains
        .into_iter()
        .filter(|(_, key, domain)| is_nobodys(domain) && !is_local(key, domain))
        .map(|(table, key, domain)| {
            let message = format!("{table}.{key} still has the example domain {domain}, where no mail arrives");
            finding(place(key, domain), message, "put in your own")
        })
        .collect();
    let address = service.postal_address.to_lowercase();
    if ANYWHERE.iter().any(|word| address.contains(word)) {
        let message = "service.postal_address is still the one from the example".to_owned();
        let help = "write the address of your organisation: it stands at the foot of every mail";
        found.push(finding(place("postal_address", ""), message, help));
    }
    let (number, first) = store.subscribers_in(NOBODYS, LISTED).await?;
    if number > 0 {
        let who = count(number, "subscriber has", "subscribers have");
        let names = and_more(&first, number);
        let message = format!("{who} an example address, where no mail arrives: {names}");
        let help = "remove those that are invented, and give the others their own addresses";
        found.push(finding(first_invented(config, store, now).await?, message, help));
    }
    Ok(found)
}

/// The line of the first entry of the config that has an active mailbox with such an address.
async fn first_invented(config: &Config, store: &dyn Store, now: DateTime<Utc>) -> Result<Option<usize>, StoreError> {
    for entry in &config.subscribers {
        for address in entry.addresses.iter().filter(|address| is_nobodys(address.domain())) {
            let list = store.mailing_list(&Scope::Person(address.clone()), now).await?;
            if list.find(address).is_some_and(Mailbox::is_active) {
                return Ok(Some(entry.line));
            }
        }
    }
    Ok(None)
}

fn is_nobodys(domain: &str) -> bool {
    is_in_one_of(domain, NOBODYS)
}

/// The host of a web address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reserved_names_are_nobodys() {
        for name in
            ["example.org", "EXAMPLE.COM", "a.example.net", "hillside.example", "x.test", "localhost", "a.invalid."]
        {
            assert!(is_nobodys(name), "{name}");
        }
        for name in ["notexample.org", "example.co.uk", "example.school.uk", "examples.org", "test.uk", "contest", ""] {
            assert!(!is_nobodys(name), "{name}");
        }
        assert_eq!(host("https://activities.example.org:8443/x"), "activities.example.org");
    }
}
