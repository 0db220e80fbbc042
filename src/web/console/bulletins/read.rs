//! What of a bulletin someone has read, kept as a mark in the links to the questions whether to approve or send it: so the question
//! can say that it has changed in between.

use super::order;
use crate::app::bulletins::look::BulletinLook;
use crate::app::bulletins::send::BulletinOrder;
use crate::domain::bulletin::Bulletin;
use crate::domain::fingerprint::Fingerprint;
use crate::messages::bulletins::people;

/// The parameter that carries the mark.
pub(super) const PARAMETER: &str = "read";

/// The path of a question, with the mark: the fingerprint of what it says and of whom it names.
pub(super) fn path(order: &BulletinOrder, action: &str, look: &BulletinLook) -> String {
    let path = order::path(order, action);
    let Some(text) = &look.text else { return path };
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(PARAMETER, text.fingerprint().as_str());
    format!("{path}{joint}{}", query.finish())
}

/// What changed since someone read what has this mark; nothing where they read nothing.
pub(super) fn since(read: String, look: &BulletinLook) -> Option<String> {
    let now = look.text.as_ref().map(Bulletin::fingerprint)?;
    let changed = Fingerprint::from(read).changed(&now);
    (!changed.is_empty()).then(|| people::changed_since_read(&changed))
}
