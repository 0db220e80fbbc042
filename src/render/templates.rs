//! The compiled templates, and filling one in.

pub(super) mod bounds;
mod face;
pub(super) mod helpers;
pub(super) mod lint;
pub(super) mod slot_markers;

use std::collections::BTreeMap;
use std::sync::Arc;

use handlebars::{Context, Handlebars, RenderErrorReason, no_escape};
use serde::Serialize;
use serde_json::Value;

use self::bounds::Filled;
use self::lint::Source;
use super::error::{MailKind, Part, RenderError};
use super::prose::escape;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::{TextError, check_characters};

/// The templates of digests and bulletins, `partials/*.hbs` and the pages in `web`, ready to render.
#[derive(Debug)]
pub struct Templates {
    pub(super) html: Handlebars<'static>,
    pub(super) text: Handlebars<'static>,
    pub(super) web: Handlebars<'static>,
    /// The sources of those of mails, one after the other: the nonce of a slot marker must not occur there.
    pub(super) sources: String,
    /// The same of pages.
    web_sources: String,
    /// The shipped ones, for the bulletins of a folder that lacks templates for them, when its partials don't fit.
    pub(super) shipped: ShippedBulletins,
    /// What is worth knowing about them.
    pub warnings: Vec<Diagnostic>,
}

impl Templates {
    /// Registers parsed templates with the engines. The texts are the sources of those of mails and of pages.
    pub(super) fn compile(sources: &BTreeMap<String, Source>, (of_mails, of_web): (String, String)) -> Self {
        Self {
            html: registry(sources, escape::html),
            text: registry(sources, no_escape),
            web: registry(sources, escape::html),
            sources: of_mails,
            web_sources: of_web,
            shipped: ShippedBulletins::default(),
            warnings: Vec::new(),
        }
    }

    /// Those that the mails of bulletins are made with.
    pub(super) fn of_bulletin_mails(&self) -> &Self {
        self.shipped.for_mails.as_deref().unwrap_or(self)
    }

    /// Those that the pages of bulletins are made with.
    pub(super) fn of_bulletin_pages(&self) -> &Self {
        self.shipped.for_pages.as_deref().unwrap_or(self)
    }
}

/// Shipped templates that take the place of an organisation's own, for what these can't make.
#[derive(Debug, Default)]
pub(super) struct ShippedBulletins {
    pub(super) for_mails: Option<Arc<Templates>>,
    pub(super) for_pages: Option<Arc<Templates>>,
}

fn registry(sources: &BTreeMap<String, Source>, escape: fn(&str) -> String) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.set_prevent_indent(true);
    registry.register_escape_fn(escape);
    helpers::register(&mut registry);
    for (name, source) in sources {
        registry.register_template(name, source.template.clone());
    }
    registry
}

/// The fields of a view, once every text in them may be mailed.
pub(super) fn checked_fields(view: &impl Serialize) -> Result<Value, RenderError> {
    let value = serde_json::to_value(view).expect("the view has only texts, numbers and lists");
    check_texts(&value).map_err(|(path, problem)| {
        let field = path.into_iter().rev().collect::<Vec<_>>().join(".");
        RenderError::Character { field, problem }
    })?;
    Ok(value)
}

/// The error comes with the way to the text, from its end.
fn check_texts(value: &Value) -> Result<(), (Vec<String>, TextError)> {
    let within = |name: &dyn ToString, item: &Value| {
        check_texts(item).map_err(|(mut path, problem)| {
            path.push(name.to_string());
            (path, problem)
        })
    };
    match value {
        Value::String(text) => text.split('\n').try_for_each(check_characters).map_err(|problem| (Vec::new(), problem)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| within(&at, item)),
        Value::Object(object) => object.iter().try_for_each(|(key, item)| within(key, item)),
        _ => Ok(()),
    }
}

/// The pages of `templates/web`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Front,
    Edition,
    Activity,
    Embed,
    Message,
    Feed,
    Bulletin,
}

impl Page {
    pub(super) const ALL: [Self; 7] =
        [Self::Front, Self::Edition, Self::Activity, Self::Embed, Self::Message, Self::Feed, Self::Bulletin];

    /// Its name in the engine: the file name without `.hbs`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Front => "front.html",
            Self::Edition => "edition.html",
            Self::Activity => "activity.html",
            Self::Embed => "embed.html",
            Self::Message => "message.html",
            Self::Feed => "feed.html",
            Self::Bulletin => "bulletin.html",
        }
    }
}

/// Fills in the template `name`; the fields come from [`checked_fields`].
pub(super) fn fill(engine: &Handlebars<'_>, name: &str, fields: Value) -> Result<String, RenderError> {
    let context = Context::wraps(fields).map_err(|error| template_error(&error))?;
    let mut filled = Filled::default();
    let done = engine.render_with_context_to_write(name, &context, &mut filled);
    done.map_err(|error| template_error(&error))?;
    Ok(filled.into_text())
}

/// Fills in a page.
pub(super) fn fill_page(templates: &Templates, page: Page, view: &impl Serialize) -> Result<String, RenderError> {
    fill(&templates.web, page.name(), checked_fields(view)?)
}

pub(super) fn template_error(error: &handlebars::RenderError) -> RenderError {
    RenderError::Template {
        file: error.template_name.as_deref().map(file_of).unwrap_or_default(),
        line: error.line_no,
        column: error.column_no,
        reason: match error.reason() {
            RenderErrorReason::IOError(error) => error.to_string(),
            reason => reason.to_string(),
        },
    }
}

/// Whether a template belongs to the web pages, which its extension says.
pub(super) fn is_of_web(name: &str) -> bool {
    name.rsplit('.').next() == Some("html")
}

/// The file of the template that the engine calls `name`, relative to the templates' folder.
pub(super) fn file_of(name: &str) -> String {
    let main = MailKind::ALL.iter().any(|kind| Part::ALL.iter().any(|part| kind.name(*part) == name));
    // What ends in .html is the web's.
    let web = if is_of_web(name) { "web/" } else { "" };
    let page = main || Page::ALL.iter().any(|page| page.name() == name);
    if page { format!("{web}{name}.hbs") } else { format!("{web}partials/{name}.hbs") }
}
