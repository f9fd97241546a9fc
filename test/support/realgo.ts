import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry } from "yauzl";
import { type TarEntry, tarGz } from "./archives.ts";

/** A real toolchain, as the go command downloaded and verified it. */
export interface RealToolchain {
	/** `go1.22.5` */
	readonly version: string;
	/** Its module zip in the module cache. */
	readonly zip: string;
	/** The directory that serves as a GOPROXY: the module cache's downloads. */
	readonly proxy: string;
	readonly h1: string;
}

/** The versions that the end-to-end tests install for real. */
export const realVersions = ["go1.22.5", "go1.21.13"] as const;

/** The toolchains for this machine, by the ordinary Go client; undefined where there is no go or it can't reach its proxy. */
export function realToolchains(versions: readonly string[] = realVersions): readonly RealToolchain[] | undefined {
	const [os, arch] = [process.platform, process.arch === "arm64" ? "arm64" : "amd64"];
	const module = mkdtempSync(join(tmpdir(), "gox-real-"));
	try {
		writeFileSync(join(module, "go.mod"), "module real\n");
		return versions.map((version) => {
			const answer = execFileSync("go", ["mod", "download", "-json", `golang.org/toolchain@v0.0.1-${version}.${os}-${arch}`], {
				cwd: module,
				encoding: "utf8",
				stdio: ["ignore", "pipe", "ignore"],
			});
			const { Zip: zip, Sum: h1 } = JSON.parse(answer) as { Zip: string; Sum: string };
			return { version, zip, h1, proxy: zip.replace(/\/golang\.org\/toolchain\/@v\/.*$/, "") };
		});
	} catch {
		return undefined;
	} finally {
		rmSync(module, { recursive: true, force: true });
	}
}

/**
 * An archive in the official shape, packed from a module zip: the real files under go/, with their modes.
 * Its bytes, so its hash, are not the official archive's: api, doc, misc and test are not in the module.
 */
export async function archiveFromZip(zip: string, prefix: string, only: (path: string) => boolean = () => true): Promise<Buffer> {
	const entries: TarEntry[] = [];
	for (const { name, content } of await zipEntries(zip)) {
		const path = name.slice(prefix.length).replace(/(^|\/)_go\.mod$/, "$1go.mod");
		if (!name.startsWith(prefix) || !only(path)) continue;
		const executable = /^(bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(path);
		entries.push({ path: `go/${path}`, content, mode: executable ? 0o755 : 0o644 });
	}
	return tarGz(entries);
}

/** Every file of a zip, whole; for zips that fit in memory. */
export async function zipEntries(path: string): Promise<{ name: string; content: Buffer }[]> {
	const { fromBuffer } = await import("yauzl");
	const entries: { name: string; content: Buffer }[] = [];
	await new Promise<void>((done, fail) => {
		fromBuffer(readFileSync(path), { lazyEntries: true }, (error, file) => {
			if (error) return fail(error);
			file.on("error", fail);
			file.on("end", done);
			file.on("entry", (entry: Entry) => {
				if (entry.fileName.endsWith("/")) return file.readEntry();
				file.openReadStream(entry, (failure, stream) => {
					if (failure) return fail(failure);
					const chunks: Buffer[] = [];
					stream.on("data", (chunk: Buffer) => chunks.push(chunk));
					stream.on("end", () => {
						entries.push({ name: entry.fileName, content: Buffer.concat(chunks) });
						file.readEntry();
					});
				});
			});
			file.readEntry();
		});
	});
	return entries;
}
