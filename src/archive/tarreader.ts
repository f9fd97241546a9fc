import type { EntryClaim } from "./policy.ts";
import { type Extension, extend, isExtension, longestExtension } from "./tarextension.ts";
import { improper, isZeroBlock, readTarHeader, type TarHeader, tarBlock } from "./tarheader.ts";
import type { FileSink } from "./tree.ts";

/** Who gets a tar's entries, in their order. */
export interface EntryReceiver {
	/** An entry whose content, if it has any, is all there; it is valid during the call only. */
	whole(claim: EntryClaim, content: Buffer): void;
	/** A file whose content comes piece by piece; without a sink it is passed over. */
	begun(claim: EntryClaim): FileSink | undefined;
}

const types: Readonly<Record<string, EntryClaim["type"]>> = {
	"0": "file",
	"7": "file",
	"1": "hardlink",
	"2": "symlink",
	"3": "CharacterDevice",
	"4": "BlockDevice",
	"5": "directory",
	"6": "FIFO",
};

const nothing = Buffer.alloc(0);

/**
 * Reads a tar from chunks as they come, without a copy of what is in them. Strict: a wrong checksum, a field that
 * isn't in the format or an end in the wrong place is an error; an entry of a strange type is handed on as what it
 * is, for the policy to refuse. node-tar's parser does the same through several events for each entry, which took
 * more time than gunzip, hashing or the file system.
 */
export class TarReader {
	readonly #receiver: EntryReceiver;
	/** A header that began in one chunk and ends in another. */
	readonly #split = Buffer.alloc(tarBlock);
	#splitBytes = 0;
	/** Bytes of the present entry's content, and of the padding behind it, that are still to come. */
	#content = 0;
	#padding = 0;
	#sink: FileSink | undefined;
	/** The extended header whose content is being gathered. */
	#extending: { readonly header: TarHeader; readonly pieces: Buffer[] } | undefined;
	#extension: Extension | undefined;
	#zeroBlocks = 0;

	constructor(receiver: EntryReceiver) {
		this.#receiver = receiver;
	}

	/**
	 * Takes the next bytes, from `start` on: all of them, or whole entries until there were at least `some`.
	 * @returns where it stopped: that much of the chunk is done
	 * @throws GoxError `hostile-archive`; whatever the receiver throws.
	 */
	write(chunk: Buffer, start = 0, some = chunk.length): number {
		const end = Math.min(chunk.length, start + some);
		let at = start;
		while (at < end && this.#zeroBlocks < 2) {
			if (this.#content > 0) at = this.#passContent(chunk, at);
			else if (this.#padding > 0) at = this.#passPadding(chunk, at);
			else if (this.#splitBytes > 0 || chunk.length - at < tarBlock) at = this.#passSplit(chunk, at);
			else at = this.#passBlock(chunk, at, chunk, at + tarBlock);
		}
		return this.closed ? chunk.length : at;
	}

	/** Whether the two zero blocks that close a tar have been seen; what lies behind them is no part of it. */
	get closed(): boolean {
		return this.#zeroBlocks === 2;
	}

	#passContent(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + this.#content);
		const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
		this.#content -= end - at;
		if (this.#extending) this.#extending.pieces.push(piece);
		else this.#sink?.write(piece);
		if (this.#content === 0) this.#endContent();
		return end;
	}

	#endContent(): void {
		if (this.#extending) {
			const { header, pieces } = this.#extending;
			this.#extension = extend(this.#extension ?? {}, header, Buffer.concat(pieces));
			this.#extending = undefined;
		}
		this.#sink?.end();
		this.#sink = undefined;
	}

	#passPadding(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + this.#padding);
		this.#padding -= end - at;
		return end;
	}

	#passSplit(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + tarBlock - this.#splitBytes);
		chunk.copy(this.#split, this.#splitBytes, at, end);
		this.#splitBytes += end - at;
		if (this.#splitBytes < tarBlock) return end;
		this.#splitBytes = 0;
		return this.#passBlock(this.#split, 0, chunk, end);
	}

	/** @param rest where in `chunk` the block's content begins. */
	#passBlock(block: Buffer, blockAt: number, chunk: Buffer, rest: number): number {
		if (isZeroBlock(block, blockAt)) {
			this.#zeroBlocks++;
			return rest;
		}
		if (this.#zeroBlocks > 0) throw improper("it goes on behind its end");
		const header = readTarHeader(block, blockAt);
		return isExtension(header.flag) ? this.#beginExtension(header, rest) : this.#beginEntry(header, chunk, rest);
	}

	#beginExtension(header: TarHeader, rest: number): number {
		if (header.size > longestExtension) throw improper(`an extended header has ${header.size} bytes`);
		this.#extending = { header, pieces: [] };
		this.#expect(header.size);
		if (header.size === 0) this.#endContent();
		return rest;
	}

	#beginEntry(header: TarHeader, chunk: Buffer, rest: number): number {
		const claim = claimOf(header, this.#extension);
		this.#extension = undefined;
		const content = rest + claim.size;
		if (claim.size > chunk.length - rest) {
			this.#expect(claim.size);
			this.#sink = this.#receiver.begun(claim);
			return rest;
		}
		this.#receiver.whole(claim, claim.size === 0 ? nothing : chunk.subarray(rest, content));
		this.#padding = paddingOf(claim.size);
		return content;
	}

	#expect(size: number): void {
		this.#content = size;
		this.#padding = paddingOf(size);
	}
}

function paddingOf(size: number): number {
	return (tarBlock - (size % tarBlock)) % tarBlock;
}

/** A directory has no content, whatever size some tars give it; before ustar a final slash was its only sign. */
function claimOf(header: TarHeader, extension: Extension | undefined): EntryClaim {
	const path = extension?.path ?? header.path;
	const target = extension?.target ?? header.target;
	const flag = header.flag === "0" && path.endsWith("/") ? "5" : header.flag;
	const type = types[flag] ?? `entry of type ${JSON.stringify(flag)}`;
	const isLink = type === "hardlink" || type === "symlink";
	const size = type === "directory" ? 0 : (extension?.size ?? header.size);
	if (isLink && size > 0) throw improper("a link has content");
	if (target !== "" && !isLink) throw improper("something that is no link has a link's target");
	return isLink ? { path, type, size, mode: header.mode, target } : { path, type, size, mode: header.mode };
}
