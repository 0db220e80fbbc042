//! An organisation's templates beside the shipped ones: what is new, and taking over what nobody changed.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::AppError;
use crate::domain::shipped::{Prints, Standing, Versions};
use crate::domain::text::check_characters;
use crate::ordinary_file;
use crate::output::{self, Existing};
use crate::render::shipped;

/// Where templates lie.
const FOLDERS: [&str; 4] = ["", "partials", "web", "web/partials"];

/// The ending of a template's name.
const TEMPLATE: &str = ".hbs";

/// The shipped file that is put beside one that was changed.
const BESIDE: &str = ".new";

/// The file that notes the version that a folder was last brought up to.
const RECORD: &str = ".shipped";

/// The shipped templates, by their paths below `templates/`.
pub fn shipped_files() -> Vec<(&'static str, &'static str)> {
    shipped::files()
}

/// A folder of templates, compared.
pub struct TemplateUpdate {
    folder: PathBuf,
    yours: BTreeMap<String, Vec<u8>>,
    versions: Versions,
    /// The version that the folder came from, if that can be told.
    pub base: Option<String>,
    pub newest: String,
    pub files: Vec<(String, Standing)>,
    /// Whether the folder has a note of the newest version already.
    is_noted: bool,
}

/// What an update does about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The shipped one takes the place of the older one, or of nothing.
    TakeOver,
    /// The organisation's stays, and the shipped one is put beside it under this name.
    PutBeside(String),
    /// What was deleted comes back, because this template includes it, or because nothing works without it.
    PutBack(Option<String>),
    /// It should be put beside under this name, where a file of someone's own lies.
    InTheWay(String),
}

