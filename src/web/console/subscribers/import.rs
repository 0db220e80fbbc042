//! Imports a list: what it would change is shown first, and what was shown is what is imported.

mod preview;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use self::preview::Preview;
use super::view::{HERE, IMPORT};
use crate::app::AppError;
use crate::app::csv_import::{self, COLUMNS, CsvImport, Format};
use crate::app::importer::{Imported, Importer};
use crate::domain::subscriber::SubscribeRequest;
use crate::domain::subscription::subscribe::Subscribed;
use crate::domain::text::lists::count;
use crate::web::console::answer;
use crate::web::console::ask::{Looking, Seen};
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::form::{FILE_FORM, Form};
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

/// The word for the register's layout in the form.
const GIAS: &str = "gias";

#[derive(Debug, Serialize)]
struct Page {
    action: String,
    back_url: String,
    columns: String,
}

pub(super) async fn ask(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let page = Page { action: caller.link(FILE_FORM), back_url: caller.link(HERE), columns: COLUMNS.join(",") };
    answer::page("import.html", &Shell::new(&parts, &caller, "Import a list", HERE), &page)
}

/// Says what the file would change. Nothing is changed.
pub(super) async fn preview(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let (name, bytes) = match (form.file(), form.text("rows")) {
        (Some(file), _) => (file.name.clone(), file.bytes.clone()),
        (None, rows) if !rows.is_empty() => ("what you pasted".to_owned(), Bytes::copy_from_slice(rows.as_bytes())),
        _ => {
            let why = "Choose a file, or paste the rows into the box.";
            return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, IMPORT);
        }
    };
    let format = if form.text("format") == GIAS { Format::Gias } else { Format::Csv };
    let octets = bytes.len();
    match look(&parts, &caller, &name, bytes, format).await {
        Ok((preview, csv)) => {
            if preview.is_possible() {
                console.uploads().keep(&caller, csv, octets);
            }
            let title = "What the list would change";
            answer::page("import-preview.html", &Shell::new(&parts, &caller, title, HERE), &preview)
        }
        Err(error) => answer::failed(&parts, &caller, &error, IMPORT),
    }
}

async fn look(
    parts: &ConsoleParts,
    caller: &Caller,
    name: &str,
    bytes: Bytes,
    format: Format,
) -> Result<(Preview, Arc<CsvImport>), AppError> {
    let (bands, shown) = (parts.config().bands.clone(), name.to_owned());
    // A large file takes a second to read.
    let read = tokio::task::spawn_blocking(move || csv_import::read(&bytes[..], &shown, format, &bands)).await;
    let csv = Arc::new(read.unwrap_or_default());
    let mut preview = Preview::new(caller, &csv, name);
    if preview.is_possible() {
        let (imported, seen) =
            look_at(parts, &csv, |request, result| preview.note((parts, caller), request, result)).await?;
        preview.figures(imported.figures, &seen);
    }
    Ok((preview, csv))
}

/// What the list would change, and what stands for each of its changes.
async fn look_at(
    parts: &ConsoleParts,
    csv: &CsvImport,
    mut tell: impl FnMut(&SubscribeRequest, &Subscribed),
) -> Result<(Imported, Seen), AppError> {
    let mut looking = Looking::default();
    let look = |request: &SubscribeRequest, result: &Subscribed| {
        looking.note(&(request.address.to_string(), result));
        tell(request, result);
    };
    let imported = Importer::new(&parts.context).look(csv, look).await?;
    Ok((imported, looking.seen()))
}

/// The list that was shown, and what it would change now.
pub(super) async fn look_again(asking: Asked) -> Result<(Seen, Arc<CsvImport>), Refusal> {
    let Some(csv) = asking.console.uploads().kept(&asking.caller, asking.form.text("digest")) else {
        let why = "Nothing was imported: the list that you looked at isn't kept any more, or it was imported already. Send it once more.";
        return Err(asking.conflict(why, IMPORT));
    };
    let (_, seen) = look_at(&asking.parts, &csv, |_, _| ()).await.map_err(asking.failed(IMPORT))?;
    Ok((seen, csv))
}

/// Imports what was shown.
pub(super) async fn decide(asking: Asked, csv: Arc<CsvImport>) -> Result<Response, Refusal> {
    let imported = Importer::new(&asking.parts.context).import(&csv, |_, _| ()).await;
    let figures = imported.map_err(asking.failed(IMPORT))?.figures;
    // Kept until then, since an import that breaks off is looked at and made again.
    asking.console.uploads().forget(&asking.caller);
    let mut said = vec![format!(
        "{} added, {} changed, {} as before.",
        count(figures.added, "mailbox was", "mailboxes were"),
        figures.updated,
        figures.unchanged
    )];
    if figures.kept_out > 0 {
        said.push(format!("{} out, because they left.", count(figures.kept_out, "address stays", "addresses stay")));
    }
    Ok(asking.decided(said, HERE))
}
