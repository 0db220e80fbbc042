//! The last look at a digest before it may be sent: invariant 12, the size, and markup that works everywhere.

use super::error::{DigestError, Part};
use super::scan::{Page, scan};
use super::{ServiceFacts, text};
use crate::domain::activity::Help;
use crate::domain::rendered::{Body, Piece, Rendered, Slot};

/// The most bytes of HTML, slot values included: Gmail cuts a message at about 102 KB (contract §7).
pub const HTML_LIMIT: usize = 90_000;

/// A generous length for a slot's value, in bytes.
const SLOT_BYTES: usize = 250;

/// Checks what can be told from `rendered` alone: both links to leave and to change bands are in both bodies, no slot
/// stands where it would break the page, the HTML is whole, within [`HTML_LIMIT`], and free of what mail programs
/// block (scripts, remote styles and fonts), of unknown MJML, of pictures without a description and of unnamed tables.
///
/// # Errors
/// The first rule that is broken.
pub fn check_rendered(rendered: &Rendered) -> Result<(), DigestError> {
    for (part, body) in [(Part::Html, &rendered.html), (Part::Text, &rendered.text)] {
        for (slot, what) in
            [(Slot::UnsubscribeUrl, "the unsubscribe link"), (Slot::PreferencesUrl, "the link to change bands")]
        {
            if !body.has(slot) {
                let what = format!("{what}, {{{{slot \"{}\"}}}}", slot.name());
                return Err(DigestError::Missing { part, what });
            }
        }
    }
    let page = scan(&rendered.html);
    if let Some((slot, problem)) = page.misplaced.first() {
        return Err(DigestError::SlotPlace { part: Part::Html, slot: *slot, problem });
    }
    markup(&page, &rendered.html)?;
    let slots = rendered.html.0.iter().filter(|piece| matches!(piece, Piece::Slot(_))).count();
    let bytes = rendered.html.literal_bytes() + slots * SLOT_BYTES;
    if bytes > HTML_LIMIT {
        return Err(DigestError::TooLarge { bytes, limit: HTML_LIMIT });
    }
    Ok(())
}

/// Checks that both bodies name the postal address and the whole help block (invariant 12): its heading, and of every
/// entry the name, the telephone number and the addresses.
///
/// # Errors
/// [`DigestError::Missing`], naming the body and what it lacks.
pub fn check_complete(rendered: &Rendered, service: &ServiceFacts<'_>, help: &Help) -> Result<(), DigestError> {
    let page = scan(&rendered.html);
    let links: Vec<&str> = page.elements.iter().filter_map(|element| element.attribute("href")).collect();
    let seen = folded(&page.text) + " " + &links.join(" ");
    let written = folded(&rendered.text.fill(|_| String::new()));
    for (part, text) in [(Part::Html, &seen), (Part::Text, &written)] {
        let need = |wanted: &str, what: String| {
            if text.contains(&folded(wanted)) { Ok(()) } else { Err(DigestError::Missing { part, what }) }
        };
        need(service.postal_address, "the postal address".to_owned())?;
        need(&help.title, format!("the help block (its heading “{}”)", help.title))?;
        for entry in &help.entries {
            let facts = [Some(&entry.who), entry.phone.as_ref(), entry.email.as_ref(), entry.url.as_ref()];
            for fact in facts.into_iter().flatten() {
                need(fact, format!("part of the help block (“{fact}” for {})", entry.who))?;
            }
        }
    }
    Ok(())
}

fn folded(text: &str) -> String {
    text::one_line(text).trim().to_owned()
}

fn markup(page: &Page, html: &Body) -> Result<(), DigestError> {
    let literals =
        || html.0.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    let problem = if literals().any(|text| text.contains("<mj-") || text.contains("</mj-")) {
        let name = literals()
            .find_map(|text| text.split_once("<mj-"))
            .map(|(_, rest)| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>());
        Some(format!(
            "an MJML element that does not exist or stands in the wrong place: <mj-{}>",
            name.unwrap_or_default()
        ))
    } else if literals().any(|text| text.contains('\\')) {
        Some("a backslash, which means that an attribute has a character that MJML cannot write; use a plain space or a numeric reference such as &#160;".to_owned())
    } else if literals().any(|text| text.contains("@import") || text.contains("@font-face")) {
        Some("a style from elsewhere (@import or @font-face); use the reader’s own fonts".to_owned())
    } else if page.unfinished {
        Some("a tag, comment or style that never ends".to_owned())
    } else {
        page.elements.iter().find_map(element_problem)
    };
    problem.map_or(Ok(()), |problem| Err(DigestError::Markup(problem)))
}

fn element_problem(element: &super::scan::Element) -> Option<String> {
    match element.name.as_str() {
        "img" if element.attribute("alt").is_none() => {
            let source = element.attribute("src").unwrap_or_default();
            Some(format!("a picture without a description: <img src=\"{source}\"> needs alt=\"…\""))
        }
        "table" if element.attribute("role").is_none() => {
            Some("a table without a role; write role=\"presentation\" for layout, role=\"table\" for data".to_owned())
        }
        "script" | "link" | "iframe" | "object" | "embed" | "form" => {
            Some(format!("<{}>, which mail programs block", element.name))
        }
        _ => None,
    }
}
