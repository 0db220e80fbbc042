//! The rules of selection, one by one and over random libraries.

use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::domain::activity::{Sensitivity, Theme};
use crate::domain::band::{Band, BandName, Bands};
use crate::domain::edition::{LastUse, PickReason, ThemeReason};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::prose::Prose;

mod properties;
mod repairs;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn theme(name: &str, order: Option<i64>) -> Theme {
    Theme {
        name: name.to_owned(),
        title: format!("About {name}"),
        strand: "relationships".to_owned(),
        order,
        reviewed: day("2026-01-01"),
        review_by: day("2030-01-01"),
        author: None,
        reviewed_by: None,
        opening: Prose::default(),
        for_parents: Prose::default(),
    }
}

/// `activity("kindness/draw", "4-5 5-7")`: eligible from 2026 to 2030.
fn activity(id: &str, bands: &str) -> Activity {
    Activity {
        id: id.parse().unwrap(),
        title: format!("Title of {id}"),
        bands: bands.split_whitespace().map(|band| band.parse().unwrap()).collect(),
        minutes: 15,
        summary: String::new(),
        needs: Vec::new(),
        screen: false,
        sensitivity: Sensitivity::None,
        reviewed: day("2026-01-01"),
        review_by: day("2030-01-01"),
        not_before: None,
        not_after: None,
        occasions: Vec::new(),
        resources: Vec::new(),
        image: None,
        skill: None,
        say: None,
        next: None,
        printable: None,
        get_ready: Prose::default(),
        do_it_together: Prose::default(),
        talk_about_it: Prose::default(),
        if_something_worries_you: Prose::default(),
    }
}

fn bands(names: &str) -> Bands {
    let band = |name: &str| Band { id: name.parse().unwrap(), label: name.to_owned(), min: 4, max: None };
    Bands::new(names.split_whitespace().map(band).collect())
}

/// A library with everything that a choice depends on, to be changed by each test.
#[derive(Debug, Clone)]
struct World {
    themes: Vec<Theme>,
    activities: Vec<Activity>,
    bands: Bands,
    withdrawn: BTreeSet<ActivityId>,
    history: History,
    occasions: Vec<Occasion>,
    date: NaiveDate,
}

impl World {
    fn new(themes: &[&str], names: &str, activities: &[(&str, &str)]) -> Self {
        Self {
            themes: themes.iter().map(|name| theme(name, None)).collect(),
            activities: activities.iter().map(|(id, bands)| activity(id, bands)).collect(),
            bands: bands(names),
            withdrawn: BTreeSet::new(),
            history: History::default(),
            occasions: Vec::new(),
            date: day("2027-02-01"),
        }
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf { themes: &self.themes, activities: &self.activities, bands: &self.bands, withdrawn: &self.withdrawn }
    }

    fn select(&self, number: u32) -> Option<Selection> {
        let occasions: Vec<_> = self.occasions.iter().collect();
        select(self.shelf(), &self.history, EditionNumber(number), self.date, &occasions)
    }

    fn repair(&self, number: u32, current: &Selection) -> Option<Selection> {
        let occasions: Vec<_> = self.occasions.iter().collect();
        repair(self.shelf(), &self.history, EditionNumber(number), self.date, &occasions, current)
    }

    /// Selects edition `number` and remembers it.
    fn run(&mut self, number: u32) -> Selection {
        let selection = self.select(number).unwrap();
        self.history.0.push((EditionNumber(number), selection.clone()));
        selection
    }

    fn occasion(&mut self, name: &str, activity: &str) {
        if self.occasions.iter().all(|occasion| occasion.name != name) {
            self.occasions.push(Occasion { name: name.to_owned(), on: day("2027-02-09") });
        }
        self.edit(activity).occasions.push(name.to_owned());
    }

    fn edit(&mut self, id: &str) -> &mut Activity {
        self.activities.iter_mut().find(|activity| activity.id.as_str() == id).unwrap()
    }
}

/// `theme: band=id …` for a short look at a selection.
fn sketch(selection: &Selection) -> String {
    let picks: Vec<_> = selection.picks.iter().map(|pick| format!(" {}={}", pick.band, pick.id)).collect();
    let picks = picks.concat();
    format!("{}:{picks}", selection.theme)
}

fn reasons(selection: &Selection) -> Vec<PickReason> {
    selection.picks.iter().map(|pick| pick.reason.clone()).collect()
}

