//! What the status of a failure is, when its report names one and the receiving server said another, or none.

use super::bounce::{EnhancedStatus, Meaning};

/// Stands for a refusal that names no status of its own and is about the sender: “other or undefined security status”
/// (RFC 3463 §3.8).
const ABOUT_THE_SENDER: EnhancedStatus = EnhancedStatus { class: 5, subject: 7, detail: 0 };

/// Words of block lists, of filters, and about what they look at: the sender's network, signature and reputation.
const REPUTATION: &[&str] = &[
    "abuseat",
    "authentication check",
    "backscatterer",
    "bad dns ptr",
    "barracudacentral",
    "barracudanetworks.com/reputation",
    "black list",
    "blacklist",
    "block list",
    "blocked ip",
    "blocked using",
    "blocklist",
    "by policy",
    "cloudmark",
    "deny list",
    "denylist",
    "dkim",
    "dmarc",
    "dnsbl",
    "dnswl",
    "host blocked",
    "host network not allowed",
    "invaluement",
    "ip address blocked",
    "ipcheck.proofpoint",
    "is listed",
    "mailspike",
    "policy reasons",
    "poor reputation",
    "psbl.org",
    "rbl",
    "reputation",
    "reverse dns",
    "security polic",
    "sender score",
    "senderbase",
    "senderscore",
    "sorbs",
    "spam",
    "spf",
    "surbl",
    "uceprotect",
    "unsolicited",
    "uribl",
];

/// The status that a failure is taken for. The report's own counts, unless it is vague, or what the receiving server said
/// has a status that says less: a relay makes 5.1.1 of any 550. A refusal that speaks of reputation and has no status of
/// its own, or one that would end the mailbox, is about the sender.
pub fn status_of(named: Option<EnhancedStatus>, said: &str) -> Option<EnhancedStatus> {
    let own = said_in(said).filter(|status| !status.is_vague());
    if speaks_of_reputation(said) && own.is_none_or(EnhancedStatus::is_gone) {
        return named.filter(|named| Meaning::of(Some(*named)) == Meaning::Policy).or(Some(ABOUT_THE_SENDER));
    }
    match (named.filter(|status| !status.is_vague()), own) {
        (Some(named), Some(own)) => Some(if weight(own) < weight(named) { own } else { named }),
        (named_well, own) => named_well.or(own).or(named),
    }
}

/// How much a status says against the mailbox.
fn weight(status: EnhancedStatus) -> u8 {
    match Meaning::of(Some(status)) {
        Meaning::Policy | Meaning::Dismissed => 0,
        Meaning::After(editions) => u8::MAX - editions,
        Meaning::Gone => u8::MAX,
    }
}

