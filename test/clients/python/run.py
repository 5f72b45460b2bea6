"""Runs every test of this folder; the last line of stdout is the count as JSON."""

import json
import sys
import unittest
from pathlib import Path

suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
result = unittest.TextTestRunner(verbosity=2).run(suite)
failed = len(result.failures) + len(result.errors)
passed = result.testsRun - failed - len(result.skipped)
print(json.dumps({"passed": passed, "failed": failed}))
sys.exit(1 if failed else 0)
