//! The organisation's face in `[service]`: its logo and colour, a line at the foot, and where its privacy notice is.

use std::path::Path;

use super::files::read_path;
use super::network;
use super::settings::Face;
use crate::domain::colour::{BrandColour, Colour, TooLight};
use crate::toml_form::{Fields, Value};

/// Reads the keys, all of them optional.
pub(super) fn read(fields: &Fields<'_>, folder: &Path) -> Face {
    Face {
        // It is drawn with what shows it: whatever is wrong with the picture keeps nobody from anything else.
        logo: fields.read("logo", |value| read_path(value, folder)),
        colour: fields.read("colour", colour),
        footer: fields.read("footer", Value::line).unwrap_or_default(),
        privacy_url: fields.read("privacy_url", privacy_url).unwrap_or_default(),
    }
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
