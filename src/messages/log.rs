//! The console's log: a line of the audit table as people read it.

use super::{attention, audit, edition};
use crate::domain::audit::AuditRecord;
use crate::domain::edition::HoldReason;

/// Who did it: the person, or the part of the program.
pub fn who(record: &AuditRecord) -> String {
    if let Some(person) = &record.by {
        return person.clone();
    }
    match record.actor.as_str() {
        "operator" | "send --late" => "Someone at the command line",
        "calendar" => "The calendar",
        "config" | "sync" => "The configuration",
        "import" => "An import",
        "recipient" | "web" | "mail" => "The reader",
        "relay" => "The mail server",
        _ => "The program",
    }
    .to_owned()
}

/// What was done, to what.
pub fn what(record: &AuditRecord) -> String {
    let (kind, name) = record.subject.split_once(' ').unwrap_or((&record.subject, ""));
    match kind {
        "edition" => of_mailing(&record.action, &format!("Edition {name}")),
        "bulletin" => of_mailing(&record.action, &format!("The bulletin {name}")),
        "activity" if record.action == "reinstate" => format!("{name} may be picked again"),
        "activity" => format!("{name} was withdrawn"),
        "mailbox" | "recipient" | "subscriber" | "stranger" => of_mailbox(&record.action),
        "user" => of_user(&record.action),
        "text" => of_text(&record.action, name),
        _ => of_store(&record.action, &record.subject),
    }
}

fn of_mailing(action: &str, what: &str) -> String {
    let done = match action {
        "plan" => "was planned",
        "redate" => "was moved to another date",
        "repick" => "got other activities or texts",
        "unplan" => "was dropped, because there is a pause in its fortnight now",
        "approve" => "was approved",
        "unapprove" => "needs approval again",
        "hold" => "was held",
        "miss" => "was missed",
        "release" => "was released",
        "withdraw" => "was withdrawn",
        "reinstate" => "was brought back",
        "publish" => "was published, and its mails began to go out",
        "sent" => "was sent",
        "test-copy" => "was sent to someone as a test copy",
        "retry" => "has mails that are tried again",
        "resolve" => "had uncertain mails, and someone said what became of them",
        "expire" => "has mails that were given up",
        "correct-text" => "has a text that was corrected on the website",
        other => return format!("{what}: {other}"),
    };
    format!("{what} {done}")
}

fn of_mailbox(action: &str) -> String {
    match action {
        "subscribe" => "A mailbox was subscribed",
        "update" => "A subscription was changed",
        "bands" => "The age groups of a mailbox were changed",
        "ask" => "A mailbox was asked to confirm",
        "confirm" => "A reader confirmed",
        "unconfirmed" => "Nobody confirmed in time",
        "unsubscribe" => "A mailbox was unsubscribed",
        "end" => "A subscription ended",
        "start" => "A subscription began",
        "suppress" => "An address gets no more mail",
        "lift-suppression" => "An address may get mail again",
        "change-address" => "The address of a mailbox was changed",
        "erase" => "A mailbox was erased",
        "forget" => "An address was forgotten, because it is no longer needed",
        "rename" => "The name of a subscriber was changed",
        "add" | "new" => "A subscriber was added",
        other => return format!("A mailbox: {other}"),
    }
    .to_owned()
}

fn of_user(action: &str) -> String {
    match action {
        "user-add" => "A user was added",
        "user-role" => "The role of a user was changed",
        "user-name" => "The name of a user was changed",
        "user-remove" => "A user was removed",
        "user-reset" => "A user got a new link to sign in with",
        "user-password" => "A user set a password",
        "user-sign-on" => "A user linked their organisation's account",
        "user-codes" => "A user turned codes from an app on or off",
        other => return format!("A user: {other}"),
    }
    .to_owned()
}

fn of_text(action: &str, file: &str) -> String {
    let done = match action {
        "write" => "was changed",
        "write-draft" => "was kept as a draft",
        "finish-draft" => "was a draft, and is done",
        "review" => "was checked again, and has new dates",
        "take-back" => "was set back to a version before",
        "discard-draft" => "was a draft, and was thrown away",
        other => return format!("{file}: {other}"),
    };
    format!("{file} {done}")
}

fn of_store(action: &str, subject: &str) -> String {
    match action {
        "begin" => "The service began".to_owned(),
        "restore" => "The service was restored from a backup".to_owned(),
        "release" => "The service may send again".to_owned(),
        "move" => "The database was moved".to_owned(),
        "recover" => "Mails that a process left unfinished were taken up again".to_owned(),
        "export" => "The list of subscribers was downloaded".to_owned(),
        "import" => "A list of subscribers was imported".to_owned(),
        "sync" => "The list was brought into line with the configuration".to_owned(),
        "wave" => "Many mailboxes were reported as unknown at once".to_owned(),
        "confirm-wave" | "dismiss-wave" => "Someone decided about bounces".to_owned(),
        _ => format!("{subject}: {action}"),
    }
}

/// What else there is to say; empty where there is nothing.
pub fn detail(record: &AuditRecord) -> String {
    if record.action == "hold"
        && let Ok(reason) = serde_json::from_str::<HoldReason>(&record.detail)
    {
        return attention::why_held(&reason);
    }
    if record.action == "miss"
        && let Ok(reason) = serde_json::from_str(&record.detail)
    {
        return edition::miss(&reason);
    }
    audit::detail(&record.action, &record.subject, &record.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(actor: &str, action: &str, subject: &str, detail: &str) -> AuditRecord {
        AuditRecord {
            at: chrono::DateTime::UNIX_EPOCH,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            by: None,
        }
    }

    #[test]
    fn says_who_did_what_without_a_command_to_type() {
        let held = record("operator", "hold", "edition 7", r#"{"code":"approval-missing","detail":{"due":null}}"#);
        assert_eq!(
            (who(&held), what(&held)),
            ("Someone at the command line".to_owned(), "Edition 7 was held".to_owned())
        );
        assert_eq!(detail(&held), "nobody has approved it.");
        let named = AuditRecord { by: Some("Anna Officer".to_owned()), ..held };
        assert_eq!(who(&named), "Anna Officer");
        assert_eq!(
            what(&record("recipient", "unsubscribe", "mailbox 12", "unsubscribed")),
            "A mailbox was unsubscribed"
        );
        assert_eq!(what(&record("x", "something-new", "edition 7", "")), "Edition 7: something-new");
    }
}
