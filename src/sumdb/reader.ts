import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GoxError } from "../errors.ts";
import { ifPresent, makeDirectory, namesIn, writeFileAtomic } from "../fs.ts";
import { fullWidth, hashSize, parseTilePath } from "./tree.ts";

/**
 * Where a database's answers come from: recorded files, a module proxy or the database itself.
 * Nothing that it gives is trusted.
 */
export interface SumdbReader {
	/** For messages, without credentials. */
	readonly address: string;
	/**
	 * The answer at a path without a leading slash: `latest`, `lookup/…` or `tile/…`.
	 * @throws GoxError `no-such-release` when there is no such record, `offline` or `network` when it can't be had.
	 */
	read(path: string): Promise<Uint8Array>;
	/** The newest signed head that was recorded with the answers: the tree that their tiles are of. */
	recordedHead?(): Uint8Array | undefined;
	/** The head that the database itself shows as its newest now; undefined where that isn't asked. Throws as `read`. */
	newestHead?(): Promise<Uint8Array | undefined>;
}

/**
 * Answers recorded in a directory, such as GOMODCACHE/cache/download/sumdb/NAME; never the network.
 * @param headFile where the head they end in was recorded: cmd/go keeps it in GOPATH/pkg/sumdb/NAME/latest
 */
export function recordedAnswers(directory: string, headFile = join(directory, "latest")): SumdbReader {
	// cmd/go locks its files only after it made them: an empty one is not there yet.
	const answerIn = (file: string) => {
		const answer = ifPresent(() => readFileSync(file));
		return answer && answer.length > 0 ? answer : undefined;
	};
	return {
		address: directory,
		recordedHead: () => answerIn(headFile),
		read: async (path) => {
			const answer = answerIn(join(directory, path)) ?? widerTileIn(directory, path);
			if (answer) return answer;
			throw new GoxError("offline", `${directory} has no recorded answer for ${path}`);
		},
	};
}

/**
 * A partial tile out of a wider one of the same place. A directory of recorded answers has the tile at the width that the
 * tree had when somebody asked; since a tree only grows to the right, what a smaller tree had is its beginning.
 */
export function widerTileIn(directory: string, path: string): Uint8Array | undefined {
	const tile = parseTilePath(path);
	if (!tile || tile.width === fullWidth) return undefined;
	const place = dirname(join(directory, path));
	const widths = namesIn(place).map(Number);
	for (const width of widths.filter((each) => each > tile.width && each < fullWidth).sort((left, right) => left - right)) {
		const wider = ifPresent(() => readFileSync(join(place, String(width))));
		if (wider?.length === width * hashSize) return wider.subarray(0, tile.width * hashSize);
	}
	return undefined;
}

/** Answers that were brought along, by their paths, with the head they end in as `latest`; never the network. */
export function answersIn(answers: ReadonlyMap<string, Uint8Array>, address: string): SumdbReader {
	return {
		address,
		recordedHead: () => answers.get("latest"),
		read: async (path) => {
			const answer = answers.get(path);
			if (answer) return answer;
			throw new GoxError("offline", `${address} has no recorded answer for ${path}`);
		},
	};
}

/** Asks each reader in turn until one has an answer; the first one's failure is reported when none has. */
export function firstOf(readers: readonly SumdbReader[]): SumdbReader {
	return {
		address: readers.map((reader) => reader.address).join(", then "),
		recordedHead: () => readers[0]?.recordedHead?.(),
		newestHead: async () => readers.find((reader) => reader.newestHead)?.newestHead?.(),
		read: async (path) => {
			const failures: GoxError[] = [];
			for (const reader of readers) {
				try {
					return await reader.read(path);
				} catch (error) {
					if (!(error instanceof GoxError) || !isUnavailable(error)) throw error;
					failures.push(error);
				}
			}
			throw (
				failures.find((failure) => failure.code !== "offline") ??
				failures[0] ??
				new GoxError("offline", `nobody to ask for ${path}`)
			);
		},
	};
}

/**
 * A reader that isn't asked again once it couldn't be reached, and for so many milliseconds in all from the first question
 * on: a network may be a black hole.
 */
export function patiently(reader: SumdbReader, inAllMs = Number.POSITIVE_INFINITY): SumdbReader {
	let end: number | undefined;
	let failure: GoxError | undefined;
	const ask = async <T>(question: () => Promise<T>): Promise<T> => {
		if (failure) throw failure;
		end ??= performance.now() + inAllMs;
		let timer: ReturnType<typeof setTimeout> | undefined;
		try {
			if (inAllMs === Number.POSITIVE_INFINITY) return await question();
			const late = new Promise<never>((_, reject) => {
				const tell = () => reject(new GoxError("network", `${reader.address} gave no answer within ${inAllMs / 1000} s`));
				timer = setTimeout(tell, (end ?? 0) - performance.now());
			});
			return await Promise.race([question(), late]);
		} catch (error) {
			if (error instanceof GoxError && error.code === "network" && !isAbsence(error)) failure ??= error;
			throw error;
		} finally {
			clearTimeout(timer);
		}
	};
	const { newestHead } = reader;
	return {
		address: reader.address,
		read: (path) => ask(() => reader.read(path)),
		...(newestHead && { newestHead: () => ask(newestHead) }),
	};
}

/** Whether a failure means that who was asked says of itself that it hasn't the answer, and not only that none came. */
export function isAbsence(error: GoxError): boolean {
	return error.code === "no-such-release" || (error.cause instanceof GoxError && isAbsence(error.cause));
}

/** Whether a failure means "can't be asked", as opposed to "must not be believed". */
export function isUnavailable(error: GoxError): boolean {
	return error.code === "network" || error.code === "offline" || error.code === "no-such-release";
}

/** Answers that were proven once, so that they need not be asked again; proven again whenever they are used. */
export interface SumdbCache {
	read(path: string): Uint8Array | undefined;
	write(path: string, content: Uint8Array): void;
}

/** A cache in a directory, laid out as cmd/go's GOMODCACHE/cache/download/sumdb/NAME is. */
export function cacheIn(directory: string): SumdbCache {
	return {
		read: (path) => {
			const content = ifPresent(() => readFileSync(join(directory, path)));
			return content && content.length > 0 ? content : undefined;
		},
		write: (path, content) => {
			try {
				makeDirectory(dirname(join(directory, path)));
				writeFileAtomic(join(directory, path), content);
			} catch {
				// A cache that can't be written (full, read-only) makes the next look-up slower, and this one no worse.
			}
		},
	};
}

export const noCache: SumdbCache = { read: () => undefined, write: () => undefined };
