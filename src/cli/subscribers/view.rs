//! A subscriber as the commands show it.

use serde_json::{Value, json};

use crate::cli::sync::list;
use crate::domain::band::{BandSet, Bands};
use crate::domain::subscriber::{MailboxRecord, SubscriberRecord};

pub(super) fn state(mailbox: &MailboxRecord) -> String {
    match mailbox.suppressed {
        Some(reason) => format!("{} ({reason})", mailbox.state),
        None => mailbox.state.to_string(),
    }
}

pub(super) fn names(set: &BandSet, bands: &Bands) -> Vec<String> {
    list(set, bands).split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub(super) fn to_json(record: &SubscriberRecord, bands: &Bands) -> Value {
    json!({
        "id": record.id,
        "name": record.profile.name,
        "sector": record.profile.sector,
        "locale": record.profile.locale,
        "urn": record.profile.urn,
        "mailboxes": record.mailboxes.iter().map(|mailbox| json!({
            "email": mailbox.address,
            "bands": names(&mailbox.bands, bands),
            "chosen": mailbox.chosen,
            "state": mailbox.state,
            "suppressed": mailbox.suppressed,
            "subscriptions": mailbox.subscriptions.iter().map(|s| json!({
                "subscriber": s.subscriber,
                "origin": s.origin,
                "bands": names(&s.bands, bands),
                "since": s.since,
                "ended": s.ended,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
