import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import type { Platform } from "../../src/version/platform.ts";
import { printingProgram, versionLine } from "./fakego.ts";

/** One tar entry, as hostile as a test wants it. */
export interface TarEntry {
	readonly path: string;
	readonly content?: string | Uint8Array;
	readonly type?: "File" | "Directory" | "SymbolicLink" | "Link" | "CharacterDevice" | "FIFO";
	readonly mode?: number;
	readonly linkpath?: string;
}

/** An uncompressed tar of exactly these entries, with its two closing blocks. */
export function tar(entries: readonly TarEntry[]): Buffer {
	const blocks: Buffer[] = [];
	for (const { path, content = "", type = "File", mode = type === "Directory" ? 0o755 : 0o644, linkpath } of entries) {
		const body = Buffer.from(content as Uint8Array);
		const header = new Header({
			path,
			type,
			mode,
			size: body.length,
			mtime: new Date(1_720_000_000_000),
			...(linkpath === undefined ? {} : { linkpath }),
		});
		const block = Buffer.alloc(512);
		if (header.encode(block, 0)) throw new Error(`${path} is too long for a plain tar header`);
		blocks.push(block, body, Buffer.alloc((512 - (body.length % 512)) % 512));
	}
	return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function tarGz(entries: readonly TarEntry[]): Buffer {
	return gzipSync(tar(entries), { level: 1 });
}

export interface GoArchiveOptions {
	readonly version: string;
	readonly platform: Platform;
	/** What `bin/go` is; by default a program of the platform that prints `go version …`. */
	readonly program?: Uint8Array;
	/** First line of VERSION where it isn't the version's own. */
	readonly versionFile?: string;
	readonly more?: readonly TarEntry[];
}

/** The entries of a small Go distribution, in the shape of the official ones. */
export function goEntries({ version, platform, program, versionFile, more = [] }: GoArchiveOptions): TarEntry[] {
	const go = program ?? printingProgram(platform, versionLine(version, platform));
	return [
		{ path: "go/", type: "Directory" },
		{ path: "go/VERSION", content: `${versionFile ?? version}\ntime 2024-06-27T20:11:12Z\n` },
		{ path: "go/bin/go", content: go, mode: 0o755 },
		{ path: "go/bin/gofmt", content: go, mode: 0o755 },
		{ path: "go/src/go.mod", content: "module std\n\ngo 1.22\n" },
		{ path: "go/src/fmt/print.go", content: "package fmt\n" },
		{ path: "go/api/go1.txt", content: "pkg fmt\n" },
		{ path: "go/doc/go_spec.html", content: "<!-- the spec -->\n" },
		{ path: "go/misc/go.mod", content: "module misc\n" },
		{ path: "go/test/empty.go", content: "package main\n" },
		{ path: `go/pkg/tool/${platform.replace("-", "_")}/compile`, content: "a compiler", mode: 0o755 },
		...more,
	];
}

export function goArchive(options: GoArchiveOptions): Buffer {
	return tarGz(goEntries(options));
}

export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/** The official name of an archive. */
export function archiveName(version: string, platform: Platform): string {
	return `${version}.${platform}.tar.gz`;
}
