"""Agents as people set them up with the Python SDK: presets, context, client tools, images, streamed models."""

import base64

from openhands.sdk import AgentContext, ImageContent, Message, TextContent
from openhands.sdk.skills import KeywordTrigger, Skill
from openhands.sdk.conversation import ConversationExecutionStatus as Status
from openhands.sdk.conversation.response_utils import get_agent_final_response
from openhands.sdk.event import ActionEvent, MessageEvent, ObservationEvent, SystemPromptEvent
from openhands.sdk.event.streaming_delta import StreamingDeltaEvent
from openhands.sdk.tool.client_tool import ClientToolSpec
from openhands.tools.preset.default import get_default_agent
from support import ClientTestCase, call, plan, say, scripted_agent, scripted_llm

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000a49444154789c6300010000050001"
        "0d0a2db40000000049454e44ae426082"
    )
).decode()


class Setups(ClientTestCase):
    def test_the_default_agent_of_the_command_line(self) -> None:
        conversation = self.converse(get_default_agent(scripted_llm(), cli_mode=True))
        conversation.send_message(plan(call("terminal", command="echo ready"), say("Ready.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Ready.")
        self.assertEqual(conversation.state.agent.condenser.llm.usage_id, "condenser")

    def test_the_default_agent_with_browser_tools_that_this_server_does_not_have(self) -> None:
        conversation = self.converse(get_default_agent(scripted_llm(), cli_mode=False))
        conversation.send_message(plan(say("Without a browser.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Without a browser.")

    def test_an_agent_with_context_and_skills(self) -> None:
        context = AgentContext(
            system_message_suffix="Always be brief.",
            user_message_suffix="",
            skills=[
                Skill(name="house-rules", content="No shouting.", trigger=None),
                Skill(name="magic", content="Say abracadabra.", trigger=KeywordTrigger(keywords=["wand"])),
            ],
        )
        conversation = self.converse(scripted_agent(agent_context=context))
        conversation.send_message(plan(say("Briefly.")))
        conversation.run()
        prompt = next(event for event in conversation.state.events if isinstance(event, SystemPromptEvent))
        self.assertIn("Always be brief.", prompt.dynamic_context.text)

    def test_the_default_visualizer_can_show_every_event(self) -> None:
        from openhands.sdk.conversation.visualizer import DefaultConversationVisualizer

        conversation = self.converse(visualizer=DefaultConversationVisualizer)
        path = str(self.folder / "shown.txt")
        conversation.send_message(
            plan(
                call("file_editor", command="create", path=path, file_text="one\n"),
                call("file_editor", command="str_replace", path=path, old_str="one", new_str="two"),
                call("task_tracker", command="plan", task_list=[{"title": "Show", "status": "done"}]),
                call("finish", message="Shown."),
            )
        )
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)

    def test_a_tool_of_the_client_is_called_and_acknowledged(self) -> None:
        spec = ClientToolSpec(
            name="open_tab",
            description="Opens a tab in the user's window.",
            parameters={"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
        )
        conversation = self.converse(client_tools=[spec])
        conversation.send_message(plan(call("open_tab", url="https://example.org"), say("Opened.")))
        conversation.run()
        action = next(event for event in conversation.state.events if isinstance(event, ActionEvent))
        self.assertEqual(action.action.url, "https://example.org")
        self.assertEqual(type(action.action).__name__, "ClientAction_open_tab")
        self.assertTrue(any(isinstance(event, ObservationEvent) for event in conversation.state.events))

    def test_an_image_in_a_message(self) -> None:
        conversation = self.converse(scripted_agent(llm=scripted_llm(disable_vision=True)))
        image = ImageContent(image_urls=[f"data:image/png;base64,{PIXEL}"])
        conversation.send_message(Message(role="user", content=[TextContent(text="Look"), image]))
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        message = next(event for event in conversation.state.events if isinstance(event, MessageEvent))
        self.assertEqual(message.llm_message.content[1].image_urls, image.image_urls)

    def test_a_streamed_model_sends_deltas(self) -> None:
        conversation = self.converse(scripted_agent(llm=scripted_llm(stream=True)))
        conversation.send_message(plan(say("word after word")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "word after word")
        deltas = [event.content for event in self.recorder.events if isinstance(event, StreamingDeltaEvent)]
        self.assertEqual("".join(delta or "" for delta in deltas), "word after word")

    def test_hooks_and_tags_and_limits_are_taken(self) -> None:
        conversation = self.converse(
            tags={"team": "blue"},
            user_id="someone",
            stuck_detection_thresholds={"action_observation": 9},
            max_iteration_per_run=7,
        )
        info = self.workspace().client.get(f"/api/conversations/{conversation.id}").json()
        self.assertEqual(info["tags"]["team"], "blue")
        self.assertEqual(info["max_iterations"], 7)

    def test_several_tools_are_called_at_once(self) -> None:
        conversation = self.converse(scripted_agent(tool_concurrency_limit=4))
        calls = [["terminal", {"command": f"echo {number}"}] for number in range(3)]
        conversation.send_message(plan({"calls": calls}, say("All three.")))
        conversation.run()
        actions = [event.id for event in conversation.state.events if isinstance(event, ActionEvent)]
        answered = [event.action_id for event in conversation.state.events if isinstance(event, ObservationEvent)]
        self.assertEqual(sorted(answered), sorted(actions))
        self.assertEqual(len(actions), 3)

    def test_what_the_server_does_not_have_is_an_http_error(self) -> None:
        workspace = self.workspace()
        response = workspace.client.get("/api/no-such-thing")
        self.assertEqual(response.status_code, 404)
        self.assertIn("version", workspace.get_server_info())
