import { createHash } from "node:crypto";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { hostOf, shown } from "./address.ts";
import type { Client, ClientOptions } from "./client.ts";
import { NetworkError } from "./failure.ts";
import { type MirrorTurn, pauseBefore, progressBytes, type Wanted } from "./mirrors.ts";
import { PartialKeeper, type Received } from "./partial.ts";
import { begins, RangeMismatch, type RangeReply, requestRange } from "./rangerequest.ts";
import { Ranges } from "./ranges.ts";
import { MirrorSpeed, Speed } from "./speed.ts";
import { duration } from "./timeouts.ts";

export interface Progress {
	/** Bytes given to the consumer in this pass; back to 0 when the download starts over. */
	readonly received: number;
	/** Bytes of the whole file, once a source has said so. */
	readonly total: number | undefined;
	/** The host that sends them. */
	readonly from: string;
}

export interface DownloadOptions extends ClientOptions {
	/** Called for every piece, so it must be cheap. */
	readonly progress?: (progress: Progress) => void;
	/** A sentence for --verbose: a retry, a resume, a change of mirror. */
	readonly note?: (text: string) => void;
}

/** How a pass ended: the file was delivered, must be delivered again, or can't be had. */
export type TransferEnd =
	| { readonly kind: "whole"; readonly sha256: string; readonly size: number; readonly url: string }
	| { readonly kind: "again" }
	| { readonly kind: "failed"; readonly error: unknown };

/** Where the next bytes come from. */
interface Flow {
	readonly bytes: AsyncIterator<Buffer>;
	/** The mirror's answer that carries them; undefined for bytes from disk. */
	readonly answer: { readonly from: string; readonly at: URL; readonly whole: boolean } | undefined;
}

/** How many passes a mirror gets if the bytes of its answers don't fit together. */
const mostMisfits = 2;

/**
 * One delivery of a file from byte 0 to a consumer: first what an earlier run left, then what a mirror sends. After a cut
 * it asks for the rest: by Range if a strong ETag or a known SHA-256 makes that safe, else for the whole file, whose first
 * part must have the digest of the bytes already given out. A slow answer continues as several ranges.
 */
export class Transfer implements AsyncIterableIterator<Buffer> {
	readonly #client: Client;
	readonly #mirrors: MirrorTurn;
	readonly #wanted: Wanted;
	readonly #options: DownloadOptions;
	readonly #keeper: PartialKeeper;
	readonly #speed: Speed;
	readonly #ticker: ReturnType<typeof setInterval> | undefined;
	readonly #file: ReceivedBytes;
	#flow: Flow | undefined;
	#begun = false;
	/** The byte count of the last progress report. */
	#reported = 0;
	#sinceTry = 0;
	readonly #source = new MirrorSpeed();
	#end: TransferEnd | undefined;

	constructor(context: Context, client: Client, mirrors: MirrorTurn, wanted: Wanted, options: DownloadOptions) {
		this.#client = client;
		this.#mirrors = mirrors;
		this.#wanted = wanted;
		this.#options = options;
		this.#file = new ReceivedBytes(mirrors.url);
		this.#keeper = new PartialKeeper(context, wanted, (text) => this.#note(text));
		this.#speed = new Speed(client.timing);
		const { sampleMs } = client.timing;
		this.#ticker = sampleMs > 0 ? setInterval(() => this.#look(), sampleMs) : undefined;
		this.#ticker?.unref();
	}

	/** The file's bytes for the consumer. If the consumer leaves the loop early, `settle` reads the rest. */
	bytes(): AsyncIterable<Buffer> {
		return { [Symbol.asyncIterator]: () => ({ next: () => this.next() }) };
	}

	/** Whether the outcome of the pass is known. */
	get ended(): boolean {
		return this.#end !== undefined;
	}

