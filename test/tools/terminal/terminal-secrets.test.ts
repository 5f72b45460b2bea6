import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTerminal, textOf, WHEN_SILENT } from "./open-terminal.ts";

const HIDDEN = "<secret-hidden>";

describe("a secret", () => {
  it("is exported only where a command names it", async () => {
    const terminal = await openTerminal({ secrets: { API_TOKEN: "tok-123456" } });
    expect(await terminal.output("env | grep -c TOKE || true")).toBe("0");
    expect(await terminal.output('[ -n "$API_TOKEN" ] && echo there')).toBe("there");
  });

  it("reaches the shell as it is, whatever characters it has", async () => {
    const value = 'it\'s "$HOME" \\ `x`\n!second';
    const terminal = await openTerminal({ secrets: { KEY: value } });
    const digest = createHash("sha256").update(value).digest("hex");
    expect(await terminal.output('printf %s "$KEY" | sha256sum')).toBe(`${digest}  -`);
  });

  it("is seen in no process list, history, trace or file", async () => {
    const terminal = await openTerminal({ secrets: { KEY: "hunter2-hunter2" } });
    await terminal.run("set -x");
    const output = await terminal.output(
      ': KEY; history; ps -ef | grep -c hunter[2]; cat "$__agent_dir"/* | wc -c',
    );
    expect(output).not.toContain("hunter2");
    expect(output.match(/^0$/gm)).toHaveLength(2);
  });

  it("is masked when printed at once, in pieces, over wrapped lines and on a full screen", async () => {
    const terminal = await openTerminal({ secrets: { KEY: "s3cret-value-0123" } });
    expect(await terminal.output("echo $KEY")).toBe(HIDDEN);
    expect(
      await terminal.output("for part in s3cret -value- 0123; do printf %s $part; sleep 0.05; done"),
    ).toBe(HIDDEN);
    expect(await terminal.output("printf '%250s%s\\n' '' $KEY")).toBe(" ".repeat(250) + HIDDEN);
    await terminal.run("printf '%250s%s\\n' '' $KEY > file");
    expect(await terminal.until(/hidden/, "less file")).not.toContain("s3cret");
    await terminal.run("q", { is_input: true });
  });

  it("of several lines is masked", async () => {
    const terminal = await openTerminal({ secrets: { PEM: "-----BEGIN-----\nabc\ndef\n-----END-----\n" } });
    expect(await terminal.output('echo "$PEM"; echo after')).toBe(`${HIDDEN}\n\nafter`);
  });

  it("is masked in encodings, also when they come in pieces or in lines", async () => {
    const terminal = await openTerminal({ secrets: { KEY: `s3cret-value-${"0123456789".repeat(8)}` } });
    const output = await terminal.output("printf %s $KEY | base64 -w 20; printf %s $KEY | od -An -v -tx1");
    expect(output).toMatch(/^<secret-hidden>[A-Za-z0-9]?=*\n *<secret-hidden>$/);
    const slowly = "for part in $(printf %s $KEY | base64 | fold -w 9); do printf %s $part; sleep 0.02; done";
    expect(await terminal.output(slowly)).toMatch(/^<secret-hidden>[A-Za-z0-9]?=*$/);
  });

  it("is masked in long output too, where it is cut and in the file", async () => {
    const terminal = await openTerminal({ secrets: { KEY: "s3cret-value-0123" } });
    const output = await terminal.output("for i in {1..4000}; do printf '%s ' $KEY; done", { timeout: 20 });
    expect(output).not.toMatch(/s3cret|value-0/);
    const directory = join(terminal.dataDir, "observations");
    const [name] = await readdir(directory);
    const saved = await readFile(join(directory, name ?? ""), "utf8");
    expect(saved.trimEnd()).toBe(Array(4000).fill(HIDDEN).join(" "));
  });

  it("is masked in what is shown of a command that still runs", async () => {
    const terminal = await openTerminal({ secrets: { KEY: "s3cret-value-0123" } });
    const first = await terminal.run("printf '%s' $KEY; sleep 4; printf '%s' $KEY", WHEN_SILENT);
    expect(textOf(first)).toBe(HIDDEN);
    expect(await terminal.output("")).toBe(HIDDEN);
  });
});

describe("the environment of a command", () => {
  it("holds no key of the server or of a provider", async () => {
    const environment = {
      PATH: process.env.PATH,
      OH_SECRET_KEY: "a",
      SESSION_API_KEY: "b",
      OPENAI_API_KEY: "c",
      ANTHROPIC_API_KEY: "d",
      AWS_SECRET_ACCESS_KEY: "e",
      DATABASE_URL: "f",
      LANG: "C.UTF-8",
      CARGO_HOME: "/opt/cargo",
    };
    const terminal = await openTerminal({ environment });
    const names = (await terminal.output("env | cut -d= -f1")).split("\n");
    for (const name of ["OH_SECRET_KEY", "SESSION_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"]) {
      expect(names).not.toContain(name);
    }
    expect(names).not.toContain("AWS_SECRET_ACCESS_KEY");
    expect(names).not.toContain("DATABASE_URL");
    expect(names).toEqual(expect.arrayContaining(["PATH", "HOME", "LANG", "CARGO_HOME", "TERM"]));
    expect(await terminal.output("echo $AI_AGENT $PAGER $GIT_PAGER")).toBe("openhands cat cat");
  });
});
