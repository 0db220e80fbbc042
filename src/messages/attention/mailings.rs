//! What an edition or a bulletin needs a person for, in words for pages and mails.

use super::holds;
use super::matter::{ConsolePage, Matter, button, matter};
use crate::app::attention::{EditionAttention, Undelivered};
use crate::app::pictures::LeftOut;
use crate::domain::bulletin::MailingName;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::count;
use crate::messages::picks;

/// One thing that it needs.
pub(super) fn of_mailing(of: &MailingName, what: &EditionAttention) -> Matter {
    let page = Some(ConsolePage::of(of));
    match what {
        EditionAttention::Held { reason, is_published } => holds::held(reason, of, *is_published),
        EditionAttention::WouldBeHeld(reason) => holds::would_be_held(reason, of),
        EditionAttention::NeedsApproval { due } => matter(
            format!("{} needs approval before {}.", of.capital(), local_moment(due)),
            format!("Read it on its page, then press “{}”.", button::APPROVE),
            page,
        ),
        EditionAttention::Unapproved => matter(
            format!("{} waits for approval. Nobody can send it before that.", of.capital()),
            format!("Read it on its page, then press “{}”.", button::APPROVE),
            page,
        ),
        EditionAttention::Overdue { due, unapproved: true } => matter(
            format!(
                "{} was due on {} and has not gone out, because nobody approved it.",
                of.capital(),
                local_moment(due)
            ),
            format!("Read it on its page, then press “{}”.", button::APPROVE),
            page,
        ),
        EditionAttention::Overdue { due, unapproved: false } => matter(
            format!("{} was due on {} and has not been sent.", of.capital(), local_moment(due)),
            "Ask whoever looks after the server whether the service is running.",
            None,
        ),
        EditionAttention::Edited { was_approved, edits } => {
            let since = if *was_approved { "approved" } else { "planned" };
            let what = format!("{} was edited since it was {since}: {}.", of.capital(), picks::edits(edits));
            let advice = match of {
                MailingName::Edition(_) => "Look at it again on its page.".to_owned(),
                MailingName::Bulletin(_) => format!("Read it again on its page, then press “{}”.", button::APPROVE),
            };
            matter(what, advice, page)
        }
        EditionAttention::WithoutPicture(lost) => without_picture(of, lost),
        EditionAttention::Unfinished { waiting, total, .. } => matter(
            format!("{waiting} of the {total} mails of {of} are still to be sent."),
            "They go out by themselves as long as the service is running.",
            page,
        ),
        EditionAttention::Undelivered { how, count, total } => undelivered(of, *how, *count, *total),
        EditionAttention::Bounced { mails, suppressed } => bounced(of, *mails, *suppressed),
        EditionAttention::PolicyBounces(mails) => matter(
            format!(
                "{} of {of} came back because the receiving mail servers’ rules don’t allow them. The mailboxes do exist.",
                count(*mails, "mail", "mails")
            ),
            "Ask whoever looks after the domain to check SPF, DKIM and DMARC. On the server, `fortnightly check --online` \
             says what is missing.",
            None,
        ),
    }
}

fn without_picture(of: &MailingName, LeftOut { file, problem, .. }: &LeftOut) -> Matter {
    let file = file.display();
    matter(
        format!("The picture {file} {problem}. {} goes out without it.", of.capital()),
        format!("What to do with the file: {}.", problem.help()),
        Some(ConsolePage::of(of)),
    )
}

/// `the edition`, `the bulletin`.
fn kind(of: &MailingName) -> &'static str {
    match of {
        MailingName::Edition(_) => "the edition",
        MailingName::Bulletin(_) => "the bulletin",
    }
}

fn undelivered(of: &MailingName, how: Undelivered, mails: u64, total: u64) -> Matter {
    let (some, kind) = (format!("{mails} of the {total} mails of {of}"), kind(of));
    let page = Some(ConsolePage::of(of));
    match how {
        Undelivered::Refused => matter(
            format!("{some} {} refused or came back.", if mails == 1 { "was" } else { "were" }),
            format!(
                "The page of {kind} shows which, and why. Ask those subscribers whether they have another address."
            ),
            page,
        ),
        Undelivered::GivenUp => matter(
            if mails == 1 {
                format!("{some} was given up, because no mail server took it in time.")
            } else {
                format!("{some} were given up, because no mail server took them in time.")
            },
            again(of),
            page,
        ),
        Undelivered::Uncertain => matter(
            format!("{some} may or may not have arrived: the connection broke before our mail server had answered."),
            format!(
                "If your mail server’s log shows that they arrived, press “{}” in the list of {kind}’s deliveries. Otherwise \
                 “{}” sends them once more, and whoever already has one gets it twice.",
                button::THEY_ARRIVED,
                button::TRY_AGAIN
            ),
            page,
        ),
    }
}

/// How mails that were given up are sent once more.
fn again(of: &MailingName) -> String {
    let kind = kind(of);
    // Only an edition is overtaken by the next one.
    let until = match of {
        MailingName::Edition(_) => "Until the next edition falls due, press",
        MailingName::Bulletin(_) => "Press",
    };
    format!(
        "The page of {kind} shows which, and why. {until} “{}” in the list of its deliveries to send them once more.",
        button::TRY_AGAIN
    )
}

fn bounced(of: &MailingName, mails: u64, suppressed: u64) -> Matter {
    let (came, kind) = (count(mails, "mail", "mails"), kind(of));
    let them = if mails == 1 { "it" } else { "them" };
    let what = format!("{came} of {of} came back after our mail server had accepted {them}.");
    let page = Some(ConsolePage::of(of));
    if suppressed == 0 {
        return matter(what, format!("The page of {kind} shows which, and why."), page);
    }
    let lost = count(suppressed, "mailbox gets", "mailboxes get");
    let ask = format!("The page of {kind} shows which. Ask those subscribers for another address.");
    matter(format!("{what} {lost} no more mail because of that."), ask, page)
}