#[test]
fn a_new_service_starts_with_the_first_theme_by_order() {
    let mut world = World::new(&["b", "a", "c"], "4-5", &[("a/x", "4-5"), ("b/x", "4-5"), ("c/x", "4-5")]);
    assert_eq!(sketch(&world.select(1).unwrap()), "a: 4-5=a/x");
    world.themes[2].order = Some(-1);
    world.themes[0].order = Some(7);
    assert_eq!(sketch(&world.run(1)), "c: 4-5=c/x");
    assert_eq!(sketch(&world.run(2)), "b: 4-5=b/x");
    assert_eq!(sketch(&world.run(3)), "a: 4-5=a/x");
    let fourth = world.run(4);
    assert_eq!(sketch(&fourth), "c: 4-5=c/x");
    assert_eq!(fourth.theme_reason, ThemeReason::LongestAgo { last: EditionNumber(1), themes: 3 });
    assert_eq!(fourth.picks[0].title, "Title of c/x");
    let known = world.activities.iter().find(|a| a.id == fourth.picks[0].id).expect("it is on the shelf");
    assert_eq!(fourth.picks[0].fingerprint, Fingerprint::of_activity(known));
}

#[test]
fn within_a_theme_the_least_recently_used_comes_next() {
    let mut world = World::new(&["a"], "4-5", &[("a/z", "4-5"), ("a/y", "4-5"), ("a/x", "4-5")]);
    let order: Vec<_> = (1..=5).map(|number| sketch(&world.run(number))).collect();
    assert_eq!(order, ["a: 4-5=a/x", "a: 4-5=a/y", "a: 4-5=a/z", "a: 4-5=a/x", "a: 4-5=a/y"]);
    assert_eq!(reasons(&world.history.0[0].1), [PickReason::Rotation(LastUse::Never)]);
    let sixth = world.run(6);
    assert_eq!(reasons(&sixth), [PickReason::Rotation(LastUse::In(EditionNumber(3)))]);
    assert_eq!(sixth.theme_reason, ThemeReason::ServesMost { last: EditionNumber(5), serves: 1, bands: 1 });
}

#[test]
fn use_for_one_band_counts_for_all() {
    let mut world = World::new(&["a"], "4-5 5-7", &[("a/x", "4-5 5-7"), ("a/y", "5-7"), ("a/z", "4-5")]);
    assert_eq!(sketch(&world.run(1)), "a: 4-5=a/x 5-7=a/x");
    assert_eq!(sketch(&world.run(2)), "a: 4-5=a/z 5-7=a/y");
}

#[test]
fn the_theme_for_the_most_bands_goes_before_one_never_used() {
    let mut world = World::new(&["a", "b"], "4-5 14+", &[("a/x", "4-5"), ("b/x", "4-5"), ("b/y", "14+")]);
    world.run(1);
    assert_eq!(sketch(&world.run(2)), "b: 4-5=b/x 14+=b/y");
}

#[test]
fn a_band_that_the_theme_lacks_borrows() {
    let mut world = World::new(
        &["kindness", "privacy"],
        "4-5 8-10 14+",
        &[("kindness/a", "4-5 8-10"), ("privacy/a", "14+"), ("privacy/b", "14+")],
    );
    let first = world.run(1);
    assert_eq!(sketch(&first), "kindness: 4-5=kindness/a 8-10=kindness/a 14+=privacy/a");
    let borrowed = |used| PickReason::Borrowed { lacking: "kindness".to_owned(), used };
    assert_eq!(reasons(&first), [PickReason::OnlyOne, PickReason::OnlyOne, borrowed(LastUse::Never)]);
    assert_eq!(world.run(2).picks[2].id.as_str(), "privacy/b");
    let third = world.run(3);
    assert_eq!(third.picks[2].reason, borrowed(LastUse::In(EditionNumber(1))));
}

#[test]
fn a_band_nobody_can_serve_has_no_pick() {
    let mut world = World::new(&["a"], "4-5 14+", &[("a/x", "4-5")]);
    assert_eq!(sketch(&world.select(1).unwrap()), "a: 4-5=a/x");
    world.withdrawn.insert("a/x".parse().unwrap());
    assert_eq!(world.select(1), None);
    assert_eq!(World::new(&[], "4-5", &[]).select(1), None);
    assert_eq!(World::new(&["a"], "4-5", &[("stray/x", "4-5")]).select(1), None);
}

#[test]
fn dates_count_to_the_day() {
    let mut world = World::new(&["a"], "4-5", &[("a/x", "4-5")]);
    let date = world.date;
    let (before, after) = (date - Days::new(1), date + Days::new(1));
    let mut eligible = |change: &dyn Fn(&mut Activity)| {
        *world.edit("a/x") = activity("a/x", "4-5");
        change(world.edit("a/x"));
        world.select(1).is_some()
    };
    assert!(eligible(&|a| a.review_by = date));
    assert!(!eligible(&|a| a.review_by = before));
    assert!(eligible(&|a| a.not_before = Some(date)));
    assert!(!eligible(&|a| a.not_before = Some(after)));
    assert!(eligible(&|a| a.not_after = Some(date)));
    assert!(!eligible(&|a| a.not_after = Some(before)));
}

