//! config.toml and the environment → a checked [`Config`].

mod account;
mod bank_holidays;
mod environment;
mod face;
mod files;
mod key_table;
mod mail;
mod network;
mod oidc;
mod schedule;
mod schema;
mod service;
mod settings;
mod store;
mod subscribers;

use std::path::Path;

use crate::domain::activity::Nation;
use crate::domain::diagnostic::Diagnostic;
use crate::toml_form::{Dialect, Document, Fields, SourceFile};
use environment::{Environment, Passwords};
use key_table::ROOT;

pub use account::account;
pub use bank_holidays::known_until as bank_holidays_known_until;
#[cfg(feature = "postgres")]
pub use environment::shorter_lease;
pub use environment::{temp_folder, terminal_columns};
pub use schema::schema;
pub use settings::{
    CONSOLE, Config, DkimKey, Face, Mail, Oidc, OnUncertain, Pace, PostgresUrl, Relay, Retention, Service, StoreUrl,
    Tls, TransportUrl, Web,
};

static DIALECT: Dialect =
    Dialect { syntax_code: "syntax", range_code: "bad-value", quotes_keys: false, limit: usize::MAX };

/// Reads the file, merges it with the process's environment and checks it. All errors at once.
///
/// # Errors
/// Every diagnostic, warnings included, when at least one is an error.
pub fn load(file: &Path) -> Result<Config, Vec<Diagnostic>> {
    let text = files::read_config(file).map_err(|diagnostic| vec![*diagnostic])?;
    load_with(file, &text, variables())
}

/// As [`load`], as if `store.url` were this one, which the argument of that name gives.
///
/// # Errors
/// The same as those of [`load`].
pub fn load_for_store(file: &Path, (argument, url): (&str, &str)) -> Result<Config, Vec<Diagnostic>> {
    let text = files::read_config(file).map_err(|diagnostic| vec![*diagnostic])?;
    read(file, &text, variables(), |environment| environment.name_store(argument, url))
}

fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// Checks `text` as the content of `file`, with these environment variables. Password files are read.
///
/// # Errors
/// Every diagnostic, warnings included, when at least one is an error.
pub fn load_with(
    file: &Path,
    text: &str,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Config, Vec<Diagnostic>> {
    read(file, text, variables, |environment| environment)
}

fn read(
    file: &Path,
    text: &str,
    variables: impl Iterator<Item = (String, String)>,
    adapt: impl FnOnce(Environment) -> Environment,
) -> Result<Config, Vec<Diagnostic>> {
    let source = SourceFile::new(file.display().to_string(), text.to_owned(), &DIALECT);
    let mut document = Document::parse(&source, 0..text.len(), &ROOT);
    let Environment { overrides, passwords } = adapt(Environment::read(variables, &source));
    document.override_with(overrides);
    let config = assemble(&document, file, passwords);
    let diagnostics = source.take_diagnostics();
    match config {
        Some(config) if !diagnostics.iter().any(Diagnostic::is_error) => Ok(Config { warnings: diagnostics, ..config }),
        _ => Err(diagnostics),
    }
}

fn assemble(document: &Document<'_>, file: &Path, passwords: Passwords) -> Option<Config> {
    let top = Fields::top(document);
    let folder = files::folder_of(file);
    let service = service::read(&top.section("service"), &folder);
    let store = store::read(&top.section("store"), &folder, passwords.store);
    let nation = service.as_ref().map_or(Nation::England, |service| service.nation);
    let schedule = schedule::read(&top.section("schedule"), nation);
    let mail = mail::read(&top.section("mail"), &folder, passwords.mail, service.as_ref());
    let web = service::read_web(&top.section("web"), &folder, passwords.oidc);
    let retention = service::read_retention(&top.section("retention"));
    let bands = subscribers::read_bands(&top);
    let subscribers = subscribers::read(&top, bands.as_ref());
    Some(Config {
        file: file.to_owned(),
        folder,
        service: service?,
        store: store?,
        schedule: schedule?,
        bands: bands?,
        mail: mail?,
        web,
        retention,
        subscribers,
        anchor_place: document.place_of("schedule", "anchor"),
        logo_place: document.place_of("service", "logo"),
        transport_place: document.place_of("mail", "transport"),
        warnings: Vec::new(),
    })
}
