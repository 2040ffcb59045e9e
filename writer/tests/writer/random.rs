//! Random columns: what is encoded is decoded to the same column.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, ListArray, MapArray, NullArray, StringArray, StructArray, make_array, new_empty_array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields};
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::decoder;
use flink_state_reader::types::{Basic, ListKind, MapKind, Type, arrow_type};
use flink_state_writer::encode::{encoder, key_encoder};
use proptest::prelude::*;

const TYPES: &[&str] = &[
    "BOOLEAN",
    "BYTE",
    "SHORT_VALUE",
    "INT",
    "LONG",
    "SORTED_LONG",
    "FLOAT",
    "DOUBLE_VALUE",
    "CHAR",
    "STRING",
    "STRING_VALUE",
    "STRING_DATA",
    "VOID",
    "TUPLE0",
    "BIG_INT",
    "BIG_DECIMAL",
    "DATE",
    "SQL_TIMESTAMP",
    "INSTANT",
    "LOCAL_DATE",
    "LOCAL_TIME",
    "LOCAL_DATE_TIME",
    "TIME_WINDOW",
    "GLOBAL_WINDOW",
    "COUNT_WINDOW",
    "VARIANT",
    "BITMAP",
    "EVENT_ID",
    "DEWEY_NUMBER",
    "ENUM<a.Kind>('A','B','C')",
    "SCALA_ENUM<a.Kind$>('X' = 7, 'Y' = -3)",
    "ARRAY<BYTE>",
    "ARRAY<STRING>",
    "ARRAY<DOUBLE>",
    "VALUE_ARRAY<STRING_VALUE>",
    "OBJECT_ARRAY<TUPLE<STRING, LONG>> CLASS a.B",
    "LIST<INSTANT>",
    "SET<LIST<INT>>",
    "LINKED_LIST<STRING>",
    "TRAVERSABLE<LONG>('code')",
    "MAP<STRING, MAP<INT, STRING>>",
    "NULL_AWARE_MAP<LONG, STRING>",
    "SORTED_MAP<LOCAL_DATE, TUPLE<BIG_DECIMAL, INT>>",
    "NULLABLE<LONG>(8)",
    "NULLABLE<LIST<NULLABLE<STRING>>>",
    "OPTION<NULLABLE<OPTION<INT>>>",
    "EITHER<INT, LIST<STRING>>",
    "CO_GROUP<LONG, BYTE>",
    "TUPLE<STRING, BIG_INT, BOOLEAN>",
    "CASE_CLASS<a.B>(OPTION<INT>, DOUBLE)",
    "ROW(a INT, b STRING, c LIST<LONG>, d ROW(x DOUBLE, y BOOLEAN), e BIG_DECIMAL, f INT, g INT, h BYTE)",
    "POJO<a.Order>(id LONG, lines LIST<POJO<a.Line>(n INT, text STRING)>, when INSTANT)",
    "TIMER<STRING, TIME_WINDOW>",
    "TTL<MAP<STRING, LONG>>",
    "ROWDATA()",
    "ROWDATA(BIGINT, VARCHAR(20), BYTES, BOOLEAN, TINYINT, SMALLINT, FLOAT, DOUBLE, DATE, TIME(3))",
    "ROWDATA(DECIMAL(18, 3), DECIMAL(38, 10), TIMESTAMP(3), TIMESTAMP(6), TIMESTAMP_LTZ(9), \
     INTERVAL YEAR TO MONTH, INTERVAL DAY TO SECOND)",
    "ROWDATA(ARRAY<INT>, MAP<STRING, ARRAY<STRING>>, MULTISET<BIGINT>, ROW<x INT, y DECIMAL(20, 0)>, ARRAY<BOOLEAN>)",
    "ARRAYDATA(ROW<x STRING, y SMALLINT>)",
    "MAPDATA(INT NOT NULL, TIMESTAMP(9))",
    "DECIMAL_DATA(10, 2)",
    "DECIMAL_DATA(38, 10)",
    "TIMESTAMP_DATA(3)",
    "TIMESTAMP_DATA(9)",
    "RAW_VALUE<LIST<STRING>>",
    "KRYO<java.lang.String>",
    "KRYO<java.lang.Long>",
    "KRYO<java.lang.Float>",
    "KRYO<java.util.UUID>",
    "KRYO<java.math.BigDecimal>",
    "KRYO<java.util.Date>",
    "KRYO<java.sql.Timestamp>",
    "KRYO<java.time.Instant>",
    "KRYO<java.time.LocalDate>",
    "KRYO<java.time.LocalTime>",
    "KRYO<java.time.LocalDateTime>",
    "KRYO<[B>",
    "KRYO<[J>",
    "KRYO<[S>",
    "KRYO<[Ljava.lang.String;>",
    r#"AVRO('{"type":"record","name":"R","fields":[{"name":"i","type":"int"},{"name":"null_s","type":["null","string"]},
       {"name":"a","type":{"type":"array","items":"long"}},{"name":"m","type":{"type":"map","values":["double","null"]}},
       {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}},
       {"name":"f","type":{"type":"fixed","name":"F","size":17,"logicalType":"decimal","precision":38}},
       {"name":"r","type":{"type":"record","name":"Q","fields":[{"name":"b","type":"boolean"}]}}]}')"#,
];

