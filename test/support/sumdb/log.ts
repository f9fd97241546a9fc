import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { GoxError } from "../../../src/errors.ts";
import { keyHash } from "../../../src/sumdb/note.ts";
import type { SumdbReader } from "../../../src/sumdb/reader.ts";
import { escapeModule } from "../../../src/sumdb/record.ts";
import { type Hash, nodeHash, parseTilePath, recordHash, rootOf, subtreesOf, tilePath } from "../../../src/sumdb/tree.ts";

/** A key pair that signs tree heads. */
export class LogSigner {
	readonly name: string;
	/** As GOSUMDB wants it: `name+hash+base64`. */
	readonly verifierKey: string;
	readonly #private: KeyObject;
	readonly #hash: string;

	constructor(name: string) {
		const pair = generateKeyPairSync("ed25519");
		const encoded = Buffer.concat([Buffer.of(1), pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32)]);
		this.name = name;
		this.#private = pair.privateKey;
		this.#hash = keyHash(name, encoded);
		this.verifierKey = `${name}+${this.#hash}+${encoded.toString("base64")}`;
	}

	/** A signed note over a text that ends in a newline. */
	note(text: string): string {
		return `${text}\n— ${this.name} ${this.#signature(text)}\n`;
	}

	#signature(text: string): string {
		return Buffer.concat([Buffer.from(this.#hash, "hex"), sign(null, Buffer.from(text), this.#private)]).toString("base64");
	}
}

/** A small checksum database in memory: records in order, and every answer about any earlier size of it. */
export class TestLog {
	readonly signer: LogSigner;
	readonly #records: { module: string; text: string }[] = [];
	readonly #hashes = new Map<string, Hash>();

	constructor(signer: LogSigner) {
		this.signer = signer;
	}

	get size(): number {
		return this.#records.length;
	}

	/** Appends a record about `path@version`; `text` replaces the two lines that it would have. */
	add(path: string, version: string, h1: string, text = recordText(path, version, h1)): this {
		this.#records.push({ module: `${escapeModule(path)}@${escapeModule(version)}`, text });
		return this;
	}

	/** Appends `count` records that are alike but for their number and `salt`. */
	fill(count: number, salt = ""): this {
		for (let i = 0; i < count; i++) this.add(`example.org/${salt}filler`, `v0.0.${this.size}`, h1Of(`${salt}${this.size}`));
		return this;
	}

	/** The same first `size` records in another log, signed by the same key. */
	fork(size = this.size): TestLog {
		const fork = new TestLog(this.signer);
		fork.#records.push(...this.#records.slice(0, size));
		return fork;
	}

	/** The signed head of the first `size` records. */
	head(size = this.size): string {
		const root = rootOf(subtreesOf(size).map(({ level, n }) => this.#hash(level, n)));
		return this.signer.note(`go.sum database tree\n${size}\n${Buffer.from(root).toString("base64")}\n`);
	}

	/** What the database answered to a path when it had `size` records; undefined for what it hasn't. */
	answer(path: string, size = this.size): Uint8Array | undefined {
		if (path === "latest") return Buffer.from(this.head(size));
		if (path.startsWith("lookup/")) {
			const number = this.#records.findIndex((record) => record.module === path.slice("lookup/".length));
			if (number < 0 || number >= size) return undefined;
			return Buffer.from(`${number}\n${this.#records[number]?.text}\n${this.head(size)}`);
		}
		const tile = parseTilePath(path);
		if (!tile || (tile.n * 256 + tile.width) * 256 ** tile.level > size) return undefined;
		const hashes = Array.from({ length: tile.width }, (_, index) => this.#hash(tile.level * 8, tile.n * 256 + index));
		return Buffer.concat(hashes);
	}

	/** The paths of all look-ups. */
	lookups(): string[] {
		return this.#records.map(({ module }) => `lookup/${module}`);
	}

	/** The paths of all tiles, full and partial, of every width that a tree of up to this size has. */
	tiles(): string[] {
		const paths: string[] = [];
		for (let level = 0; this.size >= 256 ** level; level++) {
			const hashes = Math.floor(this.size / 256 ** level);
			for (let end = 1; end <= hashes; end++) {
				const width = ((end - 1) % 256) + 1;
				paths.push(tilePath({ level, n: Math.floor((end - 1) / 256), width }));
			}
		}
		return paths;
	}

	/** Every answer by path, as it would be recorded when the log had `size` records. */
	reader(size = this.size): SumdbReader {
		return readerOf((path) => this.answer(path, size));
	}

	#hash(level: number, n: number): Hash {
		const key = `${level}:${n}`;
		const known = this.#hashes.get(key);
		if (known) return known;
		const hash =
			level === 0
				? recordHash(Buffer.from(this.#records[n]?.text ?? ""))
				: nodeHash(this.#hash(level - 1, 2 * n), this.#hash(level - 1, 2 * n + 1));
		this.#hashes.set(key, hash);
		return hash;
	}
}

/** A reader over a function; what it hasn't is `no-such-release` for look-ups and `network` for the rest, as a 404 is. */
export function readerOf(answer: (path: string) => Uint8Array | undefined): SumdbReader & { asked: string[] } {
	const asked: string[] = [];
	return {
		address: "test log",
		asked,
		read: async (path) => {
			asked.push(path);
			const found = answer(path);
			if (found) return found;
			throw new GoxError(path.startsWith("lookup/") ? "no-such-release" : "network", `the test log has no ${path}`);
		},
	};
}

export function recordText(path: string, version: string, h1: string): string {
	return `${path} ${version} ${h1}\n${path} ${version}/go.mod ${h1Of("go.mod")}\n`;
}

/** A well-formed hash that stands for a word. */
export function h1Of(word: string): string {
	return `h1:${Buffer.from(recordHash(Buffer.from(word))).toString("base64")}`;
}
