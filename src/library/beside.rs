//! The files beside an activity that it names: a picture, and a printable's drawing.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::activity::{Image, Printable};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::toml_form::{Fields, Key, Table};

use super::front_matter::{At, LINE, line};
use super::{svg, words};

/// A kind of file that an activity may name.
struct Kind {
    /// What it is called in messages.
    noun: &'static str,
    endings: &'static [&'static str],
    /// Codes of a name that is none, and of a file that is not there.
    codes: [&'static str; 2],
    /// How to name one.
    help: &'static str,
}

/// Those that mail programs show.
static PICTURE: Kind = Kind {
    noun: "picture",
    endings: &["png", "jpg", "jpeg", "gif"],
    codes: ["bad-image", "missing-image"],
    help: "put a .png, .jpg or .gif file beside this one and write its name alone: padlock.png",
};

/// Those that print sharply at any size.
static DRAWING: Kind = Kind {
    noun: "drawing",
    endings: &["svg"],
    codes: ["bad-printable", "missing-printable"],
    help: "put an .svg file beside this one and write its name alone: four-buttons.svg",
};

pub(super) static IMAGE: Table = Table {
    heading: "[image]",
    noun: "image",
    about: "",
    keys: &[
        Key::required("file", LINE, "padlock.png"),
        Key::required("alt", LINE, "A padlock drawn by a child"),
        Key::required("credit", LINE, "Drawing: A. Painter"),
    ],
};

/// The folder that an activity lies in, and the names of the files there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) files: &'a BTreeSet<String>,
}

impl Beside<'_> {
    pub(super) fn image(self, fields: &Fields<'_>) -> Option<Image> {
        let file = self.named(fields, "file", &PICTURE);
        let alt = line(fields, "alt");
        let credit = line(fields, "credit");
        Some(Image { file: file?, alt: alt?.value, credit: credit?.value })
    }

    /// The printable that the key names, with its drawing.
    pub(super) fn printable(self, fields: &Fields<'_>, key: &str) -> Option<Printable> {
        let file = self.named(fields, key, &DRAWING)?;
        let (svg, found) = svg::read(&self.folder.join(&file));
        fields.source().append(found);
        Some(Printable { file, svg: svg? })
    }

    /// The file of this kind that the key names.
    fn named(self, fields: &Fields<'_>, key: &str, kind: &Kind) -> Option<String> {
        let page = fields.source();
        let At { offset, value: file } = line(fields, key)?;
        let [bad, missing] = kind.codes;
        if !kind.is_name(&file) {
            let message = format!("{} is not a plain file name of a {}", words::shown(&file), kind.noun);
            page.error(offset, bad, message, kind.help);
            return None;
        }
        if !self.files.contains(&file) {
            let others = self.files.iter().map(String::as_str).filter(|name| kind.is_name(name));
            let help = words::suggest(&file, others, &format!("put the {} beside this file", kind.noun));
            page.error(offset, missing, format!("there is no file “{file}” beside this one"), help);
            return None;
        }
        Some(file)
    }
}

impl Kind {
    /// Whether `name` is a plain file name with an ending of this kind.
    fn is_name(&self, name: &str) -> bool {
        is_plain(name, self.endings)
    }
}

/// Whether the text of an activity names this file.
pub(super) fn is_named(text: &str, file: &str) -> bool {
    ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{file}{quote}")))
}

/// What there is to say about a file that no activity names. It goes nowhere, so whatever is wrong with it stops nothing.
pub(super) fn unnamed(path: &Path) -> Vec<Diagnostic> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (kind, key) = if is_drawing(&name) { (&DRAWING, "printable") } else { (&PICTURE, "[image] file") };
    let mut found = if is_drawing(&name) { svg::read(path).1 } else { Vec::new() };
    for one in &mut found {
        one.level = Level::Warning;
    }
    let stray = Diagnostic::warning("stray-file", format!("no activity names this {}", kind.noun));
    let help = format!("name it in its activity ({key} = \"{name}\"), or delete it");
    found.push(stray.in_file(path.display().to_string()).help(help));
    found
}

/// Whether `name` is a plain file name with the ending of a picture.
pub(super) fn is_picture(name: &str) -> bool {
    PICTURE.is_name(name)
}

/// Whether `name` is a plain file name with the ending of a drawing.
pub(super) fn is_drawing(name: &str) -> bool {
    DRAWING.is_name(name)
}

fn is_plain(name: &str, endings: &[&str]) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.bytes().all(plain)
        && name.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && !stem.starts_with('.') && endings.contains(&ending.to_ascii_lowercase().as_str())
        })
}
