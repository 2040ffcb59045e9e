//! Getters of rows and arrays, which Flink's serializers hold as lambdas (`java.lang.invoke.SerializedLambda`).
//!
//! A lambda is written as the name and the signature of the method that the compiler made of it, and as the values that
//! it captured. The names are those of `RowData.createFieldGetter` and `ArrayData.createElementGetter`, which did not
//! change from Flink 1.13 to 2.3.

use flink_state_reader::Result;
use flink_state_reader::types::{LogicalRoot, LogicalType};

use super::java::{Class, SERIALIZABLE};
use super::logical::Objects;
use super::{FlinkVersion, refused};

static SERIALIZED_LAMBDA: Class = Class {
    name: "java.lang.invoke.SerializedLambda",
    uid: 8_025_925_345_765_570_181,
    flags: SERIALIZABLE,
    fields: &[
        ("implMethodKind", "I"),
        ("capturedArgs", "[Ljava/lang/Object;"),
        ("capturingClass", "Ljava/lang/Class;"),
        ("functionalInterfaceClass", "Ljava/lang/String;"),
        ("functionalInterfaceMethodName", "Ljava/lang/String;"),
        ("functionalInterfaceMethodSignature", "Ljava/lang/String;"),
        ("implClass", "Ljava/lang/String;"),
        ("implMethodName", "Ljava/lang/String;"),
        ("implMethodSignature", "Ljava/lang/String;"),
        ("instantiatedMethodType", "Ljava/lang/String;"),
    ],
    parent: None,
};
static OBJECTS: Class = Class {
    name: "[Ljava.lang.Object;",
    uid: -8_012_369_246_846_506_644,
    flags: SERIALIZABLE,
    fields: &[],
    parent: None,
};
static INTEGER: Class = Class {
    name: "java.lang.Integer",
    uid: 1_360_826_667_806_852_920,
    flags: SERIALIZABLE,
    fields: &[("value", "I")],
    parent: Some(&NUMBER),
};
static NUMBER: Class =
    Class { name: "java.lang.Number", uid: -8_742_448_824_652_078_965, flags: SERIALIZABLE, fields: &[], parent: None };

/// An interface that makes getters.
struct Interface {
    class: &'static Class,
    internal_name: &'static str,
    getter: &'static str,
    method: &'static str,
    signature: &'static str,
}

/// A class that is written as a `Class` object and is not serializable itself.
const fn interface(name: &'static str) -> Class {
    Class { name, uid: 0, flags: 0, fields: &[], parent: None }
}

static ROW_DATA: Interface = Interface {
    class: &ROW_DATA_CLASS,
    internal_name: "org/apache/flink/table/data/RowData",
    getter: "org/apache/flink/table/data/RowData$FieldGetter",
    method: "getFieldOrNull",
    signature: "(Lorg/apache/flink/table/data/RowData;)Ljava/lang/Object;",
};
static ROW_DATA_CLASS: Class = interface("org.apache.flink.table.data.RowData");
static ARRAY_DATA: Interface = Interface {
    class: &ARRAY_DATA_CLASS,
    internal_name: "org/apache/flink/table/data/ArrayData",
    getter: "org/apache/flink/table/data/ArrayData$ElementGetter",
    method: "getElementOrNull",
    signature: "(Lorg/apache/flink/table/data/ArrayData;I)Ljava/lang/Object;",
};
static ARRAY_DATA_CLASS: Class = interface("org.apache.flink.table.data.ArrayData");

/// `REF_invokeStatic`: a lambda. `REF_invokeInterface`: a method reference.
const LAMBDA: i32 = 6;
const METHOD_REFERENCE: i32 = 9;

/// One lambda: what it captures and the method that it calls.
struct Lambda {
    kind: i32,
    numbers: Vec<i32>,
    inner: Option<Box<Lambda>>,
    method: &'static str,
    signature: String,
}

