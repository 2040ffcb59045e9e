//! The fields of a struct, and the bytes of those that could not be decoded.
//!
//! Where the decoder could not find the end of a field, `$undecoded` has the bytes from there on, and that field and
//! those behind it are null. Which field it was must be found again: it is the one that can break off and is null
//! with all that follow it. If there are two such fields nobody can tell them apart, and the value is refused.

use arrow_array::{Array, BinaryArray, StructArray};
use flink_state_reader::decode::may_break_off;
use flink_state_reader::types::Type;

use crate::{Error, Result};

use super::column::{Part, binaries};

const UNDECODED: &str = "$undecoded";

/// Whether a null marker stands before each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markers {
    Yes,
    No,
}

/// The fields of a struct column.
pub(super) struct Fields<'a> {
    pub(super) column: &'a StructArray,
    parts: Vec<Field<'a>>,
    undecoded: Option<&'a BinaryArray>,
}

struct Field<'a> {
    part: Part<'a>,
    may_break_off: bool,
}

/// What is written of a struct: so many fields, then bytes.
pub(super) struct Known<'a> {
    pub(super) fields: usize,
    /// Empty if these are all fields.
    pub(super) rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `fields` are names, types and whether each is the last; those without a column are in `$undecoded`.
    pub(super) fn new<'t>(
        column: &'a StructArray,
        fields: impl IntoIterator<Item = (&'t str, &'t Type, bool)>,
        tail: bool,
        markers: Markers,
    ) -> Result<Self> {
        Self::behind(0, column, fields, tail, markers)
    }

    /// As [`Self::new`], for fields behind the first `skip` columns.
    pub(super) fn behind<'t>(
        skip: usize,
        column: &'a StructArray,
        fields: impl IntoIterator<Item = (&'t str, &'t Type, bool)>,
        tail: bool,
        markers: Markers,
    ) -> Result<Self> {
        let undecoded = column.column_by_name(UNDECODED).map(|c| binaries(c.as_ref())).transpose()?;
        let columns = column.columns().iter().zip(column.fields()).skip(skip);
        let fields = fields.into_iter().zip(columns).take_while(|(_, (_, field))| field.name() != UNDECODED);
        let parts = fields.map(|((_, ty, last), (column, field))| {
            let (name, tail_of_field) = (field.name(), tail && last);
            let part = match markers {
                Markers::Yes => Part::marked(name, ty, column.as_ref(), tail_of_field)?,
                Markers::No => Part::new(name, ty, column.as_ref(), tail_of_field)?,
            };
            Ok(Field { part, may_break_off: tail && may_break_off(ty, last) })
        });
        Ok(Self { column, parts: parts.collect::<Result<_>>()?, undecoded })
    }

    /// The number of fields that have a column.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn part(&self, index: usize) -> Result<&Part<'a>> {
        let field = self.parts.get(index).map(|field| &field.part);
        field.ok_or_else(|| Error::bug(format!("no field {index} of {}", self.parts.len())))
    }

    /// The bytes of `$undecoded`.
    pub(super) fn undecoded(&self, row: usize) -> Option<&'a [u8]> {
        self.undecoded.filter(|column| column.is_valid(row)).map(|column| column.value(row))
    }

    /// What of the fields `order` has values, `rest` if bytes of unknown fields follow in every value.
    ///
    /// `has_value` says whether the value had the nth of them, as far as the bytes tell.
    pub(super) fn known(
        &self,
        order: &[usize],
        rest: bool,
        row: usize,
        has_value: impl Fn(usize, &[u8]) -> bool,
    ) -> Result<Known<'a>> {
        let Some(bytes) = self.undecoded(row) else {
            if rest {
                let message = "NULL in place of the bytes of fields that can't be decoded";
                return Err(Error::data(message).in_field(UNDECODED));
            }
            return Ok(Known { fields: order.len(), rest: &[] });
        };
        if rest {
            return Ok(Known { fields: order.len(), rest: bytes });
        }
        let field = |n: usize| order.get(n).and_then(|index| self.parts.get(*index));
        let nulls = (0..order.len()).rev().take_while(|n| field(*n).is_some_and(|field| field.part.is_null(row)));
        let mut ends = nulls.filter(|n| field(*n).is_some_and(|field| field.may_break_off) && has_value(*n, bytes));
        match (ends.next(), ends.next()) {
            (Some(fields), None) => Ok(Known { fields, rest: bytes }),
            (None, _) => {
                let message = "bytes that could not be decoded, beside values of all fields that they can be of";
                Err(Error::data(message).in_field(UNDECODED))
            }
            (Some(_), Some(_)) => {
                let message = "bytes that could not be decoded, and several fields that they can start with";
                Err(Error::unsupported(message).in_field(UNDECODED))
            }
        }
    }
}
