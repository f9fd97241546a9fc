import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { answerTo, confirm } from "../cli/confirm.ts";
import { lockCheck, outcomeAsJson, tellOutcome } from "../cli/installing.ts";
import { type Progress, progressOn } from "../cli/progress.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes, GoxError, quote } from "../errors.ts";
import { buildByAdoption, type Proof, proveForeign } from "../foreign/adoption.ts";
import { type ForeignGo, foreignGoAt, foreignGos, type NoForeignGo } from "../foreign/foreigngo.ts";
import { isModuleCacheTree } from "../foreign/tools.ts";
import { writeFileAtomic } from "../fs.ts";
import { type InstallOutcome, installVersion } from "../install/install.ts";
import { hasPrefix } from "../releases/catalog.ts";
import { type ForeignFile, foreignFileIn } from "../select/versionfile.ts";
import { defaultVersion, installedVersions } from "../store/installed.ts";
import { versionKey } from "../store/layout.ts";
import { rulesOf } from "../verify/witness.ts";
import { inRange, parseRequest } from "../version/request.ts";

/**
 * `gox import`: checks the Gos that other tools installed against Go's checksum database, and copies the chosen ones into
 * the store. The originals stay as they are. The exit status is 5 if a named one differs from what was published, and 4 if
 * that could not be checked.
 */
export async function run(invocation: Invocation): Promise<number> {
	const { context, report, args, options } = invocation;
	if (options.has("files")) return importFiles(invocation);
	const progress = progressOn(context, report.quiet || report.asJson);
	const candidates = await findCandidates(invocation, progress);
	progress.end();
	const unofficial = options.has("unofficial");
	if (!report.asJson) for (const line of tableOf(invocation, candidates)) report.line(line);
	for (const candidate of candidates) {
		const reason = reasonOf(candidate);
		if (reason !== undefined) report.say(`${candidate.go.path}: ${reason}`);
	}
	const chosen = options.has("dryRun") ? [] : await chosenFrom(invocation, candidates);
	const outcomes: InstallOutcome[] = [];
	let status = 0;
	for (const candidate of onePerRelease(context, chosen)) {
		if (candidate.state !== "installed" && !isAdoptable(candidate, unofficial)) {
			const isNamed = args.length > 0;
			if (isNamed || !wantedEverything(invocation)) status = refuse(invocation, candidate);
			continue;
		}
		// If it is installed already, a killed import may have left its aliases and shims incomplete.
		const outcome = await adopt(invocation, candidate, defaultOf(context, chosen, unofficial) === candidate, progress);
		if (outcome.status === "installed") outcomes.push(outcome);
	}
	progress.end();
	if (report.asJson) report.json({ found: candidates.map(asJson), imported: outcomes.map(outcomeAsJson) });
	else adviseOn(invocation, candidates, outcomes);
	return status;
}

async function adopt(
	{ context, report, options, args }: Invocation,
	{ go, state, proof }: Candidate,
	isDefault: boolean,
	progress: Progress,
): Promise<InstallOutcome> {
	const { release, platform } = go;
	const { verify = "default" } = loadConfig(context);
	if (state !== "installed" && !rulesOf(verify).modules) throw onlyArchives(verify, release.version);
	const link = options.has("link");
	if (link && state !== "installed" && !isModuleCacheTree(go.goroot)) throw notToBeLinked(go.path);
	const key = versionKey(release.name, platform, context.host());
	const lock = lockCheck(context, { release, platform, hashes: {} }, false);
	const started = performance.now();
	const say = (text: string) => progress.interleave(() => report.say(text));
	const warn = (text: string) => progress.interleave(() => report.warn(text));
	context.checkpoint("import:chosen");
	const outcome = await installVersion(context, {
		release,
		platform,
		force: false,
		asDefault: isDefault ? "if-none" : "no",
		build: async (place) => {
			if (!proof) throw new GoxError("internal", `${go.path} was never checked`);
			const shown = (received: number, total: number) => progress.update(key, received, total);
			const built = await buildByAdoption(place, { go, proof, link, progress: shown });
			lock?.hold(built);
			return built;
		},
		waiting: (owner) => say(`waiting for ${owner}, which is installing ${key}`),
	});
	progress.remove(key);
	if (outcome.status === "installed" || args.length > 0)
		tellOutcome(outcome, key, performance.now() - started, { say, warn }, report.style);
	if (proof && proof.leftBehind > 0)
		report.detail(
			`  ${proof.leftBehind} files were not copied: nothing vouches for them (api, doc, misc, test, what a tool added)`,
		);
	context.checkpoint("import:adopted");
	return outcome;
}

