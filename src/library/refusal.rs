//! What Markdown may not be used for here, and what to write instead.

use pulldown_cmark::{CodeBlockKind, Event, Tag};

/// A code, what was found, and what to write instead.
type Refusal = (&'static str, &'static str, &'static str);

/// Says why an event that no reader understood may not stand where it does.
pub(super) fn refusal(event: &Event<'_>) -> Refusal {
    match event {
        Event::Start(tag) => start(tag),
        Event::Html(html) | Event::InlineHtml(html) => html_refusal(html),
        Event::Rule => ("rule", "a line across the page cannot be shown", "take it out; a ### heading divides a part"),
        Event::Code(_) => ("code", "text between backticks (`) cannot be shown", "use “quotation marks” or **stress**"),
        Event::FootnoteReference(_) => ("footnote", "a footnote cannot be shown", "say it in the sentence"),
        Event::TaskListMarker(_) => ("task-list", "a tick box cannot be shown", "write a plain list: - one thing"),
        _ => ("markdown", "this cannot be shown in a digest", "write it as plain sentences or a list"),
    }
}

fn start(tag: &Tag<'_>) -> Refusal {
    match tag {
        Tag::Heading { .. } => (
            "heading",
            "a heading of this level may not stand here",
            "divide a part with ### headings, outside lists and quotations",
        ),
        Tag::CodeBlock(CodeBlockKind::Indented) => (
            "code",
            "lines that begin with four spaces are taken for program code",
            "take the spaces away; below a list item, indent by two spaces only",
        ),
        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
            ("code", "program code (between ``` lines) cannot be shown", "write it as a paragraph or a > quotation")
        }
        Tag::HtmlBlock => html_refusal("<"),
        Tag::Table(_) => ("table", "a table cannot be shown on a phone", "write it as a list: - **First:** …"),
        Tag::Image { .. } => (
            "image",
            "a picture cannot stand in the text",
            "name it in the front matter: [image] with file, alt and credit",
        ),
        Tag::FootnoteDefinition(_) => ("footnote", "a footnote cannot be shown", "say it in the sentence"),
        Tag::Strikethrough => ("strikethrough", "struck-out text cannot be shown", "take it out, with its ~ marks"),
        _ => ("markdown", "this cannot be shown in a digest", "write it as plain sentences or a list"),
    }
}

fn html_refusal(html: &str) -> Refusal {
    if html.starts_with("<!--") {
        return ("html", "an HTML comment may not stand here", "put notes for editors in the front matter, after a #");
    }
    (
        "html",
        "HTML may not stand here",
        "write Markdown: **stress**, [words](https://address), - list; a plain < is written &lt;",
    )
}