impl TemplateUpdate {
    /// Looks at the templates beside this configuration, which need not be right.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of_service(config: &Path) -> Result<Self, AppError> {
        let folder = output::folder(config);
        let folder = if folder == Path::new(".") { PathBuf::from("templates") } else { folder.join("templates") };
        if !folder.exists() {
            let reason =
                "there is no such folder: templates lie beside the configuration, which --config names".to_owned();
            return Err(AppError::File { path: folder, reason });
        }
        let (versions, yours) = (shipped::versions(), read_folder(&folder)?);
        let prints: Prints = yours.iter().map(|(file, text)| (file.clone(), shipped::fingerprint(text))).collect();
        let recorded = recorded(&folder)?;
        let compared = versions.compare(&prints, recorded.as_deref());
        let (base, newest, files) = (compared.base.map(str::to_owned), compared.newest.to_owned(), compared.files);
        let is_noted = recorded.as_ref() == Some(&newest);
        Ok(Self { folder, yours, versions, base, newest, files, is_noted })
    }

    /// How one file stands; `None` where there is no such file.
    pub fn standing(&self, file: &str) -> Option<Standing> {
        self.files.iter().find(|(name, _)| name == file).map(|(_, standing)| *standing)
    }

    /// The name of the shipped file that lies beside a changed one since an earlier update.
    pub fn beside(&self, file: &str) -> Option<String> {
        let name = format!("{file}{BESIDE}");
        self.folder.join(&name).symlink_metadata().is_ok().then_some(name)
    }

    /// What the shipped file has that the organisation's hasn't, and the other way round, as a patch of it would show that.
    /// Empty where they are the same.
    pub fn difference(&self, file: &str) -> String {
        let readable = |text: &str| -> String {
            let is_fit = |c: &char| matches!(c, '\n' | '\t') || check_characters(c.encode_utf8(&mut [0; 4])).is_ok();
            text.replace("\r\n", "\n").chars().filter(is_fit).collect()
        };
        let yours = self.yours.get(file).map(|text| readable(&String::from_utf8_lossy(text))).unwrap_or_default();
        let ours = readable(text_of(file).unwrap_or_default());
        let diff = TextDiff::from_lines(&yours, &ours);
        let names = (format!("templates/{file}"), format!("shipped {file}"));
        diff.unified_diff().context_radius(2).header(&names.0, &names.1).to_string()
    }

    /// What an update would do.
    pub fn steps(&self) -> Vec<(String, Step)> {
        let step = |(file, standing): &(String, Standing)| {
            let step = match standing {
                Standing::New | Standing::Added => Step::TakeOver,
                Standing::Both => self.put_beside(file),
                Standing::Deleted => self.put_back(file)?,
                Standing::Unchanged | Standing::Changed | Standing::Own => return None,
            };
            Some((file.clone(), step))
        };
        self.files.iter().filter_map(step).collect()
    }

    /// Whether something of the organisation's own lies where a shipped file should be put beside another.
    pub fn is_blocked(&self) -> bool {
        self.steps().iter().any(|(_, step)| matches!(step, Step::InTheWay(_)))
    }

    /// Writes what [`Self::steps`] says, and notes the version. Nothing is written where something is in the way of one of them, or
    /// there is no room for all.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn carry_out(&self) -> Result<(), AppError> {
        if self.is_blocked() {
            return Ok(());
        }
        let (mut beside, mut in_place) = (Vec::new(), Vec::new());
        for (file, step) in self.steps() {
            let text = text_of(&file).unwrap_or_default().as_bytes().to_vec();
            match step {
                Step::TakeOver | Step::PutBack(_) => in_place.push((self.folder.join(file), text)),
                Step::PutBeside(name) | Step::InTheWay(name) => beside.push((self.folder.join(name), text)),
            }
        }
        // What is included comes before what includes it, for whoever reads the folder at this moment.
        in_place.sort_by_key(|(path, _)| !path.parent().is_some_and(|folder| folder.ends_with("partials")));
        // What lies beside a file shows that it is behind. So that comes first: where this breaks off, the files that are new
        // already would make the changed ones look as if they came from the newest, too.
        let note = (!self.is_noted).then(|| (self.folder.join(RECORD), note(&self.newest).into_bytes()));
        let files: Vec<(PathBuf, Vec<u8>)> = beside.into_iter().chain(in_place).chain(note).collect();
        Ok(output::write_all(&files, Existing::Goes)?)
    }

    /// A file of that name that is no shipped one is someone's work.
    fn put_beside(&self, file: &str) -> Step {
        let name = format!("{file}{BESIDE}");
        match ordinary_file::read(&self.folder.join(&name)) {
            Ok(found) if self.versions.is_shipped(file, &shipped::fingerprint(&found)) => Step::PutBeside(name),
            Err(error) if error.kind() == ErrorKind::NotFound => Step::PutBeside(name),
            _ => Step::InTheWay(name),
        }
    }

    /// Brings a file that was deleted back if it is needed: by the program itself, or by a template that will include it.
    fn put_back(&self, file: &str) -> Option<Step> {
        if !file.contains("partials/") {
            return Some(Step::PutBack(None));
        }
        let name = file.rsplit('/').next()?.strip_suffix(TEMPLATE)?;
        let includes = |text: &str| {
            text.split("{{>").skip(1).any(|rest| rest.trim_start().split([' ', '}', '\n']).next() == Some(name))
        };
        let will_be = |(other, standing): &(String, Standing)| match standing {
            Standing::New | Standing::Added | Standing::Unchanged => text_of(other).map(str::to_owned),
            _ => self.yours.get(other).map(|text| String::from_utf8_lossy(text).into_owned()),
        };
        let mut others = self.files.iter().filter(|other| will_be(other).is_some_and(|text| includes(&text)));
        others.next().map(|(other, _)| Step::PutBack(Some(other.clone())))
    }
}

fn text_of(file: &str) -> Option<&'static str> {
    shipped::files().into_iter().find(|(name, _)| *name == file).map(|(_, text)| text)
}

/// Every template in the folder; one that has no partials is as good as any.
fn read_folder(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, AppError> {
    let mut all = BTreeMap::new();
    for inner in FOLDERS {
        let place = if inner.is_empty() { folder.to_owned() } else { folder.join(inner) };
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound && !inner.is_empty() => continue,
            entries => entries.map_err(|error| AppError::file(&place, &error))?,
        };
        for entry in entries {
            let name = entry.map_err(|error| AppError::file(&place, &error))?.file_name();
            let Some(name) = name.to_str().filter(|name| name.ends_with(TEMPLATE)) else { continue };
            let file = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
            let path = folder.join(&file);
            let text = ordinary_file::read(&path).map_err(|error| AppError::file(&path, &error))?;
            all.insert(file, text);
        }
    }
    Ok(all)
}

/// The version that the folder was last brought up to, where that was noted.
fn recorded(folder: &Path) -> Result<Option<String>, AppError> {
    let path = folder.join(RECORD);
    let text = match ordinary_file::read_text(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| AppError::file(&path, &error))?,
    };
    Ok(text.lines().find(|line| !line.starts_with('#')).map(|line| line.trim().to_owned()))
}

fn note(version: &str) -> String {
    format!(
        "# The version of the shipped templates that this folder was last brought up to. Keep this file with them.\n{version}\n"
    )
}
