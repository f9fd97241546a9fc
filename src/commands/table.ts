import type { CommandSpec } from "./command.ts";
import { choice } from "./table/choice.ts";
import { machine } from "./table/machine.ts";
import { running } from "./table/running.ts";
import { upkeep } from "./table/upkeep.ts";
import { versions } from "./table/versions.ts";

/** Every command: what is called, listed, helped with and completed. */
export const commands: readonly CommandSpec[] = [...versions, ...choice, ...running, ...upkeep, ...machine];

/** The command of that name or alias. */
export function commandCalled(name: string): CommandSpec | undefined {
	return commands.find((command) => command.name === name || command.aliases?.includes(name));
}
