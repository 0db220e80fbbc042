//! Whether a drawing fills one sheet of paper.

use std::ops::RangeInclusive;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// Properties that would give the drawing another size than the paper's.
const SIZES: [&str; 6] = ["width", "height", "min-width", "min-height", "inline-size", "block-size"];

/// Longer side by shorter: A4 has 1.41, US Letter 1.29.
const PAPER: RangeInclusive<f64> = 1.25..=1.6;

/// Whether a drawing of this [`shape`] fills the paper.
pub(super) fn has_its_shape(shape: f64) -> bool {
    PAPER.contains(&shape)
}

/// A drawing without the width and height of its root: it takes the sheet of paper that it is printed on, and no second one.
pub(super) fn sized_to_paper(text: &str) -> String {
    let mut reader = Reader::from_str(text);
    loop {
        let start = reader.buffer_position();
        let (tag, end) = match reader.read_event() {
            Ok(Event::Start(tag)) => (tag, ">"),
            Ok(Event::Empty(tag)) => (tag, "/>"),
            Ok(Event::Eof) | Err(_) => return text.to_owned(),
            Ok(_) => continue,
        };
        let mut root = "<svg".to_owned();
        for attribute in tag.attributes().flatten() {
            let (key, value) =
                (String::from_utf8_lossy(attribute.key.as_ref()), String::from_utf8_lossy(&attribute.value));
            if !matches!(key.as_ref(), "width" | "height") {
                let quote = if value.contains('"') { '\'' } else { '"' };
                root.push_str(&format!(" {key}={quote}{value}{quote}"));
            }
        }
        let [start, rest] = [start, reader.buffer_position()].map(|at| usize::try_from(at).unwrap_or_default());
        return format!("{}{root}{end}{}", &text[..start], &text[rest..]);
    }
}

/// Longer side by shorter of a viewBox.
pub(super) fn shape(view_box: &str) -> Option<f64> {
    let numbers = view_box.split([' ', ',', '\n', '\t']).filter(|number| !number.is_empty());
    let numbers: Vec<f64> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [_, _, width, height] if width > 0.0 && height > 0.0 => Some(width.max(height) / width.min(height)),
        _ => None,
    }
}

/// Whether a declaration of this style is about a size. A comment may stand before it.
pub(super) fn sets_size(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    let mut parts = lower.split("/*");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(parts.filter_map(|part| part.split_once("*/")).map(|(_, behind)| behind));
    let mut declared = plain.split([';', '{', '}']).filter_map(|declaration| declaration.split_once(':'));
    declared.any(|(property, _)| SIZES.contains(&property.trim()))
}
