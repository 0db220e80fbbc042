//! `subscribers show`: all that is held about one mailbox.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::failure::Failure;
use super::super::sync::list;
use super::super::{Context, out};
use super::{state, to_json};
use crate::domain::address::Address;
use crate::service::{ServiceError, open};
use crate::store::Held;

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
        let (store, _) = open::bare_copy(&config)?;
        let records = store.subscribers().await?;
        let record = records.into_iter().find_map(|mut record| {
            record.mailboxes.retain(|mailbox| mailbox.address == self.address);
            (!record.mailboxes.is_empty()).then_some(record)
        });
        let Some(record) = record else {
            let hint = config.line_of_address(&self.address).map_or_else(String::new, |line| {
                format!("; {}:{line} names it, and `fortnightly sync` brings it in", config.file.display())
            });
            return Err(ServiceError::Refused(format!("{} is not in the store{hint}", self.address)).into());
        };
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
        let profile = &record.profile;
        out::line(&format!("Name:    {}", profile.name));
        out::line(&format!("Sector:  {}", profile.sector));
        out::line(&format!("Locale:  {}", profile.locale));
        out::line(&format!("URN:     {}", profile.urn.as_deref().unwrap_or("none")));
        for (mailbox, held) in record.mailboxes.iter().zip(&all) {
            out::line(&format!("Email:   {}", mailbox.address));
            let chosen = if mailbox.chosen { " (its own choice)" } else { "" };
            out::line(&format!("Bands:   {}{chosen}", list(&mailbox.bands, &config.bands)));
            out::line(&format!("State:   {}", state(mailbox)));
            for s in &mailbox.subscriptions {
                let ended = s.ended.map_or(String::new(), |at| format!(", ended {}", at.format("%Y-%m-%d")));
                let since = s.since.format("%Y-%m-%d");
                out::line(&format!("From:    {} since {since}{ended} ({})", s.origin, list(&s.bands, &config.bands)));
            }
            tell(held);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What was sent and what was decided, for people.
fn tell(held: &Held) {
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
        let end = request.done_at.map_or_else(
            || format!("open until {}", request.expires_at.format("%Y-%m-%d")),
            |at| format!("done {}", at.format("%Y-%m-%d")),
        );
        out::line(&format!("Asked:   {} on {}, {end}", request.kind, request.made_at.format("%Y-%m-%d")));
    }
    for letter in &held.letters {
        out::line(&format!("Letter:  {} of {}, {}", letter.kind, letter.at.format("%Y-%m-%d"), letter.state));
    }
    for record in &held.audit {
        let at = record.at.format("%Y-%m-%d %H:%M");
        out::line(format!("Record:  {at} UTC {} by {} {}", record.action, record.actor, record.detail).trim_end());
    }
}
