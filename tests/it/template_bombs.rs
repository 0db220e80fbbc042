//! Templates and texts that would never end, or fill the memory or the stack: refused by name, also by a running daemon.

use std::fs;
use std::process::Stdio;

use crate::support::fixture::{Fixture, Running, until};

const TEXT: &str = "templates/digest.txt.hbs";
const MJML: &str = "templates/digest.mjml.hbs";
const PAGE: &str = "templates/web/front.html.hbs";

/// What is wrong, the file that is to be named, and how it is made.
type Bomb = (&'static str, &'static str, fn(&Fixture));

const BOMBS: &[Bomb] = &[
    ("nested blocks", TEXT, |f| add(f, TEXT, &nested("{{#if subject}}", "{{/if}}", 2_000))),
    ("nested blocks of a page", PAGE, |f| add(f, PAGE, &nested("{{# if shell}}", "{{/if}}", 2_000))),
    ("nested blocks with signs", TEXT, |f| add(f, TEXT, &nested("{{~#unless subject~}}", "{{~/unless~}}", 2_000))),
    ("blocks that are never closed", TEXT, |f| add(f, TEXT, &"{{#if subject}}".repeat(15_000))),
    ("a chain of else", TEXT, |f| {
        let chain = "{{else if subject}}".repeat(5_000);
        add(f, TEXT, &format!("{{{{#if subject}}}}{chain}{{{{/if}}}}"));
    }),
    ("nested brackets", TEXT, |f| add(f, TEXT, &format!("{{{{subject {}", "(a ".repeat(50_000)))),
    ("nested lists", TEXT, |f| add(f, TEXT, &format!("{{{{subject {}", "[".repeat(50_000)))),
    ("nested objects", TEXT, |f| add(f, TEXT, &format!("{{{{subject {}", "{\"a\":".repeat(30_000)))),
    ("a quoted end before brackets", TEXT, |f| add(f, TEXT, &format!("{{{{subject \"}}}}\" {}", "(a ".repeat(50_000)))),
    ("a chain of partials", "templates/partials", |f| chain(f, 5_000, |n| format!("{{{{> p{n}.txt}}}}"))),
    ("a shorter chain of partials", "templates/partials", |f| chain(f, 400, |n| format!("{{{{> p{n}.txt}}}}"))),
    ("partials that double", TEXT, |f| chain(f, 30, |n| format!("{{{{> p{n}.txt}}}}{{{{> p{n}.txt}}}}laugh\n"))),
    ("partials that double in a paragraph", TEXT, |f| {
        chain(f, 30, |n| format!("{{{{#wrap}}}}{{{{> p{n}.txt}}}}{{{{> p{n}.txt}}}}laugh{{{{/wrap}}}}"));
    }),
    ("values that double", TEXT, |f| chain(f, 28, |n| format!("{{{{> p{n}.txt a=this b=this c=this}}}}"))),
    ("lists in lists", TEXT, |f| {
        add(f, TEXT, &format!("{}x{}", "{{#each @root.cards}}".repeat(14), "{{/each}}".repeat(14)));
    }),
    ("lists in lists without a word", TEXT, |f| {
        add(f, TEXT, &format!("{}{}", "{{#each @root.cards}}".repeat(14), "{{/each}}".repeat(14)));
    }),
    ("a long text, often", TEXT, |f| {
        f.write("templates/partials/long.txt.hbs", &"long ".repeat(10_000));
        add(f, TEXT, &"{{> long.txt}}".repeat(1_500));
    }),
    ("a huge template", TEXT, |f| add(f, TEXT, &"word ".repeat(8_000_000))),
    ("many errors", TEXT, |f| add(f, TEXT, &"{{nothing}}\n".repeat(1_500))),
    ("many tags", TEXT, |f| add(f, TEXT, &"{{subject}}".repeat(5_000))),
    ("nested elements", MJML, |f| before_end(f, &nested("<div>", "</div>", 20_000))),
    ("nested elements of MJML", MJML, |f| before_end(f, &nested("<mj-wrapper>", "</mj-wrapper>", 8_000))),
    ("elements that are never closed", MJML, |f| before_end(f, &"<b>".repeat(40_000))),
    ("a long attribute for everything", MJML, |f| {
        let attributes = format!("<mj-attributes><mj-all css-class=\"{}\" /></mj-attributes>", "a".repeat(100_000));
        edit(f, MJML, "<mj-head>", &format!("<mj-head>{attributes}"));
        before_end(f, &"<mj-section><mj-column><mj-spacer /></mj-column></mj-section>".repeat(2_000));
    }),
];

