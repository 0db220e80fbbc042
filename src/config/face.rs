//! The organisation's face in `[service]`: its logo and colour, a line at the foot, and where its privacy notice is.

use std::path::Path;

use super::files::{read_limited, read_path};
use super::network;
use super::settings::{Face, Logo};
use crate::domain::colour::{BrandColour, Colour, TooLight};
use crate::ordinary_file::reason;
use crate::pictures::fit_within;
use crate::toml_form::{Fields, Value};

/// The largest file of a logo, in bytes. It is read by every command, so it must not take long.
const MOST_FILE_BYTES: u64 = 1_000_000;

/// How many bytes of a mail the logo takes at most.
const MOST_BYTES: usize = 20_000;

/// The longest side that is kept, in pixels: twice what is shown, for screens of small dots.
const SIDE: u32 = 480;

/// Reads the keys, all of them optional.
pub(super) fn read(fields: &Fields<'_>, folder: &Path) -> Face {
    Face {
        logo: fields.read("logo", |value| logo(value, folder)),
        colour: fields.read("colour", colour),
        footer: fields.read("footer", Value::line).unwrap_or_default(),
        privacy_url: fields.read("privacy_url", privacy_url).unwrap_or_default(),
    }
}

/// The logo in the file that `value` names, small enough for every mail.
fn logo(value: &Value<'_>, folder: &Path) -> Option<Logo> {
    let (file, text) = (read_path(value, folder)?, value.text()?);
    let refuse = |what: String, help: &str| value.error("bad-logo", format!("“{text}” {what}"), help);
    match read_limited(&file, MOST_FILE_BYTES) {
        Ok(Some(bytes)) => match fit_within(&bytes, SIDE, MOST_BYTES) {
            Ok(picture) => return Some(Logo { file, picture }),
            Err(problem) => refuse(problem.to_string(), problem.help()),
        },
        Ok(None) => refuse("is larger than 1 MB".to_owned(), "save it smaller: 480 pixels wide are plenty"),
        Err(error) => {
            refuse(
                format!("cannot be read: {}", reason(&error)),
                "put the picture there, beside the configuration, as PNG, JPEG or WebP",
            );
        }
    }
    None
}

fn colour(value: &Value<'_>) -> Option<BrandColour> {
    let colour = value.parsed::<Colour>()?;
    let refused = |found: TooLight| {
        let what = format!(
            "is too light to be read: links in it have a contrast of only {:.1}:1 with the page, and need 4.5:1 (WCAG 2.2)",
            // Rounded down: 4.46 is not 4.5.
            (found.contrast * 10.0).floor() / 10.0
        );
        let help =
            format!("the nearest colour that can be read is {0}: {1}", found.nearest, value.to_write(&found.nearest));
        value.bad(&colour.to_string(), what, help);
    };
    BrandColour::new(colour).map_err(refused).ok()
}

fn privacy_url(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    network::check_page(text).map_err(|what| value.bad(text, what, value.like_this())).ok()?;
    Some(text.to_owned())
}
