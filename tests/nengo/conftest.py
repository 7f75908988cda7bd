import pytest

pytest.importorskip("nengo")
