//! What the relay and the DNS told about us.

use crate::app::deliverability::{Acquaintance, Fact};
use crate::domain::text::lists::listed;

/// One thing that is as it should be, or that could not be found out.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::NoRelay => "mail.transport is a Maildir: there is no relay to try".to_owned(),
        Fact::Relay { host, port, login, met } => format!("the relay {host}:{port} takes us: {}", relay(*login, met)),
        Fact::NoDns(reason) => format!("DNS was not asked: {reason}"),
        Fact::NoAnswer { name, reason } => format!("DNS did not tell about {name}: {reason}"),
        Fact::Spf(domain) => format!("{domain} has an SPF record"),
        Fact::Dmarc(domain) => format!("{domain} has a DMARC policy"),
        Fact::Dkim(name) => format!("{name} holds our DKIM key"),
    }
}

fn relay(login: bool, met: &Acquaintance) -> String {
    let tls =
        met.tls.as_deref().map_or("without TLS".to_owned(), |version| format!("with {}", version.replace('_', ".")));
    let login = if login { ", logged in" } else { "" };
    let known = [(met.capabilities.pipelining, "PIPELINING"), (met.capabilities.dsn, "DSN")];
    let mut offers: Vec<String> =
        known.iter().filter(|(is_offered, _)| *is_offered).map(|(_, name)| (*name).to_owned()).collect();
    offers.extend(met.capabilities.size.filter(|size| *size > 0).map(|size| format!("SIZE {size}")));
    let offers = if offers.is_empty() { "nothing that we use".to_owned() } else { listed(offers) };
    format!("{tls}{login}; it offers {offers}")
}
