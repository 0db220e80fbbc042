//! The formulas against published figures, and what holds for every colour.

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::*;

fn colour() -> impl Strategy<Value = Colour> {
    any::<(u8, u8, u8)>().prop_map(|(red, green, blue)| Colour { red, green, blue })
}

fn of(text: &str) -> Colour {
    text.parse().unwrap()
}

#[test]
fn the_formulas_are_the_published_ones() {
    assert!((of("#000000").contrast(Colour::WHITE) - 21.0).abs() < 1e-9);
    assert!((of("#767676").contrast(Colour::WHITE) - 4.54).abs() < 0.01);
    assert!((of("#ff0000").luminance() - 0.2126).abs() < 1e-9);
}

#[test]
fn a_colour_is_a_hash_and_six_digits() {
    assert_eq!(of("#14504D").to_string(), "#14504d");
    for bad in ["", "#", "14504d", "#14504", "#14504dd", "#14504g", "#+4504d", "teal", "#1450éd", "#145 04d"] {
        assert_eq!(bad.parse::<Colour>(), Err(NotAColour), "{bad}");
    }
}

#[test]
fn usual_colours_of_organisations() {
    for good in ["#14504d", "#000000", "#003078", "#b00020", "#4c2c92", "#006435"] {
        assert!(BrandColour::new(of(good)).is_ok(), "{good}");
    }
    for (bad, nearest) in
        [("#ffcc00", "#816600"), ("#ffffff", "#696969"), ("#00a3e0", "#00719d"), ("#ff6600", "#b54600")]
    {
        let refused = BrandColour::new(of(bad)).unwrap_err();
        assert_eq!(refused.nearest.to_string(), nearest, "{bad}: {refused:?}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(one in colour()) {
        prop_assert_eq!(one.to_string().parse(), Ok(one));
    }

    #[test]
    fn contrast_has_its_bounds_and_no_direction(one in colour(), other in colour()) {
        let contrast = one.contrast(other);
        prop_assert!((1.0..=21.0 + 1e-9).contains(&contrast));
        prop_assert_eq!(contrast.to_bits(), other.contrast(one).to_bits());
        prop_assert!((one.contrast(one) - 1.0).abs() < 1e-12);
    }

    /// Whatever is taken can be read in both modes, and for what is refused there is one that is taken.
    #[test]
    fn every_colour_is_readable_or_has_a_neighbour_that_is(one in colour()) {
        let brand = match BrandColour::new(one) {
            Ok(brand) => {
                prop_assert_eq!(brand.in_light(), one);
                brand
            }
            Err(refused) => {
                prop_assert!(one.luminance() > most_on_light());
                prop_assert!(refused.nearest != one);
                BrandColour::new(refused.nearest).expect("the neighbour that is named")
            }
        };
        let white_on = |ground: Colour| Colour::WHITE.contrast(ground);
        prop_assert!(white_on(brand.in_light()) >= READABLE && white_on(brand.area_in_dark()) >= READABLE);
        prop_assert!(brand.in_light().contrast(DARKEST_LIGHT_GROUND) >= READABLE);
        prop_assert!(brand.text_in_dark().contrast(LIGHTEST_DARK_GROUND) >= EASY - 1e-9);
        prop_assert!(brand.area_in_dark().luminance() <= DARK_AREA);
    }

    /// No lighter shade of the same hue would do: two steps of each channel up, it is refused again.
    #[test]
    fn the_neighbour_is_no_darker_than_it_must_be(one in colour()) {
        if let Err(refused) = BrandColour::new(one) {
            let Colour { red, green, blue } = refused.nearest;
            let [red, green, blue] = [red, green, blue].map(|channel| channel.saturating_add(2));
            let lighter = Colour { red, green, blue };
            prop_assert!(BrandColour::new(lighter).is_err());
        }
    }
}