/// Whether a server's words are about the sender's reputation. The words in an address or beside a letter are not looked at.
pub fn speaks_of_reputation(said: &str) -> bool {
    let words: Vec<_> = said.split_whitespace().filter(|word| !word.contains('@')).collect();
    let said = words.join(" ").to_ascii_lowercase();
    REPUTATION.iter().any(|phrase| {
        said.match_indices(phrase).any(|(at, _)| !said[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// The enhanced status code in a server's words, of a failure: one that follows a reply code (`550 5.1.1 …`, `550-5.1.1 …`,
/// `smtp;550 5.1.10 …`), else one at the start of a line or behind a mark (`(#5.1.1)`, `ERROR_CODE :5.1.1`).
pub fn said_in(text: &str) -> Option<EnhancedStatus> {
    text.lines().find_map(after_reply_code).or_else(|| text.lines().find_map(marked))
}

/// The enhanced status code that follows a reply code in a line.
pub fn after_reply_code(line: &str) -> Option<EnhancedStatus> {
    let mut before_was_code = false;
    words(line).find_map(|(_, word)| {
        let is_code = word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|b| b.is_ascii_digit());
        let status = before_was_code.then(|| word.parse().ok()).flatten();
        before_was_code = is_code;
        status.filter(|status: &EnhancedStatus| status.class != 2)
    })
}

/// Only what is registered (RFC 5248 §2): versions of programs and dates look alike.
fn marked(line: &str) -> Option<EnhancedStatus> {
    let found = words(line).find_map(|(before, word)| {
        let is_marked = before.trim_end().chars().next_back().is_none_or(|c| "#([:;'\"".contains(c));
        word.parse().ok().filter(|status: &EnhancedStatus| is_marked && status.class != 2)
    });
    found.filter(|status| status.subject <= 7 && status.detail <= 40)
}

/// The words of a line, each with what stands before it.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_edge = |c: char| c.is_whitespace() || ";-#()<>[]:,'\"".contains(c);
    let mut at = 0;
    line.split(is_edge).filter_map(move |word| {
        let begin = at;
        at += word.len() + line[at + word.len()..].chars().next().map_or(0, char::len_utf8);
        (!word.is_empty()).then(|| (&line[..begin], word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn taken(named: &str, said: &str, expected: &str) {
        let status = status_of(named.parse().ok(), said);
        assert_eq!(status.map(|status| status.to_string()).unwrap_or_default(), expected, "{named} {said}");
    }

    #[test]
    fn what_says_less_decides() {
        taken("5.1.1", "SMTP; 550 5.7.1 no", "5.7.1");
        taken("5.1.1", "smtp; 552 5.2.2 Over quota", "5.2.2");
        taken("5.1.1", "smtp; 550 5.2.1 disabled", "5.2.1");
        taken("5.2.1", "smtp; 552 5.2.2 Over quota", "5.2.2");
        taken("5.1.1", "smtp; 450 4.1.1 try later", "4.1.1");
        // It never says more than what was named, but for what is vague.
        taken("5.7.1", "smtp; 550 5.1.1 no such user", "5.7.1");
        taken("5.2.2", "smtp; 550 5.1.1 no such user", "5.2.2");
        taken("5.0.0", "smtp; 550 5.1.1 no such user", "5.1.1");
        taken("5.1.1", "smtp; 550 5.0.0 no", "5.1.1");
        taken("5.1.1", "smtp; 550 unknown user", "5.1.1");
        taken("", "smtp; 550-5.1.1 The account", "5.1.1");
        taken("5.0.0", "", "5.0.0");
        taken("", "", "");
    }

    #[test]
    fn refusals_for_reputation_are_about_the_sender() {
        for said in [
            "SMTP; 553 http://www.spamhaus.org/query/bl?ip=192.0.2.222",
            "550 IP address blacklisted by recipient",
            "550 5.1.1 rejected: 192.0.2.1 is listed in zen.example",
            "554 Blocked - see https://support.example/dnsbl-lookup.cgi?ip=192.0.2.225",
            "554 Your access to this mail system has been rejected due to poor reputation of a domain used in message transfer",
            "550 Connection limited [Blocked IP 192.0.2.22]",
            "550 DMARC check failed",
            "554 5.0.0 rejected: an RBL lists you",
            "550 Client host blocked for spamming issues",
        ] {
            for named in ["", "5.0.0", "5.1.1", "5.1.3", "5.2.1"] {
                taken(named, said, "5.7.0");
            }
        }
        // Words in an address, inside other words, or beside a status that ends nobody.
        taken("5.1.1", "550 <spam@dnsbl.example>: no such user", "5.1.1");
        taken("5.1.1", "550 antispam.example: marbled: no such user", "5.1.1");
        taken("", "User some.name not listed in the directory", "");
        taken("5.2.2", "552 5.2.2 quota exceeded by spam", "5.2.2");
    }

    #[test]
    fn a_status_is_found_where_servers_write_it() {
        for (text, expected) in [
            ("No mailbox here by that name. (#5.1.1)", "5.1.1"),
            ("host: mx.example\n5.2.2 <a@b.example>... Mailbox Full", "5.2.2"),
            ("a@b.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <a@b.example>", "5.1.1"),
            ("5.1.0 - Unknown address error 550-'5.7.1 <a@b.example>... Access denied'", "5.7.1"),
            ("RCPT TO not accepted: 5.7.1 This system", "5.7.1"),
            ("Exim 4.96.1 version 5.1.1", ""),
            ("I am away until 5.1.26", ""),
            ("(Exim 4.92.3)", ""),
            ("(2.1.5) ünïcode ☂5.1.1", ""),
            ("250 2.0.0 ok", ""),
        ] {
            assert_eq!(said_in(text).map(|status| status.to_string()).unwrap_or_default(), expected, "{text}");
        }
    }
}
