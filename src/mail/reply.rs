//! What a relay's reply means, and how it may be shown.

use crate::domain::delivery::{Outcome, Reply, throttle};
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::domain::token::TOKEN_LENGTH;

/// The most characters of a reply that are kept.
const TEXT_LIMIT: usize = 500;

/// At which point of the conversation something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Greeting and EHLO.
    Hello,
    /// STARTTLS and the handshake.
    Protect,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Recipient,
    /// DATA, and the message up to its final dot.
    Data,
    /// After the final dot.
    Dot,
}

/// Judges what was said at `stage`: `Ok` when the conversation goes on (at the dot: accepted).
///
/// `reply.text` starts with the enhanced status code where there is one (RFC 2034 §4).
pub(super) fn classify_reply(stage: Stage, reply: Reply) -> Result<Reply, Outcome> {
    if goes_on(stage, &reply) {
        return Ok(reply);
    }
    if let Some(limit) = throttle::limit(&reply) {
        return Err(Outcome::Throttled { reply, limit });
    }
    match (stage, reply.code.map(|code| code / 100)) {
        (_, Some(4)) => Err(Outcome::Transient(reply)),
        (_, Some(5)) => Err(refusal(stage, reply)),
        (Stage::Dot, _) => Err(Outcome::Uncertain(reply)),
        (_, None) => Err(Outcome::Transient(reply)),
        (_, Some(_)) => Err(Outcome::Transient(unexpected(&reply))),
    }
}

/// Whether the conversation goes on after it.
pub(super) fn goes_on(stage: Stage, reply: &Reply) -> bool {
    reply.code.is_some_and(|code| if stage == Stage::Data { code == 354 } else { code / 100 == 2 })
}

fn refusal(stage: Stage, reply: Reply) -> Outcome {
    let status = EnhancedStatus::at_start_of(&reply.text);
    let about_us = |status: EnhancedStatus| matches!((status.class, status.subject, status.detail), (5, 1, 7 | 8));
    match stage {
        // Our address, wherever it is said: "bad sender's mailbox address syntax", "… system address" (RFC 3463 §3.2).
        _ if status.is_some_and(about_us) => Outcome::SenderRefused(reply),
        Stage::Hello | Stage::Login | Stage::Mail => Outcome::SenderRefused(reply),
        // Without protection nothing was said about sender or recipient (RFC 3207 §4).
        Stage::Protect => Outcome::Transient(reply),
        Stage::Recipient | Stage::Data | Stage::Dot => {
            let gone = stage == Stage::Recipient && status.is_some_and(EnhancedStatus::is_gone);
            Outcome::Permanent { reply, suppress: gone.then_some(SuppressionReason::Bounced) }
        }
    }
}

fn unexpected(reply: &Reply) -> Reply {
    Reply { code: reply.code, text: format!("unexpected answer: {}", reply.text) }
}

/// One line of at most 500 characters in which every email address has lost its local part, and without tokens.
pub(super) fn presentable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        if word.contains('@') || word.len() >= TOKEN_LENGTH {
            line.push_str(&without_tokens(&mask(word)));
        } else {
            line.push_str(word);
        }
    }
    if line.len() <= TEXT_LIMIT || line.chars().count() <= TEXT_LIMIT {
        return line;
    }
    line.chars().take(TEXT_LIMIT - 1).chain(['…']).collect()
}

/// `<office@hillside.example>:` → `<…@hillside.example>:`.
fn mask(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        let local = rest[..at].trim_end_matches(['"', '\'']);
        let kept = local.rfind(|c: char| "<>()[]\"',;:|".contains(c)).map_or(0, |i| i + 1);
        out.push_str(&rest[..kept]);
        out.push_str(if kept < at { "…@" } else { "@" });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}

