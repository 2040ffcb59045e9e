//! Rows to columns, with the schema that follows from them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;

/// Collects the columns of a table. Numbers are signed: differences of them are what people ask for.
#[derive(Debug, Default)]
pub(super) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn column(mut self, name: &str, ty: DataType, array: ArrayRef) -> Self {
        self.fields.push(Field::new(name, ty, true));
        self.arrays.push(array);
        self
    }

    pub(super) fn text<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = T>) -> Self {
        self.text_or_null(name, values.map(Some))
    }

    pub(super) fn text_or_null<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = Option<T>>) -> Self {
        let array: StringArray = values.collect();
        self.column(name, DataType::Utf8, Arc::new(array))
    }

    pub(super) fn texts<'a>(self, name: &str, values: impl Iterator<Item = &'a Vec<String>>) -> Self {
        let mut lists = ListBuilder::new(StringBuilder::new());
        values.for_each(|texts| lists.append_value(texts.iter().map(Some)));
        let array = lists.finish();
        self.column(name, array.data_type().clone(), Arc::new(array))
    }

    pub(super) fn int(self, name: &str, values: impl Iterator<Item = Option<u32>>) -> Self {
        let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let array: Int32Array = values.map(|value| value.map(int)).collect();
        self.column(name, DataType::Int32, Arc::new(array))
    }

    pub(super) fn long(self, name: &str, values: impl Iterator<Item = Option<u64>>) -> Self {
        let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let array: Int64Array = values.map(|value| value.map(long)).collect();
        self.column(name, DataType::Int64, Arc::new(array))
    }

    pub(super) fn boolean(self, name: &str, values: impl Iterator<Item = Option<bool>>) -> Self {
        let array: BooleanArray = values.collect();
        self.column(name, DataType::Boolean, Arc::new(array))
    }

    pub(super) fn finish(self) -> Result<RecordBatch> {
        Ok(RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)?)
    }
}
