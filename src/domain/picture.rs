//! A picture as it goes out: scaled, without anything that its file said beside the picture, and named by what it shows.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::activity::{ActivityId, ActivityIdError};
use super::text::serde_as_text;

/// The most bytes of one picture.
pub const MOST_BYTES: usize = 40_000;

/// The most bytes that the pictures of one mail have together.
pub const MOST_BYTES_OF_MAIL: usize = 150_000;

/// Bytes of SHA-256 in a name: nobody finds two pictures of one name.
const KEPT: usize = 16;

/// A picture's name for ever, such as `6f1ed002ab5595859014ebf0951522d9.jpg`: it changes with every byte of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureName(String);

/// The text is not the name of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a picture")]
pub struct PictureNameError;

/// What a picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureForm {
    Jpeg,
    Png,
}

impl PictureForm {
    fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

impl PictureName {
    fn of(bytes: &[u8], form: PictureForm) -> Self {
        Self(format!("{}.{}", HEXLOWER.encode(&Sha256::digest(bytes)[..KEPT]), form.ending()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `image/jpeg` or `image/png`.
    pub fn media_type(&self) -> &'static str {
        match self.0.split_once('.') {
            Some((_, "png")) => "image/png",
            _ => "image/jpeg",
        }
    }

    /// What stands in `Content-ID` (RFC 2392 §2): the same in every mail that shows it.
    pub fn content_id(&self) -> String {
        format!("{}@fortnightly", self.0)
    }

    /// How a mail's HTML names it: `cid:…`.
    pub fn in_mail(&self) -> String {
        format!("cid:{}", self.content_id())
    }
}

impl FromStr for PictureName {
    type Err = PictureNameError;

    fn from_str(text: &str) -> Result<Self, PictureNameError> {
        let (hash, ending) = text.split_once('.').ok_or(PictureNameError)?;
        let is_hash = hash.len() == 2 * KEPT && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_hash && matches!(ending, "jpg" | "png") { Ok(Self(text.to_owned())) } else { Err(PictureNameError) }
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
serde_as_text!(PictureName);

/// What a page or a mail needs to know to show a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureInfo {
    pub name: PictureName,
    /// In pixels, as `height` is.
    pub width: u32,
    pub height: u32,
}

/// A picture as it goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub info: PictureInfo,
    /// The whole file.
    pub bytes: Arc<[u8]>,
}

impl Picture {
    /// The picture that `bytes` are, which must be of this form and size.
    pub fn new(bytes: Vec<u8>, form: PictureForm, (width, height): (u32, u32)) -> Self {
        Self { info: PictureInfo { name: PictureName::of(&bytes, form), width, height }, bytes: bytes.into() }
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("info", &self.info).field("bytes", &self.bytes.len()).finish()
    }
}

/// What a picture of an edition is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureSubject {
    Activity(ActivityId),
    /// The square with the theme's title, for whoever passes the edition on.
    Share,
    /// The organisation's logo, above all.
    Logo,
}

impl fmt::Display for PictureSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(id) => id.fmt(f),
            Self::Share => f.write_str("share"),
            Self::Logo => f.write_str("logo"),
        }
    }
}

impl FromStr for PictureSubject {
    type Err = ActivityIdError;

    fn from_str(text: &str) -> Result<Self, ActivityIdError> {
        match text {
            "share" => Ok(Self::Share),
            "logo" => Ok(Self::Logo),
            _ => text.parse().map(Self::Activity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_the_picture_is_and_nothing_else() {
        let picture = Picture::new(vec![1, 2, 3], PictureForm::Png, (4, 5));
        let name = picture.info.name;
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        assert_eq!((name.media_type(), name.as_str().len()), ("image/png", 36));
        assert_ne!(name, Picture::new(vec![1, 2, 4], PictureForm::Png, (4, 5)).info.name);
        for wrong in ["", "a.png", "../../../../../../../../../etc/passwd", "6F1ED002AB5595859014EBF0951522D9.jpg"] {
            assert_eq!(wrong.parse::<PictureName>(), Err(PictureNameError), "{wrong}");
        }
    }

    #[test]
    fn a_subject_is_read_back() {
        for subject in ["share", "logo", "passwords/four-words"] {
            assert_eq!(subject.parse::<PictureSubject>().map(|one| one.to_string()), Ok(subject.to_owned()));
        }
    }
}
