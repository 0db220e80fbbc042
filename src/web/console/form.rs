//! The fields of a form, once the guard has looked at its token; of one form, the file that came with it, too.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::stream;
use multer::Multipart;

/// The most of a form that is read, in octets, and of one with a file.
const FORM: usize = 256 * 1024;
/// The same of whoever is not signed in: an address and a password.
const STRANGER: usize = 8 * 1024;
const WITH_FILE: usize = 20 * 1024 * 1024;

/// The one form that comes with a file.
pub(super) const FILE_FORM: &str = "/subscribers/import/preview";

/// How many fields a form with a file may have.
const FIELDS: usize = 20;

/// The fields, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
    file: Option<Upload>,
}

/// A file that someone chose.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    /// As their machine calls it.
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

/// How much of this request's body is read, of someone who may send files, or may not.
pub(super) fn limit(head: &Parts, is_signed_in: bool, may_send: bool) -> usize {
    match is_signed_in {
        true if may_send && boundary(head).is_some() => WITH_FILE,
        true => FORM,
        false => STRANGER,
    }
}

/// What stands between the fields of a form with a file (RFC 7578); none for any other request.
fn boundary(head: &Parts) -> Option<String> {
    let kind = header_text(&head.headers).filter(|_| head.uri.path() == FILE_FORM)?;
    multer::parse_boundary(kind).ok()
}

fn header_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

impl Form {
    /// Reads a body; `None` where it is not what its head says.
    pub(super) async fn read(head: &Parts, body: Bytes) -> Option<Self> {
        match boundary(head) {
            Some(boundary) => Self::with_file(boundary, body).await,
            None => Some(Self { fields: form_urlencoded::parse(&body).into_owned().collect(), file: None }),
        }
    }

    async fn with_file(boundary: String, body: Bytes) -> Option<Self> {
        let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.ok()? {
            let (name, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
            let bytes = part.bytes().await.ok()?;
            match file {
                Some(_) if bytes.is_empty() => {}
                Some(name) => form.file = Some(Upload { name, bytes }),
                None => form.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            }
            if form.fields.len() > FIELDS {
                return None;
            }
        }
        Some(form)
    }

    /// The first value of a field.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The first value of a field without the white space around it; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.value(name).unwrap_or_default().trim()
    }

    pub(super) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All fields with their values, in the order in which they were sent.
    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The file that was chosen, if one was.
    pub(super) fn file(&self) -> Option<&Upload> {
        self.file.as_ref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = StatusCode;

    /// Only a POST has one.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::BAD_REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn head(path: &str) -> Parts {
        let kind = "multipart/form-data; boundary=x";
        Request::post(path).header(header::CONTENT_TYPE, kind).body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn one_form_comes_with_a_file() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nabc\r\n--x\r\nContent-Disposition: \
                    form-data; name=\"file\"; filename=\"list.csv\"\r\n\r\nname,email\r\n\r\n--x--\r\n";
        let form = Form::read(&head(FILE_FORM), Bytes::from_static(body.as_bytes())).await.unwrap();
        assert_eq!((form.text("form_token"), form.value("file")), ("abc", None));
        let file = form.file().unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("list.csv", &b"name,email\r\n"[..]));
        let elsewhere = Form::read(&head("/subscribers/add"), Bytes::from_static(body.as_bytes())).await.unwrap();
        assert!(elsewhere.file().is_none() && elsewhere.value("form_token").is_none());
        assert_eq!(
            (limit(&head(FILE_FORM), true, true), limit(&head("/subscribers/add"), true, true)),
            (WITH_FILE, FORM)
        );
        assert_eq!(limit(&head(FILE_FORM), true, false), FORM);
        assert_eq!(limit(&head("/sign-in"), false, false), STRANGER);
        assert!(Form::read(&head(FILE_FORM), Bytes::from_static(b"--x\r\nbroken")).await.is_none());
    }
}