fn types() -> Vec<Type> {
    let mut types: Vec<Type> = TYPES.iter().map(|t| t.parse().unwrap_or_else(|e| panic!("{t}: {e:?}"))).collect();
    let kryo2 = types.clone().into_iter().filter_map(|ty| match ty {
        Type::Kryo(mut kryo) => {
            kryo.version = flink_state_reader::types::KryoVersion::V2;
            Some(Type::Kryo(kryo))
        }
        _ => None,
    });
    let kryo2: Vec<_> = kryo2.collect();
    types.extend(kryo2);
    types
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_are_decoded_again(ty in proptest::sample::select(types()), seed: u64, rows in 0usize..6, key: bool) {
        let column = Random(seed).column(&ty, &arrow_type(&ty), rows, Nulls::Own);
        let encoder = if key { key_encoder(&ty, &column) } else { encoder(&ty, &column) }.unwrap();
        let mut decoder = decoder(&ty);
        for row in 0..rows {
            let mut bytes = Vec::new();
            encoder.encode(row, &mut bytes).unwrap_or_else(|e| panic!("{ty}: {e:?} {column:?}"));
            let mut input = Cursor::new(&bytes);
            decoder.append(&mut input).unwrap_or_else(|e| panic!("{ty}: {e:?} {bytes:02x?} {column:?}"));
            prop_assert!(input.is_empty(), "{ty}: {bytes:02x?}");
        }
        prop_assert_eq!(&decoder.finish(), &column, "{}", ty);
    }
}

