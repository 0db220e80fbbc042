//! Every kind of text that can be written: nothing is lost to another editor, to a file that was changed by hand, or to a full disk.
//! And a text that was checked again, in one click.

use std::fs;
use std::path::Path;

use super::library::{FILE, TEXT, post, read, save, with};
use super::{BEFORE, opened};
use crate::support::console::{Answer, Browser, user};
use crate::support::disk::{Mount, fill};
use crate::support::fixture::{Fixture, until};

/// A kind of text, and what two people change in it.
struct Kind {
    what: &'static str,
    path: &'static str,
    /// The file that is saved.
    file: &'static str,
    hers: (&'static str, &'static str),
    his: (&'static str, &'static str),
    /// Saved as done, or as a draft.
    save_as: &'static str,
}

impl Kind {
    fn edit(&self) -> String {
        format!("{}/edit", self.path)
    }

    fn filled(&self, page: &Answer, change: (&str, &str)) -> Vec<(String, String)> {
        with(page, &[change, ("as", self.save_as)])
    }
}

const KINDS: [Kind; 8] = [
    Kind {
        what: "an activity",
        path: TEXT,
        file: FILE,
        hers: ("title", "Anna’s title"),
        his: ("summary", "Ben’s summary, with a game to play."),
        save_as: "done",
    },
    Kind {
        what: "a theme",
        path: "/library/games/theme",
        file: "activities/games/theme.md",
        hers: ("title", "Anna’s theme"),
        his: ("author", "Ben the author"),
        save_as: "done",
    },
    Kind {
        what: "a notice",
        path: "/library/notices/half-term",
        file: "activities/notices/half-term.md",
        hers: ("title", "Anna’s notice"),
        his: ("until", "2027-02-24"),
        save_as: "done",
    },
    Kind {
        what: "a bulletin",
        path: "/library/bulletins/games",
        file: "activities/bulletins/games.md",
        hers: ("title", "Anna’s bulletin"),
        his: ("summary", "Ben’s summary."),
        save_as: "done",
    },
    Kind {
        what: "the help block",
        path: "/library/help.toml/top",
        file: "activities/help.toml",
        hers: ("title", "Anna’s title"),
        his: ("intro", "It is never the child’s fault, says Ben."),
        save_as: "done",
    },
    Kind {
        what: "an entry of it",
        path: "/library/help.toml/entry-2",
        file: "activities/help.toml",
        hers: ("when", "If Anna wants to talk"),
        his: ("what", "Ask for Ben."),
        save_as: "done",
    },
    Kind {
        what: "words under every worry",
        path: "/library/help.toml/worry-1",
        file: "activities/help.toml",
        hers: ("text", "Stay calm, says Anna."),
        his: ("text", "Listen, says Ben."),
        save_as: "done",
    },
    Kind {
        what: "a draft",
        path: "/library/games/the-coachs-corner",
        file: "activities/games/the-coachs-corner.draft.md",
        hers: ("title", "Anna’s draft"),
        his: ("summary", "Ben’s half"),
        save_as: "draft",
    },
];

const NOTICE: &str = "+++\ntitle = \"Half-term\"\nfrom = 2027-02-10\nuntil = 2027-02-20\n+++\n\nA short text.\n";

/// One file of each kind.
fn written(fixture: &Fixture, browser: &Browser) {
    fixture.write("activities/notices/half-term.md", NOTICE);
    fixture.write("activities/bulletins/games.md", super::bulletins::GAMES);
    let finished = read(fixture, "activities/games/the-coachs-corner.md");
    fixture.write("activities/games/the-coachs-corner.draft.md", &finished.replace("minutes = 15", "minutes = 14"));
    until("the bulletin is read", || browser.get("/bulletins/games").status == 200);
}

