//! What a mail program or a browser would fetch from elsewhere: it tells its owner who opened what, and when.

use super::html_scan::{Element, Scan, scan};
use crate::domain::rendered::{Body, Piece};

/// Attributes whose value is fetched when the page is shown, or told of a click, whatever the element.
const FETCHED: [&str; 7] = ["src", "srcset", "background", "poster", "data", "imagesrcset", "ping"];

/// Elements that fetch what they link to: drawings (SVG 2 §5.6, §15.3), and what a page pulls in.
const LINKING: [&str; 4] = ["link", "image", "use", "feimage"];

/// What is only said about a page (HTML §4.6.7).
const SAID: [&str; 2] = ["canonical", "alternate"];

/// The first thing that would be fetched: how it begins in the template, and what is wrong with it.
pub(super) fn find(scan: &Scan) -> Option<(String, String)> {
    let of_element = |element: &Element| Some((format!("<{}", element.name), problem(&fetched(element)?)));
    let of_styles = || Some(("url(".to_owned(), problem(in_style(&scan.styles)?)));
    scan.elements.iter().find_map(of_element).or_else(of_styles)
}

/// What a page would fetch.
pub(in crate::render) fn of_page(html: &str) -> Option<String> {
    find(&scan(&Body(vec![Piece::Literal(html.to_owned())]))).map(|(_, problem)| problem)
}

fn problem(what: &str) -> String {
    format!(
        "something that is fetched from elsewhere when it is read: {what}; many programs block it, and it tells its owner \
         who reads, so say it in words, and use the reader’s own fonts"
    )
}

fn fetched(element: &Element) -> Option<String> {
    let links = LINKING.contains(&element.name.as_str())
        && !element.attribute("rel").is_some_and(|rel| rel.split_whitespace().all(|word| SAID.contains(&word)));
    let mut names = FETCHED.iter().chain(["href", "xlink:href"].iter().filter(|_| links));
    let attribute = names.find_map(|name| {
        let value = element.attribute(name).filter(|value| !is_within(value))?;
        Some(format!("{name}=\"{value}\""))
    });
    attribute.or_else(|| in_style(element.attribute("style")?).map(|what| format!("style=\"…{what}…\"")))
}

/// Whether an address is in the document or in the mail, or nothing.
fn is_within(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    address.is_empty() || ["data:", "cid:", "#"].iter().any(|start| address.starts_with(start))
}

/// What a style would fetch (CSS Values 4 §4.5). Escapes are refused elsewhere: a backslash is in no mail.
fn in_style(style: &str) -> Option<&str> {
    let small = style.to_ascii_lowercase();
    ["url(", "src(", "image-set(", "@import"].iter().find_map(|function| {
        small.match_indices(function).find_map(|(at, _)| {
            let rest = &style[at + function.len()..];
            let end = rest.find([')', ';']).map_or(rest.len(), |end| end + 1);
            let value = rest[..end].trim_start().trim_start_matches(['"', '\'', ' ']);
            (!is_within(value)).then(|| &style[at..at + function.len() + end])
        })
    })
}