/// Where nulls may be.
#[derive(Clone, Copy, PartialEq)]
enum Nulls {
    Never,
    /// Where the type has one.
    Own,
    /// What encloses the value marks it.
    Marked,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap()
    }

    /// A number of any size.
    fn long(&mut self) -> i64 {
        let shift = self.below(64);
        let value = (self.next() >> shift).cast_signed();
        if self.below(2) == 0 { value } else { value.wrapping_neg() }
    }

    fn text(&mut self) -> String {
        let letters = ['a', 'Z', '0', ' ', '\0', 'é', '€', '操', '😀'];
        (0..self.below(12)).map(|_| letters[self.index(letters.len())]).collect()
    }

    fn mask(&mut self, column: ArrayRef) -> ArrayRef {
        if column.data_type() == &DataType::Null {
            return column;
        }
        let nulls: NullBuffer = (0..column.len()).map(|_| self.below(4) != 0).collect();
        with_nulls(&column, nulls)
    }

    fn column(&mut self, ty: &Type, data_type: &DataType, rows: usize, nulls: Nulls) -> ArrayRef {
        let column = self.values(ty, data_type, rows);
        let allowed = match nulls {
            Nulls::Never => false,
            Nulls::Own => has_null(ty),
            Nulls::Marked => true,
        };
        if allowed { self.mask(column) } else { column }
    }

    /// Values that are not null themselves.
    fn values(&mut self, ty: &Type, data_type: &DataType, rows: usize) -> ArrayRef {
        match ty {
            Type::Basic(Basic::BigInt) => self.texts(rows, |random| random.long().to_string()),
            Type::Basic(Basic::BigDecimal) => self.texts(rows, decimal),
            Type::Basic(Basic::GlobalWindow) => self.texts(rows, |_| "GlobalWindow".to_owned()),
            Type::Enum { constants, .. } => self.texts(rows, |random| constants[random.index(constants.len())].clone()),
            Type::ScalaEnum { constants, .. } => {
                self.texts(rows, |random| constants[random.index(constants.len())].0.clone())
            }
            Type::Kryo(kryo) => match kryo.class.as_str() {
                "java.math.BigDecimal" => self.texts(rows, decimal),
                "java.util.UUID" => self.texts(rows, |random| {
                    let (a, b) = (random.next(), random.next());
                    let (c, d) = (a & 0xFFFF, b & 0xFFFF_FFFF_FFFF);
                    format!("{:08x}-{:04x}-{c:04x}-{:04x}-{d:012x}", a >> 32, a >> 16 & 0xFFFF, b >> 48)
                }),
                "[Ljava.lang.String;" => self.any(data_type, rows, &|_| true),
                _ => self.any(data_type, rows, &|_| false),
            },
            Type::Array(element) if *element != Basic::Byte => {
                self.list(&Type::Basic(*element), data_type, rows, Nulls::Own)
            }
            Type::ValueArray(element) => self.list(&Type::Basic(*element), data_type, rows, Nulls::Own),
            Type::ObjectArray { element, .. } => self.list(element, data_type, rows, Nulls::Marked),
            Type::List { kind, element } => {
                let marked = matches!(
                    kind,
                    ListKind::Set | ListKind::Traversable { .. } | ListKind::LinkedList { null_mask: true }
                );
                self.list(element, data_type, rows, if marked { Nulls::Marked } else { Nulls::Own })
            }
            Type::Map { kind, key, value } => self.map(*kind, key, value, data_type, rows),
            Type::Nullable { inner, .. } | Type::Option(inner) => match &**inner {
                Type::Nullable { .. } | Type::Option(_) => {
                    self.fields(data_type, rows, |random, _, dt| random.column(inner, dt, rows, Nulls::Own))
                }
                _ => self.values(inner, data_type, rows),
            },
            Type::Either { left, right, .. } => {
                let is_left: Vec<bool> = (0..rows).map(|_| self.below(2) == 0).collect();
                self.fields(data_type, rows, |random, index, dt| {
                    let ty = if index == 0 { left } else { right };
                    let nulls: NullBuffer = is_left.iter().map(|is_left| *is_left == (index == 0)).collect();
                    with_nulls(&random.column(ty, dt, rows, Nulls::Never), nulls)
                })
            }
            Type::Struct { fields, .. } => {
                self.fields(data_type, rows, |random, index, dt| random.column(&fields[index].ty, dt, rows, Nulls::Own))
            }
            Type::Row { fields, .. } => self.fields(data_type, rows, |random, index, dt| match fields.get(index) {
                Some(field) => random.column(&field.ty, dt, rows, Nulls::Marked),
                None => random.row_kinds(rows),
            }),
            Type::Pojo(pojo) => self.fields(data_type, rows, |random, index, dt| {
                random.column(&pojo.fields[index].ty, dt, rows, Nulls::Marked)
            }),
            Type::Timer { key, namespace } => self.fields(data_type, rows, |random, index, dt| match index {
                0 => random.any(dt, rows, &|_| false),
                1 => random.column(key, dt, rows, Nulls::Own),
                _ => random.column(namespace, dt, rows, Nulls::Own),
            }),
            Type::Ttl(value) => self.fields(data_type, rows, |random, index, dt| match index {
                0 => random.column(value, dt, rows, Nulls::Own),
                _ => random.any(dt, rows, &|_| false),
            }),
            Type::RowData(_) | Type::TableCollection(_) => {
                self.any(data_type, rows, &|field| !["key", "$row_kind"].contains(&field.name().as_str()))
            }
            Type::RawValue(inner) => self.values(inner, data_type, rows),
            Type::Avro { .. } => {
                self.any(data_type, rows, &|field| ["null_s", "value"].contains(&field.name().as_str()))
            }
            _ => self.any(data_type, rows, &|_| false),
        }
    }

    fn texts(&mut self, rows: usize, mut text: impl FnMut(&mut Self) -> String) -> ArrayRef {
        Arc::new((0..rows).map(|_| Some(text(self))).collect::<StringArray>())
    }

    fn row_kinds(&mut self, rows: usize) -> ArrayRef {
        self.texts(rows, |random| ["+I", "-U", "+U", "-D"][random.index(4)].to_owned())
    }

    fn fields(
        &mut self,
        data_type: &DataType,
        rows: usize,
        mut column: impl FnMut(&mut Self, usize, &DataType) -> ArrayRef,
    ) -> ArrayRef {
        let DataType::Struct(fields) = data_type else { panic!("{data_type}") };
        let columns = fields.iter().enumerate().map(|(index, field)| column(self, index, field.data_type()));
        structs(fields, columns.collect(), rows)
    }

    fn offsets(&mut self, rows: usize) -> OffsetBuffer<i32> {
        OffsetBuffer::from_lengths((0..rows).map(|_| self.index(5)).collect::<Vec<_>>())
    }

    fn list(&mut self, element: &Type, data_type: &DataType, rows: usize, nulls: Nulls) -> ArrayRef {
        let DataType::List(field) = data_type else { panic!("{data_type}") };
        let offsets = self.offsets(rows);
        let items = self.column(element, field.data_type(), end(&offsets), nulls);
        Arc::new(ListArray::new(field.clone(), offsets, items, None))
    }

    fn map(&mut self, kind: MapKind, key: &Type, value: &Type, data_type: &DataType, rows: usize) -> ArrayRef {
        let offsets = self.offsets(rows);
        let len = end(&offsets);
        let (DataType::Map(field, _) | DataType::List(field)) = data_type else { panic!("{data_type}") };
        let nulls = if kind == MapKind::NullAware { Nulls::Marked } else { Nulls::Never };
        let entries = self.fields(field.data_type(), len, |random, index, dt| match index {
            0 => random.column(key, dt, len, nulls),
            _ => random.column(value, dt, len, Nulls::Marked),
        });
        match data_type {
            DataType::Map(..) => Arc::new(MapArray::new(
                field.clone(),
                offsets,
                entries.as_any().downcast_ref::<StructArray>().unwrap().clone(),
                None,
                false,
            )),
            _ => Arc::new(ListArray::new(field.clone(), offsets, entries, None)),
        }
    }

    /// Values of an Arrow type; `nulls` says which nested fields may have some.
    fn any(&mut self, data_type: &DataType, rows: usize, nulls: &dyn Fn(&Field) -> bool) -> ArrayRef {
        match data_type {
            DataType::Null => Arc::new(NullArray::new(rows)),
            DataType::Boolean => {
                let mut builder = BooleanBuilder::new();
                (0..rows).for_each(|_| builder.append_value(self.below(2) == 0));
                Arc::new(builder.finish())
            }
            DataType::Utf8 => {
                let mut builder = StringBuilder::new();
                (0..rows).for_each(|_| builder.append_value(self.text()));
                Arc::new(builder.finish())
            }
            DataType::Binary => {
                let mut builder = BinaryBuilder::new();
                (0..rows).for_each(|_| builder.append_value(self.text()));
                Arc::new(builder.finish())
            }
            DataType::List(field) => {
                let offsets = self.offsets(rows);
                let items = self.nested(field, end(&offsets), nulls);
                Arc::new(ListArray::new(field.clone(), offsets, items, None))
            }
            DataType::Map(field, _) => {
                let offsets = self.offsets(rows);
                let entries = self.any(field.data_type(), end(&offsets), nulls);
                let entries = entries.as_any().downcast_ref::<StructArray>().unwrap().clone();
                Arc::new(MapArray::new(field.clone(), offsets, entries, None, false))
            }
            DataType::Struct(fields) => {
                let columns = fields.iter().map(|field| match field.name().as_str() {
                    "$row_kind" => self.row_kinds(rows),
                    _ => self.nested(field, rows, nulls),
                });
                structs(fields, columns.collect(), rows)
            }
            _ => self.numbers(data_type, rows),
        }
    }

    fn nested(&mut self, field: &Field, rows: usize, nulls: &dyn Fn(&Field) -> bool) -> ArrayRef {
        let column = self.any(field.data_type(), rows, nulls);
        if field.is_nullable() && nulls(field) { self.mask(column) } else { column }
    }

    /// Fixed-width values within the bounds of their type.
    fn numbers(&mut self, data_type: &DataType, rows: usize) -> ArrayRef {
        let mut bytes = Vec::new();
        for _ in 0..rows {
            let value = self.long();
            match data_type {
                DataType::Time32(_) => bytes.extend(i32::try_from(value.rem_euclid(86_400_000)).unwrap().to_le_bytes()),
                DataType::Time64(_) => bytes.extend(value.rem_euclid(86_400_000_000_000).to_le_bytes()),
                DataType::Decimal128(precision, _) => {
                    let wide = i128::from(value) * i128::from(self.long());
                    bytes.extend((wide % 10i128.pow(u32::from(*precision))).to_le_bytes());
                }
                DataType::Decimal256(..) => {
                    let wide = i128::from(value) * i128::from(self.long());
                    bytes.extend(arrow_buffer::i256::from_i128(wide).to_le_bytes());
                }
                DataType::Timestamp(..) | DataType::Int64 | DataType::Float64 | DataType::Duration(_) => {
                    bytes.extend(value.to_le_bytes());
                }
                _ => {
                    let size = data_type.primitive_width().unwrap_or_else(|| panic!("{data_type}"));
                    bytes.extend(&value.to_le_bytes()[..size]);
                }
            }
        }
        let data =
            new_empty_array(data_type).to_data().into_builder().len(rows).buffers(vec![Buffer::from_slice_ref(&bytes)]);
        make_array(data.build().unwrap())
    }
}

