//! Whatever is filled in stands in the file as it was filled in, and nothing else in the file moves.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Sheet, by_field, read_one};
use crate::domain::activity::Nation;
use crate::domain::band::Bands;
use crate::domain::writing::TextRef;
use crate::domain::writing::form::{Choice, FieldGroup, Filled, FormField, FormWords, Input, TextForm};

fn text(name: &str) -> TextRef {
    let (folder, name) = name.split_once('/').unwrap();
    TextRef::parse(folder, name).unwrap()
}

/// What a browser would post of a form that nobody changed.
fn posted(form: &TextForm) -> Filled {
    let fields = form.groups.iter().flat_map(|group: &FieldGroup| &group.fields).chain(&form.parts);
    let values = |field: &FormField| -> Vec<(String, String)> {
        let chosen =
            |choices: &[Choice]| choices.iter().filter(|one| one.is_chosen).map(|one| one.value.clone()).collect();
        let values: Vec<String> = match &field.input {
            Input::Line(value) | Input::Sentences(value) | Input::Date(value) | Input::Number { value, .. } => {
                vec![value.clone()]
            }
            Input::Lines(value) | Input::Passage(value) => vec![value.replace('\n', "\r\n")],
            Input::Flag(is_set) => is_set.then(|| "on".to_owned()).into_iter().collect(),
            Input::Choice(choices) | Input::Ticks(choices) => chosen(choices),
        };
        values.into_iter().map(|value| (field.name.clone(), value)).collect()
    };
    Filled(fields.flat_map(values).collect())
}

fn words() -> FormWords {
    let bands = Bands::shipped().iter().map(|band| (band.id.to_string(), band.label.clone())).collect();
    FormWords { bands, ..FormWords::default() }
}

/// A form that comes back as it was shown changes no byte.
#[test]
fn a_form_that_nobody_changed_leaves_every_shipped_text_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("activities");
    let mut seen = 0;
    for folder in fs::read_dir(&root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            let (folder, name) = (folder.file_name().into_string().unwrap(), file.file_name().into_string().unwrap());
            let Some(text) = TextRef::of_file(&format!("{folder}/{name}")) else { continue };
            let before = fs::read_to_string(file.path()).unwrap();
            let sheet = Sheet::read(&text, &before).unwrap_or_else(|| panic!("{text} has no form"));
            let filled = Sheet::filled(&text, &posted(&sheet.form(&words())));
            assert_eq!(filled, sheet, "{text}");
            assert_eq!(filled.write(&text, Some(&before)).unwrap(), before, "{text}");
            // Written anew, it says the same.
            let anew = sheet.write(&text, None).unwrap();
            assert_eq!(Sheet::read(&text, &anew).unwrap(), sheet, "{anew}");
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
    let help = fs::read_to_string(root.join("help.toml")).unwrap();
    for name in ["top", "entry-1", "entry-9", "worry-1", "worry-2"] {
        let text = text(&format!("help.toml/{name}"));
        let sheet = Sheet::read(&text, &help).unwrap();
        let filled = Sheet::filled(&text, &posted(&sheet.form(&words())));
        assert_eq!(filled.write(&text, Some(&help)).unwrap(), help, "{name}");
    }
}

#[test]
fn what_the_form_does_not_hold_stays() {
    let before = "+++\n# Ask Anna first.\ntitle = 'One'   # short\nfrom = 2027-01-25\nuntil = 2027-02-14\nmystery = [1, 2]\n+++\n\nText.\n";
    let text = text("notices/one");
    let sheet = Sheet::read(&text, before).unwrap();
    let mut filled = posted(&sheet.form(&words()));
    let title = filled.0.iter_mut().find(|(name, _)| name == "title").unwrap();
    title.1 = "Say “two”, \"nope\"".to_owned();
    let after = Sheet::filled(&text, &filled).write(&text, Some(before)).unwrap();
    assert!(
        after.contains("# Ask Anna first.\ntitle = ")
            && after.contains("   # short\n")
            && after.contains("mystery = [1, 2]\n"),
        "{after}"
    );
    assert!(after.ends_with("+++\n\nText.\n"), "{after}");
    assert_eq!(Sheet::read(&text, &after).unwrap().title(), "Say “two”, \"nope\"");
}

