//! The console's pages: templates that are compiled in, because they belong to the program and not to an organisation.

use std::sync::LazyLock;

use handlebars::{Handlebars, handlebars_helper};
use include_dir::{Dir, include_dir};
use serde::Serialize;
use serde_json::Value;

use super::error::RenderError;
use super::prose::escape;
use super::templates::{helpers, template_error};
use crate::domain::colour::BrandColour;
use crate::domain::text::check_characters;

/// The style sheet of every page, in our own colour.
pub const STYLE: &str = include_str!("console/style.css");

/// What keeps figures up to date while someone looks. Every page works without it.
pub const SCRIPT: &str = include_str!("console/live.js");

/// What checks and shows a text while someone writes it. The page works without it: there's a button that does the same.
pub const WRITING_SCRIPT: &str = include_str!("console/writing.js");

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/render/console");

/// A page's or a part's file name, without `.hbs`, is its name here.
static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.set_prevent_indent(true);
    registry.register_escape_fn(escape::html);
    helpers::register(&mut registry);
    registry.register_helper("grouped", Box::new(grouped));
    registry.register_helper("counted", Box::new(counted));
    for file in FILES.files() {
        let name = file.path().to_str().and_then(|name| name.strip_suffix(".hbs"));
        let (Some(name), Some(text)) = (name, file.contents_utf8()) else { continue };
        registry.register_template_string(name, text).expect("a test reads every template");
    }
    registry
});

handlebars_helper!(grouped: |number: u64| crate::domain::text::lists::grouped(number));

// `{{counted 1 "mailbox" "mailboxes"}}`: one is not many.
handlebars_helper!(counted: |number: u64, one: str, many: str| {
    format!("{} {}", crate::domain::text::lists::grouped(number), if number == 1 { one } else { many })
});

/// The style sheet of every page; the bar at the top has the organisation's colour.
pub fn style(brand: Option<BrandColour>) -> String {
    let Some(brand) = brand else { return STYLE.to_owned() };
    let (light, dark) = (brand.in_light(), brand.area_in_dark());
    format!(
        "{STYLE}\n:root {{ --brand: {light}; }}\n@media (prefers-color-scheme: dark) {{ :root {{ --brand: {dark}; }} }}\n"
    )
}

/// Fills in the page `name`, such as `now.html`. Characters that change the direction of what follows, or that no screen shows,
/// are replaced: what relays and strangers write is shown here too.
///
/// # Errors
/// A template that does not fit its view.
///
/// # Panics
/// Never: a view has only texts, numbers and lists.
pub fn page(name: &str, view: &impl Serialize) -> Result<String, RenderError> {
    let mut fields = serde_json::to_value(view).expect("the view has only texts, numbers and lists");
    show_as_text(&mut fields);
    TEMPLATES.render(name, &fields).map_err(|error| template_error(&error))
}

fn show_as_text(value: &mut Value) {
    match value {
        Value::String(text) if text.split('\n').any(|line| check_characters(line).is_err()) => {
            *text = text.chars().map(|one| if is_shown(one) { one } else { char::REPLACEMENT_CHARACTER }).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(show_as_text),
        Value::Object(fields) => fields.values_mut().for_each(show_as_text),
        _ => {}
    }
}

fn is_shown(one: char) -> bool {
    one == '\n' || check_characters(one.encode_utf8(&mut [0; 4])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        assert!(TEMPLATES.get_templates().len() > 3);
    }

    #[test]
    fn what_strangers_write_stays_text() {
        let mut value = serde_json::json!({ "reply": ["550 \u{202e}gnp.exe\u{1b}[2J\u{0}", "two\nlines"] });
        show_as_text(&mut value);
        assert_eq!(value, serde_json::json!({ "reply": ["550 \u{fffd}gnp.exe\u{fffd}[2J\u{fffd}", "two\nlines"] }));
    }
}