#[test]
fn two_editors_of_any_kind_of_text_lose_nothing() {
    let (fixture, _daemon, admin) = opened();
    written(&fixture, &admin);
    let anna = user(&fixture, BEFORE, admin.port(), "anna@example.org", "editor");
    let ben = user(&fixture, BEFORE, admin.port(), "ben@example.org", "editor");
    for kind in &KINDS {
        let (what, path) = (kind.what, kind.edit());
        let (her_page, his_page) = (anna.get(&path).is(200), ben.get(&path).is(200));
        assert_eq!(post(&anna, &path, &kind.filled(&her_page, kind.hers)).status, 303, "{what}");
        let hers = read(&fixture, kind.file);
        assert!(hers.contains(kind.hers.1), "{what}: {hers}");
        let refused = post(&ben, &path, &kind.filled(&his_page, kind.his)).is(409);
        let refused = refused.says("Someone else changed this text").says("anna (user").says("Theirs").says("Yours");
        assert!(refused.body.contains(kind.his.1), "{what}: his words are still in the form");
        assert_eq!(read(&fixture, kind.file), hers, "{what}");
        // He knows now what he saves over.
        assert_eq!(post(&ben, &path, &kind.filled(&refused, kind.his)).status, 303, "{what}");
        assert!(read(&fixture, kind.file).contains(kind.his.1), "{what}");
    }
}

#[test]
fn a_file_of_any_kind_that_was_edited_by_hand_meanwhile_is_not_saved_over() {
    let (fixture, _daemon, browser) = opened();
    written(&fixture, &browser);
    for kind in &KINDS {
        let (what, path) = (kind.what, kind.edit());
        let page = browser.get(&path).is(200);
        let by_hand = format!("{}\n", read(&fixture, kind.file));
        fixture.write(kind.file, &by_hand);
        let refused = post(&browser, &path, &kind.filled(&page, kind.hers)).is(409);
        let refused = refused.says("Someone changed the file itself meanwhile").says("Theirs");
        assert_eq!(read(&fixture, kind.file), by_hand, "{what}");
        // Taken away while someone writes, it isn't put back without a question either.
        let page = if matches!(kind.what, "an activity" | "a draft" | "a notice") {
            fs::remove_file(fixture.path(kind.file)).unwrap();
            let refused = post(&browser, &path, &kind.filled(&refused, kind.hers)).is(409);
            assert!(!fixture.path(kind.file).exists(), "{what}");
            refused
        } else {
            refused
        };
        assert_eq!(post(&browser, &path, &kind.filled(&page, kind.hers)).status, 303, "{what}");
        assert!(read(&fixture, kind.file).contains(kind.hers.1), "{what}");
    }
}

/// What lies in a folder and below it, with what the files say.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else if entry.file_name() != "filler" {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_full_disk_leaves_any_kind_of_text_as_it_was() {
    let (fixture, _daemon, browser) = opened();
    written(&fixture, &browser);
    let library = fixture.path("activities");
    let files = everything(&library);
    let pages: usize = files.iter().map(|(_, bytes)| bytes.len().div_ceil(4096) + 1).sum();
    let size = format!("size={}k", pages * 4 + 512);
    let Some(_mount) = Mount::new(&library, "a full disk", &["-t", "tmpfs", "-o", &size, "tmpfs"]) else { return };
    for (path, bytes) in &files {
        fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for kind in &KINDS {
        let (what, path, page) = (kind.what, kind.edit(), browser.get(&kind.edit()).is(200));
        let before = everything(&library);
        let filler = fill(&library);
        let refused = post(&browser, &path, &kind.filled(&page, kind.hers)).is(409).says("because the disk is full");
        assert!(everything(&library) == before, "{what}: something was changed, or is left");
        // What was written is still there, and goes through once there's room.
        fs::remove_file(filler).unwrap();
        assert_eq!(post(&browser, &path, &kind.filled(&refused, kind.hers)).status, 303, "{what}");
        assert!(read(&fixture, kind.file).contains(kind.hers.1), "{what}");
    }
}