#[test]
fn an_entry_of_the_help_block_is_changed_added_and_taken_out_alone() {
    let help = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("activities/help.toml")).unwrap();
    let sheet = Sheet::read(&text("help.toml/entry-2"), &help).unwrap();
    let mut filled = posted(&sheet.form(&words()));
    filled.0.retain(|(name, _)| name != "phone");
    filled.0.push(("phone".to_owned(), "0800 000 000".to_owned()));
    let changed =
        Sheet::filled(&text("help.toml/entry-2"), &filled).write(&text("help.toml/entry-2"), Some(&help)).unwrap();
    assert_eq!(changed, help.replacen("phone = \"0808 800 5000\"", "phone = \"0800 000 000\"", 1));
    let new = text("help.toml/entry-new");
    let added = Sheet::filled(&new, &filled).write(&new, Some(&help)).unwrap();
    let count = |file: &str| file.matches("[[entries]]").count();
    assert_eq!(count(&added), count(&help) + 1);
    let gone = Sheet::filled(&text("help.toml/entry-2"), &Filled::default());
    assert_eq!(count(&gone.write(&text("help.toml/entry-2"), Some(&help)).unwrap()), count(&help) - 1);
    let worry = text("help.toml/worry-1");
    let mut filled = posted(&Sheet::read(&worry, &help).unwrap().form(&words()));
    filled.0.iter_mut().find(|(name, _)| name == "text").unwrap().1 = "One.\r\n\r\nTwo \"\"\" and \\ three.".to_owned();
    let written = Sheet::filled(&worry, &filled).write(&worry, Some(&help)).unwrap();
    assert!(written.contains("text = \"\"\"\nOne.\n\nTwo "), "{written}");
    assert_eq!(Sheet::read(&worry, &written).unwrap(), Sheet::filled(&worry, &filled));
}

#[test]
fn a_finding_is_put_beside_its_field() {
    let text = text("games/x");
    let file = "+++\ntitle = \"\"\nbands = [\"8-10\"]\nminutes = 15\nsummary = \"S.\"\nreviewed = 2026-09-01\nreview_by = 2026-08-01\n[next]\ntext = \"t\"\nurl = \"http://x\"\npublisher = \"p\"\n+++\n\n## Get ready\n\nSit.\n\n## Do it together\n\nTalk, and [click here](https://a.example/x).\n\n## Talk about it\n\nNothing.\n\n## If something worries you\n\n[Write here: x]\n";
    let (read, found) = read_one((Path::new("/nowhere"), &text), file, (&Bands::shipped(), Nation::England));
    assert!(read.is_none());
    let placed: Vec<(&str, String)> =
        by_field(&text, file, found).into_iter().map(|one| (one.finding.code, one.field)).collect();
    for (code, field) in [
        ("empty-value", "title"),
        ("date-order", "review_by"),
        ("link-address", "next.url"),
        ("link-words", "part.1"),
        ("no-question", "part.2"),
    ] {
        assert!(placed.contains(&(code, field.to_owned())), "{code} {field}: {placed:?}");
    }
    assert!(placed.iter().any(|(code, _)| *code == "unwritten"));
}

proptest! {
    /// Any words in any field are read back as they were filled in.
    #[test]
    fn whatever_is_filled_in_is_read_back(
        lines in prop::collection::vec("[ -~äöŵ“”’\n]{0,40}", 12),
        ticked in prop::collection::vec(prop::sample::select(vec!["4-5", "14+", "odd"]), 0..3),
        paragraphs in prop::collection::vec("[A-Za-z ,.?“”*>()]{0,60}(\n\n?[A-Za-z -]{0,20})?", 4),
    ) {
        let names = ["title", "summary", "skill", "say", "needs", "minutes", "reviewed", "sensitivity", "resources.0.title",
                     "resources.2.url", "image.file", "next.text"];
        let mut fields: Vec<(String, String)> = names.iter().zip(&lines).map(|(name, line)| ((*name).to_owned(), line.clone())).collect();
        fields.extend(ticked.iter().map(|band| ("bands".to_owned(), (*band).to_owned())));
        fields.extend(paragraphs.iter().enumerate().map(|(at, text)| (format!("part.{at}"), text.clone())));
        let text = text("games/x");
        let sheet = Sheet::filled(&text, &Filled(fields));
        let file = sheet.write(&text, None).unwrap();
        prop_assert_eq!(Sheet::read(&text, &file), Some(sheet.clone()), "{}", file);
        let again = sheet.write(&text, Some(&file)).unwrap();
        prop_assert_eq!(again, file);
    }
}
