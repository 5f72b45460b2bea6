"""The SDK's workspaces that start a server themselves: by Docker, and by a service for runtimes."""

import json
import os
import unittest

from openhands.sdk import LLM, Agent, Conversation, Tool
from openhands.tools.terminal import TerminalTool
from openhands.workspace import APIRemoteWorkspace, DockerWorkspace
from pydantic import SecretStr

BED = json.loads(os.environ["AGENT_SERVER_IMAGE_TEST"])
KEY = "OH_SESSION_API_KEYS_0"


def agent() -> Agent:
    llm = LLM(
        usage_id="agent",
        model="openai/scripted",
        base_url=BED["modelUrl"],
        api_key=SecretStr("model-key"),
        num_retries=0,
    )
    return Agent(llm=llm, tools=[Tool(name=TerminalTool.name)])


def order(command: str) -> str:
    """A message that makes the model run a command and end."""
    return json.dumps([{"calls": [["terminal", {"command": command}]]}, {"say": "done"}])


class WorkspacesTest(unittest.TestCase):
    def run_in(self, workspace, command: str) -> list[str]:
        """Runs a command where the workspace works, not in the folder of the server, and gives its words."""
        return workspace.execute_command(command, cwd=workspace.working_dir).stdout.split()

    def converse(self, workspace, message: str, conversation_id=None):
        events: list = []
        conversation = Conversation(
            agent=agent(),
            workspace=workspace,
            conversation_id=conversation_id,
            callbacks=[events.append],
            visualizer=None,
        )
        self.addCleanup(conversation.close)
        conversation.send_message(message)
        conversation.run()
        self.assertEqual(conversation.state.execution_status.value, "finished")
        return conversation, events

    def test_docker_workspace_starts_the_image_unchanged(self) -> None:
        os.environ[KEY] = "key-for-docker"
        self.addCleanup(os.environ.pop, KEY)
        with DockerWorkspace(server_image=BED["image"], detach_logs=False) as workspace:
            self.assertTrue(workspace.alive)
            self.assertEqual(self.run_in(workspace, "id -u; pwd"), ["10001", "/workspace"])
            conversation, events = self.converse(workspace, order("echo made > by-agent; echo all is well"))
            self.assertTrue(any("all is well" in str(event) for event in events))
            self.assertEqual(self.run_in(workspace, "cat by-agent"), ["made"])
            workspace.pause()
            workspace.resume()
            conversation.send_message(order("cat by-agent"))
            conversation.run()
            self.assertEqual(conversation.state.execution_status.value, "finished")

    def test_docker_workspace_without_a_key_does_not_wait_for_a_server_that_has_ended(self) -> None:
        # The workspace has Docker remove what has ended, often before it reads the logs, which name the variable.
        with self.assertRaisesRegex(RuntimeError, "Container stopped unexpectedly"):
            DockerWorkspace(server_image=BED["image"], detach_logs=False)

    def test_api_remote_workspace_starts_the_image_by_a_runtime_service(self) -> None:
        options = {
            "runtime_api_url": BED["runtimeUrl"],
            "runtime_api_key": BED["runtimeKey"],
            "server_image": BED["image"],
            "session_id": "the-session",
        }
        first = APIRemoteWorkspace(**options, keep_alive=True)
        conversation, _ = self.converse(first, order("echo kept > note; id -u"))
        first.pause()
        # Another process of the user finds the session paused, has it resumed, and goes on.
        with APIRemoteWorkspace(**options) as second:
            self.assertEqual(second.host, first.host)
            self.assertEqual(self.run_in(second, "cat note; id -u"), ["kept", "10001"])
            again, events = self.converse(second, order("cat note"), conversation.id)
            self.assertEqual(again.id, conversation.id)
            self.assertTrue(any("kept" in str(event) for event in events))


if __name__ == "__main__":
    unittest.main(verbosity=2)
