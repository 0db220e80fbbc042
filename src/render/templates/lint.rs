//! Checks every path, helper, partial and slot in the templates against the fields that exist.
//!
//! Handlebars' strict mode lets several missing names pass (stock `if`, `each … else`, partial parameters), and it
//! only looks at what one render happens to reach. This walk reaches every branch.

use std::collections::BTreeMap;
use std::rc::Rc;

use handlebars::Template;
use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use serde_json::Value;

use super::{bounds, helpers};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::rendered::Slot;
use crate::domain::text::suggest::nearest;
use crate::render::error::Part;

/// One template file, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its path, for messages.
    pub(crate) file: String,
    pub(crate) template: Template,
}

/// Where a slot stands in the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotUse {
    pub(crate) slot: Slot,
    pub(crate) part: Part,
    pub(crate) file: String,
    pub(crate) place: Place,
}

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// What the walk found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) slots: Vec<SlotUse>,
}

/// More errors than anyone mends in one go.
const MOST_ERRORS: usize = 100;

struct Walk<'a> {
    sources: &'a BTreeMap<String, Source>,
    root: &'a Value,
    part: Part,
    found: &'a mut Findings,
    /// What rendering comes to, as far as it was looked at (see [`bounds::COST`]).
    cost: usize,
}

/// What names refer to at one point of a template.
#[derive(Clone)]
struct Scope<'a> {
    file: &'a str,
    this: Rc<Value>,
    in_each: bool,
    /// The partials that include this point.
    inside: Vec<&'a str>,
    /// Blocks and partials around it.
    depth: usize,
    /// How often one rendering comes by.
    rounds: usize,
}

/// Walks `main` and whatever it includes. `sample` is a view with every field and at least one item in every list.
pub(crate) fn lint(
    sources: &BTreeMap<String, Source>,
    main: &Source,
    part: Part,
    sample: &Value,
    found: &mut Findings,
) {
    let scope = Scope {
        file: &main.file,
        this: Rc::new(sample.clone()),
        in_each: false,
        inside: Vec::new(),
        depth: 0,
        rounds: 1,
    };
    let mut walk = Walk { sources, root: sample, part, found, cost: 0 };
    walk.template(&main.template, &scope, (1, 1));
    if walk.cost > bounds::COST {
        let finding = Diagnostic::error("template-bounds", "comes to far too much with all that it includes");
        let help = "look for partials that are included over and over, and for “each” inside “each”";
        found.errors.push(finding.in_file(&main.file).help(help));
    }
}

impl<'a> Walk<'a> {
    fn report(&mut self, scope: &Scope<'_>, place: Place, code: &'static str, message: String, help: Option<String>) {
        let mut finding = Diagnostic::error(code, message).in_file(scope.file);
        (finding.line, finding.column, finding.help) = (Some(place.0), Some(place.1), help);
        let known = |other: &Diagnostic| {
            (&other.file, other.line, other.column, &other.message)
                == (&finding.file, finding.line, finding.column, &finding.message)
        };
        if !self.found.errors.iter().any(known) {
            self.found.errors.push(finding);
        }
    }

    /// Counts `parts` as often as one rendering comes by; false when it is too much in all, or enough was found.
    fn affords(&mut self, parts: usize, scope: &Scope<'_>) -> bool {
        self.cost = self.cost.saturating_add(parts.saturating_mul(scope.rounds));
        self.cost <= bounds::COST && self.found.errors.len() < MOST_ERRORS
    }

