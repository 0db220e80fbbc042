//! The last look at a digest before it may be sent: invariant 12, the size, and markup that works everywhere.

use super::html_scan::{Element, Scan, scan};
use super::remote;
use crate::domain::help::Help;
use crate::domain::rendered::{Body, Piece, Rendered, Slot};
use crate::domain::text::one_line;
use crate::render::error::{Part, RenderError};
use crate::render::issue::ServiceInfo;

/// The most bytes of HTML, slot values included: Gmail cuts a message at about 102 KB.
pub const HTML_LIMIT: usize = 90_000;

/// A generous length for a slot's value, in bytes.
const SLOT_BYTES: usize = 250;

/// Checks that both links to leave and to change bands are in both bodies, that no slot stands where it would break the page,
/// that the HTML is whole, within [`HTML_LIMIT`], and free of what mail programs block (scripts, remote styles and fonts), of
/// unknown MJML, of pictures without a description and of unnamed tables; and that both bodies name the postal address and the
/// whole help block (invariant 12): its heading, and of every entry the name, the telephone number and the addresses.
///
/// # Errors
/// The first of these that is not so.
pub fn check(rendered: &Rendered, service: &ServiceInfo<'_>, help: &Help) -> Result<(), RenderError> {
    check_has_slots(rendered)?;
    let scan = scan(&rendered.html);
    if let Some((slot, problem)) = scan.misplaced.first() {
        return Err(RenderError::SlotPlace { part: Part::Html, slot: *slot, problem });
    }
    check_markup(&scan, &rendered.html)?;
    let slots = rendered.html.0.iter().filter(|piece| matches!(piece, Piece::Slot(_))).count();
    let bytes = rendered.html.literal_bytes() + slots * SLOT_BYTES;
    if bytes > HTML_LIMIT {
        return Err(RenderError::TooLarge { bytes, limit: HTML_LIMIT });
    }
    check_facts(&scan, rendered, service, help)
}

fn check_has_slots(rendered: &Rendered) -> Result<(), RenderError> {
    let links = [(Slot::UnsubscribeUrl, "the unsubscribe link"), (Slot::PreferencesUrl, "the link to change bands")];
    for (part, body) in [(Part::Html, &rendered.html), (Part::Text, &rendered.text)] {
        if let Some((slot, what)) = links.iter().find(|(slot, _)| !body.has(*slot)) {
            let what = format!("{what}, {{{{slot \"{}\"}}}}", slot.name());
            return Err(RenderError::Missing { part, what });
        }
    }
    Ok(())
}

/// Checks that both bodies say who is behind the mail and where help is to be had.
fn check_facts(scan: &Scan, rendered: &Rendered, service: &ServiceInfo<'_>, help: &Help) -> Result<(), RenderError> {
    let links: Vec<&str> = scan.elements.iter().filter_map(|element| element.attribute("href")).collect();
    let html = folded(&scan.text) + " " + &links.join(" ");
    let text = folded(&rendered.text.fill(|_| String::new()));
    for (part, body) in [(Part::Html, &html), (Part::Text, &text)] {
        if let Some(what) = missing_facts(body, service, help) {
            return Err(RenderError::Missing { part, what });
        }
    }
    Ok(())
}

/// The first thing that `body` does not say.
fn missing_facts(body: &str, service: &ServiceInfo<'_>, help: &Help) -> Option<String> {
    let lacks = |wanted: &str| !body.contains(&folded(wanted));
    if lacks(service.postal_address) {
        return Some("the postal address".to_owned());
    }
    if help.entries.iter().all(|entry| lacks(&entry.who)) {
        return Some("the help block".to_owned());
    }
    if lacks(&help.title) {
        return Some(format!("the heading of the help block (“{}”)", help.title));
    }
    help.entries.iter().find_map(|entry| {
        let facts = [Some(&entry.who), entry.phone.as_ref(), entry.email.as_ref(), entry.url.as_ref()];
        let missing = facts.into_iter().flatten().find(|fact| lacks(fact))?;
        Some(format!("a line of the help block (“{missing}”, for {})", entry.who))
    })
}

/// On one line, with plain spaces: numbers are held together by no-break ones.
fn folded(text: &str) -> String {
    one_line(&text.replace('\u{a0}', " ")).trim().to_owned()
}

const BACKSLASH: &str = "a backslash. Write &#92; in a text. If you wrote none, an attribute holds a character that \
                         MJML cannot write, such as a no-break space: use a plain space or &#160;";

fn check_markup(scan: &Scan, html: &Body) -> Result<(), RenderError> {
    let styles = scan.styles.to_ascii_lowercase();
    let has_backslash = html.0.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains('\\')));
    let found = if let Some(name) = scan.elements.iter().map(|e| &e.name).find(|name| name.starts_with("mj-")) {
        let problem = format!("an MJML element that does not exist or stands in the wrong place: <{name}>");
        Some((format!("<{name}"), problem))
    } else if has_backslash {
        Some(("\\".to_owned(), BACKSLASH.to_owned()))
    } else if let Some(rule) = ["@import", "@font-face"].into_iter().find(|rule| styles.contains(rule)) {
        Some((rule.to_owned(), format!("{rule}, a style from elsewhere; use the reader’s own fonts")))
    } else if scan.unfinished {
        Some((String::new(), "a tag, comment or style that never ends".to_owned()))
    } else {
        let problem = |element: &Element| Some((beginning(element), element_problem(element)?));
        scan.elements.iter().find_map(problem).or_else(|| remote::find(scan))
    };
    found.map_or(Ok(()), |(found, problem)| Err(RenderError::Markup { problem, found }))
}

