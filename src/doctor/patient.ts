import type { Context } from "../context.ts";
import { select } from "../select/select.ts";
import type { Selection } from "../select/source.ts";
import { type Installed, storedVersions } from "../store/installed.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { type GoEnvFile, type GoSetting, readGoEnvFile, settingsNamed } from "./gosettings.ts";
import { type GoOnPath, gosOnPath } from "./gosonpath.ts";
import { type Mac, macOf } from "./mac.ts";
import type { Probes } from "./probes.ts";
import { type StartupText, startupTexts } from "./startup.ts";

/** The machine under examination. What several checks want to know is found out once, by the first that asks. */
export interface Patient {
	readonly context: Context;
	readonly layout: Layout;
	readonly probes: Probes;
	/** Whether the network must not be asked. */
	readonly offline: boolean;
	/** Undefined on anything but macOS. */
	mac(): Mac | undefined;
	/** What is in versions/, complete or not, newest first. */
	stored(): readonly Installed[];
	gosOnPath(): readonly GoOnPath[];
	startup(): readonly StartupText[];
	goEnvFile(): GoEnvFile;
	/** Everywhere that one of Go's settings is made, the one in force first. */
	settings(name: string): readonly GoSetting[];
	/** The Go in force in this directory. @throws GoxError as `select`. */
	inForce(): Selection;
}

export function patientOf(context: Context, probes: Probes, offline: boolean): Patient {
	const goEnv = once(() => readGoEnvFile(context, probes));
	const startup = once(() => startupTexts(context, probes));
	return {
		context,
		layout: layoutOf(context.home),
		probes,
		offline,
		mac: once(() => macOf(context, probes)),
		stored: once(() => storedVersions(context)),
		gosOnPath: once(() => gosOnPath(context, probes)),
		startup,
		goEnvFile: goEnv,
		settings: (name) => settingsNamed(name, context.env, goEnv(), startup()),
		inForce: once(() => select(context)),
	};
}

function once<T>(compute: () => T): () => T {
	let value: { of: T } | undefined;
	return () => {
		value ??= { of: compute() };
		return value.of;
	};
}
