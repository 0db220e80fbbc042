//! Mail to operators in words: for people who answer for the service and have no terminal.

mod coming;
mod finished;

use chrono::NaiveDate;

use super::attention::{ConsolePage, Matter, for_people};
use super::edition;
use crate::app::attention::{Attention, EditionAttention};
use crate::app::operator_notices::notice::{Console, Item, Notice};
use crate::domain::notice::{NoticeKind, NoticeText, Part};
use crate::domain::text::dates::{self, local_moment};
use crate::domain::text::lists::count;

/// What one mail says.
pub fn text(notice: &Notice) -> NoticeText {
    let parts: Vec<Part> = match notice.items.as_slice() {
        [one] => item(one),
        many => many.iter().flat_map(titled).collect(),
    };
    let (button, way) = console(notice);
    let why = "You get this email because your address is among the operators in the configuration of this service.";
    let closing = way.into_iter().chain([why.to_owned()]).collect();
    NoticeText { subject: subject(notice), title: title(notice), parts, button, closing }
}

/// The button that leads to the console, or where the console is.
fn console(notice: &Notice) -> (Option<(String, String)>, Option<String>) {
    let Console { url, listen } = &notice.console;
    let page = page(&notice.items);
    if let Some(url) = url {
        let words = match &page {
            ConsolePage::Edition(number) => format!("Look at edition {number} in the console"),
            ConsolePage::Bulletin(name) => format!("Look at bulletin {name} in the console"),
            _ => "Open the console".to_owned(),
        };
        return (Some((words, format!("{url}{}", page.path()))), None);
    }
    let way = format!("The console is at http://{listen}{}, on the machine that the service runs on.", page.path());
    (None, Some(way))
}

/// The page that all of it is about; the first one where there are several, or none can settle it.
fn page(items: &[Item]) -> ConsolePage {
    let of = |item: &Item| match item {
        Item::Coming(coming) => ConsolePage::Edition(coming.number),
        Item::Finished(finished) => ConsolePage::of(&finished.what),
        Item::Missed { edition, .. } => ConsolePage::Edition(*edition),
        Item::Matter(attention) => for_people(attention).page.unwrap_or(ConsolePage::Now),
        Item::Relay { .. } | Item::Review { .. } | Item::BankHolidays { .. } => ConsolePage::Now,
    };
    match items {
        [one] => of(one),
        _ => ConsolePage::Now,
    }
}

fn subject(notice: &Notice) -> String {
    match (notice.kind, notice.items.as_slice()) {
        (NoticeKind::Coming, [Item::Coming(coming)]) => coming::subject(coming),
        _ => title(notice),
    }
}

fn title(notice: &Notice) -> String {
    let many = notice.items.len() as u64;
    match (notice.kind, notice.items.as_slice()) {
        (_, [Item::Coming(coming)]) => coming::title(coming),
        (_, [Item::Finished(finished)]) => format!("{} has gone out", finished.what.capital()),
        (_, [Item::Missed { edition, .. }]) => format!("Edition {edition} was not sent"),
        (NoticeKind::Stopped, [Item::Matter(Attention::Edition(number, _))]) => {
            format!("The sending of edition {number} has stopped")
        }
        (_, [Item::Matter(Attention::Edition(number, EditionAttention::Held { .. }))]) => {
            format!("Edition {number} is held")
        }
        (NoticeKind::Coming, _) => format!("{many} editions go out soon"),
        (NoticeKind::Held, _) => format!("{many} editions are held or were not sent"),
        (NoticeKind::Stopped, _) => format!("The sending of {many} editions has stopped"),
        (NoticeKind::Finished, items) => finished::title(items),
        (NoticeKind::Wave, _) => "Many mailboxes were reported as unknown".to_owned(),
        (NoticeKind::Attention, [_]) => "Something needs you".to_owned(),
        (NoticeKind::Attention, _) => format!("{many} things need you"),
        (NoticeKind::Relay, _) => "Our mail server answers again".to_owned(),
        (NoticeKind::Reviews, items) => reviews_title(items),
    }
}

fn reviews_title(items: &[Item]) -> String {
    let texts = items.iter().filter(|item| matches!(item, Item::Review { .. })).count() as u64;
    match texts {
        0 => "New bank holidays are needed".to_owned(),
        texts => format!("{} to be checked again", count(texts, "text has", "texts have")),
    }
}

/// One thing as the whole mail tells it.
fn item(item: &Item) -> Vec<Part> {
    match item {
        Item::Coming(coming) => coming::parts(coming),
        Item::Finished(finished) => finished::parts(finished),
        Item::Matter(attention) => {
            let Matter { what, advice, .. } = for_people(attention);
            vec![Part::Paragraph(what), Part::Paragraph(advice)]
        }
        Item::Missed { edition: number, reason } => vec![
            Part::Paragraph(format!("Edition {number} was not sent, and will not be: {}.", edition::miss(reason))),
            Part::Paragraph(
                "Its readers get the next edition. You don’t need to do anything, but may want to know why.".to_owned(),
            ),
        ],
        Item::Relay { from, to, mails } => {
            let waited = match mails {
                0 => "No mail had to wait for it.".to_owned(),
                mails => format!("{} to wait, and will go out now.", count(*mails, "mail had", "mails had")),
            };
            vec![Part::Paragraph(format!(
                "Our mail server could not be reached from {} to {}, for {}. {waited}",
                local_moment(from),
                local_moment(to),
                dates::roughly(*to - *from)
            ))]
        }
        Item::Review { .. } | Item::BankHolidays { .. } => vec![line(item)],
    }
}

/// One of several: under a heading of its own, or as a line of a list.
fn titled(one: &Item) -> Vec<Part> {
    let heading = match one {
        Item::Coming(coming) => coming::title(coming),
        Item::Finished(finished) => finished.what.capital(),
        Item::Matter(_)
        | Item::Missed { .. }
        | Item::Relay { .. }
        | Item::Review { .. }
        | Item::BankHolidays { .. } => {
            return vec![line(one)];
        }
    };
    let mut parts = vec![Part::Heading(heading)];
    parts.extend(item(one));
    parts
}

/// That a review falls due, or fell due.
pub fn review(title: &str, by: NaiveDate, is_over: bool) -> String {
    let by = dates::day(by);
    if is_over {
        format!("“{title}” had to be checked again by {by}, and wasn’t, so it isn’t picked any more.")
    } else {
        format!("“{title}” has to be checked again by {by}. After that day it won’t be picked any more.")
    }
}

/// A line of a list.
fn line(one: &Item) -> Part {
    let words = match one {
        Item::Review { title, by, is_over } => review(title, *by, *is_over),
        Item::BankHolidays { nation, until } => format!(
            "The bank holidays of {} are only known until {}. Ask whoever looks after the server to update \
             Fortnightly.",
            nation.title(),
            dates::day(*until)
        ),
        other => {
            let said = item(other).into_iter().filter_map(|part| match part {
                Part::Paragraph(words) => Some(words),
                _ => None,
            });
            said.collect::<Vec<_>>().join(" ")
        }
    };
    Part::List(vec![words])
}
