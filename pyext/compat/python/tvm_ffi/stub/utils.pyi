"""The module `bowline.stub.utils`."""

from bowline.core import MISSING as MISSING
from bowline.stub.utils import FuncInfo as FuncInfo
from bowline.stub.utils import InitConfig as InitConfig
from bowline.stub.utils import InitFieldInfo as InitFieldInfo
from bowline.stub.utils import NamedTypeSchema as NamedTypeSchema
from bowline.stub.utils import ObjectInfo as ObjectInfo
from bowline.stub.utils import Options as Options