impl Objects<'_> {
    /// `RowData.createFieldGetter(type, index)`.
    pub(super) fn field_getter(&mut self, ty: &LogicalType, index: i32) -> Result<()> {
        let (method, parameters) = field_method(&ty.root)?;
        let numbers: Vec<i32> = [index].into_iter().chain(parameters).collect();
        let signature =
            format!("({}Lorg/apache/flink/table/data/RowData;)Ljava/lang/Object;", "I".repeat(numbers.len()));
        let mut getter = Lambda { kind: LAMBDA, numbers, inner: None, method, signature };
        if self.checks_null(ty) {
            getter = Lambda {
                kind: LAMBDA,
                numbers: vec![index],
                inner: Some(Box::new(getter)),
                method: "lambda$createFieldGetter$25774257$1",
                signature: concat!(
                    "(ILorg/apache/flink/table/data/RowData$FieldGetter;",
                    "Lorg/apache/flink/table/data/RowData;)Ljava/lang/Object;"
                )
                .to_owned(),
            };
        }
        self.lambda(&ROW_DATA, &getter)
    }

    /// `ArrayData.createElementGetter(type)`.
    pub(super) fn element_getter(&mut self, ty: &LogicalType) -> Result<()> {
        let mut getter = element_method(&ty.root)?;
        if self.checks_null(ty) {
            getter = Lambda {
                kind: LAMBDA,
                numbers: Vec::new(),
                inner: Some(Box::new(getter)),
                method: "lambda$createElementGetter$95d74a6c$1",
                signature: concat!(
                    "(Lorg/apache/flink/table/data/ArrayData$ElementGetter;",
                    "Lorg/apache/flink/table/data/ArrayData;I)Ljava/lang/Object;"
                )
                .to_owned(),
            };
        }
        self.lambda(&ARRAY_DATA, &getter)
    }

    /// Since Flink 2.1 getters check for null whatever the type says.
    fn checks_null(&self, ty: &LogicalType) -> bool {
        ty.nullable || self.release >= FlinkVersion::new(2, 1)
    }

    fn lambda(&mut self, interface: &'static Interface, lambda: &Lambda) -> Result<()> {
        if let Some(&handle) = self.methods.get(lambda.method) {
            self.stream.reference(handle);
            return Ok(());
        }
        let handle = self.stream.object(&SERIALIZED_LAMBDA)?;
        if lambda.kind == METHOD_REFERENCE {
            self.methods.insert(lambda.method, handle);
        }
        self.stream.int(lambda.kind);
        self.stream.array(&OBJECTS, lambda.numbers.len() + usize::from(lambda.inner.is_some()))?;
        for &number in &lambda.numbers {
            self.integer(number)?;
        }
        if let Some(inner) = &lambda.inner {
            self.lambda(interface, inner)?;
        }
        self.stream.class_object(interface.class)?;
        self.stream.string(interface.getter)?;
        self.stream.string(interface.method)?;
        self.stream.string(interface.signature)?;
        self.stream.string(interface.internal_name)?;
        self.stream.string(lambda.method)?;
        self.stream.string(&lambda.signature)?;
        self.stream.string(interface.signature)
    }

    /// A boxed integer; `Integer.valueOf` has those of one byte only once.
    fn integer(&mut self, value: i32) -> Result<()> {
        if let Some(&handle) = self.integers.get(&value) {
            self.stream.reference(handle);
            return Ok(());
        }
        let handle = self.stream.object(&INTEGER)?;
        self.stream.int(value);
        if i8::try_from(value).is_ok() {
            self.integers.insert(value, handle);
        }
        Ok(())
    }
}

