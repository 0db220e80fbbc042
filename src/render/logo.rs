//! The organisation's logo, as mails and pages show it.

use serde::Serialize;

use super::issue::Illustration;
use crate::domain::picture::{PictureInfo, PictureSubject};

/// How large it is shown at most, in CSS pixels.
const WIDTH: u32 = 240;
const HEIGHT: u32 = 72;

#[derive(Debug, Clone, Serialize)]
pub(super) struct LogoView {
    /// Where it is: in the mail itself (`cid:…`), or its address on the web.
    pub(super) src: String,
    /// The service's name, which it stands for.
    pub(super) alt: String,
    /// How large it is shown, in CSS pixels.
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The logo of a service of this name, at `src`.
pub(super) fn view(info: &PictureInfo, name: &str, src: String) -> LogoView {
    let (width, height) = shown(info.width.max(1), info.height.max(1));
    LogoView { src, alt: name.to_owned(), width, height }
}

/// The logo among the pictures that a mail brings along; one or none.
pub(super) fn in_mail(pictures: &[Illustration], name: &str) -> Vec<LogoView> {
    let logo = pictures.iter().find(|picture| picture.subject == PictureSubject::Logo).into_iter();
    logo.map(|one| view(&one.info, name, one.src.clone())).collect()
}

/// As large as there is room, never larger than it is, and in its own proportions.
fn shown(width: u32, height: u32) -> (u32, u32) {
    let by_width = (width.min(WIDTH), (height * width.min(WIDTH)).div_ceil(width));
    if by_width.1 <= HEIGHT {
        return by_width;
    }
    ((width * HEIGHT).div_ceil(height), HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_and_keeps_its_proportions() {
        for (size, expected) in [
            ((480, 120), (240, 60)),
            ((480, 480), (72, 72)),
            ((100, 20), (100, 20)),
            ((240, 72), (240, 72)),
            ((120, 480), (18, 72)),
            ((480, 1), (240, 1)),
            ((1, 480), (1, 72)),
        ] {
            assert_eq!(shown(size.0, size.1), expected, "{size:?}");
        }
    }
}
