//! Functions of Flink: `operator_id(uid)`, `java_hash(value)`, `key_group(key, max_parallelism)`.

mod java_class;
#[cfg(test)]
mod tests;

use std::num::NonZeroU16;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{exec_err, internal_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use flink_state_reader::java::hash;
use flink_state_reader::metadata::OperatorId;

use java_class::JavaClass;

/// Flink's largest maximum parallelism.
const MAX_PARALLELISM: i64 = 1 << 15;

/// Adds the functions to a context.
pub(crate) fn register(context: &SessionContext) {
    for kind in [Kind::OperatorId, Kind::JavaHash, Kind::KeyGroup] {
        context.register_udf(ScalarUDF::new_from_impl(Function { kind, signature: kind.signature() }));
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    kind: Kind,
    signature: Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    OperatorId,
    JavaHash,
    KeyGroup,
}

impl Kind {
    fn signature(self) -> Signature {
        match self {
            Self::OperatorId => Signature::string(1, Volatility::Immutable),
            Self::JavaHash => Signature::any(1, Volatility::Immutable),
            Self::KeyGroup => Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        match self.kind {
            Kind::OperatorId => "operator_id",
            Kind::JavaHash => "java_hash",
            Kind::KeyGroup => "key_group",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Of `key_group`: the key as it is, and an integer.
    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [key, max] if max.is_integer() || max.is_null() => Ok(vec![key.clone(), DataType::Int64]),
            [_, max] => plan_err!("a maximum parallelism is an integer, not {max}"),
            _ => plan_err!("key_group takes a key and a maximum parallelism, not {} arguments", arguments.len()),
        }
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::OperatorId => DataType::Utf8,
            Kind::JavaHash | Kind::KeyGroup => DataType::Int32,
        })
    }

    /// Refuses a value whose class is not certain while the statement is planned.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        if let (Kind::JavaHash | Kind::KeyGroup, Some(value)) = (self.kind, args.arg_fields.first()) {
            JavaClass::of_field(value)?;
        }
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if scalar { 1 } else { args.number_rows };
        let values = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let result: ArrayRef = match (self.kind, values.as_slice(), args.arg_fields.as_slice()) {
            (Kind::OperatorId, [uids], _) => Arc::new(operator_ids(uids)?),
            (Kind::JavaHash, [values], [field]) => Arc::new(java_hashes(values, field)?),
            (Kind::KeyGroup, [keys, max], [field, _]) => Arc::new(key_groups(&java_hashes(keys, field)?, max)?),
            _ => return internal_err!("{} was called with {} arguments", self.name(), values.len()),
        };
        if scalar {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?))
        } else {
            Ok(ColumnarValue::Array(result))
        }
    }
}

fn operator_ids(uids: &ArrayRef) -> Result<StringArray> {
    let uids = cast(uids, &DataType::Utf8)?;
    Ok(uids.as_string::<i32>().iter().map(|uid| uid.map(|uid| OperatorId::from_uid(uid).to_string())).collect())
}

fn java_hashes(values: &ArrayRef, field: &FieldRef) -> Result<Int32Array> {
    let hashes = JavaClass::of_field(field)?.hash(values)?;
    Ok(Int32Array::new(hashes.into(), values.logical_nulls()))
}

fn key_groups(hashes: &Int32Array, max_parallelism: &ArrayRef) -> Result<Int32Array> {
    let key_group = |(hash, max): (Option<i32>, Option<i64>)| {
        let (Some(hash), Some(max)) = (hash, max) else { return Ok(None) };
        let within = u16::try_from(max).ok().and_then(NonZeroU16::new).filter(|_| max <= MAX_PARALLELISM);
        match within {
            Some(max) => Ok(Some(i32::from(hash::key_group(hash, max)))),
            None => exec_err!("a maximum parallelism is from 1 to {MAX_PARALLELISM}, not {max}"),
        }
    };
    hashes.iter().zip(max_parallelism.as_primitive::<Int64Type>()).map(key_group).collect()
}
