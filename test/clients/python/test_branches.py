"""Branches and forks with the Python SDK."""

import unittest

import httpx
from openhands.sdk import MessageEvent, RemoteConversation
from openhands.sdk.event import ConversationStateUpdateEvent
from openhands.sdk.conversation.response_utils import get_agent_final_response
from support import ClientTestCase, plan, say


def words_of(conversation) -> list[str]:
    events = [event for event in conversation.state.events if isinstance(event, MessageEvent)]
    return [event.llm_message.content[0].text for event in events]


def ids_of(conversation) -> list[str]:
    """The events of the log: the client keeps states that it was only shown beside them."""
    events = conversation.state.events
    return [event.id for event in events if not isinstance(event, ConversationStateUpdateEvent)]


class BranchTestCase(ClientTestCase):
    def talk(self, conversation, words: str) -> None:
        conversation.send_message(plan(say(words)))
        conversation.run()


@unittest.skipUnless(hasattr(RemoteConversation, "fork"), "newer clients only")
class Forks(BranchTestCase):
    def test_a_fork_knows_what_was_said_and_goes_its_own_way(self) -> None:
        source = self.converse()
        self.talk(source, "One.")
        fork = source.fork(title="Fork", tags={"by": "test"})
        self.addCleanup(fork.close)
        self.assertNotEqual(fork.id, source.id)
        self.assertEqual(ids_of(fork), ids_of(source))
        self.talk(fork, "Two.")
        self.assertEqual(get_agent_final_response(fork.state.events), "Two.")
        self.assertEqual(get_agent_final_response(source.state.events), "One.")

    def test_a_fork_that_cannot_be_made_is_an_error_of_the_client(self) -> None:
        source = self.converse()
        with self.assertRaises(httpx.HTTPStatusError) as raised:
            source.fork(conversation_id=source.id)
        self.assertEqual(raised.exception.response.status_code, 409)


@unittest.skipUnless(hasattr(RemoteConversation, "navigate_to"), "newer clients only")
class Navigation(BranchTestCase):
    def test_a_fork_from_an_event_ends_with_it(self) -> None:
        source = self.converse()
        self.talk(source, "One.")
        one = [event for event in source.state.events if isinstance(event, MessageEvent)][-1]
        self.talk(source, "Two.")
        fork = source.fork(from_event_id=one.id)
        self.addCleanup(fork.close)
        self.assertEqual(words_of(fork)[-1], "One.")

    def test_head_moves_and_the_next_message_continues_from_there(self) -> None:
        conversation = self.converse()
        self.talk(conversation, "One.")
        one = [event for event in conversation.state.events if isinstance(event, MessageEvent)][-1]
        self.talk(conversation, "Two.")
        conversation.navigate_to(one.id)
        conversation.send_message("Is this another branch?")
        conversation.run()
        asked = [
            event
            for event in conversation.state.events
            if isinstance(event, MessageEvent) and event.source == "user"
        ][-1]
        self.assertEqual(asked.parent_id, one.id)
        self.assertEqual(words_of(conversation)[-1], "You said: Is this another branch?")

    def test_head_moves_before_the_first_event(self) -> None:
        conversation = self.converse()
        self.talk(conversation, "One.")
        conversation.navigate_to(None)
        self.talk(conversation, "Begun again.")
        self.assertEqual(words_of(conversation)[-1], "Begun again.")

    def test_an_unknown_event_is_an_error_of_the_client(self) -> None:
        conversation = self.converse()
        with self.assertRaises(httpx.HTTPStatusError) as raised:
            conversation.navigate_to("nowhere")
        self.assertEqual(raised.exception.response.status_code, 404)
