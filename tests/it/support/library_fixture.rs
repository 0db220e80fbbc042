//! A library made for a test, so that the shipped one may grow.

use std::fs;

use super::fixture::Fixture;
use super::root;

/// The shipped bands.
pub(crate) const BANDS: [&str; 5] = ["4-5", "5-7", "8-10", "11-14", "14+"];

/// The front matter's dates that suit most tests.
pub(crate) const FRESH: &str = "reviewed = 2026-09-01\nreview_by = 2036-09-01\n";

/// Takes every theme and notice out of the fixture's library. The help block stays.
pub(crate) fn clear(fixture: &Fixture) {
    for entry in fs::read_dir(fixture.path("activities")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}

/// A theme with one activity per band, named after it.
pub(crate) fn add_theme(fixture: &Fixture, theme: &str, front: &str, bands: &[&str]) {
    fs::create_dir_all(fixture.path(&format!("activities/{theme}"))).unwrap();
    let title = format!("All about {theme}");
    fixture.write(
        &format!("activities/{theme}/theme.md"),
        &format!(
            "+++\ntitle = \"{title}\"\nstrand = \"bullying\"\n{FRESH}+++\n\nOne opening.\n\n## For parents and carers\n\nAn article.\n"
        ),
    );
    for band in bands {
        add_activity(fixture, theme, band, front, "Talk.");
    }
}

/// `front` has at least the dates; `text` stands below *Do it together*.
pub(crate) fn add_activity(fixture: &Fixture, theme: &str, band: &str, front: &str, text: &str) {
    let (name, words) = (band.replace('+', "plus"), words(theme, band));
    let summary = words.split('.').next().unwrap_or_default();
    fixture.write(
        &format!("activities/{theme}/{name}.md"),
        &format!(
            "+++\ntitle = \"A game of {theme} for {band}\"\nbands = [\"{band}\"]\nminutes = 15\nsummary = \"{summary}\"\nskill = \"saying {summary}\"\nneeds = []\nscreen = false\nsensitivity = \"none\"\n{front}+++\n\n## Get ready\n\nSit down.\n\n## Do it together\n\n{text}\n\n{words}\n\n## Talk about it\n\n- What did you see?\n\n## If something worries you\n\nAsk someone you trust.\n"
        ),
    );
}

/// Short sentences of made-up words that no other activity has: two texts that are alike are a finding of their own.
fn words(theme: &str, band: &str) -> String {
    let mut seed = theme.bytes().chain(band.bytes()).fold(7_u32, |seed, byte| seed.wrapping_mul(31) + u32::from(byte));
    let mut word = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let letters = [
            b"bdfgklmnprst"[(seed >> 8) as usize % 12],
            b"aeiou"[(seed >> 16) as usize % 5],
            b"mnrst"[(seed >> 24) as usize % 5],
        ];
        String::from_utf8_lossy(&letters).into_owned()
    };
    (0..8)
        .map(|_| format!("A{} {} {} {} {} {}.", word(), word(), word(), word(), word(), word()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A notice with this text.
pub(crate) fn add_notice(fixture: &Fixture, name: &str, from: &str, until: &str, text: &str) {
    fs::create_dir_all(fixture.path("activities/notices")).unwrap();
    fixture.write(
        &format!("activities/notices/{name}.md"),
        &format!("+++\ntitle = \"Worth knowing\"\nfrom = {from}\nuntil = {until}\n+++\n\n{text}\n"),
    );
}

/// Three themes that serve every band; two know an occasion.
pub(crate) fn stock(fixture: &Fixture) {
    clear(fixture);
    add_theme(fixture, "kindness", &format!("{FRESH}occasions = [\"anti-bullying-week\"]\n"), &BANDS);
    add_theme(fixture, "privacy", &format!("{FRESH}occasions = [\"safer-internet-day\"]\n"), &BANDS);
    add_theme(fixture, "videos", FRESH, &BANDS);
}

/// `stock` below the config that ships.
pub(crate) fn shipped_config() -> Fixture {
    let root = root();
    let fixture = Fixture::new(&fs::read_to_string(root.join("config.toml")).unwrap());
    stock(&fixture);
    fixture
}
