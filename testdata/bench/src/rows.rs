//! The rows of a state, made when they are asked for.

use std::num::NonZeroU16;
use std::str::FromStr;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow_schema::{DataType, SchemaRef};
use flink_state_reader::types::Type;
use flink_state_reader::{Error, Result, StateKind};
use flink_state_writer::state::{EntrySource, EntryStream, NewState, RowEncoder, Slice};
use futures::StreamExt;
use futures::stream;

use crate::RELEASE;

pub(crate) const MAX_PARALLELISM: NonZeroU16 = NonZeroU16::new(128).unwrap();

/// Rows of a batch.
const BATCH: usize = 8192;

/// Entries of each key's map.
const MAP_ENTRIES: u32 = 10;

const ORDER: &str =
    "POJO<com.acme.Order>(amount DOUBLE, customer STRING, id LONG, paid BOOLEAN, placed LONG, quantity INT)";

/// What a state holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Value state: LONG to LONG.
    Long,
    /// Value state: STRING to a POJO of six fields.
    Pojo,
    /// Map state: STRING to STRING to LONG, ten entries a key.
    Map,
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "long" => Ok(Self::Long),
            "pojo" => Ok(Self::Pojo),
            "map" => Ok(Self::Map),
            _ => Err(Error::usage(format!("no shape '{name}': there are long, pojo and map"))),
        }
    }
}

/// The rows of a state: number `i` of so many has the key and value of `i`.
#[derive(Debug)]
pub struct Rows {
    shape: Shape,
    state: NewState,
    /// The numbers of the keys in each key group, ascending: so are their bytes.
    key_groups: Vec<Arc<[u32]>>,
    keys: u32,
}

impl Rows {
    /// The rows of so many keys.
    ///
    /// # Errors
    /// Types that can't be written: a defect.
    pub fn new(shape: Shape, keys: u32) -> Result<Self> {
        let (kind, key, value) = match shape {
            Shape::Long => (StateKind::Value, "LONG", "LONG"),
            Shape::Pojo => (StateKind::Value, "STRING", ORDER),
            Shape::Map => (StateKind::Map, "STRING", "MAP<STRING, LONG>"),
        };
        let (key, value): (Type, Type) = (key.parse()?, value.parse()?);
        let state = NewState::new(kind, Some(key), None, Some(value), false, RELEASE)?;
        let encoder = state.encoder()?;
        let mut key_groups = vec![Vec::new(); MAX_PARALLELISM.get().into()];
        for start in (0..keys).step_by(BATCH) {
            let numbers: Vec<u32> = (start..keys).take(BATCH).collect();
            let batch = RecordBatch::try_from_iter([("key", key_column(shape, &numbers))]).map_err(defect)?;
            for (number, key_group) in numbers.iter().zip(encoder.key_groups(&batch, None, MAX_PARALLELISM)?.values()) {
                let key_group = usize::try_from(*key_group).ok().and_then(|index| key_groups.get_mut(index));
                key_group.ok_or_else(|| Error::bug("key group out of range"))?.push(*number);
            }
        }
        Ok(Self { shape, state, key_groups: key_groups.into_iter().map(Into::into).collect(), keys })
    }

    pub(crate) fn state(&self) -> &NewState {
        &self.state
    }

    /// The table's rows of these keys, which are of one key group.
    ///
    /// # Errors
    /// A defect.
    pub fn batch(&self, key_group: u16, numbers: &[u32]) -> Result<RecordBatch> {
        batch(self.shape, self.state.schema()?, key_group, numbers)
    }

    /// The numbers of the keys in a key group.
    pub fn numbers(&self, key_group: u16) -> &[u32] {
        self.key_groups.get(usize::from(key_group)).map_or(&[], |numbers| numbers)
    }

    /// An encoder of the rows.
    ///
    /// # Errors
    /// A defect.
    pub fn encoder(&self) -> Result<RowEncoder> {
        self.state.encoder()
    }
}

impl EntrySource for Rows {
    fn open(&self, slice: &Slice) -> EntryStream {
        let Slice::KeyGroups(range) = slice.clone() else {
            return stream::once(async { Err(Error::bug("a slice of operator state")) }).boxed();
        };
        let (shape, schema, encoder) = (self.shape, self.state.schema(), self.state.encoder());
        let (schema, encoder) = match (schema, encoder) {
            (Ok(schema), Ok(encoder)) => (schema, Arc::new(encoder)),
            (Err(e), _) | (_, Err(e)) => return stream::once(async { Err(e) }).boxed(),
        };
        let key_groups: Vec<_> =
            range.filter_map(|group| Some((group, Arc::clone(self.key_groups.get(usize::from(group))?)))).collect();
        let batches = key_groups.into_iter().flat_map(move |(key_group, numbers)| {
            let (schema, encoder) = (Arc::clone(&schema), Arc::clone(&encoder));
            (0..numbers.len()).step_by(BATCH).map(move |start| {
                let numbers = numbers.get(start..numbers.len().min(start + BATCH)).unwrap_or_default();
                entries(&batch(shape, Arc::clone(&schema), key_group, numbers)?, &encoder)
            })
        });
        stream::iter(batches).boxed()
    }

