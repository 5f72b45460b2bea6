"""The documented use of the Python SDK against a running server."""

import unittest
import uuid

import httpx
import openhands.sdk.event
from openhands.sdk import Agent, LLM, Conversation, Message, TextContent
from openhands.sdk.conversation import ConversationExecutionStatus as Status
from openhands.sdk.conversation.exceptions import ConversationRunError
from openhands.sdk.conversation.response_utils import get_agent_final_response
from openhands.sdk.event.conversation_error import ConversationErrorEvent
from openhands.sdk.context.condenser import LLMSummarizingCondenser
from openhands.sdk.event import (
    ActionEvent,
    AgentErrorEvent,
    MessageEvent,
    ObservationEvent,
    PauseEvent,
    SystemPromptEvent,
    UserRejectObservation,
)
from openhands.sdk.security.confirmation_policy import AlwaysConfirm, ConfirmRisky, NeverConfirm
from openhands.sdk.security.llm_analyzer import LLMSecurityAnalyzer
from openhands.tools.terminal import TerminalObservation
from support import KEY, TOOLS, ClientTestCase, call, plan, restart_server, say, scripted_agent, scripted_llm


class DocumentedScenario(ClientTestCase):
    def test_the_demo_model_needs_no_key_and_works_with_every_default_tool(self) -> None:
        agent = Agent(llm=LLM(usage_id="agent", model="demo/tour"), tools=TOOLS)
        conversation = self.converse(agent)
        conversation.send_message("Show me around")
        conversation.run()

        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        self.assertTrue((self.folder / "NOTES.md").exists())
        tools = {event.tool_name for event in conversation.state.events if isinstance(event, ActionEvent)}
        self.assertEqual(tools, {"terminal", "task_tracker", "file_editor", "finish"})
        self.assertIn("tour of", get_agent_final_response(conversation.state.events))

    def test_callbacks_see_the_events_in_order_as_they_happen(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(call("terminal", command="echo out-$((20 + 3))"), say("Done.")))
        conversation.run()
        self.wait_for(lambda: len(self.recorder.kinds()) >= 5, "the events of the run")

        told = [kind for kind in self.recorder.kinds() if kind != "ConversationStateUpdateEvent"]
        self.assertEqual(
            told, ["SystemPromptEvent", "MessageEvent", "ActionEvent", "ObservationEvent", "MessageEvent"]
        )
        observation = next(event for event in self.recorder.events if isinstance(event, ObservationEvent))
        self.assertIsInstance(observation.observation, TerminalObservation)
        self.assertIn("out-23", observation.observation.text)
        self.assertEqual(observation.observation.exit_code, 0)

    def test_every_tool_gives_what_its_client_class_reads(self) -> None:
        path = str(self.folder / "notes.txt")
        task = {"title": "Write", "notes": "", "status": "todo"}
        conversation = self.converse()
        conversation.send_message(
            plan(
                call("think", thought="Plan first"),
                call("task_tracker", command="plan", task_list=[task]),
                call("file_editor", command="create", path=path, file_text="one\ntwo\n"),
                call("file_editor", command="str_replace", path=path, old_str="two", new_str="three"),
                call("file_editor", command="view", path=path),
                call("terminal", command="cat notes.txt; exit_with() { return 3; }; exit_with"),
                {"calls": [["terminal", {"command": "pwd"}], ["file_editor", {"command": "view", "path": path}]]},
                call("finish", message="All written."),
            )
        )
        conversation.run()

        events = list(conversation.state.events)
        observations = [event.observation for event in events if isinstance(event, ObservationEvent)]
        self.assertEqual(
            [type(observation).__name__ for observation in observations],
            ["ThinkObservation", "TaskTrackerObservation"]
            + ["FileEditorObservation"] * 3
            + ["TerminalObservation"] * 2
            + ["FileEditorObservation", "FinishObservation"],
        )
        self.assertEqual([event for event in events if isinstance(event, AgentErrorEvent)], [])
        self.assertEqual(observations[1].task_list[0].title, "Write")
        self.assertEqual(observations[3].new_content, "one\nthree\n")
        self.assertIn("three", observations[5].text)
        self.assertEqual(observations[5].exit_code, 3)
        self.assertEqual(get_agent_final_response(events), "All written.")

    def test_one_conversation_runs_several_times(self) -> None:
        conversation = self.converse()
        for number in range(3):
            conversation.send_message(plan(call("terminal", command=f"echo {number} >> log"), say(f"Run {number}")))
            conversation.run()
            self.assertEqual(conversation.state.execution_status, Status.FINISHED)
            self.assertEqual(get_agent_final_response(conversation.state.events), f"Run {number}")
        self.assertEqual((self.folder / "log").read_text(), "0\n1\n2\n")

    def test_a_conversation_is_condensed_on_request(self) -> None:
        llm = scripted_llm().model_copy(update={"usage_id": "condenser"})
        condenser = LLMSummarizingCondenser(llm=llm, max_size=20, keep_first=2)
        conversation = self.converse(scripted_agent(condenser=condenser))
        conversation.send_message(plan(call("terminal", command="echo one"), say("Done.")))
        conversation.run()
        conversation.condense()
        self.wait_for(lambda: "Condensation" in self.recorder.kinds(), "the condensation")
        self.assertIn("CondensationRequest", self.recorder.kinds())
        conversation.send_message(plan(say("I go on.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "I go on.")

    def test_a_conversation_without_a_condenser_is_not_condensed(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(say("Done.")))
        conversation.run()
        with self.assertRaisesRegex(httpx.HTTPStatusError, "409"):
            conversation.condense()

    def test_a_run_without_waiting_returns_at_once(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(call("terminal", command="sleep 0.3"), say("Slept.")))
        conversation.run(blocking=False)
        self.wait_for(lambda: conversation.state.execution_status == Status.FINISHED, "the end of the run")

    def test_cost_and_tokens_are_counted(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(say("Counted.")))
        conversation.run()
        usage = conversation.conversation_stats.get_combined_metrics().accumulated_token_usage
        self.assertGreater(usage.prompt_tokens, 0)
        self.assertGreater(usage.completion_tokens, 0)

    def test_a_question_is_answered_and_leaves_no_message(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(say("Done.")))
        conversation.run()

        # What a question uses is shown as a change of the state.
        def said() -> list[str]:
            events = conversation.state.events
            return [event.id for event in events if type(event).__name__ != "ConversationStateUpdateEvent"]

        before = said()
        self.assertEqual(conversation.ask_agent("Which file?\n" + plan(say("None yet."))), "None yet.")
        self.assertEqual(said(), before)

    def test_a_message_of_several_parts_and_a_sender(self) -> None:
        conversation = self.converse()
        parts = [TextContent(text="first part"), TextContent(text="second part")]
        conversation.send_message(Message(role="user", content=parts), sender="a friend")
        conversation.run()
        self.assertEqual(
            get_agent_final_response(conversation.state.events), "You said: first part\nsecond part"
        )

    def test_close_deletes_the_conversation_unless_told_otherwise(self) -> None:
        kept = self.converse(delete_on_close=False)
        dropped = self.converse(delete_on_close=True)
        kept.close()
        dropped.close()
        client = self.workspace().client
        self.assertEqual(client.get(f"/api/conversations/{kept.id}").status_code, 200)
        self.assertEqual(client.get(f"/api/conversations/{dropped.id}").status_code, 404)


class Confirmation(ClientTestCase):
    def test_a_confirmed_action_runs_and_a_rejected_one_does_not(self) -> None:
        conversation = self.converse()
        conversation.set_confirmation_policy(AlwaysConfirm())
        conversation.send_message(
            plan(call("terminal", command="touch confirmed"), call("terminal", command="touch rejected"), say("Ok."))
        )
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.WAITING_FOR_CONFIRMATION)
        self.assertFalse((self.folder / "confirmed").exists())

        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.WAITING_FOR_CONFIRMATION)
        self.assertTrue((self.folder / "confirmed").exists())

        conversation.reject_pending_actions("not that one")
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        self.assertFalse((self.folder / "rejected").exists())
        rejections = [event for event in conversation.state.events if isinstance(event, UserRejectObservation)]
        self.assertEqual([event.rejection_reason for event in rejections], ["not that one"])

    def test_the_policy_can_be_lifted_again(self) -> None:
        conversation = self.converse()
        conversation.set_confirmation_policy(AlwaysConfirm())
        self.wait_for(lambda: conversation.state.confirmation_policy == AlwaysConfirm(), "the policy")
        conversation.set_confirmation_policy(NeverConfirm())
        conversation.send_message(plan(call("terminal", command="true"), say("Unasked.")))
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        self.assertEqual(conversation.state.confirmation_policy, NeverConfirm())

    # The older client refuses a log with an analysis, of the reference as well: it does not know the kind.
    @unittest.skipUnless(hasattr(openhands.sdk.event, "SecurityAnalysisEvent"), "newer clients only")
    def test_only_risky_actions_are_asked_about(self) -> None:
        conversation = self.converse()
        conversation.set_security_analyzer(LLMSecurityAnalyzer())
        conversation.set_confirmation_policy(ConfirmRisky())
        conversation.send_message(
            plan(
                call("terminal", command="true", security_risk="LOW"),
                call("terminal", command="rm -f nothing", security_risk="HIGH"),
                say("Cleaned."),
            )
        )
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.WAITING_FOR_CONFIRMATION)
        pending = [event for event in conversation.state.events if isinstance(event, ActionEvent)][-1]
        self.assertEqual(pending.security_risk.value, "HIGH")
        self.assertIsInstance(conversation.state.security_analyzer, LLMSecurityAnalyzer)
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        analyses = [event for event in conversation.state.events if event.kind == "SecurityAnalysisEvent"]
        rated = [[risk.value for risk in event.risks.values()] for event in analyses]
        self.assertEqual(rated, [["LOW"], ["HIGH"]])
        self.assertEqual(list(analyses[1].risks), [pending.id])


