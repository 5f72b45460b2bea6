import { execFile } from "node:child_process";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { remoteWorkspace, type Workspace } from "agent-server";
import { describe, expect, it } from "vitest";
import { KEY, openRemote, otherServer, standBefore } from "./open-remote.ts";

/** What a call rejects with. */
async function failureOf(work: Promise<unknown>): Promise<{ code?: string; message: string; shown: string }> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason as Error & { code?: string },
  );
  const { inspect } = await import("node:util");
  return {
    code: (error as { code?: string }).code,
    message: error.message,
    shown: inspect(error, { depth: 9 }),
  };
}

/** Pours bytes out until the reader leaves. */
async function pour(response: ServerResponse): Promise<number> {
  let sent = 0;
  const piece = Buffer.alloc(256 * 1024, "1");
  const left = new Promise((resolve) => response.once("close", resolve));
  while (!response.destroyed && response.writable) {
    sent += piece.length;
    if (!response.write(piece)) {
      await Promise.race([new Promise((resolve) => response.once("drain", resolve)), left]);
    }
  }
  return sent;
}

describe("a remote machine that cannot be used", () => {
  it("with a wrong key, says so and shows no key", async () => {
    const { url } = await otherServer();
    const { code, message, shown } = await failureOf(openRemote(url, { apiKey: "wrong-key-of-somebody" }));
    expect(code).toBe("unavailable");
    expect(message).toContain(`The remote machine at ${url} cannot be used: it answered 401`);
    expect(shown).not.toContain("wrong-key-of-somebody");
  });

  it("that nobody serves, names the address and the reason", async () => {
    const { url, close } = await otherServer();
    await close();
    const { code, message } = await failureOf(openRemote(url));
    expect(code).toBe("unavailable");
    expect(message).toContain(url);
    expect(message).toContain("ECONNREFUSED");
  });

  it("that repeats the key in its answers, gets it hidden", async () => {
    const { url } = await otherServer();
    const liar = await standBefore(url, ({ headers }, response) => {
      response.writeHead(500).end(JSON.stringify({ detail: `no ${headers["x-session-api-key"]} here` }));
      return true;
    });
    const { message, shown } = await failureOf(openRemote(liar));
    expect(message).toContain("no ********** here");
    expect(shown).not.toContain(KEY);
  });

  it("that redirects, gets no second request with the key", async () => {
    const elsewhere: string[] = [];
    const { url } = await otherServer();
    const target = await standBefore(url, ({ url: path = "" }, response) => {
      elsewhere.push(path);
      response.end("{}");
      return true;
    });
    const liar = await standBefore(url, (_request, response) => {
      response.writeHead(307, { location: `${target}/api/bash/execute_bash_command` }).end();
      return true;
    });
    const { code, message } = await failureOf(openRemote(liar));
    expect(code).toBe("unavailable");
    expect(message).toContain("redirect");
    expect(elsewhere).toEqual([]);
  });

  it.each([
    ["no JSON", "<html>welcome</html>"],
    ["JSON of another kind", "[1, 2]"],
    ["fields of another type", '{"exit_code": "0", "stdout": 5}'],
    ["an output that is not that of the script", '{"exit_code": 0, "stdout": "hello", "stderr": null}'],
  ])("that answers %s, is told as such", async (_name, body) => {
    const { url } = await otherServer();
    const liar = await standBefore(url, (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(body);
      return true;
    });
    expect((await failureOf(openRemote(liar))).code).toBe("unavailable");
  });

  it("that answers without end, is left after a bounded part", async () => {
    const { url } = await otherServer();
    const sent: Promise<number>[] = [];
    const liar = await standBefore(url, (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      sent.push(pour(response));
      return true;
    });
    expect((await failureOf(openRemote(liar))).message).toContain("larger than");
    for (const bytes of await Promise.all(sent)) expect(bytes).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([404, 500])("that begins a refusal %i and does not end it, is left", async (status) => {
    const { url } = await otherServer();
    const left: Promise<unknown>[] = [];
    let isHonest = true;
    const liar = await standBefore(url, (_request, response) => {
      if (isHonest) return false;
      response.writeHead(status, { "content-type": "application/json" }).write('{"detail": ');
      left.push(new Promise((resolve) => response.once("close", resolve)));
      return true;
    });
    const workspace = await openRemote(liar, { patience: 300 });
    isHonest = false;
    expect((await failureOf(workspace.files.stat("/etc/hostname"))).code).toBe("unavailable");
    isHonest = true;
    expect(left.length).toBeGreaterThan(0);
    await Promise.all(left);
  });

  it("that never answers, is given up when the patience is over", async () => {
    const { url } = await otherServer();
    let isSilent = false;
    const liar = await standBefore(url, () => isSilent);
    const workspace = await openRemote(liar, { patience: 300 });
    isSilent = true;
    const { code, message } = await failureOf(workspace.files.read("/etc/hostname"));
    expect(code).toBe("unavailable");
    expect(message).toContain("did not answer");
    expect((await failureOf(workspace.run(["true"]))).code).toBe("unavailable");
    isSilent = false;
  });
});

describe("a remote machine that lies about files and commands", () => {
  async function lying(lie: (path: string, response: ServerResponse) => boolean): Promise<Workspace> {
    const { url } = await otherServer();
    let isHonest = true;
    const liar = await standBefore(url, (request, response) => !isHonest && lie(request.url ?? "", response));
    const workspace = await openRemote(liar, { patience: 1000 });
    isHonest = false;
    return workspace;
  }

  it("gives no more of an endless file than was asked for", async () => {
    const workspace = await lying((path, response) => {
      if (!path.startsWith("/api/file/download")) return false;
      response.writeHead(206, { "content-range": "bytes 0-9/10" });
      void pour(response);
      return true;
    });
    const { code } = await failureOf(workspace.files.read("/any", { maxBytes: 1000 }));
    expect(code).toBe("too_large");
    expect((await workspace.files.read("/any", { length: 10 })).length).toBe(10);
  });

  it("ends a stream whose pieces stop to come", async () => {
    const workspace = await lying((path, response) => {
      if (!path.startsWith("/api/file/download")) return false;
      response.writeHead(200, { "content-length": "1000" }).write("some");
      return true;
    });
    const { code, message } = await failureOf(new Response(await workspace.files.readStream("/any")).text());
    expect([code, message.includes("did not answer")]).toEqual(["unavailable", true]);
  });

  it("ends a command whose log is damaged", async () => {
    const workspace = await lying((path, response) => {
      if (!path.includes("log.0")) return false;
      response.writeHead(206).end("o 99999999\nnot a log");
      return true;
    });
    const { code, message } = await failureOf(workspace.run(["sleep", "60"]));
    expect([code, message.includes("damaged")]).toEqual(["unavailable", true]);
  });

  it("is left where its answers begin and do not end", async () => {
    const left: Promise<unknown>[] = [];
    const workspace = await lying((path, response) => {
      if (!path.includes("log.0")) return false;
      response.writeHead(206).write("o 5\n");
      left.push(new Promise((resolve) => response.once("close", resolve)));
      return true;
    });
    const { code, message } = await failureOf(workspace.run(["sleep", "60"]));
    expect([code, message.includes("did not end in time")]).toEqual(["unavailable", true]);
    await Promise.all(left);
  });

  it("tells that it went away in the middle of a command", async () => {
    const { url, close } = await otherServer();
    const workspace = await openRemote(url, { patience: 500 });
    const running = failureOf(workspace.run(["sh", "-c", "echo begun; sleep 60"]));
    await sleep(300);
    await close();
    const { code, message } = await running;
    expect(code).toBe("unavailable");
    expect(message).toContain(`The remote machine at ${url} cannot be used`);
  });

  it("goes on with a command over a short outage", async () => {
    const { url } = await otherServer();
    let isDown = false;
    const broken = await standBefore(url, (request) => {
      if (isDown) request.socket.destroy();
      return isDown;
    });
    const workspace = await openRemote(broken);
    const running = workspace.run(["sh", "-c", "echo first; sleep 1; echo second"]);
    await sleep(300);
    isDown = true;
    await sleep(600);
    isDown = false;
    expect(await running).toMatchObject({ outcome: "exited", exitCode: 0, stdout: "first\nsecond\n" });
  });

  it("runs a command once whose start was answered to nobody", async () => {
    const { url } = await otherServer();
    let lost = 0;
    const broken = await standBefore(url, (request, response) => {
      if (lost > 0 || !request.url?.endsWith("/start_bash_command")) return false;
      lost += 1;
      // It arrives there; its answer is thrown away.
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const headers = { "content-type": "application/json", "x-session-api-key": KEY };
        await fetch(url + request.url, { method: "POST", headers, body: Buffer.concat(chunks) });
        response.destroy();
      });
      return true;
    });
    const workspace = await openRemote(broken);
    const file = `${workspace.info.workingDir}/count`;
    expect(await workspace.run(["sh", "-c", `echo x >>'${file}'; echo done`])).toMatchObject({
      stdout: "done\n",
    });
    expect(lost).toBe(1);
    expect(new TextDecoder().decode(await workspace.files.read(file))).toBe("x\n");
  });
});

