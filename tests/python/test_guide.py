"""The Python of the guide and its pages runs as it stands."""

import pathlib
import re

import pytest
from support import run_script

DOCS = pathlib.Path(__file__).parents[2] / "pyext" / "docs"
# Those on native types are run by ci/check/authors, which builds what they make.
PAGES = sorted(path.name for path in DOCS.glob("*.md") if not path.name.startswith("native_types"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page(page):
    text = (DOCS / page).read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) >= 2 and len(blocks) == text.count("```python")
    run_script("\n".join(blocks))


def test_the_guide_leads_to_each_page():
    assert set(re.findall(r"\]\((\w+\.md)\)", (DOCS / "guide.md").read_text())) >= set(PAGES) - {"guide.md"}
