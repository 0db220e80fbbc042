//! `subscribers show`: all that is held about one mailbox.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::sync::list;
use super::{state, to_json};
use crate::app::{AppError, bootstrap};
use crate::cli::context::Context;
use crate::cli::out;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::subscriber::{MailboxRecord, SubscriberRecord};
use crate::store::{Store, SubjectData, Suppression};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The mailbox
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let (store, _) = bootstrap::bare_copy(&config)?;
        let records = store.subscribers().await?;
        let record = records.into_iter().find_map(|mut record| {
            record.mailboxes.retain(|mailbox| mailbox.address == self.address);
            (!record.mailboxes.is_empty()).then_some(record)
        });
        let Some(record) = record else { return self.no_mailbox(&config, store.as_ref()).await };
        let mut all = Vec::new();
        for mailbox in &record.mailboxes {
            all.push(store.held(mailbox.recipient).await?);
        }
        if self.json {
            let mut json = to_json(&record, &config.bands);
            for (at, held) in all.iter().enumerate() {
                json["mailboxes"][at]["held"] = json!(held);
            }
            out::json(&json);
            return Ok(ExitCode::SUCCESS);
        }
        tell_subscriber(&record);
        for (mailbox, held) in record.mailboxes.iter().zip(&all) {
            tell_mailbox(mailbox, &config.bands);
            tell(held);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// An address may be suppressed without ever having been a mailbox, or be remembered by its hash alone.
    async fn no_mailbox(&self, config: &Config, store: &dyn Store) -> Result<ExitCode, Failure> {
        let all = store.suppressions().await?;
        let named = all.into_iter().find(|suppression| suppression.address.as_ref() == Some(&self.address));
        let Some(suppression) = named else { return Err(self.unknown(config, store).await?.into()) };
        if self.json {
            out::json(&json!({
                "id": Value::Null, "name": Value::Null, "sector": Value::Null, "locale": Value::Null, "urn": Value::Null,
                "mailboxes": [], "suppression": suppression,
            }));
        } else {
            tell_suppression(&suppression);
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn unknown(&self, config: &Config, store: &dyn Store) -> Result<AppError, Failure> {
        let address = &self.address;
        if store.suppression(address).await?.is_some() {
            return Ok(AppError::Refused(format!(
                "{address} was erased, or forgotten after its subscriptions had ended: all that is held is a keyed hash, which \
                 tells that it is never to be mailed"
            )));
        }
        let hint = config.line_of_address(address).map_or_else(String::new, |line| {
            format!("; {}:{line} names it, and `fortnightly sync` brings it in", config.file.display())
        });
        Ok(AppError::Refused(format!("{address} is not in the store{hint}")))
    }
}

fn tell_subscriber(record: &SubscriberRecord) {
    let profile = &record.profile;
    out::line(&format!("Name:    {}", profile.name));
    out::line(&format!("Sector:  {}", profile.sector));
    out::line(&format!("Locale:  {}", profile.locale));
    out::line(&format!("URN:     {}", profile.urn.as_deref().unwrap_or("none")));
}

fn tell_mailbox(mailbox: &MailboxRecord, bands: &Bands) {
    out::line(&format!("Email:   {}", mailbox.address));
    let chosen = if mailbox.chosen { " (its own choice)" } else { "" };
    out::line(&format!("Bands:   {}{chosen}", list(&mailbox.bands, bands)));
    out::line(&format!("State:   {}", state(mailbox)));
    for s in &mailbox.subscriptions {
        let ended = s.ended.map_or(String::new(), |at| format!(", ended {}", at.format("%Y-%m-%d")));
        let since = s.since.format("%Y-%m-%d");
        out::line(&format!("From:    {} since {since}{ended} ({})", s.origin, list(&s.bands, bands)));
    }
}

fn tell_suppression(suppression: &Suppression) {
    let since = suppression.since.format("%Y-%m-%d");
    out::line(&format!("Never:   it is never mailed ({}), since {since}", suppression.reason));
}

/// What was sent and what was decided, for people.
fn tell(held: &SubjectData) {
    if let Some(since) = held.suppressed_since {
        out::line(&format!("Never:   it is never mailed, since {}", since.format("%Y-%m-%d")));
    }
    for delivery in &held.deliveries {
        let bounce = delivery.bounce.as_ref().map_or_else(String::new, |bounce| {
            format!(", bounced {} ({})", bounce.at.format("%Y-%m-%d"), bounce.status.as_deref().unwrap_or("no status"))
        });
        out::line(&format!("Sent:    edition {} {}{bounce}", delivery.edition, delivery.state));
        for attempt in &delivery.attempts {
            let code = attempt.code.map_or_else(String::new, |code| format!(" {code}"));
            let at = attempt.at.format("%Y-%m-%d %H:%M");
            out::line(&format!("         {at} UTC {}:{code} {}", attempt.outcome, attempt.reply));
        }
    }
    for request in &held.requests {
        let (made, expires) = (request.made_at.format("%Y-%m-%d %H:%M"), request.expires_at.format("%Y-%m-%d"));
        let done = request.done_at.map_or_else(
            || format!("works until {expires}"),
            |at| format!("fulfilled {}", at.format("%Y-%m-%d %H:%M UTC")),
        );
        out::line(&format!("Asked:   {made} UTC {}, {done}", request.kind));
    }
    for letter in &held.letters {
        let at = letter.at.format("%Y-%m-%d %H:%M");
        let reply = letter.reply.as_deref().map_or_else(String::new, |reply| {
            format!(":{} {reply}", letter.code.map_or_else(String::new, |code| format!(" {code}")))
        });
        out::line(&format!("Letter:  {at} UTC {} {}{reply}", letter.kind, letter.state));
    }
    for record in &held.audit {
        let at = record.at.format("%Y-%m-%d %H:%M");
        out::line(format!("Record:  {at} UTC {} by {} {}", record.action, record.actor, record.detail).trim_end());
    }
}
