import { isSettingName, OTHER_VARIABLES, SETTINGS, UNSUPPORTED } from "./reference-settings.ts";

/** Warns of the keys of a file that are not settings, or have no effect here. */
export function unknownKeys(keys: readonly string[]): string[] {
  return keys
    .filter((key) => !isSettingName(key))
    .map((key) =>
      isUnsupported(key) ? `${key}: this setting has no effect` : `${key}: unknown setting, ignored`,
    );
}

/** Warns of variables that look like settings, and are not, or have no effect here. */
export function unknownVariables(variables: readonly string[]): string[] {
  return variables.filter((variable) => variable.startsWith("OH_") && !isOther(variable)).flatMap(warningOf);
}

function warningOf(variable: string): string[] {
  const name = variable.slice("OH_".length).toLowerCase();
  // The longest name decides: `conversation_runtime_selectable` is not a field of `conversation_runtime`.
  const setting = settingOf(name, [...Object.keys(SETTINGS), ...UNSUPPORTED]);
  if (setting === undefined) return [`${variable}: unknown variable, ignored`];
  return isSettingName(setting) ? [] : [`${variable}: this setting has no effect`];
}

function isUnsupported(key: string): boolean {
  return (UNSUPPORTED as readonly string[]).includes(key);
}

function isOther(variable: string): boolean {
  return (OTHER_VARIABLES as readonly string[]).includes(variable);
}

/** Finds the setting of a variable. The variable is the setting's name, alone or with `_0`, a field or `_is_none`. */
function settingOf(name: string, settings: readonly string[]): string | undefined {
  return settings
    .filter((setting) => name === setting || name.startsWith(`${setting}_`))
    .sort((a, b) => b.length - a.length)[0];
}
