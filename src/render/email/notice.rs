//! Mail to operators, laid out as text and as HTML: no pictures, and nothing that differs per reader.

use handlebars::Handlebars;
use serde::Serialize;

use crate::domain::notice::{NoticeText, Part, Row};
use crate::domain::rendered::{Body, Piece, Rendered};
use crate::domain::text::{check_characters, one_line};
use crate::render::error::RenderError;
use crate::render::issue::ServiceInfo;
use crate::render::palette::{Look, look};
use crate::render::prose::{escape, text};
use crate::render::templates::{checked_fields, template_error};

const HTML: &str = include_str!("notice.html.hbs");

#[derive(Debug, Serialize)]
struct View {
    subject: String,
    title: String,
    parts: Vec<PartView>,
    button: Option<ButtonView>,
    closing: Vec<String>,
    service: String,
    postal_address: String,
    base_url: String,
    look: Look,
}

#[derive(Debug, Serialize)]
struct ButtonView {
    words: String,
    url: String,
}

/// One part: exactly one of these is there.
#[derive(Debug, Default, Serialize)]
struct PartView {
    heading: Option<String>,
    paragraph: Option<String>,
    list: Option<Vec<String>>,
    table: Option<Vec<RowView>>,
}

#[derive(Debug, Serialize)]
struct RowView {
    name: String,
    value: String,
    more: String,
}

/// Writes the mail. Same inputs, same bytes. What a relay or a person said is shown without characters that may not be mailed.
///
/// # Errors
/// When the service's own name or address has such a character.
pub fn render_notice(service: &ServiceInfo<'_>, notice: &NoticeText) -> Result<Rendered, RenderError> {
    let view = view(service, notice);
    let fields = checked_fields(&view)?;
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape::html);
    let html = engine.render_template(HTML, &fields).map_err(|error| template_error(&error))?;
    let whole = |text: String| Body(vec![Piece::Literal(text)]);
    Ok(Rendered { html: whole(html), text: whole(plain(&view)), subject: view.subject, pictures: Vec::new() })
}

fn view(service: &ServiceInfo<'_>, notice: &NoticeText) -> View {
    let button = |(words, url): &(String, String)| ButtonView { words: mailable(words), url: mailable(url) };
    View {
        subject: mailable(&notice.subject),
        title: mailable(&notice.title),
        parts: notice.parts.iter().map(part).collect(),
        button: notice.button.as_ref().map(button),
        closing: notice.closing.iter().map(|words| mailable(words)).collect(),
        service: service.name.to_owned(),
        postal_address: service.postal_address.to_owned(),
        base_url: service.base_url.to_owned(),
        look: look(service.face.colour),
    }
}

fn part(part: &Part) -> PartView {
    let row = |Row { name, value, more }: &Row| RowView {
        name: mailable(name),
        value: mailable(value),
        more: mailable(more),
    };
    match part {
        Part::Heading(words) => PartView { heading: Some(mailable(words)), ..PartView::default() },
        Part::Paragraph(words) => PartView { paragraph: Some(mailable(words)), ..PartView::default() },
        Part::List(lines) => {
            PartView { list: Some(lines.iter().map(|line| mailable(line)).collect()), ..PartView::default() }
        }
        Part::Table(rows) => PartView { table: Some(rows.iter().map(row).collect()), ..PartView::default() },
    }
}

/// One line of what may be mailed.
fn mailable(words: &str) -> String {
    one_line(words).chars().filter(|c| check_characters(c.encode_utf8(&mut [0; 4])).is_ok()).collect()
}

fn plain(view: &View) -> String {
    let mut parts = vec![text::underlined(&view.title, "=", text::WIDTH)];
    parts.extend(view.parts.iter().map(plain_part));
    parts.extend(view.button.as_ref().map(|button| format!("{}:\n{}", button.words, button.url)));
    parts.extend(view.closing.iter().map(|words| text::paragraph(words)));
    parts.push(format!("Sent by {}\n{}\n{}/", view.service, view.postal_address, view.base_url));
    parts.join("\n\n") + "\n"
}

fn plain_part(part: &PartView) -> String {
    let heading = part.heading.as_ref().map(|words| text::underlined(words, "-", text::WIDTH));
    let paragraph = part.paragraph.as_ref().map(|words| text::paragraph(words));
    let item = |words: &String| text::paragraph(&format!("- {words}"));
    let list = part.list.as_ref().map(|lines| lines.iter().map(item).collect::<Vec<_>>().join("\n"));
    let row = |RowView { name, value, more }: &RowView| {
        let more = if more.is_empty() { String::new() } else { format!(" ({more})") };
        text::paragraph(&format!("- {name}: {value}{more}"))
    };
    let table = part.table.as_ref().map(|rows| rows.iter().map(row).collect::<Vec<_>>().join("\n"));
    heading.or(paragraph).or(list).or(table).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::issue::Face;

    fn service() -> ServiceInfo<'static> {
        ServiceInfo {
            name: "Safety & “Home”",
            postal_address: "1 High Street",
            base_url: "https://a.example",
            reply_to: None,
            face: Face::default(),
        }
    }

    #[test]
    fn what_others_said_is_shown_as_text_and_without_characters_that_may_not_be_mailed() {
        let row = Row { name: "Ages 4 to 5".to_owned(), value: "<b>7</b>".to_owned(), more: String::new() };
        let notice = NoticeText {
            subject: "Edition 7 is held".to_owned(),
            title: "Edition 7 is held".to_owned(),
            parts: vec![
                Part::Heading("Why".to_owned()),
                Part::Paragraph("It said: “550 <script>\u{1b}[31m\u{202e}no\r\nBcc: x”.".to_owned()),
                Part::List(vec!["one".to_owned()]),
                Part::Table(vec![row]),
            ],
            button: Some(("Open the console".to_owned(), "https://c.example/editions/7".to_owned())),
            closing: vec!["The end.".to_owned()],
        };
        let rendered = render_notice(&service(), &notice).unwrap();
        let [html, text] = [&rendered.html, &rendered.text].map(|body| body.fill(|_| String::new()));
        assert!(html.contains("550 &lt;script&gt;[31mno Bcc: x") && html.contains("&lt;b&gt;7&lt;/b&gt;"), "{html}");
        assert!(
            html.contains("href=\"https://c.example/editions/7\"") && html.contains("Safety &amp; “Home”"),
            "{html}"
        );
        assert!(text.contains("550 <script>[31mno Bcc: x") && text.contains("- Ages 4 to 5: <b>7</b>\n"), "{text}");
        assert_eq!(rendered, render_notice(&service(), &notice).unwrap());
    }
}