    fn template(&mut self, template: &Template, scope: &Scope<'a>, outer: Place) {
        if scope.depth > bounds::DEPTH {
            let message = "has too many blocks and partials inside one another".to_owned();
            return self.report(scope, outer, "template-bounds", message, None);
        }
        for (at, element) in template.elements.iter().enumerate() {
            let place = template.mapping.get(at).map_or(outer, |place| (place.0, place.1));
            let literal = if let TemplateElement::RawString(text) = element { text.len() } else { 0 };
            if !self.affords(1 + literal / bounds::LITERAL, scope) {
                return;
            }
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(call) => self.expression(call, scope, place, false),
                TemplateElement::HtmlExpression(call) => self.expression(call, scope, place, true),
                TemplateElement::HelperBlock(call) => self.block(call, scope, place),
                TemplateElement::PartialExpression(call) => self.partial(call, scope, place),
                _ => self.report(
                    scope,
                    place,
                    "template-syntax",
                    "partial blocks and decorators are not supported here".to_owned(),
                    Some("write a partial in partials/ and include it with {{> name}}".to_owned()),
                ),
            }
        }
    }

    fn expression(&mut self, call: &HelperTemplate, scope: &Scope<'_>, place: Place, raw: bool) {
        let name = call.name.as_name().unwrap_or_default();
        if call.params.is_empty() && call.hash.is_empty() && !helpers::NAMES.contains(&name) {
            return self.output(name, scope, place, raw);
        }
        match name {
            "slot" => self.slot(call, scope, place),
            // It writes its text as it is, so it has no place in HTML.
            "heading" if self.part == Part::Html => self.unknown_helper(name, scope, place),
            "heading" => self.parameters(&call.params, scope, place),
            "if" | "unless" | "each" | "wrap" => self.report(
                scope,
                place,
                "template-syntax",
                format!("“{name}” opens a block"),
                Some(format!("write {{{{#{name} …}}}} … {{{{/{name}}}}}")),
            ),
            _ => self.unknown_helper(name, scope, place),
        }
    }

    fn block(&mut self, call: &HelperTemplate, scope: &Scope<'a>, place: Place) {
        let name = call.name.as_name().unwrap_or_default();
        let mut inner = Scope { depth: scope.depth + 1, ..scope.clone() };
        match name {
            "if" | "unless" | "each" if call.params.len() != 1 => {
                let message = format!("“{name}” takes one field");
                self.report(scope, place, "template-syntax", message, None);
            }
            "if" | "unless" => self.parameters(&call.params, scope, place),
            "wrap" if self.part == Part::Text => {}
            "each" => match self.value(&call.params[0], scope, place) {
                Some(Value::Array(items)) => {
                    inner.this = Rc::new(items.into_iter().next().unwrap_or_default());
                    inner.in_each = true;
                    inner.rounds = inner.rounds.saturating_mul(bounds::LOOP);
                }
                Some(_) => {
                    let message = "“each” needs a list".to_owned();
                    return self.report(scope, place, "template-path", message, None);
                }
                None => return,
            },
            _ => return self.unknown_helper(name, scope, place),
        }
        if let Some(body) = &call.template {
            self.template(body, &inner, place);
        }
        if let Some(body) = &call.inverse {
            let inner = Scope { depth: scope.depth + 1, ..scope.clone() };
            self.template(body, &inner, place);
        }
    }

    fn partial(&mut self, call: &DecoratorTemplate, scope: &Scope<'a>, place: Place) {
        let name = call.name.as_name().unwrap_or_default();
        let Some((name, source)) = self.sources.get_key_value(name) else {
            let help = nearest(name, self.sources.keys().map(String::as_str)).map_or_else(
                || format!("add the file partials/{name}.hbs"),
                |near| format!("did you mean {{{{> {near}}}}}?"),
            );
            let message = format!("there is no partial “{name}”");
            return self.report(scope, place, "template-partial", message, Some(help));
        };
        if scope.inside.contains(&name.as_str()) {
            let message = format!("the partial “{name}” includes itself");
            return self.report(scope, place, "template-partial", message, None);
        }
        let mut inner = Scope { file: &source.file, depth: scope.depth + 1, ..scope.clone() };
        inner.inside.push(name);
        if let Some(parameter) = call.params.first() {
            let Some(value) = self.value(parameter, scope, place) else { return };
            inner.this = Rc::new(value);
        }
        for (key, parameter) in &call.hash {
            let value = self.value(parameter, scope, place);
            if let (Value::Object(fields), Some(value)) = (Rc::make_mut(&mut inner.this), value) {
                fields.insert(key.clone(), value);
            }
        }
        // A value that is handed on within itself doubles at every partial.
        if call.hash.is_empty() || self.affords(size(&inner.this), scope) {
            self.template(&source.template, &inner, (1, 1));
        }
    }

    fn slot(&mut self, call: &HelperTemplate, scope: &Scope<'_>, place: Place) {
        let name = match call.params.as_slice() {
            [Parameter::Literal(Value::String(name))] if call.hash.is_empty() => name.as_str(),
            _ => "",
        };
        if let Some(slot) = helpers::slot_named(name) {
            let found = SlotUse { slot, part: self.part, file: scope.file.to_owned(), place };
            // A partial may be part of several mails.
            if !self.found.slots.contains(&found) {
                self.found.slots.push(found);
            }
            return;
        }
        let names: Vec<String> =
            Slot::OF_DIGESTS.iter().map(|slot| format!("{{{{slot \"{}\"}}}}", slot.name())).collect();
        let message = format!("there is no slot “{name}”");
        self.report(scope, place, "template-slot", message, Some(format!("write one of {}", names.join(", "))));
    }

    fn unknown_helper(&mut self, name: &str, scope: &Scope<'_>, place: Place) {
        let usable =
            helpers::NAMES.iter().copied().filter(|name| self.part == Part::Text || !helpers::TEXT_ONLY.contains(name));
        let help = nearest(name, usable.clone()).map_or_else(
            || format!("the helpers are {}", usable.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean “{near}”?"),
        );
        self.report(scope, place, "template-helper", format!("there is no helper “{name}” here"), Some(help));
    }

    /// A field that is printed: it must be a single value, with the number of braces that its kind needs.
    fn output(&mut self, path: &str, scope: &Scope<'_>, place: Place, raw: bool) {
        let Some(value) = self.resolve(path, scope, place) else { return };
        if matches!(value, Value::Object(_) | Value::Array(_)) {
            let help = Some(format!("name one of: {}", fields(&value)));
            return self.report(scope, place, "template-path", format!("“{path}” is not a single value"), help);
        }
        let ready = path.ends_with("_prose");
        if self.part == Part::Html && ready != raw {
            let (what, braces) = if ready { ("is ready-made HTML", "three") } else { ("must be escaped", "two") };
            let help = Some(format!("write it between {braces} braces"));
            self.report(scope, place, "template-braces", format!("“{path}” {what}"), help);
        }
    }

    fn parameters(&mut self, list: &[Parameter], scope: &Scope<'_>, place: Place) {
        for parameter in list {
            self.value(parameter, scope, place);
        }
    }

    fn value(&mut self, parameter: &Parameter, scope: &Scope<'_>, place: Place) -> Option<Value> {
        match parameter {
            Parameter::Literal(value) => Some(value.clone()),
            Parameter::Subexpression(_) => {
                let message = "expressions in brackets are not supported here".to_owned();
                self.report(scope, place, "template-syntax", message, None);
                None
            }
            path => self.resolve(path.as_name().unwrap_or_default(), scope, place),
        }
    }

    fn resolve(&mut self, path: &str, scope: &Scope<'_>, place: Place) -> Option<Value> {
        if path.contains("..") {
            let help = Some("write the whole path from the top: @root.theme.title".to_owned());
            self.report(scope, place, "template-path", format!("“{path}” climbs out of its block"), help);
            return None;
        }
        let (mut value, rest) = match path.strip_prefix("@root.") {
            Some(rest) => (self.root, rest),
            None if path.starts_with('@') => return self.local(path, scope, place),
            None => (&*scope.this, path.strip_prefix("this.").or(path.strip_prefix("./")).unwrap_or(path)),
        };
        for name in rest.split(['.', '/']).filter(|name| !name.is_empty() && *name != "this") {
            let Some(next) = value.get(name) else {
                let help = match value.as_object() {
                    Some(object) => nearest(name, object.keys().map(String::as_str)).map_or_else(
                        || format!("the fields here are: {}", fields(value)),
                        // The whole path, so that the hint can be pasted.
                        |near| format!("did you mean “{}”?", path.replacen(name, near, 1)),
                    ),
                    None => "this is a single value, it has no fields".to_owned(),
                };
                self.report(scope, place, "template-path", format!("there is no field “{path}”"), Some(help));
                return None;
            };
            value = next;
        }
        Some(value.clone())
    }

    fn local(&mut self, path: &str, scope: &Scope<'_>, place: Place) -> Option<Value> {
        match path {
            "@index" if scope.in_each => Some(Value::from(0)),
            "@first" | "@last" if scope.in_each => Some(Value::from(true)),
            _ => {
                let help = Some("inside “each” there are @index, @first and @last; everywhere @root".to_owned());
                self.report(scope, place, "template-path", format!("there is no “{path}” here"), help);
                None
            }
        }
    }
}

/// The values in a value, long texts counted by their length.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / bounds::LITERAL,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Value::Object(fields) => fields.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}

fn fields(value: &Value) -> String {
    let names = value.as_object().map(|object| object.keys().map(String::as_str).collect::<Vec<_>>());
    names.unwrap_or_default().join(", ")
}
