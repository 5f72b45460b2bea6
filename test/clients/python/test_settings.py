"""What people keep on the server, in the hands of the Python SDK: settings, models, secrets, MCP servers."""

import unittest
from pathlib import Path

import httpx
from openhands.sdk.conversation.response_utils import get_agent_final_response
from openhands.sdk.event import ObservationEvent, SystemPromptEvent
from openhands.sdk.mcp.definition import MCPToolObservation
from openhands.sdk.secret import LookupSecret
from openhands.sdk.settings.model import AGENT_SETTINGS_SCHEMA_VERSION
from support import BED, ClientTestCase, call, plan, say, scripted_agent

# A client refuses settings of a newer schema than its own; profiles have no such number.
reads_settings = unittest.skipUnless(AGENT_SETTINGS_SCHEMA_VERSION >= 9, "newer clients only")

SECRET = "a-secret-of-26-characters!"


class SettingsTestCase(ClientTestCase):
    def send(self, method: str, path: str, body: dict | None = None) -> httpx.Response:
        response = self.workspace().client.request(method, f"/api/{path}", json=body)
        response.raise_for_status()
        return response

    def save_model(self, name: str, **fields: object) -> None:
        llm = {"model": "openai/scripted", "base_url": BED["modelUrl"], "api_key": f"key-of-{name}", **fields}
        self.send("POST", f"profiles/{name}", {"llm": llm, "include_secrets": True})


class KeptModels(SettingsTestCase):
    @reads_settings
    def test_get_llm_of_the_settings_has_its_key(self) -> None:
        self.send("PATCH", "settings", {"active_profile": None})
        llm = {"model": "openai/of-settings", "api_key": "key-of-settings"}
        self.send("PATCH", "settings", {"agent_settings_diff": {"llm": llm}})
        found = self.workspace().get_llm()
        self.assertEqual((found.model, found.api_key.get_secret_value()), ("openai/of-settings", "key-of-settings"))
        self.assertEqual(self.workspace().get_llm(temperature=0.25).temperature, 0.25)

    def test_get_llm_of_the_active_profile_and_of_one_that_is_named(self) -> None:
        self.save_model("first", temperature=0.5)
        self.save_model("second")
        self.send("POST", "profiles/first/activate", {})
        active = self.workspace().get_llm()
        self.assertEqual((active.temperature, active.api_key.get_secret_value()), (0.5, "key-of-first"))
        named = self.workspace().get_llm("second", max_output_tokens=99)
        self.assertEqual((named.api_key.get_secret_value(), named.max_output_tokens), ("key-of-second", 99))
        with self.assertRaises(FileNotFoundError):
            self.workspace().get_llm("nobody")

    def test_a_conversation_runs_with_a_model_that_the_server_keeps(self) -> None:
        self.save_model("kept")
        conversation = self.converse(scripted_agent(llm=self.workspace().get_llm("kept", usage_id="agent")))
        conversation.send_message(plan(say("Of a kept model.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Of a kept model.")


class KeptServers(SettingsTestCase):
    @reads_settings
    def test_get_mcp_config_has_the_servers_with_their_secrets(self) -> None:
        self.send("PATCH", "settings", {"agent_settings_diff": {"mcp_config": {}}})
        for name in self.workspace().get_mcp_config():
            self.send("DELETE", f"settings/mcp/{name}")
        self.assertEqual(self.workspace().get_mcp_config(), {})
        self.send("POST", "settings/mcp/local", {"command": "npx", "args": ["-y", "x"], "env": {"TOKEN": SECRET}})
        remote = {"transport": "http", "url": "https://mcp.example/a", "headers": {"X-Key": SECRET}}
        self.send("POST", "settings/mcp/remote", remote)
        servers = self.workspace().get_mcp_config()
        dumped = {
            name: server.model_dump(mode="json", context={"expose_secrets": True})
            for name, server in servers.items()
        }
        self.assertEqual((dumped["local"]["command"], dumped["local"]["env"]), ("npx", {"TOKEN": SECRET}))
        self.assertEqual(dumped["remote"]["url"], "https://mcp.example/a")
        self.assertEqual(dumped["remote"]["headers"], {"X-Key": SECRET})
        for name in servers:
            self.send("DELETE", f"settings/mcp/{name}")

    @reads_settings
    def test_a_conversation_calls_a_tool_of_a_kept_server(self) -> None:
        program = Path(__file__).parents[2] / "mcp/small-server.mjs"
        self.send("POST", "settings/mcp/small", {"command": "node", "args": [str(program)]})
        try:
            agent = scripted_agent(mcp_config=self.workspace().get_mcp_config())
            conversation = self.converse(agent)
            conversation.send_message(plan(call("echo", text="hello"), say("Heard.")))
            conversation.run()
        finally:
            self.send("DELETE", "settings/mcp/small")
        events = conversation.state.events
        prompt = next(event for event in events if isinstance(event, SystemPromptEvent))
        self.assertIn("echo", [tool.name for tool in prompt.tools])
        outputs = [event.observation for event in events if isinstance(event, ObservationEvent)]
        self.assertIsInstance(outputs[0], MCPToolObservation)
        self.assertIn("hello", outputs[0].text)
        self.assertEqual(get_agent_final_response(events), "Heard.")


class KeptSecrets(SettingsTestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ("TOKEN", "OTHER"):
            self.send("PUT", "settings/secrets", {"name": name, "value": SECRET, "description": f"The {name}"})

    def test_get_secrets_gives_references_without_values(self) -> None:
        secrets = self.workspace().get_secrets()
        self.assertLessEqual({"TOKEN", "OTHER"}, set(secrets))
        self.assertIsInstance(secrets["TOKEN"], LookupSecret)
        self.assertEqual(secrets["TOKEN"].description, "The TOKEN")
        self.assertNotIn(SECRET, str(secrets))
        self.assertEqual(list(self.workspace().get_secrets(names=["OTHER", "NONE"])), ["OTHER"])
        self.assertEqual(secrets["TOKEN"].get_value(), SECRET)

    def test_a_command_uses_a_kept_secret_that_its_output_does_not_show(self) -> None:
        conversation = self.converse()
        conversation.update_secrets(self.workspace().get_secrets(names=["TOKEN"]))
        conversation.send_message(plan(call("terminal", command="echo ${#TOKEN} $TOKEN"), say("Used.")))
        conversation.run()
        outputs = [event for event in conversation.state.events if isinstance(event, ObservationEvent)]
        self.assertIn("26 <secret-hidden>", outputs[0].observation.text)
        self.assertNotIn(SECRET, "".join(event.model_dump_json() for event in conversation.state.events))

    def test_a_secret_that_is_gone_is_not_given_to_the_command(self) -> None:
        conversation = self.converse()
        conversation.update_secrets(self.workspace().get_secrets(names=["OTHER"]))
        self.send("DELETE", "settings/secrets/OTHER")
        conversation.send_message(plan(call("terminal", command="echo [$OTHER]"), say("Gone.")))
        conversation.run()
        outputs = [event for event in conversation.state.events if isinstance(event, ObservationEvent)]
        self.assertIn("[]", outputs[0].observation.text)