    fn max_parallelism(&self) -> Option<u32> {
        Some(MAX_PARALLELISM.get().into())
    }

    fn rows(&self) -> Option<u64> {
        let rows = if self.shape == Shape::Map { MAP_ENTRIES } else { 1 };
        Some(u64::from(self.keys) * u64::from(rows))
    }
}

/// Rows of the table to raw entries.
fn entries(rows: &RecordBatch, encoder: &RowEncoder) -> Result<RecordBatch> {
    let key_groups = rows.column_by_name("key_group").map(Arc::clone).ok_or_else(|| Error::bug("no key groups"))?;
    let group = |column: &ArrayRef| column.as_any().downcast_ref::<Int32Array>().map(|groups| groups.values().to_vec());
    let groups = group(&key_groups).ok_or_else(|| Error::bug("key groups that are no Int32"))?;
    let keys: ArrayRef = Arc::new(encoder.keys(rows, &groups, MAX_PARALLELISM.get().into())?);
    let values: ArrayRef = Arc::new(encoder.values(rows)?);
    RecordBatch::try_from_iter([("key_group", key_groups), ("key", keys), ("value", values)]).map_err(defect)
}

fn batch(shape: Shape, schema: SchemaRef, key_group: u16, numbers: &[u32]) -> Result<RecordBatch> {
    let repeated: Vec<u32>;
    let (numbers, user_keys): (&[u32], Option<ArrayRef>) = if shape == Shape::Map {
        repeated = numbers.iter().flat_map(|number| std::iter::repeat_n(*number, MAP_ENTRIES as usize)).collect();
        let names = numbers.iter().flat_map(|_| 0..MAP_ENTRIES).map(|entry| Some(format!("counter-{entry}")));
        (&repeated, Some(Arc::new(names.collect::<StringArray>())))
    } else {
        (numbers, None)
    };
    let values: ArrayRef = match shape {
        Shape::Long | Shape::Map => {
            Arc::new(Int64Array::from_iter_values((0..).zip(numbers).map(|(row, number)| mix(*number) ^ row)))
        }
        Shape::Pojo => {
            let value = schema.field_with_name("value").map_err(defect)?;
            Arc::new(orders(value.data_type(), numbers)?)
        }
    };
    let key_groups: ArrayRef = Arc::new(Int32Array::from_value(i32::from(key_group), numbers.len()));
    let columns = [Some(key_groups), Some(key_column(shape, numbers)), user_keys, Some(values)];
    RecordBatch::try_new(schema, columns.into_iter().flatten().collect()).map_err(defect)
}

fn key_column(shape: Shape, numbers: &[u32]) -> ArrayRef {
    match shape {
        Shape::Long => Arc::new(Int64Array::from_iter_values(numbers.iter().map(|number| i64::from(*number)))),
        Shape::Pojo => Arc::new(text("order", numbers.iter().map(|number| i64::from(*number)))),
        Shape::Map => Arc::new(text("account", numbers.iter().map(|number| i64::from(*number)))),
    }
}

fn orders(ty: &DataType, numbers: &[u32]) -> Result<StructArray> {
    let DataType::Struct(fields) = ty else { return Err(Error::bug("a POJO that is no struct")) };
    let mixed = || numbers.iter().map(|number| mix(*number));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from_iter_values(mixed().map(|n| f64::from(low(n)) / 100.0))),
        Arc::new(text("customer", mixed().map(|n| n % 100_000))),
        Arc::new(Int64Array::from_iter_values(mixed())),
        Arc::new(mixed().map(|n| Some(n % 3 == 0)).collect::<BooleanArray>()),
        Arc::new(Int64Array::from_iter_values(mixed().map(|n| 1_700_000_000_000 + n % 1_000_000_000))),
        Arc::new(Int32Array::from_iter_values(mixed().map(|n| low(n) % 100))),
    ];
    StructArray::try_new(fields.clone(), columns, None).map_err(defect)
}

fn text(prefix: &str, numbers: impl Iterator<Item = i64>) -> StringArray {
    StringArray::from_iter_values(numbers.map(|number| format!("{prefix}-{number:010}")))
}

/// A number of 62 bits that looks random.
fn mix(number: u32) -> i64 {
    let mixed = u64::from(number).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    i64::try_from((mixed ^ mixed >> 29) >> 2).unwrap_or_default()
}

fn low(number: i64) -> i32 {
    i32::try_from(number & 0xFF_FFFF).unwrap_or_default()
}

fn defect(error: arrow_schema::ArrowError) -> Error {
    Error::bug("rows do not fit their schema").with_source(error)
}
