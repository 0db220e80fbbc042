//! Reports that are for programs: delivery status notifications (RFC 3464), feedback reports (RFC 5965), and those of
//! providers that have a form of their own.

use super::fields::{Fields, plain};
use super::parts::Part;
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::domain::subscription::diagnosis::status_of;

/// The longest name of a host (RFC 1035 §2.3.4).
const LONGEST: usize = 255;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A mail could not be delivered, for good; with the status where one was named.
    Failed(Option<EnhancedStatus>),
    /// Its reader called it unwanted.
    Complaint,
    /// Nothing that changes anything: delayed, delivered, not spam after all.
    Nothing,
}

/// Reads a report out of the parts of a message: `None` when it is none.
pub(super) fn read(header: &Fields, leaves: &[Part<'_>]) -> Option<Event> {
    let part = |kinds: &[&str]| leaves.iter().find(|part| kinds.contains(&part.kind.as_str()));
    if let Some(status) = part(&["message/delivery-status", "message/global-delivery-status"]) {
        let blocks = Fields::blocks(&status.content);
        if blocks.iter().any(is_status) {
            return Some(failure(&blocks));
        }
    }
    if let Some(feedback) = part(&["message/feedback-report"]) {
        return Some(complaint(&Fields::blocks(&feedback.content)));
    }
    if is_complaint(header, leaves) {
        return Some(Event::Complaint);
    }
    mislabelled(leaves)
}

/// The same, in a part that says that it is text or octets.
fn mislabelled(leaves: &[Part<'_>]) -> Option<Event> {
    let all =
        leaves.iter().filter(|part| !part.is_copy() && (part.is_text() || part.kind == "application/octet-stream"));
    all.map(|part| Fields::blocks(&part.content)).find_map(|blocks| {
        let is_feedback =
            |block: &Fields| block.has("feedback-type") && (block.has("version") || block.has("user-agent"));
        if blocks.iter().any(is_feedback) {
            return Some(complaint(&blocks));
        }
        let is_status = |block: &Fields| is_status(block) && block.has("final-recipient");
        blocks.iter().any(is_status).then(|| failure(&blocks))
    })
}

fn is_status(block: &Fields) -> bool {
    block.has("action") || block.has("status")
}

/// The first recipient that failed. Exchange may leave the action out.
fn failure(blocks: &[Fields]) -> Event {
    let failed = blocks.iter().find_map(|block| {
        let status = block.get("status").and_then(EnhancedStatus::at_start_of);
        let failed = match block.get("action") {
            Some(action) => action.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("failed")),
            None => status.is_some_and(|status| status.class == 5),
        };
        let status = status.filter(|status| status.class != 2);
        failed.then(|| status_of(status, block.get("diagnostic-code").unwrap_or_default()))
    });
    failed.map_or(Event::Nothing, Event::Failed)
}

/// The mail server that refused the mail, in lower case: the one that the report's writer spoke to (RFC 3464 §2.3.5), else the
/// writer itself (§2.2.2). `None` when a report names neither, or something that is no host.
pub(super) fn server(leaves: &[Part<'_>]) -> Option<String> {
    let own = leaves.iter().filter(|part| !part.is_copy());
    let blocks: Vec<_> = own.flat_map(|part| Fields::blocks(&part.content)).collect();
    let named = |field: &str| blocks.iter().find_map(|block| host(block.get(field)?));
    named("remote-mta").or_else(|| named("reporting-mta"))
}

/// The host in the value of such a field, as in `dns; mx.example (192.0.2.1)`.
fn host(value: &str) -> Option<String> {
    let host = value.rsplit(';').next()?.split_whitespace().next()?.trim_end_matches('.').to_ascii_lowercase();
    let is_host = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    (is_host && host.len() <= LONGEST).then_some(host)
}

fn complaint(blocks: &[Fields]) -> Event {
    let kind = blocks.iter().find_map(|block| block.get("feedback-type")).unwrap_or("abuse");
    // About signatures (RFC 6591 §3.1), and a reader who took it back.
    let harmless = ["auth-failure", "not-spam", "dmarc"].iter().any(|word| kind.eq_ignore_ascii_case(word));
    if harmless { Event::Nothing } else { Event::Complaint }
}

/// Complaints without a part for programs: Outlook.com's form, X-ARF, and feedback reports that lost theirs.
fn is_complaint(header: &Fields, leaves: &[Part<'_>]) -> bool {
    const OUTLOOK: &str = "x-hmxmroriginalrecipient";
    let kind = header.get("content-type").map(plain).unwrap_or_default();
    let copies = || leaves.iter().filter(|part| part.is_copy()).map(|part| Fields::of_header(&part.content));
    let is_outlook = header.get("from").is_some_and(|from| from.to_ascii_lowercase().contains("staff@hotmail.com"));
    kind.contains("reporttypefeedbackreport")
        || header.has(OUTLOOK)
        || header.all(&["x-arf", "x-xarf"]).any(|value| !value.eq_ignore_ascii_case("no"))
        || copies().any(|copy| is_outlook || copy.has(OUTLOOK))
}
