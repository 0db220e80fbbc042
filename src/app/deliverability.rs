//! What only the network tells: whether the relay takes us, whether receivers find what vouches for us in DNS, and whether the
//! organisation's sign-on answers.

use std::sync::Arc;
use std::time::Duration;

use super::sender::transport;
use super::sign_in::provider::provider;
use super::{AppContext, AppError};
use crate::clock::Clock;
use crate::config::{Config, TransportUrl};
use crate::domain::diagnostic::Diagnostic;
use crate::mail::{Acquaintance, Dns, Smtp};

/// How long the relay's first words may take while a person waits for them.
const GREETING: Duration = Duration::from_secs(30);

/// What the network told.
#[derive(Debug, Default)]
pub struct Online {
    /// What is as it should be, or could not be found out.
    pub facts: Vec<Fact>,
    pub findings: Vec<Diagnostic>,
}

/// Something that is as it should be, or that could not be found out.
#[derive(Debug)]
pub enum Fact {
    /// Mail goes to a Maildir.
    NoRelay,
    /// The relay takes us.
    Relay {
        host: String,
        port: u16,
        /// Whether we logged in.
        login: bool,
        /// The version of TLS; none without it.
        tls: Option<String>,
        /// The extensions that it offers and we use: `PIPELINING`, `SIZE 10240000`.
        offers: Vec<String>,
    },
    /// This machine cannot ask the DNS.
    NoDns(String),
    /// The DNS gave no answer.
    NoAnswer {
        /// The name that was asked for.
        name: String,
        reason: String,
    },
    /// The domain has an SPF record.
    Spf(String),
    /// The domain has a DMARC policy.
    Dmarc(String),
    /// Our DKIM key stands under this name.
    Dkim(String),
    /// The provider of the organisation's sign-on answers.
    SignOn(String),
}

/// A fact, or what is wrong.
type Judged = Result<Fact, Box<Diagnostic>>;

fn wrong(finding: Diagnostic) -> Judged {
    Err(Box::new(finding))
}

impl Online {
    fn add(&mut self, judged: Judged) {
        match judged {
            Ok(fact) => self.facts.push(fact),
            Err(finding) => self.findings.push(*finding),
        }
    }
}

/// Asks the relay and the DNS about us.
pub struct Deliverability {
    config: Arc<Config>,
    clock: Clock,
}

impl Deliverability {
    /// Asks about this configuration.
    pub fn new(context: &AppContext) -> Self {
        Self { config: Arc::clone(&context.config), clock: context.clock }
    }

    /// Meets the relay (no mail is handed over), looks up the SPF, DKIM and DMARC records, and meets the provider of the sign-on.
    ///
    /// # Errors
    /// When the files that the settings name, or the DKIM keys, cannot be read.
    pub async fn look(&self) -> Result<Online, AppError> {
        let mut online = Online::default();
        self.meet_relay(&mut online).await?;
        match Dns::system() {
            Ok(dns) => self.look_up(&dns, &mut online).await?,
            Err(reason) => online.facts.push(Fact::NoDns(reason)),
        }
        self.meet_provider(&mut online).await?;
        Ok(online)
    }

    async fn meet_provider(&self, online: &mut Online) -> Result<(), AppError> {
        let Some(oidc) = &self.config.web.oidc else { return Ok(()) };
        let met = provider(oidc)?.meet(self.clock.now()).await;
        online.add(match met {
            Ok(()) => Ok(Fact::SignOn(oidc.issuer.clone())),
            Err(error) => wrong(
                Diagnostic::error("sign-on", error.to_string())
                    .in_file(self.config.file.display().to_string())
                    .help("check issuer and ca_file under [web.oidc]"),
            ),
        });
        Ok(())
    }

    async fn meet_relay(&self, online: &mut Online) -> Result<(), AppError> {
        let TransportUrl::Smtp(relay) = &self.config.mail.transport else {
            online.facts.push(Fact::NoRelay);
            return Ok(());
        };
        let (host, port) = (relay.host.clone(), relay.port);
        let mut settings = transport::settings(&self.config, relay)?;
        settings.timeouts.greeting = GREETING;
        online.add(match Smtp::new(settings)?.meet().await {
            Ok(met) => {
                let offers = offers(&met);
                Ok(Fact::Relay { host, port, login: relay.login.is_some(), tls: met.tls, offers })
            }
            Err(outcome) => {
                let said = outcome.reply().map(ToString::to_string).unwrap_or_default();
                let message = format!("the relay {host}:{port} does not accept us: {said}");
                let finding = Diagnostic::error("relay", message)
                    .in_file(self.config.file.display().to_string())
                    .help("look at transport, tls, username, password_file and ca_file under [mail]");
                let (line, column) = self.config.transport_place.unzip();
                wrong(Diagnostic { line, column, ..finding })
            }
        });
        Ok(())
    }

