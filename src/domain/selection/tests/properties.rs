//! What holds for every library and history.

use super::*;

const NAMES: [&str; 4] = ["4-5", "8-10", "11-14", "14+"];

/// Up to 5 themes and 24 activities, each for some bands, some out of date, some for an occasion.
fn worlds() -> impl Strategy<Value = World> {
    let one = (0_usize..5, 0_usize..10, 1_u8..16, 0_u8..8);
    let themes = prop::collection::vec(prop::option::of(0_i64..3), 1..=5);
    (themes, prop::collection::vec(one, 0..24), any::<bool>()).prop_map(|(orders, drafts, occasion)| {
        let mut world = World::new(&[], &NAMES.join(" "), &[]);
        world.themes = orders.iter().enumerate().map(|(at, order)| theme(&format!("t{at}"), *order)).collect();
        for (at, name, mask, extra) in drafts {
            let chosen: Vec<_> = (0..4).filter(|bit| mask & 1 << bit != 0).map(|bit| NAMES[bit]).collect();
            let mut new = activity(&format!("t{at}/a{name}"), &chosen.join(" "));
            match extra {
                0 => new.review_by = day("2027-01-31"),
                1 => new.occasions.push("day".to_owned()),
                2 => new.not_before = Some(day("2027-03-01")),
                _ => {}
            }
            if world.activities.iter().all(|activity| activity.id != new.id) {
                world.activities.push(new);
            }
        }
        if occasion {
            world.occasions.push(Occasion { name: "day".to_owned(), on: day("2027-02-09") });
        }
        world
    })
}

/// Editions 1 to `editions`, as far as there is anything to pick.
fn play(world: &mut World, editions: u32) {
    for number in 1..=editions {
        let Some(selection) = world.select(number) else { return };
        world.history.0.push((EditionNumber(number), selection));
    }
}

fn eligible(world: &World, activity: &Activity, band: &BandName) -> bool {
    activity.bands.contains(band)
        && activity.review_by >= world.date
        && activity.not_before.is_none_or(|from| from <= world.date)
        && world.themes.iter().any(|theme| theme.name == activity.id.theme())
        && !world.withdrawn.contains(&activity.id)
}

proptest! {
    #[test]
    fn the_order_of_everything_is_immaterial(mut world in worlds(), seed in any::<u64>()) {
        play(&mut world, 7);
        let mut other = world.clone();
        let mut state = seed;
        let mut key = || { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); state >> 32 };
        other.themes.sort_by_cached_key(|_| key());
        other.activities.sort_by_cached_key(|_| key());
        other.history.0.sort_by_cached_key(|_| key());
        prop_assert_eq!(world.select(8), other.select(8));
    }

    #[test]
    fn every_pick_is_eligible_and_every_band_that_can_has_one(mut world in worlds()) {
        play(&mut world, 3);
        let Some(selection) = world.select(4) else {
            let any = world.activities.iter().any(|a| world.bands.iter().any(|b| eligible(&world, a, &b.id)));
            prop_assert!(!any);
            return Ok(());
        };
        let served: Vec<_> = world.bands.iter().map(|band| &band.id)
            .filter(|band| world.activities.iter().any(|activity| eligible(&world, activity, band))).collect();
        prop_assert_eq!(selection.picks.iter().map(|pick| &pick.band).collect::<Vec<_>>(), served);
        for pick in &selection.picks {
            let found = world.activities.iter().find(|activity| activity.id == pick.id).unwrap();
            prop_assert!(eligible(&world, found, &pick.band));
        }
    }

    /// Over `n` full themes, any `n` editions in a row use each theme once.
    #[test]
    fn the_rotation_is_fair(orders in prop::collection::vec(prop::option::of(-2_i64..3), 1..7)) {
        let mut world = World::new(&[], "4-5 8-10", &[]);
        for (at, order) in orders.iter().enumerate() {
            world.themes.push(theme(&format!("t{at}"), *order));
            world.activities.push(activity(&format!("t{at}/x"), "4-5 8-10"));
        }
        let count = world.themes.len();
        play(&mut world, 20);
        let used: Vec<_> = world.history.0.iter().map(|(_, selection)| selection.theme.clone()).collect();
        for window in used.windows(count) {
            prop_assert_eq!(window.iter().collect::<BTreeSet<_>>().len(), count, "{:?}", used);
        }
    }

    /// Without occasions, no activity comes again for a band while the same theme has an unused one for it.
    #[test]
    fn nothing_repeats_while_something_is_unused(mut world in worlds()) {
        world.occasions.clear();
        play(&mut world, 16);
        let mut used = BTreeSet::new();
        for (_, selection) in &world.history.0 {
            for pick in &selection.picks {
                if used.contains(&pick.id) {
                    let fresh = world.activities.iter().find(|other| {
                        other.id.theme() == pick.id.theme() && !used.contains(&other.id) && eligible(&world, other, &pick.band)
                    });
                    prop_assert!(fresh.is_none(), "{} again before {:?}", pick.id, fresh.map(|a| &a.id));
                }
            }
            used.extend(selection.picks.iter().map(|pick| pick.id.clone()));
        }
    }

    #[test]
    fn what_was_just_selected_needs_no_repair(mut world in worlds()) {
        play(&mut world, 5);
        if let Some(selection) = world.select(6) {
            prop_assert_eq!(world.repair(6, &selection), None);
        }
    }

    /// From one library to quite another: the repair is eligible throughout, keeps what it can, and is done.
    #[test]
    fn a_repair_is_enough(mut before in worlds(), after in worlds(), gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        play(&mut before, 3);
        let Some(selection) = before.select(4) else { return Ok(()) };
        let mut world = World { history: before.history.clone(), ..after };
        for at in gone.iter().filter(|_| !world.activities.is_empty()) {
            world.withdrawn.insert(at.get(&world.activities).id.clone());
        }
        let Some(repaired) = world.repair(4, &selection) else { return Ok(()) };
        prop_assert_eq!(world.repair(4, &repaired), None);
        for pick in &selection.picks {
            let valid = world.activities.iter().any(|a| a.id == pick.id && eligible(&world, a, &pick.band));
            prop_assert_eq!(valid, repaired.picks.contains(pick));
        }
        for pick in &repaired.picks {
            let found = world.activities.iter().find(|activity| activity.id == pick.id).unwrap();
            prop_assert!(eligible(&world, found, &pick.band));
        }
    }
}
