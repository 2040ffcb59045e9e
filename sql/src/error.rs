//! The one error type of this crate, and how DataFusion's errors become it.

use std::error::Error as StdError;
use std::fmt;

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
pub use flink_state_reader::ErrorKind;

use crate::suggest;

/// `Result` of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a session or a query.
///
/// What the reader reports keeps its kind, place and hint through DataFusion; what the statement has wrong is
/// [`ErrorKind::Usage`] or [`ErrorKind::NotFound`].
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    location: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), hint: None, location: String::new(), source: None }))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.0.hint = hint.or(self.0.hint);
        self
    }

    /// Adds a place around the one it has.
    #[must_use]
    pub(crate) fn with_place(mut self, place: &str) -> Self {
        let inner = std::mem::take(&mut self.0.location);
        self.0.location = if inner.is_empty() { place.to_owned() } else { format!("{place}, {inner}") };
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

    /// Where it went wrong: file, offset, operator, state and field, as far as they are known; else empty.
    pub fn location(&self) -> &str {
        &self.0.location
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if !self.0.location.is_empty() {
            write!(f, " ({})", self.0.location)?;
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
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|s| s.as_ref() as &(dyn StdError + 'static))
    }
}

impl From<flink_state_reader::Error> for Error {
    fn from(error: flink_state_reader::Error) -> Self {
        Self::of_reader(&error).with_source(error)
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        DataFusionError::from(error).into()
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        let carried = causes(&error).find_map(|cause| match cause.downcast_ref::<flink_state_reader::Error>() {
            Some(of_reader) => Some(Self::of_reader(of_reader)),
            None => cause.downcast_ref::<Self>().map(Self::without_source),
        });
        carried.unwrap_or_else(|| Self::of_datafusion(error.find_root())).with_source(error)
    }
}

impl Error {
    fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The same error, to be given the source that it was carried in.
    fn without_source(&self) -> Self {
        let Inner { kind, message, hint, location, .. } = self.0.as_ref();
        let (message, hint, location) = (message.clone(), hint.clone(), location.clone());
        Self(Box::new(Inner { kind: *kind, message, hint, location, source: None }))
    }

    fn of_reader(error: &flink_state_reader::Error) -> Self {
        let mut own = Self::new(error.kind(), error.message()).with_hint(error.hint().map(str::to_owned));
        own.0.location = error.location();
        own
    }

    fn of_datafusion(root: &DataFusionError) -> Self {
        if let DataFusionError::SchemaError(error, _) = root
            && let SchemaError::FieldNotFound { field, valid_fields } = error.as_ref()
        {
            let names: Vec<&str> = valid_fields.iter().map(|column| column.name.as_str()).collect();
            return Self::not_found(format!("no column '{}'", field.name))
                .with_hint(suggest::one_of(&field.name, &names));
        }
        let kind = match root {
            DataFusionError::NotImplemented(_) => ErrorKind::Unsupported,
            DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) => {
                ErrorKind::Storage
            }
            DataFusionError::Internal(_) | DataFusionError::ExecutionJoin(_) | DataFusionError::Ffi(_) => {
                ErrorKind::Bug
            }
            _ => ErrorKind::Usage,
        };
        let (message, mut hint) = match root {
            DataFusionError::SQL(error, _) => (parser_message(error), None),
            _ => split_message(&root.message()),
        };
        if let DataFusionError::ResourcesExhausted(_) = root {
            hint = Some("give the query more memory, or let it keep fewer rows".to_owned());
        }
        Self::new(kind, message).with_hint(hint)
    }
}

fn parser_message(error: &ParserError) -> String {
    match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => "the statement is nested too deeply".to_owned(),
    }
}

/// DataFusion appends what it suggests to its message, in lines of its own.
fn split_message(message: &str) -> (String, Option<String>) {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default().to_owned();
    let suggested =
        lines.skip_while(|line| !line.starts_with("Did you mean") && !line.starts_with("Candidate functions"));
    let hint = suggested.collect::<Vec<_>>().join(" ");
    (first, (!hint.is_empty()).then_some(hint))
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// Carries an error of the reader through DataFusion.
pub(crate) fn external(error: flink_state_reader::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