	/** Closes the connections. The pass then has no outcome. */
	async abandon(): Promise<void> {
		clearInterval(this.#ticker);
		this.#keeper.close(this.#file.received);
		await this.#hangUp();
	}

	/** Reads what the consumer left unread, for the digest. Call it when the consumer is done. */
	async settle(): Promise<TransferEnd> {
		try {
			while (!this.#end && !(await this.next()).done);
		} catch {
			// #end says what
		}
		const unknown = new GoxError("internal", `${this.#wanted.filename}: the download ended without an end`);
		return this.#end ?? { kind: "failed", error: unknown };
	}

	/** The next piece. @throws the reason why the file can't be had, or that the pass starts over. */
	async next(): Promise<IteratorResult<Buffer, undefined>> {
		while (!this.#end) {
			try {
				this.#flow ??= await this.#open();
				const piece = this.#flow && (await this.#take(this.#flow));
				if (piece) return { done: false, value: piece };
			} catch (error) {
				await this.#hangUp();
				await this.#answer(error);
			}
		}
		if (this.#end.kind === "failed") throw this.#end.error;
		if (this.#end.kind === "again") throw new GoxError("network", `${this.#wanted.filename}: the download starts over`);
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	/** The bytes from here on; undefined if the answer settled the pass. */
	async #open(): Promise<Flow | undefined> {
		const { url } = this.#mirrors;
		if (!this.#begun) {
			this.#begun = true;
			const left = this.#keeper.resume(url);
			if (left) {
				this.#file.total = left.header.total;
				if (left.header.url === shown(url)) this.#mirrors.tag = left.header.tag;
				this.#file.pure = false;
				this.#file.cameFrom(url, left.header.tag);
				return { bytes: left.bytes(this.#file.hash), answer: undefined };
			}
		}
		if (this.#file.is(this.#wanted.sha256)) {
			this.#finish(url);
			return undefined;
		}
		this.#checkTime(hostOf(url));
		const reply = await requestRange(this.#client, url, {
			offset: this.#file.length,
			byRange: this.#mayResume(),
			tag: this.#mirrors.tag,
			total: this.#file.total,
		});
		// A mirror that has sent nothing yet is trusted more than the file that an earlier run left.
		const local = this.#file.allFromDisk;
		if (reply.kind === "misfit") throw new RangeMismatch(reply.why, local, local);
		if (reply.kind === "open") return this.#begin(url, reply);
		this.#finish(url);
		return undefined;
	}

	#begin(url: URL, reply: RangeReply & { kind: "open" }): Flow {
		this.#mirrors.tag = reply.tag;
		this.#file.cameFrom(url, reply.tag);
		this.#file.total = reply.total;
		if (this.#file.length === 0) this.#speed.begin();
		const from = hostOf(url);
		const behind = this.#file.length - reply.offset;
		if (this.#file.length > 0) {
			this.#file.pure = reply.offset === 0;
			this.#note(`${from}: ${reply.offset > 0 ? `resumed at byte ${reply.offset}` : "sends the file from the start"}`);
		}
		const bytes = behind > 0 ? begins(reply.body, behind, this.#file.digest()) : reply.body;
		return { bytes, answer: { from, at: reply.at, whole: behind === 0 } };
	}

	/** The next piece of a flow, counted and hashed; undefined at the end. */
	async #take(flow: Flow): Promise<Buffer | undefined> {
		if (flow.answer) this.#judgeSource(flow.answer.from);
		const asked = performance.now();
		this.#speed.wait();
		const next = await flow.bytes.next();
		this.#speed.came(next.done ? 0 : next.value.length);
		if (next.done) return this.#close(flow);
		const piece = next.value;
		if (this.#file.length === 0 && flow.answer && isWebPage(piece)) {
			throw new NetworkError("blocked", flow.answer.from, "a web page came instead of the file (a login page of the network?)");
		}
		this.#file.take(piece, !flow.answer);
		if (flow.answer) {
			this.#sinceTry += piece.length;
			this.#source.took(performance.now() - asked, piece.length);
			this.#keeper.take(piece, this.#file.received);
			if (this.#speed.slow) this.#slow(flow);
		}
		this.#progress();
		return piece;
	}

	#close(flow: Flow): undefined {
		this.#flow = undefined;
		if (!flow.answer) return;
		if (this.#file.total !== undefined && this.#file.length < this.#file.total && !this.#file.is(this.#wanted.sha256)) {
			throw new NetworkError(
				"cut",
				flow.answer.from,
				`the connection was cut at byte ${this.#file.length} of ${this.#file.total}`,
			);
		}
		this.#finish(this.#mirrors.url);
	}

	/** The network is slow: keep the bytes for the next run, and try more connections. */
	#slow(flow: Flow): void {
		this.#keeper.keep(this.#file.received);
		const { timing } = this.#client;
		const { answer } = flow;
		const left = (this.#file.total ?? 0) - this.#file.length;
		if (!answer?.whole || answer.at.protocol === "file:" || !this.#mayResume() || flow.bytes instanceof Ranges) return;
		if (this.#file.total === undefined || left < 4 * timing.leastRange || timing.connections < 2 || this.#mirrors.single) return;
		// Don't ask twice for ranges that a mirror doesn't give.
		this.#mirrors.single = true;
		this.#file.pure = false;
		const bytes = new Ranges({
			client: this.#client,
			mirrors: this.#mirrors,
			total: this.#file.total,
			proven: this.#wanted.sha256 !== undefined,
			first: { from: this.#file.length, at: answer.at, body: flow.bytes },
			rangeBytes: Math.round(Math.min(timing.mostRange, Math.max(timing.leastRange, this.#source.rate * timing.rangeMs))),
			note: (text) => this.#note(text),
			arrived: () => this.#progress(),
		});
		this.#note(`${answer.from}: slow; going on over ${timing.connections} connections`);
		this.#flow = { bytes, answer: { ...answer, whole: false } };
	}

	/** Checks from time to time whether the network is the bottleneck. */
	#look(): void {
		if (this.#end || !this.#flow?.answer) return;
		this.#speed.measure(this.#file.total === undefined ? undefined : this.#file.total - this.#file.length);
		if (!this.#speed.slow) return;
		this.#keeper.keep(this.#file.received);
		this.#keeper.flush(this.#file.received);
	}

	/** Leaves a mirror that is too slow, if there is another one. */
	#judgeSource(from: string): void {
		this.#checkTime(from);
		const tooSlow = this.#source.measure(from, this.#file.total ?? this.#wanted.size, this.#client.timing);
		if (tooSlow && !this.#mirrors.isLast) throw tooSlow;
	}

	#checkTime(from: string): void {
		const { totalMs } = this.#client.timing;
		// Timers may fire a millisecond early.
		if (this.#client.within(1) === 1) return;
		throw this.#mirrors.giveUp(new NetworkError("slow", from, `the download was not done within ${duration(totalMs)}`));
	}

	/** Decides what follows a failure. */
	async #answer(error: unknown): Promise<void> {
		try {
			if (error instanceof RangeMismatch) this.#misfit(error);
			else if (error instanceof NetworkError) await this.#recover(error);
			else throw error;
		} catch (failure) {
			this.#conclude({ kind: "failed", error: failure });
		}
	}

	/** The mirror says that the file ends here. */
	#finish(url: URL): void {
		const { sha256, size } = this.#wanted;
		const digest = this.#file.digest();
		const expected =
			sha256 === undefined ? this.#file.length > 0 && (size || this.#file.length) === this.#file.length : digest === sha256;
		if (expected) {
			this.#conclude({ kind: "whole", sha256: digest, size: this.#file.length, url: shown(url) });
			return;
		}
		if (!this.#file.pure) throw new RangeMismatch("the parts that came don't make the file", true);
		const found =
			sha256 === undefined ? `${this.#file.length} bytes instead of ${size}` : `SHA-256 ${digest} instead of ${sha256}`;
		this.#keeper.discard();
		this.#mirrors.next(new NetworkError("wrong", hostOf(url), `what it sent is not the file: ${found}`));
		this.#note(`${hostOf(url)}: wrong bytes; starting over at ${hostOf(this.#mirrors.url)}`);
		this.#conclude({ kind: "again" });
	}

	/**
	 * The bytes of several answers don't fit together, so this mirror can't resume: ask it for the whole file from now on,
	 * and in the end ask another mirror. If it is unclear which bytes were right, drop them all.
	 */
	#misfit({ message, given, local }: RangeMismatch): void {
		const from = hostOf(this.#mirrors.url);
		this.#note(`${local ? "" : `${from}: `}${message}; starting over`);
		if (given) this.#keeper.discard();
		if (!local && this.#mirrors.misfits++ >= mostMisfits) this.#mirrors.next(new NetworkError("wrong", from, message));
		else if (!local) this.#mirrors.wholeOnly = true;
		if (!given) return;
		this.#mirrors.tag = undefined;
		this.#conclude({ kind: "again" });
	}

	/** After a failure: pauses and tries again, or goes to the next mirror. */
	async #recover(failure: NetworkError): Promise<void> {
		if (this.#file.is(this.#wanted.sha256)) return this.#finish(this.#mirrors.url);
		if (this.#sinceTry >= progressBytes) this.#mirrors.tries = 0;
		this.#sinceTry = 0;
		this.#source.reset();
		this.#checkTime(hostOf(this.#mirrors.url));
		const asked = pauseBefore(failure, this.#mirrors, this.#client.timing);
		const pause = asked && Math.ceil(this.#client.within(asked));
		if (pause === undefined) {
			this.#mirrors.next(failure);
			this.#note(`${failure.message}; going on at ${hostOf(this.#mirrors.url)}`);
			return;
		}
		this.#mirrors.tries++;
		this.#note(`${failure.message}; trying again in ${duration(pause)}`);
		try {
			await this.#client.timing.wait(pause, this.#client.signal);
		} catch (cause) {
			throw new GoxError("interrupted", "interrupted", { cause });
		}
	}

	#conclude(end: TransferEnd): void {
		if (this.#end) return;
		this.#end = end;
		clearInterval(this.#ticker);
		if (end.kind === "failed") this.#keeper.leave(this.#file.received);
		else this.#keeper.discard();
	}

	async #hangUp(): Promise<void> {
		const flow = this.#flow;
		this.#flow = undefined;
		await flow?.bytes.return?.();
	}

	#mayResume(): boolean {
		return !this.#mirrors.wholeOnly && (this.#wanted.sha256 !== undefined || this.#mirrors.tag !== undefined);
	}

	#progress(): void {
		const { progress } = this.#options;
		if (!progress) return;
		const flow = this.#flow;
		const ahead = flow?.bytes instanceof Ranges ? flow.bytes.ahead : 0;
		this.#reported = Math.max(this.#reported, this.#file.length + ahead);
		const total = this.#file.total ?? (this.#wanted.size || undefined);
		progress({ received: this.#reported, total, from: flow?.answer?.from ?? "this machine" });
	}

	#note(text: string): void {
		this.#options.note?.(text);
	}
}

/** No archive starts with `<`; every login page does. */
function isWebPage(piece: Buffer): boolean {
	return /^(?:\ufeff)?\s*</.test(piece.subarray(0, 64).toString("utf8"));
}

/** The bytes received so far, from byte 0: how many, their digest, and where they came from. */
export class ReceivedBytes {
	readonly hash = createHash("sha256");
	/** Bytes of the whole file, once a source has said so. */
	total: number | undefined;
	/** Whether one answer of one mirror gave all bytes so far. */
	pure = true;
	#length = 0;
	#fromDisk = 0;
	/** The address and the strong ETag that the bytes came from. */
	#origin: { readonly url: URL; readonly tag: string | undefined };

	constructor(url: URL) {
		this.#origin = { url, tag: undefined };
	}

	get length(): number {
		return this.#length;
	}

	/** Whether there are bytes, and all of them come from an earlier run. */
	get allFromDisk(): boolean {
		return this.#length > 0 && this.#length === this.#fromDisk;
	}

	take(piece: Buffer, fromDisk: boolean): void {
		this.hash.update(piece);
		this.#length += piece.length;
		if (fromDisk) this.#fromDisk += piece.length;
	}

	cameFrom(url: URL, tag: string | undefined): void {
		this.#origin = { url, tag };
	}

	/** SHA-256 of the bytes so far, 64 lower-case hex digits. */
	digest(): string {
		return this.hash.copy().digest("hex");
	}

	/** Whether that is the digest of the whole file: then nothing is missing, whatever Content-Length said. */
	is(sha256: string | undefined): boolean {
		return sha256 !== undefined && this.#length > 0 && this.digest() === sha256;
	}

	/** The same, as the next run needs it. */
	get received(): Received {
		return { length: this.#length, hash: this.hash, ...this.#origin, total: this.total };
	}
}
