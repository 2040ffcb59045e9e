//! The columns of a state's table.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::types::{Basic, Type, arrow_field, arrow_type};

use super::canonical::Prefix;
use super::entry::{Content, Timed};

/// The columns of a state and where their values come from.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<Column>,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    KeyGroup,
    Key(Type),
    Namespace(Type),
    MapKey(Type),
    /// A value for each row.
    Value(Type),
    /// A list of elements for each row.
    List(Type),
    /// The time of a value's last access.
    LastAccess,
    /// The time of the last access of each element of a list.
    ListLastAccess,
    Timestamp,
    Subtask,
    Position,
    /// Bytes that are not decoded.
    Raw(RawPart),
}

/// Which bytes of a row a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawPart {
    /// The composite key, with a key group of so many bytes. `lengths` says that keys and namespaces of the heap layout
    /// get their lengths behind them.
    CompositeKey {
        /// 1 or 2.
        prefix: usize,
        lengths: bool,
    },
    /// The value of an entry, or an element.
    Value,
    /// The value of an entry of map state, with its null flag.
    MapValue,
    /// The key of an entry of broadcast state.
    MapKey,
}

/// A moment in milliseconds.
pub(crate) fn milliseconds() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The field of the elements of a list.
pub(crate) fn item(ty: DataType) -> Arc<Field> {
    Arc::new(Field::new_list_field(ty, true))
}

impl Table {
    fn new(columns: Vec<(Field, Column)>) -> Self {
        let (fields, columns): (Vec<Field>, Vec<Column>) = columns.into_iter().unzip();
        Self { schema: Arc::new(Schema::new(fields)), columns }
    }

    /// The table of keyed state.
    pub(crate) fn keyed(key: &Type, namespace: &Type, content: &Content) -> Self {
        let mut columns = vec![
            (Field::new("key_group", DataType::Int32, false), Column::KeyGroup),
            (arrow_field("key", key), Column::Key(key.clone())),
        ];
        if *namespace != Type::Basic(Basic::VoidNamespace) {
            columns.push((arrow_field("namespace", namespace), Column::Namespace(namespace.clone())));
        }
        match content {
            Content::Value(part) => {
                columns.push(value("value", part));
                columns.extend(last_access(part));
            }
            Content::List(part) => {
                let element = part.value.ty();
                let list = DataType::List(item(arrow_type(element)));
                columns.push((Field::new("value", list, true), Column::List(element.clone())));
                if part.ttl {
                    let times = DataType::List(item(milliseconds()));
                    columns.push((Field::new("last_access", times, true), Column::ListLastAccess));
                }
            }
            Content::Map { key, value: part } => {
                columns.push((arrow_field("map_key", key.ty()), Column::MapKey(key.ty().clone())));
                columns.push(value("map_value", part));
                columns.extend(last_access(part));
            }
            Content::Timer => columns.push((Field::new("timestamp", milliseconds(), false), Column::Timestamp)),
        }
        Self::new(columns)
    }

    /// The table of list and union state.
    pub(crate) fn operator_list(element: &Type) -> Self {
        Self::new(vec![
            (Field::new("subtask", DataType::Int32, false), Column::Subtask),
            (Field::new("position", DataType::Int64, false), Column::Position),
            (arrow_field("value", element), Column::Value(element.clone())),
        ])
    }

    /// The table of broadcast state.
    pub(crate) fn broadcast(key: &Type, value: &Type) -> Self {
        Self::new(vec![
            (arrow_field("map_key", key), Column::MapKey(key.clone())),
            (arrow_field("map_value", value), Column::Value(value.clone())),
        ])
    }

    /// The table of the raw entries of keyed state. `lengths`: see [`RawPart::CompositeKey`].
    pub(crate) fn raw_keyed(max_parallelism: u32, is_map: bool, lengths: bool) -> Self {
        let key = RawPart::CompositeKey { prefix: Prefix::new(0, max_parallelism).size, lengths };
        let value = if is_map { RawPart::MapValue } else { RawPart::Value };
        Self::new(vec![
            (Field::new("key_group", DataType::Int32, false), Column::KeyGroup),
            raw("key", key),
            raw("value", value),
        ])
    }

    /// The table of the raw elements of list and union state.
    pub(crate) fn raw_elements() -> Self {
        Self::new(vec![
            (Field::new("subtask", DataType::Int32, false), Column::Subtask),
            (Field::new("position", DataType::Int64, false), Column::Position),
            raw("value", RawPart::Value),
        ])
    }

    /// The table of the raw entries of broadcast state.
    pub(crate) fn raw_broadcast() -> Self {
        Self::new(vec![raw("map_key", RawPart::MapKey), raw("map_value", RawPart::Value)])
    }

    /// The table of a state whose parts are not known.
    pub(crate) fn empty() -> Self {
        Self::new(Vec::new())
    }
}

fn raw(name: &str, part: RawPart) -> (Field, Column) {
    (Field::new(name, DataType::Binary, false), Column::Raw(part))
}

fn value(name: &str, part: &Timed) -> (Field, Column) {
    // A map's value may be null whatever its type says.
    (arrow_field(name, part.value.ty()).with_nullable(true), Column::Value(part.value.ty().clone()))
}

fn last_access(part: &Timed) -> Option<(Field, Column)> {
    part.ttl.then(|| (Field::new("last_access", milliseconds(), true), Column::LastAccess))
}
