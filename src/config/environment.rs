//! Environment variables that override the file: `FORTNIGHTLY__SECTION__KEY`.

use secrecy::SecretString;

use super::findings::{Findings, Place, shown};
use super::keys::{Key, SECTIONS, Table, Usage};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;

/// What the variables that are ours begin with.
pub(super) const PREFIX: &str = "FORTNIGHTLY__";

/// The overrides.
#[derive(Default)]
pub(super) struct Environment {
    variables: Vec<(String, &'static Table, &'static Key, String)>,
    /// `FORTNIGHTLY__MAIL__PASSWORD`.
    pub(super) password: Option<SecretString>,
}

impl Environment {
    /// Takes the variables that are ours and reports those that mean nothing.
    pub(super) fn read(variables: impl Iterator<Item = (String, String)>, f: &mut Findings<'_>) -> Self {
        let mut environment = Self::default();
        let mut ours: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        ours.sort();
        for (name, value) in ours {
            if let Err(finding) = environment.take(&name, value) {
                f.add(Place::Variable(&name), *finding);
            }
        }
        environment
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Box<Diagnostic>> {
        let (table, key) = find(name).ok_or_else(|| unknown(name))?;
        if value.contains('\u{FFFD}') {
            let finding = Diagnostic::error("not-utf8", format!("{name} is not UTF-8 text"));
            return Err(finding.help("set it again from a terminal that uses UTF-8").into());
        }
        match key.usage {
            Usage::Scalar => self.variables.push((name.to_owned(), table, key, value)),
            Usage::Secret if value.is_empty() => {
                return Err(Diagnostic::error("bad-value", format!("{name} is empty"))
                    .help("set it to the password of the relay, or unset it")
                    .into());
            }
            Usage::Secret => self.password = Some(SecretString::from(value)),
            Usage::Later => {
                let what = format!("{name} is not honoured by this version yet: unset it");
                return Err(Diagnostic::error("not-supported-yet", what).into());
            }
            Usage::Nested => {
                let what = format!("{name} cannot be set in the environment");
                return Err(Diagnostic::error("unknown-key", what)
                    .help(format!("unset it and write {} into the file", key.example))
                    .into());
            }
        }
        Ok(())
    }

    /// Name, key and text of every override for `table`.
    pub(super) fn values(&self, table: &'static Table) -> impl Iterator<Item = (&str, &'static Key, &str)> {
        self.variables
            .iter()
            .filter(move |(_, of, _, _)| of.name == table.name)
            .map(|(name, _, key, value)| (name.as_str(), *key, value.as_str()))
    }
}

fn variable(table: &Table, key: &Key) -> String {
    format!("{PREFIX}{}__{}", table.name, key.name).to_uppercase()
}

fn find(name: &str) -> Option<(&'static Table, &'static Key)> {
    let all = SECTIONS.iter().flat_map(|table| table.keys.iter().map(|key| (*table, key)));
    all.into_iter().find(|(table, key)| variable(table, key) == name)
}

fn unknown(name: &str) -> Diagnostic {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let (section, word) = rest.split_once("__").unwrap_or((rest, ""));
    let sections = || SECTIONS.iter().filter(|table| table.offered().next().is_some()).map(|table| table.name);
    let near = nearest(section, sections()).and_then(|near| SECTIONS.iter().find(|table| table.name == near)).and_then(
        |table| {
            let names = table.keys.iter().filter(|key| key.usage != Usage::Later).map(|key| key.name);
            let key = nearest(word, names).and_then(|key| table.key(key))?;
            Some(variable(table, key))
        },
    );
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "unset it, or name it {PREFIX}SECTION__KEY after a key of one of these sections: {}",
            sections().collect::<Vec<_>>().join(", ")
        ),
    };
    Diagnostic::error("unknown-key", format!("the variable {} names no key of the configuration", shown(name)))
        .help(help)
}
