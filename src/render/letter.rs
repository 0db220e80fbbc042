//! Mail that is no edition: it asks for a click, or says good-bye. Nothing in it comes from whoever asked.

use handlebars::Handlebars;
use serde::Serialize;

use super::error::RenderError;
use super::palette::{LOOK, Look};
use super::slot_markers::Nonce;
use super::wording::bands_phrase;
use super::{ServiceFacts, escape, text};
use crate::domain::band::Band;
use crate::domain::rendered::{Rendered, Slot};

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub enum Occasion<'a> {
    /// Somebody asked for the digests.
    Subscribe(&'a [&'a Band]),
    /// Somebody asked for other bands.
    Bands(&'a [&'a Band]),
    /// Somebody pressed the button that ends it.
    Goodbye,
}

#[derive(Debug, Serialize)]
struct View {
    subject: String,
    title: &'static str,
    opening: Vec<String>,
    button: &'static str,
    closing: Vec<String>,
    /// The words of the link that ends all mail; empty where there is none.
    never: &'static str,
    service: String,
    postal_address: String,
    base_url: String,
    confirm_url: String,
    unsubscribe_url: String,
    look: Look,
}

/// Writes a letter. Same inputs, same bytes.
///
/// # Errors
/// A text with a character that may not be mailed.
pub fn letter(service: &ServiceFacts<'_>, occasion: Occasion<'_>) -> Result<Rendered, RenderError> {
    let mut view = view(service, occasion);
    let fields = super::edition::checked(&view)?;
    let nonce = Nonce::absent_from(&format!("{fields}{HTML}"));
    view.confirm_url = Nonce::mark(nonce.as_str(), Slot::ConfirmUrl);
    view.unsubscribe_url = Nonce::mark(nonce.as_str(), Slot::UnsubscribeUrl);
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape::html);
    let html = engine.render_template(HTML, &view).map_err(|error| super::edition::template_error(&error))?;
    Ok(Rendered { html: nonce.cut(&html), text: nonce.cut(&plain(&view)), subject: view.subject })
}

const HTML: &str = include_str!("letter.html.hbs");

fn view(service: &ServiceFacts<'_>, occasion: Occasion<'_>) -> View {
    let name = service.name;
    let (subject, title, opening, button, closing, never) = match occasion {
        Occasion::Subscribe(bands) => (
            format!("Please confirm: {name}"),
            "Do you want these emails?",
            vec![
                format!(
                    "Somebody asked us to send our online-safety activities to this address: one email a fortnight, for {}.",
                    bands_phrase(bands)
                ),
                "If you want them, open the page behind this button. There is one more button on it.".to_owned(),
            ],
            "Confirm the subscription",
            vec!["The link works once, for 7 days. If it was not you, do nothing, and nothing more will come.".to_owned()],
            "Do not ask me again",
        ),
        Occasion::Bands(bands) => (
            "Please confirm the new age groups".to_owned(),
            "Do you want other age groups?",
            vec![
                format!(
                    "Somebody who has one of your emails from us asked for other age groups. From then on you would get \
                     activities for {}.",
                    bands_phrase(bands)
                ),
                "If you want that, open the page behind this button. There is one more button on it.".to_owned(),
            ],
            "Confirm the age groups",
            vec!["The link works once, for 7 days. If it was not you, do nothing, and everything stays as it is.".to_owned()],
            "Stop all emails from us",
        ),
        Occasion::Goodbye => (
            "You will get no more of these emails".to_owned(),
            "You are off the list",
            vec![
                format!("This address gets no more emails from {name}. One that is on its way already may still arrive."),
                "Was it somebody else, with a copy of an email that you passed on? Then open the page behind this button, \
                 and everything goes on as before."
                    .to_owned(),
            ],
            "Undo: send the emails again",
            vec!["The link works once, for 14 days. If you do nothing, you stay off the list.".to_owned()],
            "",
        ),
    };
    View {
        subject,
        title,
        opening,
        button,
        closing,
        never,
        service: name.to_owned(),
        postal_address: service.postal_address.to_owned(),
        base_url: service.base_url.to_owned(),
        confirm_url: String::new(),
        unsubscribe_url: String::new(),
        look: LOOK,
    }
}

fn plain(view: &View) -> String {
    let mut parts = vec![text::underlined(view.title, "=", text::WIDTH).trim_end().to_owned()];
    parts.extend(view.opening.iter().map(|words| text::paragraph(words)));
    parts.push(format!("{}:\n{}", view.button, view.confirm_url));
    parts.extend(view.closing.iter().map(|words| text::paragraph(words)));
    if !view.never.is_empty() {
        parts.push(format!("{}:\n{}", view.never, view.unsubscribe_url));
    }
    parts.push(format!("Sent by {}\n{}\n{}/", view.service, view.postal_address, view.base_url));
    let mut out: Vec<String> = parts.iter().map(|part| part.trim_end().to_owned()).collect();
    out.push(String::new());
    out.join("\n\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::band::Bands;

    #[test]
    fn every_letter_has_its_links_whole_and_its_sender() {
        let bands = Bands::shipped();
        let some: Vec<&Band> = bands.iter().take(2).collect();
        let service = ServiceFacts {
            name: "Safety & “Home”",
            postal_address: "1 High Street",
            base_url: "https://a.example",
            reply_to: None,
        };
        for (occasion, leaves) in
            [(Occasion::Subscribe(&some), true), (Occasion::Bands(&some), true), (Occasion::Goodbye, false)]
        {
            let rendered = letter(&service, occasion).unwrap();
            for body in [&rendered.html, &rendered.text] {
                assert!(body.has(Slot::ConfirmUrl), "{occasion:?}");
                assert_eq!(body.has(Slot::UnsubscribeUrl), leaves, "{occasion:?}");
                let whole = body.fill(|slot| slot.name().to_owned());
                assert!(whole.contains("1 High Street") && whole.contains("https://a.example/"), "{whole}");
            }
            let html = rendered.html.fill(|slot| slot.name().to_owned());
            assert!(html.contains("href=\"confirm_url\"") && html.contains("Safety &amp; “Home”"), "{html}");
            assert_eq!(rendered, letter(&service, occasion).unwrap());
        }
    }
}
