"""The module `bowline.structural`."""

from bowline.structural import DefRegionKind as DefRegionKind
from bowline.structural import InplaceMode as InplaceMode
from bowline.structural import StructuralKey as StructuralKey
from bowline.structural import StructuralMutator as StructuralMutator
from bowline.structural import StructuralVisitor as StructuralVisitor
from bowline.structural import VisitInterrupt as VisitInterrupt
from bowline.structural import WalkOrder as WalkOrder
from bowline.structural import WalkResult as WalkResult
from bowline.structural import get_first_structural_mismatch as get_first_structural_mismatch
from bowline.structural import structural_equal as structural_equal
from bowline.structural import structural_hash as structural_hash
from bowline.structural import structural_map as structural_map
from bowline.structural import structural_mutate as structural_mutate
from bowline.structural import structural_visit as structural_visit
from bowline.structural import structural_walk as structural_walk
