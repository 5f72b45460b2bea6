"""Skills that the Python client reads and sends, and those that it leaves to the server."""

import unittest

from openhands.sdk import AgentContext
from openhands.sdk.conversation.response_utils import get_agent_final_response
from openhands.sdk.event import MessageEvent, ObservationEvent, SystemPromptEvent
from openhands.sdk.skills import Skill
from support import ClientTestCase, call, plan, say, scripted_agent

try:
    from openhands.sdk.skills import load_project_skills
except ImportError:
    load_project_skills = None

GIT = "---\ntriggers: [commit]\n---\nCommit often.\n"
PDF = "---\nname: pdf\ndescription: Reads PDF.\n---\nIt is !`echo 4` o'clock.\n"


@unittest.skipIf(load_project_skills is None, "newer clients only")
class Skills(ClientTestCase):
    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def converse_with(self, **context: object):
        return self.converse(scripted_agent(agent_context=AgentContext(**context)))

    def first(self, conversation, kind: type):
        return next(event for event in conversation.state.events if isinstance(event, kind))

    def test_skills_that_the_client_has_read_are_called_for_by_their_words(self) -> None:
        self.write(".agents/skills/git.md", GIT)
        skills = load_project_skills(self.folder)
        self.assertEqual([skill.name for skill in skills], ["git"])
        conversation = self.converse_with(skills=skills, user_message_suffix="Be brief.")
        conversation.send_message("Commit this.")
        conversation.run()
        self.assertRegex(
            get_agent_final_response(conversation.state.events),
            r"^You said: Commit this\.\n<EXTRA_INFO>\n[\s\S]*\n\nCommit often\.\n</EXTRA_INFO>\nBe brief\.$",
        )
        self.assertEqual(self.first(conversation, MessageEvent).activated_skills, ["git"])
        self.assertEqual(conversation.state.activated_knowledge_skills, ["git"])

    def test_skills_of_the_project_are_read_by_the_server_and_on_demand_by_the_agent(self) -> None:
        self.write("AGENTS.md", "Use tabs.\n")
        self.write(".agents/skills/pdf/SKILL.md", PDF)
        self.write(".agents/skills/pdf/scripts/run.sh", "")
        conversation = self.converse_with(load_project_skills=True)
        conversation.send_message(plan(call("invoke_skill", name="pdf"), say("Read.")))
        conversation.run()
        self.assertEqual(get_agent_final_response(conversation.state.events), "Read.")
        prompt = self.first(conversation, SystemPromptEvent).dynamic_context.text
        self.assertIn("[BEGIN context from [agents]]\nUse tabs.\n", prompt)
        self.assertIn("<name>pdf</name>", prompt)
        observation = self.first(conversation, ObservationEvent).observation
        self.assertEqual(observation.kind, "InvokeSkillObservation")
        self.assertRegex(observation.text, r"^It is 4 o'clock\.\n\n---\n.*`\.agents/skills/pdf`")
        self.assertEqual(conversation.state.invoked_skills, ["pdf"])
        names = [skill.name for skill in conversation.state.agent.agent_context.skills]
        self.assertEqual(names, ["agents", "pdf"])

    def test_disabled_skills_are_in_no_prompt(self) -> None:
        self.write("AGENTS.md", "Use tabs.\n")
        own = Skill(name="own", content="Own.")
        conversation = self.converse_with(skills=[own], load_project_skills=True, disabled_skills=["agents"])
        conversation.send_message(plan(say("Done.")))
        conversation.run()
        prompt = self.first(conversation, SystemPromptEvent).dynamic_context.text
        self.assertIn("Own.", prompt)
        self.assertNotIn("Use tabs.", prompt)
