//! Which column each field of a POJO and its subclasses has.

use crate::types::{Framing, Pojo, PojoField, Subclass, Type};

use super::super::columns::{Column, Columns, UNDECODED, known};

/// The column with the name of a value's class.
const CLASS: &str = "$class";

/// The columns of a POJO with its subclasses, and how each of its classes fills them.
#[derive(Clone, Debug)]
pub struct PojoLayout {
    /// The columns of all fields, without `$undecoded` and `$class`.
    pub columns: Vec<PojoColumn>,
    /// The POJO's own class.
    pub exact: PojoClass,
    /// The registered subclasses by their tags.
    pub registered: Vec<PojoClass>,
    /// The subclasses that are told by their names.
    pub non_registered: Vec<PojoClass>,
}

/// The column of a field.
#[derive(Clone, Debug)]
pub struct PojoColumn {
    /// The column's name.
    pub name: String,
    /// The field's type.
    pub ty: Type,
    /// Whether the field is the last and its end may be needed to decode it.
    pub last: bool,
    /// The name and declaring class of the field that it was made for.
    field: String,
    declaring_class: String,
}

/// One class.
#[derive(Clone, Debug)]
pub struct PojoClass {
    /// Its name.
    pub class: String,
    /// Whether a flag byte and null markers are there.
    pub is_pojo: bool,
    /// The column of each field, in the order of their encoding.
    pub fields: Vec<usize>,
    /// The columns that this class does not have.
    pub absent: Vec<usize>,
    /// Whether bytes of unknown fields follow in every value.
    pub rest: bool,
}

impl PojoLayout {
    /// The layout of a POJO that is the last thing in its value, or not.
    pub fn new(pojo: &Pojo, tail: bool) -> Self {
        let mut slots = Slots { slots: Vec::new(), tail };
        let mut exact = slots.pojo(&pojo.class, &pojo.fields);
        let mut registered: Vec<_> = pojo.registered.iter().map(|s| slots.subclass(s)).collect();
        let mut non_registered: Vec<_> = pojo.non_registered.iter().map(|s| slots.subclass(s)).collect();
        for class in std::iter::once(&mut exact).chain(&mut registered).chain(&mut non_registered) {
            class.absent = (0..slots.slots.len()).filter(|index| !class.fields.contains(index)).collect();
        }
        Self { columns: slots.slots, exact, registered, non_registered }
    }

    /// The empty Arrow columns.
    pub(super) fn columns(&self, pojo: &Pojo, tail: bool) -> Columns {
        let mut classes = std::iter::once(&self.exact).chain(&self.registered).chain(&self.non_registered);
        let rest = tail && pojo.has_subclasses() || classes.any(|class| class.rest);
        let columns = self.columns.iter().map(|c| Column::of(c.name.as_str(), &c.ty, tail, c.last)).collect();
        Columns::new(columns, rest, pojo.has_subclasses().then_some(CLASS))
    }
}

/// The columns so far.
struct Slots {
    slots: Vec<PojoColumn>,
    /// Whether the POJO is the last thing in its value.
    tail: bool,
}

impl Slots {
    fn pojo(&mut self, class: &str, fields: &[PojoField]) -> PojoClass {
        let (count, rest) = known(fields.iter().map(|f| &f.ty), self.tail);
        let mut columns = Vec::with_capacity(count);
        for (index, field) in fields.iter().take(count).enumerate() {
            let declaring_class = field.declaring_class.as_deref().unwrap_or(class);
            let hides = fields.iter().filter(|f| f.name == field.name).count() > 1;
            let last = index + 1 == fields.len() && field.ty.framing() != Framing::Always;
            let fits = |slot: &PojoColumn| slot.field == field.name && slot.last == last && slot.ty == field.ty;
            let free = |index: &usize| !columns.contains(index);
            let find = |test: &dyn Fn(&PojoColumn) -> bool| {
                self.slots.iter().enumerate().filter(|(_, slot)| fits(slot) && test(slot)).map(|(i, _)| i).find(free)
            };
            let shared = find(&|slot| slot.declaring_class == declaring_class)
                .or_else(|| if hides { None } else { find(&|_| true) });
            columns.push(shared.unwrap_or_else(|| self.add(&field.name, declaring_class, &field.ty, last)));
        }
        PojoClass { class: class.to_owned(), is_pojo: true, fields: columns, absent: Vec::new(), rest }
    }

    fn subclass(&mut self, subclass: &Subclass) -> PojoClass {
        if let Type::Pojo(pojo) = &subclass.ty {
            return self.pojo(&subclass.class, &pojo.fields);
        }
        let column = self.add(simple_name(&subclass.class), &subclass.class, &subclass.ty, true);
        let class = subclass.class.clone();
        PojoClass { class, is_pojo: false, fields: vec![column], absent: Vec::new(), rest: false }
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
        self.slots.push(PojoColumn { name, field, declaring_class, ty: ty.clone(), last });
        self.slots.len() - 1
    }
}

fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}
