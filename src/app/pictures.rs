//! The pictures of an edition: made from the files of the library as it was read, and kept until it is read again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::AppError;
use crate::config::Config;
use crate::domain::activity::{Activity, Image};
use crate::domain::colour::Colour;
use crate::domain::picture::{MOST_BYTES, MOST_BYTES_OF_MAIL, Picture, PictureSubject};
use crate::library::{Library, read_picture};
use crate::ordinary_file;
use crate::pictures::{PictureProblem, Square, fit, square};
use crate::render::{Illustration, Issue, of_pictures};
use crate::store::PublishedPicture;

/// Why a picture cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PictureError {
    path: PathBuf,
    pub(super) problem: Unusable,
}

impl From<PictureError> for AppError {
    fn from(error: PictureError) -> Self {
        let reason = format!("the picture {}: {}", error.problem, error.problem.help());
        Self::File { path: error.path, reason }
    }
}

/// What is wrong with the file of a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("can’t be read ({0})")]
    Unreadable(String),
    /// It is not the file that the library was checked with.
    #[error("was changed a moment ago")]
    Changed,
    #[error(transparent)]
    Picture(#[from] PictureProblem),
}

impl Unusable {
    /// What to do about it.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Picture(problem) => problem.help(),
            Self::Changed => "try again",
            Self::Unreadable(_) => "make it a file that this user may read",
        }
    }
}

/// Makes pictures, and remembers what it made.
#[derive(Debug, Default)]
pub struct PictureBook(Mutex<HashMap<(String, usize), Picture>>);

impl PictureBook {
    /// The pictures of these activities, each once, so that all of them fit into one mail along with something of `taken` bytes.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub(super) fn of_activities<'a>(
        &self,
        library: &Library,
        activities: impl Iterator<Item = &'a Activity>,
        taken: usize,
    ) -> Result<Vec<PublishedPicture>, PictureError> {
        let mut wanted: Vec<(&Activity, &Image)> =
            activities.filter_map(|one| Some((one, one.image.as_ref()?))).collect();
        wanted.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        wanted.dedup_by(|a, b| a.0.id == b.0.id);
        let make = |most: usize| -> Result<Vec<Picture>, PictureError> {
            wanted.iter().map(|(activity, image)| self.fitted(library, activity, image, most)).collect()
        };
        let mut pictures = make(MOST_BYTES)?;
        // Each gets the same share, so that a picture does not change with its place in the edition.
        let room = MOST_BYTES_OF_MAIL - taken.min(MOST_BYTES_OF_MAIL);
        if pictures.iter().map(|picture| picture.bytes.len()).sum::<usize>() > room {
            pictures = make(room / pictures.len())?;
        }
        let of = |((activity, _), picture): (&(&Activity, &Image), Picture)| PublishedPicture {
            subject: PictureSubject::Activity(activity.id.clone()),
            picture,
        };
        Ok(wanted.iter().zip(pictures).map(of).collect())
    }

    /// The square picture for whoever passes an edition on.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub(super) fn to_share(&self, config: &Config, title: &str) -> Result<PublishedPicture, PictureError> {
        let service = &config.service;
        let (ground, ink, accents) = of_pictures(service.face.colour);
        let (ground, ink, accents) = (ground.channels(), ink.channels(), accents.map(Colour::channels));
        let key = (format!("{title}\n{}\n{ground:?}", service.name), 0);
        let kept = self.0.lock().get(&key).cloned();
        let picture = match kept {
            Some(picture) => picture,
            None => square(&Square { title, service: &service.name, ground, ink, accents })
                .map_err(|problem| PictureError { path: "the square to share".into(), problem: problem.into() })?,
        };
        self.0.lock().insert(key, picture.clone());
        Ok(PublishedPicture { subject: PictureSubject::Share, picture })
    }

    /// An activity's picture in at most `most` bytes.
    fn fitted(
        &self,
        library: &Library,
        activity: &Activity,
        image: &Image,
        most: usize,
    ) -> Result<Picture, PictureError> {
        let key = (image.digest.clone(), most);
        if let Some(made) = self.0.lock().get(&key) {
            return Ok(made.clone());
        }
        let path = library.folder.join(activity.id.theme()).join(&image.file);
        let made = make(&path, image, most);
        let made = made.map_err(|problem| PictureError { path, problem })?;
        self.0.lock().insert(key, made.clone());
        Ok(made)
    }
}

fn make(path: &Path, image: &Image, most: usize) -> Result<Picture, Unusable> {
    let bytes = read_picture(path).map_err(|error| Unusable::Unreadable(ordinary_file::reason(&error)))?;
    if HEXLOWER.encode(&Sha256::digest(&bytes)) != image.digest {
        return Err(Unusable::Changed);
    }
    Ok(fit(&bytes, most)?)
}

/// A mail's HTML for where there is no mail around it: with its pictures inside.
pub(super) fn with_pictures(html: &str, pictures: &[PublishedPicture]) -> String {
    pictures.iter().fold(html.to_owned(), |html, PublishedPicture { picture: Picture { info, bytes }, .. }| {
        let here = info.name.in_mail();
        if !html.contains(&here) {
            return html;
        }
        html.replace(&here, &format!("data:{};base64,{}", info.name.media_type(), BASE64.encode(bytes)))
    })
}

/// Adds pictures to an edition as its mails name them: those that they bring, and the one that they link to.
pub(super) fn illustrate(issue: &mut Issue<'_>, pictures: &[PublishedPicture]) {
    let base = issue.service.base_url;
    let in_mail = |PublishedPicture { subject, picture }: &PublishedPicture| Illustration {
        subject: subject.clone(),
        src: match subject {
            PictureSubject::Activity(_) | PictureSubject::Logo => picture.info.name.in_mail(),
            PictureSubject::Share => format!("{base}/pictures/{}", picture.info.name),
        },
        info: picture.info.clone(),
    };
    issue.pictures = pictures.iter().map(in_mail).collect();
}
