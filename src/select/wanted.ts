import type { Context } from "../context.ts";
import { type SelectOptions, select } from "./select.ts";
import type { Selection, Source } from "./source.ts";

/** What a directory or variable asks for, installed or not. */
export interface Wanted {
	/** A request for `gox install`: `1.22.5`, `1.22`, `1.15.15@darwin-amd64`; `system` asks for nothing to be installed. */
	readonly request: string;
	readonly source: Source;
	/** Whether it is there already: then `selection.version` says which. */
	readonly installed: boolean;
	readonly selection: Selection;
}

/**
 * What this directory wants: undefined when no variable, version file, go.work or go.mod says anything.
 * @throws GoxError as `select` does.
 */
export function wanted(context: Context, options: SelectOptions = {}): Wanted | undefined {
	const selection = select(context, options);
	if (selection.source.kind === "default" || selection.source.kind === "system") return undefined;
	return { request: selection.request, source: selection.source, installed: selection.installed, selection };
}
