//! From the file and the environment to a checked configuration, or to everything that is wrong with them.

use std::path::Path;

use toml::de::DeTable;

use super::environment::Environment;
use super::fields::{Fields, is_lost};
use super::findings::{Findings, Place, shown};
use super::keys::{MAIL, RETENTION, SCHEDULE, SERVICE, STORE, TOP, WEB, headings, home_of};
use super::raw::Value;
use super::{Config, Nation, bands, file, mail, retention, schedule, service, strays, subscribers, syntax, web};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;

/// Reads the file, merges it with the process's environment and checks it. All errors at once.
///
/// # Errors
/// Every finding, warnings included, when at least one is an error.
pub fn load(file: &Path) -> Result<Config, Vec<Diagnostic>> {
    let text = file::read_config(file).map_err(|finding| vec![*finding])?;
    let variables = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    load_with(file, &text, variables)
}

/// Checks `text` as the content of `file`, with these environment variables. Password files are read.
///
/// # Errors
/// Every finding, warnings included, when at least one is an error.
pub fn load_with(
    file: &Path,
    text: &str,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Config, Vec<Diagnostic>> {
    let mut f = Findings::new(file, text);
    let document = syntax::parse(&mut f);
    let environment = Environment::read(variables, &mut f);
    let config = assemble(&mut f, file, document.get_ref(), &environment);
    let findings = f.finish();
    match config {
        Some(config) if !findings.iter().any(Diagnostic::is_error) => Ok(Config { warnings: findings, ..config }),
        _ => Err(findings),
    }
}

fn assemble<'a>(
    f: &mut Findings<'_>,
    file: &Path,
    root: &'a DeTable<'a>,
    environment: &'a Environment,
) -> Option<Config> {
    let strays = strays::find(f, root);
    check_top(f, root);
    let folder = file::folder_of(file);
    let list = |name: &str| {
        let value = root.get(name).filter(|value| !is_lost(value))?;
        Some((Value::Toml(value.get_ref()), Place::At(value.span().start)))
    };
    let section = |f: &mut Findings<'_>, table| Fields::section(f, table, root, &strays, environment);

    let fields = section(f, &SERVICE);
    let service = service::read(f, &fields);
    let fields = section(f, &STORE);
    let store = service::read_store(f, &fields, &folder);
    let fields = section(f, &SCHEDULE);
    let nation = service.as_ref().map_or(Nation::England, |service| service.nation);
    let schedule = schedule::read(f, &fields, nation);
    let fields = section(f, &MAIL);
    let mail = mail::read(f, &fields, &folder, environment, service.as_ref());
    let fields = section(f, &WEB);
    let web = web::read(f, &fields, &folder);
    let fields = section(f, &RETENTION);
    let retention = retention::read(f, &fields);
    let bands = bands::read(f, list("bands"));
    let subscribers = subscribers::read(f, list("subscribers"), bands.as_ref());
    Some(Config {
        file: file.to_owned(),
        folder,
        service: service?,
        store,
        schedule: schedule?,
        bands: bands?,
        mail: mail?,
        web,
        retention,
        subscribers,
        anchor_place: anchor_place(f, root),
        warnings: Vec::new(),
    })
}

/// Where the anchor stands: the store may object to it later.
fn anchor_place(f: &Findings<'_>, root: &DeTable<'_>) -> Option<(usize, usize)> {
    let anchor = root.get("schedule")?.get_ref().as_table()?.get("anchor")?;
    Some(crate::domain::diagnostic::line_column(f.source(), anchor.span().start))
}

/// Reports whatever stands at the top and does not belong there.
fn check_top(f: &mut Findings<'_>, root: &DeTable<'_>) {
    for (name, value) in root {
        let (name, at) = (name.get_ref(), name.span().start);
        if TOP.iter().any(|(known, _)| known == name) || f.is_explained(at) {
            continue;
        }
        let is_heading = value.get_ref().is_table() || value.get_ref().is_array();
        let what = if is_heading { "is not a section of the configuration" } else { "stands outside its section" };
        let help = match (home_of(name), nearest(name, TOP.iter().map(|(known, _)| *known))) {
            (Some(home), _) if !is_heading => format!("it belongs below {home}: move it there"),
            (_, Some(known)) => {
                let heading = TOP.iter().find(|(name, _)| *name == known).map_or("", |(_, table)| table.heading);
                format!("did you mean {heading}?")
            }
            _ => {
                format!("the sections are: {}", headings().join(" "))
            }
        };
        f.add(Place::At(at), Diagnostic::error("unknown-key", format!("{} {what}", shown(name))).help(help));
    }
}
