//! Invented pages with every field filled, and with none that may be empty: what the web's templates are tried with.

use serde_json::{Value, json};

use super::super::error::RenderError;
use super::super::sample::Sample;
use super::super::templates::Templates;
use super::{Brief, Choice, EditionPage, Link, Message, Page, activity, edition, embed, feed_item, front, message};
use super::{EditionView, Filter, Label, Shell, feeds, whole};

/// The fields that a page's template may name.
pub(in crate::render) fn fields_of(page: Page) -> Value {
    let sample = Sample::new(true);
    let issue = sample.issue();
    let shell = || {
        let some = Shell::new(&issue.service, "Sample", "Sample").with_exit();
        let (canonical, feeds) = (issue.service.base_url.to_owned(), feeds(issue.service.base_url));
        Shell { canonical, feeds, css_class: "edition", is_private: true, ..some }
    };
    match page {
        Page::Front => json!({
            "shell": shell(), "latest": [brief()], "past": [brief()], "feeds": feeds("x"), "example": "x",
            "snippet_fixed": "x", "snippet_growing": "x",
            "help": whole(&issue, &sample.bands).map(|view| json!(view.help)).unwrap_or_default(),
        }),
        Page::Edition | Page::Activity | Page::Feed => {
            let view = whole(&issue, &sample.bands).expect("the sample has an activity for every band");
            let filter = Filter { label: "Ages".to_owned(), url: "x".to_owned(), is_current: true };
            let withdrawn = vec![Label { label: "Ages".to_owned() }];
            json!(EditionView { shell: shell(), filters: vec![filter], withdrawn, edition_url: "x".to_owned(), view })
        }
        Page::Embed => json!({ "shell": shell(), "items": [brief()], "paragraphs": ["x"] }),
        Page::Message => {
            let mut fields = json!(words());
            fields["shell"] = json!(shell());
            fields
        }
    }
}

/// Renders every page, full and sparse.
pub(in crate::render) fn try_out(templates: &Templates) -> Result<(), RenderError> {
    for full in [true, false] {
        let sample = Sample::new(full);
        let issue = sample.issue();
        let some = |brief: Brief| if full { vec![brief] } else { Vec::new() };
        front(templates, &issue.service, full.then(brief), some(brief()), issue.help)?;
        let bands = issue.cards.iter().map(|card| card.band).collect();
        let withdrawn = if full { sample.bands.iter().collect() } else { Vec::new() };
        edition(templates, &EditionPage { issue: &issue, bands, is_filtered: full, withdrawn }, &sample.bands)?;
        activity(templates, &issue, "Ages 4 to 5", &sample.bands)?;
        feed_item(templates, &issue, &sample.bands)?;
        embed(templates, &issue.service, some(brief()), &[])?;
        embed(templates, &issue.service, Vec::new(), &["Sample".to_owned()])?;
        let words = if full { words() } else { Message { title: "Sample".to_owned(), ..Message::default() } };
        message(templates, &issue.service, &words)?;
    }
    Ok(())
}

fn brief() -> Brief {
    let link =
        Link { age: "Ages".to_owned(), title: "Sample".to_owned(), url: "https://fortnightly.example".to_owned() };
    let words = || "Sample".to_owned();
    Brief { number: 1, title: words(), date: words(), url: link.url.clone(), cards: vec![link] }
}

fn words() -> Message {
    let words = || "Sample".to_owned();
    Message {
        title: words(),
        paragraphs: vec![words()],
        question: words(),
        choices: vec![Choice { value: words(), label: words(), is_ticked: true }],
        button: words(),
        links: brief().cards,
        has_exit: true,
    }
}
