//! Conditions that choose key groups: a scan reads the others not at all.

use std::ops::RangeInclusive;

use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

pub(crate) const KEY_GROUP: &str = "key_group";

/// The key groups that a condition leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyGroups {
    All,
    Range(RangeInclusive<u16>),
    None,
}

impl KeyGroups {
    /// From first to last, both of which may lie outside of the numbers that key groups have.
    fn between(first: i128, last: i128) -> Self {
        let last = last.min(u16::MAX.into());
        match (u16::try_from(first.max(0)), u16::try_from(last)) {
            (Ok(0), Ok(u16::MAX)) => Self::All,
            (Ok(first), Ok(last)) if first <= last => Self::Range(first..=last),
            _ => Self::None,
        }
    }

    fn bounds(&self) -> Option<(u16, u16)> {
        match self {
            Self::All => Some((0, u16::MAX)),
            Self::Range(range) => Some((*range.start(), *range.end())),
            Self::None => None,
        }
    }

    /// Those in both.
    pub(crate) fn and(&self, other: Self) -> Self {
        match (self.bounds(), other.bounds()) {
            (Some((a, b)), Some((c, d))) => Self::between(a.max(c).into(), b.min(d).into()),
            _ => Self::None,
        }
    }

    /// Those in either, and all between them.
    fn or(&self, other: Self) -> Self {
        match (self.bounds(), other.bounds()) {
            (Some((a, b)), Some((c, d))) => Self::between(a.min(c).into(), b.max(d).into()),
            (None, _) => other,
            (_, None) => self.clone(),
        }
    }
}

/// What of a condition the scan takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pushed {
    pub(crate) key_groups: KeyGroups,
    /// Whether these key groups are the whole condition; else it has to be applied to their rows as well.
    pub(crate) exact: bool,
}

impl Pushed {
    /// The key groups that the rows for which `condition` holds can be in; `None` if it says nothing about them.
    pub(crate) fn of(condition: &Expr) -> Option<Self> {
        match condition {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                match (Self::of(left), Self::of(right)) {
                    (Some(l), Some(r)) => {
                        Some(Self { key_groups: l.key_groups.and(r.key_groups), exact: l.exact && r.exact })
                    }
                    (Some(one), None) | (None, Some(one)) => Some(Self { exact: false, ..one }),
                    (None, None) => None,
                }
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let (l, r) = (Self::of(left)?, Self::of(right)?);
                Some(Self { key_groups: l.key_groups.or(r.key_groups), exact: false })
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let key_groups = if is_key_group(left) {
                    compared(*op, integer(right)?)
                } else if is_key_group(right) {
                    compared(op.swap()?, integer(left)?)
                } else {
                    None
                };
                key_groups.map(|key_groups| Self { key_groups, exact: true })
            }
            Expr::Between(Between { expr, negated: false, low, high }) if is_key_group(expr) => {
                Some(Self { key_groups: KeyGroups::between(integer(low)?, integer(high)?), exact: true })
            }
            Expr::InList(list) if !list.negated && is_key_group(&list.expr) => {
                let values = list.list.iter().map(integer).collect::<Option<Vec<_>>>()?;
                let (first, last) = (values.iter().min()?, values.iter().max()?);
                Some(Self { key_groups: KeyGroups::between(*first, *last), exact: first == last })
            }
            _ => None,
        }
    }
}

fn compared(op: Operator, value: i128) -> Option<KeyGroups> {
    const LAST: i128 = u16::MAX as i128;
    match op {
        Operator::Eq => Some(KeyGroups::between(value, value)),
        Operator::Lt => Some(KeyGroups::between(0, value - 1)),
        Operator::LtEq => Some(KeyGroups::between(0, value)),
        Operator::Gt => Some(KeyGroups::between(value + 1, LAST)),
        Operator::GtEq => Some(KeyGroups::between(value, LAST)),
        _ => None,
    }
}

fn is_key_group(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name == KEY_GROUP)
}

fn integer(expr: &Expr) -> Option<i128> {
    use datafusion::common::ScalarValue as V;
    match expr {
        Expr::Literal(value, _) => match value {
            V::Int8(v) => v.map(i128::from),
            V::Int16(v) => v.map(i128::from),
            V::Int32(v) => v.map(i128::from),
            V::Int64(v) => v.map(i128::from),
            V::UInt8(v) => v.map(i128::from),
            V::UInt16(v) => v.map(i128::from),
            V::UInt32(v) => v.map(i128::from),
            V::UInt64(v) => v.map(i128::from),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    fn range(first: u16, last: u16) -> KeyGroups {
        KeyGroups::Range(first..=last)
    }

    #[test]
    fn conditions_become_key_groups() {
        let kg = || col("key_group");
        let exact = [
            (kg().eq(lit(5)), range(5, 5)),
            (lit(5).eq(kg()), range(5, 5)),
            (kg().lt(lit(5)), range(0, 4)),
            (lit(5).lt(kg()), range(6, u16::MAX)),
            (kg().gt_eq(lit(3)).and(kg().lt_eq(lit(4i64))), range(3, 4)),
            (kg().between(lit(1), lit(2)), range(1, 2)),
            (kg().gt_eq(lit(0)), KeyGroups::All),
            (kg().eq(lit(-1)), KeyGroups::None),
            (kg().eq(lit(70_000)), KeyGroups::None),
            (kg().gt(lit(5)).and(kg().lt(lit(3))), KeyGroups::None),
            (kg().in_list(vec![lit(7)], false), range(7, 7)),
        ];
        for (condition, key_groups) in exact {
            assert_eq!(Pushed::of(&condition), Some(Pushed { key_groups, exact: true }), "{condition}");
        }
    }

    #[test]
    fn part_of_a_condition_is_not_all_of_it() {
        let kg = || col("key_group");
        let inexact = [
            (kg().eq(lit(5)).and(col("key").eq(lit(1))), range(5, 5)),
            (kg().eq(lit(5)).or(kg().eq(lit(9))), range(5, 9)),
            (kg().eq(lit(-1)).or(kg().eq(lit(9))), range(9, 9)),
            (kg().in_list(vec![lit(7), lit(2)], false), range(2, 7)),
        ];
        for (condition, key_groups) in inexact {
            assert_eq!(Pushed::of(&condition), Some(Pushed { key_groups, exact: false }), "{condition}");
        }
    }

    #[test]
    fn other_conditions_say_nothing() {
        let kg = || col("key_group");
        let none = [
            col("key").eq(lit(1)),
            kg().not_eq(lit(1)),
            kg().eq(lit(5)).or(col("key").eq(lit(1))),
            kg().in_list(vec![lit(7)], true),
            kg().not_between(lit(1), lit(2)),
            kg().eq(col("key")),
        ];
        for condition in none {
            assert_eq!(Pushed::of(&condition), None, "{condition}");
        }
    }
}