#[test]
fn one_click_notes_that_a_text_was_checked_and_one_more_takes_that_back() {
    let (fixture, _daemon, admin) = opened();
    let before = read(&fixture, FILE);
    let click = |page: &Answer, word: &str, what: &str| {
        let form = page.body.split("<form").find(|form| form.contains(&format!("/{what}\""))).expect("a form");
        let seen = form.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(form.contains(word), "{form}");
        admin.post(&format!("{TEXT}/{what}"), &[("seen", seen)])
    };
    let page = admin.get(TEXT).is(200).lacks("Take back");
    let stale = admin.get(TEXT);
    click(&page, "It has been checked today", "checked").is(303);
    let page = admin.get(TEXT).says("It's noted that it has been checked").says("26 Nov 2028");
    let text = read(&fixture, FILE);
    assert!(text.contains("reviewed = 2026-11-26\n") && text.contains("review_by = 2028-11-26\n"), "{text}");
    click(&stale, "It has been checked today", "checked").is(409);
    click(&page, "Take back that it has been checked", "unchecked").is(303);
    admin.get(TEXT).says("That's taken back").lacks("Take back that");
    assert_eq!(read(&fixture, FILE), before);
    // What is due is noted in the list, too, and the way back is on its page.
    fixture.write(
        FILE,
        &before.replace("reviewed = 2026-11-28", "reviewed = 2024-11-28").replace("= 2028-11-28", "= 2026-12-10"),
    );
    let list = admin.get("/library?show=review").is(200).says("Hold it, Sid");
    click(&list, "It has been checked", "checked").is(303);
    admin.get(TEXT).says("Take back that it has been checked");
    // A change of its words is no review.
    save(
        &admin,
        TEXT,
        &[("summary", "Stop a pretend game on a signal, and say out loud what you felt."), ("as", "done")],
    );
    admin.get(TEXT).lacks("Take back that it has been checked");
}

/// The link with these words, and the page that it leads to.
#[track_caller]
fn followed(browser: &Browser, page: &Answer, words: &str) -> (String, Answer) {
    let link = page.body.split("<a ").find(|link| link.contains(words)).unwrap_or_else(|| panic!("{}", page.text()));
    let path = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    (path.clone(), browser.get(&path).is(200))
}

#[test]
fn a_correction_is_begun_from_what_went_out() {
    let (fixture, _daemon, browser) = opened();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes"]).exits(0);
    let activity = fixture.planned(BEFORE, 7)["activities"][0].clone();
    let (id, title) = (activity["id"].as_str().unwrap(), activity["title"].as_str().unwrap());
    let (_, form) = followed(&browser, &browser.get("/editions/7"), "Write a correction to those who got edition 7");
    assert!(form.body.contains("name=\"corrects\" type=\"number\" value=\"7\""), "{}", form.body);
    form.says("Our email said: [Write here: the words that were wrong]");
    let text = browser.get(&format!("/library/{id}"));
    let (path, form) = followed(&browser, &text, "Write a correction to those who got edition 7");
    let form = form.says(&format!("In “{title}”, our email said: [Write here:"));
    let edit = path.split('?').next().unwrap().to_owned();
    let changes = [
        ("summary", "A number in our email was wrong."),
        ("part.1", "It said 0800 2222."),
        ("part.2", "It’s 0800 1111."),
        ("as", "done"),
    ];
    post(&browser, &edit, &with(&form, &changes)).is(303);
    let name = edit.trim_start_matches("/library/bulletins/").trim_end_matches("/edit").to_owned();
    let written = read(&fixture, &format!("activities/bulletins/{name}.md"));
    assert!(written.contains("corrects = 7\n") && written.contains("## What is right\n\nIt’s 0800 1111."), "{written}");
    until("the bulletin is read", || browser.get(&format!("/bulletins/{name}")).status == 200);
    let (_, page) = followed(&browser, &browser.get(&format!("/library/bulletins/{name}")), "See who gets it");
    page.says("who got edition 7, which it corrects").lacks("Choose");
    // Another one of the same text has a name of its own.
    let (next, _) = followed(&browser, &browser.get(&format!("/library/{id}")), "Write a correction");
    assert!(next.starts_with(&format!("/library/bulletins/{name}-2/edit?")), "{next}");
    // Whoever withdraws the activity is led there, too.
    let done = browser.decide(&format!("/library/{id}/withdraw"), &[]).says("write a correction");
    done.says("Families have it");
    let form = browser.get("/library/new?kind=correction&edition=7").is(200).says("the edition that it corrects");
    let begun = browser.get("/library/new?kind=correction&edition=7&title=A+slip").is(303);
    assert!(begun.location.contains("corrects=7"), "{} {}", begun.location, form.status);
}
