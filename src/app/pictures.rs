//! The pictures of what is sent: made from the files of the library as it was read, and kept until it is read again. One that
//! can't be shown stops nothing: it is left out, and someone is told.

mod logo;
mod unusable;

use std::collections::HashMap;
use std::path::PathBuf;

use data_encoding::{BASE64, HEXLOWER};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::domain::activity::{Activity, Image};
use crate::domain::colour::Colour;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::picture::{MOST_BYTES, MOST_BYTES_OF_MAIL, Picture, PictureInfo, PictureSubject};
use crate::library::{Library, is_picture, read_picture};
use crate::pictures::{PictureProblem, Square, check, fit, square};
use crate::render::{Illustration, Issue, of_pictures};
use crate::store::PublishedPicture;

use logo::Logo;
pub use unusable::{LeftOut, Unusable};

/// Pictures as they go out, and those that don't.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) pictures: Vec<PublishedPicture>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Drawn {
    /// Those left out that are of activities.
    pub(super) fn of_activities(self) -> impl Iterator<Item = LeftOut> {
        self.left_out.into_iter().filter(|one| matches!(one.subject, PictureSubject::Activity(_)))
    }
}

/// A file by its digest, and in how many bytes it must fit.
type Key = (String, usize);

/// Makes pictures, and remembers what it made.
#[derive(Debug)]
pub struct PictureBook {
    made: Mutex<HashMap<Key, Result<Picture, PictureProblem>>>,
    /// What is wrong with files that were only looked at, by their digests.
    checked: Mutex<HashMap<String, Result<(), PictureProblem>>>,
    logo: Option<Logo>,
}

impl PictureBook {
    /// One that shows the logo of this configuration, as its file is now.
    pub(super) fn new(config: &Config) -> Self {
        let logo = config.service.face.logo.as_deref().map(Logo::read);
        Self { made: Mutex::default(), checked: Mutex::default(), logo }
    }

    /// The organisation's logo, where it has one that can be shown.
    pub(super) fn logo(&self) -> Option<&Picture> {
        self.logo.as_ref()?.picture().ok()
    }

    /// The organisation's logo, if it should be shown and can't be; `at_once` looks at the file's header alone.
    pub(super) fn lost_logo(&self, at_once: bool) -> Option<LeftOut> {
        let logo = self.logo.as_ref()?;
        let problem = if at_once { logo.inspected().err() } else { logo.picture().err() }?;
        Some(LeftOut { subject: PictureSubject::Logo, file: logo.file.clone(), problem: problem.clone() })
    }

    /// The logo as a mail brings it, one or none.
    pub(super) fn logo_of_mail(&self) -> Vec<PublishedPicture> {
        let logo = |picture: &Picture| PublishedPicture { subject: PictureSubject::Logo, picture: picture.clone() };
        self.logo().map(logo).into_iter().collect()
    }

