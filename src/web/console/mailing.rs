//! An edition or a bulletin in links and forms: by its number or its name, and never by the number under which a bulletin is sent.

use crate::domain::bulletin::MailingName;
use crate::domain::edition::EditionNumber;

/// What stands for it in a query and in the names of figures: `7`, or `bulletin:warning`. It has no dot.
pub(super) fn key(name: &MailingName) -> String {
    match name {
        MailingName::Edition(number) => number.to_string(),
        MailingName::Bulletin(name) => format!("bulletin:{name}"),
    }
}

/// What has this key, if anything can have it.
pub(super) fn of_key(key: &str) -> Option<MailingName> {
    match key.strip_prefix("bulletin:") {
        Some(name) => name.parse().ok().map(MailingName::Bulletin),
        None => key.parse().ok().map(EditionNumber).map(MailingName::Edition),
    }
}

/// The path of a list of its deliveries: those in this state, and what else is asked for.
pub(super) fn deliveries(name: &MailingName, state: &str, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("edition", &key(name)).append_pair("state", state);
    for (name, value) in more {
        query.append_pair(name, value);
    }
    format!("/deliveries?{}", query.finish())
}
