//! What a repair keeps, replaces and says.

use super::*;
use crate::domain::edition::Ineligibility;

/// Two themes, three bands, planned as edition 3 with theme `a`.
fn planned() -> (World, Selection) {
    let world = World::new(
        &["a", "b"],
        "4-5 8-10 14+",
        &[("a/one", "4-5"), ("a/two", "4-5 8-10"), ("b/one", "4-5 8-10"), ("b/old", "14+"), ("b/spare", "14+")],
    );
    let selection = world.select(3).unwrap();
    // Both themes serve bands, but only “b” serves all three.
    assert_eq!(sketch(&selection), "b: 4-5=b/one 8-10=b/one 14+=b/old");
    (world, selection)
}

#[test]
fn a_valid_selection_stays_even_when_its_texts_change_or_a_better_one_appears() {
    let (mut world, selection) = planned();
    world.edit("b/one").title = "Another title".to_owned();
    world.edit("b/one").summary = "Another summary".to_owned();
    world.themes.push(theme("aa", Some(-9)));
    world.activities.push(activity("aa/all", "4-5 8-10 14+"));
    assert_eq!(world.repair(3, &selection), None);
}

#[test]
fn only_the_invalid_pick_is_replaced_and_says_why() {
    let (mut world, selection) = planned();
    let after = |world: &World| {
        let repaired = world.repair(3, &selection).unwrap();
        assert_eq!(repaired.picks[..2], selection.picks[..2]);
        assert_eq!(repaired.theme_reason, selection.theme_reason);
        assert_eq!(world.repair(3, &repaired), None);
        assert_eq!(sketch(&repaired), "b: 4-5=b/one 8-10=b/one 14+=b/spare");
        match repaired.picks[2].reason.clone() {
            PickReason::Replaces { id, because, choice } => {
                assert_eq!((id.as_str(), *choice), ("b/old", PickReason::OnlyOne));
                because
            }
            other => panic!("{other:?}"),
        }
    };
    world.edit("b/old").review_by = day("2027-01-03");
    assert_eq!(after(&world), Ineligibility::Overdue(day("2027-01-03")));
    *world.edit("b/old") = activity("b/old", "14+");
    world.edit("b/old").not_after = Some(day("2027-01-31"));
    assert_eq!(after(&world), Ineligibility::TooLate(day("2027-01-31")));
    *world.edit("b/old") = activity("b/old", "14+");
    world.edit("b/old").not_before = Some(day("2027-02-02"));
    assert_eq!(after(&world), Ineligibility::TooEarly(day("2027-02-02")));
    *world.edit("b/old") = activity("b/old", "4-5");
    assert_eq!(after(&world), Ineligibility::OtherBand("14+".parse().unwrap()));
    world.withdrawn.insert("b/old".parse().unwrap());
    assert_eq!(after(&world), Ineligibility::Withdrawn);
    world.withdrawn.clear();
    world.activities.retain(|activity| activity.id.as_str() != "b/old");
    assert_eq!(after(&world), Ineligibility::Gone);
}

#[test]
fn a_pick_without_a_replacement_goes() {
    let (mut world, selection) = planned();
    world.activities.retain(|activity| !activity.bands.contains(&"14+".parse().unwrap()));
    let repaired = world.repair(3, &selection).unwrap();
    assert_eq!(repaired.picks, selection.picks[..2]);
    assert_eq!(world.repair(3, &repaired), None);
}

#[test]
fn bands_come_and_go() {
    let (mut world, selection) = planned();
    world.bands = bands("4-5 14+");
    assert_eq!(sketch(&world.repair(3, &selection).unwrap()), "b: 4-5=b/one 14+=b/old");
    world.bands = bands("14+ new 8-10 4-5");
    assert_eq!(world.repair(3, &selection), None, "another order of the bands is no change of picks");
    world.activities.push(activity("a/new", "new"));
    let repaired = world.repair(3, &selection).unwrap();
    assert_eq!(sketch(&repaired), "b: 14+=b/old new=a/new 8-10=b/one 4-5=b/one");
    assert_eq!(repaired.picks[1].reason, PickReason::Borrowed { lacking: "b".to_owned(), used: LastUse::Never });
}

#[test]
fn when_nothing_is_valid_it_is_chosen_afresh() {
    let (mut world, selection) = planned();
    world.themes.retain(|theme| theme.name == "a");
    let repaired = world.repair(3, &selection).unwrap();
    assert_eq!(sketch(&repaired), "a: 4-5=a/one 8-10=a/two");
    let choice = Box::new(ThemeReason::NeverUsed);
    assert_eq!(repaired.theme_reason, ThemeReason::Replaces { theme: "b".to_owned(), choice });
    let gone = |reason: &PickReason| matches!(reason, PickReason::Replaces { because: Ineligibility::Gone, .. });
    assert!(gone(&repaired.picks[0].reason));
    assert_eq!(world.repair(3, &repaired), None);
    world.activities.clear();
    let empty = world.repair(3, &selection).unwrap();
    assert_eq!(empty.picks, []);
    assert_eq!(world.repair(3, &empty), None);
}

#[test]
fn a_theme_that_is_gone_gives_way_but_borrowed_picks_stay() {
    let mut world = World::new(
        &["a", "b"],
        "4-5 8-10 14+",
        &[("a/x", "4-5 8-10"), ("b/x", "4-5"), ("b/y", "14+"), ("b/z", "8-10")],
    );
    world.edit("b/x").not_before = Some(day("2027-02-02"));
    let selection = world.select(1).unwrap();
    assert_eq!(sketch(&selection), "a: 4-5=a/x 8-10=a/x 14+=b/y");
    world.date = day("2027-02-02");
    world.withdrawn.insert("a/x".parse().unwrap());
    let repaired = world.repair(1, &selection).unwrap();
    assert_eq!(sketch(&repaired), "b: 4-5=b/x 8-10=b/z 14+=b/y");
    assert_eq!(repaired.picks[2], selection.picks[2]);
}

#[test]
fn an_operators_swap_stays() {
    let (world, mut selection) = planned();
    selection.picks[0].id = "a/one".parse().unwrap();
    selection.picks[1].id = "a/two".parse().unwrap();
    assert_eq!(world.repair(3, &selection), None);
}
