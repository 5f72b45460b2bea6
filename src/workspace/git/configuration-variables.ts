/**
 * The variables that give git its configuration, because options in arguments cannot hold every name, and every user of
 * the machine sees arguments.
 */
export function configurationVariables(
  entries: readonly (readonly [key: string, value: string])[],
): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) };
  for (const [index, [key, value]] of entries.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return variables;
}
