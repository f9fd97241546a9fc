import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Ran, Sandbox } from "./sandbox.ts";

/** A composite action, as far as running it needs. */
export interface CompositeAction {
	readonly name: string;
	readonly description: string;
	readonly inputs: Readonly<
		Record<string, { readonly description: string; readonly default?: string; readonly required?: boolean }>
	>;
	readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
	readonly runs: { readonly using: string; readonly steps: readonly ActionStep[] };
}

export interface ActionStep {
	readonly id?: string;
	readonly name?: string;
	readonly if?: string;
	readonly uses?: string;
	readonly with?: Readonly<Record<string, string>>;
	readonly shell?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly run?: string;
}

/** What a job knows after the action: the environment of its later steps, and what the action says. */
export interface ActionRun {
	/** The last shell step that ran; it failed if its status isn't 0. */
	readonly last: Ran;
	readonly outputs: Readonly<Record<string, string>>;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The other actions that were called, with their inputs filled in. */
	readonly called: readonly ActionStep[];
}

export function readAction(path: string): CompositeAction {
	return parse(readFileSync(path, "utf8")) as CompositeAction;
}

/**
 * Runs the shell steps of a composite action in a sandbox, as GitHub's runner does: expressions filled in, bash with
 * `-eo pipefail`, and the files for outputs, PATH and environment. Other actions are noted and not run.
 * @param others what they are to have said: `steps.cache.outputs.cache-hit` → `true`.
 */
export async function runAction(
	box: Sandbox,
	action: CompositeAction,
	actionPath: string,
	given: Readonly<Record<string, string>> = {},
	environment: Readonly<Record<string, string | undefined>> = {},
	others: Readonly<Record<string, string>> = {},
): Promise<ActionRun> {
	const inputs = Object.fromEntries(
		Object.entries(action.inputs).map(([name, input]) => [name, given[name] ?? input.default ?? ""]),
	);
	const values: Record<string, string> = {
		"github.action_path": actionPath,
		"runner.os": "Linux",
		"runner.arch": "X64",
		...others,
	};
	for (const [name, value] of Object.entries(inputs)) values[`inputs.${name}`] = value;
	const fill = (text: string) =>
		text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
			// As GitHub has it, an output that was never set is empty.
			const value = values[name] ?? (name.startsWith("steps.") ? "" : undefined);
			if (value === undefined) throw new Error(`the action asks for ${name}`);
			return value;
		});
	const env: Record<string, string | undefined> = {
		PATH: box.env.PATH,
		...environment,
		GITHUB_WORKSPACE: box.root,
		GITHUB_ACTIONS: "true",
	};
	const called: ActionStep[] = [];
	let last: Ran = { status: 0, signal: null, stdout: "", stderr: "" };
	for (const step of action.runs.steps) {
		if (step.if !== undefined && !holds(step.if, values)) continue;
		if (step.uses !== undefined) {
			called.push({ ...step, with: filled(step.with, fill) });
			continue;
		}
		const files = Object.fromEntries(
			["OUTPUT", "PATH", "ENV"].map((name) => [`GITHUB_${name}`, join(box.root, `github-${name}`)]),
		);
		for (const file of Object.values(files)) writeFileSync(file, "");
		const script = join(box.root, "step.sh");
		writeFileSync(script, step.run ?? "");
		const stepEnv = { ...env, ...filled(step.env, fill), ...files };
		last = await box.run("/bin/bash", ["--noprofile", "--norc", "-eo", "pipefail", script], { env: stepEnv });
		if (last.status !== 0) break;
		for (const [name, value] of assignments(files.GITHUB_OUTPUT)) values[`steps.${step.id}.outputs.${name}`] = value;
		Object.assign(env, Object.fromEntries(assignments(files.GITHUB_ENV)));
		for (const directory of linesOf(files.GITHUB_PATH)) env.PATH = `${directory}:${env.PATH}`;
	}
	const outputs = last.status === 0 ? Object.entries(action.outputs).map(([name, { value }]) => [name, fill(value)]) : [];
	return { last, outputs: Object.fromEntries(outputs), env, called };
}

/** Whether bash can read every shell step. */
export function checkSyntax(action: CompositeAction): void {
	for (const { run } of action.runs.steps) if (run !== undefined) execFileSync("/bin/bash", ["-n"], { input: run });
}

/** The one form of condition that the action has: a value and a word that it must be. */
function holds(condition: string, values: Readonly<Record<string, string>>): boolean {
	const [, name = "", word] = /^\$\{\{ ([\w.]+) == '(\w+)' \}\}$/.exec(condition) ?? [];
	if (word === undefined) throw new Error(`the action has a condition of another form: ${condition}`);
	return values[name] === word;
}

function filled(values: Readonly<Record<string, string>> = {}, fill: (text: string) => string): Record<string, string> {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value)]));
}

function linesOf(path = ""): string[] {
	return readFileSync(path, "utf8").split("\n").filter(Boolean);
}

function assignments(path = ""): [string, string][] {
	return linesOf(path).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
}
