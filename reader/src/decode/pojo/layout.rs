//! Which column each field of a POJO and its subclasses has.

use crate::types::{Framing, Pojo, PojoField, Subclass, Type};

use super::super::columns::{Column, Columns, UNDECODED, known};

/// The column with the name of a value's class.
const CLASS: &str = "$class";

/// The columns of a POJO and how each of its classes fills them.
pub(super) struct Layout {
    pub(super) columns: Columns,
    pub(super) exact: Variant,
    pub(super) registered: Vec<Variant>,
    pub(super) non_registered: Vec<Variant>,
}

/// One class.
pub(super) struct Variant {
    pub(super) class: String,
    /// Whether a flag byte and null markers are there.
    pub(super) is_pojo: bool,
    /// The column of each field, in the order of their encoding.
    pub(super) fields: Vec<usize>,
    /// The columns that this class does not have.
    pub(super) absent: Vec<usize>,
    /// Whether bytes of unknown fields follow.
    pub(super) rest: bool,
}

impl Layout {
    pub(super) fn new(pojo: &Pojo, tail: bool) -> Self {
        let mut slots = Slots { slots: Vec::new(), tail };
        let mut exact = slots.pojo(&pojo.class, &pojo.fields);
        let mut registered: Vec<_> = pojo.registered.iter().map(|s| slots.subclass(s)).collect();
        let mut non_registered: Vec<_> = pojo.non_registered.iter().map(|s| slots.subclass(s)).collect();

        let mut rest = tail && pojo.has_subclasses();
        for variant in std::iter::once(&mut exact).chain(&mut registered).chain(&mut non_registered) {
            variant.absent = (0..slots.slots.len()).filter(|index| !variant.fields.contains(index)).collect();
            rest |= variant.rest;
        }
        let columns = slots.slots.iter().map(|s| Column::of(s.name.as_str(), &s.ty, tail, s.last)).collect();
        let columns = Columns::new(columns, rest, pojo.has_subclasses().then_some(CLASS));
        Self { columns, exact, registered, non_registered }
    }
}

/// The columns so far.
struct Slots {
    slots: Vec<Slot>,
    /// Whether the POJO is the last thing in its value.
    tail: bool,
}

struct Slot {
    /// The column's name.
    name: String,
    /// The name and declaring class of the field that it was made for.
    field: String,
    declaring_class: String,
    ty: Type,
    /// Whether the field is the last and its end may be needed to decode it.
    last: bool,
}

impl Slots {
    fn pojo(&mut self, class: &str, fields: &[PojoField]) -> Variant {
        let (count, rest) = known(fields.iter().map(|f| &f.ty), self.tail);
        let mut columns = Vec::with_capacity(count);
        for (index, field) in fields.iter().take(count).enumerate() {
            let declaring_class = field.declaring_class.as_deref().unwrap_or(class);
            let hides = fields.iter().filter(|f| f.name == field.name).count() > 1;
            let last = index + 1 == fields.len() && field.ty.framing() != Framing::Always;
            let fits = |slot: &Slot| slot.field == field.name && slot.last == last && slot.ty == field.ty;
            let free = |index: &usize| !columns.contains(index);
            let find = |test: &dyn Fn(&Slot) -> bool| {
                self.slots.iter().enumerate().filter(|(_, slot)| fits(slot) && test(slot)).map(|(i, _)| i).find(free)
            };
            let shared = find(&|slot| slot.declaring_class == declaring_class)
                .or_else(|| if hides { None } else { find(&|_| true) });
            columns.push(shared.unwrap_or_else(|| self.add(&field.name, declaring_class, &field.ty, last)));
        }
        Variant { class: class.to_owned(), is_pojo: true, fields: columns, absent: Vec::new(), rest }
    }

    fn subclass(&mut self, subclass: &Subclass) -> Variant {
        if let Type::Pojo(pojo) = &subclass.ty {
            return self.pojo(&subclass.class, &pojo.fields);
        }
        let column = self.add(simple_name(&subclass.class), &subclass.class, &subclass.ty, true);
        let class = subclass.class.clone();
        Variant { class, is_pojo: false, fields: vec![column], absent: Vec::new(), rest: false }
    }

    fn add(&mut self, field: &str, declaring_class: &str, ty: &Type, last: bool) -> usize {
        let names = [
            field.to_owned(),
            format!("{field}${}", simple_name(declaring_class)),
            format!("{field}${declaring_class}"),
        ];
        let numbered = (self.slots.len()..).map(|n| format!("{field}${n}"));
        let taken = |name: &String| {
            [UNDECODED, CLASS].contains(&name.as_str()) || self.slots.iter().any(|slot| slot.name == *name)
        };
        let name = names.into_iter().chain(numbered).find(|name| !taken(name)).unwrap_or_default();
        let (field, declaring_class) = (field.to_owned(), declaring_class.to_owned());
        self.slots.push(Slot { name, field, declaring_class, ty: ty.clone(), last });
        self.slots.len() - 1
    }
}

fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}
