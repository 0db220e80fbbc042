//! The files beside an activity that it names: a picture, and a sheet to print.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::activity::{Image, Printable};
use crate::toml_form::{Fields, Key, Table};

use super::front_matter::{At, LINE, line};
use super::{svg, words};

/// File endings of pictures that mail programs show.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "gif"];

/// The ending of a sheet to print.
const DRAWINGS: [&str; 1] = ["svg"];

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
        let page = fields.source();
        let file = line(fields, "file").and_then(|At { offset, value }| {
            if !is_picture(&value) {
                let message = format!("{} is not a plain file name of a picture", words::shown(&value));
                let help = "put a .png, .jpg or .gif file beside this one and write its name alone: padlock.png";
                page.error(offset, "bad-image", message, help);
                return None;
            }
            if !self.files.contains(&value) {
                let pictures = self.files.iter().map(String::as_str).filter(|name| is_picture(name));
                let help = words::suggest(&value, pictures, "put the picture beside this file");
                page.error(offset, "missing-image", missing(&value), help);
                return None;
            }
            Some(value)
        });
        let alt = line(fields, "alt");
        let credit = line(fields, "credit");
        Some(Image { file: file?, alt: alt?.value, credit: credit?.value })
    }

    /// The sheet that the key names, with its drawing.
    pub(super) fn printable(self, fields: &Fields<'_>, key: &str) -> Option<Printable> {
        let page = fields.source();
        let At { offset, value: file } = line(fields, key)?;
        if !is_drawing(&file) {
            let message = format!("{} is not a plain file name of a drawing", words::shown(&file));
            let help = "put an .svg file beside this one and write its name alone: four-buttons.svg";
            page.error(offset, "bad-printable", message, help);
            return None;
        }
        if !self.files.contains(&file) {
            let drawings = self.files.iter().map(String::as_str).filter(|name| is_drawing(name));
            let help = words::suggest(&file, drawings, "put the drawing beside this file");
            page.error(offset, "missing-printable", missing(&file), help);
            return None;
        }
        match svg::read(&self.folder.join(&file)) {
            Ok(svg) => Some(Printable { file, svg }),
            Err(found) => {
                page.append(found);
                None
            }
        }
    }
}

fn missing(file: &str) -> String {
    format!("there is no file “{file}” beside this one")
}

/// Whether `name` is a plain file name with the ending of a picture.
pub(super) fn is_picture(name: &str) -> bool {
    is_plain(name, &PICTURES)
}

/// Whether `name` is a plain file name with the ending of a sheet to print.
pub(super) fn is_drawing(name: &str) -> bool {
    is_plain(name, &DRAWINGS)
}

fn is_plain(name: &str, endings: &[&str]) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.bytes().all(plain)
        && name.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && !stem.starts_with('.') && endings.contains(&ending.to_ascii_lowercase().as_str())
        })
}
