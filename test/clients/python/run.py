"""Runs every test of this folder; the last line of stdout is the count as JSON."""

import json
import sys
import unittest
from pathlib import Path

suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
result = unittest.TextTestRunner(verbosity=2).run(suite)
failed = len(result.failures) + len(result.errors)
print(json.dumps({"passed": result.testsRun - failed, "failed": failed}))
sys.exit(1 if failed else 0)
