"""Commands of the SDK's remote workspace: the server's machine, and that of a conversation."""

import time
import unittest
import uuid

from openhands.sdk.workspace import RemoteWorkspace
from support import HOST, KEY, ClientTestCase

HAS_START = hasattr(RemoteWorkspace, "start_command")


class RemoteCommands(ClientTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder.mkdir(parents=True)

    def test_execute_command_gives_both_streams_and_the_exit_code(self) -> None:
        result = self.workspace().execute_command("pwd; echo err >&2; exit 3", cwd=str(self.folder))
        self.assertEqual((result.stdout, result.stderr, result.exit_code), (f"{self.folder}\n", "err\n", 3))
        self.assertFalse(result.timeout_occurred)
        quiet = self.workspace().execute_command("true")
        self.assertEqual((quiet.stdout, quiet.stderr, quiet.exit_code), ("", "", 0))

    def test_output_of_many_pieces_comes_whole_and_once(self) -> None:
        result = self.workspace().execute_command("head -c 5000000 /dev/zero | tr '\\0' x; echo end")
        self.assertEqual(result.exit_code, 0)
        self.assertEqual(result.stdout, "x" * 5_000_000 + "end\n")

    def test_a_command_that_cannot_run_or_takes_too_long_says_so(self) -> None:
        missing = self.workspace().execute_command("true", cwd="/no/such/folder")
        self.assertEqual(missing.exit_code, -1)
        self.assertIn("Error executing command", missing.stderr)
        late = self.workspace().execute_command("echo begun; sleep 60", timeout=1)
        self.assertEqual(late.exit_code, -1)

    @unittest.skipUnless(HAS_START, "newer clients only")
    def test_a_command_in_the_background_is_looked_at_and_stopped(self) -> None:
        workspace = self.workspace()
        begun = self.folder / "begun"
        command_id = workspace.start_command(f"echo begun; touch {begun}; exec sleep 300", cwd=None, timeout=600)
        self.wait_for(begun.exists, "the command")
        self.assertIsNone(workspace.get_command_output(command_id))
        workspace.stop_command(command_id)
        deadline = time.monotonic() + 20
        while (output := workspace.get_command_output(command_id)) is None:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual((output["stdout"], output["exit_code"]), ("begun\n", -15))
        # Both are fine: one that has ended, and one that never was.
        workspace.stop_command(command_id)
        workspace.stop_command(str(uuid.uuid4()))

    @unittest.skipUnless(HAS_START, "newer clients only")
    def test_a_workspace_with_a_conversation_works_in_its_folder(self) -> None:
        conversation = self.converse()
        workspace = RemoteWorkspace(
            host=HOST,
            api_key=KEY,
            working_dir=str(self.folder),
            runtime_conversation_id=uuid.UUID(str(conversation.id)),
        )
        inside = workspace.execute_command("pwd")
        self.assertEqual((inside.stdout, inside.exit_code), (f"{self.folder}\n", 0))
        outside = workspace.execute_command("pwd", cwd="/")
        self.assertEqual(outside.exit_code, -1)
        self.assertIn("422", outside.stderr)
