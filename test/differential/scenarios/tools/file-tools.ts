import { call, finish, run, type Scenario } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const TERMINAL = { name: "terminal", params: { terminal_type: "subprocess" } };
/** The reference learns this tool from the client alone. */
const PATCHES = { tool_module_qualnames: { apply_patch: "openhands.tools.apply_patch.definition" } };

type Steps = (at: (name: string) => string) => Step[];

function withTools(name: string, tools: readonly string[], steps: Steps): Scenario {
  return {
    name,
    script: (workspace) => [...steps((file) => (file === "" ? workspace : `${workspace}/${file}`)), finish],
    agent: { tools: [TERMINAL, ...tools.map((tool) => ({ name: tool }))] },
    ...(tools.includes("apply_patch") && { request: PATCHES }),
  };
}

const searching = (name: string, steps: Steps) => withTools(`search: ${name}`, ["grep", "glob"], steps);
const patching = (name: string, steps: Steps) => withTools(`patch: ${name}`, ["apply_patch"], steps);
const GEMINI = ["read_file", "write_file", "edit", "list_directory"];
const gemini = (name: string, steps: Steps) => withTools(`gemini: ${name}`, GEMINI, steps);
const planning = (name: string, steps: Steps) =>
  withTools(`planning: ${name}`, ["planning_file_editor"], steps);

const grep = (args: object) => call("grep", args);
const glob = (args: object) => call("glob", args);
const plan = (args: object) => call("planning_file_editor", args);

/** Writes files, each a second newer than the one before. */
function files(contents: Readonly<Record<string, string>>): Step {
  const commands = Object.entries(contents).map(([name, content], index) => {
    const folder = name.includes("/") ? `mkdir -p '${name.replace(/\/[^/]*$/, "")}' && ` : "";
    return `${folder}printf '${content}' > '${name}' && touch -d @${1_700_000_000 + index} '${name}'`;
  });
  return run(commands.join(" && "));
}

