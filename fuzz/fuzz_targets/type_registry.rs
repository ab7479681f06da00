//! Registrations, rollbacks and look-ups in arbitrary order, against a list.
//! Upholds: an index means one type until the process ends, a key finds the one type that has it, descent is that of the parents named,
//! and each refusal says why.
#![no_main]

use bowline::object::registry::{
    forget_dynamic_types, get_or_register_type, is_instance, register_successor, register_type, retire_key, take_key,
    type_index_of, type_info, types, RegistryError, TypeInfo, DYNAMIC, OBJECT,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// A dynamic type.
struct Type {
    key: String,
    parent: i32,
    /// Whether its key finds it.
    has_key: bool,
    withdrawn: bool,
}

/// Types from `DYNAMIC` on, in the order of their indices.
#[derive(Default)]
struct Oracle(Vec<Type>);

/// Static types, by index and key. Written down once more: users' binaries rely on these.
const STATIC: [(i32, &str); 29] = [
    (0, "None"),
    (1, "int"),
    (2, "bool"),
    (3, "float"),
    (4, "void*"),
    (5, "DataType"),
    (6, "Device"),
    (7, "DLTensor*"),
    (8, "const char*"),
    (9, "TVMFFIByteArray*"),
    (10, "ObjectRValueRef"),
    (11, "ffi.SmallStr"),
    (12, "ffi.SmallBytes"),
    (13, "ffi.Unchanged"),
    (64, "ffi.Object"),
    (65, "ffi.String"),
    (66, "ffi.Bytes"),
    (67, "ffi.Error"),
    (68, "ffi.Function"),
    (69, "ffi.Shape"),
    (70, "ffi.Tensor"),
    (71, "ffi.Array"),
    (72, "ffi.Map"),
    (73, "ffi.Module"),
    (74, "ffi.OpaquePyObject"),
    (75, "ffi.List"),
    (76, "ffi.Dict"),
    (77, "ffi.VisitInterrupt"),
    (78, "ffi.BigInt"),
];

impl Oracle {
    fn dynamic(&self, index: i32) -> Option<&Type> {
        self.0.get(usize::try_from(index.checked_sub(DYNAMIC)?).ok()?)
    }

    fn key(&self, index: i32) -> Option<&str> {
        let fixed = STATIC.iter().find(|(at, _)| *at == index).map(|(_, key)| *key);
        fixed.or_else(|| self.dynamic(index).map(|found| found.key.as_str()))
    }

    fn parent(&self, index: i32) -> Option<i32> {
        match self.dynamic(index) {
            Some(found) => Some(found.parent),
            None => (self.key(index).is_some() && index > OBJECT).then_some(OBJECT),
        }
    }

    /// The ancestors, the root first.
    fn ancestors(&self, index: i32) -> Vec<i32> {
        let mut chain = Vec::new();
        let mut at = self.parent(index);
        while let Some(parent) = at {
            chain.push(parent);
            at = self.parent(parent);
        }
        chain.reverse();
        chain
    }

    fn find(&self, key: &str) -> Option<i32> {
        let fixed = STATIC.iter().find(|(_, known)| *known == key).map(|(index, _)| *index);
        let dynamic = || self.0.iter().position(|found| found.key == key && found.has_key);
        fixed.or_else(|| dynamic().map(|at| at as i32 + DYNAMIC))
    }

    /// Whether types can be registered below this one.
    fn may_be_parent(&self, index: i32) -> bool {
        index >= OBJECT && self.key(index).is_some() && self.dynamic(index).is_none_or(|found| !found.withdrawn)
    }

    /// What a registration has to answer; done here at the same time.
    fn register(&mut self, key: &str, parent: i32) -> std::result::Result<i32, RegistryError> {
        if let Some(index) = self.find(key) {
            return Err(RegistryError::Duplicate { key: key.into(), index });
        }
        if !self.may_be_parent(parent) {
            return Err(RegistryError::UnknownParent(parent));
        }
        self.0.push(Type { key: key.into(), parent, has_key: true, withdrawn: false });
        Ok(DYNAMIC + self.0.len() as i32 - 1)
    }

    fn get_or_register(&mut self, key: &str, parent: i32) -> std::result::Result<i32, RegistryError> {
        match self.register(key, parent) {
            Err(RegistryError::Duplicate { key, index }) => match self.parent(index).unwrap_or(-1) {
                registered if registered == parent => Ok(index),
                registered => Err(RegistryError::ParentMismatch { key, registered, requested: parent }),
            },
            other => other,
        }
    }

    fn register_successor(&mut self, key: &str, parent: i32) -> std::result::Result<i32, RegistryError> {
        if let Some((index, _)) = STATIC.iter().find(|(_, known)| *known == key) {
            return Err(RegistryError::Duplicate { key: key.into(), index: *index });
        }
        if !self.may_be_parent(parent) {
            return Err(RegistryError::UnknownParent(parent));
        }
        self.0.push(Type { key: key.into(), parent, has_key: false, withdrawn: false });
        Ok(DYNAMIC + self.0.len() as i32 - 1)
    }

    fn take_key(&mut self, index: i32) -> bool {
        let Some(key) = self.dynamic(index).filter(|found| !found.withdrawn).map(|found| found.key.clone()) else {
            return false;
        };
        let holder = self.find(&key);
        if holder.is_some_and(|holder| holder > index) {
            return false;
        }
        if let Some(holder) = holder {
            self.0[(holder - DYNAMIC) as usize].has_key = false;
        }
        self.0[(index - DYNAMIC) as usize].has_key = true;
        true
    }

    fn retire(&mut self, index: i32) -> bool {
        if self.dynamic(index).is_none() {
            return false;
        }
        let found = &mut self.0[(index - DYNAMIC) as usize];
        found.withdrawn = true;
        std::mem::replace(&mut found.has_key, false)
    }

    /// Asserts that what is known of a type is what the list says.
    fn expect(&self, index: i32) {
        let Some(info) = type_info(index) else {
            assert_eq!(self.key(index), None, "type {index} is lost");
            return;
        };
        assert_eq!((info.index, Some(info.key)), (index, self.key(index)));
        assert_eq!(info.parent.map(|parent| parent.index), self.parent(index));
        assert_eq!((info.ancestors.to_vec(), info.depth), (self.ancestors(index), self.ancestors(index).len()));
        assert!(info.ancestors.iter().all(|ancestor| *ancestor < index), "parents come before their children");
    }
}

fn key(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=9)? {
        0 => u.choose(&STATIC)?.1.to_owned(),
        1 => u.arbitrary::<&str>()?.to_owned(),
        2 => "k".repeat(u.int_in_range(0..=300)?),
        _ => format!("key.{}", u.int_in_range(0..=15)?),
    })
}