fn end(offsets: &OffsetBuffer<i32>) -> usize {
    usize::try_from(*offsets.last().unwrap()).unwrap()
}

fn with_nulls(column: &ArrayRef, nulls: NullBuffer) -> ArrayRef {
    make_array(column.to_data().into_builder().nulls(Some(nulls)).build().unwrap())
}

fn structs(fields: &Fields, columns: Vec<ArrayRef>, rows: usize) -> ArrayRef {
    if columns.is_empty() {
        return Arc::new(StructArray::new_empty_fields(rows, None));
    }
    Arc::new(StructArray::new(fields.clone(), columns, None))
}

/// Whether the serializer of a type has a null of its own.
fn has_null(ty: &Type) -> bool {
    match ty {
        Type::Nullable { .. } | Type::Option(_) | Type::Pojo(_) | Type::Kryo(_) => true,
        Type::Basic(basic) => matches!(
            basic,
            Basic::String
                | Basic::BigInt
                | Basic::BigDecimal
                | Basic::Date
                | Basic::SqlTimestamp
                | Basic::Instant
                | Basic::LocalDate
                | Basic::LocalTime
                | Basic::LocalDateTime
        ),
        _ => false,
    }
}

/// As the decoder writes it: plain digits.
fn decimal(random: &mut Random) -> String {
    let (value, scale) = (random.long(), random.index(30));
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