    async fn look_up(&self, dns: &Dns, online: &mut Online) -> Result<(), AppError> {
        let bounces = self.config.mail.bounce_address.domain();
        let from = self.config.service.from.address.domain();
        let policy = format!("_dmarc.{from}");
        let asked = tokio::join!(dns.texts(bounces), dns.texts(&policy));
        let mut judge = |name: &str, asked: Result<Vec<String>, String>, judge: &dyn Fn(&[String]) -> _| match asked {
            Ok(texts) => online.add(judge(&texts)),
            Err(reason) => online.facts.push(Fact::NoAnswer { name: name.to_owned(), reason }),
        };
        judge(bounces, asked.0, &|texts| spf(bounces, texts));
        judge(&policy, asked.1, &|texts| dmarc(from, texts));
        for key in &self.config.mail.dkim {
            let (name, value) = transport::read_key(key)?.dns_record();
            let texts = dns.texts(&name).await;
            judge(&name, texts, &|texts| published_key(&name, &value, texts));
        }
        Ok(())
    }
}

fn offers(met: &Acquaintance) -> Vec<String> {
    let known = [(met.capabilities.pipelining, "PIPELINING"), (met.capabilities.dsn, "DSN")];
    let mut offers: Vec<String> =
        known.iter().filter(|(is_offered, _)| *is_offered).map(|(_, name)| (*name).to_owned()).collect();
    offers.extend(met.capabilities.size.filter(|size| *size > 0).map(|size| format!("SIZE {size}")));
    offers
}

/// Exactly one SPF record, where bounces go (RFC 7208 §4.5).
fn spf(domain: &str, texts: &[String]) -> Judged {
    let is_spf = |text: &&String| {
        let text = text.to_ascii_lowercase();
        text == "v=spf1" || text.starts_with("v=spf1 ")
    };
    match texts.iter().filter(is_spf).count() {
        1 => Ok(Fact::Spf(domain.to_owned())),
        0 => wrong(Diagnostic::warning(
            "spf",
            format!("{domain} has no SPF record: receivers may take our mail for forged"),
        )
        .help(format!(
            "publish a TXT record for {domain} that names your relay, such as: v=spf1 include:relay.example -all"
        ))),
        found => wrong(Diagnostic::error(
            "spf",
            format!("{domain} has {found} SPF records, so receivers honour none (RFC 7208)"),
        )
        .help("keep one, with the terms of all")),
    }
}

/// A policy for the domain of From (RFC 7489 §6.1).
fn dmarc(domain: &str, texts: &[String]) -> Judged {
    if texts.iter().any(|text| text.to_ascii_lowercase().replace(' ', "").starts_with("v=dmarc1;")) {
        return Ok(Fact::Dmarc(domain.to_owned()));
    }
    wrong(
        Diagnostic::warning(
            "dmarc",
            format!("_dmarc.{domain} has no DMARC policy: large mailbox providers ask for one"),
        )
        .help(format!("publish a TXT record for _dmarc.{domain}, such as: v=DMARC1; p=none")),
    )
}

/// The public half of a key of ours (RFC 6376 §3.6.1).
fn published_key(name: &str, value: &str, texts: &[String]) -> Judged {
    let ours = public_key(value);
    if texts.iter().any(|text| public_key(text) == ours) {
        return Ok(Fact::Dkim(name.to_owned()));
    }
    let what = if texts.is_empty() {
        "has no DKIM key: what we sign does not verify"
    } else {
        "holds another DKIM key than ours: what we sign does not verify"
    };
    wrong(
        Diagnostic::error("dkim-record", format!("{name} {what}"))
            .help(format!("publish this TXT record for {name}: {value}")),
    )
}

/// `p=` without white space.
fn public_key(record: &str) -> Option<String> {
    let tags = record.split(';').filter_map(|tag| tag.split_once('='));
    tags.filter(|(name, _)| name.trim() == "p").map(|(_, key)| key.split_whitespace().collect()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Vec<String> {
        of.iter().map(|text| (*text).to_owned()).collect()
    }

    fn code(judged: Judged) -> String {
        judged.map_or_else(|finding| format!("{} {}", finding.code, finding.is_error()), |_| "fine".to_owned())
    }

    #[test]
    fn one_spf_record_is_right() {
        let judged = |of: &[&str]| code(spf("a.example", &texts(of)));
        assert_eq!(judged(&["other", "v=spf1 -all"]), "fine");
        assert_eq!(judged(&["V=SPF1"]), "fine");
        assert_eq!(judged(&["v=spf10 -all", "v=DMARC1;"]), "spf false");
        assert_eq!(judged(&["v=spf1 a", "v=spf1 -all"]), "spf true");
    }

    #[test]
    fn a_policy_is_known_by_its_version() {
        assert_eq!(code(dmarc("a.example", &texts(&["v=DMARC1; p=none"]))), "fine");
        assert_eq!(code(dmarc("a.example", &texts(&["v = DMARC1 ; p=none"]))), "fine");
        assert_eq!(code(dmarc("a.example", &texts(&["v=spf1"]))), "dmarc false");
    }

    #[test]
    fn only_our_own_key_will_do() {
        let judged = |of: &[&str]| code(published_key("s._domainkey.a.example", "v=DKIM1; k=rsa; p=AbC=", &texts(of)));
        assert_eq!(judged(&["v=DKIM1; k=rsa; p=Ab C="]), "fine");
        assert_eq!(judged(&["p=AbC="]), "fine");
        assert_eq!(judged(&["v=DKIM1; k=rsa; p=abC="]), "dkim-record true");
        assert_eq!(judged(&["v=DKIM1; k=rsa; p="]), "dkim-record true");
        assert_eq!(judged(&[]), "dkim-record true");
    }
}
