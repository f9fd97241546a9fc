import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { headsInMemory } from "../../src/sumdb/heads.ts";
import { parseVerifierKey } from "../../src/sumdb/note.ts";
import type { SumdbReader } from "../../src/sumdb/reader.ts";
import { lookupSumdb } from "../../src/sumdb/sumdb.ts";
import { findGoModSource, GoClient } from "../support/sumdb/goclient.ts";
import { h1Of, LogSigner, readerOf, TestLog } from "../support/sumdb/log.ts";
import { recordedAnswers, recordedToolchains } from "../support/sumdb/recorded.ts";

const cases = 1000;
const vendored = findGoModSource();

/** Where gox is stricter than Go on purpose: one spelling for each number and signature, nothing beside the two lines. */
const stricter = /not canonical|extra lines|malformed or not canonical|it is about|has \d+ bytes, not 8192/;

interface Scenario {
	readonly name: string;
	readonly key: string;
	readonly path: string;
	readonly version: string;
	readonly seen: Uint8Array;
	readonly answer: (path: string) => Uint8Array | undefined;
}

describe.skipIf(!vendored)("gox and golang.org/x/mod/sumdb (skipped without Go 1.24 or later)", () => {
	let go: GoClient;
	beforeAll(() => {
		go = new GoClient(vendored ?? expect.unreachable());
	});
	afterAll(() => go?.close());

	it(`give the same verdict on ${cases} inputs`, async () => {
		const random = mulberry32(20_261_123);
		const scenarios = [...recordedScenarios(), ...logScenarios()];
		const tally = { accepted: 0, refused: 0, alarms: 0, stricter: 0 };
		for (let number = 0; number < cases; number++) {
			const scenario =
				number < scenarios.length
					? pick(scenarios, () => number / scenarios.length)
					: await mutated(pick(scenarios, random), random);
			const heads = headsInMemory(scenario.seen.length > 0 ? [scenario.seen] : []);
			const theirs = await go.judge({ ...scenario, reader: readerFor(scenario) });
			const ours = await verdict(scenario, heads);
			const what = `case ${number}, ${scenario.name}: Go says ${JSON.stringify(theirs)}, gox ${ours.text}`;
			if (ours.accepted || !theirs.Accepted) expect(ours.accepted, what).toBe(theirs.Accepted);
			else {
				expect(ours.text, what).toMatch(stricter);
				tally.stricter++;
			}
			if (ours.accepted) {
				expect(theirs.Lines, what).toContain(`${scenario.path} ${scenario.version} ${ours.text}`);
				expect(
					heads.notes().map((note) => Buffer.from(note).toString("base64")),
					what,
				).toEqual([theirs.Latest]);
			}
			if (theirs.Security && !stricter.test(ours.text)) expect(ours.text, what).toContain("SECURITY ERROR");
			tally[ours.accepted ? "accepted" : "refused"]++;
			if (theirs.Security) tally.alarms++;
		}
		expect(tally.accepted).toBeGreaterThan(50);
		expect(tally.refused).toBeGreaterThan(500);
		expect(tally.alarms).toBeGreaterThan(10);
		expect(tally.stricter).toBeLessThan(20);
	});
});

async function verdict(
	scenario: Scenario,
	heads: ReturnType<typeof headsInMemory>,
): Promise<{ accepted: boolean; text: string }> {
	const database = { name: scenario.key.split("+")[0] ?? "", key: parseVerifierKey(scenario.key), url: undefined };
	try {
		const proof = await lookupSumdb({ database, reader: readerFor(scenario), heads }, scenario.path, scenario.version);
		return { accepted: true, text: proof.h1 };
	} catch (error) {
		if (error instanceof GoxError && error.code !== "internal") return { accepted: false, text: error.message };
		throw error;
	}
}

function readerFor(scenario: Scenario): SumdbReader {
	return readerOf(scenario.answer);
}

function recordedScenarios(): Scenario[] {
	const answers = recordedAnswers();
	const key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
	const seen = answers.get("latest") ?? expect.unreachable();
	return recordedToolchains.map(({ version }) => ({
		name: `recorded ${version}`,
		key,
		path: "golang.org/toolchain",
		version,
		seen,
		answer: (path) => answers.get(path),
	}));
}

