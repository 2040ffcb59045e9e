//! One type for what several subtasks wrote.

use crate::types::{Field, Pojo, PojoField, Subclass, Type};

/// A type that decodes the values of both; nothing when they are encoded differently.
///
/// Each subtask adds the subclasses of a POJO that it meets to its own snapshot, and writes their names with the values:
/// these may differ. Everything else has to be the same.
pub(super) fn unify(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    let boxed = |a: &Type, b: &Type| unify(a, b).map(Box::new);
    Some(match (a, b) {
        (Type::Ttl(a), Type::Ttl(b)) => Type::Ttl(boxed(a, b)?),
        (Type::Option(a), Type::Option(b)) => Type::Option(boxed(a, b)?),
        (Type::Nullable { padding, inner: a }, Type::Nullable { padding: other, inner: b }) if padding == other => {
            Type::Nullable { padding: *padding, inner: boxed(a, b)? }
        }
        (Type::List { kind, element: a }, Type::List { kind: other, element: b }) if kind == other => {
            Type::List { kind: kind.clone(), element: boxed(a, b)? }
        }
        (Type::Map { kind, key: ka, value: va }, Type::Map { kind: other, key: kb, value: vb }) if kind == other => {
            Type::Map { kind: *kind, key: boxed(ka, kb)?, value: boxed(va, vb)? }
        }
        (Type::Struct { kind, fields: a }, Type::Struct { kind: other, fields: b }) if kind == other => {
            Type::Struct { kind: kind.clone(), fields: fields(a, b)? }
        }
        (Type::Row { fields: a, row_kind }, Type::Row { fields: b, row_kind: other }) if row_kind == other => {
            Type::Row { fields: fields(a, b)?, row_kind: *row_kind }
        }
        (Type::Pojo(a), Type::Pojo(b)) => Type::Pojo(pojo(a, b)?),
        _ => return None,
    })
}

fn fields(a: &[Field], b: &[Field]) -> Option<Vec<Field>> {
    let field = |(a, b): (&Field, &Field)| {
        (a.name == b.name).then_some(())?;
        Some(Field { name: a.name.clone(), ty: unify(&a.ty, &b.ty)? })
    };
    (a.len() == b.len()).then(|| a.iter().zip(b).map(field).collect())?
}

fn pojo(a: &Pojo, b: &Pojo) -> Option<Pojo> {
    if a.class != b.class || a.fields.len() != b.fields.len() || a.registered.len() != b.registered.len() {
        return None;
    }
    let field = |(a, b): (&PojoField, &PojoField)| {
        (a.name == b.name && a.declaring_class == b.declaring_class).then_some(())?;
        Some(PojoField { ty: unify(&a.ty, &b.ty)?, ..a.clone() })
    };
    let subclass = |(a, b): (&Subclass, &Subclass)| {
        (a.class == b.class).then_some(())?;
        Some(Subclass { class: a.class.clone(), ty: unify(&a.ty, &b.ty)? })
    };
    let mut non_registered = a.non_registered.clone();
    for other in &b.non_registered {
        match non_registered.iter_mut().find(|known| known.class == other.class) {
            Some(known) => known.ty = unify(&known.ty, &other.ty)?,
            None => non_registered.push(other.clone()),
        }
    }
    Some(Pojo {
        class: a.class.clone(),
        fields: a.fields.iter().zip(&b.fields).map(field).collect::<Option<_>>()?,
        registered: a.registered.iter().zip(&b.registered).map(subclass).collect::<Option<_>>()?,
        non_registered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        text.parse().unwrap()
    }

    #[test]
    fn subclasses_that_either_subtask_met_are_known() {
        let pet = |subclasses: &str| ty(&format!("LIST<TTL<POJO<acme.Pet>(name STRING){subclasses}>>"));
        let dog = pet(" SUBCLASSES (acme.Dog POJO<acme.Dog>(name STRING))");
        let cat = pet(" SUBCLASSES (acme.Cat POJO<acme.Cat>(lives INT, name STRING))");
        let both =
            " SUBCLASSES (acme.Dog POJO<acme.Dog>(name STRING), acme.Cat POJO<acme.Cat>(lives INT, name STRING))";
        assert_eq!(unify(&dog, &cat), Some(pet(both)));
        assert_eq!(unify(&pet(""), &dog), Some(dog));
    }

    #[test]
    fn other_differences_are_not_reconciled() {
        for (a, b) in [
            ("LONG", "INT"),
            ("LIST<LONG>", "SET<LONG>"),
            ("TUPLE<LONG>", "TUPLE<LONG, LONG>"),
            ("POJO<acme.Pet>(name STRING)", "POJO<acme.Pet>(age INT)"),
            (
                "POJO<acme.Pet>() REGISTERED (acme.Dog POJO<acme.Dog>())",
                "POJO<acme.Pet>() REGISTERED (acme.Cat POJO<acme.Cat>())",
            ),
            (
                "POJO<acme.Pet>() SUBCLASSES (acme.Dog POJO<acme.Dog>(age INT))",
                "POJO<acme.Pet>() SUBCLASSES (acme.Dog POJO<acme.Dog>(age LONG))",
            ),
        ] {
            assert_eq!(unify(&ty(a), &ty(b)), None, "{a} and {b}");
        }
    }
}
