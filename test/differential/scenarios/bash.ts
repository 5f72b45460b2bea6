import type { Client } from "../client.ts";
import { pause, type Scenario } from "../scenario.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";

/** Waits, without a note, until a command has its final output. */
async function ended(client: Client, at: string, id: string): Promise<void> {
  const query = `command_id__eq=${id}&sort_order=TIMESTAMP_DESC&limit=1`;
  for (let tries = 0; tries < 200; tries += 1) {
    const { body } = await client.quietly({ method: "GET", path: `${at}/bash_events/search?${query}` });
    const [last] = (body as { items: { exit_code: number | null }[] }).items;
    if (typeof last?.exit_code === "number") return;
    await pause(100);
  }
  throw new Error(`command ${id} does not end`);
}

async function started(client: Client, at: string, request: object): Promise<string> {
  const { body } = await client.ask("POST", `${at}/start_bash_command`, request);
  return (body as { id: string }).id;
}

/** Every request on events that knows the ids of what it asks for. */
async function events(client: Client, at: string): Promise<void> {
  const execute = async (command: string) =>
    (await client.ask("POST", `${at}/execute_bash_command`, { command })).body as {
      id: string;
      command_id: string;
    };
  const first = await execute("echo one");
  const second = await execute("echo two >&2; exit 3");
  const dashed = first.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  await client.ask("GET", `${at}/bash_events/${first.id}`);
  await client.ask("GET", `${at}/bash_events/${first.command_id}`);
  await client.ask("GET", `${at}/bash_events/${dashed}`);
  await client.ask("GET", `${at}/bash_events/${UNKNOWN}`);
  await client.ask("GET", `${at}/bash_events/`, [second.id, "does-not-exist", first.command_id]);
  await client.ask("GET", `${at}/bash_events/`, []);
  const search = (query: string) => client.ask("GET", `${at}/bash_events/search?${query}`);
  await search(`command_id__eq=${first.command_id}`);
  await search(`command_id__eq=${first.command_id}&kind__eq=BashOutput&order__gt=-1&sort_order=TIMESTAMP`);
  await search(`command_id__eq=${first.command_id}&order__gt=0`);
  await search(`command_id__eq=${first.command_id}&kind__eq=BashCommand`);
  await search(`command_id__eq=${UNKNOWN}`);
  await client.ask("POST", `${at}/bash_commands/${first.command_id}/stop`);
  await client.ask("POST", `${at}/bash_commands/${UNKNOWN}/stop`);
}

