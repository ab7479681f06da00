"""The module `bowline.error`."""

from bowline.error import ERROR_NAME_TO_TYPE as ERROR_NAME_TO_TYPE
from bowline.error import ERROR_TYPE_TO_NAME as ERROR_TYPE_TO_NAME
from bowline.error import Error as Error
from bowline.error import TracebackManager as TracebackManager
from bowline.error import register_error as register_error
