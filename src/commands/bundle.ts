import { resolve } from "node:path";
import { Bundle, type BundledToolchain, type PartSource, writeBundle } from "../archive/bundle.ts";
import type { Invocation, Options } from "../cli/command.ts";
import { catalogOptions, requestNamed, sourceChoice, wantedPlatform } from "../cli/operands.ts";
import { progressOn } from "../cli/progress.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { removeTree } from "../fs.ts";
import type { InstallListener } from "../install/built.ts";
import { type FetchedPart, fetchPart } from "../install/bundling.ts";
import { recordProofs, type SumdbRecording } from "../proxy/sumdb.ts";
import type { Chosen } from "../releases/catalog.ts";
import { lookUp } from "../releases/lookup.ts";
import { untimed } from "../stopwatch.ts";
import { makeHome, makeStaging, openHome } from "../store/home.ts";
import { editing } from "../store/journal.ts";
import { type Platform, parsePlatform, platforms } from "../version/platform.ts";
import { newestFirst } from "../version/release.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	const { options } = invocation;
	if (options.has("list")) return list(invocation);
	const { context } = invocation;
	const chosen = await choose(context, invocation);
	const path = resolve(context.cwd, options.text("output") ?? "go.bundle");
	const layout = openHome(context);
	makeHome(layout);
	const staging = makeStaging(context, layout, "bundle");
	try {
		const parts = await fetchAll(context, invocation, chosen, staging);
		const recording = await recordProofs(
			context,
			parts.map(({ toolchain }) => toolchain),
			{ insecure: options.has("insecure") },
		);
		const toolchains = parts.map(({ toolchain }, at) => provenAs(toolchain, recording.proofs[at]));
		tellUnproven(invocation, chosen, recording);
		context.checkpoint("bundle:fetched");
		editing(context, path, () =>
			writeBundle(path, toolchains, sourcesOf(parts, recording), context.signal, () => context.checkpoint("bundle:written")),
		);
		context.checkpoint("bundle:done");
	} finally {
		removeTree(staging);
	}
	show(invocation, Bundle.open(path), `${path} holds`);
	return undefined;
}

/** Every version for every platform, newest first, so that the same request gives the same file. */
async function choose(context: Context, invocation: Invocation): Promise<readonly Chosen[]> {
	const { args, options } = invocation;
	if (args.length === 0)
		throw new GoxError("usage", "which versions shall be bundled?", {
			hint: "gox bundle 1.22.5 --platform darwin-arm64 -o go.bundle",
		});
	const chosen = new Map<string, Chosen>();
	const catalog = catalogOptions(invocation);
	for (const word of args) {
		const request = requestNamed(context, word);
		for (const platform of request.platform ? [request.platform] : wantedPlatforms(context, options)) {
			const one = await lookUp(context, request, platform, catalog);
			chosen.set(`${one.release.name} ${one.platform}`, one);
		}
	}
	return [...chosen.values()].sort(
		(left, right) =>
			newestFirst(left.release, right.release) || platforms.indexOf(left.platform) - platforms.indexOf(right.platform),
	);
}

/** `--platform darwin-arm64,linux-amd64`, or `all`. */
function wantedPlatforms(context: Context, options: Options): readonly Platform[] {
	const text = options.text("platform");
	if (text === undefined) return [wantedPlatform(context, options)];
	return text === "all" ? platforms : text.split(",").map(parsePlatform);
}

async function fetchAll(
	context: Context,
	{ report, options }: Invocation,
	chosen: readonly Chosen[],
	staging: string,
): Promise<FetchedPart[]> {
	const progress = progressOn(context, report.quiet || report.asJson);
	const how = {
		source: sourceChoice(options.text("source")),
		insecure: options.has("insecure"),
		signal: context.signal,
	};
	const parts: FetchedPart[] = [];
	try {
		for (const each of chosen) {
			const name = `${each.release.name} ${each.platform}`;
			const listener: InstallListener = {
				progress: (received, total) => progress.update(name, received, total),
				note: (text) => progress.interleave(() => report.detail(text)),
				say: (text) => progress.interleave(() => report.say(text)),
				warn: (text) => progress.interleave(() => report.warn(text)),
				stopwatch: untimed,
			};
			parts.push(await fetchPart(context, each, how, staging, listener));
			progress.remove(name);
		}
	} finally {
		progress.end();
	}
	return parts;
}

/** @throws GoxError `integrity` when the checksum database knows a module by another h1. */
function provenAs(toolchain: BundledToolchain, proof: SumdbRecording["proofs"][number] | undefined): BundledToolchain {
	if (!proof || "reason" in proof) return { ...toolchain, h1: undefined };
	if (toolchain.h1 === undefined || toolchain.h1 === proof.h1) return { ...toolchain, h1: proof.h1 };
	throw new GoxError(
		"integrity",
		`${toolchain.release.name} for ${toolchain.platform} has ${toolchain.h1}, recorded is ${proof.h1}`,
	);
}

/** What gox's own table doesn't know can be installed from the bundle only with a proof in it. */
function tellUnproven({ report }: Invocation, chosen: readonly Chosen[], { proofs }: SumdbRecording): void {
	for (const [at, { release, platform, hashes }] of chosen.entries()) {
		const proof = proofs[at];
		if (!proof || !("reason" in proof)) continue;
		const what = `${release.name} for ${platform}: the checksum database's proof is not in the bundle: ${proof.reason}`;
		if (hashes.table) report.detail(what);
		else report.warn(`${what}; without it nobody vouches for it where there is no network`);
	}
}

function sourcesOf(parts: readonly FetchedPart[], { database, answers }: SumdbRecording): PartSource[] {
	const files = parts.map(({ toolchain, path }) => ({ name: toolchain.file, content: { path, size: toolchain.size } }));
	const recorded = [...answers]
		.sort(([left], [right]) => (left < right ? -1 : 1))
		.map(([path, content]) => ({ name: `sumdb/${database}/${path}`, content }));
	return [...files, ...recorded];
}

function list(invocation: Invocation): undefined {
	const { context, args } = invocation;
	const [word, more] = args;
	if (word === undefined || more !== undefined)
		throw new GoxError("usage", "--list wants one bundle", { hint: "gox bundle --list go.bundle" });
	show(invocation, Bundle.open(resolve(context.cwd, word)));
}

function show({ report }: Invocation, bundle: Bundle, heading?: string): void {
	const databases = [...new Set([...bundle.answers()].map(({ name }) => name.replace(/\/(latest|lookup\/.*|tile\/.*)$/, "")))];
	if (report.asJson) {
		report.json({
			path: bundle.path,
			databases,
			contents: bundle.toolchains.map(({ release, h1, ...rest }) => ({ version: release.name, ...rest, h1: h1 ?? null })),
		});
		return;
	}
	const rows = bundle.toolchains.map(({ release, platform, kind, size, h1 }) => [
		release.name,
		platform,
		kind,
		bytesInWords(size),
		h1 === undefined ? "no proof" : "with proof",
	]);
	if (heading !== undefined) report.say(heading);
	for (const line of columns(rows))
		if (heading === undefined) report.line(line);
		else report.say(`  ${line}`);
}
