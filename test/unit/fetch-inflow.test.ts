import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { Inflow } from "../../src/fetch/inflow.ts";

async function collect(pieces: AsyncIterable<Buffer>): Promise<{ text: string; error: unknown }> {
	let text = "";
	try {
		for await (const piece of pieces) text += piece.toString();
	} catch (error) {
		return { text, error };
	}
	return { text, error: undefined };
}

test("what came before a cut is given out before the failure is", async () => {
	const stream = new PassThrough();
	const inflow = new Inflow(stream, 100);
	for (const word of ["one ", "two ", "three"]) stream.write(word);
	await new Promise((resolve) => setImmediate(resolve));
	stream.destroy(new Error("cut"));
	await new Promise((resolve) => setImmediate(resolve));
	expect(await collect(inflow)).toEqual({ text: "one two three", error: expect.objectContaining({ message: "cut" }) });
});

test("a stream that is closed without an end is a failure", async () => {
	const stream = new PassThrough();
	const inflow = new Inflow(stream, 100);
	stream.destroy();
	expect((await collect(inflow)).error).toBeInstanceOf(Error);
});

test("it holds no more than its limit and a piece, and nothing is lost", async () => {
	let given = 0;
	const stream = new Readable({
		highWaterMark: 1,
		read() {
			this.push(given++ < 50 ? Buffer.alloc(10, 97) : null);
		},
	});
	const inflow = new Inflow(stream, 40);
	await new Promise((resolve) => setImmediate(resolve));
	expect(given).toBeLessThan(10);
	expect((await collect(inflow)).text).toHaveLength(500);
});

test("leaving the loop hangs up", async () => {
	const stream = new PassThrough();
	const inflow = new Inflow(stream, 100);
	stream.write("one");
	for await (const _ of inflow) break;
	expect(stream.destroyed).toBe(true);
});
