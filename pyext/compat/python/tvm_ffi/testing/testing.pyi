"""The module `bowline.testing.testing`."""

from bowline.testing.testing import TestCompare as TestCompare
from bowline.testing.testing import TestCustomCompare as TestCustomCompare
from bowline.testing.testing import TestCustomHash as TestCustomHash
from bowline.testing.testing import TestEqWithoutHash as TestEqWithoutHash
from bowline.testing.testing import TestFrozenCxx as TestFrozenCxx
from bowline.testing.testing import TestHash as TestHash
from bowline.testing.testing import TestIntPair as TestIntPair
from bowline.testing.testing import TestNonCopyable as TestNonCopyable
from bowline.testing.testing import TestObjectBase as TestObjectBase
from bowline.testing.testing import TestObjectDerived as TestObjectDerived
from bowline.testing.testing import TestObjectPtrHolder as TestObjectPtrHolder
from bowline.testing.testing import add_one as add_one
from bowline.testing.testing import create_object as create_object
from bowline.testing.testing import make_unregistered_object as make_unregistered_object
