//! Values as text: the one JSON form of results (`docs/json.md`) and the cells of tables and CSV.
//!
//! An encoder is made once for each column of a batch, then asked row by row; no value tree is built.

mod nested;
mod number;
mod string;
mod time;

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::*;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::{Error, Result};
pub(crate) use string::push_json_string;

/// The values of a column. Rows that are null are not asked for.
trait Values {
    /// Appends the value as the text of a cell.
    fn text(&self, row: usize, out: &mut String);

    /// Whether the text is JSON as it stands; else JSON has it in quotes.
    fn is_json(&self, _row: usize) -> bool {
        false
    }

    /// Appends the value as JSON.
    fn json(&self, row: usize, out: &mut String) {
        if self.is_json(row) {
            self.text(row, out);
        } else {
            out.push('"');
            self.text(row, out);
            out.push('"');
        }
    }
}

/// Encodes the rows of one column.
pub(crate) struct Encoder<'a> {
    nulls: Option<NullBuffer>,
    values: Box<dyn Values + 'a>,
}

impl<'a> Encoder<'a> {
    /// The encoder of an array.
    pub(crate) fn try_new(array: &'a dyn Array) -> Result<Self> {
        Ok(Self { nulls: array.logical_nulls(), values: values(array)? })
    }

    /// The encoders of the columns of a batch.
    pub(crate) fn of_columns(columns: &'a [ArrayRef]) -> Result<Vec<Self>> {
        columns.iter().map(|column| Self::try_new(column)).collect()
    }

    /// Appends the value as JSON.
    pub(crate) fn json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
        } else {
            self.values.json(row, out);
        }
    }

    /// Appends the value as the text of a cell, nested values as JSON. Returns `false`, and appends nothing, for a null.
    pub(crate) fn text(&self, row: usize, out: &mut String) -> bool {
        let null = self.is_null(row);
        if !null {
            self.values.text(row, out);
        }
        !null
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }
}

fn values<'a>(array: &'a dyn Array) -> Result<Box<dyn Values + 'a>> {
    use arrow::datatypes::{DataType as D, IntervalUnit as I, TimeUnit as U};
    Ok(match array.data_type() {
        D::Boolean => Box::new(number::Bool(array.as_boolean())),
        D::Int8 => number::integer::<Int8Type>(array),
        D::Int16 => number::integer::<Int16Type>(array),
        D::Int32 => number::integer::<Int32Type>(array),
        D::Int64 => number::integer::<Int64Type>(array),
        D::UInt8 => number::integer::<UInt8Type>(array),
        D::UInt16 => number::integer::<UInt16Type>(array),
        D::UInt32 => number::integer::<UInt32Type>(array),
        D::UInt64 => number::integer::<UInt64Type>(array),
        D::Float16 => number::float::<Float16Type>(array),
        D::Float32 => number::float::<Float32Type>(array),
        D::Float64 => number::float::<Float64Type>(array),
        D::Decimal32(..) => number::decimal::<Decimal32Type>(array),
        D::Decimal64(..) => number::decimal::<Decimal64Type>(array),
        D::Decimal128(..) => number::decimal::<Decimal128Type>(array),
        D::Decimal256(..) => number::decimal::<Decimal256Type>(array),
        D::Utf8 => Box::new(string::Text(array.as_string::<i32>())),
        D::LargeUtf8 => Box::new(string::Text(array.as_string::<i64>())),
        D::Utf8View => Box::new(string::Text(array.as_string_view())),
        D::Binary => Box::new(string::Hex(array.as_binary::<i32>())),
        D::LargeBinary => Box::new(string::Hex(array.as_binary::<i64>())),
        D::BinaryView => Box::new(string::Hex(array.as_binary_view())),
        D::FixedSizeBinary(_) => Box::new(string::Hex(array.as_fixed_size_binary())),
        D::Date32 => Box::new(time::Date { array: array.as_primitive::<Date32Type>(), per_day: 1 }),
        D::Date64 => Box::new(time::Date { array: array.as_primitive::<Date64Type>(), per_day: 86_400_000 }),
        D::Time32(U::Second) => time::time_of_day::<Time32SecondType>(array, U::Second),
        D::Time32(_) => time::time_of_day::<Time32MillisecondType>(array, U::Millisecond),
        D::Time64(U::Microsecond) => time::time_of_day::<Time64MicrosecondType>(array, U::Microsecond),
        D::Time64(_) => time::time_of_day::<Time64NanosecondType>(array, U::Nanosecond),
        D::Timestamp(U::Second, zone) => time::timestamp::<TimestampSecondType>(array, zone.is_some()),
        D::Timestamp(U::Millisecond, zone) => time::timestamp::<TimestampMillisecondType>(array, zone.is_some()),
        D::Timestamp(U::Microsecond, zone) => time::timestamp::<TimestampMicrosecondType>(array, zone.is_some()),
        D::Timestamp(U::Nanosecond, zone) => time::timestamp::<TimestampNanosecondType>(array, zone.is_some()),
        D::Duration(U::Second) => time::duration::<DurationSecondType>(array, U::Second),
        D::Duration(U::Millisecond) => time::duration::<DurationMillisecondType>(array, U::Millisecond),
        D::Duration(U::Microsecond) => time::duration::<DurationMicrosecondType>(array, U::Microsecond),
        D::Duration(U::Nanosecond) => time::duration::<DurationNanosecondType>(array, U::Nanosecond),
        D::Interval(I::YearMonth) => Box::new(time::Months(array.as_primitive())),
        D::Interval(I::DayTime) => Box::new(time::DayTime(array.as_primitive())),
        D::Interval(I::MonthDayNano) => Box::new(time::MonthDayNano(array.as_primitive())),
        D::List(_) | D::LargeList(_) | D::FixedSizeList(..) | D::ListView(_) | D::LargeListView(_) => {
            nested::list(array)?
        }
        D::Struct(_) => Box::new(nested::Struct::try_new(array.as_struct())?),
        D::Map(..) => nested::map(array.as_map())?,
        D::Dictionary(..) => Box::new(nested::Dictionary::try_new(array)?),
        // Null, and what no state and hardly a query has: run-end encoded arrays, unions.
        _ => Box::new(Other(
            ArrayFormatter::try_new(array, &FormatOptions::new())
                .map_err(|e| Error::unsupported(format!("can't print a column of type {}: {e}", array.data_type())))?,
        )),
    })
}

/// Any other type: the text that Arrow displays.
struct Other<'a>(ArrayFormatter<'a>);

impl Values for Other<'_> {
    fn text(&self, row: usize, out: &mut String) {
        push(out, format_args!("{}", self.0.value(row)));
    }

    fn json(&self, row: usize, out: &mut String) {
        push_json_string(out, &self.0.value(row).to_string());
    }
}

/// Appends formatted text.
fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a `String` fails only when a `Display` of a value does, and none here does.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests;