class Stopping(ClientTestCase):
    def test_pause_stops_after_the_step_and_run_goes_on(self) -> None:
        conversation = self.converse()
        conversation.send_message(
            plan(
                call("terminal", command="touch started; sleep 1"),
                call("terminal", command="touch second"),
                say("Finished."),
            )
        )
        conversation.run(blocking=False)
        self.wait_for(lambda: (self.folder / "started").exists(), "the first command")
        conversation.pause()
        self.wait_for(lambda: conversation.state.execution_status == Status.PAUSED, "the pause")
        self.assertFalse((self.folder / "second").exists())
        self.wait_for(lambda: any(isinstance(e, PauseEvent) for e in self.recorder.events), "the pause event")

        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)
        self.assertTrue((self.folder / "second").exists())

    def test_interrupt_ends_a_command_at_once(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(call("terminal", command="touch started; sleep 600"), say("Never said.")))
        conversation.run(blocking=False)
        self.wait_for(lambda: (self.folder / "started").exists(), "the command")
        conversation.interrupt()
        self.wait_for(lambda: conversation.state.execution_status == Status.PAUSED, "the interrupt", 10)
        self.wait_for(lambda: "InterruptEvent" in self.recorder.kinds(), "the interrupt event")

        conversation.send_message(plan(call("terminal", command="echo alive", reset=True), say("Alive.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Alive.")

    def test_interrupt_ends_a_call_of_the_model(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan({"delay": 600_000, "say": "Too late."}))
        conversation.run(blocking=False)
        self.wait_for(lambda: conversation.state.execution_status == Status.RUNNING, "the run")
        conversation.interrupt()
        self.wait_for(lambda: conversation.state.execution_status == Status.PAUSED, "the interrupt", 10)


class Failures(ClientTestCase):
    def test_an_error_of_the_model_is_an_error_of_the_run(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan({"fail": 401}))
        with self.assertRaises(ConversationRunError) as raised:
            conversation.run()
        errors = [event for event in conversation.state.events if isinstance(event, ConversationErrorEvent)]
        self.assertEqual([error.code for error in errors], ["LLMAuthenticationError"])
        self.assertIn("LLMAuthenticationError", str(raised.exception))
        self.assertEqual(conversation.state.execution_status, Status.ERROR)

        conversation.send_message(plan(say("Recovered.")))
        conversation.run()
        self.assertEqual(conversation.state.execution_status, Status.FINISHED)

    def test_too_many_iterations_are_an_error_of_the_run(self) -> None:
        conversation = self.converse(max_iteration_per_run=2)
        conversation.send_message(plan(*(call("terminal", command=f"echo {number}") for number in range(4))))
        with self.assertRaises(ConversationRunError) as raised:
            conversation.run()
        self.assertIn("MaxIterationsReached", str(raised.exception))

    def test_an_agent_that_goes_in_circles_is_an_error_of_the_run(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(*(call("terminal", command="echo again") for _ in range(8))))
        with self.assertRaisesRegex(ConversationRunError, "stuck"):
            conversation.run()

    def test_bad_calls_are_told_to_the_model_and_cost_nothing_else(self) -> None:
        conversation = self.converse()
        conversation.send_message(
            plan(call("no_such_tool", x=1), call("file_editor", command="dance", path="/x"), say("Sorry."))
        )
        conversation.run()
        errors = [event for event in conversation.state.events if isinstance(event, AgentErrorEvent)]
        self.assertEqual([event.tool_name for event in errors], ["no_such_tool", "file_editor"])
        self.assertEqual(get_agent_final_response(conversation.state.events), "Sorry.")

    def test_a_wrong_key_is_refused(self) -> None:
        for key in ("wrong", None):
            with self.assertRaises(httpx.HTTPStatusError) as raised:
                self.converse(workspace=self.workspace(key))
            self.assertEqual(raised.exception.response.status_code, 401)

    def test_a_tool_that_is_nowhere_is_named(self) -> None:
        agent = scripted_agent().model_copy(update={"tools": [TOOLS[0].model_copy(update={"name": "nowhere"})]})
        with self.assertRaises(httpx.HTTPStatusError) as raised:
            conversation = self.converse(agent)
            conversation.send_message("hello")
            conversation.run()
        self.assertIn("nowhere", raised.exception.response.text)


class Reattaching(ClientTestCase):
    def test_an_existing_conversation_is_read_back_and_goes_on(self) -> None:
        first = self.converse(delete_on_close=False, tags={"team": "blue"})
        first.send_message(plan(call("terminal", command="touch once"), say("First.")))
        first.run()
        expected = [event.id for event in first.state.events if not is_transient(event)]
        first.close()

        second = self.converse(conversation_id=first.id)
        self.assertEqual(second.id, first.id)
        read = [event.id for event in second.state.events if not is_transient(event)]
        self.assertEqual(read, expected)
        second.send_message(plan(say("Second.")))
        second.run()
        self.assertEqual(get_agent_final_response(second.state.events), "Second.")
        system_prompts = [event for event in second.state.events if isinstance(event, SystemPromptEvent)]
        self.assertEqual(len(system_prompts), 1)

    def test_an_unknown_id_makes_a_conversation_with_that_id(self) -> None:
        id = uuid.uuid4()
        conversation = self.converse(conversation_id=id)
        self.assertEqual(conversation.id, id)
        conversation.send_message(plan(say("New.")))
        conversation.run()

    def test_long_histories_are_read_page_by_page(self) -> None:
        first = self.converse(delete_on_close=False)
        for number in range(60):
            first.send_message(f"message {number}")
        first.send_message(plan(*(call("think", thought=str(number)) for number in range(30)), say("Thought.")))
        first.run()
        expected = [event.id for event in first.state.events if not is_transient(event)]
        first.close()
        self.assertGreater(len(expected), 100)
        second = self.converse(conversation_id=first.id)
        self.assertEqual([event.id for event in second.state.events if not is_transient(event)], expected)

    def test_two_clients_watch_one_conversation(self) -> None:
        first = self.converse(delete_on_close=False)
        second = self.converse(conversation_id=first.id)
        first.send_message(plan(call("terminal", command="true"), say("Seen by both.")))
        first.run()
        self.wait_for(
            lambda: get_agent_final_response(second.state.events) == "Seen by both.", "the second client"
        )

    def test_a_client_survives_a_restart_of_the_server(self) -> None:
        conversation = self.converse()
        conversation.send_message(plan(say("Before.")))
        conversation.run()
        seen = len(self.recorder.events)
        restart_server()
        # The client takes the state that its new socket shows first for the end of a run that began meanwhile.
        self.wait_for(lambda: len(self.recorder.events) > seen, "the new socket")
        conversation.send_message(plan(call("terminal", command="touch after"), say("After.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "After.")
        self.assertTrue((self.folder / "after").exists())


class Secrets(ClientTestCase):
    def test_secrets_reach_commands_and_are_masked_in_what_comes_back(self) -> None:
        conversation = self.converse(secrets={"DEPLOY_TOKEN": "s3cr3t-value-42"})
        conversation.send_message(
            plan(call("terminal", command="echo length ${#DEPLOY_TOKEN} value $DEPLOY_TOKEN"), say("Used."))
        )
        conversation.run()
        output = next(event for event in conversation.state.events if isinstance(event, ObservationEvent))
        self.assertIn("length 15", output.observation.text)
        self.assertIn("<secret-hidden>", output.observation.text)
        self.assertNotIn("s3cr3t-value-42", output.model_dump_json())

    def test_secrets_can_be_given_later_and_replaced(self) -> None:
        conversation = self.converse()
        for value in ("first-secret-value", "second-longer-secret"):
            conversation.update_secrets({"LATER": value})
            conversation.send_message(plan(call("terminal", command="echo length ${#LATER} $LATER"), say("Ok.")))
            conversation.run()
            texts = [e.observation.text for e in conversation.state.events if isinstance(e, ObservationEvent)]
            self.assertIn(f"length {len(value)}", texts[-1])

    def test_the_key_of_the_model_never_comes_back(self) -> None:
        conversation = self.converse()
        body = self.workspace().client.get(f"/api/conversations/{conversation.id}").text
        self.assertNotIn("model-key", body)
        self.assertNotIn(KEY, body)


def is_transient(event: object) -> bool:
    return type(event).__name__ in ("ConversationStateUpdateEvent", "StreamingDeltaEvent")


if __name__ == "__main__":
    unittest.main()
