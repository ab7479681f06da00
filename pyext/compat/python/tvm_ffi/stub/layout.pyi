"""The module `bowline.stub.layout`."""

from bowline.stub.layout import OBJECT_HEADER_ALIGNMENT as OBJECT_HEADER_ALIGNMENT
from bowline.stub.layout import ByteRange as ByteRange
from bowline.stub.layout import FieldBytes as FieldBytes
from bowline.stub.layout import Verdict as Verdict
from bowline.stub.layout import align_up as align_up
from bowline.stub.layout import classify as classify
from bowline.stub.layout import coverage_report as coverage_report
from bowline.stub.layout import write_coverage_report as write_coverage_report
