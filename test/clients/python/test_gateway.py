"""The active agent in the hands of OpenAI's own Python client."""

import unittest

import httpx
import openai
from support import BED, HOST, KEY, ClientTestCase, call, plan, say

CONVERSATION = "X-OpenHands-ServerConversation-ID"


class Gateway(ClientTestCase):
    def setUp(self) -> None:
        super().setUp()
        llm = {"model": "openai/scripted", "base_url": BED["modelUrl"], "api_key": "model-key"}
        saved = httpx.post(
            f"{HOST}/api/profiles/gateway",
            json={"llm": llm, "include_secrets": True},
            headers={"X-Session-API-Key": KEY},
        )
        saved.raise_for_status()
        self.client = openai.OpenAI(base_url=f"{HOST}/v1", api_key=KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def ask(self, message: str, **fields: object):
        messages = [{"role": "user", "content": message}]
        return self.client.chat.completions.with_raw_response.create(
            model="openhands_gateway", messages=messages, **fields
        )

    def test_models_are_the_llm_profiles(self) -> None:
        self.assertIn("openhands_gateway", [model.id for model in self.client.models.list()])

    def test_a_chat_is_answered_with_the_end_of_the_run_and_goes_on(self) -> None:
        first = self.ask(plan(call("terminal", command="echo hi"), say("It said hi.")))
        self.assertEqual(first.parse().choices[0].message.content, "It said hi.")
        self.assertGreater(first.parse().usage.total_tokens, 0)
        second = self.ask(plan(say("Still here.")), extra_headers={CONVERSATION: first.headers[CONVERSATION]})
        self.assertEqual(second.headers[CONVERSATION], first.headers[CONVERSATION])
        self.assertEqual(second.parse().choices[0].message.content, "Still here.")

    def test_a_stream_has_the_same_words(self) -> None:
        chunks = self.client.chat.completions.create(
            model="openhands_gateway",
            messages=[{"role": "user", "content": plan(say("Hello to you."))}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(chunks)
        words = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
        self.assertEqual("".join(words), "Hello to you.")
        self.assertGreater(chunks[-1].usage.total_tokens, 0)

    def test_a_response_is_answered_too(self) -> None:
        response = self.client.responses.create(model="openhands_gateway", input=plan(say("Hello to you.")))
        self.assertEqual(response.output_text, "Hello to you.")
        self.assertEqual(response.status, "completed")

    def test_refusals_are_the_errors_of_the_client(self) -> None:
        with self.assertRaises(openai.NotFoundError) as unknown:
            self.client.responses.create(model="gpt-4o", input="Hello.")
        self.assertIn("Unknown OpenHands model", str(unknown.exception))
        stranger = openai.OpenAI(base_url=f"{HOST}/v1", api_key="wrong", max_retries=0)
        self.addCleanup(stranger.close)
        with self.assertRaises(openai.AuthenticationError):
            stranger.models.list()


if __name__ == "__main__":
    unittest.main()
