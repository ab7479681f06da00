//! A guest that looks at what guests share with their host: `test_guest.py` asks it.

mod memory;
mod shared;
mod types;

bowline::library! {
    types { types::Cell, types::Hidden, types::Loud, types::Wide }
    functions {
        "guest.write_cell" = types::write_cell,
        "guest.read_cell" = types::read_cell,
        "guest.make_cell" = types::make_cell,
        "guest.make_loud" = types::make_loud,
        "guest.weak" = types::weak,
        "guest.push_many" = shared::push_many,
        "guest.fill" = shared::fill,
        "guest.sum" = shared::sum,
        "guest.sum_while" = shared::sum_while,
        "guest.get_field" = shared::get_field,
        "guest.set_field" = shared::set_field,
        "guest.field_names" = shared::field_names,
        "guest.equal" = shared::equal,
        "guest.copy" = shared::copy,
        "guest.attribute" = shared::attribute,
        "guest.set_attribute" = shared::set_attribute,
        "guest.name" = shared::name,
        "guest.call" = shared::call,
        "guest.kind_of" = shared::kind_of,
        "guest.panic" = shared::panic,
        "guest.is_sentinel" = shared::is_sentinel,
        "guest.missing" = shared::missing,
        "guest.alive" = shared::alive,
        "guest.stream" = shared::stream,
        "guest.tensor" = shared::tensor,
        "guest.map_get" = shared::map_get,
        "guest.is_instance" = shared::is_instance,
        "guest.own_texts" = memory::own_texts,
        "guest.own_numbers" = memory::own_numbers,
        "guest.own_room" = memory::own_room,
        "guest.own_steps" = memory::own_steps,
    }
}