/// How an element begins in a template. Ours have a picture too, so the picture's own address tells which one it is.
fn beginning(element: &Element) -> String {
    match element.attribute("src").filter(|_| element.name == "img") {
        Some(source) => format!("<img src=\"{source}\""),
        None => format!("<{}", element.name),
    }
}

/// What mail programs or readers cannot use about an element.
fn element_problem(element: &Element) -> Option<String> {
    let name = element.name.as_str();
    Some(match name {
        "img" if element.attribute("alt").is_none() => {
            let source = element.attribute("src").unwrap_or_default();
            format!("a picture without a description: <img src=\"{source}\"> needs alt=\"…\"")
        }
        // It tells its owner who opened the mail, and when.
        "img" if element.is_pixel() => {
            "a picture of one pixel: it tracks its readers, which this program never does".to_owned()
        }
        "table" if element.attribute("role").is_none() => {
            "a table without a role; write role=\"presentation\" for layout, role=\"table\" for data".to_owned()
        }
        "script" | "link" | "iframe" | "object" | "embed" | "form" => format!("<{name}>, which mail programs block"),
        _ => format!("a script in an attribute: {}=\"…\"", element.script()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(html: &str) -> String {
        let body = Body(vec![Piece::Literal(html.to_owned())]);
        check_markup(&scan(&body), &body).err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// However an attribute is quoted, escaped or spelt, and wherever a mail program would look.
    #[test]
    fn no_spelling_evades_a_rule() {
        let (pixel, alt, role, script) = ("one pixel", "without a description", "without a role", "a script in");
        let elsewhere = "fetched from elsewhere";
        for (html, said) in [
            ("<img alt=\"\" src=\"http://x/p.gif\" width=\"1\">", pixel),
            ("<img alt='' src='http://x/p.gif' width='1'>", pixel),
            ("<img alt src=http://x/p.gif width=1>", pixel),
            ("<IMG ALT SRC=http://x/p.gif HEIGHT=0>", pixel),
            ("<img alt='' src=x height=&#49;px>", pixel),
            ("<img alt='' src=x width=1 width=300>", pixel),
            ("<img alt='' src=x width=' 1em '>", pixel),
            ("<img alt='' src=x style='border:0; WIDTH : 1px !important'>", pixel),
            ("<img alt='' src=x style=height:0>", pixel),
            ("<noscript><img alt='' src=x width=1></noscript>", pixel),
            ("<!--[if mso]><img alt='' src=x width='1'><![endif]-->", pixel),
            ("<img src='http://x/p.gif' title='alt=\"x\"'>", alt),
            ("<IMG src=x data-alt=x>", alt),
            ("<table cellpadding='0'>", role),
            ("<TABLE title='role=\"presentation\"'>", role),
            ("<!--[if mso]><table><tr><td><![endif]-->", role),
            ("<p onclick='x()'>", script),
            ("<p ONCLICK=x()>", script),
            ("<a href='javascript:x()'>", script),
            ("<a href=\" Java&#10;Script&colon;x()\">", script),
            ("<SCRIPT>x()</SCRIPT>", "<script>"),
            ("<link rel=stylesheet href=//fonts.example/x>", "<link>"),
            ("<!--[if !mso]><!--><link href='//fonts.example/x'><!--<![endif]-->", "<link>"),
            ("<style>@IMPORT 'x';</style>", "@import"),
            ("<STYLE type='text/css'>@Font-Face{}</STYLE>", "@font-face"),
            ("<MJ-Text x='1'>", "<mj-text>"),
            ("<a href='x", "never ends"),
            ("<img alt=Logo src='https://a.example/logo.png' width=100>", elsewhere),
            ("<IMG ALT=Logo SRC=//a.example/logo.png>", elsewhere),
            ("<img alt=Logo src=logo.png>", elsewhere),
            ("<img alt=Logo src='data:image/png;base64,AA==' srcset='https://a.example/2x.png 2x'>", elsewhere),
            ("<!--[if mso]><v:fill src='https://a.example/x.png' /><![endif]-->", elsewhere),
            ("<picture><source srcset='https://a.example/x.webp'></picture>", elsewhere),
            ("<video poster='https://a.example/x.png'></video>", elsewhere),
            ("<input type=image src=https://a.example/x.png>", elsewhere),
            ("<svg><image xlink:href='https://a.example/x.png' /></svg>", elsewhere),
            ("<svg><use href='https://a.example/x.svg#y'></use></svg>", elsewhere),
            ("<p background='https://a.example/x.png'>", elsewhere),
            ("<p style='color:red;background:URL( \"https://a.example/x.png\" )'>", elsewhere),
            ("<p style='background:image-set(\"https://a.example/x.png\" 1x)'>", elsewhere),
            ("<style>p { background: url(//a.example/x.png) }</style>", elsewhere),
            ("<style>p { list-style: url('data:,') url(\"x.png\") }</style>", elsewhere),
        ] {
            assert!(problem(html).contains(said), "{html}: {}", problem(html));
        }
    }

    #[test]
    fn what_nobody_is_harmed_by_passes() {
        for html in [
            "<img alt='' src=cid:x width=300 height=auto style='width:100%;height:1em'>",
            "<img alt=Logo src='data:image/png;base64,AA==' width=10 height='100%'>",
            "<p style='background:url(data:image/png;base64,AA==)'><svg><use href='#y'></use></svg>",
            "<p title='url(https://a.example)'>url(https://a.example) <a href='https://a.example/x.png'>x</a>",
            "<!-- <img src=x width=1><table><script></script> -->",
            "<table role=presentation><tr><td title='<script>' style='width:1px'>&lt;script></td></tr></table>",
            "<title>@import <table></title><p>@font-face, width=1</p>",
            "<a href='https://a.example/javascript:' title='on'>x</a>",
        ] {
            assert_eq!(problem(html), "", "{html}");
        }
    }
}
