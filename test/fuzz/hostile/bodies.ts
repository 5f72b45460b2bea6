const DEPTH = 50_000;
const LENGTH = 200_000;

/** Bodies of JSON, or nearly so, that no client would send; each with what it is. */
export function hostileBodies(): [name: string, body: Buffer][] {
  const bodies: [string, string][] = [
    ["nothing", ""],
    ["half of something", '{"agent": '],
    ["a word", "null"],
    ["a number", "1"],
    ["a text", '"text"'],
    ["a list", "[[],{},null]"],
    ["two values", "{}{}"],
    ["a mark of byte order", "\ufeff{}"],
    ["lists in lists", `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`],
    ["objects in objects", `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`],
    ["deep fields", fields(`${"[".repeat(1_000)}${"]".repeat(1_000)}`)],
    ["many keys", `{${Array.from({ length: LENGTH / 10 }, (_, at) => `"k${at}":0`).join()}}`],
    ["a long key", `{"${"k".repeat(LENGTH)}":1}`],
    ["a long text", fields(JSON.stringify("x".repeat(LENGTH)))],
    ["a key twice", '{"name":"a","name":"b","command":"true","command":{}}'],
    [
      "keys of prototypes",
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}',
    ],
    [
      "prototypes in fields",
      fields('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    ],
    ["absurd numbers", fields("1e999")],
    ["negative numbers", fields("-9007199254740993")],
    ["small numbers", fields("1e-400")],
    ["long numbers", fields("9".repeat(5_000))],
    ["halves of pairs", fields('"\\ud800"')],
    ["zeros", fields('"\\u0000\\u0000"')],
    ["directions and joints", fields('"\\u202e\\u200d\\ufeff\\u2028"')],
    ["paths", fields('"../../../../../etc/passwd\\u0000"')],
    ["commands", fields('"$(exit 1)`exit 1`; exit 1 #"')],
    ["patterns", fields('"^(a+)+$(?=x*)*"')],
    ["empty texts", fields('""')],
    ["empty objects", fields("{}")],
    ["empty lists", fields("[]")],
    ["lists of lists", fields("[[],[[]],{}]")],
    ["kinds", fields('{"kind":"__proto__"}')],
  ];
  return [
    ...bodies.map(([name, body]): [string, Buffer] => [name, Buffer.from(body)]),
    ["bytes that are no text", Buffer.from([0x7b, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d])],
  ];
}

/** Fields that many bodies of the protocol have, all with the same value. */
function fields(value: string): string {
  const names = [
    ...["agent", "agent_settings", "workspace", "initial_message", "role", "content", "run", "title", "tags"],
    ...["name", "value", "secrets", "policy", "confirmation_policy", "accept", "reason", "command", "cwd"],
    ...[
      "timeout",
      "llm",
      "model",
      "messages",
      "input",
      "event_id",
      "objective",
      "question",
      "path",
      "source",
    ],
    ...["agent_settings_diff", "conversation_settings_diff", "settings", "server", "id", "max_iterations"],
  ];
  return `{${names.map((name) => `"${name}":${value}`).join()}}`;
}
