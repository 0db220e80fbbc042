//! The files beside an activity that it names: a picture, and a printable's drawing.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::domain::activity::{Image, Printable};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::ordinary_file;
use crate::pictures::{self, MOST_FILE_BYTES};
use crate::toml_form::{Fields, Key, Place, SourceFile, Table};

use super::front_matter::{At, LINE, line};
use super::{svg, words};

/// A kind of file that an activity may name.
struct Kind {
    /// What it is called in messages.
    noun: &'static str,
    endings: &'static [&'static str],
    /// Codes of a name that is none, and of a file that is not there.
    codes: [&'static str; 2],
    /// How bad that is, and what follows from it.
    level: Level,
    without: &'static str,
    /// How to name one.
    help: &'static str,
}

/// Those that mail programs show, and one that they show in ways of their own. Nothing about a picture is an error: an activity
/// goes out without it.
static PICTURE: Kind = Kind {
    noun: "picture",
    endings: &["png", "jpg", "jpeg", "webp", "gif"],
    codes: ["bad-image", "missing-image"],
    level: Level::Warning,
    without: ": the activity goes out without a picture",
    help: "put a .png, .jpg or .webp file beside this one and write its name alone: padlock.png",
};

/// Those that print sharply at any size.
static DRAWING: Kind = Kind {
    noun: "drawing",
    endings: &["svg"],
    codes: ["bad-printable", "missing-printable"],
    level: Level::Error,
    without: "",
    help: "put an .svg file beside this one and write its name alone: four-buttons.svg",
};

pub(super) static IMAGE: Table = Table {
    heading: "[image]",
    noun: "image",
    about: "",
    keys: &[
        Key::required("file", LINE, "padlock.png").asked("File name", "Such as padlock.png."),
        Key::required("alt", LINE, "A padlock drawn by a child")
            .asked("What it shows", "In a few words, for people who don't see it."),
        Key::required("credit", LINE, "Drawing: A. Painter").asked("Who made it", ""),
    ],
};

/// The folder that an activity lies in, and the names of the files there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) files: &'a BTreeSet<String>,
}

impl Beside<'_> {
    /// The picture that the keys name. One that can't be shown has no digest, and is told of.
    pub(super) fn image(self, fields: &Fields<'_>) -> Option<Image> {
        let file = line(fields, "file");
        let is_there = file.as_ref().is_some_and(|file| self.is_there(fields.source(), file, &PICTURE));
        let (alt, credit) = (line(fields, "alt"), line(fields, "credit"));
        let (file, alt, credit) = (file?, alt?.value, credit?.value);
        let digest = if is_there { self.looked_at(fields.source(), &file) } else { None };
        Some(Image { file: file.value, alt, credit, digest: digest.unwrap_or_default() })
    }

    /// The digest of a picture's file whose header says that it can be shown. Its pixels are read where it is drawn, and when
    /// everything is checked: here they would be read by every command.
    fn looked_at(self, page: &SourceFile, At { offset, value: file }: &At<String>) -> Option<String> {
        let found = read_picture(&self.folder.join(file)).map_err(|error| {
            let what = format!("can’t be read: {}", ordinary_file::reason(&error));
            (what, "make it a file that this user may read")
        });
        let kind = found.and_then(|bytes| match pictures::inspect(&bytes) {
            Ok(kind) => Ok((kind, HEXLOWER.encode(&Sha256::digest(&bytes)))),
            Err(problem) => Err((problem.to_string(), problem.help())),
        });
        let (kind, digest) = match kind {
            Ok(found) => found,
            Err((what, help)) => {
                page.warning(*offset, "bad-picture", format!("“{file}” {what}{}", PICTURE.without), help);
                return None;
            }
        };
        let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        if !kind.endings().contains(&ending.as_str()) {
            let right = kind.endings()[0];
            let message = format!("“{file}” is a {} picture, whatever its name says", right.to_uppercase());
            let help = format!("let its name end in .{right}, here and in its folder");
            page.warning(*offset, "picture-name", message, help);
        }
        Some(digest)
    }

    /// The printable that the key names, with its drawing.
    pub(super) fn printable(self, fields: &Fields<'_>, key: &str) -> Option<Printable> {
        let file = line(fields, key).filter(|file| self.is_there(fields.source(), file, &DRAWING))?.value;
        let (svg, found) = svg::read(&self.folder.join(&file));
        fields.source().append(found);
        Some(Printable { file, svg: svg? })
    }

    /// Whether a key names a file of this kind that lies there; it is noted when not.
    fn is_there(self, page: &SourceFile, At { offset, value: file }: &At<String>, kind: &Kind) -> bool {
        let [bad, missing] = kind.codes;
        let note = |code, what: String, help: String| {
            let found = Diagnostic { level: kind.level, ..Diagnostic::error(code, what + kind.without) };
            page.add(Place::At(*offset), found.help(help));
        };
        if !kind.is_name(file) {
            let what = format!("{} is not a plain file name of a {}", words::shown(file), kind.noun);
            note(bad, what, kind.help.to_owned());
            return false;
        }
        if !self.files.contains(file) {
            let others = self.files.iter().map(String::as_str).filter(|name| kind.is_name(name));
            let help = words::suggest(file, others, &format!("put the {} beside this file", kind.noun));
            note(missing, format!("there is no file “{file}” beside this one"), help);
            return false;
        }
        true
    }
}

/// A picture's file, and no more of it than shows that it is too large.
pub(crate) fn read_picture(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ordinary_file::open(path)?.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
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
pub(crate) fn is_picture(name: &str) -> bool {
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