/** One candidate for each release, if several tools have it; a proven one if there is one. */
function onePerRelease(context: Context, chosen: readonly Candidate[]): readonly Candidate[] {
	const byKey = new Map<string, Candidate>();
	for (const candidate of chosen) {
		const key = versionKey(candidate.go.release.name, candidate.go.platform, context.host());
		const other = byKey.get(key);
		if (!other || (other.state !== "proven" && other.state !== "installed" && candidate.state === "proven"))
			byKey.set(key, candidate);
	}
	return [...byKey.values()];
}

/** The candidate that becomes the default if there is none: another tool's default, else the newest. */
function defaultOf(context: Context, chosen: readonly Candidate[], unofficial: boolean): Candidate | undefined {
	const fit = onePerRelease(context, chosen).filter(
		(candidate) =>
			candidate.go.platform === context.host() && (candidate.state === "installed" || isAdoptable(candidate, unofficial)),
	);
	const preferred = chosen.filter(({ go }) => go.isPreferred).map(({ go }) => go.release.name);
	return fit.find(({ go }) => preferred.includes(go.release.name)) ?? fit[0];
}

function refuse({ report }: Invocation, { go, state, why }: Candidate): number {
	report.warn(`${go.path} was not imported: ${why}`);
	report.say(state === "unknown" ? "  to check again: gox import" : `  to see what differs: gox verify ${go.path}`);
	return state === "unknown" ? exitCodes.network : exitCodes.integrity;
}

function adviseOn(
	{ context, report, options }: Invocation,
	candidates: readonly Candidate[],
	outcomes: readonly InstallOutcome[],
): void {
	const open = candidates.filter((candidate) => isAdoptable(candidate, false) && candidate.state !== "installed");
	if (candidates.length === 0) report.say("no Go of another tool was found");
	if (options.has("dryRun") && open.length > 0)
		report.say("to import them: gox import --all   (or name versions, tools or paths)");
	else if (outcomes.length === 0 && open.length > 0 && !wantedEverything({ options } as Invocation))
		report.say("to import them: gox import --all   (or name versions, tools or paths)");
	const installed = installedVersions(context);
	const current = defaultVersion(context, installed);
	const wish = candidates.find(({ go }) => go.isPreferred && installed.some((each) => each.release.name === go.release.name));
	if (outcomes.length > 0 && wish && current && wish.go.release.name !== current.release.name)
		report.say(
			`${wish.go.tool} has ${wish.go.release.name} as its default; to use it here too: gox default ${wish.go.release.word}`,
		);
	if (outcomes.length > 0) report.say("to remove the other tools from your shell's start-up files: gox setup --remove-leftovers");
}

function onlyArchives(policy: string, version: string): GoxError {
	return new GoxError("usage", `verify = ${policy} needs the published SHA-256 of an archive, and an unpacked Go has none`, {
		hint: `gox install ${version}`,
	});
}

function notToBeLinked(path: string): GoxError {
	return new GoxError("usage", `${path} can't be shared by hard links: a change there would change gox's copy too`, {
		hint: "gox import   (without --link, files are cloned or copied)",
	});
}

/** Whether a word of the command line is a path. */
export function isPath(word: string): boolean {
	return word.includes("/") || word === "." || word === "..";
}

export function wantedEverything({ options }: Pick<Invocation, "options">): boolean {
	return options.has("all") || options.has("yes");
}

/**
 * The candidates to import: those named on the command line, all with --all or --yes, else those named in the answer.
 * Throws as `named` and `answerTo`.
 */
export async function chosenFrom(invocation: Invocation, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
	const { args, report } = invocation;
	if (args.length > 0 || wantedEverything(invocation)) return candidates;
	const open = candidates.filter(({ state }) => state === "proven");
	if (open.length === 0) return [];
	const answer = await answerTo(invocation, "import which? versions or tools, Enter for all that are proven, or no: ");
	if (answer === undefined || /^n(?:o|one)?$/i.test(answer)) {
		report.say("nothing was imported");
		return [];
	}
	if (answer === "") return open;
	const meant = named(
		candidates.map(({ go }) => go),
		answer.split(/[\s,]+/),
	);
	return candidates.filter(({ go }) => meant.includes(go));
}

