//! The columns of a struct, and what becomes of a field whose end can't be found.
//!
//! ```text
//! field of the struct     how its bytes are told
//! fields before           decoded
//! unknown field, last     the rest of the value, as Binary under the field's name
//! unknown field, others   it and all fields behind it: the rest of the value, as Binary in `$undecoded`
//! ```
//! Whether a field is unknown is in its type ([`Framing::Never`]) or in its bytes ([`Framing::Sometimes`]). In the
//! second case the columns are there for all rows, and a row that can't be decoded has nulls from that field on.
//! All of this needs the end of the struct to be known: it must be the last thing in its value (`tail`).

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{Field, Fields};

use crate::bytes::Cursor;
use crate::error::{Context, ErrorKind, Result};
use crate::types::{Framing, Type};

use super::assemble::total;
use super::binary::Bytes;
use super::text::Text;
use super::{Decoder, Undecoded, decoder_at, skip};

/// The column of bytes behind a field of unknown length.
pub(super) const UNDECODED: &str = "$undecoded";

/// One field.
pub(super) struct Column {
    pub(super) name: String,
    decoder: Box<dyn Decoder>,
    /// The type, if a value must be skipped first to see whether its end can be found.
    check: Option<Type>,
}

impl Column {
    /// A field whose values always say where they end.
    pub(super) fn new(name: impl Into<String>, decoder: Box<dyn Decoder>) -> Self {
        Self { name: name.into(), decoder, check: None }
    }

    /// A field of a struct that is the last thing in its value if `tail`; `last` if the field is the struct's last.
    pub(super) fn of(name: impl Into<String>, ty: &Type, tail: bool, last: bool) -> Self {
        let decoder = decoder_at(ty, tail && last);
        let check = tail && may_break_off(ty, last);
        Self { name: name.into(), decoder, check: check.then(|| ty.clone()) }
    }
}

/// Whether some values of a field of this type, the `last` of its struct or not, can't be decoded: then the bytes from
/// there on are in the struct's `$undecoded`.
pub fn may_break_off(ty: &Type, last: bool) -> bool {
    ty.framing() == Framing::Sometimes && !(last && takes_any(ty))
}

/// Whether the decoder of a value that ends with its bytes finds a place for all of them, whatever they are.
fn takes_any(ty: &Type) -> bool {
    match ty {
        _ if ty.framing() != Framing::Sometimes => true,
        Type::Struct { .. } | Type::Row { .. } | Type::Pojo(_) | Type::Kryo(_) => true,
        Type::Nullable { inner, .. } | Type::Option(inner) | Type::Ttl(inner) => takes_any(inner),
        Type::Either { left, right, .. } => takes_any(left) && takes_any(right),
        _ => false,
    }
}

/// The columns for fields that follow each other, and whether bytes of unknown fields follow them.
pub(super) fn plan<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Type)>, tail: bool) -> (Vec<Column>, bool) {
    let fields: Vec<_> = fields.into_iter().collect();
    let (known, rest) = known(fields.iter().map(|(_, ty)| *ty), tail);
    let columns = fields.iter().take(known).enumerate();
    (columns.map(|(i, (name, ty))| Column::of(*name, ty, tail, i + 1 == fields.len())).collect(), rest)
}

/// How many of the fields become columns, and whether bytes of unknown fields follow them.
pub(super) fn known<'a>(types: impl ExactSizeIterator<Item = &'a Type> + Clone, tail: bool) -> (usize, bool) {
    let fields = types.len();
    let unknown = types.clone().position(|ty| ty.framing() == Framing::Never);
    match unknown {
        Some(index) if tail && index + 1 < fields => (index, true),
        _ => (fields, false),
    }
}

/// The columns of a struct, its nulls, `$undecoded` and a label.
pub(super) struct Columns {
    columns: Vec<Column>,
    undecoded: Option<Bytes>,
    label: Option<Text>,
    validity: NullBufferBuilder,
    fields: Fields,
    /// Values whose bytes hold something unknown that their types did not show.
    unknown: Option<Undecoded>,
}

