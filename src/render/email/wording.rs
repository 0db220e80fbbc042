//! The sentences that depend on who reads (by sector, by bands, by what an activity asks of the adult), and lines and addresses as
//! people read them.

use serde::Serialize;

use crate::domain::activity::Sensitivity;
use crate::domain::band::Band;
use crate::domain::subscriber::Sector;
use crate::domain::text::lists::listed;
use crate::domain::text::one_line;

/// What a sector reads differently.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Wording {
    /// Below the greeting: what this is, and what to do with it.
    pub(crate) lead: String,
    /// Why this mailbox gets it.
    pub(crate) why: &'static str,
    /// How often it comes.
    pub(crate) rhythm: &'static str,
    /// What the link to the web view leads to: `this edition on the web, for ages 4 to 10`.
    pub(crate) web_link: String,
    /// The heading of the long text to copy.
    pub(crate) newsletter: &'static str,
    /// What to know before handing it on.
    pub(crate) pass_on: &'static str,
}

/// The wording for `sector`: a school hands on to families, the others mostly work with them. `one` is whether the
/// digest has a single activity, `bands` those that it is for: `ages 4 to 10`.
pub(crate) fn wording(sector: Sector, one: bool, bands: &str) -> Wording {
    let words = words(sector);
    let lead = if one { words.lead_of_one } else { words.lead };
    let web_link = format!("this edition on the web, for {bands}");
    words.around(lead, "It comes once a fortnight.", web_link)
}

/// The wording of a bulletin for `sector`; of one `that_corrects` an earlier mail.
pub(crate) fn of_bulletin(sector: Sector, that_corrects: bool) -> Wording {
    const RHYTHM: &str = "The activities come once a fortnight; this email is an extra one.";
    let words = words(sector);
    if that_corrects {
        let lead = "If you have handed that email on, please hand this one on, too.".to_owned();
        return Wording { lead, ..words.around("", RHYTHM, "this correction on the web".to_owned()) };
    }
    let lead = format!(
        "This could not wait for the next edition. You can hand it on to {}: share the web link below, print it, or copy \
         one of the texts under “Share this”.",
        words.families
    );
    words.around(&lead, RHYTHM, "this bulletin on the web".to_owned())
}

const SAFEGUARDING: &str = "If a child tells you something that worries you, follow your own safeguarding procedure.";

struct SectorWords {
    lead: &'static str,
    lead_of_one: &'static str,
    why: &'static str,
    newsletter: &'static str,
    pass_on: &'static str,
    /// To whom its people hand on.
    families: &'static str,
    /// Whether its people work with families, so that a child may tell them something.
    may_be_told: bool,
}

impl SectorWords {
    fn around(&self, lead: &str, rhythm: &'static str, web_link: String) -> Wording {
        let lead = if self.may_be_told { format!("{lead} {SAFEGUARDING}") } else { lead.to_owned() };
        Wording { lead, why: self.why, rhythm, web_link, newsletter: self.newsletter, pass_on: self.pass_on }
    }
}

fn words(sector: Sector) -> &'static SectorWords {
    match sector {
        Sector::School => &SCHOOL,
        Sector::SocialCare => &SOCIAL_CARE,
        Sector::LawEnforcement => &LAW_ENFORCEMENT,
        Sector::Health => &HEALTH,
        Sector::Charity => &CHARITY,
        Sector::Other => &OTHER,
    }
}

const SCHOOL: SectorWords = SectorWords {
    lead: "Here is this fortnight’s pack for your families. It is ready to hand on: share the web link below, print it, \
           or copy one of the texts under “Share this” into your app or newsletter.",
    lead_of_one: "Here is this fortnight’s activity for your families. It is ready to hand on: share the web link \
                  below, print it, or copy one of the texts under “Share this” into your app or newsletter.",
    why: "You get this email because this address is on our list for your school, so that you can hand the activities \
          on to families.",
    newsletter: "For your school newsletter",
    pass_on: "Families do not need to sign up.",
    families: "your families",
    may_be_told: false,
};

