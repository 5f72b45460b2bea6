"""What the Python SDK of 1.58.2 can do and the one of 1.43.1 cannot."""

import json
import os
import subprocess
import sys
import unittest
import uuid
from collections import Counter
from urllib.parse import urlparse

import httpx
from line import Line
from openhands.sdk import RemoteConversation, Workspace
from openhands.sdk.conversation.response_utils import get_agent_final_response
from support import HOST, KEY, ClientTestCase, call, plan, say, scripted_agent, scripted_llm

# A program that knows no tool until the conversation tells it where they are.
ATTACH = """
import json, sys
from openhands.sdk import RemoteConversation, Workspace
host, key, folder, *ids = sys.argv[1:]
for id in ids:
    workspace = Workspace(host=host, api_key=key, working_dir=folder)
    conversation = RemoteConversation.attach(workspace, id, visualizer=None)
    events = [event for event in conversation.state.events if hasattr(event, "tool_name")]
    print(json.dumps([type(event).__name__ + " " + event.tool_name for event in events]))
"""


@unittest.skipUnless(hasattr(RemoteConversation, "attach"), "newer clients only")
class NewerClientTestCase(ClientTestCase):
    def info(self, conversation: RemoteConversation) -> dict:
        return self.workspace().client.get(f"/api/conversations/{conversation.id}").json()

    def attach(self, id: uuid.UUID, **options: object) -> RemoteConversation:
        attached = RemoteConversation.attach(self.workspace(), id, visualizer=None, **options)
        self.addCleanup(attached.close)
        return attached


class Attaching(NewerClientTestCase):
    def test_attach_knows_the_conversation_by_its_id_alone(self) -> None:
        first = self.converse(delete_on_close=False)
        first.send_message(plan(call("terminal", command="true"), say("Saved.")))
        first.run()
        attached = self.attach(first.id)
        self.assertEqual(get_agent_final_response(attached.state.events), "Saved.")
        self.assertEqual(attached.agent.llm.model, "openai/scripted")
        attached.send_message(plan(call("terminal", command="touch second"), say("Second.")))
        attached.run()
        self.assertTrue((self.folder / "second").exists())
        with self.assertRaises(httpx.HTTPStatusError):
            self.attach(uuid.UUID("00000000-0000-4000-8000-000000000000"))

    def test_a_program_without_the_tools_attaches_to_what_others_have_done(self) -> None:
        named = self.converse(delete_on_close=False)
        named.send_message(
            plan(call("terminal", command="true"), call("task_tracker", command="view"), say("Saved."))
        )
        named.run()
        sent = self.info(named)["tool_module_qualnames"]
        self.assertEqual(sent["terminal"], "openhands.tools.terminal.definition")
        # As clients in other languages create them: they know of no modules.
        request = {
            "agent": scripted_agent().model_dump(mode="json", context={"expose_secrets": True}),
            "workspace": {"working_dir": str(self.folder)},
        }
        created = self.workspace().client.post("/api/conversations", json=request).json()
        unnamed = self.attach(uuid.UUID(created["id"]))
        unnamed.send_message(plan(call("file_editor", command="view", path=str(self.folder)), say("Seen.")))
        unnamed.run()

        self.assertEqual(
            self.attached_elsewhere(named.id, unnamed.id),
            [
                f"{kind} {tool}"
                for tool in ("terminal", "task_tracker", "file_editor")
                for kind in ("ActionEvent", "ObservationEvent")
            ],
        )

    def attached_elsewhere(self, *ids: uuid.UUID) -> list[str]:
        """The calls and results of these conversations, in the eyes of another process."""
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", ATTACH, HOST, KEY, str(self.folder), *map(str, ids)],
            capture_output=True,
            text=True,
            timeout=180,
            env={**os.environ, "LOG_LEVEL": "CRITICAL"},
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return [kind for line in result.stdout.splitlines() for kind in json.loads(line)]


