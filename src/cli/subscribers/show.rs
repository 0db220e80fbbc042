//! `subscribers show`: all that is held about one mailbox.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::sync::list;
use super::view::{state, view};
use crate::app::bootstrap;
use crate::app::privacy::{Held, Privacy};
use crate::cli::context::Context;
use crate::cli::out;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::band::Bands;
use crate::domain::subscriber::{MailboxRecord, SubscriberRecord};
use crate::domain::subscription::subject_data::SubjectData;
use crate::domain::subscription::suppression::Suppression;
use crate::messages::waves;

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
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let (address, config) = (&self.address, &app.config);
        match Privacy::new(&app).held(address).await? {
            Held::Mailbox(record, data) => self.tell_mailbox(&record, &data, &config.bands),
            // An address may be suppressed without ever having been a mailbox.
            Held::Suppressed(suppression) => self.tell_suppression(&suppression),
            Held::Hashed => {
                return Err(Failure::Refused(format!(
                    "{address} was erased, or forgotten after its subscriptions had ended: all that is held is a keyed hash, \
                     which tells that it is never to be mailed"
                )));
            }
            Held::Nothing => {
                let hint = config.line_of_address(address).map_or_else(String::new, |line| {
                    format!("; {}:{line} names it, and `fortnightly sync` brings it in", config.file.display())
                });
                return Err(Failure::Refused(format!("{address} is not in the store{hint}")));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn tell_mailbox(&self, record: &SubscriberRecord, data: &SubjectData, bands: &Bands) {
        if self.json {
            let mut json = json!(view(record, bands));
            let mailbox = record.mailboxes.first();
            let chosen = mailbox.filter(|mailbox| mailbox.chosen);
            json["mailboxes"][0]["chosen_by"] = json!(chosen.and_then(|m| data.chosen_by(&m.subscriptions)));
            json["mailboxes"][0]["held"] = json!(data);
            return out::json(&json);
        }
        tell_subscriber(record);
        for mailbox in &record.mailboxes {
            tell_mailbox(mailbox, data.chosen_by(&mailbox.subscriptions), bands);
            tell(data);
        }
    }

    fn tell_suppression(&self, suppression: &Suppression) {
        if self.json {
            let Suppression { address, reason, since, .. } = suppression;
            return out::json(&json!({
                "id": Value::Null, "name": Value::Null, "sector": Value::Null, "locale": Value::Null, "urn": Value::Null,
                "mailboxes": [], "suppression": { "address": address, "reason": reason, "since": since },
            }));
        }
        let since = suppression.since.format("%Y-%m-%d");
        out::line(&format!("Never:   it is never mailed ({}), since {since}", suppression.reason));
    }
}

fn tell_subscriber(record: &SubscriberRecord) {
    let profile = &record.profile;
    out::line(&format!("Name:    {}", profile.name));
    out::line(&format!("Sector:  {}", profile.sector));
    out::line(&format!("Locale:  {}", profile.locale));
    out::line(&format!("URN:     {}", profile.urn.as_deref().unwrap_or("none")));
}

fn tell_mailbox(mailbox: &MailboxRecord, chosen_by: Option<&str>, bands: &Bands) {
    out::line(&format!("Email:   {}", mailbox.address));
    let whose = if mailbox.chosen { choice(chosen_by) } else { "as its subscriptions say" };
    out::line(&format!("Bands:   {} ({whose})", list(&mailbox.bands, bands)));
    out::line(&format!("State:   {}", state(mailbox)));
    for s in &mailbox.subscriptions {
        let ended = s.ended.map_or(String::new(), |at| format!(", ended {}", at.format("%Y-%m-%d")));
        let since = s.since.format("%Y-%m-%d");
        out::line(&format!("From:    {} since {since}{ended} ({})", s.origin, list(&s.bands, bands)));
    }
}

/// Whose choice the bands are, by the actor of the audit's line.
fn choice(actor: Option<&str>) -> &'static str {
    match actor {
        Some("recipient") => "chosen by its reader",
        Some(OPERATOR) => "chosen by an operator, with `subscribe`",
        Some("import") => "chosen by an operator, with an import",
        _ => "chosen for this mailbox alone",
    }
}

/// What was sent and what was decided, for people.
fn tell(held: &SubjectData) {
    if let Some(since) = held.suppressed_since {
        out::line(&format!("Never:   it is never mailed, since {}", since.format("%Y-%m-%d")));
    }
    if let Some(wave) = held.waits_in {
        out::line(&format!("Waits:   {}", waves::waits(wave)));
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
