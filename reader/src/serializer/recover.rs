//! Finds the end of an unknown snapshot, which has no length, with the help of what encloses it.

use crate::bytes::Cursor;
use crate::error::{Error, ErrorKind, Result};

use super::{Skip, SnapshotContext};

/// Unknown snapshots in one piece of meta data.
const MAX_UNKNOWN: usize = 16;
/// Bytes that all attempts together may parse, each counted with a little more.
const MAX_WORK: usize = 1 << 29;
const ATTEMPT: usize = 1 << 10;

/// Runs a parser over all of `input` and, where it meets snapshots of unknown classes, searches for their ends.
///
/// `parse` must read serializer snapshots with the context that it is given. Each possible end of an unknown snapshot
/// is tried; a parse counts when it succeeds and consumes `input` to its last byte. The result is `parse`'s when exactly
/// one choice of ends does: unknown snapshots are then [`Type::Opaque`](crate::types::Type::Opaque). `input` must be the
/// whole of the enclosing meta data and nothing else: its end is what makes the search sound.
///
/// ```
/// use flink_state_reader::bytes::Cursor;
/// use flink_state_reader::serializer::{SnapshotContext, parse_versioned, recover};
/// use flink_state_reader::types::{KryoVersion, Type};
///
/// let bytes = b"\0\x08acme.Own\0\0\0\x01whatever";
/// let context = SnapshotContext::new(KryoVersion::V5);
/// let ty = recover(Cursor::new(bytes), &context, |input, context| parse_versioned(input, context))?;
/// assert!(matches!(ty, Type::Opaque(_)));
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
///
/// # Errors
/// The errors of `parse`; where the end of an unknown snapshot can't be found, or several would do, the error that names
/// its class.
pub fn recover<T>(
    input: Cursor<'_>,
    context: &SnapshotContext,
    parse: impl Fn(&mut Cursor<'_>, &SnapshotContext) -> Result<T>,
) -> Result<T> {
    let mut search = Search { input, parse, context: context.clone(), work: 0, found: None };
    let error = match search.attempt() {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Some(body) = unsupported_at(&error) else {
        return Err(error);
    };
    match search.ends_of(body) {
        Ok(()) => search.found.ok_or(error),
        Err(Stop) => Err(error),
    }
}

struct Search<'a, T, P> {
    input: Cursor<'a>,
    parse: P,
    context: SnapshotContext,
    work: usize,
    found: Option<T>,
}

/// The search has no result: too much work, or more than one way to read the bytes.
struct Stop;

impl<T, P: Fn(&mut Cursor<'_>, &SnapshotContext) -> Result<T>> Search<'_, T, P> {
    fn attempt(&mut self) -> Result<T> {
        let mut input = self.input;
        let result = (self.parse)(&mut input, &self.context);
        self.work += ATTEMPT + self.input.remaining() - input.remaining();
        let value = result?;
        input.expect_end()?;
        Ok(value)
    }

    /// Tries every end of the unknown snapshot whose body starts at `body`.
    fn ends_of(&mut self, body: u64) -> Result<(), Stop> {
        let end = self.input.offset() + self.input.remaining() as u64;
        let Ok(left) = usize::try_from(end.saturating_sub(body)) else {
            return Err(Stop);
        };
        if self.context.skips.len() >= MAX_UNKNOWN {
            return Err(Stop);
        }
        self.context.skips.push(Skip { offset: body, length: 0 });
        for length in 0..=left {
            if self.work > MAX_WORK {
                return Err(Stop);
            }
            if let Some(skip) = self.context.skips.last_mut() {
                skip.length = length;
            }
            match self.attempt() {
                Ok(_) if self.found.is_some() => return Err(Stop),
                Ok(value) => self.found = Some(value),
                Err(error) => match unsupported_at(&error) {
                    // It is no unknown class that ended the parse here: skipping changed nothing.
                    Some(at) if at == body => break,
                    Some(at) if at > body => self.ends_of(at)?,
                    _ => {}
                },
            }
        }
        self.context.skips.pop();
        Ok(())
    }
}

fn unsupported_at(error: &Error) -> Option<u64> {
    (error.kind() == ErrorKind::Unsupported).then(|| error.offset()).flatten()
}
