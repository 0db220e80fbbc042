//! The sentences that depend on who reads: by sector, by bands, by what an activity asks of the adult.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::activity::Sensitivity;
use crate::domain::band::Band;
use crate::domain::subscriber::Sector;

/// What a sector reads differently.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Wording {
    /// Below the greeting: what this is, and what to do with it.
    pub(super) lead: &'static str,
    /// Why this mailbox gets it.
    pub(super) why: &'static str,
    /// The heading of the long text to copy.
    pub(super) newsletter: &'static str,
    /// What to know before handing it on.
    pub(super) pass_on: &'static str,
}

/// The wording for `sector`: a school hands on to families, the others mostly work with them.
pub(super) fn wording(sector: Sector) -> Wording {
    match sector {
        Sector::School => Wording {
            lead: "Here is this fortnight’s pack for your families. It is ready to hand on: share the web link \
                   below, print it, or copy one of the texts under “Share this” into your app or newsletter.",
            why: "You get this email because this address is signed up for your school, so that you can hand the \
                  activities on to families.",
            newsletter: "For your school newsletter",
            pass_on: "Families do not need to sign up.",
        },
        Sector::SocialCare => Wording {
            lead: "Here are this fortnight’s activities for the families you work with. Do one together at a visit, \
                   or leave one for them to try at home. Choose by a child’s development, not only by age.",
            why: "You get this email because this address is signed up for your service, so that you can use the \
                  activities with the families you work with.",
            newsletter: "For a newsletter",
            pass_on: "Families do not need to sign up.",
        },
        Sector::LawEnforcement => Wording {
            lead: "Here are this fortnight’s activities for the families you meet in your work. Hand them on after a \
                   visit or a talk, or point schools and community groups to the web version.",
            why: "You get this email because this address is signed up for your team, so that you can hand the \
                  activities on to families.",
            newsletter: "For a newsletter",
            pass_on: "Families do not need to sign up, and nobody is told who reads it.",
        },
        Sector::Health => Wording {
            lead: "Here are this fortnight’s activities for the families you see. Talk one through at an appointment, \
                   or give one to a parent or carer to try at home.",
            why: "You get this email because this address is signed up for your service, so that you can hand the \
                  activities on to the families you see.",
            newsletter: "For a newsletter or a waiting-room screen",
            pass_on: "Families do not need to sign up.",
        },
        Sector::Charity => Wording {
            lead: "Here are this fortnight’s activities to do with the families you work with, in a group or one to \
                   one. You can also hand them on for families to try at home.",
            why: "You get this email because this address is signed up for your charity, so that you can use the \
                  activities with the families you work with.",
            newsletter: "For a newsletter",
            pass_on: "Families do not need to sign up.",
        },
        Sector::Other => Wording {
            lead: "Here are this fortnight’s activities. Do one with the children in your life, or pass them on to \
                   families you know.",
            why: "You get this email because this address is signed up for these activities.",
            newsletter: "For a newsletter",
            pass_on: "Nobody needs to sign up to read it.",
        },
    }
}

/// The whole greeting, as plain text: `Hello Hillside Primary School,`.
///
/// A school is greeted by its name, other organisations as a team, because the reader works *with* the families.
/// White space becomes single spaces and control characters go, so it is always one line.
pub fn greeting(sector: Sector, subscriber_name: &str) -> String {
    let visible: String = subscriber_name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = super::text::one_line(visible.trim());
    match sector {
        _ if name.is_empty() => "Hello,".to_owned(),
        Sector::School | Sector::Other => format!("Hello {name},"),
        Sector::SocialCare | Sector::LawEnforcement | Sector::Health | Sector::Charity => {
            format!("Hello to the team at {name},")
        }
    }
}

/// The note for the adult that `sensitivity` puts on a card; empty for none. `help` is the help block's heading.
pub(super) fn care(sensitivity: Sensitivity, help: &str) -> String {
    match sensitivity {
        Sensitivity::None => String::new(),
        Sensitivity::Care => {
            "Read this one through before you start. It may touch on something that your child has met.".to_owned()
        }
        Sensitivity::High => format!(
            "Read this one through before you start, and choose a calm moment. It may bring up something that has \
             happened. If your child tells you about it, listen, stay calm and say that it is not their fault. \
             “{help}”, below, says whom to turn to."
        ),
    }
}

/// `ages 4 to 5, 5 to 7, and 8 to 10`: the bands' labels as one phrase, within a sentence.
pub(super) fn bands_phrase(bands: &[&Band]) -> String {
    let short: Option<Vec<&str>> = bands.iter().map(|band| band.label.strip_prefix("Ages ")).collect();
    match short {
        Some(labels) => format!("ages {}", and(&labels)),
        None => and(&bands.iter().map(|band| band.label.as_str()).collect::<Vec<_>>()),
    }
}

/// `a`, `a and b`, `a, b and c`; with a comma before the last `and` when the last item has one of its own.
pub(super) fn and(items: &[&str]) -> String {
    let Some((last, others)) = items.split_last() else { return String::new() };
    match others {
        [] => (*last).to_owned(),
        _ if last.contains(" and ") => format!("{}, and {last}", others.join(", ")),
        _ => format!("{} and {last}", others.join(", ")),
    }
}

/// `Monday 30 November 2026`.
pub(super) fn long_date(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::band::Bands;

    fn phrase(names: &[&str]) -> String {
        let set = names.iter().map(|name| name.parse().unwrap()).collect();
        bands_phrase(&Bands::shipped().ordered(&set))
    }

    #[test]
    fn bands_read_as_a_phrase() {
        assert_eq!(phrase(&["8-10"]), "ages 8 to 10");
        assert_eq!(phrase(&["4-5", "5-7", "8-10"]), "ages 4 to 5, 5 to 7 and 8 to 10");
        assert_eq!(phrase(&["11-14", "14+"]), "ages 11 to 14, and 14 and over");
        let nursery = Band { id: "n".parse().unwrap(), label: "Nursery".to_owned(), min: 2, max: Some(4) };
        let shipped = Bands::shipped();
        let first = shipped.iter().next().unwrap();
        assert_eq!(bands_phrase(&[&nursery, first]), "Nursery and Ages 4 to 5");
    }

    #[test]
    fn a_greeting_is_one_line() {
        assert_eq!(greeting(Sector::School, "Ysgol Tŷ’r Felin"), "Hello Ysgol Tŷ’r Felin,");
        assert_eq!(greeting(Sector::Charity, " Open \r\n Door "), "Hello to the team at Open Door,");
        assert_eq!(greeting(Sector::School, "  "), "Hello,");
    }

    #[test]
    fn every_sector_has_its_own_words() {
        let leads: std::collections::BTreeSet<_> = Sector::ALL.iter().map(|s| wording(*s).lead).collect();
        assert_eq!(leads.len(), Sector::ALL.len());
    }
}
