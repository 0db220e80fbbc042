//! What the relay and the DNS told about us.

use crate::app::deliverability::Fact;
use crate::domain::text::lists::commas;

/// One thing that is as it should be, or that could not be found out.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::NoRelay => "mail.transport is a Maildir: there is no relay to try".to_owned(),
        Fact::Relay { host, port, login, tls, offers } => {
            let tls = tls
                .as_deref()
                .map_or("without TLS".to_owned(), |version| format!("with {}", version.replace('_', ".")));
            let login = if *login { ", logged in" } else { "" };
            let offers = if offers.is_empty() { "nothing that we use".to_owned() } else { commas(offers) };
            format!("the relay {host}:{port} takes us: {tls}{login}; it offers {offers}")
        }
        Fact::NoDns(reason) => format!("DNS was not asked: {reason}"),
        Fact::NoAnswer { name, reason } => format!("DNS did not tell about {name}: {reason}"),
        Fact::Spf(domain) => format!("{domain} has an SPF record"),
        Fact::Dmarc(domain) => format!("{domain} has a DMARC policy"),
        Fact::Dkim(name) => format!("{name} holds our DKIM key"),
        Fact::SignOn(issuer) => format!("the provider at {issuer} answers, and calls itself what web.oidc.issuer says"),
    }
}