const TEXTS: &[Bomb] = &[
    ("nested quotations", "activities/kindness/theme.md", |f| markdown(f, &format!("{}x", ">".repeat(100_000)))),
    ("nested emphasis", "activities/kindness/theme.md", |f| markdown(f, &"*a_".repeat(60_000))),
    ("nested brackets", "activities/kindness/theme.md", |f| markdown(f, &"[".repeat(200_000))),
    ("nested links", "activities/kindness/theme.md", |f| markdown(f, &nested("[", "](x)", 30_000))),
    ("nested lists", "activities/kindness/theme.md", |f| markdown(f, &format!("{}x", "- ".repeat(60_000)))),
    ("nested arrays of front matter", "activities/kindness/theme.md", |f| {
        edit(f, "activities/kindness/theme.md", "+++\n", &format!("+++\nx = {}\n", "[".repeat(100_000)));
    }),
    ("nested arrays", "activities/help.toml", |f| {
        add(f, "activities/help.toml", &format!("\nx = {}", "[".repeat(100_000)));
    }),
    ("nested tables", "config.toml", |f| add(f, "config.toml", &format!("\nx = {}", "{a=".repeat(100_000)))),
    ("dotted keys", "config.toml", |f| add(f, "config.toml", &format!("\n[x{}]", ".x".repeat(200_000)))),
];

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", open.repeat(depth), close.repeat(depth))
}

fn add(fixture: &Fixture, file: &str, text: &str) {
    fixture.write(file, &(fs::read_to_string(fixture.path(file)).unwrap() + text));
}

fn edit(fixture: &Fixture, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(fixture.path(file)).unwrap();
    assert!(text.contains(from), "{file} does not say {from}");
    fixture.write(file, &text.replacen(from, to, 1));
}

/// Before the end of the body.
fn before_end(fixture: &Fixture, text: &str) {
    edit(fixture, MJML, "</mj-body>", &format!("{text}</mj-body>"));
}

fn markdown(fixture: &Fixture, text: &str) {
    add(fixture, "activities/kindness/theme.md", &format!("\n\n{text}\n"));
}

/// So many partials, each of which holds what is said of the next.
fn chain(fixture: &Fixture, length: usize, holds: fn(usize) -> String) {
    for n in 0..length {
        let text = if n + 1 == length { "end".to_owned() } else { holds(n + 1) };
        fixture.write(&format!("templates/partials/p{n}.txt.hbs"), &text);
    }
    add(fixture, TEXT, "{{> p0.txt}}");
}

/// What a command comes to, if it ends in time, and what it says.
fn ends(fixture: &Fixture, command: &str) -> (Option<i32>, String) {
    let log = fs::File::create(fixture.path("log")).unwrap();
    let mut program = fixture.command(&["--now", "2026-11-25T12:00:00Z", command]);
    let mut running = Running(program.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| running.ends()));
    (ended.ok(), fixture.log())
}

#[test]
fn every_bomb_is_refused_by_name_in_time() {
    let mut wrong = String::new();
    for (what, file, make) in BOMBS {
        let fixture = Fixture::shipped();
        make(&fixture);
        let (code, said) = ends(&fixture, "check");
        if code != Some(1) || !said.contains(file) || said.len() > 100_000 {
            wrong += &format!("{what} in {file}: {code:?} {}\n", said.get(..300).unwrap_or(&said));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Digests are rendered by threads with 2 MiB of stack, and this is a build that needs the most of it.
#[test]
fn what_is_as_deep_as_it_may_be_is_rendered() {
    let fixture = Fixture::shipped();
    chain(&fixture, 16, |n| format!("{{{{> p{n}.txt}}}}"));
    add(&fixture, TEXT, &format!("{}Deep.\n{}", "{{#if subject}}".repeat(31), "{{/if}}".repeat(31)));
    let deep = format!("{}Deep.{}", "<div>".repeat(55), "</div>".repeat(55));
    before_end(&fixture, &format!("<mj-section><mj-column><mj-text>{deep}</mj-text></mj-column></mj-section>"));
    fixture.at("2026-11-25T12:00:00Z", &["check"]).exits(0);
}

#[test]
fn no_text_is_too_deep() {
    let mut wrong = String::new();
    for (what, file, make) in TEXTS {
        let fixture = Fixture::shipped();
        make(&fixture);
        let (code, said) = ends(&fixture, "plan");
        // Signs in a row may well be words of a text.
        if !matches!(code, Some(0..=2)) || code != Some(0) && !said.contains(file) {
            wrong += &format!("{what} in {file}: {code:?} {}\n", said.get(..300).unwrap_or(&said));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_running_daemon_refuses_every_bomb_and_keeps_what_it_has() {
    let fixture = Fixture::shipped();
    let mut command = fixture.command(&["--now", "2026-11-30T07:00:00Z", "run"]);
    let log = fs::File::create(fixture.path("log")).unwrap();
    let mut daemon = Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    until("the daemon runs", || fixture.log().contains("listening"));
    let (mut refused, mut accepted) = (0, 0);
    // One of each kind: what is too deep, too long, too large.
    let few = ["nested blocks", "partials that double", "nested elements"];
    for (_, file, make) in BOMBS.iter().filter(|(what, ..)| few.contains(what)) {
        let right = fs::read_to_string(fixture.path(file)).unwrap();
        make(&fixture);
        refused += 1;
        until("it is refused", || fixture.log().matches("the old ones stay in force").count() == refused);
        fixture.write(file, &right);
        accepted += 1;
        until("mended, it is in force", || fixture.log().matches("were read again").count() == accepted);
    }
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}
