//! Delivery status notifications (RFC 3464), feedback reports (RFC 5965), and what Exim and Exchange make of them.

use mail_parser::MessageParser;

use super::parts::{Part, TooMuch, leaves};
use crate::domain::subscription::bounce::EnhancedStatus;

/// What a report says, and the marks of ours that it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub event: Event,
    /// Where one of our tokens may stand: reverse-paths and links of the mail that it is about.
    pub addresses: Vec<String>,
    /// What may be the name of a delivery: envelope id (RFC 3461 §4.4) and Message-ID, in this order.
    pub names: Vec<String>,
}

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

/// Reads a report out of a message: `None` when it is none.
pub(super) fn read(message: &[u8]) -> Result<Option<Report>, TooMuch> {
    let leaves = leaves(message)?;
    let content = |kinds: &[&str]| leaves.iter().find(|part| kinds.contains(&part.kind.as_str()));
    let returned = content(&["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"]);
    let mut report = Report { event: Event::Nothing, addresses: Vec::new(), names: Vec::new() };
    if let Some(status) = content(&["message/delivery-status", "message/global-delivery-status"]) {
        let groups = groups(&status.content);
        report.event = failure(&groups);
        // It stands in the part about the message, which comes first (RFC 3464 §2.2); one is enough to look for.
        report.names.extend(values(&groups[..groups.len().min(1)], "original-envelope-id"));
    } else if let Some(feedback) = content(&["message/feedback-report"]) {
        let groups = groups(&feedback.content);
        report.event = complaint(&groups);
        report.addresses.extend(values(&groups, "original-mail-from"));
    } else if let Some(event) = exim(message, &leaves) {
        report.event = event;
    } else {
        return Ok(None);
    }
    report.names.truncate(1);
    let copy = returned.map(|part| part.content.to_vec()).or_else(|| exim_copy(&leaves));
    report.look_into(&copy.unwrap_or_default());
    // Each is looked for among all mailboxes of its edition: nobody shall make that long.
    report.names.truncate(2);
    Ok(Some(report))
}

impl Report {
    /// Our marks in the header of the mail that it is about.
    fn look_into(&mut self, header: &[u8]) {
        let groups = groups(header);
        let first = groups.first().into_iter().flatten();
        for (name, value) in first {
            match name.as_str() {
                "return-path" | "x-original-return-path" | "list-unsubscribe" => {
                    let words = value.split(['<', '>', ',', ' ', '?']).filter(|word| word.contains('@'));
                    self.addresses.extend(words.map(|word| word.trim_start_matches("mailto:").to_owned()));
                }
                "message-id" => {
                    self.names.extend(value.trim_matches(['<', '>', ' ']).split('@').next().map(str::to_owned));
                }
                _ => {}
            }
        }
    }
}

type Group = Vec<(String, String)>;

/// Blocks of header fields, unfolded; names in lower case (RFC 3464 §2.1).
fn groups(content: &[u8]) -> Vec<Group> {
    let text = String::from_utf8_lossy(content);
    let (mut groups, mut group) = (Vec::new(), Group::new());
    for line in text.lines() {
        if line.trim().is_empty() {
            if !group.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups.extend((!group.is_empty()).then_some(group));
    groups
}

fn field<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    group.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn values(groups: &[Group], name: &str) -> Vec<String> {
    groups
        .iter()
        .filter_map(|group| field(group, name))
        .map(|value| value.trim_matches(['<', '>']).to_owned())
        .collect()
}

/// The first recipient that failed. Exchange may leave the action out, or name a vaguer status than its diagnostic code.
fn failure(groups: &[Group]) -> Event {
    let failed = groups.iter().find_map(|group| {
        let status = field(group, "status").and_then(EnhancedStatus::at_start_of);
        let failed = match field(group, "action") {
            Some(action) => action.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("failed")),
            None => status.is_some_and(|status| status.class == 5),
        };
        let said = field(group, "diagnostic-code").and_then(said_in);
        failed.then(|| status.filter(|status| !status.is_vague()).or(said).or(status))
    });
    failed.map_or(Event::Nothing, |status| Event::Failed(status.filter(|status| status.class != 2)))
}

fn complaint(groups: &[Group]) -> Event {
    let kind = groups.iter().find_map(|group| field(group, "feedback-type")).unwrap_or("abuse");
    // About signatures (RFC 6591 §3.1), and a reader who took it back.
    let harmless = ["auth-failure", "not-spam", "dmarc"].iter().any(|word| kind.eq_ignore_ascii_case(word));
    if harmless { Event::Nothing } else { Event::Complaint }
}

/// Exim's own form: a header names who failed, and the text says why.
fn exim(message: &[u8], leaves: &[Part<'_>]) -> Option<Event> {
    let parsed = MessageParser::default().parse_headers(message)?;
    parsed.header("X-Failed-Recipients")?;
    let text = leaves.iter().find(|part| part.kind == "text/plain")?;
    let text = String::from_utf8_lossy(&text.content);
    let own_words = text.split("This is a copy of").next().unwrap_or_default();
    Some(Event::Failed(own_words.lines().find_map(said_in)))
}

/// The copy of our mail at the end of Exim's text.
fn exim_copy(leaves: &[Part<'_>]) -> Option<Vec<u8>> {
    let text = leaves.iter().find(|part| part.kind == "text/plain")?;
    let text = String::from_utf8_lossy(&text.content);
    let (_, copy) = text.split_once("This is a copy of")?;
    // The copy begins after the line of dashes.
    let (_, copy) = copy.split_once("------\n").or_else(|| copy.split_once("------\r\n"))?;
    Some(copy.trim_start().as_bytes().to_vec())
}

/// The enhanced status code that follows a reply code in a line: `550 5.1.1 …`, `550-5.1.1 …`, `smtp;550 5.1.10 …`.
fn said_in(text: &str) -> Option<EnhancedStatus> {
    let mut words =
        text.split(|c: char| c.is_whitespace() || ";-#()<>[]:,".contains(c)).filter(|word| !word.is_empty());
    let mut before_was_code = false;
    words.find_map(|word| {
        let is_code = word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|b| b.is_ascii_digit());
        let status = before_was_code.then(|| word.parse().ok()).flatten();
        before_was_code = is_code;
        status.filter(|status: &EnhancedStatus| status.class != 2)
    })
}

#[cfg(test)]
mod tests;
