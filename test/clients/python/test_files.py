"""Files and repositories of the SDK's remote workspace: those of the server's machine, and of a conversation."""

import subprocess
import unittest
import uuid
from pathlib import Path

from openhands.sdk.git.models import GitChangeStatus
from openhands.sdk.workspace import RemoteWorkspace
from support import HOST, KEY, ClientTestCase

IS_NEWER = hasattr(RemoteWorkspace, "start_command")


class RemoteFiles(ClientTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder.mkdir(parents=True)

    def of_conversation(self) -> RemoteWorkspace:
        conversation = self.converse()
        return RemoteWorkspace(
            host=HOST,
            api_key=KEY,
            working_dir=str(self.folder),
            runtime_conversation_id=uuid.UUID(str(conversation.id)),
        )

    def assert_there_and_back(self, workspace: RemoteWorkspace) -> None:
        content = bytes(range(256)) * 5_000
        source, back = self.folder / "source", self.folder / "made/back"
        source.write_bytes(content)
        target = self.folder / "deep/two words ☃"
        sent = workspace.file_upload(source, target)
        self.assertEqual((sent.success, sent.file_size, sent.error), (True, len(content), None))
        self.assertEqual(target.read_bytes(), content)
        got = workspace.file_download(target, back)
        self.assertEqual((got.success, got.file_size, got.error), (True, len(content), None))
        self.assertEqual(back.read_bytes(), content)

    def repository(self) -> None:
        def git(*args: str) -> None:
            who = ("-c", "user.name=a", "-c", "user.email=a@b")
            subprocess.run(("git", *who, *args), cwd=self.folder, check=True)

        git("init", "-q")
        for name in ("kept.txt", "gone.txt", "two words.txt"):
            (self.folder / name).write_text("before\n")
        git("add", "-A")
        git("commit", "-q", "-m", "first")
        (self.folder / "kept.txt").write_text("after the change\n")
        (self.folder / "two words.txt").write_text("after the change\n")
        (self.folder / "gone.txt").unlink()
        (self.folder / "new.txt").write_text("new\n")

    def assert_changes(self, workspace: RemoteWorkspace) -> None:
        self.repository()
        changes = [(change.status, change.path) for change in workspace.git_changes(".")]
        expected = [
            (GitChangeStatus.DELETED, Path("gone.txt")),
            (GitChangeStatus.UPDATED, Path("kept.txt")),
            (GitChangeStatus.ADDED, Path("new.txt")),
            (GitChangeStatus.UPDATED, Path("two words.txt")),
        ]
        self.assertEqual(changes, expected)
        for name, sides in (
            ("kept.txt", ("before", "after the change")),
            ("gone.txt", ("before", "")),
            ("new.txt", ("", "new")),
        ):
            diff = workspace.git_diff(name)
            self.assertEqual((diff.original, diff.modified), sides)

    def test_a_file_goes_in_and_comes_back_the_same(self) -> None:
        self.assert_there_and_back(self.workspace())

    @unittest.skipUnless(IS_NEWER, "newer clients only")
    def test_a_file_goes_into_a_conversation_and_comes_back_and_none_leaves_its_folder(self) -> None:
        workspace = self.of_conversation()
        self.assert_there_and_back(workspace)
        outside = workspace.file_download("/etc/hostname", self.folder / "stolen")
        self.assertFalse(outside.success)
        self.assertIn("422", outside.error)
        self.assertFalse((self.folder / "stolen").exists())

    def test_what_cannot_be_sent_or_fetched_says_so(self) -> None:
        missing = self.workspace().file_download(self.folder / "missing", self.folder / "back")
        self.assertFalse(missing.success)
        self.assertIn("404", missing.error)
        (self.folder / "source").write_bytes(b"x")
        folder = self.workspace().file_upload(self.folder / "source", self.folder)
        self.assertFalse(folder.success)
        self.assertIn("400", folder.error)

    def test_changes_and_both_sides_of_files(self) -> None:
        self.assert_changes(self.workspace())

    @unittest.skipUnless(IS_NEWER, "newer clients only")
    def test_changes_in_the_folder_of_a_conversation(self) -> None:
        self.assert_changes(self.of_conversation())

    def test_a_folder_that_is_no_repository_has_no_changes(self) -> None:
        self.assertEqual(self.workspace().git_changes("."), [])
