//! Sheets to print: what an SVG file may hold.

use std::fs;

use crate::support::fixture::copy;
use crate::support::root;
use fortnightly::domain::activity::Nation;
use fortnightly::domain::band::Bands;
use fortnightly::library;

const ROOT: &str =
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 595 842'>";

/// The codes and places of the good library with this sheet in it.
fn findings(sheet: &[u8]) -> Vec<(&'static str, Option<usize>)> {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("tests/fixtures/library/good"), dir.path());
    fs::write(dir.path().join("secrets/cards.svg"), sheet).unwrap();
    let (library, found) = library::load(dir.path(), &Bands::shipped(), Nation::England);
    assert_eq!(library.is_none(), !found.is_empty(), "{found:?}");
    for one in &found {
        let file = one.file.as_deref().unwrap_or_default();
        assert!(one.is_error() && file.ends_with("secrets/cards.svg") && one.help.is_some(), "{one:?}");
    }
    found.iter().map(|one| (one.code, one.line)).collect()
}

/// The sheet as the library keeps it.
fn kept(sheet: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("tests/fixtures/library/good"), dir.path());
    fs::write(dir.path().join("secrets/cards.svg"), sheet).unwrap();
    let (library, found) = library::load(dir.path(), &Bands::shipped(), Nation::England);
    let activities = library.unwrap_or_else(|| panic!("{found:?}")).activities;
    activities.into_iter().find_map(|activity| activity.printable).unwrap().svg
}

/// A browser prints a drawing of no size on one sheet, whatever the sheet's size.
#[test]
fn a_drawing_takes_the_size_of_the_paper() {
    let sized = "<?xml version='1.0'?>\n<!-- x --><svg width='210mm' style='font-family: \"Arial\"' height=\"2970\" viewBox='0 0 595 842'\n \
                 xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>\n";
    let root = "<svg style='font-family: \"Arial\"' viewBox=\"0 0 595 842\" xmlns=\"http://www.w3.org/2000/svg\">";
    let paper = format!("<?xml version='1.0'?>\n<!-- x -->{root}<rect width='9' height='9'/></svg>\n");
    assert_eq!(kept(sized), paper);
    assert_eq!(kept(&paper), paper);
}

/// The codes of a sheet with these parts in its second line.
fn codes(inside: &str) -> Vec<&'static str> {
    let found = findings(format!("{ROOT}\n{inside}\n</svg>").as_bytes());
    assert!(found.iter().all(|(_, line)| line.is_some_and(|line| line >= 2)), "{inside}: {found:?}");
    found.into_iter().map(|(code, _)| code).collect()
}

#[test]
fn what_draws_and_does_nothing_else_passes() {
    for inside in [
        "",
        "<g id='a'><path d='M0 0L9 9' stroke-width='2'/></g><use href='#a'/><use xlink:href='#a' x='9'/>",
        "<text x='9' y='9' font-family='sans-serif' xml:space='preserve'>&lt;script&gt; at https://a.example &#8211; &quot;url(x)&quot;</text>",
        "<style>/* lines */ rect { fill: url('#a') } <![CDATA[ text > tspan { color: red } ]]></style>",
        "<rect style='fill: URL( \"#a\" )' mask='url(#b)'/>",
        "<!-- https://a.example <script> --><desc>onclick = x</desc>",
        "<g aria-label='and // or' data-x='metadata: y'/><text aria-label='see https://a.example'/>",
        "<g xmlns:a='u' a:b='1'><g a:b='2'/></g>",
        "<style>path { stroke-width: 2; line-height: 1.2 }</style><rect style='width: 9px'/>",
        "<g id='b'><use href='#a'/></g><path id='a'/><use href='#a'/>",
        "<title>A board</title><defs><marker id='m'/><pattern id='p'/><clipPath id='c'/><symbol id='s'/></defs>",
    ] {
        assert_eq!(codes(inside), [""; 0], "{inside}");
    }
}

/// Upright or on its side, a drawing of a sheet's shape fills it.
#[test]
fn a_drawing_of_another_shape_than_paper_is_pointed_out() {
    for (view_box, is_odd) in [
        ("0 0 595 842", false),
        ("0,0,842,595", false),
        ("-10 -10 210.5 297", false),
        ("0 0 816 1056", false),
        ("0 0 800 800", true),
        ("0 0 300 900", true),
    ] {
        let dir = tempfile::tempdir().unwrap();
        copy(&root().join("tests/fixtures/library/good"), dir.path());
        let sheet = ROOT.replace("0 0 595 842", view_box);
        fs::write(dir.path().join("secrets/cards.svg"), format!("{sheet}</svg>")).unwrap();
        let (library, found) = library::load(dir.path(), &Bands::shipped(), Nation::England);
        assert!(library.is_some(), "{view_box}: {found:?}");
        let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
        assert_eq!(codes, if is_odd { vec!["svg-shape"] } else { vec![] }, "{view_box}");
    }
}

