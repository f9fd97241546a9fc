import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type GoArchiveOptions, goEntries } from "./archives.ts";

/** Unpacks a small Go as an archive's `go/` would be, into `directory`. */
export function layGo(directory: string, options: GoArchiveOptions): void {
	for (const { path, content = "", type = "File", mode = 0o644 } of goEntries(options)) {
		const target = join(directory, path.replace(/^go\//, ""));
		mkdirSync(type === "Directory" ? target : dirname(target), { recursive: true });
		if (type === "File") writeFileSync(target, content, { mode });
	}
}

/** As the go command unpacks the toolchain module: no api, doc, misc and test, every go.mod renamed, all read-only. */
export function layModule(directory: string, options: GoArchiveOptions): void {
	for (const { path, content = "", type = "File" } of goEntries(options)) {
		const name = path.replace(/^go\//, "").replace(/(^|\/)go\.mod$/, "$1_go.mod");
		if (type !== "File" || /^(?:api|doc|misc|test)\//.test(name)) continue;
		mkdirSync(dirname(join(directory, name)), { recursive: true });
		writeFileSync(join(directory, name), content, { mode: /^bin\/|^pkg\/tool\//.test(name) ? 0o555 : 0o444 });
	}
}

/** Text files and symlinks (`-> TARGET`) below a directory. */
export function lay(directory: string, files: Readonly<Record<string, string>>): void {
	for (const [path, content] of Object.entries(files)) {
		const target = join(directory, path);
		mkdirSync(dirname(target), { recursive: true });
		if (content.startsWith("-> ")) symlinkSync(content.slice(3), target);
		else writeFileSync(target, content);
	}
}

/** Path, kind, mode, time of change and content of everything below: what must be the same afterwards. */
export function snapshot(directory: string): readonly string[] {
	return readdirSync(directory, { withFileTypes: true })
		.sort((left, right) => (left.name < right.name ? -1 : 1))
		.flatMap((entry) => {
			const path = join(directory, entry.name);
			const { mode, mtimeMs, nlink } = lstatSync(path);
			if (entry.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
			if (entry.isDirectory()) return [`${path}/ ${mode} ${mtimeMs}`, ...snapshot(path)];
			const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
			return [`${path} ${mode} ${mtimeMs} ${nlink} ${digest}`];
		});
}
