"""What every test of the Python client shares: where the server is, plans for its model, and a recorder of events."""

import json
import logging
import os
import time
import unittest
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openhands.sdk import LLM, Agent, Conversation, Event, Tool, Workspace
from openhands.tools.file_editor import FileEditorTool
from openhands.tools.task_tracker import TaskTrackerTool
from openhands.tools.terminal import TerminalTool
from pydantic import SecretStr

BED = json.loads(os.environ["AGENT_SERVER_TEST_BED"])
HOST: str = BED["url"]
KEY: str = BED["key"]
TOOLS = [Tool(name=tool.name) for tool in (TerminalTool, FileEditorTool, TaskTrackerTool)]

# The client's close() waits five seconds for a thread that sits in a read; the tests do not.
CLOSING = ThreadPoolExecutor(max_workers=64)


def say(text: str) -> dict:
    return {"say": text}


def call(tool: str, **arguments: object) -> dict:
    return {"calls": [[tool, arguments]]}


def plan(*orders: dict) -> str:
    """A message that tells the model what to answer, call by call."""
    return json.dumps(orders)


def scripted_llm(**options: object) -> LLM:
    """A model that does what the user's message says."""
    return LLM(
        usage_id="agent",
        model="openai/scripted",
        base_url=BED["modelUrl"],
        api_key=SecretStr("model-key"),
        num_retries=0,
        **options,
    )


def scripted_agent(**options: object) -> Agent:
    return Agent(**{"llm": scripted_llm(), "tools": TOOLS, **options})


def restart_server() -> None:
    """Kills the server and waits until it is there again."""
    with urllib.request.urlopen(urllib.request.Request(BED["restartUrl"], method="POST"), timeout=60):
        pass


class SocketErrors(logging.Handler):
    """The client logs a frame that it cannot read and goes on; a test must not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("ws_"):
            self.told.append(f"{record.getMessage()}: {record.exc_info and record.exc_info[1]}")


SOCKET_ERRORS = SocketErrors()
logging.getLogger("openhands.sdk.conversation.impl.remote_conversation").addHandler(SOCKET_ERRORS)


class Recorder:
    """A callback that keeps what the socket brought."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class ClientTestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(BED["folder"]) / f"work-{uuid.uuid4().hex[:8]}"
        self.recorder = Recorder()
        SOCKET_ERRORS.told.clear()

    def tearDown(self) -> None:
        self.assertEqual(SOCKET_ERRORS.told, [])

    def workspace(self, key: str | None = KEY):
        return Workspace(host=HOST, api_key=key, working_dir=str(self.folder))

    def converse(self, agent: Agent | None = None, **options: object):
        """A conversation that is closed, and deleted on the server, when the test ends."""
        conversation = Conversation(
            agent=agent or scripted_agent(),
            workspace=options.pop("workspace", None) or self.workspace(),
            callbacks=[self.recorder],
            **{"visualizer": None, **options},
        )
        self.addCleanup(CLOSING.submit, conversation.close)
        return conversation

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        self.fail(f"waited {seconds} s for {what}; events: {self.recorder.kinds()}")
