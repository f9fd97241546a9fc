import { type ForeignGo, foreignGoAt, foreignGos, type NoForeignGo } from "../store/foreign/foreigngo.ts";
import { type Proof, proveForeign } from "../store/foreign/proof.ts";
import { installedVersions } from "../store/installed.ts";
import { versionKey } from "../store/layout.ts";
import type { Progress } from "../ui/progress.ts";
import { bytesInWords, columns } from "../ui/table.ts";
import type { Invocation } from "./command.ts";
import { isPath, named } from "./importchoice.ts";

/** A Go of another tool, and what is known of it. */
export interface Candidate {
	readonly go: ForeignGo;
	/** `installed`: gox has that release already. `changed`: not what was published. `unknown`: nobody could say. */
	readonly state: "installed" | "proven" | "changed" | "unknown";
	readonly proof: Proof | undefined;
	/** The state in words. */
	readonly why: string;
}

export function isAdoptable({ state }: Candidate, unofficial: boolean): boolean {
	return state === "proven" || (unofficial && (state === "changed" || state === "unknown"));
}

/** The Gos that the arguments name, or every one that there is, proven as far as it can be. Throws as `named`. */
export async function lookAround({ context, report, args }: Invocation, progress: Progress): Promise<readonly Candidate[]> {
	const paths = args.filter(isPath);
	const found =
		paths.length > 0 && paths.length === args.length
			? paths.map((path) => foreignGoAt(context, path))
			: [...paths.map((path) => foreignGoAt(context, path)), ...foreignGos(context)];
	for (const go of found) if (!("goroot" in go)) report.detail(notOne(go));
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
			candidates.push({ go, proof, ...judged(go, proof) });
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

function judged({ tool }: ForeignGo, proof: Proof): Pick<Candidate, "state" | "why"> {
	if (proof.kind === "proven") return { state: "proven", why: "proven" };
	if (proof.kind === "unknown") return { state: "unknown", why: "not proven: nobody could say what it should be" };
	const count = proof.changed.length;
	if (tool === "homebrew") return { state: "changed", why: "not proven: built by Homebrew, not by the Go project" };
	const what = count === 0 ? "" : `: ${count} ${count === 1 ? "file differs" : "files differ"}`;
	return { state: "changed", why: `not what was published${what}` };
}

/** Why nobody could say what a Go should be. */
export function reasonOf({ proof }: Candidate): string | undefined {
	return proof?.kind === "unknown" ? proof.reason : undefined;
}

function notOne({ path, reason }: NoForeignGo): string {
	return `${path} can't be imported: ${reason}`;
}