function patch(...lines: string[]): Step {
  return call("apply_patch", { patch: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n") });
}

const REPOSITORY = {
  ".gitignore": "*.log\\nbuild/\\n!keep.log\\n",
  "a.log": "needle",
  "keep.log": "needle",
  "build/b.txt": "needle",
  "sub/.gitignore": "only.txt\\n",
  "sub/only.txt": "needle",
  "sub/other.txt": "needle",
  ".hidden/c.txt": "needle",
  ".env": "needle",
  "d.txt": "needle",
};

export const fileToolScenarios: Scenario[] = [
  searching("text in any case, the newest first", () => [
    files({
      "a.ts": "logError()\\n",
      "b.ts": "LOG an ERROR\\n",
      "c.ts": "nothing\\n",
      "sub/d.ts": "log error\\n",
    }),
    grep({ pattern: "log.*error" }),
    grep({ pattern: "nowhere" }),
    grep({ pattern: "^log" }),
    grep({ pattern: "(error|nothing)" }),
  ]),
  searching("text in some files", (at) => [
    files({ "a.ts": "needle", "b.js": "needle", "sub/c.ts": "needle", "sub/d.js": "needle" }),
    grep({ pattern: "needle", include: "*.ts" }),
    grep({ pattern: "needle", path: at("sub") }),
    grep({ pattern: "needle", path: at("sub"), include: "*.js" }),
    grep({ pattern: "needle", include: "?.js" }),
    grep({ pattern: "needle", include: "*.py" }),
  ]),
  searching("text of names in braces and folders", () => [
    files({ "a.ts": "needle", "b.tsx": "needle", "src/c.ts": "needle" }),
    grep({ pattern: "needle", include: "*.{ts,tsx}" }),
    grep({ pattern: "needle", include: "src/*.ts" }),
  ]),
  searching("expressions that only some engines take", () => [
    files({ "a.ts": "interface Foo {\\n", "b.ts": "one\\ntwo\\n" }),
    grep({ pattern: "interface \\w+ {" }),
    grep({ pattern: "one\\ntwo" }),
    grep({ pattern: "one(?=x)" }),
  ]),
  searching("mistakes", (at) => [
    files({ "a.ts": "needle" }),
    grep({ pattern: "(needle" }),
    grep({ pattern: "needle", path: at("a.ts") }),
    grep({ pattern: "needle", path: at("missing") }),
    grep({}),
    glob({ pattern: "*", path: at("missing") }),
    glob({ pattern: "*", path: at("a.ts") }),
    glob({}),
  ]),
  searching("what git ignores", () => [
    run("git init -q ."),
    files(REPOSITORY),
    grep({ pattern: "needle" }),
    grep({ pattern: "needle", include: "*.log" }),
    grep({ pattern: "needle", include: ".env" }),
    grep({ pattern: "needle", include: "*.txt" }),
  ]),
  searching("ignored files without a repository", () => [
    files(REPOSITORY),
    grep({ pattern: "needle", include: "*.txt" }),
    grep({ pattern: "needle" }),
  ]),
  searching("names", (at) => [
    files({ "a.py": "", "b.py": "", "c.js": "", "test_a.py": "" }),
    glob({ pattern: "*.py" }),
    glob({ pattern: "**/*.js" }),
    glob({ pattern: "**/test_*.py" }),
    glob({ pattern: "*.{js,py}" }),
    glob({ pattern: "[ab].py" }),
    glob({ pattern: "*.rs" }),
    glob({ pattern: `${at("")}/*.js` }),
    glob({ pattern: "*.py", path: at("") }),
  ]),
  searching("names in folders", (at) => [
    files({ "src/a.ts": "", "src/deep/b.ts": "", "c.ts": "" }),
    glob({ pattern: "src/**/*.ts" }),
    glob({ pattern: `${at("src")}/**/*.ts` }),
  ]),
  searching("names that git ignores", () => [
    run("git init -q ."),
    files(REPOSITORY),
    glob({ pattern: "*.log" }),
    glob({ pattern: ".env" }),
    glob({ pattern: "sub/only.txt" }),
    glob({ pattern: "**/*.txt" }),
  ]),
  searching("every name", (at) => [
    files({ "top/a.txt": "", "top/.hidden": "", "top/sub/b.txt": "" }),
    glob({ pattern: "**/*", path: at("top") }),
  ]),
  searching("more than a hundred files", () => [
    run(
      "for i in $(seq 101 251); do printf needle > f$i.txt; touch -d @$((1700000000 + i)) f$i.txt; done; touch -d @1600000000 f251.txt",
    ),
    grep({ pattern: "needle" }),
    glob({ pattern: "*.txt" }),
    glob({ pattern: "f10*.txt" }),
  ]),

  patching("files added, changed, moved and deleted", (at) => [
    files({ "old.txt": "one\\ntwo\\nthree\\n", "gone.txt": "bye\\n", "moved.txt": "a\\nb\\n" }),
    patch(
      "*** Update File: old.txt",
      "@@",
      " one",
      "-two",
      "+2",
      " three",
      "*** Delete File: gone.txt",
      "*** Update File: moved.txt",
      "*** Move to: there/moved.txt",
      "@@",
      "-a",
      "+A",
    ),
    patch(`*** Update File: ${at("old.txt")}`, "@@", "-2", "+two"),
    patch("*** Update File: old.txt", "*** Move to: new.txt"),
    run("ls; cat -A new.txt there/moved.txt"),
  ]),
  patching("a new file", () => [
    patch("*** Add File: deep/new.txt", "+one", "+", "+two"),
    run("cat -A deep/new.txt"),
    patch("*** Add File: deep/new.txt", "+over it"),
    run("cat -A deep/new.txt"),
  ]),
  patching("places by anchors and at the end", () => [
    files({ "a.py": "class A:\\n  def run():\\n    pass\\nclass B:\\n  def run():\\n    pass\\n" }),
    patch("*** Update File: a.py", "@@ class B:", "   def run():", "-    pass", "+    go()"),
    patch("*** Update File: a.py", "@@ nowhere", "-class A:", "+class C:"),
    patch("*** Update File: a.py", "@@", "-    go()", "+    stop()", "*** End of File"),
    patch("*** Update File: a.py", "@@", "-class C:", "+class D:", "@@", "-    stop()", "+    halt()"),
    run("cat a.py"),
  ]),
  patching("other spaces than in the file", () => [
    files({ "a.txt": "one  \\n\\ttwo\\nthree\\n" }),
    patch("*** Update File: a.txt", "@@", "-one", "+1"),
    patch("*** Update File: a.txt", "@@", "-two", "+2"),
    run("cat -A a.txt"),
  ]),
  patching("parts that do not fit", () => [
    files({ "a.txt": "one\\n", "b.txt": "two\\n" }),
    patch("*** Update File: a.txt", "@@", "-one", "+1", "*** Update File: b.txt", "@@", "-three", "+3"),
    patch("*** Update File: missing.txt", "@@", "-x", "+y"),
    patch("*** Delete File: missing.txt"),
    patch("*** Delete File: a.txt", "*** Delete File: a.txt"),
    patch("nonsense"),
    patch("*** Add File: c.txt", "no plus"),
    patch("*** Update File: a.txt", "@@", "one"),
    patch("*** Update File: a.txt", "@@"),
    run("cat a.txt b.txt"),
  ]),
  patching("no patches", () => [
    call("apply_patch", { patch: "" }),
    call("apply_patch", { patch: "--- a\n+++ b" }),
    call("apply_patch", { patch: "*** Begin Patch\n*** Delete File: a.txt" }),
    call("apply_patch", { patch: "*** Begin Patch\n*** End Patch" }),
    call("apply_patch", {}),
  ]),
  patching("paths that lead out", (at) => [
    files({ "a.txt": "one\\n" }),
    run("ln -s /tmp out"),
    patch("*** Add File: ../out.txt", "+x"),
    patch("*** Add File: /tmp/out.txt", "+x"),
    patch("*** Add File: out/out.txt", "+x"),
    patch("*** Update File: a.txt", "*** Move to: ../b.txt", "@@", "-one", "+1"),
    patch("*** Update File: a.txt", `*** Move to: ${at("b.txt")}`, "@@", "-one", "+1"),
    run("cat a.txt"),
  ]),
  patching("line ends of Windows", () => [
    files({ "a.txt": "one\\r\\ntwo\\r\\n" }),
    patch("*** Update File: a.txt", "@@", "-one", "+1"),
    run("cat -A a.txt"),
  ]),

  gemini("read a file", (at) => [
    files({ "a.txt": "one\\ntwo\\nthree\\nfour" }),
    call("read_file", { file_path: at("a.txt") }),
    call("read_file", { file_path: "a.txt" }),
    call("read_file", { file_path: "a.txt", offset: 1, limit: 2 }),
    call("read_file", { file_path: "a.txt", offset: 2 }),
    call("read_file", { file_path: "a.txt", limit: 9 }),
    call("read_file", { file_path: "a.txt", offset: 0, limit: 1 }),
  ]),
  gemini("read a long file", () => [
    run("seq 1 1500 > long.txt"),
    call("read_file", { file_path: "long.txt" }),
    call("read_file", { file_path: "long.txt", offset: 1000 }),
  ]),
  gemini("read mistakes", (at) => [
    run("mkdir folder; touch empty.txt; echo one > a.txt"),
    call("read_file", { file_path: "missing.txt" }),
    call("read_file", { file_path: at("folder") }),
    call("read_file", { file_path: "a.txt", offset: 5 }),
    call("read_file", { file_path: "a.txt", offset: -1 }),
    call("read_file", { file_path: "a.txt", limit: 0 }),
    call("read_file", {}),
    call("read_file", { file_path: "empty.txt" }),
  ]),
  gemini("write files", (at) => [
    call("write_file", { file_path: "a.txt", content: "one\n" }),
    call("write_file", { file_path: at("new/deep/b.txt"), content: "two" }),
    call("write_file", { file_path: "a.txt", content: "" }),
    call("write_file", { file_path: at(""), content: "x" }),
    call("write_file", { file_path: "a.txt/b.txt", content: "x" }),
    call("write_file", { file_path: "c.txt" }),
    run("cat -A a.txt new/deep/b.txt"),
  ]),
  gemini("edit files", (at) => [
    files({ "a.txt": "one two one\\n", "b.txt": "x x\\n" }),
    call("edit", { file_path: "a.txt", old_string: "two", new_string: "2" }),
    call("edit", { file_path: at("b.txt"), old_string: "x", new_string: "y", expected_replacements: 2 }),
    call("edit", { file_path: "new/c.txt", old_string: "", new_string: "made\n" }),
    call("edit", { file_path: "a.txt", old_string: " 2", new_string: "" }),
    run("cat -A a.txt b.txt new/c.txt"),
  ]),
  gemini("edit mistakes", (at) => [
    files({ "a.txt": "one one\\n" }),
    call("edit", { file_path: "a.txt", old_string: "one", new_string: "two" }),
    call("edit", { file_path: "a.txt", old_string: "three", new_string: "two" }),
    call("edit", { file_path: "a.txt", old_string: "one", new_string: "one" }),
    call("edit", { file_path: "a.txt", old_string: "one", new_string: "two", expected_replacements: 3 }),
    call("edit", { file_path: "a.txt", old_string: "one", new_string: "two", expected_replacements: -1 }),
    call("edit", { file_path: "a.txt", old_string: "", new_string: "two" }),
    call("edit", { file_path: "missing.txt", old_string: "one", new_string: "two" }),
    call("edit", { file_path: at(""), old_string: "one", new_string: "two" }),
    run("cat a.txt"),
  ]),
  gemini("edit line ends of Windows", () => [
    files({ "a.txt": "one\\r\\ntwo\\r\\n" }),
    call("edit", { file_path: "a.txt", old_string: "one\ntwo", new_string: "1\n2" }),
    run("cat -A a.txt"),
  ]),
  gemini("list directories", (at) => [
    files({ "b.txt": "four", ".hidden": "", "a/one.txt": "1", "a/deep/two.txt": "2" }),
    run("ln -s nowhere broken; find . -exec touch -h -d @1700000000 {} +"),
    call("list_directory", {}),
    call("list_directory", { dir_path: at("a") }),
    call("list_directory", { dir_path: "a", recursive: true }),
    call("list_directory", { dir_path: "missing" }),
    call("list_directory", { dir_path: "b.txt" }),
  ]),

  planning("the plan alone is changed", (at) => [
    plan({ command: "view", path: at(".agents_tmp/PLAN.md") }),
    plan({ command: "insert", path: at(".agents_tmp/PLAN.md"), insert_line: 1, new_str: "Ship it." }),
    plan({
      command: "str_replace",
      path: at(".agents_tmp/PLAN.md"),
      old_str: "Ship it.",
      new_str: "Test it.",
    }),
    plan({ command: "undo_edit", path: at(".agents_tmp/PLAN.md") }),
    run("cat .agents_tmp/PLAN.md; echo code > code.txt"),
    plan({ command: "view", path: at("code.txt") }),
    plan({ command: "str_replace", path: at("code.txt"), old_str: "code", new_str: "x" }),
    plan({ command: "create", path: at("new.txt"), file_text: "x" }),
    plan({ command: "create", path: at(".agents_tmp/PLAN.md"), file_text: "x" }),
    plan({ command: "view", path: at("missing.txt") }),
    run("cat code.txt; ls"),
  ]),
  {
    name: "planning: a plan that lies elsewhere",
    script: (workspace) => [
      plan({ command: "view", path: `${workspace}/plans/MY.md` }),
      plan({ command: "insert", path: `${workspace}/plans/MY.md`, insert_line: 0, new_str: "First." }),
      finish,
    ],
    agent: (llm: object, workspace: string) => ({
      llm,
      tools: [{ name: "planning_file_editor", params: { plan_path: `${workspace}/plans/MY.md` } }],
    }),
  },
  {
    name: "planning: the prompt",
    script: [{ text: "Planned." }],
    agent: {
      tools: [{ name: "glob" }, { name: "grep" }, { name: "planning_file_editor" }],
      system_prompt_filename: "system_prompt_planning.j2",
    },
  },
];
