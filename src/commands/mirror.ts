import type { Invocation } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import { catalogOptions } from "../cli/operands.ts";
import type { Style } from "../cli/report.ts";
import { columns, timeInWords, wrapped } from "../cli/text.ts";
import { loadConfig, sitesOf, variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { parseAddress, shown } from "../fetch/address.ts";
import { Client } from "../fetch/client.ts";
import { loadCatalog } from "../releases/lookup.ts";
import { defaultMirrors, mirrorsOf } from "../releases/mirrors.ts";
import { type MirrorTrial, mirrorQuestion, mirrorTiming, proposedOrder, tryMirrors } from "../releases/mirrortrial.ts";
import { changeSetting } from "./config.ts";

/** The mirrors in force, in order, and where they come from. */
function inForce(
	context: Context,
	insecure: boolean,
): { readonly mirrors: readonly URL[]; readonly from: string; readonly own: boolean } {
	const named = sitesOf(context).mirrors;
	return { mirrors: mirrorsOf(named, { insecure }), from: named?.from ?? "built in", own: named !== undefined };
}

/** `gox mirror list` */
export function list({ context, report, options }: Invocation): number {
	const { mirrors, from } = inForce(context, options.has("insecure"));
	if (report.asJson) report.json({ from, mirrors: mirrors.map(shown) });
	else for (const mirror of mirrors) report.line(shown(mirror));
	report.say(from === "built in" ? "built in, tried in this order" : `tried in this order; from ${from}`);
	return 0;
}

/**
 * `gox mirror test [address…]`
 * @returns 5 if a mirror sends other bytes than were published, else 4 if no mirror can be used
 */
export async function test(invocation: Invocation): Promise<number> {
	const { context, report, options, args: addresses } = invocation;
	const insecure = options.has("insecure");
	const given = addresses.map((address) => parseAddress(address, "gox mirror test", { insecure }));
	const present = inForce(context, insecure);
	const known = options.has("only") ? [] : defaultMirrors.map((base) => new URL(base));
	const bases = unique(options.has("only") && given.length > 0 ? given : [...given, ...present.mirrors, ...known]);
	// Mirrors don't have the releases that only module proxies have.
	const { widen: _, ...asking } = catalogOptions(invocation);
	const catalog = await loadCatalog(context, asking);
	const question = mirrorQuestion(catalog, context.host(), options.has("quick"));
	const client = new Client(context, { insecure, timing: mirrorTiming });
	const trials = await tryMirrors(client, bases, question, report.say).finally(() => client.close());
	const own = new Set((present.own ? present.mirrors : []).map(({ href }) => href));
	const order = proposedOrder(trials, ({ base }) => own.has(base.href));
	const isUseful = order.some(({ standing }) => standing === "good" || standing === "behind");
	if (!report.asJson)
		for (const line of mirrorsInWords(trials, order, { width: context.stdout.columns, style: report.style })) report.line(line);
	for (const { standing, address } of trials)
		if (standing === "wrong") report.warn(`${address} sends other bytes than were published: don't use it`);
	const written = isUseful && (await writeOrder(invocation, order, present));
	if (report.asJson)
		report.json({
			newest: question.newest[0]?.release ?? null,
			list: { origin: catalog.origin, address: catalog.url ?? null },
			mirrors: trials.map(({ base: _, ...trial }) => trial),
			proposal: order.map(({ address }) => address),
			written,
		});
	if (trials.some(({ standing }) => standing === "wrong")) return 5;
	return isUseful ? 0 : 4;
}

/** Asks, then writes the order to the config. Returns whether it was written. */
async function writeOrder(
	invocation: Invocation,
	order: readonly MirrorTrial[],
	present: ReturnType<typeof inForce>,
): Promise<boolean> {
	const { context, report, options } = invocation;
	const wanted = order.map(({ base }) => base.href);
	if (wanted.join() === present.mirrors.map(({ href }) => href).join()) {
		report.say("that is already the order in force: nothing to change");
		return false;
	}
	if (options.has("dryRun") || !(await confirm(invocation, `write this order to ${context.configFile}?`))) return false;
	const before = loadConfig(context).mirrors;
	changeSetting(context, "mirrors", wanted.map((href) => href.replaceAll(",", "%2C")).join(","));
	if (before.length > 0)
		report.detail(`before: ${before.map((base) => (URL.canParse(base) ? shown(new URL(base)) : "…")).join(",")}`);
	report.say(`written to ${context.configFile}; to undo: gox config mirrors --unset`);
	if (variablesIn(context.env).mirrors !== undefined)
		report.warn("GOX_MIRRORS in the environment overrides the config file: unset GOX_MIRRORS");
	return true;
}

/** Without duplicates. A slash at the end makes no difference. */
function unique(bases: readonly URL[]): readonly URL[] {
	const key = ({ href }: URL) => href.replace(/\/+$/, "");
	return bases.filter((base, at) => bases.findIndex((other) => key(other) === key(base)) === at);
}

/** A table of the mirrors: first the proposed order, then those left out, each with its notes below it. */
export function mirrorsInWords(
	trials: readonly MirrorTrial[],
	order: readonly MirrorTrial[],
	{ width, style }: { readonly width: number; readonly style: Style },
): string[] {
	const left = trials.filter((trial) => !order.includes(trial));
	const rows = [...order, ...left].map((trial) => {
		const at = order.indexOf(trial);
		return {
			cells: [
				at < 0 ? "-" : String(at + 1),
				short(trial.address, width - 48),
				trial.latencyMs === null ? "-" : timeInWords(trial.latencyMs),
				trial.bytesPerSecond === null ? "-" : `${(trial.bytesPerSecond / 1e6).toFixed(1)} MB/s`,
				trial.newest === null ? "-" : trial.newest,
				trial.standing === "wrong" ? style.red("WRONG") : trial.hash,
			],
			notes: trial.notes,
		};
	});
	const [head = "", ...lines] = columns([
		["", "mirror", "answers", "speed", "newest", "hash"],
		...rows.map(({ cells }) => cells),
	]);
	return [
		head,
		...lines.flatMap((line, at) => [line, ...(rows[at]?.notes ?? []).flatMap((note) => wrapped(note, width, "     "))]),
	];
}

/** The address without `https://`; if it is too long, without its middle. */
function short(address: string, width: number): string {
	const text = address.replace(/^https:\/\//, "");
	if (text.length <= width) return text;
	const half = Math.floor((width - 1) / 2);
	return `${text.slice(0, half)}…${text.slice(-half)}`;
}
