//! Booleans, integers, floats and decimals.

use std::fmt::{Debug, Display};

use arrow::array::{Array, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::DecimalType;

use super::{Values, push};

pub(super) struct Bool<'a>(pub(super) &'a BooleanArray);

impl Values for Bool<'_> {
    fn text(&self, row: usize, out: &mut String) {
        out.push_str(if self.0.value(row) { "true" } else { "false" });
    }

    fn is_json(&self, _row: usize) -> bool {
        true
    }
}

struct Integer<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

pub(super) fn integer<'a, T>(array: &'a dyn Array) -> Box<dyn Values + 'a>
where
    T: ArrowPrimitiveType<Native: Display>,
{
    Box::new(Integer(array.as_primitive::<T>()))
}

impl<T: ArrowPrimitiveType<Native: Display>> Values for Integer<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        push(out, format_args!("{}", self.0.value(row)));
    }

    fn is_json(&self, _row: usize) -> bool {
        true
    }
}

/// The shortest digits that give the same float again; `NaN`, `Infinity` and `-Infinity` as Java writes them.
struct Float<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

pub(super) fn float<'a, T>(array: &'a dyn Array) -> Box<dyn Values + 'a>
where
    T: ArrowPrimitiveType<Native: Debug + Into<f64>>,
{
    Box::new(Float(array.as_primitive::<T>()))
}

impl<T: ArrowPrimitiveType<Native: Debug + Into<f64>>> Values for Float<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        let native = self.0.value(row);
        let value: f64 = native.into();
        if value.is_finite() {
            push(out, format_args!("{native:?}"));
        } else if value.is_nan() {
            out.push_str("NaN");
        } else {
            out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
        }
    }

    fn is_json(&self, row: usize) -> bool {
        let value: f64 = self.0.value(row).into();
        value.is_finite()
    }
}

/// All digits of the scale, without an exponent. Text in JSON: most readers would make it a float.
struct Decimal<'a, T: DecimalType>(&'a PrimitiveArray<T>);

pub(super) fn decimal<'a, T: DecimalType>(array: &'a dyn Array) -> Box<dyn Values + 'a> {
    Box::new(Decimal(array.as_primitive::<T>()))
}

impl<T: DecimalType> Values for Decimal<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        out.push_str(&T::format_decimal(self.0.value(row), self.0.precision(), self.0.scale()));
    }
}
