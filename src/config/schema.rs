//! The JSON Schema (2020-12) of config.toml, for editors that check while one types: [`key_table`](super::key_table) in
//! another form. Dates and times are text in JSON. Rules between keys are left to `check`.

use serde_json::{Map, Value, json};

use super::key_table::ROOT;
use crate::domain::text::NAME_LIMIT;
use crate::toml_form::{Form, Key, Presence, Table};

/// The schema of the file.
pub fn schema() -> Value {
    let mut schema = object(&ROOT);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "The configuration of Fortnightly".into();
    schema["description"] =
        "config.toml. Paths are relative to it. Any value of a section may come from the environment \
                             instead, as FORTNIGHTLY__SECTION__KEY; keys that are required here may then be left out."
            .into();
    schema
}

fn object(table: &Table) -> Value {
    let keys = || table.keys.iter().filter(|key| key.is_offered());
    let properties: Map<String, Value> = keys().map(|key| (key.name.to_owned(), property(key))).collect();
    let is_required = |key: &&Key| match key.form {
        // A section within another may be left out whole.
        Form::Table(inner) => table.is_of_sections() && inner.required().next().is_some(),
        _ => key.presence == Presence::Required,
    };
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "required": keys().filter(is_required).map(|key| key.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    });
    if table.key("bands").is_some() && table.key("ages").is_some() {
        object["oneOf"] = json!([{"required": ["bands"]}, {"required": ["ages"]}]);
    }
    object
}

pub(super) fn property(key: &Key) -> Value {
    let mut property = form(&key.form);
    property["description"] = key.about.replace('`', "").into();
    if let Presence::Default(default) = key.presence {
        property["default"] = json_of(key, default);
    }
    if key.table().is_none() {
        property["examples"] = json!([json_of(key, key.example)]);
    }
    property
}

fn form(form: &Form) -> Value {
    match form {
        Form::Text { pattern: "", .. } => json!({"type": "string"}),
        Form::Text { pattern: ".", .. } => json!({"type": "string", "minLength": 1}),
        Form::Text { pattern, limit: None } => json!({"type": "string", "pattern": pattern}),
        Form::Text { pattern, limit: Some(limit) } => json!({"type": "string", "pattern": pattern, "maxLength": limit}),
        Form::Line { .. } => {
            json!({"type": "string", "pattern": "^[^\\r\\n\\t]*[^\\s][^\\r\\n\\t]*$", "maxLength": NAME_LIMIT})
        }
        Form::Words(words) => json!({"enum": words()}),
        Form::Whole { least, most } => json!({"type": "integer", "minimum": least, "maximum": most}),
        Form::Flag => json!({"type": "boolean"}),
        Form::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Form::Time => {
            json!({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?$"})
        }
        Form::Length => json!({"type": "string", "pattern": "^([0-9]+[smhd])+$"}),
        Form::List { of, least, most } => list(&self::form(of), *least, *most),
        Form::OneOrMore(of) => {
            let mut several = list(&self::form(of), 1, None);
            several["uniqueItems"] = true.into();
            json!({"anyOf": [self::form(of), several]})
        }
        Form::Table(table) => object(table),
        Form::Tables { of, least, most } => list(&object(of), *least, *most),
    }
}

fn list(items: &Value, least: usize, most: Option<usize>) -> Value {
    let mut list = json!({"type": "array", "items": items, "minItems": least});
    if let Some(most) = most {
        list["maxItems"] = most.into();
    }
    list
}

/// A value of a key as JSON. What is no value becomes null; a test looks for that.
fn json_of(key: &Key, value: &str) -> Value {
    if key.form.is_quoted() {
        return value.into();
    }
    let table: toml::Table = format!("value = {value}").parse().unwrap_or_default();
    match table.get("value") {
        Some(toml::Value::Datetime(moment)) => moment.to_string().into(),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}