impl Columns {
    /// `rest` adds `$undecoded` even if no column needs it; `label` is the name of a last column of text.
    pub(super) fn new(mut columns: Vec<Column>, rest: bool, label: Option<&str>) -> Self {
        let undecoded = (rest || columns.iter().any(|c| c.check.is_some())).then(Bytes::new);
        let label = label.map(|name| (name, Text::new()));
        let mut fields: Vec<Field> = columns.iter_mut().map(|c| field(&c.name, &c.decoder.finish())).collect();
        fields.extend(undecoded.is_some().then(|| field(UNDECODED, &Bytes::new().finish())));
        fields.extend(label.as_ref().map(|(name, _)| field(name, &Text::new().finish())));
        Self {
            columns,
            undecoded,
            label: label.map(|(_, text)| text),
            validity: NullBufferBuilder::new(0),
            fields: fields.into(),
            unknown: None,
        }
    }

    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether unknown bytes have a place.
    pub(super) fn has_undecoded(&self) -> bool {
        self.undecoded.is_some()
    }

    /// Decodes one field.
    pub(super) fn append(&mut self, index: usize, input: &mut Cursor<'_>) -> Result<()> {
        let Some(column) = self.columns.get_mut(index) else { return Ok(()) };
        column.decoder.append(input).in_field(&column.name)
    }

    /// Appends a null to one field.
    pub(super) fn append_null(&mut self, index: usize) {
        if let Some(column) = self.columns.get_mut(index) {
            column.decoder.append_null();
        }
    }

    /// Decodes these fields in turn; `is_null` reads the marker of the nth, if there is one.
    ///
    /// `false` if a field's end can't be found: then `input` is before its marker, and it and the fields behind it are
    /// null.
    pub(super) fn append_each(
        &mut self,
        indices: &[usize],
        input: &mut Cursor<'_>,
        mut is_null: impl FnMut(usize, &mut Cursor<'_>) -> Result<bool>,
    ) -> Result<bool> {
        for (n, &index) in indices.iter().enumerate() {
            let before = *input;
            if is_null(n, input)? {
                self.append_null(index);
            } else if self.ends(index, *input)? {
                self.append(index, input)?;
            } else {
                *input = before;
                indices.iter().skip(n).for_each(|&index| self.append_null(index));
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ends(&mut self, index: usize, mut input: Cursor<'_>) -> Result<bool> {
        let Some(Column { check: Some(ty), name, .. }) = self.columns.get(index) else { return Ok(true) };
        match skip(ty, &mut input) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                self.count_unknown(error.message().to_owned());
                Ok(false)
            }
            Err(error) => Err(error.in_field(name.as_str())),
        }
    }

    /// Counts a value with bytes whose type did not show that they can't be decoded.
    pub(super) fn count_unknown(&mut self, reason: String) {
        self.unknown.get_or_insert(Undecoded { values: 0, reason }).values += 1;
    }

    /// Ends a struct that is not null. `undecoded` are the bytes behind its fields, in two parts.
    pub(super) fn end(&mut self, undecoded: Option<(&[u8], &[u8])>, label: &str) -> Result<()> {
        self.validity.append_non_null();
        match (&mut self.undecoded, undecoded) {
            (Some(column), Some((head, tail))) => column.append_parts(head, tail)?,
            (Some(column), None) => column.append_null(),
            (None, _) => {}
        }
        self.label.as_mut().map_or(Ok(()), |column| column.append(label))
    }

    /// Appends a null struct.
    pub(super) fn append_null_struct(&mut self) {
        self.validity.append_null();
        self.columns.iter_mut().for_each(|c| c.decoder.append_null());
        if let Some(column) = &mut self.undecoded {
            column.append_null();
        }
        if let Some(column) = &mut self.label {
            column.append_null();
        }
    }

    /// Takes the struct column.
    pub(super) fn finish(&mut self) -> ArrayRef {
        let rows = self.validity.len();
        let mut arrays: Vec<ArrayRef> = self.columns.iter_mut().map(|c| c.decoder.finish()).collect();
        arrays.extend(self.undecoded.as_mut().map(Bytes::finish));
        arrays.extend(self.label.as_mut().map(Text::finish));
        let nulls = self.validity.finish();
        if arrays.is_empty() {
            return Arc::new(StructArray::new_empty_fields(rows, nulls));
        }
        Arc::new(StructArray::new(self.fields.clone(), arrays, nulls))
    }

    /// What was counted here and in the fields.
    pub(super) fn undecoded(&self) -> Option<Undecoded> {
        let own = std::iter::once(self.unknown.clone());
        total(own.chain(self.columns.iter().map(|c| c.decoder.undecoded())))
    }
}

fn field(name: &str, array: &ArrayRef) -> Field {
    Field::new(name, array.data_type().clone(), true)
}
