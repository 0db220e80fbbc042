//! Environment variables that override the file: `FORTNIGHTLY__SECTION__KEY`.

use secrecy::SecretString;

use super::key_table::ROOT;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;
use crate::toml_form::{Form, Key, Override, Place, Presence, SourceFile, Table, shown};

/// What the variables that are ours begin with.
const PREFIX: &str = "FORTNIGHTLY__";

/// Where temporary files lie (`TMPDIR`).
pub fn temp_folder() -> std::path::PathBuf {
    std::env::temp_dir()
}

/// How wide the terminal is, where someone says so (`COLUMNS`).
pub fn terminal_columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// A shorter lease of the nodes of a shared store (`FORTNIGHTLY_LEASE_MILLIS`), for tests that cannot wait as long as it is.
#[cfg(feature = "postgres")]
pub fn shorter_lease() -> Option<std::time::Duration> {
    let millis = std::env::var("FORTNIGHTLY_LEASE_MILLIS").ok()?;
    millis.parse().ok().map(std::time::Duration::from_millis)
}

/// What the environment says.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) overrides: Vec<Override>,
    pub(super) passwords: Passwords,
}

/// The passwords that it says.
#[derive(Default)]
pub(super) struct Passwords {
    /// `FORTNIGHTLY__MAIL__PASSWORD`.
    pub(super) mail: Option<SecretString>,
    /// `FORTNIGHTLY__STORE__PASSWORD`.
    pub(super) store: Option<SecretString>,
    /// `FORTNIGHTLY__WEB__OIDC__CLIENT_SECRET`.
    pub(super) oidc: Option<SecretString>,
}

impl Environment {
    /// Takes the variables that are ours and reports those that mean nothing.
    pub(super) fn read(variables: impl Iterator<Item = (String, String)>, source: &SourceFile) -> Self {
        let mut environment = Self::default();
        let mut ours: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        ours.sort();
        for (name, value) in ours {
            if let Err(diagnostic) = environment.take(&name, value) {
                source.add(Place::Variable(&name), *diagnostic);
            }
        }
        environment
    }

    /// The same, but for the store, which this argument names.
    pub(super) fn name_store(mut self, argument: &str, url: &str) -> Self {
        let place = sections().find(|table| table.bare_heading() == "store");
        if let Some((table, key)) = place.and_then(|table| Some((table, table.key("url")?))) {
            let is_url = |over: &Override| over.table.bare_heading() == "store" && over.key.name == key.name;
            self.overrides.retain(|over| !is_url(over));
            self.overrides.push(Override { table, key, variable: argument.to_owned(), text: url.to_owned() });
        }
        self
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Box<Diagnostic>> {
        let (table, key) = find(name).ok_or_else(|| unknown(name))?;
        if value.contains('\u{FFFD}') {
            let diagnostic = Diagnostic::error("not-utf8", format!("{name} is not UTF-8 text"));
            return Err(diagnostic.help("set it again from a terminal that uses UTF-8").into());
        }
        match key.presence {
            Presence::Secret if value.is_empty() => {
                let diagnostic = Diagnostic::error("bad-value", format!("{name} is empty"));
                let what = key.name.replace('_', " ");
                return Err(diagnostic.help(format!("set it to the {what}, or unset it")).into());
            }
            Presence::Secret => {
                let Passwords { mail, store, oidc } = &mut self.passwords;
                let password = match table.bare_heading() {
                    "store" => store,
                    "web.oidc" => oidc,
                    _ => mail,
                };
                *password = Some(SecretString::from(value));
            }
            Presence::NotYet => {
                let what = format!("{name} is not honoured by this version yet: unset it");
                return Err(Diagnostic::error("not-supported-yet", what).into());
            }
            _ if matches!(key.form, Form::Tables { .. } | Form::Table(_)) => {
                let diagnostic = Diagnostic::error("unknown-key", format!("{name} cannot be set in the environment"));
                return Err(diagnostic.help(format!("unset it and write {} into the file", key.example)).into());
            }
            _ => self.overrides.push(Override { table, key, variable: name.to_owned(), text: value }),
        }
        Ok(())
    }
}

/// The sections, whose keys the environment may override, and those within them.
fn sections() -> impl Iterator<Item = &'static Table> {
    ROOT.all().into_iter().skip(1).filter(|table| !table.is_list())
}

/// How a section is written in a variable: `WEB__OIDC`.
fn section_name(table: &Table) -> String {
    table.bare_heading().replace('.', "__").to_uppercase()
}

fn variable(table: &Table, key: &Key) -> String {
    format!("{PREFIX}{}__{}", section_name(table), key.name.to_uppercase())
}

fn find(name: &str) -> Option<(&'static Table, &'static Key)> {
    let mut all = sections().flat_map(|table| table.keys.iter().map(move |key| (table, key)));
    all.find(|(table, key)| variable(table, key) == name)
}

fn unknown(name: &str) -> Diagnostic {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let (section, word) = rest.rsplit_once("__").unwrap_or((rest, ""));
    let near = || {
        let sections: Vec<_> = sections().map(|table| (section_name(table), table)).collect();
        let near = nearest(section, sections.iter().map(|(name, _)| name.as_str()))?;
        let (_, table) = sections.iter().find(|(name, _)| name == near)?;
        let takes = |key: &&Key| key.presence != Presence::NotYet && key.table().is_none();
        let names = table.keys.iter().filter(takes).map(|key| key.name);
        Some(variable(table, table.key(nearest(word, names)?)?))
    };
    let help = match near() {
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "unset it, or name it {PREFIX}SECTION__KEY after a key of one of these sections: {}",
            sections().map(|table| section_name(table).to_lowercase()).collect::<Vec<_>>().join(", ")
        ),
    };
    let what = format!("the variable {} names no key of the configuration", shown(name));
    Diagnostic::error("unknown-key", what).help(help)
}