class Creating(NewerClientTestCase):
    def create(self, **fields: object) -> RemoteConversation:
        from openhands.sdk.conversation.request import StartConversationRequest
        from openhands.sdk.workspace import LocalWorkspace

        request = StartConversationRequest(workspace=LocalWorkspace(working_dir=str(self.folder)), **fields)
        conversation = RemoteConversation.create(self.workspace(), request, visualizer=None)
        self.addCleanup(conversation.close)
        return conversation

    def test_create_takes_a_whole_request(self) -> None:
        conversation = self.create(agent=scripted_agent())
        conversation.send_message(plan(say("Created.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Created.")

    def test_create_takes_every_field_of_the_request(self) -> None:
        id = uuid.uuid4()
        conversation = self.create(
            agent=scripted_agent(persona="You are a gardener."),
            conversation_id=id,
            conversation_runtime="local",
            container={"memory": "2g", "cpus": 1},
            prompt="A title for {conversation_content}",
            observability_parent_span_context="00-0-0-01",
            max_iterations=7,
            tags={"team": "blue"},
        )
        info = self.info(conversation)
        self.assertEqual(info["id"], str(id))
        self.assertEqual(info["agent"]["persona"], "You are a gardener.")
        self.assertEqual((info["max_iterations"], info["tags"]), (7, {"team": "blue"}))
        self.assertEqual(info["runtime_info"]["runtime_status"], "available")

    def test_create_with_a_known_id_is_the_conversation_that_there_is(self) -> None:
        first = self.create(agent=scripted_agent(), tags={"first": "1"})
        second = self.create(agent=scripted_agent(), conversation_id=first.id, tags={"second": "2"})
        self.assertEqual(second.id, first.id)
        self.assertEqual(self.info(second)["tags"], {"first": "1"})


class Naming(NewerClientTestCase):
    def test_the_title_can_be_set(self) -> None:
        conversation = self.converse()
        conversation.set_title("  A title ")
        self.assertEqual(self.info(conversation)["title"], "A title")

    def test_a_blank_title_is_refused(self) -> None:
        conversation = self.converse()
        conversation.set_title("Kept")
        for title in ("", "   ", "x" * 201):
            with self.assertRaises((httpx.HTTPStatusError, ValueError)):
                conversation.set_title(title)
        self.assertEqual(self.info(conversation)["title"], "Kept")


class Watching(NewerClientTestCase):
    def test_what_a_cut_connection_missed_is_told_once_when_it_is_back(self) -> None:
        line = Line(urlparse(HOST).port)
        self.addCleanup(line.cut)
        workspace = Workspace(host=line.host, api_key=KEY, working_dir=str(self.folder))
        conversation = self.converse(workspace=workspace, delete_on_close=False)
        conversation.send_message(plan(say("Before.")))
        conversation.run()

        line.cut()
        other = self.attach(conversation.id)
        other.send_message(plan(call("terminal", command="true"), say("Missed.")))
        other.run()
        line.mend()
        self.wait_for(lambda: "Missed." in self.texts(), "what was missed")
        other.send_message(plan(say("After.")))
        other.run()
        self.wait_for(lambda: "After." in self.texts(), "what came after")

        told = Counter(event.id for event in self.recorder.events)
        stored = {event.id for event in other.state.events if type(event).__name__ != "ConversationStateUpdateEvent"}
        self.assertEqual({told[id] for id in stored}, {1})

    def texts(self) -> set[str]:
        messages = [event.llm_message for event in self.recorder.events if hasattr(event, "llm_message")]
        return {part.text for message in messages for part in message.content}

    def test_tokens_are_told_one_by_one_and_never_stored(self) -> None:
        tokens: list[str] = []
        conversation = self.converse(
            scripted_agent(llm=scripted_llm(stream=True)),
            token_callbacks=[lambda chunk: tokens.append(chunk.choices[0].delta.content or "")],
        )
        conversation.send_message(plan(call("terminal", command="true"), say("one two three")))
        conversation.run()
        self.assertEqual("".join(tokens), "one two three")
        self.assertGreater(len([token for token in tokens if token]), 1)
        kinds = {type(event).__name__ for event in conversation.state.events}
        self.assertNotIn("StreamingDeltaEvent", kinds)