const SOCIAL_CARE: SectorWords = SectorWords {
    lead: "Here are this fortnight’s activities for the families you work with. Do one together at a visit, or leave \
           one for them to try at home. Choose by a child’s development, not only by age.",
    lead_of_one: "Here is this fortnight’s activity for the families you work with. Do it together at a visit, or \
                  leave it for them to try at home. Think of a child’s development, not only of the age.",
    why: "You get this email because this address is on our list for your service, so that you can use the activities \
          with the families you work with.",
    newsletter: "For a newsletter",
    pass_on: "Families do not need to sign up.",
    families: "the families you work with",
    may_be_told: true,
};

const LAW_ENFORCEMENT: SectorWords = SectorWords {
    lead: "Here are this fortnight’s activities for the families you meet in your work. Hand them on after a visit or \
           a talk, or point schools and community groups to the web version.",
    lead_of_one: "Here is this fortnight’s activity for the families you meet in your work. Hand it on after a visit \
                  or a talk, or point schools and community groups to the web version.",
    why: "You get this email because this address is on our list for your team, so that you can hand the activities on \
          to families.",
    newsletter: "For a newsletter",
    pass_on: "Families do not need to sign up, and nobody is told who reads it.",
    families: "the families you meet in your work",
    may_be_told: true,
};

const HEALTH: SectorWords = SectorWords {
    lead: "Here are this fortnight’s activities for the families you see. Talk one through at an appointment, or give \
           one to a parent or carer to try at home.",
    lead_of_one: "Here is this fortnight’s activity for the families you see. Talk it through at an appointment, or \
                  give it to a parent or carer to try at home.",
    why: "You get this email because this address is on our list for your service, so that you can hand the activities \
          on to the families you see.",
    newsletter: "For a newsletter or a waiting-room screen",
    pass_on: "Families do not need to sign up.",
    families: "the families you see",
    may_be_told: true,
};

const CHARITY: SectorWords = SectorWords {
    lead: "Here are this fortnight’s activities to do with the families you work with, in a group or one to one. You \
           can also hand them on for families to try at home.",
    lead_of_one: "Here is this fortnight’s activity to do with the families you work with, in a group or one to one. \
                  You can also hand it on for families to try at home.",
    why: "You get this email because this address is on our list for your charity, so that you can use the activities \
          with the families you work with.",
    newsletter: "For a newsletter",
    pass_on: "Families do not need to sign up.",
    families: "the families you work with",
    may_be_told: true,
};

const OTHER: SectorWords = SectorWords {
    lead: "Here are this fortnight’s activities. Do one with the children in your life, or pass them on to families \
           you know.",
    lead_of_one: "Here is this fortnight’s activity. Do it with the children in your life, or pass it on to families \
                  you know.",
    why: "You get this email because this address is on our list for these activities.",
    newsletter: "For a newsletter",
    pass_on: "Nobody needs to sign up to read it.",
    families: "families you know",
    may_be_told: false,
};

/// An address as people write it and type it.
pub(super) fn on_paper(url: &str) -> String {
    let plain = url.strip_prefix("https://").unwrap_or(url);
    plain.strip_prefix("www.").unwrap_or(plain).trim_end_matches('/').to_owned()
}

pub(super) fn line(text: &str) -> String {
    one_line(text).trim().to_owned()
}

/// The whole greeting, as plain text: `Hello Hillside Primary School,`. It is the same for every sector.
///
/// White space becomes single spaces and control characters go, so it is always one line.
pub fn greeting(subscriber_name: &str) -> String {
    let visible: String = subscriber_name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = one_line(visible.trim());
    if name.is_empty() { "Hello,".to_owned() } else { format!("Hello {name},") }
}

/// The note for the adult that `sensitivity` puts on a card; empty for none. `help` is the help block's heading.
pub(crate) fn care(sensitivity: Sensitivity, help: &str) -> String {
    match sensitivity {
        Sensitivity::None => String::new(),
        Sensitivity::Care => {
            "Read this one through before you start. It may touch on something that has happened to your child."
                .to_owned()
        }
        Sensitivity::High => format!(
            "Read this one through before you start, and choose a calm moment. It may bring up something that has \
             happened to your child. If your child tells you about it, listen, stay calm and say that it is not their fault. \
             “{help}”, below, says who to turn to."
        ),
    }
}

