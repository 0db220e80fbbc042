//! A subscriber as the commands show it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cli::sync::list;
use crate::domain::address::Address;
use crate::domain::band::{BandSet, Bands};
use crate::domain::subscriber::{
    Locale, MailboxRecord, MailboxState, Origin, Sector, SubscriberId, SubscriberRecord, SuppressionReason,
};

pub(super) fn state(mailbox: &MailboxRecord) -> String {
    match mailbox.suppressed {
        Some(reason) => format!("{} ({reason})", mailbox.state),
        None => mailbox.state.to_string(),
    }
}

pub(super) fn names(set: &BandSet, bands: &Bands) -> Vec<String> {
    list(set, bands).split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A subscriber in JSON. Keys are in order, as they always were.
#[derive(Serialize)]
pub(super) struct SubscriberView<'a> {
    id: SubscriberId,
    locale: Locale,
    mailboxes: Vec<MailboxView<'a>>,
    name: &'a str,
    sector: Sector,
    urn: Option<&'a str>,
}

#[derive(Serialize)]
struct MailboxView<'a> {
    bands: Vec<String>,
    chosen: bool,
    email: &'a Address,
    state: MailboxState,
    subscriptions: Vec<SubscriptionView>,
    suppressed: Option<SuppressionReason>,
}

#[derive(Serialize)]
struct SubscriptionView {
    bands: Vec<String>,
    ended: Option<DateTime<Utc>>,
    origin: Origin,
    since: DateTime<Utc>,
    subscriber: SubscriberId,
}

pub(super) fn view<'a>(record: &'a SubscriberRecord, bands: &Bands) -> SubscriberView<'a> {
    let profile = &record.profile;
    SubscriberView {
        id: record.id,
        locale: profile.locale,
        mailboxes: record.mailboxes.iter().map(|mailbox| mailbox_view(mailbox, bands)).collect(),
        name: &profile.name,
        sector: profile.sector,
        urn: profile.urn.as_deref(),
    }
}

fn mailbox_view<'a>(mailbox: &'a MailboxRecord, bands: &Bands) -> MailboxView<'a> {
    let subscriptions = mailbox.subscriptions.iter().map(|one| SubscriptionView {
        bands: names(&one.bands, bands),
        ended: one.ended,
        origin: one.origin,
        since: one.since,
        subscriber: one.subscriber,
    });
    MailboxView {
        bands: names(&mailbox.bands, bands),
        chosen: mailbox.chosen,
        email: &mailbox.address,
        state: mailbox.state,
        subscriptions: subscriptions.collect(),
        suppressed: mailbox.suppressed,
    }
}