describe("secrets of commands", () => {
  it("are in no event that the other server keeps", async () => {
    const { url } = await otherServer();
    const workspace = await openRemote(url);
    const secret = "sk-very-secret-value";
    const { stdout } = await workspace.run(["printenv", "TOKEN"], { env: { TOKEN: secret } });
    expect(stdout).toBe(`${secret}\n`);
    let text = "";
    const terminal = await workspace.terminal({ env: { OTHER: secret }, onText: (piece) => (text += piece) });
    await terminal.run('printf "$TOKEN $OTHER" | wc -c', { TOKEN: secret });
    await terminal.wait({ timeout: 20_000 });
    expect(text).toBe("41\n");
    const headers = { "x-session-api-key": KEY };
    const page = await fetch(`${url}/api/bash/bash_events/search?limit=100`, { headers });
    const events = await page.text();
    expect(events).toContain("BashCommand");
    expect(events).not.toContain(secret);
  });

  it("lie in a folder that only their user can read, and that goes with the workspace", async () => {
    const { url } = await otherServer();
    const find = "find /tmp -maxdepth 1 -name 'agent-server-remote-*' -printf '%m %p\\n'";
    const { stdout: before } = await promisify(execFile)("sh", ["-c", find]);
    const workspace = await openRemote(url);
    const { stdout } = await workspace.run(["sh", "-c", find]);
    const folders = stdout
      .trim()
      .split("\n")
      .filter((line) => !before.includes(line));
    expect(folders.length).toBeGreaterThan(0);
    expect(folders.every((line) => line.startsWith("700 "))).toBe(true);
    await workspace.close();
    const other = await openRemote(url);
    const { stdout: later } = await other.run(["sh", "-c", find]);
    // The new one has come, and the old one has gone, among those of other tests.
    expect(folders.some((line) => !later.includes(line))).toBe(true);
  });
});

