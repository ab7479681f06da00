"""The module `bowline.stub.file_utils`."""

from bowline.stub.file_utils import CodeBlock as CodeBlock
from bowline.stub.file_utils import FileInfo as FileInfo
from bowline.stub.file_utils import collect_files as collect_files
from bowline.stub.file_utils import path_walk as path_walk
from bowline.stub.file_utils import syntax_for as syntax_for