#[test]
fn every_other_sheet_is_refused_with_its_own_error() {
    for (code, inside) in [
        ("svg-element", "<script>x()</script>"),
        ("svg-element", "<SCRIPT>x()</SCRIPT>"),
        ("svg-element", "<foreignObject><g/></foreignObject>"),
        ("svg-element", "<image x='9'/>"),
        ("svg-element", "<feImage/>"),
        ("svg-element", "<a><text>x</text></a>"),
        ("svg-element", "<set attributeName='x' to='y'/>"),
        ("svg-element", "<animate attributeName='x' to='y'/>"),
        ("svg-element", "<iframe/>"),
        ("svg-element", "<style><g/>@import 'x.css';</style>"),
        ("svg-element", "<style><title>a</title>rect { fill: url(https://a.example/x.svg#b) }</style>"),
        ("svg-element", "<style>rect { <style/> }</style>"),
        ("svg-element", "<g xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("svg-element", "<g xmlns:h='http://www.w3.org/1999/xhtml'><h:script/></g>"),
        ("svg-script", "<g onclick='x()'/>"),
        ("svg-script", "<g ONLOAD='x()'/>"),
        ("svg-reference", "<use href='https://a.example/x.svg#y'/>"),
        ("svg-reference", "<use href='x.svg#y'/>"),
        ("svg-reference", "<use xlink:href='//a.example/x.svg#y'/>"),
        ("svg-reference", "<use xmlns:q='http://www.w3.org/1999/xlink' q:href='data:image/png;base64,AA=='/>"),
        ("svg-reference", "<use href='&#106;avascript:x()'/>"),
        ("svg-reference", "<rect fill='url(https://a.example/x.svg#y)'/>"),
        ("svg-reference", "<rect fill='url(x.svg#y)'/>"),
        ("svg-reference", "<rect style='fill: u\\72l(x.svg)'/>"),
        ("svg-reference", "<rect style='fill: url( &quot;x.png&quot; )'/>"),
        ("svg-reference", "<rect style='background: image-set(\"x.png\" 1x)'/>"),
        ("svg-reference", "<style>@import 'x.css';</style>"),
        ("svg-reference", "<style>&#64;IMPORT 'x.css';</style>"),
        ("svg-reference", "<style><![CDATA[@font-face { src: x }]]></style>"),
        ("svg-reference", "<style>rect { fill: url(#a); mask: url(x.png) }</style>"),
        ("svg-reference", "<g xml:base='x.svg'/>"),
        ("svg-size", "<style>svg { width: 2000px; height: 3000px }</style>"),
        ("svg-size", "<style>@media print{svg{/* x */min-height : 300mm}}</style>"),
        ("svg-use", "<g id='a'><path d='M0 0'/></g><g id='b'><use href='#a'/></g><use href='#b'/>"),
        ("svg-use", "<path id='a'/><use id='b' href='#a'/><use xlink:href=' #b'/>"),
        ("svg-use", "<g id='a'><g><use href='#a'/></g></g>"),
        ("svg-use", "<use xml:id='b' href='#a'/><use href='#b'/>"),
        ("svg-reference", "<use href='#%61'/>"),
        ("svg-doctype", "<?xml-stylesheet href='x.css'?>"),
        ("svg-syntax", "<g></path>"),
        ("svg-syntax", "<g"),
        ("svg-syntax", "<g x='1' x='2'/>"),
        ("svg-syntax", "<g x=1/>"),
        ("svg-syntax", "<g x='a<b'/>"),
        ("svg-syntax", "<text>&nbsp;</text>"),
        ("svg-syntax", "<text>Tom & Ann</text>"),
        ("svg-syntax", "<text>\u{1}</text>"),
        ("svg-syntax", "<g inkscape:label='x'/>"),
        ("svg-syntax", "<g xmlns:a='u'/><g a:b='1'/>"),
        ("svg-syntax", "<g xmlns:a='u'><g/></g><g a:b='1'/>"),
        ("svg-syntax", "<?xml version='1.0'?>"),
        ("svg-syntax", "</svg><svg>"),
        ("svg-syntax", "</svg>words<svg>"),
        ("svg-syntax", "<!-- a -- b -->"),
    ] {
        let found = codes(inside);
        assert!(found.first() == Some(&code), "{inside}: {found:?}, not {code}");
    }
}

#[test]
fn a_file_that_is_no_drawing_is_refused_as_a_whole() {
    let whole = |text: &str| findings(text.as_bytes()).first().map(|(code, _)| *code).unwrap_or_default();
    assert_eq!(whole(""), "svg-syntax");
    assert_eq!(whole("words"), "svg-syntax");
    assert_eq!(whole("<svg viewBox='0 0 595 842'/>"), "svg-root", "without its namespace nobody draws it");
    assert_eq!(whole("<svg xmlns='http://www.w3.org/2000/svg' width='595' height='842'/>"), "svg-root");
    for view_box in ["", "0 0 595", "0 0 595 wide", "0 0 595 0"] {
        let root = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='{view_box}'/>");
        assert_eq!(whole(&root), "svg-root", "{view_box}");
    }
    let sized = ROOT.replace("viewBox", "style='width: 300mm' viewBox");
    assert_eq!(whole(&format!("{sized}</svg>")), "svg-size");
    assert_eq!(whole("<html xmlns='http://www.w3.org/2000/svg'/>"), "svg-root");
    assert_eq!(whole(&format!("{ROOT}<g>")), "svg-syntax");
    assert_eq!(whole(&format!("<!DOCTYPE svg [<!ENTITY x 'y'>]>{ROOT}</svg>")), "svg-doctype");
    assert_eq!(whole(&format!("<?xml version='1.0' encoding='ISO-8859-1'?>{ROOT}</svg>")), "svg-syntax");
    assert_eq!(findings(b"<svg xmlns='http://www.w3.org/2000/svg'>\xff</svg>"), [("not-utf-8", Some(1))]);
    let sized = |bytes: usize| format!("{ROOT}<!--{}--></svg>", "x".repeat(bytes - ROOT.len() - 13));
    assert_eq!(
        (findings(sized(100_000).as_bytes()), findings(sized(100_001).as_bytes())),
        (vec![], vec![("svg-too-large", None)])
    );
}
