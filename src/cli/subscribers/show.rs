//! `subscribers show`: all that is held about one mailbox.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::sync::list;
use super::view::{state, view};
use crate::app::privacy::{Held, Privacy};
use crate::app::subscriber::Subscriber;
use crate::app::{AppContext, bootstrap};
use crate::cli::context::Context;
use crate::cli::out;
use crate::cli::table::Column;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::band::Bands;
use crate::domain::name_query::{NameQuery, folded};
use crate::domain::subscriber::{MailboxRecord, SubscriberRecord};
use crate::domain::subscription::subject_data::SubjectData;
use crate::domain::subscription::suppression::Suppression;
use crate::domain::text::excerpt;
use crate::messages::waves;

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The mailbox, or words of a subscriber's name, or its register number
    #[arg(value_name = "ADDRESS|NAME|URN", required = true)]
    who: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// How many subscribers of a name are listed.
const LISTED: usize = 20;

/// Words as someone typed them.
pub(super) fn query(words: &[String]) -> Result<NameQuery, Failure> {
    let text = words.join(" ");
    let none = || format!("“{}” has no letter or digit to look for", excerpt(&text));
    NameQuery::new(&text).ok_or_else(|| Failure::Usage(none()))
}

const COLUMNS: &[Column<'_>] = &[Column::Text("Name"), Column::Text("Email"), Column::Text("To see it")];

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let address = match &self.who[..] {
            [one] if one.contains('@') => {
                Some(one.parse::<Address>().map_err(|error| Failure::Usage(format!("“{}” {error}", excerpt(one))))?)
            }
            _ => None,
        };
        let named = if address.is_none() { Some(query(&self.who)?) } else { None };
        let config = context.config()?;
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        match (address, named) {
            (Some(address), _) => self.of_address(&app, &address).await?,
            (None, Some(query)) => self.of_name(&app, &query).await?,
            (None, None) => {}
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn of_address(&self, app: &AppContext, address: &Address) -> Result<(), Failure> {
        let config = &app.config;
        match Privacy::new(app).held(address).await? {
            Held::Mailbox(record, data) => self.tell_mailboxes(&record, &[data], &config.bands),
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
        Ok(())
    }

    async fn of_name(&self, app: &AppContext, query: &NameQuery) -> Result<(), Failure> {
        let (mut found, more) = Subscriber::new(app).find(query, LISTED).await?;
        let name = folded(&self.who.join(" "));
        let exact: Vec<usize> = (0..found.len()).filter(|at| folded(&found[*at].profile.name) == name).collect();
        let record = match (&found[..], &exact[..]) {
            ([], _) => {
                let sought = excerpt(&self.who.join(" "));
                return Err(Failure::Refused(format!(
                    "no subscriber has the name or register number “{sought}”: `fortnightly subscribers list` shows all of them"
                )));
            }
            ([_], _) => found.swap_remove(0),
            (_, [at]) if !more => found.swap_remove(*at),
            _ => return Err(self.which(&found, more)),
        };
        let (privacy, mut all) = (Privacy::new(app), Vec::new());
        for mailbox in &record.mailboxes {
            if let Held::Mailbox(_, data) = privacy.held(&mailbox.address).await? {
                all.push(data);
            }
        }
        self.tell_mailboxes(&record, &all, &app.config.bands);
        Ok(())
    }

    /// Lists those who have such a name, with the command that shows each.
    fn which(&self, found: &[SubscriberRecord], more: bool) -> Failure {
        if !self.json {
            let rows = found.iter().map(|record| {
                let address = record.mailboxes.first().map(|mailbox| mailbox.address.to_string()).unwrap_or_default();
                let key = record.profile.urn.clone().unwrap_or_else(|| address.clone());
                vec![record.profile.name.clone(), address, format!("fortnightly subscribers show {key}")]
            });
            out::table(COLUMNS, rows.collect());
        }
        let sought = excerpt(&self.who.join(" "));
        Failure::Refused(if more {
            format!(
                "more than {LISTED} subscribers match “{sought}”: add a word, or look at `fortnightly subscribers list {sought}`"
            )
        } else {
            format!("{} subscribers match “{sought}”: say which", found.len())
        })
    }

    fn tell_mailboxes(&self, record: &SubscriberRecord, all: &[SubjectData], bands: &Bands) {
        if self.json {
            let mut json = json!(view(record, bands));
            for (at, (mailbox, data)) in record.mailboxes.iter().zip(all).enumerate() {
                let chosen = if mailbox.chosen { data.chosen_by(&mailbox.subscriptions) } else { None };
                json["mailboxes"][at]["chosen_by"] = json!(chosen);
                json["mailboxes"][at]["held"] = json!(data);
            }
            return out::json(&json);
        }
        tell_subscriber(record);
        for (mailbox, data) in record.mailboxes.iter().zip(all) {
            if record.mailboxes.len() > 1 {
                out::line("");
            }
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
        let what = match &delivery.bulletin {
            Some(name) => format!("bulletin {name}"),
            None => format!("edition {}", delivery.edition),
        };
        out::line(&format!("Sent:    {what} {}{bounce}", delivery.state));
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
