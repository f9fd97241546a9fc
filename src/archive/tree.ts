import { createHash, type Hash } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, linkSync, mkdirSync, openSync, symlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { GoxError } from "../errors.ts";
import { naming } from "../fs.ts";
import type { AcceptedEntry } from "./policy.ts";

/** One regular file of a GOROOT, as it was written. */
export interface TreeFile {
	/** Relative to GOROOT, with slashes. */
	readonly path: string;
	/** SHA-256 in lower-case hex. */
	readonly sha256: string;
	/** Bytes. */
	readonly size: number;
	readonly executable: boolean;
}

/** A file being received; chunks arrive in order. */
export interface FileSink {
	write(chunk: Uint8Array): void;
	/** @throws GoxError `hostile-archive` when fewer bytes came than the entry announced. */
	end(): void;
}

/**
 * Writes a GOROOT below `root`, which must be a fresh directory of ours, and takes every file's SHA-256 on the way.
 * All calls are synchronous: gunzip runs on another thread meanwhile, and nothing waits for a turn of the event loop.
 */
export class TreeWriter {
	readonly files: TreeFile[] = [];
	readonly #root: string;
	readonly #durable: boolean;
	readonly #directories = new Set<string>();
	#open: OpenFile | undefined;

	/** @param durable fsync every file, against power loss (`durable = true` in the config). */
	constructor(root: string, durable = false) {
		this.#root = root;
		this.#durable = durable;
	}

	/** Creates what the policy accepted; a file gives a sink for its content. */
	add(entry: AcceptedEntry): FileSink | undefined {
		switch (entry.kind) {
			case "directory":
				this.#makeDirectory(entry.path);
				return undefined;
			case "file":
				return this.#openFile(entry);
			case "symlink":
				this.#makeDirectory(parentOf(entry.path));
				symlinkSync(entry.target, join(this.#root, entry.path));
				return undefined;
			case "hardlink":
				this.#addHardLink(entry.path, entry.existing);
				return undefined;
		}
	}

	/** Writes a small file whole. */
	addFile(entry: Extract<AcceptedEntry, { kind: "file" }>, content: Uint8Array): void {
		const sink = this.#openFile(entry);
		sink.write(content);
		sink.end();
	}

	/** Gives every file the execute bits that a module zip can't carry. */
	setExecutable(path: string): void {
		const index = this.files.findIndex((file) => file.path === path);
		const file = this.files[index];
		if (!file) return;
		chmodSync(join(this.#root, path), 0o755);
		this.files[index] = { ...file, executable: true };
	}

	/** Closes what an aborted archive left open. */
	abandon(): void {
		this.#open?.close();
		this.#open = undefined;
	}

	#openFile(entry: Extract<AcceptedEntry, { kind: "file" }>): FileSink {
		this.#makeDirectory(parentOf(entry.path));
		const open = new OpenFile(join(this.#root, entry.path), entry, this.#durable);
		this.#open = open;
		return {
			write: (chunk) => open.write(chunk),
			end: () => {
				this.#open = undefined;
				this.files.push(open.finish());
			},
		};
	}

	#addHardLink(path: string, existing: string): void {
		this.#makeDirectory(parentOf(path));
		linkSync(join(this.#root, existing), join(this.#root, path));
		const original = this.files.find((file) => file.path === existing);
		if (original) this.files.push({ ...original, path });
	}

	#makeDirectory(path: string): void {
		if (this.#directories.has(path)) return;
		mkdirSync(join(this.#root, path), { recursive: true, mode: 0o755 });
		this.#directories.add(path);
	}
}

class OpenFile {
	readonly #path: string;
	readonly #entry: Extract<AcceptedEntry, { kind: "file" }>;
	readonly #durable: boolean;
	readonly #digest: Hash = createHash("sha256");
	#descriptor: number | undefined;
	#written = 0;

	constructor(path: string, entry: Extract<AcceptedEntry, { kind: "file" }>, durable: boolean) {
		this.#path = path;
		this.#entry = entry;
		this.#durable = durable;
		this.#descriptor = openSync(path, "wx", entry.executable ? 0o755 : 0o644);
	}

	write(chunk: Uint8Array): void {
		if (this.#descriptor === undefined) return;
		this.#digest.update(chunk);
		const descriptor = this.#descriptor;
		naming(this.#path, () => {
			for (let offset = 0; offset < chunk.length; ) offset += writeSync(descriptor, chunk, offset);
		});
		this.#written += chunk.length;
	}

	finish(): TreeFile {
		naming(this.#path, () => {
			if (this.#durable && this.#descriptor !== undefined) fsyncSync(this.#descriptor);
			this.close();
		});
		const { path, size, executable } = this.#entry;
		if (this.#written !== size) {
			throw new GoxError("hostile-archive", `the archive's entry ${path} announced ${size} bytes and has ${this.#written}`);
		}
		return { path, size, executable, sha256: this.#digest.digest("hex") };
	}

	close(): void {
		const descriptor = this.#descriptor;
		this.#descriptor = undefined;
		if (descriptor !== undefined) closeSync(descriptor);
	}
}

function parentOf(path: string): string {
	const parent = dirname(path);
	return parent === "." ? "" : parent;
}
