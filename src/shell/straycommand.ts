import { chmodSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, makeDirectory, replaceSymlink, writeFileAtomic } from "../fs.ts";
import type { LeftoverTool } from "./leftovertools.ts";

/** A `go` or `gofmt` that another tool put into a directory which stays on PATH. */
export interface StrayCommand {
	readonly tool: LeftoverTool;
	readonly path: string;
	/** What it points to, where it is a symlink. */
	readonly link?: string;
	/** Its bytes, one character each, and its mode, where it is a file. */
	readonly content?: string;
	readonly mode?: number;
}

const names = ["go", "gofmt", "godoc"];

/**
 * g links Go's commands into GOPATH/bin, where `go install` puts everybody's programs; asdf and mise have shims for Go
 * beside those for other languages.
 * @param staying tools whose set-up stays because it is for other languages too
 */
export function strayCommands({ env, userHome }: Context, staying: ReadonlySet<LeftoverTool>): readonly StrayCommand[] {
	const gopath = (env.GOPATH || join(userHome, "go")).split(":")[0] ?? "";
	const asdf = join(env.ASDF_DATA_DIR || join(userHome, ".asdf"), "shims");
	const mise = join(env.MISE_DATA_DIR || join(env.XDG_DATA_HOME || join(userHome, ".local/share"), "mise"), "shims");
	return [
		...found("g", join(gopath, "bin")).filter(({ link }) => link?.startsWith(`${join(userHome, ".go")}/`)),
		...(staying.has("asdf") ? found("asdf", asdf) : []),
		...(staying.has("mise") ? found("mise", mise) : []),
	];
}

export function takeAway({ path }: StrayCommand): void {
	rmSync(path, { force: true });
}

/** Puts it back, unless something else is there now. */
export function putBack({ path, link, content, mode = 0o755 }: StrayCommand): void {
	if (ifPresent(() => lstatSync(path))) return;
	makeDirectory(dirname(path));
	if (link !== undefined) replaceSymlink(link, path);
	else {
		writeFileAtomic(path, Buffer.from(content ?? "", "latin1"), mode);
		chmodSync(path, mode);
	}
}

function found(tool: LeftoverTool, directory: string): readonly StrayCommand[] {
	return names.flatMap((name): StrayCommand[] => {
		const path = join(directory, name);
		const stat = ifPresent(() => lstatSync(path));
		if (stat?.isSymbolicLink()) return [{ tool, path, link: readlinkSync(path) }];
		// A shim is a small script: anything larger is somebody's program.
		if (!stat?.isFile() || stat.size > 65_536) return [];
		return [{ tool, path, content: readFileSync(path, "latin1"), mode: stat.mode & 0o7777 }];
	});
}
