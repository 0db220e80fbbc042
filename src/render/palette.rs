//! All colours, light and dark; a test computes the contrast of every pair that is used together (WCAG 2.2 §1.4.3).

use serde::Serialize;

use crate::domain::colour::{BrandColour, Colour};

/// The colours of one mode.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Shades {
    /// Behind everything.
    pub(super) page: Colour,
    /// Behind cards.
    pub(super) panel: Colour,
    /// Behind the article and the texts to copy.
    pub(super) soft: Colour,
    /// Behind the help block.
    pub(super) help: Colour,
    /// Behind the theme's title.
    pub(super) hero: Colour,
    /// The theme's title.
    pub(super) hero_ink: Colour,
    pub(super) ink: Colour,
    /// Text of less importance.
    pub(super) muted: Colour,
    /// Links, which are always underlined as well.
    pub(super) link: Colour,
    /// Decorative lines.
    pub(super) line: Colour,
}

/// A band's accent colours. The band's name always stands beside them: colour alone tells nothing (WCAG 2.2 §1.4.1).
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Accent {
    /// CSS class.
    pub(super) class: &'static str,
    /// The bar above the card.
    pub(super) bar: Colour,
    /// Behind the band's name.
    pub(super) tint: Colour,
    /// The band's name.
    pub(super) ink: Colour,
    /// Behind the band's name, in dark mode.
    pub(super) dark_tint: Colour,
    /// The band's name, in dark mode.
    pub(super) dark_ink: Colour,
}

/// All colours, as templates see them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Look {
    pub(super) light: Shades,
    pub(super) dark: Shades,
    pub(super) accents: &'static [Accent],
}

/// The colours of digests and pages whose service has no colour of its own.
const LOOK: Look = Look {
    light: Shades {
        page: Colour::of("#f4efe5"),
        panel: Colour::of("#ffffff"),
        soft: Colour::of("#fbf7ee"),
        help: Colour::of("#fff0d2"),
        hero: Colour::of("#14504d"),
        hero_ink: Colour::of("#ffffff"),
        ink: Colour::of("#22282f"),
        muted: Colour::of("#4a525c"),
        link: Colour::of("#0a5768"),
        line: Colour::of("#d9cfbd"),
    },
    dark: Shades {
        page: Colour::of("#14181b"),
        panel: Colour::of("#1f252a"),
        soft: Colour::of("#262d32"),
        help: Colour::of("#3a2f17"),
        hero: Colour::of("#103c3a"),
        hero_ink: Colour::of("#ffffff"),
        ink: Colour::of("#ece8df"),
        muted: Colour::of("#c4c8cb"),
        link: Colour::of("#8fd6e4"),
        line: Colour::of("#475058"),
    },
    accents: &ACCENTS,
};

const ACCENTS: [Accent; 5] = [
    accent("a1", ["#d98a00", "#fff0cc", "#6b4300", "#3d2e0a", "#ffd889"]),
    accent("a2", ["#d9573b", "#ffe6df", "#8a2a14", "#46221a", "#ffb9a6"]),
    accent("a3", ["#3c8d4f", "#e2f3e4", "#1d5a2c", "#1b3a23", "#a6e0b2"]),
    accent("a4", ["#2f6fb5", "#e1edf9", "#1b4b82", "#1a3049", "#a9cff7"]),
    accent("a5", ["#8a4fa3", "#f2e6f7", "#5f2e77", "#38213f", "#ddb6ec"]),
];

const fn accent(class: &'static str, [bar, tint, ink, dark_tint, dark_ink]: [&'static str; 5]) -> Accent {
    Accent {
        class,
        bar: Colour::of(bar),
        tint: Colour::of(tint),
        ink: Colour::of(ink),
        dark_tint: Colour::of(dark_tint),
        dark_ink: Colour::of(dark_ink),
    }
}

/// The colours of a picture that stands for a service: behind its letters, of its letters, and of its stripes.
pub fn of_pictures(brand: Option<BrandColour>) -> (Colour, Colour, [Colour; 5]) {
    let look = look(brand);
    (look.light.hero, look.light.hero_ink, ACCENTS.map(|accent| accent.bar))
}

/// The colours for a service: where it has a colour of its own, the theme's title, buttons and links have that.
pub(super) fn look(brand: Option<BrandColour>) -> Look {
    let Some(brand) = brand else { return LOOK };
    let light = Shades { hero: brand.in_light(), link: brand.in_light(), ..LOOK.light };
    let dark = Shades { hero: brand.area_in_dark(), link: brand.text_in_dark(), ..LOOK.dark };
    Look { light, dark, ..LOOK }
}

/// The accent of the band at this position in the service's order; accents repeat after five.
pub(super) fn accent_at(place: usize) -> Accent {
    ACCENTS[place % ACCENTS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::colour::{DARKEST_LIGHT_GROUND, LIGHTEST_DARK_GROUND, READABLE};

    fn assert_readable(text: Colour, ground: Colour) {
        let ratio = text.contrast(ground);
        assert!(ratio >= READABLE, "{text} on {ground} has only {ratio:.2}:1");
    }

    /// The shipped colours, and those of services from the blackest to the lightest that is taken.
    fn looks() -> Vec<Look> {
        let brands = ["#000000", "#14504d", "#a1261b", "#696969", "#0000ff"].map(|text| {
            let brand = BrandColour::new(Colour::of(text)).expect("a colour that can be read");
            look(Some(brand))
        });
        [vec![look(None)], brands.to_vec()].concat()
    }

    #[test]
    fn text_can_be_read_in_both_modes() {
        for look in looks() {
            for shades in [look.light, look.dark] {
                for ground in [shades.page, shades.panel, shades.soft, shades.help] {
                    for text in [shades.ink, shades.muted, shades.link] {
                        assert_readable(text, ground);
                    }
                }
                assert_readable(shades.hero_ink, shades.hero);
            }
            for accent in look.accents {
                assert_readable(accent.ink, accent.tint);
                assert_readable(accent.dark_ink, accent.dark_tint);
                for (shades, tint) in [(look.light, accent.tint), (look.dark, accent.dark_tint)] {
                    assert_readable(shades.ink, tint);
                    assert_readable(shades.link, tint);
                }
            }
        }
    }

    /// What a service's own colour is measured by.
    #[test]
    fn the_hardest_grounds_are_among_these() {
        let grounds = |shades: Shades| [shades.page, shades.panel, shades.soft, shades.help];
        let light = LOOK.accents.iter().map(|accent| accent.tint).chain(grounds(LOOK.light));
        let dark = LOOK.accents.iter().map(|accent| accent.dark_tint).chain(grounds(LOOK.dark));
        let darkest = light.min_by(|one, other| one.luminance().total_cmp(&other.luminance()));
        let lightest = dark.max_by(|one, other| one.luminance().total_cmp(&other.luminance()));
        assert_eq!((darkest, lightest), (Some(DARKEST_LIGHT_GROUND), Some(LIGHTEST_DARK_GROUND)));
        for shades in [LOOK.light, LOOK.dark] {
            assert_eq!(shades.hero_ink, Colour::WHITE, "a service's own colour is measured with white text on it");
        }
    }

    #[test]
    fn links_differ_from_text_by_more_than_colour_alone_would_need() {
        for shades in [LOOK.light, LOOK.dark] {
            assert!(shades.link.contrast(shades.ink) > 1.1);
        }
    }
}