/**
 * The Gos that words name, by version, tool or path.
 * @throws GoxError `usage` for a word that names none, `not-a-version`
 */
export function named(gos: readonly ForeignGo[], words: readonly string[]): readonly ForeignGo[] {
	const chosen = new Set<ForeignGo>();
	for (const word of words) {
		const matching = gos.filter((go) => isNamed(go, word));
		if (matching.length === 0)
			throw new GoxError("usage", `no Go of another tool is ${quote(word)}`, {
				hint: "gox import --dry-run   (shows what was found)",
			});
		for (const go of matching) chosen.add(go);
	}
	return [...chosen];
}

function isNamed(go: ForeignGo, word: string): boolean {
	if (isPath(word)) return go.tool === "path";
	if (word === go.tool || (word === "module" && go.tool === "module cache")) return true;
	if (/^[a-z]+$/.test(word) && word !== "latest") return false;
	const request = parseRequest(word);
	if (request.platform !== undefined && request.platform !== go.platform) return false;
	if (request.kind === "exact") return request.release.name === go.release.name;
	if (request.kind === "prefix") return hasPrefix(go.release, request.prefix);
	return request.kind === "range" && inRange(go.release, request.range);
}

/** A Go of another tool, and the result of its check. */
export interface Candidate {
	readonly go: ForeignGo;
	/** `installed`: gox has that release already. `changed`: it differs from what was published. `unknown`: not checked. */
	readonly state: "installed" | "proven" | "changed" | "unknown";
	readonly proof: Proof | undefined;
	/** The state as a phrase. */
	readonly why: string;
}

export function isAdoptable({ state }: Candidate, unofficial: boolean): boolean {
	return state === "proven" || (unofficial && (state === "changed" || state === "unknown"));
}

/** Finds and checks the Gos that the arguments name, or every Go of other tools. Throws as `named`. */
export async function findCandidates({ context, report, args }: Invocation, progress: Progress): Promise<readonly Candidate[]> {
	const paths = args.filter(isPath);
	const found =
		paths.length > 0 && paths.length === args.length
			? paths.map((path) => foreignGoAt(context, path))
			: [...paths.map((path) => foreignGoAt(context, path)), ...foreignGos(context)];
	for (const go of found) if (!("goroot" in go)) report.detail(notImportable(go));
	const gos = found.filter((go) => "goroot" in go);
	const wanted = args.length > 0 ? named(gos, args) : gos;
	const installed = new Set(installedVersions(context).map(({ key }) => key));
	const candidates: Candidate[] = [];
	for (const [index, go] of wanted.entries()) {
		progress.update(`looking at ${go.path}`, index, wanted.length);
		const name = versionKey(go.release.name, go.platform, context.host());
		if (installed.has(name)) candidates.push({ go, state: "installed", proof: undefined, why: "installed already" });
		else {
			const proof = await proveForeign(context, go, report.detail);
			candidates.push({ go, proof, ...verdictOf(go, proof) });
		}
		progress.remove(`looking at ${go.path}`);
	}
	return candidates;
}

export function tableOf({ context, report }: Invocation, candidates: readonly Candidate[]): readonly string[] {
	const { style } = report;
	const colour = { installed: style.dim, proven: style.green, changed: style.red, unknown: style.yellow };
	return columns(
		candidates.map(({ go, state, proof, why }) => [
			go.release.name,
			go.platform,
			proof ? bytesInWords(proof.size) : "",
			go.tool === "path" || go.tool === "system" ? "" : go.tool,
			go.path.startsWith(`${context.userHome}/`) ? `~${go.path.slice(context.userHome.length)}` : go.path,
			colour[state](why) + (go.isPreferred ? style.dim(`, ${go.tool}'s default`) : ""),
		]),
	);
}

export function asJson({ go, state, proof, why }: Candidate) {
	return {
		version: go.release.name,
		platform: go.platform,
		tool: go.tool,
		path: go.path,
		size: proof?.size ?? null,
		state,
		why,
		preferred: go.isPreferred,
		witnesses: proof?.kind === "proven" ? proof.witnesses : [],
		changed: proof?.kind === "changed" ? proof.changed : [],
	};
}

