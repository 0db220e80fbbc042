//! One text read and checked by itself, as it would be if its file said this.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::domain::activity::{Activity, Nation, Notice, Theme};
use crate::domain::band::Bands;
use crate::domain::bulletin::Bulletin;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::help::Help;
use crate::domain::writing::TextRef;
use crate::library::beside::Beside;
use crate::library::{activity, bulletin, draft, help, page, theme};

/// A text without errors.
#[derive(Debug, Clone)]
pub enum ReadText {
    Activity(Box<Activity>),
    Theme(Box<Theme>),
    Notice(Box<Notice>),
    Bulletin(Box<Bulletin>),
    Help(Box<Help>),
}

/// Reads `text` as the reader of the whole library would if it stood in the text's file below `dir`. `None` when anything is wrong, but
/// for places that are still to be written: a text with those can be looked at.
pub fn read_one(
    (dir, text): (&Path, &TextRef),
    file: &str,
    (bands, nation): (&Bands, Nation),
) -> (Option<ReadText>, Vec<Diagnostic>) {
    let page = page::new(text.file(), file.to_owned());
    let read = match text {
        TextRef::Activity(id) => {
            let folder = dir.join(id.theme());
            let files = names(&folder);
            let read = activity::read(&page, id.clone(), bands, Beside { folder: &folder, files: &files });
            read.map(|activity| ReadText::Activity(Box::new(activity)))
        }
        TextRef::Theme(name) => theme::read(&page, name).map(|theme| ReadText::Theme(Box::new(theme))),
        TextRef::Notice(name) => theme::read_notice(&page, name).map(|notice| ReadText::Notice(Box::new(notice))),
        TextRef::Bulletin(name) => {
            let name = name.parse().ok();
            let read = name.and_then(|name| bulletin::read(&page, name, bands));
            read.map(|bulletin| ReadText::Bulletin(Box::new(bulletin)))
        }
        TextRef::Help(_) => help::read(&page, bands, nation).map(|help| ReadText::Help(Box::new(help))),
    };
    let count = draft::unwritten(file);
    if count > 0 {
        let places = if count == 1 { "one place still says".to_owned() } else { format!("{count} places still say") };
        let message = format!("{places} “{} …]”", draft::MARK);
        page.error(0, "unwritten", message, "write your own words in their place, or take those lines out");
    }
    (read, page.take_diagnostics())
}

/// The names of the files in a folder; none when it is not there yet.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
