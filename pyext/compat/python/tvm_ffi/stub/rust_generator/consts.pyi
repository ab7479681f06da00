"""The module `bowline.stub.rust_generator.consts`."""

from bowline.stub.rust_generator.consts import RUST_ANY_BACKED_OPTIONAL_PAYLOADS as RUST_ANY_BACKED_OPTIONAL_PAYLOADS
from bowline.stub.rust_generator.consts import RUST_DIRECTIVE_KINDS as RUST_DIRECTIVE_KINDS
from bowline.stub.rust_generator.consts import RUST_EXACT_PARAMS as RUST_EXACT_PARAMS
from bowline.stub.rust_generator.consts import RUST_KEYWORDS as RUST_KEYWORDS
from bowline.stub.rust_generator.consts import RUST_MAX_WIDTH as RUST_MAX_WIDTH
from bowline.stub.rust_generator.consts import RUST_MOD_MAP as RUST_MOD_MAP
from bowline.stub.rust_generator.consts import RUST_NOT_RAW_IDENTIFIERS as RUST_NOT_RAW_IDENTIFIERS
from bowline.stub.rust_generator.consts import RUST_OBJECT_OPTIONAL_FIELD_SIZE as RUST_OBJECT_OPTIONAL_FIELD_SIZE
from bowline.stub.rust_generator.consts import RUST_OPTIONAL_FIELD_SIZE as RUST_OPTIONAL_FIELD_SIZE
from bowline.stub.rust_generator.consts import RUST_OPTIONAL_PATH as RUST_OPTIONAL_PATH
from bowline.stub.rust_generator.consts import RUST_POINTER_SIZE as RUST_POINTER_SIZE
from bowline.stub.rust_generator.consts import RUST_RESERVED_MEMBERS as RUST_RESERVED_MEMBERS
from bowline.stub.rust_generator.consts import RUST_ROOT_TYPE_KEY as RUST_ROOT_TYPE_KEY
from bowline.stub.rust_generator.consts import RUST_SCALAR_BY_SIZE as RUST_SCALAR_BY_SIZE
from bowline.stub.rust_generator.consts import RUST_SCALAR_WIDTHS as RUST_SCALAR_WIDTHS
from bowline.stub.rust_generator.consts import RUST_TY_MAP_DEFAULTS as RUST_TY_MAP_DEFAULTS
from bowline.stub.rust_generator.consts import RUST_UNSUPPORTED_ORIGINS as RUST_UNSUPPORTED_ORIGINS
