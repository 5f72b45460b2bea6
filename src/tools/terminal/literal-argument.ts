/**
 * Explains what to do when the command is a JSON or Python value, which models send when they mix up two tools. null
 * for anything that may be meant for a shell: `[ -f x ]`, `[[ -f x ]]` and `{ ls; }` have a blank after the bracket.
 */
export function literalArgumentHint(command: string): string | null {
  const start = command.trimStart();
  const what = kindOf(start);
  if (what === null) return null;
  return (
    `[Tool-argument error] \`command\` looks like a ${what}, not like a shell command: ${JSON.stringify(start.slice(0, 60))}\n\n` +
    "It was not run. To give data or code to a program, write it to a file with the file editor and run that, or use " +
    "a heredoc:\n\npython3 - <<'EOF'\n…\nEOF"
  );
}

function kindOf(text: string): string | null {
  if (/^\[[{"']/.test(text)) return "list";
  if (/^\[\[[^ \t]/.test(text)) return "nested list";
  if (/^\{["']/.test(text)) return "dictionary";
  return null;
}