/// What may be a token of ours, in any mail and in either case, gives way to three dots.
fn without_tokens(word: &str) -> String {
    let is_of_token = |c: &char| matches!(c, 'a'..='z' | 'A'..='Z' | '2'..='7');
    let letters: Vec<char> = word.chars().collect();
    letters
        .chunk_by(|a, b| is_of_token(a) == is_of_token(b))
        .map(
            |run| {
                if run.len() >= TOKEN_LENGTH && is_of_token(&run[0]) { "…".to_owned() } else { run.iter().collect() }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stage: Stage, code: u16, text: &str) -> &'static str {
        let code = (code > 0).then_some(code);
        match classify_reply(stage, Reply { code, text: text.to_owned() }) {
            Ok(_) => "ok",
            Err(Outcome::Accepted(_)) => "accepted",
            Err(Outcome::Transient(_)) => "transient",
            Err(Outcome::Permanent { suppress: None, .. }) => "permanent",
            Err(Outcome::Permanent { suppress: Some(SuppressionReason::Bounced), .. }) => "bounced",
            Err(Outcome::Permanent { .. }) => "other suppression",
            Err(Outcome::Uncertain(_)) => "uncertain",
            Err(Outcome::SenderRefused(_)) => "sender",
            Err(Outcome::Throttled { .. }) => "throttled",
            Err(Outcome::Withheld) => "withheld",
        }
    }

    /// Every stage × every kind of reply, as the contract's §6 has it.
    #[test]
    fn every_reply_at_every_stage() {
        use Stage::{Data, Dot, Hello, Login, Mail, Protect, Recipient};
        let stages = [Hello, Protect, Login, Mail, Recipient, Data, Dot];
        let table = [
            (0, "", ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
            (250, "2.0.0 ok", ["ok", "ok", "ok", "ok", "ok", "transient", "ok"]),
            (354, "go on", ["transient", "transient", "transient", "transient", "transient", "ok", "uncertain"]),
            (334, "more", ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
            (199, "?", ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
            (600, "?", ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
            (421, "4.3.2 closing", ["throttled"; 7]),
            (451, "4.7.1 too fast", ["throttled"; 7]),
            (450, "4.1.8 no such sender domain", ["transient"; 7]),
            (451, "5.1.1 says one and means the other", ["transient"; 7]),
            (550, "no", ["sender", "transient", "sender", "sender", "permanent", "permanent", "permanent"]),
            (554, "5.7.1 no", ["sender", "transient", "sender", "sender", "permanent", "permanent", "permanent"]),
            (
                550,
                "5.1.1 no such user",
                ["sender", "transient", "sender", "sender", "bounced", "permanent", "permanent"],
            ),
            (550, "5.1.2 x", ["sender", "transient", "sender", "sender", "bounced", "permanent", "permanent"]),
            (550, "5.1.3 x", ["sender", "transient", "sender", "sender", "bounced", "permanent", "permanent"]),
            (550, "5.1.6 x", ["sender", "transient", "sender", "sender", "bounced", "permanent", "permanent"]),
            (550, "5.1.10 x", ["sender", "transient", "sender", "sender", "bounced", "permanent", "permanent"]),
            (550, "5.1.11 x", ["sender", "transient", "sender", "sender", "permanent", "permanent", "permanent"]),
            (550, "5.1.0 x", ["sender", "transient", "sender", "sender", "permanent", "permanent", "permanent"]),
            (552, "5.2.2 full", ["sender", "transient", "sender", "sender", "permanent", "permanent", "permanent"]),
            (553, "5.1.7 x", ["sender"; 7]),
            (553, "5.1.8 x", ["sender"; 7]),
        ];
        for (code, text, wanted) in table {
            let found = stages.map(|stage| said(stage, code, text));
            assert_eq!(found, wanted, "{code} {text}");
        }
    }

    #[test]
    fn a_reply_shows_no_whole_address_and_no_second_line() {
        assert_eq!(
            presentable(
                "5.1.1 <office@hillside.example>:\r\n user 'a.b'@c.example\tunknown, to:x+y@z.example 'd@e.example'"
            ),
            "5.1.1 <…@hillside.example>: user '…@c.example unknown, to:…@z.example '…@e.example'"
        );
        assert_eq!(presentable("@ home"), "@ home");
        let token = "ceaqaaaab4aaaaaaaaaaaaqfleave32xk7q3vz5m6n4p2r7t";
        assert_eq!(presentable(&format!("http://a/u/{token}?x, %2B{token}")), "http://a/u/…?x, %…");
        assert_eq!(presentable(&token.to_uppercase()), "…");
        assert_eq!(presentable(&token[1..]), token[1..]);
        assert_eq!(presentable(&"ŵ".repeat(600)).chars().count(), 500);
    }
}