export const bashScenarios: Scenario[] = [
  {
    name: "bash: commands to their end",
    script: [],
    drive: async (client, { workspace }) => {
      const execute = (request: object) => client.ask("POST", "/api/bash/execute_bash_command", request);
      await execute({ command: "echo out; echo err >&2; exit 3" });
      await execute({ command: "true" });
      await execute({ command: "pwd", cwd: workspace });
      await execute({ command: "pwd", cwd: "/", timeout: 10 });
      await execute({ command: "no-such-program-at-all 2>/dev/null" });
      await execute({ command: "true", cwd: "/no/such/folder" });
      await execute({ command: "kill -9 $$" });
      await execute({ command: "echo begun; sleep 30", timeout: 1 });
      await execute({ command: "printf '\\303\\244 \\377'" });
      await execute({ command: "head -c 1048586 /dev/zero | tr '\\0' x | tail -c 10" });
      await execute({ command: "env | grep -c -E '^(OH_SECRET_KEY|SESSION_API_KEY)='; echo $AI_AGENT" });
      await execute({ command: "echo extra", more: 1 });
    },
  },
  {
    name: "bash: commands in the background",
    script: [],
    drive: async (client) => {
      const at = "/api/bash";
      const quick = await started(client, at, { command: "echo hi", timeout: 20 });
      await ended(client, at, quick);
      await client.ask("GET", `${at}/bash_events/search?command_id__eq=${quick}`);
      const long = await started(client, at, { command: "echo begun; exec sleep 60" });
      await pause(500);
      await client.ask("POST", `${at}/bash_commands/${long}/stop`);
      await ended(client, at, long);
      await client.ask("GET", `${at}/bash_events/search?command_id__eq=${long}`);
      await client.ask("POST", `${at}/bash_commands/${long}/stop`);
      const flood = await started(client, at, { command: "head -c 2500000 /dev/zero | tr '\\0' x" });
      await ended(client, at, flood);
      await client.ask("GET", `${at}/bash_events/search?command_id__eq=${flood}&order__gt=1`);
    },
  },
  {
    name: "bash: events of the server",
    script: [],
    drive: (client) => events(client, "/api/bash"),
  },
  {
    name: "bash: requests that are refused",
    script: [],
    drive: async (client) => {
      for (const verb of ["start_bash_command", "execute_bash_command"]) {
        const post = (body?: unknown) => client.ask("POST", `/api/bash/${verb}`, body);
        await post({});
        await post({ command: 3 });
        await post({ command: null });
        await post({ command: "true", cwd: 3 });
        await post({ command: "true", timeout: 1.5 });
        await post({ command: "true", timeout: "soon" });
        await post();
        await post("{");
        await post([]);
      }
      await client.ask("POST", "/api/bash/bash_commands/nope/stop");
      for (const query of [
        "limit=0",
        "limit=101",
        "limit=x",
        "kind__eq=BashError",
        "kind__eq=",
        "command_id__eq=x",
        "timestamp__gte=yesterday",
        "order__gt=x",
        "sort_order=ORDER",
      ]) {
        await client.ask("GET", `/api/bash/bash_events/search?${query}`);
      }
      await client.ask("GET", "/api/bash/bash_events/");
      await client.ask("GET", "/api/bash/bash_events/", { ids: [] });
      await client.ask("GET", "/api/bash/bash_events/", [3]);
      await client.ask("GET", "/api/bash/bash_events");
      await client.ask("PUT", "/api/bash/bash_events/search");
      await client.ask("DELETE", "/api/bash/bash_events/");
      await client.ask("GET", "/api/bash/start_bash_command");
    },
  },
  {
    name: "bash: commands of a conversation",
    script: [],
    drive: async (client, { workspace }) => {
      const execute = (request: object) => client.ask("POST", "~/bash/execute_bash_command", request);
      await execute({ command: "pwd" });
      await execute({ command: "mkdir deep; echo made" });
      await execute({ command: "pwd", cwd: workspace });
      await execute({ command: "pwd", cwd: `${workspace}/deep/` });
      await execute({ command: "pwd", cwd: `${workspace}/deep/..` });
      await execute({ command: "pwd", cwd: "/" });
      await execute({ command: "pwd", cwd: `${workspace}/..` });
      await execute({ command: "pwd", cwd: `${workspace}-other` });
      await execute({ command: "true", cwd: `${workspace}/missing` });
      await started(client, "~/bash", { command: "true" });
      await events(client, "~/bash");
      await pause(300);
      await client.ask("DELETE", "~/bash/bash_events");
      await client.ask("GET", "~/bash/bash_events/search");
    },
  },
  {
    name: "bash: relative folders of a conversation",
    script: [],
    drive: async (client) => {
      const execute = (request: object) => client.ask("POST", "~/bash/execute_bash_command", request);
      await execute({ command: "mkdir deep" });
      await execute({ command: "pwd", cwd: "deep" });
      await execute({ command: "pwd", cwd: "" });
      await execute({ command: "pwd", cwd: "../deep" });
    },
  },
  {
    name: "bash: pages of a conversation's events",
    script: [],
    drive: async (client) => {
      const at = "~/bash";
      for (const word of ["one", "two", "three"]) {
        await client.ask("POST", `${at}/execute_bash_command`, { command: `echo ${word}` });
      }
      const search = (query: string) => client.ask("GET", `${at}/bash_events/search?${query}`);
      await search("");
      const page = (await search("limit=2")).body as { next_page_id: string };
      await search(`limit=2&page_id=${page.next_page_id}`);
      await search("kind__eq=BashCommand");
      await search("kind__eq=BashOutput&sort_order=TIMESTAMP_DESC&limit=2");
      await search("order__gt=0");
      await search("page_id=unknown&limit=1");
      await search("timestamp__gte=2000-01-01T00:00:00Z&limit=1");
      await search("timestamp__gte=2099-01-01T00:00:00");
      await search("timestamp__lt=2000-01-01T00:00:00%2B02:00");
      await search("timestamp__lt=2099-01-01");
    },
  },
  {
    name: "bash: conversations that are not there",
    script: [],
    drive: async (client) => {
      for (const id of [UNKNOWN, "nope"]) {
        const at = `/api/conversations/${id}/bash`;
        await client.ask("POST", `${at}/start_bash_command`, { command: "true" });
        await client.ask("POST", `${at}/execute_bash_command`, { command: "true" });
        await client.ask("POST", `${at}/bash_commands/${UNKNOWN}/stop`);
        await client.ask("GET", `${at}/bash_events/search`);
        await client.ask("GET", `${at}/bash_events/x`);
        await client.ask("GET", `${at}/bash_events/`, ["x"]);
        await client.ask("DELETE", `${at}/bash_events`);
      }
    },
  },
  {
    name: "bash: sockets",
    alone: true,
    script: [],
    drive: async (client) => {
      await client.ask("DELETE", "/api/bash/bash_events");
      await client.ask("GET", "/api/bash/bash_events/search");
      await client.ask("POST", "/api/bash/execute_bash_command", { command: "echo one" });
      const path = "/sockets/bash-events";
      await client.listen("", path);
      await client.listen("?resend_mode=all", path);
      await client.listen("?resend_all=true", path);
      await client.listen("?resend_mode=since", path);
      await client.listen("?resend_all=perhaps", path);
      await client.ask("DELETE", "/api/bash/bash_events");
    },
  },
];
