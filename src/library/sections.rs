//! The headings that a body must have: each once, in order, none empty.

use crate::domain::prose::Prose;
use crate::domain::text::excerpt;
use crate::domain::text::suggest::nearest;

use super::markdown::{Outline, Section};
use super::page::Page;
use super::words;

/// Takes the parts below the `wanted` headings, in that order. `None` when one is missing; everything amiss is noted.
/// `end` is where a missing heading is reported.
pub(super) fn take<const N: usize>(
    page: &Page,
    sections: Vec<Section>,
    wanted: [&'static str; N],
    end: usize,
) -> Option<[Prose; N]> {
    let mut parts: [Option<Prose>; N] = std::array::from_fn(|_| None);
    let mut named = [false; N];
    let mut furthest = 0;
    for section in sections {
        let Some(index) = meant(page, &section, &wanted) else { continue };
        named[index] = true;
        if parts[index].is_some() {
            let help = "keep one, with everything that belongs there below it";
            page.error(section.at, "repeated-heading", format!("a second “## {}”", wanted[index]), help);
            continue;
        }
        if index < furthest {
            let message = format!("“## {}” comes too late", wanted[index]);
            page.error(section.at, "heading-order", message, format!("the order is {}", words::listed(&wanted)));
        }
        furthest = furthest.max(index);
        if section.body.plain().is_empty() && !section.refused {
            let message = format!("there is no text below “## {}”", wanted[index]);
            page.error(section.at, "empty-section", message, "write at least one sentence there");
        }
        parts[index] = Some(section.body);
    }
    for (index, heading) in wanted.iter().enumerate() {
        if !named[index] {
            let message = format!("the heading “## {heading}” is missing");
            page.error(end, "missing-heading", message, "add it in a line of its own, with its text below");
        }
    }
    let parts: Vec<Prose> = parts.into_iter().flatten().collect();
    parts.try_into().ok()
}

/// The wanted heading that a section has, or was probably meant to have, which is noted.
fn meant(page: &Page, section: &Section, wanted: &[&'static str]) -> Option<usize> {
    let exact = wanted.iter().position(|heading| *heading == section.title);
    if exact.is_some() && section.level_two {
        return exact;
    }
    let near = nearest(&section.title, wanted.iter().copied());
    let level = if section.level_two { "##" } else { "#" };
    let message = format!("the heading “{level} {}” does not belong here", excerpt(&section.title));
    let (are, them) = if wanted.len() == 1 { ("the only heading is", "it") } else { ("the headings are", "them") };
    let all = format!("{are} {}; below {them} use ###", words::listed(&hashed(wanted)));
    let help = match near {
        _ if section.underlined => {
            format!("a line of dashes or = below a text makes it a heading: take it out ({all})")
        }
        Some(near) => format!("write “## {near}”"),
        None => all,
    };
    page.error(section.at, "unknown-heading", message, help);
    near.and_then(|near| wanted.iter().position(|heading| *heading == near))
}

fn hashed(wanted: &[&str]) -> Vec<String> {
    wanted.iter().map(|heading| format!("“## {heading}”")).collect()
}

/// Notes text before the first heading, where none may stand.
pub(super) fn no_opening(page: &Page, outline: &Outline, first: &str) {
    if !outline.opening.is_empty() {
        let message = format!("there is text before “## {first}”");
        page.error(outline.opening_at, "text-before-heading", message, "move it below a heading, or into the summary");
    }
}
