//! Every bulletin as mail, for every kind of reader that it names.

use crate::app::bulletin_content::BulletinMaker;
use crate::app::{AppContext, AppError, Content};
use crate::domain::band::BandSet;
use crate::domain::bulletin::{Bulletin, MailingName};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};
use crate::render::{EarlierMail, MailKind, RenderError};

/// One error (`cannot-render`) for each bulletin of which no mail can be made. Each is tried as one about edition 1.
pub(super) fn failures(context: &AppContext, content: &Content) -> Vec<Diagnostic> {
    let maker = BulletinMaker::new(context, content);
    content.library.bulletins.iter().filter_map(|bulletin| failure(context, content, &maker, bulletin)).collect()
}

fn failure(context: &AppContext, content: &Content, maker: &BulletinMaker, bulletin: &Bulletin) -> Option<Diagnostic> {
    let date = context.local(context.clock.now()).date_naive();
    let edition = MailingName::Edition(EditionNumber(1));
    let issue = maker.issue(bulletin, date, Some(EarlierMail { name: &edition, date, title: "Sample" }));
    let all = context.config.bands.names();
    let bands: BandSet = if bulletin.bands.is_empty() { all } else { bulletin.bands.iter().cloned().collect() };
    let sectors = if bulletin.sectors.is_empty() { Sector::ALL } else { &bulletin.sectors };
    let key = |sector: &Sector, bands: BandSet| SegmentKey { bands, sector: *sector, locale: Locale::EnGb };
    let each = sectors.iter().zip(bands.iter().cycle()).map(|(sector, band)| key(sector, [band.clone()].into()));
    let keys: Vec<SegmentKey> = each.chain([key(&sectors[0], bands.clone())]).collect();
    let error = maker.segments(&issue, &keys).err()?;
    let templates = context.config.folder.join("templates");
    let mut finding = Diagnostic::error("cannot-render", error.to_string());
    let file = match &error {
        AppError::BulletinMail { source, .. } => match source.as_ref() {
            RenderError::Template { file, line, column, .. } => {
                (finding.line, finding.column) = (*line, *column);
                templates.join(file)
            }
            RenderError::Missing { part, .. } => templates.join(MailKind::Bulletin.file(*part)),
            _ => content.library.bulletin_file(&bulletin.name),
        },
        _ => content.library.bulletin_file(&bulletin.name),
    };
    Some(finding.in_file(file.display().to_string()).help("mend the template or the text that it names"))
}
