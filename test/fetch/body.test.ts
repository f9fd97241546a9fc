import { describe, expect, it } from "vitest";
import { BodyQueue } from "../../src/fetch/body.ts";

/** A sender that counts how it is turned off and on. */
function valve() {
	const log: string[] = [];
	return { log, pause: () => void log.push("pause"), resume: () => void log.push("resume"), abort: () => void log.push("abort") };
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<{ text: string; error: unknown }> {
	let text = "";
	try {
		for await (const piece of pieces) text += piece.toString();
	} catch (error) {
		return { text, error };
	}
	return { text, error: undefined };
}

describe("the pieces of a body", () => {
	it("what came before a cut is given out before the failure is", async () => {
		const inflow = new BodyQueue(valve(), 1000, 100);
		for (const word of ["one ", "two ", "three"]) inflow.take(Buffer.from(word));
		inflow.finish({ failure: new Error("cut") });
		inflow.take(Buffer.from("too late"));
		expect(await collect(inflow)).toEqual({ text: "one two three", error: expect.objectContaining({ message: "cut" }) });
	});

	it("a reader who waits is woken by pieces and by the end", async () => {
		const inflow = new BodyQueue(valve(), 6, 100);
		const read = collect(inflow);
		await Promise.resolve();
		inflow.take(Buffer.from("abc"));
		await Promise.resolve();
		inflow.take(Buffer.from("def"));
		inflow.finish({});
		expect(await read).toEqual({ text: "abcdef", error: undefined });
	});

	it("the sender is held up at the limit, and goes on when there is room", async () => {
		const sender = valve();
		const size = 200_000; // two of them are more than one piece may have
		const inflow = new BodyQueue(sender, 10 * size, 2 * size);
		for (let piece = 0; piece < 4; piece++) inflow.take(Buffer.alloc(size));
		expect(sender.log).toEqual(["pause"]);
		for (let piece = 0; piece < 2; piece++) await inflow.next();
		expect(sender.log).toEqual(["pause"]);
		await inflow.next();
		expect(sender.log).toEqual(["pause", "resume"]);
	});

	it("what has piled up goes on as one piece", async () => {
		const inflow = new BodyQueue(valve(), 30, 100);
		for (let piece = 0; piece < 3; piece++) inflow.take(Buffer.alloc(10, piece));
		expect((await inflow.next()).value).toHaveLength(30);
	});

	it.each([
		["once everything has come", 40],
		["where only the closing tells the end", 0],
	])("but never %s", (_, expected) => {
		const sender = valve();
		const inflow = new BodyQueue(sender, expected, 20);
		if (expected === 0) for (let piece = 0; piece < 4; piece++) inflow.take(Buffer.alloc(10));
		else inflow.take(Buffer.alloc(40));
		expect(sender.log).toEqual([]);
	});

	it("leaving the loop hangs up, unless all has come", async () => {
		const left = valve();
		const inflow = new BodyQueue(left, 100, 100);
		inflow.take(Buffer.from("one"));
		for await (const _ of inflow) break;
		expect(left.log).toEqual(["abort"]);
		const whole = valve();
		const ended = new BodyQueue(whole, 3, 100);
		ended.take(Buffer.from("one"));
		ended.finish({});
		for await (const _ of ended) break;
		expect(whole.log).toEqual([]);
	});
});
