//! What the shipped example says and nobody put right, once mail really leaves.

use crate::config::{Config, TransportUrl};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{MailboxState, SubscriberRecord};
use crate::domain::text::lists::count;

use super::coming::some_of;
use crate::ordinary_file;

/// Domains for examples and tests, which nobody can own (RFC 2606, RFC 6761). Below each of them as well.
const NOBODYS: &[&str] = &["example", "test", "invalid", "localhost", "example.com", "example.net", "example.org"];

/// What a postal address of the example has.
const ANYWHERE: &[&str] = &["anytown", "ab1 2cd"];

/// A finding (`placeholder`) for each key, and one for the subscribers: an error where mail goes to a relay, a warning where
/// the relay is on this machine and may be there for trials.
pub(super) fn placeholders(config: &Config, stored: &[SubscriberRecord]) -> Vec<Diagnostic> {
    let TransportUrl::Smtp(relay) = &config.mail.transport else { return Vec::new() };
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
    found.extend(subscribers(config, stored).map(|(line, message)| {
        finding(line, message, "remove those that are invented, and give the others their own addresses")
    }));
    found
}

/// The line of the first one that the config names, and who they are.
fn subscribers(config: &Config, stored: &[SubscriberRecord]) -> Option<(Option<usize>, String)> {
    let is_invented = |record: &&SubscriberRecord| {
        let active = record.mailboxes.iter().filter(|mailbox| mailbox.state == MailboxState::Active);
        active.clone().any(|mailbox| is_nobodys(mailbox.address.domain()))
    };
    let names: Vec<String> = stored.iter().filter(is_invented).map(|record| record.profile.name.clone()).collect();
    let line = config.subscribers.iter().find(|entry| names.contains(&entry.profile.name)).map(|entry| entry.line);
    let who = count(names.len() as u64, "subscriber has", "subscribers have");
    let message = format!("{who} an example address, where no mail arrives: {}", some_of(&names));
    (!names.is_empty()).then_some((line, message))
}

fn is_nobodys(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let is_below =
        |reserved: &str| domain.strip_suffix(reserved).is_some_and(|above| above.is_empty() || above.ends_with('.'));
    NOBODYS.iter().any(|reserved| is_below(reserved))
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