/// The method of a field getter and what it captures besides the index.
fn field_method(root: &LogicalRoot) -> Result<(&'static str, Vec<i32>)> {
    Ok(match root {
        LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => ("lambda$createFieldGetter$245ca7d1$1", vec![]),
        LogicalRoot::Boolean => ("lambda$createFieldGetter$245ca7d1$2", vec![]),
        LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => ("lambda$createFieldGetter$245ca7d1$3", vec![]),
        LogicalRoot::TinyInt => ("lambda$createFieldGetter$245ca7d1$4", vec![]),
        LogicalRoot::SmallInt => ("lambda$createFieldGetter$245ca7d1$5", vec![]),
        LogicalRoot::Integer | LogicalRoot::Date | LogicalRoot::Time { .. } | LogicalRoot::YearMonthInterval => {
            ("lambda$createFieldGetter$245ca7d1$6", vec![])
        }
        LogicalRoot::BigInt | LogicalRoot::DayTimeInterval => ("lambda$createFieldGetter$245ca7d1$7", vec![]),
        LogicalRoot::Float => ("lambda$createFieldGetter$245ca7d1$8", vec![]),
        LogicalRoot::Double => ("lambda$createFieldGetter$245ca7d1$9", vec![]),
        LogicalRoot::Array(_) => ("lambda$createFieldGetter$245ca7d1$10", vec![]),
        LogicalRoot::Map(..) | LogicalRoot::Multiset(_) => ("lambda$createFieldGetter$245ca7d1$11", vec![]),
        LogicalRoot::Decimal { precision, scale } => {
            ("lambda$createFieldGetter$89bd9445$1", vec![(*precision).into(), (*scale).into()])
        }
        LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
            ("lambda$createFieldGetter$39385f9c$1", vec![(*precision).into()])
        }
        LogicalRoot::Row(fields) => ("lambda$createFieldGetter$1547cee5$1", vec![field_count(fields.len())?]),
        _ => return Err(refused("a collection of such elements", "the getter of their rows is not known")),
    })
}

fn element_method(root: &LogicalRoot) -> Result<Lambda> {
    let (method, signature) = match root {
        LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => {
            ("getString", "(I)Lorg/apache/flink/table/data/StringData;")
        }
        LogicalRoot::Boolean => ("getBoolean", "(I)Z"),
        LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => ("getBinary", "(I)[B"),
        LogicalRoot::TinyInt => ("getByte", "(I)B"),
        LogicalRoot::SmallInt => ("getShort", "(I)S"),
        LogicalRoot::Integer | LogicalRoot::Date | LogicalRoot::Time { .. } | LogicalRoot::YearMonthInterval => {
            ("getInt", "(I)I")
        }
        LogicalRoot::BigInt | LogicalRoot::DayTimeInterval => ("getLong", "(I)J"),
        LogicalRoot::Float => ("getFloat", "(I)F"),
        LogicalRoot::Double => ("getDouble", "(I)D"),
        LogicalRoot::Array(_) => ("getArray", "(I)Lorg/apache/flink/table/data/ArrayData;"),
        LogicalRoot::Map(..) | LogicalRoot::Multiset(_) => ("getMap", "(I)Lorg/apache/flink/table/data/MapData;"),
        LogicalRoot::Decimal { precision, scale } => {
            let numbers = vec![(*precision).into(), (*scale).into()];
            return Ok(element_lambda("lambda$createElementGetter$55d7a3db$1", numbers));
        }
        LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
            return Ok(element_lambda("lambda$createElementGetter$644eb446$1", vec![(*precision).into()]));
        }
        LogicalRoot::Row(fields) => {
            let numbers = vec![field_count(fields.len())?];
            return Ok(element_lambda("lambda$createElementGetter$3705b7fb$1", numbers));
        }
        _ => return Err(refused("a collection of such elements", "their getter is not known")),
    };
    let signature = signature.to_owned();
    Ok(Lambda { kind: METHOD_REFERENCE, numbers: Vec::new(), inner: None, method, signature })
}

fn element_lambda(method: &'static str, numbers: Vec<i32>) -> Lambda {
    let captured = "I".repeat(numbers.len());
    let signature = format!("({captured}Lorg/apache/flink/table/data/ArrayData;I)Ljava/lang/Object;");
    Lambda { kind: LAMBDA, numbers, inner: None, method, signature }
}

fn field_count(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(|_| refused("a row", format_args!("it has {count} fields")))
}
