import { call, finish, run, type Scenario } from "../scenario.ts";

export const terminalScenarios: Scenario[] = [
  {
    name: "a command that is silent for 30 seconds",
    script: [run("sleep 33; echo late"), run("echo next"), finish],
  },
  {
    name: "a command past its timeout, then its keys",
    script: [run("sleep 60", { timeout: 1 }), run("C-c", { is_input: true }), finish],
  },
  {
    name: "a command while another still runs",
    script: [run("sleep 60", { timeout: 1 }), run("echo other"), finish],
  },
  {
    name: "reading on in a command that runs",
    script: [run("sleep 2; echo late", { timeout: 1 }), run("", { timeout: 3 }), finish],
  },
  {
    name: "answering a program that asks",
    script: [
      run("read -p 'Name? ' name && echo Hello $name", { timeout: 1 }),
      run("Ann", { is_input: true }),
      finish,
    ],
  },
  { name: "a command, then finish", script: [{ ...run("echo hi"), text: "Looking." }, finish] },
  { name: "exit codes", script: [run("false"), run("(exit 7)"), run("no-such-command-here"), finish] },
  { name: "errors and output in one", script: [run("echo out; echo err >&2; ls /no/such/folder"), finish] },
  {
    name: "folder and variables are kept between commands",
    script: [run("mkdir -p sub && cd sub && export A=1"), run("pwd; echo $A"), finish],
  },
  {
    name: "several lines",
    script: [
      run("for i in 1 2 3; do\n  echo line $i\ndone"),
      run("cat <<'END'\nfirst\n  second\nEND"),
      run("echo a && \\\necho b"),
      finish,
    ],
  },
  { name: "several commands, a line each", script: [run("echo a\necho b"), finish] },
  { name: "an unfinished quote", script: [run("echo 'open"), finish] },
  {
    name: "output without a newline at its end",
    script: [run("printf 'no newline'"), run("printf ''"), finish],
  },
  {
    name: "colours and progress bars",
    script: [run("printf '\\033[31mred\\033[0m\\n10%%\\r50%%\\r100%%\\n'"), finish],
  },
  { name: "words of many scripts", script: [run("echo 'Grüße, 世界, 🎉'"), finish] },
  { name: "long output", script: [run("seq 1 20000"), finish] },
  { name: "a long line", script: [run("head -c 3000 /dev/zero | tr '\\0' x"), finish] },
  {
    name: "reset",
    script: [
      run("export A=1"),
      run("", { reset: true }),
      run("echo [$A]"),
      run("echo again", { reset: true }),
      finish,
    ],
  },
  { name: "reset and input at once", script: [run("x", { reset: true, is_input: true }), finish] },
  { name: "an empty command", script: [run(""), finish] },
  { name: "input where nothing runs", script: [run("y", { is_input: true }), finish] },
  { name: "a command that is a list", script: [run('["ls", "-l"]'), finish] },
  { name: "a negative timeout", script: [run("echo hi", { timeout: -1 }), finish] },
  { name: "work in the background", script: [run("(sleep 30 &) ; echo started"), finish] },
  { name: "the shell ends itself", script: [run("exit 3"), run("echo alive"), finish] },
  {
    name: "a command with security_risk and summary",
    script: [run("echo hi", { summary: "say hi", security_risk: "LOW" }), finish],
  },
  { name: "a tool by its other name", script: [call("execute_bash", { command: "echo hi" }), finish] },
];