/** Small logs with every relation between the head seen and the answers: none, older, same, newer, forked. */
function logScenarios(): Scenario[] {
	const signer = new LogSigner("log.example.org");
	const path = "example.org/Mixed/case";
	const version = "v1.2.3";
	const honest = new TestLog(signer).fill(290).add(path, version, h1Of("m")).fill(1000);
	const fork = honest.fork(600).fill(900, "fork");
	const scenario = (name: string, log: TestLog, size: number, tiles: TestLog, seen: string): Scenario => ({
		name,
		key: signer.verifierKey,
		path,
		version,
		seen: Buffer.from(seen),
		answer: (at) => (at.startsWith("lookup/") ? log.answer(at, size) : tiles.answer(at)),
	});
	return [
		scenario("first look-up", honest, 700, honest, ""),
		scenario("an older head seen", honest, 1200, honest, honest.head(400)),
		scenario("the same head seen", honest, 1200, honest, honest.head(1200)),
		scenario("a newer head seen", honest, 500, honest, honest.head(1291)),
		scenario("a longer fork", fork, 1500, fork, honest.head()),
		scenario("a shorter fork over honest tiles", fork, 700, honest, honest.head()),
		scenario("a fork of the same size", fork, 1291, fork, honest.head()),
		scenario("a fork after the head seen", fork, 1500, fork, honest.head(600)),
		scenario("the wrong tiles", fork, 1500, honest, ""),
	];
}

/** One to two of the answers that the proof needs, or the head seen, changed. */
async function mutated(scenario: Scenario, random: () => number): Promise<Scenario> {
	const reader = readerOf(scenario.answer);
	await lookupSumdb(
		{
			database: { name: "x", key: parseVerifierKey(scenario.key), url: undefined },
			reader,
			heads: headsInMemory([scenario.seen].filter((note) => note.length > 0)),
		},
		scenario.path,
		scenario.version,
	).catch(() => undefined);
	const changes = new Map<string, Uint8Array | undefined>();
	const at = pick(reader.asked, random);
	const original = scenario.answer(at) ?? new Uint8Array();
	const kind = pick(Object.keys(mutations), random);
	if (kind === "head seen")
		return { ...scenario, name: `${scenario.name}, head seen changed`, seen: mutations.flip(scenario.seen, random) };
	if (kind === "swap") {
		const other = pick(reader.asked, random);
		changes.set(at, scenario.answer(other)).set(other, original);
	} else changes.set(at, (mutations[kind] ?? expect.unreachable())(original, random));
	return {
		...scenario,
		name: `${scenario.name}, ${kind} in ${at}`,
		answer: (path) => (changes.has(path) ? changes.get(path) : scenario.answer(path)),
	};
}

type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array | undefined;

const flip = (bytes: Uint8Array, random: () => number): Uint8Array => {
	const changed = Uint8Array.from(bytes);
	const at = Math.floor(random() * bytes.length);
	if (bytes.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
	return changed;
};

const mutations: Record<string, Mutation> & { flip: typeof flip } = {
	flip,
	"flip again": flip,
	"cut short": (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
	"one byte more": (bytes, random) => insert(bytes, bytes.length, Math.floor(random() * 256)),
	"one byte inserted": (bytes, random) => insert(bytes, Math.floor(random() * bytes.length), Math.floor(random() * 128)),
	"one byte lost": (bytes, random) => {
		const at = Math.floor(random() * bytes.length);
		return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
	},
	empty: () => new Uint8Array(),
	missing: () => undefined,
	nothing: (bytes) => bytes,
	swap: (bytes) => bytes,
	"head seen": (bytes) => bytes,
	"a line twice": (bytes, random) => {
		const lines = Buffer.from(bytes).toString("latin1").split("\n");
		const at = Math.floor(random() * lines.length);
		return Buffer.from([...lines.slice(0, at), lines[at], ...lines.slice(at)].join("\n"), "latin1");
	},
	"another digit": (bytes, random) => {
		const text = Buffer.from(bytes).toString("latin1");
		return Buffer.from(text.replace(/^\d/, String(Math.floor(random() * 10))), "latin1");
	},
};

function insert(bytes: Uint8Array, at: number, byte: number): Uint8Array {
	return Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]);
}

function pick<T>(list: readonly T[], random: () => number): T {
	return list[Math.floor(random() * list.length)] ?? expect.unreachable();
}

/** A small deterministic source of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
