import { join } from "node:path";
import { GoxError, quote } from "../errors.ts";
import { ifPresent, namesIn, readBeginning } from "../fs.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { machineOfFile } from "./machine.ts";
import type { ScannedFile, ScannedTree } from "./treescan.ts";

/** Which release a GOROOT says it is, and for which platform. */
export interface Identity {
	readonly release: Release;
	readonly platform: Platform;
}

/**
 * What a GOROOT claims to be: the release by its VERSION, the platform by the header of bin/go; where that is no
 * executable of one platform, by gofmt's, else by the name of its directory of tools, else `host`.
 * @throws GoxError `usage` for a directory that is no GOROOT; `integrity` for a Go that was never published.
 */
export function identify(goroot: string, host: Platform): Identity {
	const text = ifPresent(() => readBeginning(join(goroot, "VERSION"), 4096));
	if (text === undefined)
		throw new GoxError("usage", `${goroot} is no GOROOT: it has no VERSION`, { hint: 'gox verify "$(go env GOROOT)"' });
	const name = (Buffer.from(text).toString().split("\n")[0] ?? "").trim();
	const release = parseRelease(name);
	if (release?.name === name) return { release, platform: platformOf(goroot) ?? host };
	throw new GoxError(
		"integrity",
		`${goroot} can't be proven: its VERSION says ${quote(name)}, which the Go project never published`,
	);
}

function platformOf(goroot: string): Platform | undefined {
	for (const command of ["go", "gofmt"]) {
		const found = ifPresent(() => machineOfFile(join(goroot, "bin", command)))?.platforms ?? [];
		if (found.length === 1) return found[0];
	}
	const tools = namesIn(join(goroot, "pkg/tool"));
	return platforms.find((platform) => tools.includes(platform.replace("-", "_")));
}

/**
 * A toolchain from the module cache as the archive would have it: there, every go.mod is called _go.mod, and the go
 * command copies src/_go.mod to src/go.mod before it runs one (cmd/go/internal/toolchain). Undefined for other trees.
 */
export function asInArchive(tree: ScannedTree): ScannedTree | undefined {
	const original = tree.get("src/_go.mod");
	if (!original) return undefined;
	const renamed = new Map<string, ScannedFile>();
	for (const [path, file] of tree) {
		const archived = path.replace(/(^|\/)_go\.mod$/, "$1go.mod");
		if (path === archived || !tree.has(archived)) renamed.set(archived, file);
		else if (path !== "src/_go.mod") renamed.set(path, file);
	}
	// Go renews the copy where the two differ in size: neither may be another.
	const copy = tree.get("src/go.mod");
	if (copy && copy.sha256 !== original.sha256) renamed.set("src/go.mod", { ...copy, sha256: undefined });
	return renamed;
}
