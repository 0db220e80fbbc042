//! Pictures that cannot be shown, looked at to their last pixel.

use crate::app::Content;
use crate::domain::diagnostic::Diagnostic;
use crate::ordinary_file;

/// An error (`bad-picture`) for each activity whose picture cannot be made.
pub(super) fn broken(content: &Content) -> Vec<Diagnostic> {
    let library = &content.library;
    let finding = |activity| {
        let error = content.pictures.of_activities(library, std::iter::once(activity), 0).err()?;
        let file = library.activity_file(activity);
        let name = activity.image.as_ref().map(|image| image.file.as_str()).unwrap_or_default();
        let mut found = Diagnostic::error("bad-picture", format!("“{name}” {}", error.problem));
        if let Some((text, at)) =
            ordinary_file::read_text(&file).ok().and_then(|text| text.find(name).map(|at| (text, at)))
        {
            found = found.at(&text, at);
        }
        Some(found.in_file(file.display().to_string()).help(error.problem.help()))
    };
    library.activities.iter().filter_map(finding).collect()
}
