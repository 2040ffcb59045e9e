//! The one error type of this crate: what went wrong, where, and what to do about it.

use std::fmt;

/// `Result` of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes contradict the format.
    Data,
    /// The bytes end before the structure in them does.
    Truncated,
    /// The format is known, reading it is not supported (yet, or without the job's classes).
    Unsupported,
    /// A snapshot, operator, state or column with this name is not there.
    NotFound,
    /// The store that holds the files failed.
    Storage,
    /// The caller asked for something that makes no sense.
    Usage,
    /// A defect of this library.
    Bug,
}

/// An error with its place: file, byte offset, operator, state and field path, as far as they are known.
///
/// `Display` is one line; the parts are there for a longer report.
///
/// ```
/// use flink_state_reader::{Error, ErrorKind};
///
/// let error = Error::data("negative count -1").at(12).in_file("_metadata");
/// assert_eq!(error.kind(), ErrorKind::Data);
/// assert_eq!(error.to_string(), "negative count -1 (file _metadata, offset 12)");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    file: Option<String>,
    offset: Option<u64>,
    operator: Option<String>,
    state: Option<String>,
    /// Innermost name first: names are added while the error unwinds.
    field: Vec<String>,
    source: Option<Source>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            file: None,
            offset: None,
            operator: None,
            state: None,
            field: Vec::new(),
            source: None,
        }))
    }

    /// Bytes that contradict the format.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// Bytes that end too early.
    pub fn truncated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Truncated, message)
    }

    /// Something that is known and not supported.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A name that nothing has.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// A request that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A defect of this library.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// Adds the byte offset, unless a more precise one is there already.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Replaces the byte offset: one inside of uncompressed bytes means nothing in the file.
    #[must_use]
    pub(crate) fn relocated(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Adds the file, unless it is there already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.file.get_or_insert_with(|| file.into());
        self
    }

    /// Adds the operator (its name, uid or ID), unless it is there already.
    #[must_use]
    pub fn in_operator(mut self, operator: impl Into<String>) -> Self {
        self.0.operator.get_or_insert_with(|| operator.into());
        self
    }

    /// Adds the state's name, unless it is there already.
    #[must_use]
    pub fn in_state(mut self, state: impl Into<String>) -> Self {
        self.0.state.get_or_insert_with(|| state.into());
        self
    }

    /// Adds the name of the field that contains the fields named so far.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.0.field.push(field.into());
        self
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The byte offset, where it is known.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// Where it went wrong, e.g. `file _metadata, offset 12`; empty when nothing is known.
    pub fn location(&self) -> String {
        let inner = &self.0;
        let mut field: Vec<&str> = inner.field.iter().map(String::as_str).collect();
        field.reverse();
        let parts = [
            inner.file.as_ref().map(|f| format!("file {f}")),
            inner.offset.map(|o| format!("offset {o}")),
            inner.operator.as_ref().map(|o| format!("operator {o}")),
            inner.state.as_ref().map(|s| format!("state {s}")),
            (!field.is_empty()).then(|| format!("field {}", field.join("."))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let location = self.location();
        if !location.is_empty() {
            write!(f, " ({location})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; hint: {hint}")?;
        }
        if let Some(source) = &self.0.source {
            write!(f, "; caused by: {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|s| s.as_ref() as &(dyn std::error::Error + 'static))
    }
}

/// Adds a place to the error of a [`Result`] while it unwinds.
pub trait Context<T> {
    /// Adds the name of the enclosing field.
    fn in_field(self, field: &str) -> Result<T>;
    /// Adds the file.
    fn in_file(self, file: &str) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn in_field(self, field: &str) -> Result<T> {
        self.map_err(|e| e.in_field(field))
    }

    fn in_file(self, file: &str) -> Result<T> {
        self.map_err(|e| e.in_file(file))
    }
}
