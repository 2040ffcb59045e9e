//! The error type of the command line, its exit codes and how it is printed.

use std::fmt::Display;
use std::io;
use std::path::Path;

use flink_state_reader::ErrorKind;

/// `Result` of this crate.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// A verification failed, or two snapshots differ.
pub(crate) const EXIT_DIFFERENT: u8 = 1;
/// Rows could not be given, or data is invalid or unsupported.
pub(crate) const EXIT_DATA: u8 = 3;
const EXIT_INTERRUPTED: u8 = 130;

/// What went wrong, where, and what to do about it.
#[derive(Debug)]
pub(crate) enum Error {
    /// Whoever read the results stopped reading: not an error.
    ClosedPipe,
    /// Ctrl-C.
    Interrupted,
    /// Anything else.
    Failure(Box<Failure>),
}

/// The parts of an error's report.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: String,
    location: String,
    hint: Option<String>,
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Failure(Box::new(Failure { kind, message, location: String::new(), hint: None }))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn storage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Storage, message)
    }

    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// A file of the local machine that could not be read or written.
    pub(crate) fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::storage(format!("can't {action}: {error}")).at(path.display())
    }

    /// An error of a writer of results.
    pub(crate) fn output(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = std::iter::successors(Some(error), |cause| cause.source());
        let io = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
        match io {
            Some(io) if io.kind() == io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            Some(io) => Self::storage(format!("can't write the result: {io}")),
            None => Self::unsupported(format!("this format can't hold the result: {error}")),
        }
    }

    /// Adds where it went wrong, unless it is there already.
    pub(crate) fn at(mut self, location: impl Display) -> Self {
        if let Self::Failure(failure) = &mut self
            && failure.location.is_empty()
        {
            failure.location = location.to_string();
        }
        self
    }

    /// Puts the place in which its place is before it.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        if let Self::Failure(failure) = &mut self {
            failure.location = match failure.location.as_str() {
                "" => outer.to_owned(),
                inner => format!("{outer}: {inner}"),
            };
        }
        self
    }

    /// Adds what the user can do about it, unless it is there already.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Failure(failure) = &mut self {
            failure.hint.get_or_insert_with(|| hint.into());
        }
        self
    }

    /// Whether the user asked for something that makes no sense.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Failure(failure) if failure.kind == ErrorKind::Usage)
    }

    /// The exit code, the same for the same kind of error in all commands.
    pub(crate) fn exit_code(&self) -> u8 {
        let failure = match self {
            Self::ClosedPipe => return 0,
            Self::Interrupted => return EXIT_INTERRUPTED,
            Self::Failure(failure) => failure,
        };
        match failure.kind {
            ErrorKind::Usage | ErrorKind::NotFound => 2,
            ErrorKind::Data | ErrorKind::Truncated | ErrorKind::Unsupported => EXIT_DATA,
            ErrorKind::Storage => 4,
            _ => 5,
        }
    }

    /// Prints one line each of what, where and what to do, as far as they are known.
    pub(crate) fn report(&self) {
        let Self::Failure(failure) = self else { return };
        eprintln!("error: {}", one_line(&failure.message));
        if !failure.location.is_empty() {
            eprintln!("  at: {}", one_line(&failure.location));
        }
        eprintln!("  hint: {}", one_line(failure.hint.as_deref().unwrap_or_else(|| general_hint(failure.kind))));
    }
}

/// What helps with an error that knows nothing better.
fn general_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage | ErrorKind::NotFound => "flink-state COMMAND --help tells how it is used",
        ErrorKind::Data | ErrorKind::Truncated => {
            "the file is damaged or was cut off: compare it with the original, or take another snapshot"
        }
        ErrorKind::Unsupported => "flink-state does not do this yet: see the README for what it does",
        ErrorKind::Storage => "check that the place exists, that it can be reached, and that you may use it",
        _ => "this is a defect of flink-state: please report it with the command and, if you can, the data",
    }
}

/// Text of any origin as one line that moves no cursor.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

impl From<flink_state_reader::Error> for Error {
    fn from(error: flink_state_reader::Error) -> Self {
        Self::Failure(Box::new(Failure {
            kind: error.kind(),
            message: error.message().to_owned(),
            location: error.location(),
            hint: error.hint().map(str::to_owned),
        }))
    }
}

impl From<flink_state_sql::Error> for Error {
    fn from(error: flink_state_sql::Error) -> Self {
        Self::Failure(Box::new(Failure {
            kind: error.kind(),
            message: error.message().to_owned(),
            location: error.location().to_owned(),
            hint: error.hint().map(str::to_owned),
        }))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::output(&error)
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::output(&error)
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::output(&error)
    }
}
