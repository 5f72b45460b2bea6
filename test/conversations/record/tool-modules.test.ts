import { expect, it } from "vitest";
import { toolModules } from "../../../src/conversations/record/tool-modules.ts";

const tools = ["terminal", "file_editor", "of_the_host"].map((name) => ({ name, params: {} }));

it("adds the reference's modules for tools that both servers have, and invents none", () => {
  expect(toolModules({}, { tools })).toEqual({
    terminal: "openhands.tools.terminal.definition",
    file_editor: "openhands.tools.file_editor.definition",
  });
});

it("leaves what the client has named as it is", () => {
  expect(toolModules({ terminal: "my.terminal", elsewhere: "a.b" }, { tools })).toEqual({
    terminal: "my.terminal",
    elsewhere: "a.b",
    file_editor: "openhands.tools.file_editor.definition",
  });
});
