//! The last look at a digest before it may be sent: invariant 12, the size, and markup that works everywhere.

use super::html_scan::{Element, Page, scan};
use crate::domain::activity::Help;
use crate::domain::rendered::{Body, Piece, Rendered, Slot};
use crate::domain::text::one_line;
use crate::render::error::{Part, RenderError};
use crate::render::issue::ServiceInfo;

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
pub fn check_rendered(rendered: &Rendered) -> Result<(), RenderError> {
    for (part, body) in [(Part::Html, &rendered.html), (Part::Text, &rendered.text)] {
        for (slot, what) in
            [(Slot::UnsubscribeUrl, "the unsubscribe link"), (Slot::PreferencesUrl, "the link to change bands")]
        {
            if !body.has(slot) {
                let what = format!("{what}, {{{{slot \"{}\"}}}}", slot.name());
                return Err(RenderError::Missing { part, what });
            }
        }
    }
    let page = scan(&rendered.html);
    if let Some((slot, problem)) = page.misplaced.first() {
        return Err(RenderError::SlotPlace { part: Part::Html, slot: *slot, problem });
    }
    markup(&page, &rendered.html)?;
    let slots = rendered.html.0.iter().filter(|piece| matches!(piece, Piece::Slot(_))).count();
    let bytes = rendered.html.literal_bytes() + slots * SLOT_BYTES;
    if bytes > HTML_LIMIT {
        return Err(RenderError::TooLarge { bytes, limit: HTML_LIMIT });
    }
    Ok(())
}

/// Checks that both bodies name the postal address and the whole help block (invariant 12): its heading, and of every
/// entry the name, the telephone number and the addresses.
///
/// # Errors
/// [`RenderError::Missing`], naming the body and what it lacks.
pub fn check_complete(rendered: &Rendered, service: &ServiceInfo<'_>, help: &Help) -> Result<(), RenderError> {
    let page = scan(&rendered.html);
    let links: Vec<&str> = page.elements.iter().filter_map(|element| element.attribute("href")).collect();
    let seen = folded(&page.text) + " " + &links.join(" ");
    let written = folded(&rendered.text.fill(|_| String::new()));
    for (part, text) in [(Part::Html, &seen), (Part::Text, &written)] {
        let need = |wanted: &str, what: String| {
            if text.contains(&folded(wanted)) { Ok(()) } else { Err(RenderError::Missing { part, what }) }
        };
        need(service.postal_address, "the postal address".to_owned())?;
        let somebody = help.entries.iter().any(|entry| text.contains(&folded(&entry.who)));
        if !somebody {
            return Err(RenderError::Missing { part, what: "the help block".to_owned() });
        }
        need(&help.title, format!("the heading of the help block (“{}”)", help.title))?;
        for entry in &help.entries {
            let facts = [Some(&entry.who), entry.phone.as_ref(), entry.email.as_ref(), entry.url.as_ref()];
            for fact in facts.into_iter().flatten() {
                need(fact, format!("a line of the help block (“{fact}”, for {})", entry.who))?;
            }
        }
    }
    Ok(())
}

/// On one line, with plain spaces: numbers are held together by no-break ones.
fn folded(text: &str) -> String {
    one_line(&text.replace('\u{a0}', " ")).trim().to_owned()
}

fn markup(page: &Page, html: &Body) -> Result<(), RenderError> {
    let whole: String = html.fill(|_| String::new());
    let problem = |found: &str, problem: String| RenderError::Markup { problem, found: found.to_owned() };
    let unknown = whole.split_once("<mj-").map(|(_, rest)| {
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let text = format!("an MJML element that does not exist or stands in the wrong place: <mj-{name}>");
        problem(&format!("<mj-{name}"), text)
    });
    let remote = ["@import", "@font-face"].into_iter().find(|rule| page.styles.contains(rule));
    let found = unknown
        .or_else(|| whole.contains('\\').then(|| problem("\\", BACKSLASH.to_owned())))
        .or_else(|| {
            remote.map(|rule| problem(rule, format!("{rule}, a style from elsewhere; use the reader’s own fonts")))
        })
        .or_else(|| page.unfinished.then(|| problem("", "a tag, comment or style that never ends".to_owned())))
        .or_else(|| page.elements.iter().find_map(element_problem));
    found.map_or(Ok(()), Err)
}

const BACKSLASH: &str = "a backslash. Write &#92; in a text. If you wrote none, an attribute holds a character that \
                         MJML cannot write, such as a no-break space: use a plain space or &#160;";

fn element_problem(element: &Element) -> Option<RenderError> {
    let name = element.name.as_str();
    let text = match name {
        "img" if element.attribute("alt").is_none() => {
            let source = element.attribute("src").unwrap_or_default();
            format!("a picture without a description: <img src=\"{source}\"> needs alt=\"…\"")
        }
        // It tells its owner who opened the mail, and when (contract §7).
        "img" if element.is_pixel() => {
            "a picture of one pixel: it tracks its readers, which this program never does".to_owned()
        }
        _ if element.event().is_some() => {
            format!("a script in an attribute: {}=\"…\"", element.event().unwrap_or_default())
        }
        "table" if element.attribute("role").is_none() => {
            "a table without a role; write role=\"presentation\" for layout, role=\"table\" for data".to_owned()
        }
        "script" | "link" | "iframe" | "object" | "embed" | "form" => format!("<{name}>, which mail programs block"),
        _ => return None,
    };
    Some(RenderError::Markup { problem: text, found: format!("<{name}") })
}
