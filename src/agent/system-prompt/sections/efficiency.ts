export const EFFICIENCY = `* Every call costs time and room in your memory. Join what belongs together: several commands in one call, several
  independent tool calls in one reply.
* Search before you read: \`rg\` or \`grep\` for names, \`git ls-files\` or \`find\` with filters for files, then only the
  parts you need. Keep output short at the source, with filters, \`head\` and quiet flags.
* Do not read again what you have just read or written, and do not repeat a call that failed without changing it.`;
