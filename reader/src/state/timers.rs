//! Timers in the raw keyed state: those of RocksDB with heap timers, and of ForSt.
//!
//! ```text
//! keyGroup := F1 CD 85 9F  i32 version = 2  i32 n  service[n]
//! service  := utf name  versioned snapshot of the key  … of the namespace
//!             i32 n  timer[n]  event time        i32 n  timer[n]  processing time
//! timer    := key  namespace  i64 timestamp      the sign of the timestamp is not flipped
//! ```
//!
//! Written by `InternalTimerServiceSerializationProxy`. Never compressed.

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::serializer::{self, SnapshotContext};
use crate::types::Type;

use super::entry::{Content, Entry};
use super::rows::{Framer, Rows, Step, Unframed, Walk};

/// Starts each key group.
pub(crate) const MAGIC: [u8; 4] = [0xF1, 0xCD, 0x85, 0x9F];

const VERSION: i32 = 2;

/// The time that timers wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeDomain {
    Event,
    Processing,
}

impl TimeDomain {
    /// The name that this service's timers have in managed state.
    pub(crate) fn state_name(self, service: &str) -> String {
        match self {
            Self::Event => format!("_timer_state/event_{service}"),
            Self::Processing => format!("_timer_state/processing_{service}"),
        }
    }
}

/// A timer service as a key group describes it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) key: Type,
    pub(crate) namespace: Type,
}

/// Frames the timers of one service and time domain in one key group; also finds which services there are.
#[derive(Debug)]
pub(crate) struct RawTimerWalk {
    context: SnapshotContext,
    /// The wanted state's name; nothing to find all services.
    wanted: Option<String>,
    services: Vec<Service>,
    position: Position,
}

#[derive(Debug)]
enum Position {
    Start,
    Service { services: usize },
    Timers { services: usize, domain: TimeDomain, wanted: bool, entry: Box<Entry>, left: Option<usize> },
    Enough,
}

impl RawTimerWalk {
    /// A walk for the timers that managed state would hold under this name.
    pub(crate) fn new(context: SnapshotContext, wanted: Option<String>) -> Self {
        Self { context, wanted, services: Vec::new(), position: Position::Start }
    }

    /// The services met so far.
    pub(crate) fn into_services(self) -> Vec<Service> {
        self.services
    }

    fn step(&mut self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        match &mut self.position {
            Position::Start => {
                let start = input.offset();
                let magic: [u8; 4] = input.array()?;
                let version = input.i32()?;
                if magic != MAGIC || version != VERSION {
                    return Err(Error::unsupported(format!(
                        "raw keyed state starts with {magic:02x?} and version {version}: no timers of Flink 1.8 or later"
                    ))
                    .at(start));
                }
                let services = input.count(0)?;
                self.position = Position::Service { services };
            }
            Position::Service { services: 0 } => self.position = Position::Enough,
            Position::Service { services } => {
                let services = *services - 1;
                let name = input.utf()?;
                let key = serializer::parse_versioned(input, &self.context).in_field("key")?;
                let namespace = serializer::parse_versioned(input, &self.context).in_field("namespace")?;
                let entry = Entry {
                    key: Framer::new(key.clone()),
                    namespace: Framer::new(namespace.clone()),
                    content: Content::Timer,
                };
                let wanted = self.is_wanted(TimeDomain::Event, &name);
                self.services.push(Service { name, key, namespace });
                self.position = Position::Timers {
                    services,
                    domain: TimeDomain::Event,
                    wanted,
                    entry: Box::new(entry),
                    left: None,
                };
            }
            Position::Timers { left: left @ None, .. } => *left = Some(input.count(0)?),
            Position::Timers { left: Some(0), wanted: true, .. } => self.position = Position::Enough,
            Position::Timers { services, left: Some(0), domain: TimeDomain::Processing, .. } => {
                self.position = Position::Service { services: *services };
            }
            Position::Timers { left: left @ Some(0), domain, wanted, .. } => {
                *domain = TimeDomain::Processing;
                *left = None;
                let name = self.services.last().map(|s| TimeDomain::Processing.state_name(&s.name));
                *wanted = name.is_some() && name == self.wanted;
            }
            Position::Timers { left: Some(left), wanted, entry, .. } => {
                if *wanted {
                    entry.push_raw_timer(input, rows)?;
                } else {
                    entry.key.skip(input)?;
                    entry.namespace.skip(input)?;
                    input.i64()?;
                }
                *left -= 1;
            }
            Position::Enough => {}
        }
        Ok(())
    }

    fn is_wanted(&self, domain: TimeDomain, service: &str) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| *wanted == domain.state_name(service))
    }

    fn unframed(&self, error: &Error) -> Unframed {
        let rows = match &self.position {
            Position::Timers { wanted: true, left, .. } => left.map(|left| left as u64),
            _ => None,
        };
        Unframed { rows, reason: error.message().to_owned() }
    }
}

impl Walk for RawTimerWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            if matches!(self.position, Position::Enough) {
                return Ok(Step::End);
            }
            let (mut ahead, mark) = (*input, rows.mark());
            match self.step(&mut ahead, rows) {
                Ok(()) => *input = ahead,
                Err(e) => {
                    rows.rollback(mark);
                    return match e.kind() {
                        ErrorKind::Truncated if !last => Ok(Step::NeedMore),
                        ErrorKind::Unsupported => {
                            unframed.push(self.unframed(&e));
                            Ok(Step::End)
                        }
                        _ => Err(e),
                    };
                }
            }
        }
        Ok(Step::Full)
    }
}
