//! The coming edition: when, what, why, for whom, and what needs a person before then.

use crate::app::operator_notices::notice::{ApprovalNeed, Audience, ComingEdition};
use crate::domain::notice::{Part, Row};
use crate::domain::text::dates::{self, local_moment};
use crate::domain::text::lists::count;
use crate::messages::attention::{Matter, button, for_people};
use crate::messages::occasions::title as occasion;
use crate::messages::{picks, sectors};

pub(super) fn subject(coming: &ComingEdition) -> String {
    let number = coming.number;
    let when = coming.due.format("%A %-d %B at %H:%M");
    match (coming.approval, coming.was_told) {
        (ApprovalNeed::Needed, false) => format!("Edition {number} needs approval before {when}"),
        (ApprovalNeed::Needed, true) => format!("Edition {number} has changed and needs approval before {when}"),
        (_, false) => format!("Edition {number} goes out on {when}"),
        (_, true) => format!("Edition {number}, which goes out on {when}, has changed"),
    }
}

pub(super) fn title(coming: &ComingEdition) -> String {
    match &coming.theme {
        Some(theme) => format!("Edition {}: {theme}", coming.number),
        None => format!("Edition {}", coming.number),
    }
}

pub(super) fn parts(coming: &ComingEdition) -> Vec<Part> {
    let mut parts = vec![Part::Paragraph(format!(
        "It goes out on {}, in {}.",
        local_moment(&coming.due),
        dates::roughly(coming.left)
    ))];
    if coming.was_told {
        parts.push(Part::Paragraph("It has changed since you were last told about it.".to_owned()));
    }
    parts.push(Part::Paragraph(approval(coming)));
    if !coming.matters.is_empty() {
        parts.push(Part::Heading("What needs you before then".to_owned()));
        parts.push(Part::List(coming.matters.iter().map(|one| said(&for_people(one))).collect()));
    }
    parts.push(Part::Heading("What is in it".to_owned()));
    if let Some(theme) = &coming.theme {
        let why = picks::theme_titled(&coming.selection, &occasion);
        parts.push(Part::Paragraph(format!("The theme is “{theme}” ({why}).")));
    }
    parts.push(Part::Table(activities(coming)));
    parts.extend(audience(&coming.audience));
    parts
}

fn approval(coming: &ComingEdition) -> String {
    match coming.approval {
        ApprovalNeed::Needed => format!(
            "It needs approval by then. Without it, nothing is sent. Read it in the console, on the page of edition {}, and press \
             “{}”.",
            coming.number,
            button::APPROVE
        ),
        ApprovalNeed::Given => "It has been approved, so you don’t need to do anything.".to_owned(),
        ApprovalNeed::Automatic => {
            "It goes out by itself, so you don’t need to do anything. If something about it is wrong, hold it before then."
                .to_owned()
        }
    }
}

fn said(matter: &Matter) -> String {
    format!("{} {}", matter.what, matter.advice)
}

fn activities(coming: &ComingEdition) -> Vec<Row> {
    let row = |(band, pick): &(Option<crate::domain::band::Band>, crate::domain::edition::Pick)| Row {
        name: band.as_ref().map_or_else(|| pick.band.to_string(), |band| band.label.clone()),
        value: pick.title.clone(),
        more: picks::pick_titled(pick, &occasion),
    };
    coming.activities.iter().map(row).collect()
}

fn audience(audience: &Audience) -> Vec<Part> {
    let mut parts = vec![Part::Heading("Who gets it".to_owned())];
    if audience.mailboxes == 0 {
        parts.push(Part::Paragraph("Nobody is subscribed to any of these age groups.".to_owned()));
        return parts;
    }
    let mailboxes = |number: u64| count(number, "mailbox", "mailboxes");
    let row = |name: String, number: u64| Row { name, value: mailboxes(number), more: String::new() };
    parts.push(Part::Paragraph(format!(
        "{}, if nobody joins or leaves before then. Whoever reads several age groups gets one email with all of them.",
        mailboxes(audience.mailboxes)
    )));
    let sectors = audience.sectors.iter().map(|(of, number)| row(sectors::many(*of).to_owned(), *number));
    parts.push(Part::Table(sectors.collect()));
    let bands = audience.bands.iter().map(|(band, number)| row(band.label.clone(), *number));
    parts.push(Part::Table(bands.collect()));
    parts
}
