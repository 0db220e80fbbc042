//! Transactional mail: confirmations and good-byes. Nothing in it is what the person asking typed.

use handlebars::Handlebars;
use serde::Serialize;

use super::wording::bands_phrase;
use crate::domain::band::Band;
use crate::domain::rendered::{Rendered, Slot};
use crate::render::error::RenderError;
use crate::render::issue::ServiceInfo;
use crate::render::palette::{Look, look};
use crate::render::prose::{escape, text};
use crate::render::templates::slot_markers::Nonce;
use crate::render::templates::{checked_fields, template_error};

/// What such a mail says.
#[derive(Debug, Clone, Copy)]
pub enum TransactionalText<'a> {
    /// Someone asked for the digests.
    ConfirmSubscription(&'a [&'a Band]),
    /// Someone asked for other bands.
    ConfirmBands(&'a [&'a Band]),
    /// Someone pressed the button that ends it.
    Goodbye,
}

#[derive(Debug, Serialize)]
struct View {
    #[serde(flatten)]
    words: Words,
    service: String,
    postal_address: String,
    base_url: String,
    footer: String,
    privacy_url: String,
    confirm_url: String,
    unsubscribe_url: String,
    look: Look,
}

#[derive(Debug, Serialize)]
struct Words {
    subject: String,
    title: &'static str,
    opening: Vec<String>,
    button: &'static str,
    closing: &'static [&'static str],
    /// The words of the link that ends all mail; empty where there is none.
    never: &'static str,
}

/// Writes the mail. Same inputs, same bytes.
///
/// # Errors
/// A text with a character that may not be mailed.
pub fn render_transactional(service: &ServiceInfo<'_>, mail: TransactionalText<'_>) -> Result<Rendered, RenderError> {
    let mut view = view(service, mail);
    let fields = checked_fields(&view)?;
    let nonce = Nonce::absent_from(&format!("{fields}{HTML}"));
    view.confirm_url = Nonce::marker(nonce.as_str(), Slot::ConfirmUrl);
    view.unsubscribe_url = Nonce::marker(nonce.as_str(), Slot::UnsubscribeUrl);
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape::html);
    let html = engine.render_template(HTML, &view).map_err(|error| template_error(&error))?;
    let text = nonce.cut(&plain(&view));
    Ok(Rendered { html: nonce.cut(&html), text, subject: view.words.subject, pictures: Vec::new() })
}

const HTML: &str = include_str!("transactional.html.hbs");

fn view(service: &ServiceInfo<'_>, mail: TransactionalText<'_>) -> View {
    View {
        words: match mail {
            TransactionalText::ConfirmSubscription(bands) => confirm_subscription(service.name, bands),
            TransactionalText::ConfirmBands(bands) => confirm_bands(bands),
            TransactionalText::Goodbye => goodbye(service.name),
        },
        service: service.name.to_owned(),
        postal_address: service.postal_address.to_owned(),
        base_url: service.base_url.to_owned(),
        footer: service.face.footer.to_owned(),
        privacy_url: service.face.privacy_url.to_owned(),
        confirm_url: String::new(),
        unsubscribe_url: String::new(),
        look: look(service.face.colour),
    }
}

fn confirm_subscription(service: &str, bands: &[&Band]) -> Words {
    Words {
        subject: format!("Please confirm: {service}"),
        title: "Do you want these emails?",
        opening: vec![
            format!(
                "Someone asked us to send our online-safety activities to this address: one email a fortnight, for {}.",
                bands_phrase(bands)
            ),
            "If you want them, open the page behind this button. There is one more button on it.".to_owned(),
        ],
        button: "Confirm the subscription",
        closing: &["The link works once, for 7 days. If it was not you, do nothing, and nothing more will come."],
        never: "Do not ask me again",
    }
}

fn confirm_bands(bands: &[&Band]) -> Words {
    Words {
        subject: "Please confirm the new age groups".to_owned(),
        title: "Do you want other age groups?",
        opening: vec![
            format!(
                "Someone who has one of your emails from us asked for other age groups. From then on you would get \
                 activities for {}.",
                bands_phrase(bands)
            ),
            "If you want that, open the page behind this button. There is one more button on it.".to_owned(),
        ],
        button: "Confirm the age groups",
        closing: &["The link works once, for 7 days. If it was not you, do nothing, and everything stays as it is."],
        never: "Stop all emails from us",
    }
}

fn goodbye(service: &str) -> Words {
    Words {
        subject: "You will get no more of these emails".to_owned(),
        title: "You are off the list",
        opening: vec![
            format!(
                "This address gets no more emails from {service}. One that is on its way already may still arrive."
            ),
            "Was it someone else, with a copy of an email that you passed on? Then open the page behind this button, \
             and everything goes on as before."
                .to_owned(),
        ],
        button: "Undo: send the emails again",
        closing: &["The link works once, for 14 days. If you do nothing, you stay off the list."],
        never: "",
    }
}

fn plain(view: &View) -> String {
    let words = &view.words;
    let mut parts = vec![text::underlined(words.title, "=", text::WIDTH)];
    parts.extend(words.opening.iter().map(|words| text::paragraph(words)));
    parts.push(format!("{}:\n{}", words.button, view.confirm_url));
    parts.extend(words.closing.iter().map(|words| text::paragraph(words)));
    if !words.never.is_empty() {
        parts.push(format!("{}:\n{}", words.never, view.unsubscribe_url));
    }
    if !view.privacy_url.is_empty() {
        parts.push(format!("Our privacy notice:\n{}", view.privacy_url));
    }
    parts.push(format!("Sent by {}\n{}\n{}/", view.service, view.postal_address, view.base_url));
    if !view.footer.is_empty() {
        parts.push(text::paragraph(&view.footer));
    }
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::band::Bands;
    use crate::render::issue::Face;

    #[test]
    fn every_mail_has_its_links_whole_and_its_sender() {
        let bands = Bands::shipped();
        let some: Vec<&Band> = bands.iter().take(2).collect();
        let service = ServiceInfo {
            name: "Safety & “Home”",
            postal_address: "1 High Street",
            base_url: "https://a.example",
            reply_to: None,
            face: Face::default(),
        };
        for (mail, leaves) in [
            (TransactionalText::ConfirmSubscription(&some), true),
            (TransactionalText::ConfirmBands(&some), true),
            (TransactionalText::Goodbye, false),
        ] {
            let rendered = render_transactional(&service, mail).unwrap();
            for body in [&rendered.html, &rendered.text] {
                assert!(body.has(Slot::ConfirmUrl), "{mail:?}");
                assert_eq!(body.has(Slot::UnsubscribeUrl), leaves, "{mail:?}");
                let whole = body.fill(|slot| slot.name().to_owned());
                assert!(whole.contains("1 High Street") && whole.contains("https://a.example/"), "{whole}");
            }
            let html = rendered.html.fill(|slot| slot.name().to_owned());
            assert!(html.contains("href=\"confirm_url\"") && html.contains("Safety &amp; “Home”"), "{html}");
            assert_eq!(rendered, render_transactional(&service, mail).unwrap());
        }
    }
}
