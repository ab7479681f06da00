"""The module `bowline.stub.consts`."""

from bowline.stub.consts import BUILTIN_TYPE_KEYS as BUILTIN_TYPE_KEYS
from bowline.stub.consts import DOC_URL as DOC_URL
from bowline.stub.consts import FN_NAME_MAP as FN_NAME_MAP
from bowline.stub.consts import PIPELINE_DIRECTIVE_KINDS as PIPELINE_DIRECTIVE_KINDS
from bowline.stub.consts import PYTHON_SYNTAX as PYTHON_SYNTAX
from bowline.stub.consts import RUST_SYNTAX as RUST_SYNTAX
from bowline.stub.consts import STUB_BLOCK_KINDS as STUB_BLOCK_KINDS
from bowline.stub.consts import SYNTAX_BY_EXT as SYNTAX_BY_EXT
from bowline.stub.consts import TERM_BLACK as TERM_BLACK
from bowline.stub.consts import TERM_BLUE as TERM_BLUE
from bowline.stub.consts import TERM_BOLD as TERM_BOLD
from bowline.stub.consts import TERM_CYAN as TERM_CYAN
from bowline.stub.consts import TERM_GREEN as TERM_GREEN
from bowline.stub.consts import TERM_MAGENTA as TERM_MAGENTA
from bowline.stub.consts import TERM_RED as TERM_RED
from bowline.stub.consts import TERM_RESET as TERM_RESET
from bowline.stub.consts import TERM_WHITE as TERM_WHITE
from bowline.stub.consts import TERM_YELLOW as TERM_YELLOW
from bowline.stub.consts import MarkerSyntax as MarkerSyntax
