//! `init`: a working config, templates and a starter library.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{Datelike as _, Days, NaiveDate};
use clap::Args;
use include_dir::{Dir, include_dir};

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::template_update::shipped_files;
use crate::app::{AppError, own_files};
use crate::domain::text::lists::commas;
use crate::output::{self, Existing};

static ACTIVITIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/activities");
static CONFIG: &str = include_str!("../../config.toml");

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let today = context.clock.now().date_naive();
        let mut files = vec![(PathBuf::from("config.toml"), config_from(today).into_bytes())];
        files.extend(embedded("activities", &ACTIVITIES));
        let templates = shipped_files().into_iter();
        files.extend(templates.map(|(path, text)| (Path::new("templates").join(path), text.as_bytes().to_vec())));
        let taken: Vec<String> = ["config.toml", "activities", "templates"]
            .iter()
            .filter(|name| self.folder.join(name).symlink_metadata().is_ok())
            .map(|name| self.folder.join(name).display().to_string())
            .collect();
        if !taken.is_empty() {
            return Err(Failure::Refused(format!(
                "{} exists already, and init overwrites nothing: name an empty folder, such as `fortnightly init my-service`",
                commas(taken)
            )));
        }
        own_files::spare_library(&context.global.config, &self.folder)?;
        for (path, _) in &mut files {
            *path = self.folder.join(&*path);
        }
        output::write_all(&files, Existing::Stays).map_err(AppError::from)?;
        let folder = self.folder.display();
        out::line(&format!("Wrote {} files to {folder}: config.toml, activities/ and templates/.", files.len()));
        out::line("Edit config.toml (your name, address, dates, subscribers), then:");
        let config = self.folder.join("config.toml");
        out::line(&format!("  fortnightly --config {} check", config.display()));
        out::line(&format!("  fortnightly --config {} preview", config.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// The shipped config, with fortnight 1 on the next Monday.
fn config_from(today: NaiveDate) -> String {
    let ahead = 7 - u64::from(today.weekday().num_days_from_monday());
    let monday = today.checked_add_days(Days::new(ahead)).unwrap_or(today);
    let line = |text: &str| {
        if text.starts_with("anchor = ") { format!("anchor = {monday}") + &comment(text) } else { text.to_owned() }
    };
    CONFIG.lines().map(|text| line(text) + "\n").collect()
}

fn comment(line: &str) -> String {
    line.find('#').map_or(String::new(), |at| format!("  {}", &line[at..]))
}

fn embedded(root: &str, folder: &Dir<'_>) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = folder.files().map(|f| (Path::new(root).join(f.path()), f.contents().to_vec())).collect();
    for inner in folder.dirs() {
        files.extend(embedded(root, inner));
    }
    files
}
