"""The module `bowline.stub.rust_generator.utils`."""

from bowline.stub.rust_generator.utils import RustImports as RustImports
from bowline.stub.rust_generator.utils import RustUse as RustUse
from bowline.stub.rust_generator.utils import builtin_mirror_name as builtin_mirror_name
from bowline.stub.rust_generator.utils import check_tokens as check_tokens
from bowline.stub.rust_generator.utils import is_crate_type_key as is_crate_type_key
from bowline.stub.rust_generator.utils import render_rust_type as render_rust_type
from bowline.stub.rust_generator.utils import rust_ident as rust_ident
from bowline.stub.rust_generator.utils import rust_module_path as rust_module_path
