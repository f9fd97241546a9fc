import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { homeLayout } from "../store/home.ts";
import { pickInstalled } from "../store/links.ts";
import { notAVersion, parseRequest } from "../version/request.ts";
import { findModFile, pickForFloor, requestFor } from "./modfile.ts";
import { type Lookup, lookUpKey, lookUpPin, type SelectOptions, select } from "./select.ts";
import { floorNotInstalled, keyLinkedAt, type Selection, type Source, type Toolchain } from "./selection.ts";
import { startOf } from "./start.ts";
import { parsePin } from "./versionfile.ts";

/** What a directory or variable asks for, installed or not. */
export interface ProjectRequest {
	/** A request for `gox install`: `1.22.5`, `1.22`, `1.15.15@darwin-amd64`; `system` asks for nothing to be installed. */
	readonly request: string;
	readonly source: Source;
	/** Whether it is installed; `selection.version` is then its version. */
	readonly installed: boolean;
	readonly selection: Selection;
}

/**
 * What this directory asks for: undefined if no variable, version file, go.work or go.mod names a version.
 * @throws GoxError as `select` does.
 */
export function projectRequest(context: Context, options: SelectOptions = {}): ProjectRequest | undefined {
	const selection = select(context, options);
	if (selection.source.kind === "default" || selection.source.kind === "system") return undefined;
	return { request: selection.request, source: selection.source, installed: selection.installed, selection };
}

/**
 * The installed Go that a word of the command line names: a pin, or a request that only a command takes
 * (`oldstable`, `next`, `mod`, a range, a prefix of another platform).
 * @throws GoxError `bad-home`, `not-a-version`, `not-installed`, `no-go`
 */
export function toolchainNamed(context: Context, word: string): Toolchain {
	const layout = homeLayout(context);
	const pin = parsePin(word);
	if (!pin) return toolchainAskedFor(context, word);
	if (pin.kind === "alias" && keyLinkedAt(join(layout.aliases, pin.name)) === undefined) {
		const { message, hint = "" } = notAVersion(word);
		throw new GoxError("not-a-version", `${message}, and no alias has that name`, { hint });
	}
	return toolchainIn(lookUpPin(context, layout, pin, word, "the command line"));
}

function toolchainAskedFor(context: Context, word: string): Toolchain {
	const layout = homeLayout(context);
	const request = parseRequest(word);
	if (request.kind === "mod") return toolchainForMod(context);
	const { key } = pickInstalled(context, request);
	return toolchainIn(lookUpKey(layout, key, key, "the command line"));
}

function toolchainForMod(context: Context): Toolchain {
	const start = startOf(context);
	const file = start === undefined ? undefined : findModFile(context, start);
	if (!file?.floor) {
		throw new GoxError("no-such-release", "no go.work or go.mod here asks for a Go version", {
			hint: "go mod init example.com/name",
		});
	}
	const found = pickForFloor(context, homeLayout(context), file.floor);
	if (!found) throw floorNotInstalled(file.path, file.floor.line, requestFor(file.floor));
	return found;
}

function toolchainIn({ outcome }: Lookup): Toolchain {
	if ("failure" in outcome) throw outcome.failure;
	return outcome.toolchain;
}