#[test]
fn what_is_planned_later_counts_as_used_last_and_an_edition_never_counts_for_itself() {
    let mut world = World::new(&["a", "b"], "4-5", &[("a/x", "4-5"), ("b/x", "4-5")]);
    world.run(5);
    assert_eq!(sketch(&world.select(5).unwrap()), "a: 4-5=a/x");
    assert_eq!(sketch(&world.select(3).unwrap()), "b: 4-5=b/x");
    assert_eq!(sketch(&world.select(6).unwrap()), "b: 4-5=b/x");
    // Used three editions ago beats planned for the next one.
    world.run(2);
    let between = world.select(4).unwrap();
    assert_eq!(sketch(&between), "b: 4-5=b/x");
    world.history.0.push((EditionNumber(6), between));
    let crowded = world.select(4).unwrap();
    assert_eq!(sketch(&crowded), "a: 4-5=a/x");
    assert_eq!(crowded.theme_reason, ThemeReason::PlannedFor { edition: EditionNumber(5) });
}

#[test]
fn an_occasion_overrides_the_rotation_and_counts_as_use() {
    let mut world =
        World::new(&["a", "b"], "4-5 8-10", &[("a/x", "4-5 8-10"), ("b/plain", "4-5 8-10"), ("b/sid", "4-5 8-10")]);
    world.occasion("safer-internet-day", "b/sid");
    let first = world.run(1);
    assert_eq!(sketch(&first), "b: 4-5=b/sid 8-10=b/sid");
    let name = || "safer-internet-day".to_owned();
    assert_eq!(first.theme_reason, ThemeReason::Occasion { name: name() });
    assert_eq!(first.picks[0].reason, PickReason::Occasion { name: name(), lacking: None, used: LastUse::Never });
    world.occasions.clear();
    assert_eq!(sketch(&world.run(2)), "a: 4-5=a/x 8-10=a/x");
    assert_eq!(sketch(&world.run(3)), "b: 4-5=b/plain 8-10=b/plain");
}

#[test]
fn a_band_prefers_the_occasion_even_from_another_theme() {
    let mut world = World::new(
        &["a", "b", "c"],
        "4-5 5-7 8-10 11-14",
        &[("a/s", "4-5 5-7"), ("a/plain", "8-10"), ("b/s", "8-10"), ("b/plain", "4-5 5-7 8-10"), ("c/late", "11-14")],
    );
    world.occasion("day", "a/s");
    world.occasion("day", "b/s");
    let found = world.select(1).unwrap();
    assert_eq!(sketch(&found), "a: 4-5=a/s 5-7=a/s 8-10=b/s 11-14=c/late");
    let (name, used) = ("day".to_owned(), LastUse::Never);
    assert_eq!(found.picks[2].reason, PickReason::Occasion { name, lacking: Some("a".to_owned()), used });
    assert_eq!(found.picks[3].reason, PickReason::Borrowed { lacking: "a".to_owned(), used });
}

#[test]
fn an_occasion_without_an_eligible_activity_changes_nothing() {
    let mut world = World::new(&["a", "b"], "4-5", &[("a/x", "4-5"), ("b/x", "4-5"), ("b/s", "4-5")]);
    world.occasion("first", "b/s");
    world.edit("b/s").not_after = Some(day("2027-01-01"));
    assert_eq!(world.select(1).unwrap().theme_reason, ThemeReason::NeverUsed);
    // The next occasion has its turn.
    world.occasions.push(Occasion { name: "second".to_owned(), on: day("2027-02-11") });
    world.edit("b/x").occasions.push("second".to_owned());
    assert_eq!(world.select(1).unwrap().theme_reason, ThemeReason::Occasion { name: "second".to_owned() });
}

#[test]
fn a_year_over_a_thousand_activities_serves_every_band() {
    let names = ["4-5", "5-7", "8-10", "11-14", "14+"];
    let themes: Vec<_> = (0..40).map(|at| format!("theme-{at}")).collect();
    let ids: Vec<_> = (0..1000).map(|at| (format!("theme-{}/a-{at}", at % 40), names[at / 40 % 5])).collect();
    let mut world = World::new(
        &themes.iter().map(String::as_str).collect::<Vec<_>>(),
        &names.join(" "),
        &ids.iter().map(|(id, band)| (id.as_str(), *band)).collect::<Vec<_>>(),
    );
    for number in 1..=26 {
        assert_eq!(world.run(number).picks.len(), 5);
    }
}
