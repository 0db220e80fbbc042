//! The list of active mailboxes as CSV. It is posted for, so that the log says who has a copy.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::view::HERE;
use crate::app::csv_import::CsvExport;
use crate::domain::band::Bands;
use crate::domain::text::lists::grouped;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::parts::ConsoleParts;

/// How many parts are made before the browser has taken them.
const AHEAD: usize = 2;

pub(super) async fn ask(asking: Asked) -> Result<(Question, ()), Refusal> {
    let mailboxes = asking.parts.reporter().mailboxes().await.map_err(asking.failed(HERE))?;
    let question = Question {
        title: "Download the list?".to_owned(),
        facts: vec![
            format!(
                "It has the name, the address and the age groups of every active mailbox: {} of them.",
                grouped(mailboxes)
            ),
            "It is a file for a spreadsheet (CSV), and can be imported again.".to_owned(),
            "The log says that you took it. Delete the file when you no longer need it.".to_owned(),
        ],
        button: "Download it".to_owned(),
        action: "/subscribers/export".to_owned(),
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question, ()))
}

pub(super) async fn download(asking: Asked, (): ()) -> Result<Response, Refusal> {
    asking.parts.subscriber().note_export().await.map_err(asking.failed(HERE))?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(write(asking.parts.clone(), sender));
    let chunks = unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"subscribers.csv\"");
    Ok(([kind, name], Body::from_stream(chunks)).into_response())
}

/// A part of the file, or what broke it off.
type Part = Result<Bytes, io::Error>;

async fn write(parts: ConsoleParts, sender: mpsc::Sender<Part>) {
    let bands = &parts.config().bands;
    if let Err(error) = pages(&parts, bands, &sender).await {
        // The browser is told that the file is not whole.
        let _ = sender.send(Err(error)).await;
    }
}

async fn pages(parts: &ConsoleParts, bands: &Bands, sender: &mpsc::Sender<Part>) -> Result<(), io::Error> {
    let text = Text::default();
    let mut csv = CsvExport::begin(text.clone(), bands)?;
    let mut after = None;
    loop {
        let page = parts.subscriber().page(after).await.map_err(|error| io::Error::other(error.to_string()))?;
        let Some(last) = page.last().map(|last| last.id) else { break };
        after = Some(last);
        csv.add(&page)?;
        if sender.send(Ok(text.take())).await.is_err() {
            return Ok(());
        }
    }
    csv.finish()?;
    let _ = sender.send(Ok(text.take())).await;
    Ok(())
}

/// What was written and not yet sent.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock()).into()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
