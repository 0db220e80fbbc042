//! All colours, light and dark; a test computes the contrast of every pair that is used together (WCAG 2.2 §1.4.3).

use serde::Serialize;

/// The colours of one mode, as `#rrggbb`.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Shades {
    /// Behind everything.
    pub(super) page: &'static str,
    /// Behind cards.
    pub(super) panel: &'static str,
    /// Behind the article and the texts to copy.
    pub(super) soft: &'static str,
    /// Behind the help block.
    pub(super) help: &'static str,
    /// Behind the theme's title.
    pub(super) hero: &'static str,
    /// The theme's title.
    pub(super) hero_ink: &'static str,
    pub(super) ink: &'static str,
    /// Text of less importance.
    pub(super) muted: &'static str,
    /// Links, which are always underlined as well.
    pub(super) link: &'static str,
    /// Decorative lines.
    pub(super) line: &'static str,
}

/// A band's accent colours. The band's name always stands beside them: colour alone tells nothing (WCAG 2.2 §1.4.1).
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Accent {
    /// CSS class.
    pub(super) class: &'static str,
    /// The bar above the card.
    pub(super) bar: &'static str,
    /// Behind the band's name.
    pub(super) tint: &'static str,
    /// The band's name.
    pub(super) ink: &'static str,
    /// Behind the band's name, in dark mode.
    pub(super) dark_tint: &'static str,
    /// The band's name, in dark mode.
    pub(super) dark_ink: &'static str,
}

/// All colours, as templates see them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Look {
    pub(super) light: Shades,
    pub(super) dark: Shades,
    pub(super) accents: &'static [Accent],
}

/// The colours of every digest and page.
pub(super) const LOOK: Look = Look {
    light: Shades {
        page: "#f4efe5",
        panel: "#ffffff",
        soft: "#fbf7ee",
        help: "#fff0d2",
        hero: "#14504d",
        hero_ink: "#ffffff",
        ink: "#22282f",
        muted: "#4a525c",
        link: "#0a5768",
        line: "#d9cfbd",
    },
    dark: Shades {
        page: "#14181b",
        panel: "#1f252a",
        soft: "#262d32",
        help: "#3a2f17",
        hero: "#103c3a",
        hero_ink: "#ffffff",
        ink: "#ece8df",
        muted: "#c4c8cb",
        link: "#8fd6e4",
        line: "#475058",
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
    Accent { class, bar, tint, ink, dark_tint, dark_ink }
}

/// The accent of the band at this position in the service's order; accents repeat after five.
pub(super) fn accent_at(place: usize) -> Accent {
    ACCENTS[place % ACCENTS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2, definition).
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    fn assert_readable(text: &str, ground: &str) {
        let ratio = contrast(text, ground);
        assert!(ratio >= 4.5, "{text} on {ground} has only {ratio:.2}:1");
    }

    #[test]
    fn the_formula_is_the_published_one() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    }

    #[test]
    fn text_can_be_read_in_both_modes() {
        for shades in [LOOK.light, LOOK.dark] {
            for ground in [shades.page, shades.panel, shades.soft, shades.help] {
                for text in [shades.ink, shades.muted, shades.link] {
                    assert_readable(text, ground);
                }
            }
            assert_readable(shades.hero_ink, shades.hero);
        }
        for accent in LOOK.accents {
            assert_readable(accent.ink, accent.tint);
            assert_readable(accent.dark_ink, accent.dark_tint);
            for (shades, tint) in [(LOOK.light, accent.tint), (LOOK.dark, accent.dark_tint)] {
                assert_readable(shades.ink, tint);
                assert_readable(shades.link, tint);
            }
        }
    }

    #[test]
    fn links_differ_from_text_by_more_than_colour_alone_would_need() {
        for shades in [LOOK.light, LOOK.dark] {
            assert!(contrast(shades.link, shades.ink) > 1.1);
        }
    }
}
