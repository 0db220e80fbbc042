//! Which mails are meant, as the address of the page says it.

use crate::app::AppError;
use crate::app::error::DeliveriesError;
use crate::app::subscriber::Subscriber;
use crate::domain::address::Address;
use crate::domain::bulletin::{BulletinId, MailingName};
use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord};
use crate::domain::delivery::{DeliveryId, DeliveryState, Trouble};
use crate::domain::edition::EditionNumber;
use crate::domain::name_query::NameQuery;
use crate::domain::subscriber::RecipientId;
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;

/// The choices of states: the word in the address, and what is offered.
pub(super) const STATES: [(&str, &str); 11] = [
    ("trouble", "Did not arrive"),
    ("all", "All"),
    ("accepted", "Accepted"),
    ("bounced", "Came back"),
    ("queued", "Waiting"),
    ("sending", "Being sent"),
    ("deferred", "To be tried again"),
    ("uncertain", "Uncertain"),
    ("failed", "Refused"),
    ("expired", "Given up"),
    ("suppressed", "Taken off the list"),
];

/// How many subscribers of a name are looked at.
const NAMED: usize = 200;

/// What someone looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The number under which they were sent.
    pub(super) number: EditionNumber,
    /// What that is called.
    pub(super) of: MailingName,
    pub(super) state: &'static str,
    pub(super) domain: String,
    /// A name, or the beginnings of its words.
    pub(super) q: String,
    /// Whose mailboxes those are; none where nobody is named.
    addresses: Option<Vec<Address>>,
    /// Whether more have such a name than are looked at.
    pub(super) is_cut: bool,
    pub(super) why: Option<Trouble>,
    /// One mailbox alone.
    pub(super) mailbox: Option<u64>,
    /// Where the page begins.
    pub(super) after: Option<u64>,
}

impl Wanted {
    /// The newest edition that was published, unless one is named.
    pub(super) async fn read(parts: &ConsoleParts, query: Option<&str>) -> Result<Self, AppError> {
        let text = |name: &str| {
            let text: String = parameter(query, name).chars().take(320).collect();
            text
        };
        let number = |name: &str| text(name).parse::<u64>().ok();
        let deliveries = parts.deliveries();
        let named = match mailing::of_key(&text("edition")) {
            Some(MailingName::Bulletin(name)) => Some(deliveries.of_bulletin(&name).await?),
            Some(MailingName::Edition(number)) => Some(number.min(BulletinId::LAST_EDITION)),
            None => None,
        };
        let sent = deliveries.edition(named).await?;
        let state = STATES.iter().map(|(word, _)| *word).find(|word| *word == text("state"));
        // An address is never looked for by a link: it would stand in logs and histories.
        let q = Some(text("q")).filter(|q| !q.contains('@')).unwrap_or_default();
        let (addresses, is_cut) = named_by(parts, &q).await?;
        Ok(Self {
            addresses,
            is_cut,
            number: sent,
            of: deliveries.name_of(sent).await?,
            // Whoever is looked for by name is to be found whatever became of their mail.
            state: state.unwrap_or(if q.is_empty() { "trouble" } else { "all" }),
            domain: text("domain").trim_start_matches('@').to_lowercase(),
            q,
            why: text("why").parse().ok(),
            mailbox: number("mailbox"),
            after: number("after"),
        })
    }

    fn states(&self) -> Vec<DeliveryState> {
        match self.state {
            "trouble" => DeliveryState::ENDED.to_vec(),
            "all" => DeliveryState::ALL.to_vec(),
            "bounced" => vec![DeliveryState::Accepted],
            word => DeliveryState::ALL.iter().copied().filter(|state| state.group() == word).collect(),
        }
    }

    /// As the store is asked.
    pub(super) fn filter(&self) -> DeliveryFilter {
        DeliveryFilter {
            edition: Some(self.number),
            states: self.states(),
            addresses: self.addresses.clone(),
            recipients: None,
            bounced: self.state == "bounced",
            domain: Some(self.domain.clone()).filter(|domain| !domain.is_empty()),
        }
    }

    /// Whether only the state is asked for.
    pub(super) fn is_by_state_alone(&self) -> bool {
        self.domain.is_empty() && self.q.is_empty() && self.why.is_none() && self.mailbox.is_none()
    }

    /// The mailbox's own mail, where one is meant.
    pub(super) async fn one(&self, parts: &ConsoleParts) -> Result<Option<DeliveryRecord>, AppError> {
        let Some(mailbox) = self.mailbox else { return Ok(None) };
        let all = DeliveryFilter {
            edition: Some(self.number),
            states: DeliveryState::ALL.to_vec(),
            ..DeliveryFilter::default()
        };
        let before = self.place(mailbox.saturating_sub(1));
        let page = parts.deliveries().page((&all, None), Some(before), 1).await?;
        Ok(page.records.into_iter().find(|record| record.id.recipient.0 == mailbox))
    }

    pub(super) fn place(&self, mailbox: u64) -> DeliveryId {
        DeliveryId { edition: self.number, recipient: RecipientId(mailbox) }
    }

    /// Our path with all of this, and with `more`.
    pub(super) fn path(&self, path: &str, more: &[(&str, String)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("edition", &mailing::key(&self.of)).append_pair("state", self.state);
        for (name, value) in [("domain", &self.domain), ("q", &self.q)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(why) = self.why {
            query.append_pair("why", why.as_str());
        }
        for (name, value) in more {
            query.append_pair(name, value);
        }
        format!("{path}?{}", query.finish())
    }
}

/// The mailboxes of all who have such a name; none where nobody is named. And whether there are more.
async fn named_by(parts: &ConsoleParts, text: &str) -> Result<(Option<Vec<Address>>, bool), AppError> {
    if text.is_empty() {
        return Ok((None, false));
    }
    let Some(query) = NameQuery::new(text) else { return Ok((Some(Vec::new()), false)) };
    let (found, is_cut) = Subscriber::new(&parts.context).find(&query, NAMED).await?;
    let mailboxes = found.into_iter().flat_map(|subscriber| subscriber.mailboxes);
    Ok((Some(mailboxes.map(|mailbox| mailbox.address).collect()), is_cut))
}

/// Whether nobody has this address, which is no more than an empty list.
pub(super) fn is_unknown(error: &AppError) -> bool {
    matches!(error, AppError::Deliveries(DeliveriesError::UnknownMailbox(_)))
}

/// Whether nothing was published yet.
pub(super) fn is_nothing_yet(error: &AppError) -> bool {
    matches!(error, AppError::Deliveries(DeliveriesError::NothingPublished))
}