fn index(u: &mut Unstructured<'_>, oracle: &Oracle) -> Result<i32> {
    Ok(match u.int_in_range(0..=7)? {
        0 => u.choose(&STATIC)?.0,
        1 => OBJECT,
        2 => *u.choose(&[-2, -1, 14, 63, 79, 127, i32::MIN, i32::MAX])?,
        // One beyond the last, too.
        _ => DYNAMIC + u.int_in_range(0..=oracle.0.len() as i32)?,
    })
}

fn play(u: &mut Unstructured<'_>, oracle: &mut Oracle, kept: &mut Vec<&'static TypeInfo>) -> Result<()> {
    while !u.is_empty() {
        match u.int_in_range(0..=11)? {
            0..=3 => {
                let (key, parent) = (key(u)?, index(u, oracle)?);
                let found = register_type(&key, parent);
                assert_eq!(found.as_ref().map(|info| info.index), oracle.register(&key, parent).as_ref().copied());
                kept.extend(found);
            }
            4 | 5 => {
                let (key, parent) = (key(u)?, index(u, oracle)?);
                let found = get_or_register_type(&key, parent);
                let expected = oracle.get_or_register(&key, parent);
                assert_eq!(found.as_ref().map(|info| info.index), expected.as_ref().copied());
                kept.extend(found);
            }
            6 => {
                let index = index(u, oracle)?;
                assert_eq!(retire_key(index), oracle.retire(index), "retire {index}");
            }
            7 => {
                let key = key(u)?;
                assert_eq!(type_index_of(&key), oracle.find(&key), "{key:?}");
            }
            8 => {
                let (key, parent) = (key(u)?, index(u, oracle)?);
                let found = register_successor(&key, parent);
                let expected = oracle.register_successor(&key, parent);
                assert_eq!(found.as_ref().map(|info| info.index), expected.as_ref().copied());
                kept.extend(found);
            }
            9 => {
                let index = index(u, oracle)?;
                assert_eq!(take_key(index), oracle.take_key(index), "take the key of {index}");
            }
            10 => {
                let (a, b) = (index(u, oracle)?, index(u, oracle)?);
                // Of an index that was not given out, too: it is an instance of itself.
                assert_eq!(is_instance(a, b), a == b || oracle.ancestors(a).contains(&b), "{a} {b}");
            }
            _ => oracle.expect(index(u, oracle)?),
        }
    }
    Ok(())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut oracle, mut kept) = (Oracle::default(), Vec::new());
    // It ends with the bytes, amid a step or not.
    let _ = play(&mut Unstructured::new(bytes), &mut oracle, &mut kept);
    for at in 0..=oracle.0.len() as i32 {
        oracle.expect(DYNAMIC + at);
    }
    for info in kept {
        assert!(std::ptr::eq(info, type_info(info.index).expect("types are not removed")), "a type moved");
    }
    let listed: Vec<i32> = types().map(|info| info.index).collect();
    let expected = STATIC.iter().map(|(index, _)| *index);
    let dynamic = (DYNAMIC..).zip(&oracle.0).filter(|(_, found)| found.has_key).map(|(index, _)| index);
    assert_eq!(listed, expected.chain(dynamic).collect::<Vec<_>>());
    // SAFETY: one thread, and nothing of the registry's is kept.
    unsafe { forget_dynamic_types() };
});