function verdictOf({ tool }: ForeignGo, proof: Proof): Pick<Candidate, "state" | "why"> {
	if (proof.kind === "proven") return { state: "proven", why: "proven" };
	if (proof.kind === "unknown") return { state: "unknown", why: "not proven: it could not be checked" };
	const count = proof.changed.length;
	if (tool === "homebrew") return { state: "changed", why: "not proven: built by Homebrew, not by the Go project" };
	const what = count === 0 ? "" : `: ${count} ${count === 1 ? "file differs" : "files differ"}`;
	return { state: "changed", why: `not what was published${what}` };
}

/** Why a Go could not be checked. */
export function reasonOf({ proof }: Candidate): string | undefined {
	return proof?.kind === "unknown" ? proof.reason : undefined;
}

function notImportable({ path, reason }: NoForeignGo): string {
	return `${path} can't be imported: ${reason}`;
}

/** How deep to search, and how many directories: enough for a tree of projects, not for a whole disk. */
const limits = { depth: 6, directories: 50_000 } as const;

interface Found {
	readonly directory: string;
	readonly file: ForeignFile;
}

/**
 * `gox import --files [directory…]`: writes a `.go-version` beside each version file that only other tools read. That file
 * stays. The exit status is 2 if one of them can't be read.
 */
export async function importFiles(invocation: Invocation): Promise<number> {
	const { context, report, args, options } = invocation;
	const roots = (args.length > 0 ? args : ["."]).map((word) => resolve(context.cwd, word));
	const absent = roots.find((root) => !existsSync(root));
	if (absent !== undefined) throw new GoxError("usage", `${absent} doesn't exist`, { hint: "gox import --files ~/projects" });
	const found = roots.flatMap((root) => foreignFilesBelow(root));
	const fresh = found.filter(({ file }) => file.pin !== undefined);
	const odd = found.filter(({ file }) => file.pin === undefined);
	const isDry = options.has("dryRun");
	for (const { directory, file } of fresh)
		report.say(`${join(directory, ".go-version")}: ${file.pin}   (${file.path} says ${quote(file.said)})`);
	for (const { file } of odd) report.warn(`${file.path} says ${quote(file.said)}, which a .go-version can't say`);
	const writing =
		!isDry &&
		fresh.length > 0 &&
		(await confirm(invocation, `write ${fresh.length === 1 ? "it" : `these ${fresh.length} files`}?`));
	if (writing) for (const { directory, file } of fresh) writePin(context, directory, file.pin ?? "");
	if (report.asJson)
		report.json(
			found.map(({ directory, file }) => ({
				directory,
				file: file.path,
				said: file.said,
				pin: file.pin ?? null,
				written: writing && file.pin !== undefined,
			})),
		);
	if (found.length === 0) report.say("no project here has a version file that only other tools read");
	else if (writing) report.say(`wrote ${fresh.length === 1 ? "it" : `${fresh.length} files`}; the other tools' own files stay`);
	return odd.length > 0 ? exitCodes["bad-version-file"] : 0;
}

function writePin(context: Context, directory: string, pin: string): void {
	context.checkpoint("import:version-file");
	writeFileAtomic(join(directory, ".go-version"), `${pin}\n`);
}

function foreignFilesBelow(root: string): readonly Found[] {
	const found: Found[] = [];
	const directories = [{ path: root, depth: 0 }];
	for (let seen = 0; seen < limits.directories; seen++) {
		const next = directories.shift();
		if (!next) break;
		const file = foreignFileIn(next.path);
		if (file) found.push({ directory: next.path, file });
		if (next.depth === limits.depth) continue;
		for (const name of subdirectories(next.path)) directories.push({ path: join(next.path, name), depth: next.depth + 1 });
	}
	return found;
}

function subdirectories(path: string): readonly string[] {
	try {
		return readdirSync(path, { withFileTypes: true })
			.filter((entry) => entry.isDirectory() && !/^(?:\..*|node_modules|vendor|testdata)$/.test(entry.name))
			.map(({ name }) => name)
			.sort();
	} catch {
		return [];
	}
}
