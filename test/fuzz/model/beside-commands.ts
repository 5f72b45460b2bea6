import { join } from "node:path";
import fc from "fast-check";
import { Fault } from "../fault.ts";
import { type Command, command } from "./command.ts";
import type { Reality, World } from "./world.ts";

const MOST_FILES = 8;
const MOST_COMMANDS = 8;

/** Commands that use what a server has beside conversations. */
export function besideCommands(): fc.Arbitrary<Command>[] {
  return [
    command(
      "secret",
      { name: fc.nat({ max: 3 }), value: fc.string({ minLength: 1, unit: "grapheme" }) },
      putSecret,
    ),
    command("forget secret", { name: fc.nat({ max: 3 }) }, deleteSecret),
    command(
      "upload",
      { name: fc.nat({ max: MOST_FILES - 1 }), content: fc.string({ unit: "binary" }) },
      upload,
    ),
    command(
      "bash",
      { lines: fc.integer({ min: 1, max: 400 }) },
      execute,
      ({ commands }) => commands.size < MOST_COMMANDS,
    ),
    command("stop bash", {}, stopBash),
    command("settings", { maxIterations: fc.integer({ min: 1, max: 400 }) }, changeSettings),
  ];
}

async function putSecret(
  { name, value }: { name: number; value: string },
  world: World,
  { client }: Reality,
) {
  const secret = { name: `SECRET_${name}`, value: `value ${value}` };
  await client.expect("PUT", "/api/settings/secrets", { json: secret });
  world.secrets.set(secret.name, secret.value);
}

async function deleteSecret({ name }: { name: number }, world: World, { client }: Reality) {
  const known = `SECRET_${name}`;
  const statuses = world.secrets.has(known) ? [200] : [404];
  await client.expect("DELETE", `/api/settings/secrets/${known}`, { statuses });
  world.secrets.delete(known);
}

async function upload(
  { name, content }: { name: number; content: string },
  world: World,
  { client, folder }: Reality,
) {
  const path = join(folder, `file ${name}`);
  const form = new FormData();
  form.set("file", new Blob([content]), "file");
  await client.expect("POST", `/api/file/upload?path=${encodeURIComponent(path)}`, { form });
  // What is downloaded is text again, with a replacement for half of a pair.
  world.files.set(path, new TextDecoder().decode(new TextEncoder().encode(content)));
}

async function execute({ lines }: { lines: number }, world: World, { client, word }: Reality) {
  const output = `${Array.from({ length: lines }, (_, index) => index + 1).join("\n")}\n${word()}\n`;
  const command = `seq ${lines}; echo ${output.trim().split("\n").at(-1)}`;
  const json = { command };
  const { command_id, exit_code, stdout } = await client.expect<{
    command_id: string;
    exit_code: number;
    stdout: string;
  }>("POST", "/api/bash/execute_bash_command", { json });
  if (exit_code !== 0 || stdout !== output) throw new Fault(`${command}: exit code ${exit_code}, ${stdout}`);
  world.commands.set(command_id, output);
}

/** A command that would never end. */
async function stopBash(_: object, _world: World, { client }: Reality) {
  const json = { command: "sleep 86400 & sleep 86400" };
  const { id } = await client.expect<{ id: string }>("POST", "/api/bash/start_bash_command", { json });
  await client.expect("POST", `/api/bash/bash_commands/${id}/stop`);
}

async function changeSettings(
  { maxIterations }: { maxIterations: number },
  world: World,
  { client }: Reality,
) {
  const json = { conversation_settings_diff: { max_iterations: maxIterations } };
  await client.expect("PATCH", "/api/settings", { json });
  world.maxIterations = maxIterations;
}
