import { createHash, type Hash } from "node:crypto";
import { chmodSync, closeSync, constants, fsyncSync, linkSync, mkdirSync, openSync, symlinkSync, writeSync } from "node:fs";
import { GoxError } from "../errors.ts";
import { naming } from "../fs.ts";
import { type Stopwatch, untimed } from "../stopwatch.ts";
import { sha256Of } from "../verify/dirhash.ts";
import type { AcceptedEntry } from "./policy.ts";

type FileEntry = Extract<AcceptedEntry, { kind: "file" }>;

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

/** What may give the tree a file that is on the disk already, in another GOROOT. */
export interface FileSharing {
	/** Makes `to`, which doesn't exist, out of an equal file; false where there is none, and the content has to be written. */
	take(file: TreeFile, content: Uint8Array, to: string): boolean;
	/** As `take`, for a file that came in pieces and lies at `to` already: an equal one gets its place. */
	takeOver(file: TreeFile, to: string): boolean;
}

/**
 * Writes a GOROOT below `root`, which must be a fresh directory of ours, and takes every file's SHA-256 on the way.
 * All calls are synchronous: gunzip runs on another thread meanwhile, and nothing waits for a turn of the event loop.
 */
export class TreeWriter {
	readonly files: TreeFile[] = [];
	/** Relative to GOROOT, with slashes; no hash of the files covers them. */
	readonly symlinks: string[] = [];
	readonly #root: string;
	readonly #durable: boolean;
	readonly #sharing: FileSharing | undefined;
	readonly #stopwatch: Stopwatch;
	readonly #directories = new Set([""]);
	#open: OpenFile | undefined;

	/**
	 * @param durable fsync every file, against power loss (`durable = true` in the config).
	 * @param sharing asked for every file: before it is written where it comes whole, afterwards where it came in pieces
	 */
	constructor(root: string, durable = false, sharing?: FileSharing, stopwatch: Stopwatch = untimed) {
		this.#root = root;
		this.#durable = durable;
		this.#sharing = sharing;
		this.#stopwatch = stopwatch;
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
				this.#makeParent(entry.path);
				symlinkSync(entry.target, this.#place(entry.path));
				this.symlinks.push(entry.path);
				return undefined;
			case "hardlink":
				this.#addHardLink(entry.path, entry.existing);
				return undefined;
		}
	}

	/**
	 * Writes a file whole; nearly all are small, and one call hashes them faster than a stream of one piece.
	 * @throws GoxError `hostile-archive` when the content hasn't the size that the entry announced.
	 */
	addFile(entry: FileEntry, content: Uint8Array): void {
		checkSize(entry, content.length);
		const sha256 = this.#stopwatch.busy("hash", () => sha256Of(content));
		const file = { path: entry.path, sha256, size: entry.size, executable: entry.executable };
		this.files.push(file);
		this.#stopwatch.busy("write", () => this.#writeFile(entry, file, content));
	}

	#writeFile(entry: FileEntry, file: TreeFile, content: Uint8Array): void {
		this.#makeParent(entry.path);
		const path = this.#place(entry.path);
		naming(path, () => {
			const taken = this.#sharing?.take(file, content, path) ?? false;
			if (taken && !this.#durable) return;
			const descriptor = taken ? openSync(path, constants.O_RDONLY) : create(path, entry);
			try {
				if (!taken) writeFully(descriptor, content);
				if (this.#durable) this.#stopwatch.busy("fsync", () => fsyncSync(descriptor));
			} finally {
				closeSync(descriptor);
			}
		});
	}

	/** Gives every file the execute bits that a module zip can't carry. */
	setExecutable(path: string): void {
		const index = this.files.findIndex((file) => file.path === path);
		const file = this.files[index];
		if (!file) return;
		chmodSync(this.#place(path), 0o755);
		this.files[index] = { ...file, executable: true };
	}

	/** Closes what an aborted archive left open. */
	abandon(): void {
		this.#open?.close();
		this.#open = undefined;
	}

	#openFile(entry: FileEntry): FileSink {
		this.#makeParent(entry.path);
		const path = this.#place(entry.path);
		const open = new OpenFile(path, entry, this.#durable, this.#stopwatch);
		this.#open = open;
		return {
			write: (chunk) => open.write(chunk),
			end: () => {
				this.#open = undefined;
				const file = open.finish();
				this.files.push(file);
				if (this.#sharing) this.#stopwatch.busy("write", () => this.#shareWritten(file, path));
			},
		};
	}

	#shareWritten(file: TreeFile, path: string): void {
		naming(path, () => {
			if (!this.#sharing?.takeOver(file, path) || !this.#durable) return;
			const descriptor = openSync(path, constants.O_RDONLY);
			try {
				this.#stopwatch.busy("fsync", () => fsyncSync(descriptor));
			} finally {
				closeSync(descriptor);
			}
		});
	}

	#addHardLink(path: string, existing: string): void {
		this.#makeParent(path);
		linkSync(this.#place(existing), this.#place(path));
		const original = this.files.find((file) => file.path === existing);
		if (original) this.files.push({ ...original, path });
	}

	#makeParent(path: string): void {
		this.#makeDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
	}

	#makeDirectory(path: string): void {
		if (this.#directories.has(path)) return;
		this.#makeParent(path);
		mkdirSync(this.#place(path), 0o755);
		this.#directories.add(path);
	}

	/** The policy has normalised the path: nothing is left for `join` to do. */
	#place(path: string): string {
		return `${this.#root}/${path}`;
	}
}

/** A file whose content comes in pieces. */
class OpenFile {
	readonly #path: string;
	readonly #entry: FileEntry;
	readonly #durable: boolean;
	readonly #stopwatch: Stopwatch;
	readonly #digest: Hash = createHash("sha256");
	#descriptor: number | undefined;
	#written = 0;

	constructor(path: string, entry: FileEntry, durable: boolean, stopwatch: Stopwatch) {
		this.#path = path;
		this.#entry = entry;
		this.#durable = durable;
		this.#stopwatch = stopwatch;
		this.#descriptor = create(path, entry);
	}

	write(chunk: Uint8Array): void {
		const descriptor = this.#descriptor;
		if (descriptor === undefined) return;
		this.#stopwatch.busy("hash", () => this.#digest.update(chunk));
		this.#stopwatch.busy("write", () => naming(this.#path, () => writeFully(descriptor, chunk)));
		this.#written += chunk.length;
	}

	finish(): TreeFile {
		naming(this.#path, () => {
			const descriptor = this.#descriptor;
			if (this.#durable && descriptor !== undefined) this.#stopwatch.busy("fsync", () => fsyncSync(descriptor));
			this.close();
		});
		checkSize(this.#entry, this.#written);
		const { path, size, executable } = this.#entry;
		return { path, size, executable, sha256: this.#digest.digest("hex") };
	}

	close(): void {
		const descriptor = this.#descriptor;
		this.#descriptor = undefined;
		if (descriptor !== undefined) closeSync(descriptor);
	}
}

/** A new file, never one that is there already, nor through a link. */
function create(path: string, { executable }: FileEntry): number {
	return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, executable ? 0o755 : 0o644);
}

function writeFully(descriptor: number, content: Uint8Array): void {
	for (let offset = 0; offset < content.length; ) offset += writeSync(descriptor, content, offset);
}

function checkSize({ path, size }: FileEntry, found: number): void {
	if (found === size) return;
	throw new GoxError("hostile-archive", `the archive's entry ${path} announced ${size} bytes and has ${found}`);
}