    /// The logo and the pictures of these activities, each once, so that all of them fit into one mail.
    pub(super) fn of_mail<'a>(&self, library: &Library, activities: impl Iterator<Item = &'a Activity>) -> Drawn {
        let wanted = wanted(activities);
        let logo = self.logo_of_mail();
        let make = |most: usize| -> Vec<_> {
            wanted.iter().map(|(activity, image)| (*activity, self.fitted(library, activity, image, most))).collect()
        };
        let mut made = make(MOST_BYTES);
        // Each gets the same share, so that a picture does not change with its place in the edition.
        let sizes: Vec<usize> = made.iter().filter_map(|(_, made)| Some(made.as_ref().ok()?.bytes.len())).collect();
        let room = MOST_BYTES_OF_MAIL.saturating_sub(logo.iter().map(|logo| logo.picture.bytes.len()).sum());
        if sizes.iter().sum::<usize>() > room {
            made = make(room / sizes.len());
        }
        let mut drawn = Drawn::default();
        for (activity, made) in made {
            let subject = PictureSubject::Activity(activity.id.clone());
            match made {
                Ok(picture) => drawn.pictures.push(PublishedPicture { subject, picture }),
                Err(left_out) => drawn.left_out.push(left_out),
            }
        }
        drawn.pictures.extend(logo);
        drawn.left_out.extend(self.lost_logo(false));
        drawn
    }

    /// The pictures of these activities that can't be shown. Nothing is drawn for that.
    pub(super) fn left_out<'a>(
        &self,
        library: &Library,
        activities: impl Iterator<Item = &'a Activity>,
    ) -> Vec<LeftOut> {
        let wanted = wanted(activities).into_iter();
        wanted.filter_map(|(activity, image)| self.look_at(library, activity, image).err()).collect()
    }

    /// The square picture for whoever passes an edition on.
    pub(super) fn to_share(&self, config: &Config, title: &str) -> Result<PublishedPicture, LeftOut> {
        let service = &config.service;
        let (ground, ink, accents) = of_pictures(service.face.colour);
        let (ground, ink, accents) = (ground.channels(), ink.channels(), accents.map(Colour::channels));
        let key = (format!("{title}\n{}\n{ground:?}", service.name), 0);
        let kept = self.made.lock().get(&key).cloned();
        let made = kept.unwrap_or_else(|| square(&Square { title, service: &service.name, ground, ink, accents }));
        self.made.lock().insert(key, made.clone());
        let subject = PictureSubject::Share;
        match made {
            Ok(picture) => Ok(PublishedPicture { subject, picture }),
            Err(problem) => Err(LeftOut { subject, file: PathBuf::new(), problem: problem.into() }),
        }
    }

    /// An activity's picture in at most `most` bytes.
    fn fitted(&self, library: &Library, activity: &Activity, image: &Image, most: usize) -> Result<Picture, LeftOut> {
        let key = (image.digest.clone(), most);
        let kept = self.made.lock().get(&key).cloned();
        if let Some(made) = kept {
            return made.map_err(|problem| left_out(library, activity, image, problem.into()));
        }
        let bytes = read(library, activity, image)?;
        let made = fit(&bytes, most);
        self.made.lock().insert(key, made.clone());
        made.map_err(|problem| left_out(library, activity, image, problem.into()))
    }

    /// That an activity's picture can be shown.
    fn look_at(&self, library: &Library, activity: &Activity, image: &Image) -> Result<(), LeftOut> {
        let made = self.made.lock().get(&(image.digest.clone(), MOST_BYTES)).map(|made| made.clone().map(drop));
        let kept = made.or_else(|| self.checked.lock().get(&image.digest).cloned());
        let checked = if let Some(checked) = kept {
            checked
        } else {
            let checked = check(&read(library, activity, image)?);
            self.checked.lock().insert(image.digest.clone(), checked.clone());
            checked
        };
        checked.map_err(|problem| left_out(library, activity, image, problem.into()))
    }
}

/// The pictures that these activities have, each once.
fn wanted<'a>(activities: impl Iterator<Item = &'a Activity>) -> Vec<(&'a Activity, &'a Image)> {
    let mut wanted: Vec<_> = activities.filter_map(|one| Some((one, one.image.as_ref()?))).collect();
    wanted.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    wanted.dedup_by(|a, b| a.0.id == b.0.id);
    wanted
}

/// The file of a picture, if it is the one that the library was read with.
fn read(library: &Library, activity: &Activity, image: &Image) -> Result<Vec<u8>, LeftOut> {
    let refused = |problem| left_out(library, activity, image, problem);
    if !is_picture(&image.file) {
        return Err(refused(Unusable::Name));
    }
    let path = library.folder.join(activity.id.theme()).join(&image.file);
    let bytes = read_picture(&path).map_err(|error| refused(Unusable::unreadable(&error)))?;
    if HEXLOWER.encode(&Sha256::digest(&bytes)) == image.digest {
        return Ok(bytes);
    }
    // What couldn't be shown when the library was read is the same, most of the time.
    let same = if image.digest.is_empty() { check(&bytes).err() } else { None };
    Err(refused(same.map_or(Unusable::Changed, Unusable::Picture)))
}

fn left_out(library: &Library, activity: &Activity, image: &Image, problem: Unusable) -> LeftOut {
    let file = library.folder.join(activity.id.theme()).join(&image.file);
    LeftOut { subject: PictureSubject::Activity(activity.id.clone()), file, problem }
}

/// What is to be said of a logo that can't be shown.
pub(super) fn bad_logo(config: &Config, lost: &LeftOut) -> Diagnostic {
    let (line, column) = config.logo_place.unzip();
    let (file, problem) = (lost.file.display(), &lost.problem);
    let message = format!("service.logo: {file} {problem}, so mails and pages show the service’s name in its place");
    let found = Diagnostic { line, column, ..Diagnostic::warning("bad-logo", message) };
    found.in_file(config.file.display().to_string()).help(problem.help())
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
    issue.pictures = in_mail(issue.service.base_url, pictures);
}

/// Pictures as mails name them.
pub(super) fn in_mail(base: &str, pictures: &[PublishedPicture]) -> Vec<Illustration> {
    let src = |subject: &PictureSubject, info: &PictureInfo| match subject {
        PictureSubject::Activity(_) | PictureSubject::Logo => info.name.in_mail(),
        PictureSubject::Share => format!("{base}/pictures/{}", info.name),
    };
    let one = |PublishedPicture { subject, picture: Picture { info, .. } }: &PublishedPicture| Illustration {
        subject: subject.clone(),
        src: src(subject, info),
        info: info.clone(),
    };
    pictures.iter().map(one).collect()
}