/// `ages 4 to 10`, `ages 4 to 5 and 11 to 14`: the bands as one phrase within a sentence, those that follow each other
/// without a gap as one span. Bands with labels of another form are listed by their labels.
pub(crate) fn bands_phrase(bands: &[&Band]) -> String {
    let short: Option<Vec<&str>> = bands.iter().map(|band| band.label.strip_prefix("Ages ")).collect();
    let Some(labels) = short else {
        return and(&bands.iter().map(|band| band.label.as_str()).collect::<Vec<_>>());
    };
    let mut spans: Vec<(u8, Option<u8>, String)> = Vec::new();
    for (band, label) in bands.iter().zip(labels) {
        match spans.last_mut() {
            Some((min, max, span)) if follows(band, *min, *max) => {
                *max = max.zip(band.max).map(|(one, other)| one.max(other));
                *span = max.map_or_else(|| format!("{min} and over"), |max| format!("{min} to {max}"));
            }
            _ => spans.push((band.min, band.max, label.to_owned())),
        }
    }
    format!("ages {}", and(&spans.iter().map(|(.., span)| span.as_str()).collect::<Vec<_>>()))
}

/// Whether no age lies between the span and the band after it.
fn follows(band: &Band, min: u8, max: Option<u8>) -> bool {
    band.min >= min && max.is_none_or(|max| band.min <= max.saturating_add(1))
}

/// A list as a sentence has it; with a comma before the last “and” when the last item has one of its own.
fn and(items: &[&str]) -> String {
    match items.split_last() {
        Some((last, others)) if !others.is_empty() && last.contains(" and ") => {
            format!("{}, and {last}", others.join(", "))
        }
        _ => listed(items),
    }
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
        assert_eq!(phrase(&["4-5", "5-7", "8-10"]), "ages 4 to 10");
        assert_eq!(phrase(&["4-5"]), "ages 4 to 5");
        assert_eq!(phrase(&["4-5", "11-14"]), "ages 4 to 5 and 11 to 14");
        assert_eq!(phrase(&["4-5", "8-10", "11-14"]), "ages 4 to 5 and 8 to 14");
        assert_eq!(phrase(&["11-14", "14+"]), "ages 11 and over");
        assert_eq!(phrase(&["5-7", "14+"]), "ages 5 to 7, and 14 and over");
        assert_eq!(phrase(&["4-5", "5-7", "8-10", "11-14", "14+"]), "ages 4 and over");
        let nursery = Band { id: "n".parse().unwrap(), label: "Nursery".to_owned(), min: 2, max: Some(4) };
        let shipped = Bands::shipped();
        let first = shipped.iter().next().unwrap();
        assert_eq!(bands_phrase(&[&nursery, first]), "Nursery and Ages 4 to 5");
    }

    #[test]
    fn a_greeting_is_one_line() {
        assert_eq!(greeting("Ysgol Tŷ’r Felin"), "Hello Ysgol Tŷ’r Felin,");
        assert_eq!(greeting(" Open \r\n Door "), "Hello Open Door,");
        assert_eq!(greeting("  "), "Hello,");
    }

    #[test]
    fn every_sector_has_its_own_words() {
        for one in [false, true] {
            let leads: std::collections::BTreeSet<_> = Sector::ALL.iter().map(|s| wording(*s, one, "").lead).collect();
            assert_eq!(leads.len(), Sector::ALL.len());
            for sector in Sector::ALL {
                let lead = wording(*sector, one, "").lead;
                let families = matches!(sector, Sector::School | Sector::Other);
                assert_eq!(lead.contains("follow your own safeguarding procedure"), !families, "{lead}");
                assert!(!one || lead.starts_with("Here is this fortnight’s activity"), "{lead}");
                assert!(!one || !lead.contains("activities") && !lead.contains(" them on"), "{lead}");
            }
        }
    }
}