describe("options of remoteWorkspace", () => {
  it.each([
    [{ host: "10.0.0.7:8000" }, /host: must be an http or https URL/],
    [{ host: "ftp://machine" }, /host: must be an http or https URL/],
    [{ host: "http://me:secret@machine" }, /host: must have no user/],
    [{ host: "http://machine/?key=secret" }, /host: must have no user, password, query/],
    [{ host: "http://machine", apiKey: "two\nlines" }, /apiKey: must be printable/],
    [{ host: "http://machine", workingDir: "relative" }, /workingDir: must be an absolute path/],
    [{ host: "http://machine", patience: 0 }, /patience: must be between/],
  ])("%o is refused in words that show no secret", (options, words) => {
    expect(() => remoteWorkspace(options)).toThrow(words);
    expect(() => remoteWorkspace(options)).not.toThrow(/secret|two/);
  });

  it("relative working folders start in `workingDir`, and the server's own routes work in it", async () => {
    const { url } = await otherServer();
    const open = remoteWorkspace({ host: url, apiKey: KEY, workingDir: "/srv/agents" });
    const spec = { workingDir: "workspace/one", dataDir: "/nowhere", requested: {} };
    const one = await open({ ...spec, conversationId: crypto.randomUUID() });
    const own = await open({ ...spec, workingDir: process.cwd(), conversationId: null });
    expect([one.info.workingDir, own.info.workingDir]).toEqual(["/srv/agents/workspace/one", "/srv/agents"]);
    await Promise.all([one.close(), own.close()]);
  });
});
