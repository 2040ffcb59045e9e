//! Functions of Flink: `operator_id(uid)`, `java_hash(value)`, `key_group(key, max_parallelism)`.

mod java_class;
mod udf;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

/// Adds the functions to a context.
pub(crate) fn register(context: &SessionContext) {
    for function in [udf::operator_id(), udf::java_hash(), udf::key_group()] {
        context.register_udf(ScalarUDF::clone(&Arc::new(function)));
    }
}
